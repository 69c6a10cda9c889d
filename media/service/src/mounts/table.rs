//! The mount table, as `/proc/self/mountinfo` has it (proc_pid_mountinfo(5)), and the names that udev gives to devices.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// File systems that hold no files of anybody's.
const NO_STORAGE: [&str; 14] = [
    "autofs",
    "binfmt_misc",
    "cgroup",
    "cgroup2",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "mqueue",
    "proc",
    "pstore",
    "securityfs",
    "sysfs",
    "tracefs",
];

/// File systems that are made of memory or of other ones: nobody carried them here.
const NOT_CARRIED: [&str; 3] = ["overlay", "ramfs", "tmpfs"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `8:17`; `0:40` for what has no device.
    pub device: String,
    pub place: PathBuf,
    /// `vfat`.
    pub kind: String,
    /// `/dev/sdb1`.
    pub source: PathBuf,
}

impl Mount {
    pub fn is_storage(&self) -> bool {
        !NO_STORAGE.contains(&self.kind.as_str())
    }

    pub fn is_carried(&self) -> bool {
        !NOT_CARRIED.contains(&self.kind.as_str())
    }

    pub fn has_device(&self) -> bool {
        !self.device.starts_with("0:")
    }
}

/// # Errors
/// What the file system says.
pub fn read(table: &Path) -> io::Result<Vec<Mount>> {
    Ok(parse(&fs::read(table)?))
}

/// Of two mounts on one place, the last one is what one sees.
pub fn parse(table: &[u8]) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for mount in table.split(|&byte| byte == b'\n').filter_map(line) {
        mounts.retain(|other| other.place != mount.place);
        mounts.push(mount);
    }
    mounts
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn line(line: &[u8]) -> Option<Mount> {
    let mut words = line.split(|&byte| byte == b' ');
    let device = String::from_utf8(words.nth(2)?.to_vec()).ok()?;
    let place = PathBuf::from(OsString::from_vec(unescaped(words.nth(1)?, b'\\')));
    words.find(|word| *word == b"-")?;
    let kind = String::from_utf8(words.next()?.to_vec()).ok()?;
    let source = PathBuf::from(OsString::from_vec(unescaped(words.next()?, b'\\')));
    Some(Mount { device, place, kind, source })
}

/// The name of the link in a folder of udev's that leads to a device.
pub fn link_to(folder: &Path, device: &Path) -> Option<String> {
    let device = device.canonicalize().ok()?;
    let mut links: Vec<OsString> = fs::read_dir(folder).ok()?.filter_map(|link| Some(link.ok()?.file_name())).collect();
    links.sort();
    let link = links.into_iter().find(|link| folder.join(link).canonicalize().is_ok_and(|target| target == device))?;
    Some(String::from_utf8_lossy(&unescaped(link.as_encoded_bytes(), b'x')).into_owned())
}

/// `\040` is a blank in the mount table, and `\x20` in udev's links.
fn unescaped(text: &[u8], style: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escape = match (first, style) {
            (b'\\', b'x') => after.strip_prefix(b"x").and_then(|digits| Some((digits.get(..2)?, digits.get(2..)?, 16))),
            (b'\\', _) => after.get(..3).and_then(|digits| Some((digits, after.get(3..)?, 8))),
            _ => None,
        };
        let byte = escape.and_then(|(digits, after, radix)| {
            Some((u8::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?, after))
        });
        let (byte, after) = byte.unwrap_or((first, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

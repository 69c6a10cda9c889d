//! What the machine says by its files: its CAN interfaces, and the room on its disks.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use crate::core::{Interface, Room, Space};

/// Where the kernel tells its interfaces.
pub const INTERFACES: &str = "/sys/class/net";
const MOUNTS: &str = "/proc/self/mountinfo";
/// `ARPHRD_CAN` of the kernel.
const CAN: &str = "280";

/// What there is to look at.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where interfaces are told, if they are the car's.
    pub interfaces: Option<PathBuf>,
    /// Where the parts keep what is to outlive a power cut.
    pub folders: Vec<PathBuf>,
}

/// What is told of disks that do not say.
pub fn hung(folders: &[PathBuf]) -> Vec<Room> {
    let room = |folder: &PathBuf| Room { folders: folder.display().to_string(), space: Err("it hangs".to_owned()) };
    folders.iter().map(room).collect()
}

/// The CAN interfaces; of no disk, so this does not hang.
pub fn interfaces(folder: &Path) -> Vec<Interface> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let interface = |entry: fs::DirEntry| {
        let says = |file: &str| Some(fs::read_to_string(entry.path().join(file)).ok()?.trim().to_owned());
        let name = entry.file_name().into_string().ok()?;
        (says("type")? == CAN).then_some(Interface { name, state: says("operstate")? })
    };
    let mut interfaces: Vec<_> = entries.flatten().filter_map(interface).collect();
    interfaces.sort_by(|one, other| one.name.cmp(&other.name));
    interfaces
}

/// The room on the disks of folders, each of which its owner alone may open: the file system is asked, and not the folder. Folders of one disk are one. A disk
/// that hangs makes it hang.
pub fn rooms(folders: &[PathBuf]) -> Vec<Room> {
    // What lies below a file can never be made, and is on no disk.
    let mut disks = BTreeMap::<Option<(u64, bool)>, Vec<&Path>>::new();
    for folder in folders {
        let metadata = fs::metadata(there(folder)).ok();
        let disk = metadata.map(|metadata| (metadata.dev(), metadata.is_dir()));
        disks.entry(disk).or_default().push(folder);
    }
    // Somebody's mount point may be no text.
    let mounts = String::from_utf8_lossy(&fs::read(MOUNTS).unwrap_or_default()).into_owned();
    let room = |folders: Vec<&Path>| {
        let place = folders.first().map_or(Path::new("/"), |folder| there(folder));
        let space = match statvfs(place) {
            Ok(_) if !place.is_dir() => Err(format!("{} is no folder", place.display())),
            Ok(told) => Ok(Space {
                free: told.f_bavail.saturating_mul(told.f_frsize),
                takes_no_file: told.f_files > 0 && told.f_favail == 0,
                is_read_only: is_read_only(&mounts, &place.canonicalize().unwrap_or_else(|_| place.to_owned())),
            }),
            Err(error) => Err(error.to_string()),
        };
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Room { folders: folders.join(", "), space }
    };
    disks.into_values().map(room).collect()
}

/// The folder, or what is to hold it.
fn there(folder: &Path) -> &Path {
    folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

/// Whether the kernel writes nothing to the disk below this place, by `mountinfo` of proc(5): the options behind the dash are the disk's, those before it are one view's,
/// and this process's own view may be read-only where that of the folder's owner is not. By its place and not by its number, for a part of btrfs has one of its own.
fn is_read_only(mounts: &str, place: &Path) -> bool {
    let disk = |line: &str| {
        let point = unescaped(line.split(' ').nth(4)?);
        let options = line.split_once(" - ")?.1.split(' ').nth(2)?;
        let is_read_only = options.split(',').any(|option| option == "ro");
        place.starts_with(&point).then(|| (point.as_os_str().len(), is_read_only))
    };
    // What is mounted over something stands behind it.
    mounts.lines().filter_map(disk).max_by_key(|(length, _)| *length).is_some_and(|(_, is_read_only)| is_read_only)
}

/// A mount point as `mountinfo` writes it, its spaces, tabs, line feeds and backslashes by their octal numbers.
fn unescaped(point: &str) -> PathBuf {
    let mut path = point.to_owned();
    for (number, letter) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        path = path.replace(number, letter);
    }
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_read_only_by_its_own_options_and_not_by_one_view_of_it() {
        let mounts = "22 1 8:1 / / ro,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
                      23 1 8:2 / /var ro shared:2 master:3 - ext4 /dev/sda2 ro\n\
                      24 23 0:30 /@lib /var/lib ro - btrfs /dev/sda3 rw,subvol=/@lib\n\
                      25 24 8:4 / /var/lib/a\\040disk rw - ext4 /dev/sda4 ro\n\
                      26 24 8:5 / /over rw - ext4 /dev/sda5 rw\n\
                      27 24 8:6 / /over rw - ext4 /dev/sda6 ro\n";
        let is_read_only = |place: &str| is_read_only(mounts, Path::new(place));
        assert!(!is_read_only("/home"));
        assert!(is_read_only("/var/log"));
        assert!(!is_read_only("/variable"), "another name that begins alike");
        assert!(!is_read_only("/var/lib/tandem-media"), "a part of btrfs, read-only in this view alone");
        assert!(is_read_only("/var/lib/a disk/x"));
        assert!(is_read_only("/over"), "mounted over another");
        assert!(!super::is_read_only("", Path::new("/")), "nobody says so");
    }

    #[test]
    fn interfaces_of_a_can_bus_are_found_among_others() {
        let folder = tempfile::tempdir().unwrap();
        for (name, kind, state) in [("can1", "280", "down"), ("eth0", "1", "up"), ("can0", "280", "up")] {
            let place = folder.path().join(name);
            fs::create_dir(&place).unwrap();
            fs::write(place.join("type"), format!("{kind}\n")).unwrap();
            fs::write(place.join("operstate"), format!("{state}\n")).unwrap();
        }
        fs::create_dir(folder.path().join("gone")).unwrap();
        let found: Vec<_> = interfaces(folder.path()).into_iter().map(|one| (one.name, one.state)).collect();
        assert_eq!(found, [("can0".to_owned(), "up".to_owned()), ("can1".to_owned(), "down".to_owned())]);
        assert!(interfaces(&folder.path().join("nowhere")).is_empty());
    }

    #[test]
    fn what_can_never_be_a_folder_is_told_beside_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let rooms = rooms(&[folder.path().to_owned(), file.join("tandem/media"), file.join("tandem/settings")]);
        let [never, there] = &rooms[..] else { panic!("{rooms:?}") };
        assert_eq!(never.space.as_ref().unwrap_err(), &format!("{} is no folder", file.display()));
        assert!(never.folders.ends_with("/file/tandem/settings"), "{never:?}");
        assert!(there.space.is_ok(), "{there:?}");
    }

    #[test]
    fn folders_of_one_disk_are_told_once_whether_they_are_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let rooms = rooms(&[folder.path().to_owned(), folder.path().join("not/made/yet")]);
        assert_eq!(rooms.len(), 1);
        let space = rooms[0].space.as_ref().unwrap();
        assert!(space.free > 0 && !space.is_read_only && !space.takes_no_file, "{space:?}");
    }
}

//! The sandbox bites: this program in a part's place, in the part's own unit, tries what a part that was taken over would try.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use rustix::net::{AddressFamily, SocketType, socket};

use crate::Story;
use crate::units::part::{Part, done, everybody, parts, text};

pub const INSIDE: &str = "inside";

pub const STORIES: &[Story] =
    &[("from inside of a part nothing is written, reached or become that is not the part's", bites)];

/// What each part may do of it; everything else is refused.
const MAY: [(&str, &[&str]); 7] = [
    ("tandem-vehicle", &["write its state", "a local socket", "a netlink socket"]),
    ("tandem-media", &["write its state", "a local socket", "a network socket"]),
    ("tandem-phone-link", &["write its state", "a local socket", "a network socket", "a netlink socket"]),
    ("tandem-settings", &["write its state", "a local socket"]),
    ("tandem-lifecycle", &["a local socket"]),
    ("tandem-cluster", &["a local socket"]),
    ("tandem-centre", &["a local socket"]),
];

const OPEN: [&str; 4] = ["/etc/open", "/usr/open", "/run/open", "/var/open"];

/// So many things are tried.
const ATTEMPTS: usize = 18;

/// Every attempt, and whether it went well; of one whose program is missing nobody knows.
fn attempts() -> BTreeMap<&'static str, Option<bool>> {
    let writes = |path: &str| fs::write(path, "taken over").is_ok();
    let runs = |program: &str, arguments: &[&str]| match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output.status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(false),
    };
    let state = std::env::var("STATE_DIRECTORY").ok();
    let in_state = |name: &str| state.as_ref().map(|folder| Path::new(folder).join(name));
    let mine = in_state("inside").is_some_and(|path| fs::write(&path, "").is_ok());
    let setuid =
        in_state("inside").is_some_and(|path| fs::set_permissions(path, Permissions::from_mode(0o4755)).is_ok());
    let elsewhere = MAY.iter().map(|(name, _)| format!("/var/lib/{name}"));
    let foreign = elsewhere.filter(|folder| state.as_ref() != Some(folder)).any(|folder| fs::read_dir(folder).is_ok());
    let others = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        (pid != std::process::id()).then_some(pid)
    });
    let of_programs = [
        (
            "a name space of its own",
            runs("unshare", &["--user", "true"])
                .zip(runs("unshare", &["--mount", "true"]))
                .map(|(user, mount)| user || mount),
        ),
        ("a mount", runs("mount", &["-t", "tmpfs", "none", "/tmp"])),
        ("another clock", runs("date", &["--set", "now"])),
    ];
    let of_ours = [
        ("write below /etc", writes("/etc/open/inside")),
        ("write below /usr", writes("/usr/open/inside")),
        ("write below /run", writes("/run/open/inside")),
        ("write below /var", writes("/var/open/inside")),
        ("write a kernel's setting", writes("/proc/sys/kernel/hostname") || writes("/sys/kernel/uevent_helper")),
        ("write its state", mine),
        ("make a program of another user", setuid),
        ("look into another part's state", foreign),
        ("read passwords", fs::read("/etc/shadow").is_ok()),
        ("see other processes", others.count() > 0),
        ("open a device of memory", fs::read("/dev/mem").is_ok() || fs::File::open("/dev/kmsg").is_ok()),
        ("a local socket", UnixDatagram::unbound().is_ok()),
        ("a network socket", UdpSocket::bind("127.0.0.1:0").is_ok() || TcpListener::bind("127.0.0.1:0").is_ok()),
        ("a netlink socket", socket(AddressFamily::NETLINK, SocketType::RAW, None).is_ok()),
        ("a raw socket", socket(AddressFamily::PACKET, SocketType::RAW, None).is_ok()),
    ];
    of_ours.map(|(what, went_well)| (what, Some(went_well))).into_iter().chain(of_programs).collect()
}

/// What this program prints in a part's place.
pub fn tell_what_is_refused() -> ExitCode {
    for (what, went_well) in attempts() {
        let how = match went_well {
            Some(true) => "done",
            Some(false) => "refused",
            None => "untried, its program is missing",
        };
        println!("{what}: {how}");
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| ["CapEff", "CapBnd", "CapPrm", "NoNewPrivs", "Seccomp:"].iter().any(|key| line.starts_with(key)))
    {
        println!("{}", line.replace('\t', " "));
    }
    ExitCode::SUCCESS
}

fn bites() -> Result<()> {
    everybody()?;
    // Where anybody may write, so that only the sandbox is in the way.
    for folder in OPEN {
        fs::create_dir_all(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o777))?;
    }
    for part in parts() {
        let tried = inside(part)?;
        let may = MAY.iter().find(|(name, _)| *name == part.0).map(|(_, may)| *may).unwrap_or_default();
        let did: Vec<_> = tried.iter().filter(|(_, how)| *how == "done").map(|(what, _)| what.as_str()).collect();
        ensure!(did == may.to_vec().sorted(), "{}: it did {did:?} and may {may:?}", part.0);
        ensure!(tried.values().filter(|how| *how == "refused").count() + did.len() == ATTEMPTS, "{tried:?}");
        let nothing = "0000000000000000";
        let expected =
            [("CapBnd", nothing), ("CapEff", nothing), ("CapPrm", nothing), ("NoNewPrivs", "1"), ("Seccomp", "2")];
        for (key, value) in expected {
            ensure!(tried.get(key).map(String::as_str) == Some(value), "{}: {key} is {:?}", part.0, tried.get(key));
        }
    }
    everybody().map(drop)
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl Sorted for Vec<&str> {
    fn sorted(mut self) -> Self {
        self.sort_unstable();
        self
    }
}

/// Puts this program in a part's place, once, and reads what it tells.
fn inside(part: Part) -> Result<BTreeMap<String, String>> {
    let told = format!("/run/inside-{}", part.0);
    let program = std::env::current_exe()?;
    let change = part.change(&format!(
        "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\nExecStart={} {INSIDE}\nStandardOutput=truncate:{told}\n",
        program.display()
    ))?;
    done("systemctl", &["restart", &part.unit()])?;
    drop(change);
    let lines = text(&told)?;
    done("systemctl", &["start", &part.unit()])?;
    Ok(lines
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(what, how)| (what.into(), how.trim().into()))
        .collect())
}

//! Guests with CAN. Debian's user-mode-linux is a kernel that runs as a program, and needs no KVM; QEMU is a machine with emulated controllers on its bus. Both are
//! unpacked, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::chores::{self, Workspace};
use crate::fetched::{self, Bootstrap};
use crate::skip::skip_even_in_ci;

/// For each of the two steps of the kernel, seconds; takes some seconds where the mirror is near.
const LIMIT: &str = "120";
/// Takes a minute where the mirror is near.
const MACHINE_LIMIT: Duration = Duration::from_secs(330);
/// The suite whose QEMU and whose kernel the stories are told with.
const SUITE: &str = "bookworm";
const PACKAGES: &[&str] = &["qemu-system-x86", "linux-image-amd64", "busybox-static"];
/// QEMU's windows, and what they link.
const WINDOW: &[&str] = &["qemu-system-x86", "qemu-system-gui", "libgl1-mesa-dri"];
/// What starts units, what our programs link, and letters to draw.
const SYSTEM_PACKAGES: &[&str] = &[
    "systemd-sysv",
    "dbus",
    "mount",
    "procps",
    "libfontconfig1",
    "libgbm1",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "fonts-inter",
];
const SYSTEM_LEFT_OUT: &[&str] = &["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];
/// What neither QEMU nor our guest reads.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/lib/modules/*/kernel/drivers/gpu/drm/[abg-tu]*/*",
    "/lib/modules/*/kernel/sound/soc/*",
    "/lib/modules/*/kernel/sound/firewire/*",
    "/lib/modules/*/kernel/drivers/media/*",
    "/lib/modules/*/kernel/drivers/net/ethernet/*",
    "/lib/modules/*/kernel/drivers/net/wireless/*",
];

/// The kernel, unpacked unless it stands; none if it may not or cannot be had, which is said.
///
/// # Errors
/// The folder that it belongs into cannot be made or locked; in CI, there is none.
pub fn kernel(workspace: &Workspace, may_install: bool) -> Result<Option<PathBuf>> {
    let home = workspace.target.join("guest/user-mode-linux");
    let missed = "no kernel for a guest, so nothing is tested on real CAN";
    fetched::provide(&home, missed, chores::skip, may_install, |part| {
        eprintln!("getting a kernel for the guest, once; 41 MB to fetch and 115 MB on the disk");
        fs::create_dir_all(part).with_context(|| format!("cannot make {}", part.display()))?;
        // As the one who calls: apt's own user may not write there.
        limited(&["apt-get", "-o", "APT::Sandbox::User=root", "download", "user-mode-linux"], part)?;
        let package = fs::read_dir(part)?.next().context("apt-get download left no file")??.path();
        limited(&["dpkg", "-x", &package.to_string_lossy(), "."], part)?;
        fs::remove_file(&package).with_context(|| format!("cannot remove {}", package.display()))?;
        anyhow::ensure!(part.join("usr/bin/linux.uml").exists(), "it has no linux.uml where one was awaited");
        Ok(())
    })
}

/// QEMU and a kernel for it, unpacked unless they stand; none if nobody asked for them, or if they may not or cannot be had, which is said.
///
/// # Errors
/// The folder that they belong into cannot be made or locked.
pub fn machine(workspace: &Workspace, wanted: bool, may_install: bool) -> Result<Option<PathBuf>> {
    if !wanted {
        skip_even_in_ci(
            "no emulated CAN controllers and no kernel ISO-TP: `cargo xtask test --vm` adds QEMU, without KVM",
        );
        return Ok(None);
    }
    let home = workspace.target.join("guest/qemu");
    let missed = "no QEMU, so nothing is tested on emulated controllers";
    fetched::provide(&home, missed, fetched::pass, may_install, |part| {
        anyhow::ensure!(
            std::env::consts::ARCH == "x86_64",
            "the guest runs programs of this machine, which is no x86_64"
        );
        fetched::ensure_root()?;
        eprintln!("getting QEMU and a kernel for it, once; takes a minute, 140 MB to fetch and 390 MB on the disk");
        Bootstrap {
            variant: "extract",
            log: None,
            suite: SUITE,
            packages: PACKAGES,
            picked: &[],
            left_out: LEFT_OUT,
            limit: MACHINE_LIMIT,
        }
        .make(part)?;
        anyhow::ensure!(part.join("usr/bin/qemu-system-x86_64").exists(), "it has no QEMU where one was awaited");
        let modules = part.join("lib/modules");
        for version in fs::read_dir(&modules).with_context(|| modules.display().to_string())? {
            chores::run(Command::new("depmod").arg("-b").arg(part).arg(version?.file_name()))?;
        }
        Ok(())
    })
}

/// A QEMU that can open windows.
///
/// # Errors
/// It may not or cannot be had.
pub fn window(workspace: &Workspace, may_install: bool) -> Result<PathBuf> {
    let home = workspace.target.join("guest/window");
    let missed = "no QEMU with windows (--headless goes without)";
    let fail = |why: &str| anyhow::bail!("{why}");
    let root = fetched::provide(&home, missed, fail, may_install, |part| {
        eprintln!("getting QEMU with its windows, once; takes a minute, 200 MB to fetch and 700 MB on the disk");
        Bootstrap {
            suite: SUITE,
            variant: "extract",
            packages: WINDOW,
            picked: &[],
            left_out: LEFT_OUT,
            limit: MACHINE_LIMIT,
            log: None,
        }
        .make(part)
    })?;
    root.context(missed)
}

/// A Debian that systemd can start, with what our programs link; none if nobody asked for it, or if it may not or cannot be had, which is said.
///
/// # Errors
/// The folder that it belongs into cannot be made or locked.
pub fn system(workspace: &Workspace, wanted: bool, may_install: bool) -> Result<Option<PathBuf>> {
    if !wanted {
        skip_even_in_ci("no unit is started: `cargo xtask test --vm` adds a Debian for that");
        return Ok(None);
    }
    // The number goes up with the list of packages: what stands already is not made anew.
    let home = workspace.target.join("guest/system-2");
    let missed = "no Debian to start, so no unit is started";
    fetched::provide(&home, missed, fetched::pass, may_install, |part| {
        fetched::ensure_root()?;
        eprintln!("getting a Debian to start units in, once; takes two minutes and 220 MB on the disk");
        Bootstrap {
            suite: SUITE,
            variant: "minbase",
            packages: SYSTEM_PACKAGES,
            picked: &[],
            left_out: SYSTEM_LEFT_OUT,
            limit: MACHINE_LIMIT,
            log: None,
        }
        .make(part)
    })
}

fn limited(command: &[&str], folder: &Path) -> Result<()> {
    let mut limited = Command::new("timeout");
    limited.args(["--kill-after=10", LIMIT]).args(command).current_dir(folder).stdin(Stdio::null());
    chores::run(&mut limited)
}

//! QEMU as it lies in its packages, unpacked somewhere and never installed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with QEMU, what it links, and a kernel in it.
#[derive(Clone, Debug)]
pub struct Qemu {
    root: PathBuf,
}

impl Qemu {
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// QEMU by the loader and the libraries that came with it, for the machine may have others, or none.
    pub fn command(&self) -> Command {
        let root = &self.root;
        let libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/pulseaudio"];
        let libraries = libraries.map(|folder| root.join(folder).display().to_string()).join(":");
        let mut command = Command::new(root.join("lib64/ld-linux-x86-64.so.2"));
        command.args(["--library-path", &libraries]).arg(root.join("usr/bin/qemu-system-x86_64"));
        command.env("QEMU_MODULE_DIR", root.join("usr/lib/x86_64-linux-gnu/qemu"));
        for firmware in ["usr/share/qemu", "usr/share/seabios"] {
            command.arg("-L").arg(root.join(firmware));
        }
        command.args(["-M", "q35", "-accel", "tcg", "-cpu", "max", "-nodefaults", "-no-reboot"]);
        command
    }
}

/// What every kernel of ours is told: nothing that a guest of seconds needs to spend time on.
pub const KERNEL: &str = "console=ttyS0 panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check cryptomgr.notests";

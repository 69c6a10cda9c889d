//! Debian's user-mode-linux: a kernel that is a program. Virtual buses, at native speed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Ended, Run};

/// Booting takes some seconds and the suite a minute or two; what takes so long hangs.
const LIMIT: &str = "450";

pub fn modules(kernel: &Path) -> PathBuf {
    let versions = kernel.join("usr/lib/uml/modules");
    fs::read_dir(versions).unwrap().next().unwrap().unwrap().path().join("kernel")
}

pub fn boot(kernel: &Path, run: &Run) -> Ended {
    // It runs one thing at a time, of which each page costs several turns between two processes. On two cores every turn wakes a core: a program takes five times as long to start.
    let mut guest = Command::new("taskset");
    guest.args(["--cpu-list", &core()]);
    // With the name space go all of the guest's processes, which would outlive their first one.
    guest.args(["unshare", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c", "\"$@\"; exit $?", "sh"]);
    let mut preload = OsString::from("LD_PRELOAD=");
    preload.push(registers(run));
    guest.arg("env").arg(preload).arg(kernel.join("usr/bin/linux.uml"));
    guest.args([
        "mem=256M",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        "quiet",
        "con=null",
        "con0=null,fd:1",
        "ssl=null",
    ]);
    guest.arg(format!("init={}", run.path().join("init").display()));
    guest.arg(format!("uml_dir={}/", run.path().display())).arg("umid=guest");
    // Its memory is a file there; a container's /dev/shm is often too small for it.
    guest.env("TMPDIR", run.path());
    run.boot(LIMIT, &mut guest)
}

/// What makes room for the registers of this machine's processor; it says why itself.
fn registers(run: &Run) -> PathBuf {
    let library = run.path().join("registers.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/registers.c");
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(made.unwrap().success(), "the C compiler does not make a library (the Debian packages gcc and libc6-dev)");
    library
}

/// The last of the cores that we may run on.
fn core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    cores.rsplit([',', '-']).next().unwrap().trim().to_owned()
}

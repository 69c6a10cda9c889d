//! Boots a guest with a real CAN stack over this machine's own files, and has it run the whole suite.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

/// A folder with Debian's user-mode-linux, from `cargo xtask test`; empty if it could not be had.
const KERNEL: &str = "TANDEM_GUEST_KERNEL";
/// So many stories the suite tells. One more there is one more here, and none is lost on the way.
const STORIES: usize = 20;
/// Booting takes some seconds and the suite some more; what takes so long hangs.
const LIMIT: &str = "150";

#[test]
fn the_suite_passes_on_a_real_can_stack() {
    let Some(kernel) = std::env::var_os(KERNEL).filter(|folder| !folder.is_empty()) else {
        eprintln!("==\n== SKIPPED: no kernel for the guest; `cargo xtask test` gets one, or has said why not\n==");
        return;
    };
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        eprintln!("==\n== SKIPPED: only root may give the guest a name space of its own\n==");
        return;
    }
    let run = tempfile::tempdir().unwrap();
    write_init(Path::new(&kernel), run.path());

    let log = fs::File::create(run.path().join("kernel.log")).unwrap();
    // Whoever of them ends, however it ends, the next one ends with it: this test, the time limit, the name space. With that go all of the guest's processes, which
    // would outlive their first one.
    let mut guest = Command::new("setpriv");
    guest.args(["--pdeathsig", "KILL", "timeout", "--signal", "KILL", LIMIT, "setpriv", "--pdeathsig", "KILL"]);
    guest.args(["unshare", "--pid", "--mount-proc", "--fork", "--kill-child"]);
    guest.args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    guest.arg(Path::new(&kernel).join("usr/bin/linux.uml"));
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
    let ended = guest.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).status().unwrap();

    let read = |name: &str| fs::read(run.path().join(name)).unwrap_or_default();
    let [told, status, log] =
        ["told", "status", "kernel.log"].map(|name| String::from_utf8_lossy(&read(name)).into_owned());
    eprint!("{told}");
    assert_eq!(status.trim_end(), "ended with 0", "the guest {ended}; its kernel says:\n{log}");
    let passed = told.lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(passed, STORIES, "stories that passed");
    assert_eq!(told.lines().last(), Some(format!("{STORIES} stories, all passed").as_str()));
}

fn write_init(kernel: &Path, run: &Path) {
    let modules =
        fs::read_dir(kernel.join("usr/lib/uml/modules")).unwrap().next().unwrap().unwrap().path().join("kernel");
    let path = std::env::var("PATH").unwrap_or_default();
    let word = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
    let init = format!(
        "#!/bin/sh\nmodules={}\nrun={}\nsuite={}\npath={}\n{}",
        word(modules.to_str().unwrap()),
        word(run.to_str().unwrap()),
        word(env!("CARGO_BIN_EXE_tandem-vm")),
        word(&path),
        include_str!("../guest.sh"),
    );
    let file = run.join("init");
    fs::write(&file, init).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

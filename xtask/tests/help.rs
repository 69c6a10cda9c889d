//! Who asks how it is used has nothing installed, cleaned or built, and may stop to read.

#![cfg(test)]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A build folder of another checkout, and a cargo that must not be called.
fn xtask(target: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(args).env("TANDEM_TARGET_DIR", target).env("CARGO", "/bin/false").env("PATH", "/nowhere");
    command.stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn help_comes_first_and_changes_nothing() {
    let target = tempfile::tempdir().unwrap();
    let stamp = target.path().join("tandem-checkout");
    fs::write(&stamp, "/another/checkout\n").unwrap();
    let asked: [&[&str]; 7] = [
        &["--help"],
        &["help"],
        &["bench", "--help"],
        &["doctor", "-h"],
        &["test", "--help"],
        &["image", "-h"],
        &["policy", "-h"],
    ];
    for args in asked {
        let (code, told, complaints) = text(&xtask(target.path(), args).output().unwrap());
        assert_eq!((code, complaints.as_str()), (Some(0), ""), "{args:?}");
        assert!(told.contains("cargo xtask bench  [--no-install] [ARGS]"), "{args:?}: {told}");
        assert_eq!(fs::read_to_string(&stamp).unwrap(), "/another/checkout\n", "{args:?}");
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1, "{args:?}");
    }
}

#[test]
fn a_program_that_is_built_here_says_it_itself() {
    let target = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    fs::write(target.path().join("tandem-checkout"), format!("{}\n", root.display())).unwrap();
    let program = target.path().join("debug/tandem");
    fs::create_dir(program.parent().unwrap()).unwrap();
    fs::write(&program, "#!/bin/sh\necho \"I am $*\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let told = text(&xtask(target.path(), &["doctor", "--help"]).output().unwrap());
    assert_eq!(told, (Some(0), "I am doctor --help\n".to_owned(), String::new()));
}

#[test]
fn a_reader_who_has_gone_is_no_error_and_a_full_disk_is() {
    let target = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (code, _, complaints) = text(&xtask(target.path(), &["--help"]).stdout(writer).output().unwrap());
    assert_eq!((code, complaints.as_str()), (Some(0), ""));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (code, _, complaints) = text(&xtask(target.path(), &["--help"]).stdout(full).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(complaints.starts_with("xtask: cannot write to standard output: No space"), "{complaints}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let unknown = xtask(target.path(), &["nonesuch"]).stderr(writer).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

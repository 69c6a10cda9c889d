//! Files and recordings that have no end, or as good as none: they are read as far as they make sense, in memory that does not grow.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DBC: &str = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|16@1+ (0.01,0) [0|655.34] \"km/h\" X\n";
const PIECE: usize = 1 << 20;
/// What a long run may take beyond one of a single piece, KiB: the allocator's own ups and downs, and far less than the longer input.
const MARGIN: u64 = 4 << 10;

fn tandem(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tandem"));
    command.args(arguments).current_dir(folder.path()).env("TANDEM_ASSETS", folder.path()).stdin(Stdio::null());
    command
}

/// The most memory that a process that runs had so far, KiB.
fn most_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
    most.unwrap().trim().parse().unwrap()
}

/// Decodes this so many times and a good line behind it, in no more memory than once takes; what is told.
fn decodes(piece: &[u8], times: usize) -> String {
    let ((_, least), (told, most)) = (memory_for(piece, 1), memory_for(piece, times));
    assert!(most < least + MARGIN, "{most} KiB, and {least} for one piece");
    told
}

/// What is told, and the most memory that it took, KiB.
fn memory_for(piece: &[u8], times: usize) -> (String, u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.dbc"), DBC).unwrap();
    let mut command = tandem(&folder, &["replay", "-", "--dbc", "two.dbc"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = child.stdin.take().unwrap();
    for _ in 0..times {
        log.write_all(piece).unwrap();
    }
    log.write_all(b"\n(9.000000) can0 123#B80B\n").unwrap();
    let memory = most_memory(child.id());
    drop(log);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert!(status.success());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(stdout) + &text(stderr), memory)
}

#[test]
fn a_long_recording_with_nul_bytes_in_it_is_decoded_line_by_line() {
    const TIMES: usize = 256;
    let frame = format!("(8.000000) can0 124##1{}\n", "00".repeat(64));
    let mut piece = frame.repeat((PIECE - 100_000) / frame.len()).into_bytes();
    piece.extend(b"(8.5\0) can0 123#0000\n\0\0\0\n");
    let zeros = PIECE - 1 - piece.len();
    piece.extend(vec![0; zeros]);
    piece.push(b'\n');
    let frames = (PIECE - 100_000) / frame.len() * TIMES + 1;
    let told = decodes(&piece, TIMES);
    assert!(told.starts_with("(9.000000) can0 Motion: Speed=30 km/h\n"), "{told}");
    assert!(told.contains(&format!("{frames} frames, 1 of messages")), "{told}");
    assert!(told.contains(&format!("{} lines left out", 3 * TIMES)), "{told}");
    assert!(told.lines().count() < 30, "{told}");
}

#[test]
fn a_line_of_two_gigabytes_is_one_bad_line() {
    let told = decodes(&[b'('; PIECE], 2048);
    assert!(told.starts_with("(9.000000) can0 Motion: Speed=30 km/h\n"), "{told}");
    assert!(told.contains("1 line left out"), "{told}");
}

#[test]
fn files_without_an_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("car.toml")).unwrap().set_len(8 << 30).unwrap();
    symlink("/dev/zero", folder.path().join("x.dbc")).unwrap();
    fs::write(folder.path().join("drive.log"), "(9.000000) can0 123#B80B\n").unwrap();
    for (arguments, expected) in [
        (&["bus", "lint", "x.dbc"][..], "x.dbc: it has more than the 16 MiB that a DBC file may have"),
        (&["replay", "drive.log", "--dbc", "x.dbc"], "x.dbc: it has more than the 16 MiB that a DBC file may have"),
        (&["car", "check", "."], "car.toml has more than the 4 MiB that a car.toml may have"),
    ] {
        let Output { status, stderr, .. } = tandem(&folder, arguments).output().unwrap();
        let told = String::from_utf8(stderr).unwrap();
        assert!(!status.success() && told.trim_end().ends_with(expected), "{arguments:?}: {status} {told}");
    }
}

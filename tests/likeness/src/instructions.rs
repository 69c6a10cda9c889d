//! What a piece of a test costs in instructions: the same on a busy machine as on an idle one.

use std::process::Command;

/// Set in the process that is counted.
const COUNTED: &str = "TANDEM_COUNTED";

/// Whether this process is the one that is counted.
pub fn is_counted() -> bool {
    std::env::var_os(COUNTED).is_some()
}

/// Runs one test of this program again, under valgrind's callgrind, and counts the instructions inside a function of it that is not inlined. None if there is no
/// valgrind, which continuous integration has.
pub fn instructions(test: &str, function: &str) -> Option<u64> {
    let is_there = Command::new("valgrind").arg("--version").output().is_ok_and(|it| it.status.success());
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "valgrind is missing: apt-get install valgrind");
        eprintln!("SKIPPED: {test} needs valgrind");
        return None;
    }
    let out = std::env::temp_dir().join(format!("tandem-callgrind-{}", std::process::id()));
    let told = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--toggle-collect=*{function}*")])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", test, "--test-threads=1"])
        .env(COUNTED, "1")
        // Not optimised, what Slint makes of a screen is deep.
        .env("RUST_MIN_STACK", "33554432")
        .output()
        .expect("valgrind");
    let _ = std::fs::remove_file(out);
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{}{text}", String::from_utf8_lossy(&told.stdout));
    let collected = text.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    let count = collected.and_then(|count| count.parse().ok());
    Some(count.unwrap_or_else(|| panic!("callgrind told no count: {text}")))
}

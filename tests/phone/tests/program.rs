//! The program, as a person or a script starts it.

#![cfg(test)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;

fn phone(arguments: &[&str], typed: &str) -> Output {
    let stories = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/phones");
    let mut child = Command::new(env!("CARGO_BIN_EXE_tandem-phone-sim"))
        .args(arguments)
        .env("TANDEM_PHONES", stories)
        .env_remove("TANDEM_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ended at once reads nothing.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn it_tells_what_happens_a_line_each_until_it_is_told_to_quit() {
    let here = ["--at", "127.0.0.9", "--car", "127.0.0.8"];
    let out = phone(&[&here[..], &["--json"]].concat(), "play Musik\nplay\nbatery 3\nstatus\nquit\n");
    let lines: Vec<serde_json::Value> =
        text(&out.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let what: Vec<&str> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert!(what.starts_with(&["ready", "not-done", "done", "player"]) && out.status.success(), "{what:?}");
    assert!(lines.iter().all(|line| line["at_ms"].is_u64()));
    assert_eq!(lines[1]["why"], "there is no player Musik: did you mean Music?");
    assert_eq!((&lines[3]["sounding"], &lines[3]["title"]), (&true.into(), &"Night".into()));
    assert_snapshot!(text(&out.stderr), @"tandem-phone-sim: there is no command batery: did you mean battery?");
}

#[test]
fn a_wrong_set_up_is_told_with_what_was_expected() {
    let refused = |arguments: &[&str]| {
        let out = phone(arguments, "");
        assert_eq!(out.status.code(), Some(2));
        let said = text(&out.stderr);
        said.replace(&format!("{}/../..", env!("CARGO_MANIFEST_DIR")), "TANDEM")
    };
    assert_snapshot!(refused(&["--story", "pocast"]), @"tandem-phone-sim: there is no story pocast in TANDEM/assets/phones: expected friend, phone, podcast, stubborn, two, walk");
    assert_snapshot!(refused(&["--story", "none.toml"]), @"tandem-phone-sim: cannot read none.toml: No such file or directory (os error 2)");
    assert_snapshot!(refused(&["--name", "!"]), @r#"tandem-phone-sim: "!" is no name that a car could show"#);
    assert!(refused(&["--protocol", "6"]).contains("7..=8"));
}

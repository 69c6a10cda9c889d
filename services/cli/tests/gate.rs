//! What may leave for a car, as the command line tells it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::process::{Command, Output};

const DBC: &str = r#"
BO_ 256 Climate: 2 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|0] "degC" X
 SG_ Fan : 8|4@1+ (1,0) [0|0] "" X
 SG_ Wide : 12|2@1+ (1,0) [0|0] "" X
 SG_ Over : 13|2@1+ (1,0) [0|0] "" X
BO_ 257 Keys: 1 X
 SG_ Mute : 0|2@1+ (1,0) [0|1] "" X
"#;

const CAR: &str = r#"
name = "Gated"
description = "A car with a list."
[buses.can0]
dbc = "gated.dbc"
bitrate = 500_000
"#;

const LINE: &str = r#"
[[transmit]]
bus = "can0"
message = "Climate"
min_period_ms = 100
burst = 2
driving = "not-moving"
signals = { Temperature = { min = 16.0, max = 28.0 }, Fan = { min = 1, max = 5 } }
"#;

fn car(lines: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("car.toml"), format!("{CAR}{lines}")).unwrap();
    std::fs::write(folder.path().join("gated.dbc"), DBC).unwrap();
    let mut tandem = Command::new(env!("CARGO_BIN_EXE_tandem"));
    tandem.arg("car").args(arguments).current_dir(folder.path()).env_remove("TANDEM_DBC_PATH");
    tandem.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_may_leave_is_listed_with_its_ranges_its_pace_and_its_states() {
    let shown = car(LINE, &["show", "."]);
    assert!(shown.status.success(), "{shown:?}");
    let rows: Vec<Vec<String>> = said(&shown)
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect())
        .collect();
    assert_eq!(rows[0], ["bus", "id", "message", "signal", "range", "pace", "while"]);
    let state = "not-moving, ON START";
    assert_eq!(rows[1], ["can0", "100", "Climate", "Temperature", "16 to 28 degC", "100 ms, up to 2 at once", state],);
    assert_eq!(rows[2], ["Fan", "1 to 5"]);
    let json = said(&car(LINE, &["show", ".", "--json"]));
    assert!(json.contains(r#""raw_max":56.0"#) && json.contains(r#""power":["ON","START"]"#), "{json}");
    assert_eq!(said(&car("", &["show", "."])), "Gated: nothing may leave, the car is only listened to\n");
}

#[test]
fn a_line_that_cannot_be_kept_is_a_mistake_of_the_car() {
    let lines = LINE.replace("Fan = { min = 1, max = 5 }", "Wide = { min = 0, max = 1 }");
    let checked = car(&lines, &["check", "."]);
    assert_eq!(checked.status.code(), Some(1));
    let told = said(&checked);
    assert!(told.contains("car.toml:8:1: `Wide` cannot be listed: it shares bits with `Over`"), "{told}");
    let shown = car(&lines, &["show", "."]);
    assert!(
        !shown.status.success() && String::from_utf8_lossy(&shown.stderr).contains("`tandem car check .` lists all")
    );
    assert!(car(LINE, &["check", "."]).status.success());
}

#[test]
fn what_no_frame_can_say_is_a_mistake_of_the_car() {
    let told = |lines: &str| {
        let checked = car(lines, &["check", "."]);
        assert_eq!(checked.status.code(), Some(1));
        said(&checked)
    };
    let past = told(&LINE.replace("Fan = { min = 1", "Fan = { min = -1"));
    assert!(
        past.contains("car.toml:8:1: `Fan`: -1 to 5 would be raw -1 to 5, and its bits say only 0 to 15"),
        "{past}"
    );
    let hidden = told(&LINE.replace("Fan = ", "\"F\\u202Ean\" = "));
    assert!(
        hidden.contains(r"car.toml:8:1: message `Climate` has no signal `F\u{202e}an`; did you mean `Fan`?"),
        "{hidden}"
    );
}

#[test]
fn an_odd_key_is_a_warning_and_an_impossible_one_a_mistake() {
    let key = |pressed: u8| {
        format!(
            "[[inputs]]\nkey = \"KEY_MUTE\"\nbus = \"can0\"\nmessage = \"Keys\"\nsignal = \"Mute\"\npressed = {pressed}\n"
        )
    };
    let odd = car(&key(3), &["check", "."]);
    let told = said(&odd);
    let warning = "car.toml:7: warning: `pressed`: 3 lies outside the range of `Mute` in the DBC file, 0 to 1\n";
    assert!(odd.status.success() && told.contains(warning) && told.ends_with("no mistake, 1 warning\n"), "{told}");
    let wrong = car(&key(4), &["check", "."]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        said(&wrong).contains("car.toml:7:1: `pressed`: `Mute` is never 4: its bits say 0 to 3"),
        "{}",
        said(&wrong)
    );
}

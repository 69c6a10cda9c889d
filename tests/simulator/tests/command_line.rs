//! The program itself: what it refuses, and with which exit code.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output};

fn sim(arguments: &[&str]) -> Output {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tandem-sim"));
    command.args(arguments).current_dir(workspace).env_remove("TANDEM_CAR").env_remove("TANDEM_LOG").output().unwrap()
}

/// The one line on standard error of a set-up that is refused.
fn refused(arguments: &[&str]) -> String {
    let output = sim(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    said.trim_end().to_owned()
}

const LOG: [&str; 4] = ["--write-log", "-", "--seconds", "2"];

#[test]
fn a_log_goes_to_standard_output() {
    let output = sim(&LOG);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/can/demo-city.log");
    let committed = std::fs::read_to_string(committed).unwrap();
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    // The log in the repository has only the messages that the car had at first.
    let told: HashSet<&str> = told.lines().collect();
    assert!(committed.lines().take(500).all(|line| told.contains(line)) && told.len() > 1_000);
    let other = sim(&[&LOG[..], &["--seed", "7"]].concat());
    assert!(other.status.success() && other.stdout != output.stdout);
}

#[test]
fn a_wrong_set_up_is_one_clear_line_and_exit_code_2() {
    let said = refused(&[&LOG[..], &["--scenario", "ctiy"]].concat());
    let folder = Path::new("assets/cars/demo/scenarios").display();
    assert_eq!(
        said,
        format!(
            "tandem-sim: there is no scenario ctiy in {folder}; expected one of: \
             charging, city, get-out, motorway, night-rain, parked, reverse-parking (is it city?)"
        )
    );
    let said = refused(&[&LOG[..], &["--car", "assets/cars"]].concat());
    assert_eq!(said, "tandem-sim: cannot read assets/cars/car.toml: No such file or directory (os error 2)");
    let said = refused(&["--link", "no/such/folder/link", "--no-bus"]);
    assert_eq!(said, "tandem-sim: cannot listen at no/such/folder/link: No such file or directory (os error 2)");
    let said = refused(&["--write-log", "no/such/folder/log", "--seconds", "1"]);
    assert_eq!(said, "tandem-sim: cannot write no/such/folder/log: No such file or directory (os error 2)");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    assert!(refused(&[]).contains("--link <PATH>|--can <BUS[=INTERFACE]>|--write-log <FILE>"));
    assert!(refused(&["--write-log", "-"]).contains("--seconds"));
    assert!(refused(&[&LOG[..], &["--link", "x"]].concat()).contains("cannot be used with"));
    assert!(refused(&["--write-log", "-", "--seconds=-1"]).contains("invalid value"));
    assert!(refused(&["--link", "x", "--pace", "fast"]).contains("lockstep"));
    assert!(refused(&["--can", "can0", "--pace", "lockstep"]).contains("cannot be used with"));
    let said = refused(&["--can", "can0", "--can", "body=vcan1", "--no-bus"]);
    assert_eq!(said, "tandem-sim: --can body=vcan1: the car has no bus body, but can0, can1, can2");
    assert!(refused(&["--can", "can0=a", "--can", "can0=b", "--no-bus"]).contains("has an interface already"));
}

#[test]
fn it_says_its_version() {
    let output = sim(&["--version"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("tandem-sim {}\n", env!("CARGO_PKG_VERSION")));
}

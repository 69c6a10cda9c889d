//! What is wrong is said in one line, with where it is wrong and what was expected, and the exit status tells whose turn it is.

use std::ffi::OsStr;
use std::fs;

use tandem_scenes::{Outcome, Tandem, demo_log, first_of};

fn log() -> String {
    demo_log().to_string_lossy().into_owned()
}

/// A wrong set-up: exit status 2 and one line.
#[track_caller]
fn refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    assert_eq!(outcome.stderr.trim_end().lines().count(), 1, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "`{word}` is not in: {}", outcome.stderr);
    }
}

#[test]
fn a_cut_log_goes_on_and_says_where_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.log");
    let good = first_of(&demo_log(), 200);
    let (whole, cut) = (good.trim_end(), &good[..good.len() - 8]);
    fs::write(&path, format!("{whole}\nthis is no frame\n{cut}")).unwrap();
    let path = path.to_string_lossy().into_owned();
    let replay = |more: &[&str]| {
        Tandem::run(["replay", &path, "--car", "demo", "--speed", "max", "--no-screens"].iter().chain(more))
    };
    let summary = replay(&["--json"]).well().json();
    assert_eq!(summary["log"]["bad_lines"], 2);
    assert_eq!(summary["log"]["frames"], 399);
    let lines: Vec<_> =
        summary["log"]["first_bad_lines"].as_array().unwrap().iter().map(|bad| bad["line"].clone()).collect();
    assert_eq!(lines, [201, 401]);

    let strict = replay(&["--strict"]);
    assert_eq!(strict.code(), Some(1), "{strict:?}");
    assert!(strict.complaint().contains(":201:"), "{strict:?}");
}

#[test]
fn a_log_that_is_none_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.log");
    fs::write(&empty, "\n# nothing\n").unwrap();
    let empty = empty.to_string_lossy().into_owned();
    refused(&Tandem::run(["replay", &empty, "--car", "demo", "--speed", "max"]), &["empty.log", "candump"]);
    refused(&Tandem::run(["replay", "/nowhere/drive.log", "--car", "demo"]), &["/nowhere/drive.log"]);
}

#[test]
fn no_such_car() {
    let outcome = Tandem::run(["replay", &log(), "--car", "batmobile", "--speed", "max"]);
    refused(&outcome, &["batmobile", "demo", "css-gnss", "honda-2014"]);
    refused(&Tandem::run(["sim", "--headless", "--car", "batmobile"]), &["batmobile", "demo"]);
}

#[test]
fn a_dbc_file_that_is_not_there_says_where_such_files_come_from() {
    let outcome = Tandem::run(["replay", &log(), "--car", "honda-2014", "--speed", "max"]);
    assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    for word in ["acura_ilx_2016_can_generated.dbc", "opendbc", "--dbc-path"] {
        assert!(outcome.stderr.contains(word), "`{word}` is not in: {}", outcome.stderr);
    }
}

#[test]
fn a_car_with_mistakes_is_refused_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "name = \"Wrong\"\ndescription = \"A car with mistakes.\"\n\n[buses.can0]\ndbc = \"wrong.dbc\"\nbitrat = 500_000\n\n\
        [[signals]]\nleaf = \"Vehicle.Sped\"\nbus = \"can7\"\nmessage = \"M\"\nsignal = \"S\"\n";
    fs::write(folder.path().join("car.toml"), text).unwrap();
    fs::write(folder.path().join("wrong.dbc"), "VERSION \"\"\n").unwrap();
    let car = folder.path().to_string_lossy().into_owned();
    let check = Tandem::run(["car", "check", &car]);
    assert_eq!(check.code(), Some(1), "{check:?}");
    let told = format!("{}{}", check.stdout, check.stderr);
    for word in ["car.toml:6", "bitrate", "car.toml:9", "Vehicle.Speed", "car.toml:10", "can7"] {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    // A run says the first, and how to see the others.
    refused(&Tandem::run(["replay", &log(), "--car", &car, "--speed", "max"]), &["car.toml:", "tandem car check"]);
}

#[test]
fn the_cars_of_the_repository_have_no_mistake() {
    let demo = tandem_scenes::root().join("assets/cars/demo");
    Tandem::run([OsStr::new("car"), OsStr::new("check"), demo.as_os_str()]).well();
}

#[test]
fn no_bus() {
    let nowhere: [(&str, &OsStr); 1] = [("TANDEM_BUS", "unix:path=/nowhere/bus".as_ref())];
    for words in [["signals", "list"], ["signals", "watch"]] {
        refused(&Tandem::start_with(words, &nowhere).finish(), &["bus"]);
    }
}

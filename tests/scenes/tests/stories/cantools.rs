//! cantools, which is not ours, decodes the same logs: every signal of every known message is equal.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};
use tandem_scenes::{Tandem, binary, corpus, demo_log, peer_python, root};

/// Both compute with 64-bit floats, but not in the same order.
const RELATIVE: f64 = 1e-9;

fn frames(text: &str) -> Vec<(String, Map<String, Value>)> {
    let read = |line: &str| {
        let mut frame: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let Value::Object(signals) = frame["signals"].take() else { panic!("no signals: {line}") };
        (frame["message"].as_str().unwrap().to_owned(), signals)
    };
    text.lines().map(read).collect()
}

fn same(ours: f64, theirs: f64) -> bool {
    ours == theirs || (ours - theirs).abs() <= RELATIVE * ours.abs().max(theirs.abs())
}

/// Compares all, and returns how many values were equal.
fn compare(python: &Path, log: &Path, dbc: &Path) -> usize {
    let script = root().join("tests/scenes/peer/cantools_decode.py");
    let theirs = Command::new(python).arg(script).arg(log).arg(dbc).output().unwrap();
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    let theirs = frames(&String::from_utf8_lossy(&theirs.stdout));
    let words: [PathBuf; 5] = ["replay".into(), log.into(), "--dbc".into(), dbc.into(), "--json".into()];
    let ours = frames(&Tandem::run(words).well().stdout);
    assert_eq!(ours.len(), theirs.len(), "frames of known messages in {}", log.display());
    let mut values = 0;
    for (number, ((message, signals), (their_message, their_signals))) in ours.iter().zip(&theirs).enumerate() {
        assert_eq!(message, their_message, "known frame {number}");
        let names = |signals: &Map<String, Value>| {
            let mut names: Vec<_> = signals.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(signals), names(their_signals), "known frame {number}, {message}");
        for (name, value) in signals {
            let (ours, theirs) = (value.as_f64().unwrap(), their_signals[name].as_f64().unwrap());
            assert!(same(ours, theirs), "known frame {number}, {message}.{name}: {ours} and {theirs}");
            values += 1;
        }
    }
    values
}

#[test]
fn the_virtual_cars_log_reads_the_same() {
    let Some(python) = peer_python() else { return };
    let values: usize = ["powertrain.dbc", "body.dbc"]
        .map(|dbc| compare(&python, &demo_log(), &root().join("assets/cars/demo").join(dbc)))
        .iter()
        .sum();
    assert!(values > 20_000, "only {values} values");
}

/// Every message of the whole car, CAN FD frames among them, in two scenarios that have little in common.
#[test]
fn all_that_the_virtual_car_says_reads_the_same() {
    let Some(python) = peer_python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for scenario in ["motorway", "charging"] {
        let log = folder.path().join(scenario).with_extension("log");
        let mut sim = Command::new(binary("tandem-sim"));
        sim.arg("--car").arg(root().join("assets/cars/demo")).args(["--scenario", scenario, "--seconds", "20"]);
        assert!(sim.arg("--write-log").arg(&log).env("TANDEM_LOG", "error").status().unwrap().success());
        let values: usize = ["powertrain.dbc", "body.dbc", "chassis.dbc"]
            .map(|dbc| compare(&python, &log, &root().join("assets/cars/demo").join(dbc)))
            .iter()
            .sum();
        assert!(values > 80_000, "{scenario}: only {values} values");
    }
}

#[test]
fn the_real_recordings_read_the_same() {
    let (Some(python), Some(corpus)) = (peer_python(), corpus()) else { return };
    let drive = compare(&python, &corpus.join("logs/css_obd2_gnss_3BA199E2.log"), &corpus.join("dbc/css/gnss.dbc"));
    assert!(drive > 300_000, "only {drive} values");
    let honda = corpus.join("dbc/opendbc/acura_ilx_2016_can_generated.dbc");
    let honda = compare(&python, &corpus.join("logs/icsim_honda_2014.log"), &honda);
    assert!(honda > 9_000, "only {honda} values");
}

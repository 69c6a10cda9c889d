//! Recordings against the gate: every frame that was heard on a drive is wished for on every bus of a car, and only what its allow-list names gets out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tandem_frame::text::LogReader;
use tandem_frame::{BusIndex, Frame};
use tandem_gate::{Gate, VehicleState};
use tandem_scenes::{corpus, demo_log, root};
use tandem_signals::Catalogue;
use tandem_store::{Places, load};
use tandem_units::{Driving, Nanoseconds, Power};

fn gate(car: &str, dbc: Option<&Path>) -> Gate {
    let places = Places { assets: root().join("assets"), dbc: dbc.into_iter().map(Path::to_owned).collect() };
    let (car, _) = load(car, &places, Catalogue::ours()).unwrap_or_else(|error| panic!("{error}"));
    tandem_gate::bind(car.profile.name.as_str(), &car.profile, car.buses.iter().map(|bus| &bus.database)).unwrap()
}

fn frames(log: &Path) -> Vec<Frame> {
    let text = std::fs::read(log).unwrap();
    LogReader::new(&text).map(|(_, line)| line.unwrap().frame(BusIndex(0))).collect()
}

/// How many frames got out, by id, though each is heard first, and the car does what lets most out.
fn left(mut gate: Gate, frames: &[Frame]) -> BTreeMap<String, usize> {
    let listed: BTreeSet<_> = gate.rules().map(|rule| (rule.bus(), rule.id())).collect();
    let mut left = BTreeMap::new();
    for (at, frame) in frames.iter().enumerate() {
        let power = Power::ALL.get(at % Power::ALL.len()).copied();
        for bus in 0..4 {
            let mut frame = *frame;
            frame.bus = BusIndex(bus);
            gate.hear(&frame);
            let state = VehicleState { driving: Driving::Parked, power };
            if gate.admit(&frame, state, Nanoseconds(frame.t_ns)).is_ok() {
                assert!(listed.contains(&(frame.bus, frame.id)), "{frame:?}");
                *left.entry(frame.id.to_string()).or_default() += 1;
            }
        }
    }
    left
}

#[test]
fn of_our_own_recording_nothing_leaves() {
    let frames = frames(&demo_log());
    assert!(frames.len() > 5000);
    assert_eq!(left(gate("demo", None), &frames), BTreeMap::new());
}

#[test]
fn of_the_recordings_of_others_nothing_leaves() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(corpus.join("logs")).unwrap() {
        let log = entry.unwrap().path();
        if log.extension().is_none_or(|end| end != "log") {
            continue;
        }
        let frames = frames(&log);
        count += frames.len();
        for (car, dbc) in [("demo", "dbc/css"), ("css-gnss", "dbc/css"), ("honda-2014", "dbc/opendbc")] {
            let left = left(gate(car, Some(&corpus.join(dbc))), &frames);
            assert_eq!(left, BTreeMap::new(), "{car}, {}", log.display());
        }
    }
    assert!(count > 100_000, "{count}");
}

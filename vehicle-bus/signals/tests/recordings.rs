//! The profiles of real cars on their recordings, when the corpus is there: what each leaf says, and what was refused.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use tandem_frame::BusIndex;
use tandem_frame::text::LogReader;
use tandem_scenes::corpus;
use tandem_signals::Catalogue;
use tandem_store::{Fault, Places, Store, load};
use tandem_units::Nanoseconds;

/// Replays a log, and tells every reading at these seconds of it, and all faults at the end. Never a private value.
fn replay(car: &str, dbc: &str, log: &str, seconds: &[u64]) -> Option<String> {
    let corpus = corpus()?;
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let places = Places { assets, dbc: vec![corpus.join(dbc)] };
    let (car, _) = load(car, &places, Catalogue::ours()).unwrap_or_else(|error| panic!("{error}"));
    let mut store = Store::new(car);
    let text = std::fs::read(corpus.join("logs").join(log)).unwrap();
    let mut shown = String::new();
    let (mut start, mut now, mut frames) = (None, 0, 0);
    let mut due = seconds.iter().map(|second| second * Nanoseconds::SECOND.0).peekable();
    for (number, line) in LogReader::new(&text) {
        let line = line.unwrap_or_else(|error| panic!("{number}: {error}"));
        let bus = store.car().buses.iter().position(|bus| bus.interface == line.interface).unwrap();
        let mut frame = line.frame(BusIndex(bus as u8));
        frame.t_ns -= *start.get_or_insert(frame.t_ns);
        while let Some(at) = due.next_if(|at| *at <= frame.t_ns) {
            tell(&store, Nanoseconds(at), &mut shown);
        }
        store.hear(&frame);
        (now, frames) = (frame.t_ns, frames + 1);
    }
    tell(&store, Nanoseconds(now), &mut shown);
    let silence = Nanoseconds(now) + Nanoseconds::from_millis(3100);
    tell(&store, silence, &mut shown);
    let mut faults: BTreeMap<String, u64> = BTreeMap::new();
    for ((_, id), counts) in &store.statistics().ids {
        let name = |fault: &Fault| format!("{id:?} {}", fault.word());
        faults.extend(counts.faults.iter().map(|(fault, count)| (name(fault), *count)));
    }
    let unknown: u64 = store.statistics().buses.iter().map(|bus| bus.unknown).sum();
    writeln!(shown, "{frames} frames, {unknown} of unknown ids, faults {faults:#?}").unwrap();
    Some(shown)
}

fn tell(store: &Store, now: Nanoseconds, shown: &mut String) {
    writeln!(shown, "{now}").unwrap();
    for (slot, leaf) in store.car().leaves().enumerate() {
        let (leaf, reading) = (store.car().catalogue.leaf(leaf), store.reading(slot, now));
        let value = match &reading.value {
            Some(_) if leaf.private => "private".to_owned(),
            Some(value) => format!("{value} {}", leaf.unit),
            None => String::new(),
        };
        writeln!(shown, "  {:<58} {:<8}{value}", leaf.path, reading.quality.word()).unwrap();
    }
}

#[test]
fn the_drive_by_satellite_finds_its_fix_and_goes_stale() {
    let seconds = [1, 60, 120, 300, 480];
    if let Some(shown) = replay("css-gnss", "dbc/css", "css_obd2_gnss_3BA199E2.log", &seconds) {
        insta::assert_snapshot!("css-gnss", shown);
    }
}

#[test]
fn the_honda_stands_and_only_the_two_short_ids_are_refused() {
    if let Some(shown) = replay("honda-2014", "dbc/opendbc", "icsim_honda_2014.log", &[1]) {
        insta::assert_snapshot!("honda-2014", shown);
    }
}

//! Once every id was heard, hearing allocates nothing more. The counter stands in for the allocator of this test.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use allocation_counter::measure;
use tandem_frame::text::LogReader;
use tandem_frame::{BusIndex, Frame};
use tandem_signals::Catalogue;
use tandem_store::{Places, Store, load};

#[test]
fn a_frame_is_checked_and_stored_without_an_allocation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (car, _) = load("demo", &Places { assets: root.join("assets"), dbc: Vec::new() }, Catalogue::ours()).unwrap();
    let text = std::fs::read(root.join("tests/fixtures/can/demo-city.log")).unwrap();
    let bus = |name| car.buses.iter().position(|bus| bus.interface == name).unwrap();
    let frames: Vec<Frame> = LogReader::new(&text)
        .map(|(_, line)| line.unwrap())
        .map(|line| line.frame(BusIndex(bus(line.interface).try_into().unwrap())))
        .collect();
    assert!(frames.len() > 5000);
    let mut store = Store::new(car);
    let mut hear_all = || frames.iter().filter(|frame| store.hear(frame).is_some()).count();
    // The first round meets the ids, the second the jump of their counters from the log's end to its beginning.
    hear_all();
    hear_all();
    let mut faults = 0;
    assert_eq!(measure(|| faults = hear_all()).count_total, 0);
    assert!(faults > 0 && faults < 30, "{faults}: a jump for each counter");
}

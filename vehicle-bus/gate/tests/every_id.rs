//! Nothing leaves unless it is listed: every standard id, and of the extended ones those that a mistake would be most likely to let out, on every bus that there is and on
//! some that there are not. Each is tried with all that may leave under another id.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod cars;

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use tandem_frame::{BusIndex, CanId, Frame};
use tandem_gate::{Gate, Refusal, VehicleState};
use tandem_units::{Driving, Nanoseconds, Power};

const EXTENDED_BITS: u32 = 29;
const LAST_EXTENDED: u32 = (1 << EXTENDED_BITS) - 1;
const RANDOM_IDS: usize = 100_000;

fn extended(id: u32) -> CanId {
    CanId::extended(id & LAST_EXTENDED).unwrap()
}

fn ids(listed: &BTreeSet<(BusIndex, CanId)>) -> Vec<CanId> {
    let mut ids: Vec<CanId> = (0..=0x7FF).map(|id| CanId::standard(id).unwrap()).collect();
    // The same numbers in the other kind, both ends, every single bit, and each one missing.
    ids.extend((0..=0x7FF).map(extended));
    ids.extend([0, LAST_EXTENDED].map(extended));
    ids.extend((0..EXTENDED_BITS).flat_map(|bit| [1 << bit, LAST_EXTENDED ^ 1 << bit]).map(extended));
    for (_, id) in listed {
        let number = id.number();
        ids.extend([number.wrapping_sub(1), number, number + 1, number << 18, number >> 18].map(extended));
        ids.extend((0..EXTENDED_BITS).map(|bit| extended(number ^ 1 << bit)));
        ids.push(CanId::standard(number & 0x7FF).unwrap());
    }
    let mut random = Random::new();
    ids.extend((0..RANDOM_IDS).map(|_| extended(random.next() as u32)));
    ids
}

/// How many were let out, of how many ids.
fn let_out(mut gate: Gate, buses: u8) -> (usize, usize) {
    let now = Nanoseconds::from_millis(1000);
    let state = VehicleState { driving: Driving::Parked, power: Some(Power::On) };
    let listed: BTreeSet<_> = gate.rules().map(|rule| (rule.bus(), rule.id())).collect();
    let blanks: Vec<Frame> = listed.iter().map(|(bus, id)| gate.blank(*bus, *id).unwrap()).collect();
    let empty = Frame::new(BusIndex(0), extended(0), 0, &[]).unwrap();
    let ids = ids(&listed);
    for bus in (0..=buses).chain([u8::MAX]).map(BusIndex) {
        for id in ids.iter().filter(|id| !listed.contains(&(bus, **id))) {
            assert_eq!(gate.blank(bus, *id), None, "{bus:?} {id}");
            for mut frame in blanks.iter().chain([&empty]).copied() {
                (frame.bus, frame.id) = (bus, *id);
                let refused = gate.admit(&frame, state, now);
                assert_eq!(refused, Err(Refusal::NotListed { bus, id: *id }), "{frame:?}");
            }
        }
    }
    let states = Power::ALL.iter().map(|power| VehicleState { power: Some(*power), ..state });
    let states: Vec<_> = states.collect();
    let left = blanks.iter().filter(|blank| states.iter().any(|state| gate.admit(blank, *state, now).is_ok())).count();
    assert_eq!(left, listed.len(), "what is listed does leave");
    (left, ids.len())
}

#[test]
fn of_a_car_with_every_kind_of_message_only_what_is_listed_leaves() {
    let (left, tried) = let_out(cars::made(), 2);
    assert_eq!(left, 5);
    assert!(tried > 2 * 2048 + RANDOM_IDS);
}

#[test]
fn of_the_demo_car_only_what_is_listed_leaves() {
    let (gate, buses) = cars::demo();
    let (left, _) = let_out(gate, buses);
    assert!(left > 0);
}

#[test]
fn of_a_car_without_a_list_nothing_leaves() {
    assert_eq!(let_out(Gate::default(), 3).0, 0);
}

/// Numbers that differ at every run, and come again with the seed that is printed.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let given = std::env::var("TANDEM_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
        println!("TANDEM_SEED={seed}");
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}

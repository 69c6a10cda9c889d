//! A decision allocates nothing, whatever it is. The counter stands in for the allocator of this test.
#![allow(clippy::unwrap_used)]

mod cars;

use allocation_counter::measure;
use tandem_frame::{CanId, Frame};
use tandem_gate::{Gate, VehicleState};
use tandem_units::{Driving, Nanoseconds, Power};

const ROUNDS: u64 = 200;

/// Every listed message as it is, a bit of it changed, and as another message, each in several states of the car; then heard of somebody else.
fn decide(gate: &mut Gate, blanks: &[Frame], begin: Nanoseconds) -> (usize, usize) {
    let (mut left, mut stayed) = (0, 0);
    for round in 0..ROUNDS {
        let now = begin + Nanoseconds::from_millis(7 * round);
        let power = Power::ALL.get(round as usize % 7).copied();
        let driving = if round % 3 == 0 { Driving::Moving } else { Driving::Parked };
        for blank in blanks {
            let (mut changed, mut other) = (*blank, *blank);
            let bit = round as usize % (8 * changed.length());
            changed.data_mut().get_mut(bit / 8).into_iter().for_each(|byte| *byte ^= 1 << (bit % 8));
            other.id = CanId::standard((round % 0x100) as u32).unwrap();
            for wanted in [blank, &changed, &other] {
                match gate.admit(wanted, VehicleState { driving, power }, now) {
                    Ok(_) => left += 1,
                    Err(_) => stayed += 1,
                }
            }
            gate.hear(blank);
        }
    }
    (left, stayed)
}

#[test]
fn a_frame_is_let_out_or_kept_in_without_an_allocation() {
    for mut gate in [cars::made(), cars::demo().0] {
        let blanks: Vec<Frame> = gate.rules().map(|rule| rule.start).collect();
        let mut told = (0, 0);
        let counted = measure(|| {
            told = decide(&mut gate, &blanks, Nanoseconds::ZERO);
            gate.begin_clock(Nanoseconds::ZERO);
            decide(&mut gate, &blanks, Nanoseconds::from_millis(1));
        });
        assert!(told.0 > 50 && told.1 > 500, "{told:?}");
        assert_eq!(counted.count_total, 0);
    }
    assert!(measure(|| drop(std::hint::black_box(Box::new(1)))).count_total > 0, "the counter counts nothing");
}

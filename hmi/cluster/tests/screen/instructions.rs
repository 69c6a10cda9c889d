//! What a frame of a drive costs, in instructions.

use tandem_cluster::Leaf;
use tandem_kit::headless::Pace;
use tandem_units::{Quality, Value};

use crate::drawing::{Drawing, Look, drive};

const FRAMES: u32 = 20;
/// Measured: 47 million, by the tests' own profile; a release takes a small part of it.
const MOST: u64 = 54_000_000;

/// Speed and power move.
#[inline(never)]
fn a_frame_that_is_counted(drawing: &mut Drawing, number: u32) {
    let share = f64::from(number) / f64::from(FRAMES);
    drawing.hear([
        (Leaf::Speed, Quality::Valid, Value::Float(60.0 + 20.0 * share)),
        (Leaf::MotorPower, Quality::Valid, Value::Float(30_000.0 * share)),
    ]);
    drawing.screen.turn();
}

#[test]
fn a_frame_of_a_drive_costs_no_more_than_it_did() {
    if !tandem_likeness::is_counted() {
        let name = "instructions::a_frame_of_a_drive_costs_no_more_than_it_did";
        let Some(count) = tandem_likeness::instructions(name, "a_frame_that_is_counted") else { return };
        let each = count / u64::from(FRAMES);
        println!("{each} instructions a frame");
        assert!((MOST / 4..MOST).contains(&each), "{each} instructions a frame, at most {MOST}");
        return;
    }
    let mut drawing = Drawing::at(Pace::Live, Look::NIGHT);
    drawing.hear(drive());
    drawing.screen.turn();
    for number in 0..FRAMES {
        a_frame_that_is_counted(&mut drawing, number);
    }
}

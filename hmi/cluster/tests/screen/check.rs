//! The check of all lamps when the car is switched on.

use tandem_cluster::Leaf;
use tandem_units::{Nanoseconds, Quality, Value};

use crate::drawing::{Area, Drawing, Heard, Look, Pixel, drive};
use crate::pictures::{AMBER, BLUE, GREEN, RED, cell, is_lit};

/// Every lamp there is, in its colour.
const LAMPS: [(Area, Pixel); 15] = [
    (cell(0), RED),
    (cell(1), RED),
    (cell(2), RED),
    (cell(3), AMBER),
    (cell(4), AMBER),
    (cell(5), AMBER),
    (cell(6), AMBER),
    (cell(7), RED),
    (cell(11), AMBER),
    (cell(12), GREEN),
    (cell(13), BLUE),
    (cell(14), GREEN),
    (cell(15), GREEN),
    ((672, 20, 64, 64), GREEN),
    ((1184, 20, 64, 64), GREEN),
];

fn power(word: &str) -> Heard {
    (Leaf::Power, Quality::Valid, Value::Text(word.into()))
}

/// The drive, before it begins.
fn parked(look: Look, word: &str) -> Drawing {
    let mut drawing = Drawing::new(look);
    let rest = [
        (Leaf::Speed, Quality::Valid, Value::Float(0.0)),
        (Leaf::Gear, Quality::Valid, Value::Int(126)),
        (Leaf::MotorPower, Quality::Valid, Value::Int(0)),
        (Leaf::LowBeam, Quality::Valid, Value::Bool(false)),
        (Leaf::PositionLights, Quality::Valid, Value::Bool(false)),
        power(word),
    ];
    drawing.hear(drive().into_iter().chain(rest));
    drawing
}

#[test]
fn switching_on_lights_every_lamp_in_its_place_until_three_seconds_have_passed() {
    let mut drawing = parked(Look::NIGHT, "OFF");
    let off = drawing.picture("off");
    assert!(LAMPS.iter().all(|(area, _)| off.count(*area, is_lit) == 0));
    drawing.hear([power("ON")]);
    let begun = Nanoseconds::from_millis(60_040);
    assert_eq!(drawing.wakes_at(), Some(begun + tandem_telltales::CHECK));
    let checked = drawing.picture("check");
    for (number, (area, colour)) in LAMPS.into_iter().enumerate() {
        assert!(checked.count(area, |pixel| pixel == colour) > 150, "lamp {number}");
    }
    // 149 batches later it still stands, and the next one ends it.
    for _ in 0..149 {
        drawing.hear([]);
    }
    assert!(drawing.picture("check") == checked);
    drawing.hear([]);
    assert_eq!(drawing.wakes_at(), None);
    let after = drawing.picture("check-after");
    assert!(LAMPS.iter().all(|(area, _)| after.count(*area, is_lit) == 0));
}

#[test]
fn a_fault_is_said_in_the_check_and_stays_after_it() {
    let mut drawing = parked(Look::GERMAN, "OFF");
    drawing.hear([power("ON"), (Leaf::AbsError, Quality::Valid, Value::Bool(true))]);
    let checked = drawing.picture("check-de");
    assert!(checked.count((0, 96, 1920, 48), |pixel| pixel == AMBER) > 300, "the sentence");
    for _ in 0..150 {
        drawing.hear([]);
    }
    let after = drawing.picture("check-fault");
    for (number, (area, _)) in LAMPS.into_iter().enumerate() {
        assert_eq!(after.count(area, is_lit) > 0, number == 3, "lamp {number}");
    }
}

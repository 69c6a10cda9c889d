//! The check of all lamps when the car is switched on, and the cluster's own look at what it drew.

use tandem_cluster::{Cluster, Leaf};
use tandem_kit::headless::{Pace, untold};
use tandem_kit::{Desk, DisplayPixel, Face, Link};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::drawing::{Area, Drawing, Heard, Look, Pixel, drive};
use crate::pictures::{AMBER, BLUE, GREEN, RED, cell, is_lit};
use crate::words::words;

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

const GROUND: DisplayPixel = DisplayPixel::new(0x0D, 0x11, 0x15);

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
    assert!(drawing.pixels() == checked);
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

fn pixel([r, g, b]: [u8; 3]) -> DisplayPixel {
    DisplayPixel::new(r, g, b)
}

/// Changes the pixels of an area.
fn paint((left, top, width, height): Area, pixels: &mut [DisplayPixel], paint: impl Fn(DisplayPixel) -> DisplayPixel) {
    for row in pixels.chunks_exact_mut(1920).skip(top).take(height) {
        for pixel in &mut row[left..left + width] {
            *pixel = paint(*pixel);
        }
    }
}

/// Parked, with the ABS lamp lit and the others dark.
fn faulty(look: Look) -> Drawing {
    let mut drawing = parked(look, "OFF");
    drawing.hear([power("ON"), (Leaf::AbsError, Quality::Valid, Value::Bool(true))]);
    for _ in 0..150 {
        drawing.hear([]);
    }
    drawing
}

type Spoil = Box<dyn Fn(&mut [DisplayPixel]) + Send>;

#[test]
fn a_lamp_that_is_drawn_otherwise_than_commanded_is_found_in_the_very_frame() {
    let spoils: [(&str, Spoil); 7] = [
        ("not lit", Box::new(|it| paint(cell(3), it, |_| GROUND))),
        ("half covered", Box::new(|it| paint((264, 24, 28, 56), it, |_| GROUND))),
        ("covered in its own colour", Box::new(|it| paint((280, 24, 20, 56), it, |_| pixel(AMBER)))),
        ("red", Box::new(|it| paint(cell(3), it, |pixel| DisplayPixel::new(pixel.r, pixel.g / 2, pixel.r / 3)))),
        ("faded", Box::new(|it| paint(cell(3), it, |it| DisplayPixel::new(it.r / 2, it.g / 2, it.b / 2)))),
        ("lit for nothing", Box::new(|it| paint((74, 40, 6, 6), it, |_| pixel(RED)))),
        ("a line over a dark flasher", Box::new(|it| paint((690, 40, 40, 2), it, |_| DisplayPixel::new(96, 96, 96)))),
    ];
    for (name, spoil) in spoils {
        let found = std::thread::spawn(move || {
            let drawing = faulty(Look::NIGHT);
            drawing.pixels();
            drawing.look(spoil)
        });
        assert!(found.join().unwrap(), "{name}");
    }
}

#[test]
fn a_lamp_that_was_drawn_wrong_once_is_said_until_the_car_is_switched_on_anew() {
    let sentence = "The warning lamps cannot be relied on".to_owned();
    let mut drawing = faulty(Look::NIGHT);
    drawing.pixels();
    assert!(drawing.look(|it| paint(cell(3), it, |_| GROUND)));
    drawing.hear([]);
    let told = drawing.picture("misdrawn");
    assert!(told.count(cell(7), |pixel| pixel == RED) > 150 && words(&drawing).contains(&sentence));
    // A danger of the car comes first; the lamp stays.
    drawing.hear([(Leaf::Speed, Quality::Valid, Value::Float(50.0)), (Leaf::Boot, Quality::Valid, Value::Bool(true))]);
    assert!(words(&drawing).contains(&"The boot is open".to_owned()));
    assert!(drawing.picture("misdrawn-danger").count(cell(7), |pixel| pixel == RED) > 150);
    drawing.hear([(Leaf::Speed, Quality::Valid, Value::Float(0.0)), power("OFF")]);
    drawing.hear([power("ON")]);
    assert!(!words(&drawing).contains(&sentence));
}

#[test]
fn lamps_are_found_right_by_day_and_in_high_contrast_too() {
    for contrast in [false, true] {
        let look = Look(tandem_kit::Look { contrast, ..Look::DAY.0 });
        let drawn = std::thread::spawn(move || {
            let mut drawing = parked(look, "OFF");
            drawing.hear([power("ON")]);
            drawing.pixels();
            // Four of which nobody knows, and the instruments' own.
            drawing.link(Link::Silent);
            drawing.picture(if contrast { "silent-contrast" } else { "silent-day" })
        });
        assert!(drawn.join().unwrap().count(cell(7), |pixel| pixel == RED) > 150);
    }
}

#[test]
fn lamps_are_found_right_on_a_display_of_any_density() {
    for density in [0.75, 1.0, 1.25, 1.5, 2.0, 3.0] {
        let found = std::thread::spawn(move || {
            let mut drawing = Drawing::of_density(density, Pace::OnDemand, Look::NIGHT);
            drawing.hear(drive().into_iter().chain([(Leaf::Speed, Quality::Valid, Value::Float(0.0))]));
            drawing.screen.turn();
            assert!(!drawing.look(|_| ()), "{density}");
            drawing.link(Link::Silent);
            drawing.screen.turn();
            assert!(!drawing.look(|_| ()), "{density}, unknown");
            drawing.look(|pixels| pixels.fill(GROUND))
        });
        assert!(found.join().unwrap(), "{density}");
    }
}

#[test]
fn a_screen_of_any_size_is_drawn_and_none_is_a_panic() {
    tandem_likeness::any_size(|size| untold(size, |window| Cluster::new(window, Desk::unattended())).unwrap());
}

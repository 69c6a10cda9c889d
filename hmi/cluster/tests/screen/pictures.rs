//! What can be checked of a picture without knowing how a font draws.

use tandem_cluster::Leaf;
use tandem_kit::Link;
use tandem_kit::headless::Pace;
use tandem_units::{Nanoseconds, Quality, Value};

use crate::drawing::{Area, Drawing, Look, Picture, Pixel, drive};

const SCREEN: Area = (0, 0, 1920, 720);
const LANE: Area = (0, 0, 1920, 80);
const LINE: Area = (0, 96, 1920, 48);
const SPEED: Area = (740, 192, 440, 192);

pub const RED: Pixel = [0xFF, 0x5A, 0x52];
pub const AMBER: Pixel = [0xFF, 0xB8, 0x3D];
pub const GREEN: Pixel = [0x3D, 0xDC, 0x84];
pub const BLUE: Pixel = [0x5B, 0x9B, 0xFF];
const INK: Pixel = [0xEE, 0xF1, 0xF3];
const INK_3: Pixel = [0x84, 0x90, 0x9C];
const TRACK: Pixel = [0x2C, 0x31, 0x36];
const GLACIER: Pixel = [0x6F, 0xD3, 0xE3];

/// The cell of a lamp: the left eight count from the left, the right eight go on.
pub const fn cell(index: usize) -> Area {
    (if index < 8 { 48 + 72 * index } else { 1312 + 72 * (index - 8) }, 24, 56, 56)
}

pub fn is_lit(pixel: Pixel) -> bool {
    pixel.iter().any(|channel| *channel > 0x40)
}

/// The drive, drawn on a thread of its own: a thread has one screen.
fn draw(look: Look, name: &'static str) -> Picture {
    let drawing = std::thread::spawn(move || {
        let mut drawing = Drawing::new(look);
        drawing.hear(drive());
        drawing.picture(name)
    });
    drawing.join().unwrap()
}

#[test]
fn a_drive_shows_its_lights_and_no_fault() {
    let picture = draw(Look::NIGHT, "valid");
    for lit in [14, 15] {
        assert!(picture.count(cell(lit), |pixel| pixel == GREEN) > 200, "lamp {lit}");
    }
    let dark = (0..16).filter(|index| ![14, 15].contains(index));
    for index in dark {
        assert_eq!(picture.count(cell(index), is_lit), 0, "lamp {index}");
    }
    assert_eq!(picture.count(LINE, is_lit), 0);
    assert!(picture.count(SPEED, |pixel| pixel == INK) > 5_000);
    // The unit stands free between the speed and the horizon.
    let unit = picture.rows((880, 380, 160, 66), is_lit);
    assert!(unit.first() >= Some(&392) && unit.last() <= Some(&430), "{unit:?}");
    // 18 of 160 kW on a square-root scale: to the right of the apex, a third of the half.
    assert!(picture.count((960, 448, 250, 40), |pixel| pixel == GLACIER) > 2_000);
    assert_eq!(picture.count((240, 448, 710, 110), |pixel| pixel == GLACIER), 0);
    assert_eq!(picture.count((1230, 448, 450, 110), |pixel| pixel == GLACIER), 0);
}

#[test]
fn the_palette_keeps_clear_of_black_and_of_white_by_night() {
    let night = draw(Look::NIGHT, "valid");
    assert_eq!(night.count(SCREEN, |pixel| pixel == [0, 0, 0] || pixel == [255, 255, 255]), 0);
    let day = draw(Look::DAY, "day");
    assert_eq!(day.count(SCREEN, |pixel| pixel == [0, 0, 0]), 0);
    assert!(day.count(SPEED, |pixel| pixel == [255, 255, 255]) > 5_000);
    // Dark always: the ground is the same kind of dark, and the lamps keep their hue.
    assert!(day.count(SCREEN, |pixel| pixel.iter().all(|channel| *channel < 0x28)) > 1_200_000);
    assert!(day.count(cell(15), |pixel| pixel == GREEN) > 200);
}

#[test]
fn every_lamp_has_its_place_and_its_colour() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let on = [
        Leaf::ParkingBrake,
        Leaf::AbsError,
        Leaf::EscError,
        Leaf::DriverDoor,
        Leaf::LowBeam,
        Leaf::HighBeam,
        Leaf::PositionLights,
        Leaf::FrontFog,
        Leaf::RearFog,
        Leaf::Hazard,
    ];
    drawing.hear(on.map(|leaf| (leaf, Quality::Valid, Value::Bool(true))));
    drawing.hear([
        (Leaf::Belt, Quality::Valid, Value::Bool(false)),
        (Leaf::FrontLeftTyre, Quality::Valid, Value::Int(150)),
        (Leaf::Charge, Quality::Valid, Value::Float(7.0)),
        (Leaf::Speed, Quality::Valid, Value::Float(130.0)),
        (Leaf::MotorPower, Quality::Valid, Value::Int(-35)),
        (Leaf::Gear, Quality::Valid, Value::Int(126)),
    ]);
    let picture = drawing.picture("lamps");
    let colours = [
        (0, RED),
        (1, RED),
        (2, RED),
        (3, AMBER),
        (4, AMBER),
        (5, AMBER),
        (6, AMBER),
        (11, AMBER),
        (12, GREEN),
        (13, BLUE),
        (14, GREEN),
        (15, GREEN),
    ];
    for (index, colour) in colours {
        assert!(picture.count(cell(index), |pixel| pixel == colour) > 150, "lamp {index}");
        let others = [RED, AMBER, GREEN, BLUE].into_iter().filter(|other| *other != colour);
        for other in others {
            assert_eq!(picture.count(cell(index), |pixel| pixel == other), 0, "lamp {index}");
        }
    }
    for flasher in [(672, 20, 64, 64), (1184, 20, 64, 64)] {
        assert!(picture.count(flasher, |pixel| pixel == GREEN) > 1_000);
    }
    assert!(picture.count(LINE, |pixel| pixel == RED) > 300, "the sentence is in red");
    // Coming back: to the left of the apex.
    assert!(picture.count((600, 448, 350, 40), |pixel| pixel == GLACIER) > 2_000);
    assert_eq!(picture.count((970, 448, 710, 110), |pixel| pixel == GLACIER), 0);
}

#[test]
fn the_flashers_blink_by_the_links_time_alone() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    drawing.hear([(Leaf::LeftIndicator, Quality::Valid, Value::Bool(true))]);
    let start = Nanoseconds::from_millis(60_040);
    assert_eq!(drawing.wakes_at(), Some(start + tandem_telltales::HALF_FLASH));
    let arrow = (672, 20, 64, 64);
    for batch in 1..=51 {
        let lit = drawing.pixels().count(arrow, |pixel| pixel == GREEN) > 1_000;
        assert_eq!(lit, (batch - 1) / 17 % 2 == 0, "batch {batch}");
        drawing.hear([]);
    }
}

#[test]
fn what_is_stale_is_dimmed_and_marked() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value)));
    let picture = drawing.picture("stale");
    assert_eq!(picture.count(SCREEN, |pixel| pixel == INK || pixel == GLACIER || pixel == GREEN), 0);
    assert!(picture.count(SPEED, |pixel| pixel == INK_3) > 5_000);
    // The ring after the number.
    assert!(picture.count((1084, 360, 24, 20), is_lit) > 10);
    // Four lamps of which nobody knows, each over its dash; a lamp that was lit is no longer.
    for index in [0, 1, 3, 4] {
        assert!(picture.count(cell(index), |pixel| pixel == INK_3) > 150, "lamp {index}");
    }
    for index in [2, 5, 6, 14, 15] {
        assert_eq!(picture.count(cell(index), is_lit), 0, "lamp {index}");
    }
    assert!(picture.count(LINE, |pixel| pixel == RED) > 300);
}

#[test]
fn a_silent_service_leaves_dashes_and_no_number() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    drawing.picture("valid");
    drawing.link(Link::Silent);
    let picture = drawing.picture("absent");
    assert_eq!(picture.count(SCREEN, |pixel| pixel == INK || pixel == GLACIER), 0);
    // A dash is one run of full rows.
    let rows = picture.rows(SPEED, is_lit);
    assert!((8..=14).contains(&rows.len()), "{rows:?}");
    assert_eq!(rows.last().unwrap() - rows[0] + 1, rows.len());
    assert!(picture.count(LINE, |pixel| pixel == RED) > 300);
    assert_eq!(picture.count(LANE, |pixel| pixel == GREEN), 0);
    assert!(picture.count(cell(7), |pixel| pixel == RED) > 150, "the fault lamp");
    // The horizon alone is left of the gauge: its apex and its ends.
    assert_eq!(picture.rows((960, 440, 1, 60), |pixel| pixel == TRACK), [453, 454, 455, 456, 457, 458]);
    for end in [240, 1679] {
        assert!(picture.rows((end, 500, 1, 80), |pixel| pixel == TRACK).contains(&552));
    }
}

#[test]
fn digits_stand_in_cells_of_equal_width() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let mut last_digit = |speed: f64| {
        drawing.hear([(Leaf::Speed, Quality::Valid, Value::Float(speed))]);
        let picture = drawing.picture(&format!("digits-{speed:.0}"));
        // Three cells of 128 about the middle: the last one begins at 1024.
        picture.pixels((1024, 192, 128, 192)).collect::<Vec<_>>()
    };
    let two = last_digit(112.0);
    assert!(two == last_digit(172.0) && two == last_digit(142.0));
    assert!(two != last_digit(113.0));
}

#[test]
fn a_number_stands_in_the_same_cells_in_german_with_a_comma() {
    let (english, german) = (draw(Look::NIGHT, "valid"), draw(Look::GERMAN, "de"));
    let pixels = |picture: &Picture, area: Area| picture.pixels(area).collect::<Vec<_>>();
    // 9.0 °C: both digits and the unit stand where they stood, the point is another.
    for same in [(192, 640, 18, 40), (221, 640, 80, 40)] {
        assert!(english.count(same, is_lit) > 50 && pixels(&english, same) == pixels(&german, same), "{same:?}");
    }
    assert!(pixels(&english, (192, 640, 60, 40)) != pixels(&german, (192, 640, 60, 40)));
}

#[test]
fn the_same_readings_give_the_same_pixels_whatever_came_before() {
    let direct = draw(Look::NIGHT, "valid");
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.link(Link::NoService);
    drawing.pixels();
    drawing.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value)));
    drawing.pixels();
    drawing.hear(drive());
    assert!(direct == drawing.pixels());
}

#[test]
fn painting_what_changed_comes_to_the_same_picture() {
    let direct = draw(Look::NIGHT, "valid");
    let mut live = Drawing::at(Pace::Live, Look::NIGHT);
    live.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value)));
    live.screen.turn();
    for step in 0..40 {
        live.hear([
            (Leaf::Speed, Quality::Valid, Value::Float(f64::from(step * 4))),
            (Leaf::MotorPower, Quality::Valid, Value::Int(i64::from(step * 11 % 320 - 160))),
            (Leaf::Gear, Quality::Valid, Value::Int(i64::from(step % 2))),
        ]);
        assert!(live.screen.turn());
    }
    live.hear(drive());
    assert!(direct == live.picture("live"));
}

#[test]
fn a_still_screen_draws_nothing() {
    let mut drawing = Drawing::at(Pace::Live, Look::NIGHT);
    drawing.hear(drive());
    assert!(drawing.screen.turn());
    let drawn = drawing.screen.frames().drawn;
    for _ in 0..50 {
        drawing.hear([]);
        assert!(!drawing.screen.turn());
        drawing.hear(drive());
        assert!(!drawing.screen.turn());
    }
    assert_eq!(drawing.screen.frames().drawn, drawn);
    drawing.hear([(Leaf::Speed, Quality::Valid, Value::Float(73.0))]);
    assert!(drawing.screen.turn());
    assert_eq!(drawing.screen.frames().drawn, drawn + 1);
}

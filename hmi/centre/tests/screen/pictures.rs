//! Pictures of the page in each of its states. They are left in the target directory's `tmp`, for a person to look at.

use crate::stage::{Stage, instant, openings};
use tandem_centre::Leaf;
use tandem_kit::{Language, Link, RequestState, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

fn full(theme: Theme, language: Language) -> Stage {
    let mut stage = Stage::open(theme, language);
    stage.hear(60, Quality::Valid, &instant());
    stage.offer();
    stage
}

/// Pixels inside a rectangle that differ between two pictures.
fn differing(one: &[u8], other: &[u8], (x, y, width, height): (usize, usize, usize, usize)) -> usize {
    let row = |y: usize| (y * 1920 + x) * 3..(y * 1920 + x + width) * 3;
    (y..y + height)
        .flat_map(|y| one[row(y)].chunks_exact(3).zip(other[row(y)].chunks_exact(3)))
        .filter(|(one, other)| one != other)
        .count()
}

const STAGE: (usize, usize, usize, usize) = (656, 72, 1232, 864);
const CARDS: (usize, usize, usize, usize) = (32, 72, 608, 864);
const DRIVER: (usize, usize, usize, usize) = (112, 960, 136, 112);
const SCREEN: (usize, usize, usize, usize) = (0, 0, 1920, 1080);

#[test]
fn day_and_night_differ_everywhere_and_languages_in_the_words() {
    let mut stage = full(Theme::Night, Language::English);
    let night = stage.picture("night");
    stage.set_look(Theme::Night, Language::Chinese);
    let chinese = stage.picture("night-zh");
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("day-zh");
    stage.set_look(Theme::Day, Language::English);
    let day = stage.picture("day");
    assert!(differing(&night, &day, SCREEN) > 2_000_000);
    assert!((2_000..100_000).contains(&differing(&night, &chinese, SCREEN)));
    stage.set_look(Theme::Night, Language::English);
    assert_eq!(stage.pixels(), night, "back and forth leaves no trace");
}

#[test]
fn the_same_readings_give_the_same_pixels() {
    let [one, other] = [(); 2].map(|()| std::thread::spawn(|| full(Theme::Night, Language::English).pixels()));
    assert_eq!(one.join().unwrap(), other.join().unwrap());
}

#[test]
fn old_readings_are_dimmed_and_dated() {
    let mut stage = full(Theme::Night, Language::English);
    let fresh = stage.pixels();
    stage.hear_at(64, Nanoseconds::from_millis(60_000), Quality::Stale, &instant());
    let stale = stage.picture("stale");
    let brightest = |picture: &[u8]| {
        picture[(72 * 1920) * 3..]
            .chunks_exact(1920 * 3)
            .take(864)
            .map(|row| row[32 * 3..640 * 3].iter().copied().max().unwrap_or_default())
            .max()
            .unwrap()
    };
    assert!(brightest(&fresh) > 0xE0 && brightest(&stale) < 0xC0);
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("stale-day-zh");
}

#[test]
fn a_silent_service_takes_every_number_away() {
    let mut stage = full(Theme::Night, Language::English);
    let fresh = stage.pixels();
    let mut silent = tandem_kit::Readings::new(<tandem_centre::Centre as tandem_kit::Face>::paths());
    std::mem::swap(&mut stage.readings, &mut silent);
    stage.tell(&Update::Link(Link::Silent));
    let absent = stage.picture("absent");
    assert!(differing(&fresh, &absent, CARDS) > 10_000 && differing(&fresh, &absent, DRIVER) > 500);
    stage.set_look(Theme::Day, Language::English);
    stage.picture("absent-day");
}

#[test]
fn every_door_and_lid_shows_on_the_car() {
    let mut stage = full(Theme::Night, Language::English);
    let shut = stage.pixels();
    for leaf in openings() {
        stage.hear(61, Quality::Valid, &[(leaf, Value::Bool(true))]);
        assert!(differing(&shut, &stage.pixels(), STAGE) > 2_000, "{leaf:?}");
        stage.hear(62, Quality::Valid, &[(leaf, Value::Bool(false))]);
        assert_eq!(stage.pixels(), shut, "{leaf:?} shut again");
    }
    let open = openings().map(|leaf| (leaf, Value::Bool(true)));
    stage.hear(63, Quality::Valid, &open);
    stage.hear(63, Quality::Valid, &[(Leaf::HighBeam, Value::Bool(true)), (Leaf::FrontLeftTyre, Value::Int(198))]);
    let night = stage.picture("open");
    assert!(differing(&shut, &night, STAGE) > 100_000);
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("open-day-zh");
}

#[test]
fn a_wish_stands_beside_the_number_that_does_not_move() {
    let mut stage = full(Theme::Day, Language::English);
    let before = stage.pixels();
    let warmer = stage.control(i_slint_backend_testing::AccessibleRole::Button, "Driver warmer");
    stage.tap(&warmer);
    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Pending);
    let pending = stage.picture("pending-day");
    assert_eq!(differing(&before, &pending, DRIVER), 0);
    assert!(differing(&before, &pending, (340, 960, 240, 112)) > 300);
    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Lapsed);
    stage.picture("lapsed-day");
    stage.set_look(Theme::Night, Language::Chinese);
    stage.picture("lapsed-zh");
}

#[test]
fn the_vehicle_page_with_and_without_something_open() {
    let mut stage = full(Theme::Night, Language::English);
    stage.open_page("Vehicle");
    stage.picture("vehicle-night");
    let open = openings().map(|leaf| (leaf, Value::Bool(true)));
    stage.hear(63, Quality::Valid, &open);
    stage.hear(63, Quality::Valid, &[(Leaf::RearLeftTyre, Value::Int(198))]);
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("vehicle-open-day-zh");
}

#[test]
fn the_energy_page_before_half_an_hour_is_over() {
    let stage = full(Theme::Night, Language::English);
    stage.open_page("Energy");
    stage.picture("energy-begun");
}

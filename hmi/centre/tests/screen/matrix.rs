//! Every page in every light and language, and what it shows of readings that are valid, old and gone.

use tandem_centre::{Centre, Leaf};
use tandem_kit::{Face, Language, Link, Readings, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::stage::{Stage, instant, openings};
use crate::walk::{full, walk};

const LOOKS: [(Theme, Language, &str); 4] = [
    (Theme::Night, Language::English, "night-en"),
    (Theme::Night, Language::Chinese, "night-zh"),
    (Theme::Day, Language::English, "day-en"),
    (Theme::Day, Language::Chinese, "day-zh"),
];
/// The pages of the car's readings, from the left of the dock.
const PAGES: [&str; 4] = ["home", "vehicle", "climate", "energy"];

/// Half an hour of driving, and a door that is not shut.
fn driven() -> Stage {
    let mut stage = Stage::full();
    for second in 61..1_900 {
        let angle = second as f64 / 97.0;
        let power = -14_000.0 - 9_000.0 * angle.sin() - 12_000.0 * (angle * 3.7).sin();
        let heard = [(Leaf::BatteryPower, Value::Float(power)), (Leaf::Speed, Value::Float(72.0))];
        stage.hear(second, Quality::Valid, &heard);
    }
    let [door, ..] = openings();
    stage.hear(1_900, Quality::Valid, &with(door));
    stage
}

fn with(open: Leaf) -> Vec<(Leaf, Value)> {
    let mut all = instant();
    all.retain(|(leaf, _)| *leaf != open);
    all.push((open, Value::Bool(true)));
    all
}

fn hold(stage: &mut Stage, state: &str) {
    for (theme, language, look) in LOOKS {
        stage.set_look(theme, language);
        let pages = stage.pages();
        for (page, name) in pages.iter().zip(PAGES) {
            stage.tap(page);
            stage.picture(&format!("{name}-{state}-{look}"));
        }
    }
}

#[test]
fn readings_that_are_valid() {
    hold(&mut driven(), "valid");
}

#[test]
fn readings_that_are_old() {
    let mut stage = driven();
    let [door, ..] = openings();
    stage.hear_at(1_964, Nanoseconds::from_millis(1_900_000), Quality::Stale, &with(door));
    hold(&mut stage, "stale");
}

#[test]
fn readings_that_are_gone() {
    let mut stage = driven();
    stage.readings = Readings::new(Centre::paths());
    stage.tell(&Update::Link(Link::Silent));
    hold(&mut stage, "absent");
}

#[test]
fn pages_of_other_services_in_every_light_and_language() {
    let mut full = full(Language::English);
    full.0.offer();
    let mut pages = 0;
    for (theme, language, look) in LOOKS {
        full.0.set_look(theme, language);
        let mut number = 0;
        walk(&mut full, |stage, _| {
            number += 1;
            // Those of the car's readings are held elsewhere.
            if number > PAGES.len() {
                pages += 1;
                stage.picture(&format!("full-{number:02}-{look}"));
            }
        });
    }
    assert_eq!(pages, 4 * 12);
}

//! Both layouts in every light and language, with readings that are valid, old and gone.

use tandem_kit::{Language, Link, Theme};
use tandem_units::Quality;

use crate::drawing::{Drawing, Look, drive};
use crate::guidance::{cafe, guidance, sessions};

const LOOKS: [(Theme, Language, &str); 4] = [
    (Theme::Night, Language::English, "night-en"),
    (Theme::Night, Language::Chinese, "night-zh"),
    (Theme::Day, Language::English, "day-en"),
    (Theme::Day, Language::Chinese, "day-zh"),
];

fn hold(state: &'static str, hear: fn(&mut Drawing)) {
    for (theme, language, look) in LOOKS {
        for layout in ["calm", "guidance"] {
            let drawn = std::thread::spawn(move || {
                let mut drawing = Drawing::new(Look(tandem_kit::Look { theme, language, ..tandem_kit::Look::STILL }));
                if layout == "guidance" {
                    drawing.tell(&guidance());
                    drawing.tell(&sessions(&[cafe("held")]));
                }
                hear(&mut drawing);
                drawing.picture(&format!("{layout}-{state}-{look}"));
            });
            drawn.join().unwrap();
        }
    }
}

#[test]
fn readings_that_are_valid() {
    hold("valid", |drawing| drawing.hear(drive()));
}

#[test]
fn readings_that_are_old() {
    hold("stale", |drawing| drawing.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value))));
}

#[test]
fn readings_that_are_gone() {
    hold("absent", |drawing| {
        drawing.hear(drive());
        drawing.link(Link::Silent);
    });
}

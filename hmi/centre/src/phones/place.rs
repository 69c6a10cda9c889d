//! Where somebody wants to go, as a card shows it.

use super::session::Watched;
use crate::PlaceSession;
use crate::media::rows;

/// The arrow, north up, about its own middle: its point, its right, its notch, its left.
const ARROW: [(f64, f64); 4] = [(0.0, -40.0), (27.0, 32.0), (0.0, 18.0), (-27.0, 32.0)];
/// The middle of the box that it is drawn in.
const MIDDLE: f64 = 60.0;
const METERS_IN_KILOMETER: f64 = 1_000.0;

/// A distance as the crow flies: whole tens of metres below a kilometre, else kilometres with one decimal below 100; whether it is in kilometres.
fn distance(meters: f64) -> (String, bool) {
    let tens = (meters.max(0.0) / 10.0).round() * 10.0;
    if tens < METERS_IN_KILOMETER {
        return (format!("{tens:.0}"), false);
    }
    let kilometers = meters / METERS_IN_KILOMETER;
    (if kilometers < 99.95 { format!("{kilometers:.1}") } else { format!("{kilometers:.0}") }, true)
}

/// The eighth of a turn that a bearing is in: 0 is north, 2 is east.
fn direction(bearing: f64) -> i32 {
    (bearing.rem_euclid(360.0) / 45.0).round() as i32 % 8
}

/// The arrow turned to a bearing, as commands of a path.
fn needle(bearing: f64) -> String {
    let (sin, cos) = bearing.to_radians().sin_cos();
    let mut commands = String::new();
    for (x, y) in ARROW {
        let (x, y) = (MIDDLE + x * cos - y * sin, MIDDLE + x * sin + y * cos);
        commands.push_str(&format!("{} {x:.1} {y:.1} ", if commands.is_empty() { "M" } else { "L" }));
    }
    commands + "Z"
}

/// What the card of a destination shows.
pub(super) fn place(watched: &Watched) -> PlaceSession {
    let Some(session) = watched.session() else { return PlaceSession::default() };
    let place = &session.destination;
    let is_sought = place.target != "point";
    let (text, in_kilometers) = distance(place.distance_m);
    PlaceSession {
        present: true,
        label: rows::words(if place.label.is_empty() { &place.text } else { &place.label }),
        phone: rows::words(&session.phone_name),
        sought: is_sought,
        located: place.is_located && !is_sought,
        distance: text.into(),
        in_kilometers,
        direction: direction(place.bearing),
        needle: needle(place.bearing).into(),
        stage: watched.stage(),
        why: watched.why(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_as_fine_as_anybody_needs_them() {
        let written = [0.0, 4.0, 847.0, 994.9, 995.1, 3_240.0, 99_960.0, 412_345.0].map(distance);
        let expected = [
            ("0", false),
            ("0", false),
            ("850", false),
            ("990", false),
            ("1.0", true),
            ("3.2", true),
            ("100", true),
            ("412", true),
        ];
        assert_eq!(written, expected.map(|(text, kilometers)| (text.to_owned(), kilometers)));
    }

    #[test]
    fn a_bearing_has_a_word_and_an_arrow() {
        assert_eq!([0.0, 22.4, 22.6, 90.0, 337.4, 337.6, 359.9].map(direction), [0, 0, 1, 2, 7, 0, 0]);
        assert!(needle(0.0).starts_with("M 60.0 20.0 L 87.0 92.0"), "{}", needle(0.0));
        assert!(needle(90.0).starts_with("M 100.0 60.0 L 28.0 87.0"), "{}", needle(90.0));
    }
}

//! Where somebody wants to go, as a card shows it.

use tandem_kit::Units;
use tandem_units::Meters;

use super::session::Watched;
use crate::PlaceSession;
use crate::media::rows;

/// The arrow, north up, about its own middle: its point, its right, its notch, its left.
const ARROW: [(f64, f64); 4] = [(0.0, -40.0), (27.0, 32.0), (0.0, 18.0), (-27.0, 32.0)];
/// The middle of the box that it is drawn in.
const MIDDLE: f64 = 60.0;

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
pub(super) fn place(watched: &Watched, units: Units) -> PlaceSession {
    let Some(session) = watched.session() else { return PlaceSession::default() };
    let place = &session.destination;
    let is_sought = place.target != "point";
    let (text, unit) = units.away(Meters(place.distance_m));
    PlaceSession {
        present: true,
        label: rows::words(if place.label.is_empty() { &place.text } else { &place.label }),
        phone: rows::words(&session.phone_name),
        sought: is_sought,
        located: place.is_located && !is_sought,
        distance: text.into(),
        distance_unit: unit.into(),
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
    fn a_bearing_has_a_word_and_an_arrow() {
        assert_eq!([0.0, 22.4, 22.6, 90.0, 337.4, 337.6, 359.9].map(direction), [0, 0, 1, 2, 7, 0, 0]);
        assert!(needle(0.0).starts_with("M 60.0 20.0 L 87.0 92.0"), "{}", needle(0.0));
        assert!(needle(90.0).starts_with("M 100.0 60.0 L 28.0 87.0"), "{}", needle(90.0));
    }
}

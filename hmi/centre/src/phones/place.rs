//! Where somebody wants to go, as a card shows it.

use tandem_kit::{Units, needle};
use tandem_units::Meters;

use super::session::Watched;
use crate::PlaceSession;
use crate::media::rows;

/// The side of the arrow's box, pixels.
const ARROW: f64 = 120.0;

/// The eighth of a turn that a bearing is in: 0 is north, 2 is east.
fn direction(bearing: f64) -> i32 {
    (bearing.rem_euclid(360.0) / 45.0).round() as i32 % 8
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
        needle: needle(ARROW, place.bearing).into(),
        stage: watched.stage(),
        why: watched.why(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearing_has_a_word() {
        assert_eq!([0.0, 22.4, 22.6, 90.0, 337.4, 337.6, 359.9].map(direction), [0, 0, 1, 2, 7, 0, 0]);
    }
}

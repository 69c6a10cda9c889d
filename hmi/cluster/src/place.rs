//! The car's destination: its name, how far it is as the crow flies, and which way from where the car points.

use slint::Image;
use tandem_kit::phone::Session;
use tandem_kit::{Link, PhoneNews, Readings, needle};
use tandem_units::Meters;

use crate::generated::{Quality, Shown};
use crate::tile::words;
use crate::{Leaf, PlaceAdapter};

/// The box that the arrow is made in, and the edge of it that stays empty whichever way it points.
const SIDE: f64 = 120.0;
const EMPTY: f64 = 14.0;
/// Directions that are drawn: finer ones would only tremble.
const DIRECTIONS: f64 = 16.0;
/// Half the way round the earth, metres: nothing is further.
const FURTHEST: f64 = 20_100_000.0;

/// What the phone service says of it, and the arrow that is drawn.
#[derive(Default)]
pub(crate) struct Place {
    session: Option<Session>,
    drawn: Option<i32>,
}

impl Place {
    pub fn hear(&mut self, news: &PhoneNews) {
        if let PhoneNews::Sessions(sessions) = news {
            // What a phone merely offers guides nobody yet.
            let is_held = |session: &&Session| session.kind == "destination" && session.stage == "held";
            self.session = sessions.as_deref().unwrap_or_default().iter().find(is_held).cloned();
        }
    }

    pub fn show(&mut self, adapter: &PlaceAdapter<'_>, readings: &Readings) {
        adapter.set_present(self.session.is_some());
        let Some(place) = self.session.as_ref().map(|session| &session.destination) else { return };
        adapter.set_name(words(if place.label.is_empty() { &place.text } else { &place.label }));
        // A car that says nothing says nothing of where it is either.
        let is_located = place.is_located
            && *readings.link() == Link::Up
            && place.target == "point"
            && (0.0..=FURTHEST).contains(&place.distance_m)
            && place.bearing.is_finite();
        adapter.set_located(is_located);
        let (text, unit) = readings.units().away(Meters(if is_located { place.distance_m } else { 0.0 }));
        adapter.set_away(Shown { text: text.into(), quality: Quality::Valid, age: Default::default() });
        adapter.set_unit(unit.into());
        // Where a car points that does not say so is not known: no arrow is better than a wrong one.
        let heading = readings.get(Leaf::Heading).valid_number().filter(|_| is_located);
        let direction = heading.map(|heading| direction(place.bearing - heading));
        adapter.set_has_arrow(direction.is_some());
        if let Some(direction) = direction.filter(|direction| self.drawn != Some(*direction))
            && let Some(image) = arrow(direction)
        {
            adapter.set_arrow(image);
            self.drawn = Some(direction);
        }
    }
}

/// The sixteenth of a turn that an angle is in: 0 is ahead, 4 is to the right.
fn direction(degrees: f64) -> i32 {
    (degrees.rem_euclid(360.0) / 360.0 * DIRECTIONS).round() as i32 % DIRECTIONS as i32
}

/// A picture and no path: the software renderer draws a path beyond what is to be painted anew, and its edges over themselves.
fn arrow(direction: i32) -> Option<Image> {
    let path = needle(SIDE, f64::from(direction) * 360.0 / DIRECTIONS);
    let filled = SIDE - 2.0 * EMPTY;
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="{EMPTY} {EMPTY} {filled} {filled}"><path d="{path}" fill="white" stroke="white" stroke-width="6" stroke-linejoin="round"/></svg>"#
    );
    Image::load_from_svg_data(svg.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_has_one_of_sixteen_directions() {
        let angles = [0.0, 11.2, 11.3, 90.0, 180.0, -90.0, 348.7, 348.8, -0.1, 720.0].map(direction);
        assert_eq!(angles, [0, 0, 1, 4, 8, 12, 15, 0, 0, 0]);
        assert!((0..16).all(|direction| arrow(direction).is_some()));
    }
}

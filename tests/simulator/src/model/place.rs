//! Where the car is and where it heads, and what a satellite receiver makes of that.

use super::STEP_SECONDS;
use crate::random::{Random, Wander};
use crate::scenario::Start;

const EARTH_RADIUS: f64 = 6_371_000.0;
/// How far the receiver is off, m, and over how many seconds that changes.
const ERROR: (f64, f64) = (0.8, 60.0);
const HEIGHT_ERROR: f64 = 1.5;

#[derive(Clone, Debug)]
pub struct Place {
    /// Degrees.
    latitude: f64,
    longitude: f64,
    /// m.
    altitude: f64,
    /// Degrees from north, clockwise, 0 up to but not including 360.
    pub heading: f64,
    /// Degrees a second, to the right.
    pub yaw_rate: f64,
    north_error: Wander,
    east_error: Wander,
    height_error: Wander,
}

impl Place {
    pub fn new(start: &Start) -> Self {
        Self {
            latitude: start.latitude_degrees,
            longitude: start.longitude_degrees,
            altitude: start.altitude_metres,
            heading: start.heading_degrees % 360.0,
            yaw_rate: 0.0,
            north_error: Wander::new(ERROR.0, ERROR.1),
            east_error: Wander::new(ERROR.0, ERROR.1),
            height_error: Wander::new(HEIGHT_ERROR, ERROR.1),
        }
    }

    /// One step: metres ahead (behind if negative) and degrees to the right.
    pub fn step(&mut self, ahead: f64, turn: f64, random: &mut Random) {
        self.yaw_rate = turn / STEP_SECONDS;
        self.heading = (self.heading + turn).rem_euclid(360.0);
        if ahead != 0.0 {
            let (east, north) = self.heading.to_radians().sin_cos();
            let (north, east) = self.moved(ahead * north, ahead * east);
            (self.latitude, self.longitude) = (north, east);
        }
        for error in [&mut self.north_error, &mut self.east_error, &mut self.height_error] {
            error.step(random);
        }
    }

    fn moved(&self, north: f64, east: f64) -> (f64, f64) {
        let radius = EARTH_RADIUS * self.latitude.to_radians().cos();
        let longitude = self.longitude + (east / radius).to_degrees();
        (self.latitude + (north / EARTH_RADIUS).to_degrees(), (longitude + 180.0).rem_euclid(360.0) - 180.0)
    }

    /// Latitude and longitude as received, degrees.
    pub fn received(&self) -> (f64, f64) {
        self.moved(self.north_error.value(), self.east_error.value())
    }

    /// As received, m.
    pub fn received_altitude(&self) -> f64 {
        self.altitude + self.height_error.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mile_north_is_a_minute_and_a_square_comes_back() {
        let start = crate::tests::scenario().start;
        let mut random = Random::new(1);
        let mut place = Place { heading: 0.0, ..Place::new(&start) };
        let first = (place.latitude, place.longitude);
        place.step(1853.0, 0.0, &mut random);
        assert!((place.latitude - first.0 - 1.0 / 60.0).abs() < 1e-4);
        place.step(-1853.0, 0.0, &mut random);
        for _ in 0..4 {
            place.step(100.0, 90.0, &mut random);
        }
        assert!((place.latitude - first.0).abs() < 1e-7 && (place.longitude - first.1).abs() < 1e-7);
        assert_eq!(place.heading, 0.0);
    }
}

//! A place on the earth.

use std::fmt;

/// Metres, of a sphere as large as the earth.
const RADIUS: f64 = 6_371_008.8;

/// Degrees, WGS 84; never 0, 0, which is what broken programs send.
#[derive(Clone, Copy, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// None for what is not on the earth, and for 0, 0.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let inside = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        let nowhere = latitude.abs() < 1e-6 && longitude.abs() < 1e-6;
        (inside && !nowhere).then_some(Self { latitude, longitude })
    }

    /// `52.52, 13.405`, with or without a space.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        Self::new(number(latitude)?, number(longitude)?)
    }

    pub fn latitude(self) -> f64 {
        self.latitude
    }

    pub fn longitude(self) -> f64 {
        self.longitude
    }

    /// As the crow flies, metres; within 0.6 % of the true distance.
    pub fn metres_to(self, to: Self) -> f64 {
        let (lat, lon) = (self.latitude.to_radians(), self.longitude.to_radians());
        let (to_lat, to_lon) = (to.latitude.to_radians(), to.longitude.to_radians());
        let half =
            ((to_lat - lat) / 2.0).sin().powi(2) + lat.cos() * to_lat.cos() * ((to_lon - lon) / 2.0).sin().powi(2);
        2.0 * RADIUS * half.clamp(0.0, 1.0).sqrt().asin()
    }

    /// Where it lies from here at the start, degrees from north over east, from 0 up to 360.
    pub fn bearing_to(self, to: Self) -> f64 {
        let (lat, to_lat) = (self.latitude.to_radians(), to.latitude.to_radians());
        let turn = (to.longitude - self.longitude).to_radians();
        let east = turn.sin() * to_lat.cos();
        let north = lat.cos() * to_lat.sin() - lat.sin() * to_lat.cos() * turn.cos();
        let bearing = east.atan2(north).to_degrees().rem_euclid(360.0);
        // A negative angle next to nothing rounds up to the whole circle.
        if bearing >= 360.0 { 0.0 } else { bearing }
    }
}

/// A position is private: not even a log of errors shows it.
impl fmt::Debug for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Point(private)")
    }
}

/// Digits with a point only: no `inf`, no `1e3`.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_the_earth_is_no_point() {
        for (latitude, longitude) in [(0.0, 0.0), (90.1, 0.0), (0.0, -180.1), (f64::NAN, 5.0), (5.0, f64::INFINITY)] {
            assert_eq!(Point::new(latitude, longitude), None, "{latitude} {longitude}");
        }
        assert!(Point::new(-90.0, 180.0).is_some() && Point::new(0.0, 9.0).is_some());
    }

    #[test]
    fn distance_and_bearing_are_those_of_the_map() {
        let point = |latitude, longitude| Point::new(latitude, longitude).unwrap();
        let (berlin, paris) = (point(52.5200, 13.4050), point(48.8566, 2.3522));
        assert!((berlin.metres_to(paris) - 877_460.0).abs() < 500.0, "{}", berlin.metres_to(paris));
        assert!((berlin.bearing_to(paris) - 246.5).abs() < 1.0, "{}", berlin.bearing_to(paris));
        assert_eq!(point(10.0, 20.0).bearing_to(point(11.0, 20.0)), 0.0);
        assert!((point(0.0, 179.0).bearing_to(point(0.0, -179.0)) - 90.0).abs() < 1e-9, "over the date line");
        assert!(format!("{berlin:?}").find("52").is_none());
    }
}

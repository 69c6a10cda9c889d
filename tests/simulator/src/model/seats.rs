//! The seats in front and their motors.

use super::STEP_SECONDS;
use super::own::Axis;

/// Position (mm), height (mm), recline and tilt (degrees), lumbar support (percent), headrest (mm).
const DRIVER: [f64; 6] = [168.0, 42.0, 21.5, 3.25, 40.0, 55.0];
const PASSENGER: [f64; 6] = [210.0, 30.0, 26.0, 2.5, 25.0, 48.0];

pub const POSITION: usize = 0;
pub const HEIGHT: usize = 1;
pub const RECLINE: usize = 2;
pub const TILT: usize = 3;
pub const LUMBAR: usize = 4;
pub const HEADREST: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub struct Seats {
    pub driver: [Axis; 6],
    pub passenger: [Axis; 6],
}

impl Default for Seats {
    fn default() -> Self {
        Self { driver: seat(DRIVER), passenger: seat(PASSENGER) }
    }
}

/// A seat that stands so, with motors that move it by so much a second.
fn seat([position, height, recline, tilt, lumbar, headrest]: [f64; 6]) -> [Axis; 6] {
    [
        Axis::new(position, 25.0),
        Axis::new(height, 10.0),
        Axis::new(recline, 4.0),
        Axis::new(tilt, 2.0),
        Axis::new(lumbar, 15.0),
        Axis::new(headrest, 15.0),
    ]
}

impl Seats {
    pub fn step(&mut self) {
        self.driver.iter_mut().chain(&mut self.passenger).for_each(|axis| axis.step(STEP_SECONDS));
    }
}

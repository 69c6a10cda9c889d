//! The seats in front and their motors.

use super::STEP_SECONDS;
use super::own::Axis;

/// mm, mm, degrees, degrees, percent and mm a second: position, height, recline, tilt, lumbar support, headrest.
const SPEEDS: [f64; 6] = [25.0, 10.0, 4.0, 2.0, 15.0, 15.0];
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
        let seat = |at: [f64; 6]| {
            let mut speeds = SPEEDS.into_iter();
            at.map(|at| Axis::new(at, speeds.next().unwrap_or_default()))
        };
        Self { driver: seat(DRIVER), passenger: seat(PASSENGER) }
    }
}

impl Seats {
    pub fn step(&mut self) {
        self.driver.iter_mut().chain(&mut self.passenger).for_each(|axis| axis.step(STEP_SECONDS));
    }
}

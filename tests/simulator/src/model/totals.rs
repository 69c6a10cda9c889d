//! What the car has done in its life, beside the distance.

use super::STEP_SECONDS;

/// A life before the scenario began, a m driven: Wh used, Wh charged, Wh that braking gave back, and s with the motor turning.
const USED: f64 = 0.172;
const CHARGED: f64 = 0.148;
const BRAKED: f64 = 0.031;
const TURNED: f64 = 0.095;

/// Wh, Wh, Wh and s.
#[derive(Clone, Debug, PartialEq)]
pub struct Totals {
    pub used: f64,
    pub charged: f64,
    pub braked: f64,
    pub turned: f64,
}

impl Totals {
    pub fn new(odometer: f64) -> Self {
        Self {
            used: odometer * USED,
            charged: odometer * CHARGED,
            braked: odometer * BRAKED,
            turned: odometer * TURNED,
        }
    }

    /// One step: at the battery's terminals, through the plug and at the motor's shaft, W.
    pub fn step(&mut self, battery: f64, plug: f64, motor: f64) {
        let hours = STEP_SECONDS / 3600.0;
        self.used += (battery + plug).max(0.0) * hours;
        self.charged += plug * hours;
        self.braked += (-motor).max(0.0) * hours;
        self.turned += if motor == 0.0 { 0.0 } else { STEP_SECONDS };
    }
}

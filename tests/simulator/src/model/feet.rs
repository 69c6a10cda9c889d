//! Somebody drives by hand: what the feet on the pedals ask of the car.

use super::body::{Body, Gear};
use super::motion::Motion;
use super::{LIFTED, STEP_NS, STEP_SECONDS};

/// m/s2, of a pedal that is all the way down.
const ACCELERATES: f64 = 4.0;
const BRAKES: f64 = 8.0;
/// m/s2 that a car slows by itself in N.
const ROLLS: f64 = 0.15;
/// How fast what is asked for changes, m/s3.
const JERK: f64 = 12.0;
/// m/s: the car goes no faster forwards, and no faster backwards.
const FORWARDS: f64 = 160.0 / 3.6;
const BACKWARDS: f64 = 30.0 / 3.6;
/// 1/s: how firmly the motor holds the car at its fastest.
const FIRMNESS: f64 = 2.0;
/// Slower than this, m/s, a car that nothing drives stands.
const STANDS: f64 = 0.03;

#[derive(Clone, Debug, Default)]
pub struct Feet {
    /// 0 to 100.
    accelerator: f64,
    brake: f64,
    /// For so long yet.
    left_ns: u64,
    /// m/s2.
    asked: f64,
}

impl Feet {
    /// Both pedals, 0 to 100 each, for so long.
    pub fn press(&mut self, accelerator: f64, brake: f64, hold_ns: u64) {
        (self.accelerator, self.brake, self.left_ns) = (accelerator, brake, hold_ns);
    }

    /// One step: the acceleration asked for, m/s2; `None` to stand.
    pub fn ask(&mut self, body: &Body, motion: &Motion) -> Option<f64> {
        if self.left_ns == 0 {
            (self.accelerator, self.brake) = (0.0, 0.0);
        }
        self.left_ns = self.left_ns.saturating_sub(STEP_NS);
        let (accelerator, brake) = (self.accelerator / 100.0, self.brake / 100.0);
        let fastest = if body.gear == Gear::R { BACKWARDS } else { FORWARDS };
        let wanted = match body.drives() {
            _ if brake > 0.0 => -LIFTED - brake * BRAKES,
            true => (accelerator * (ACCELERATES + LIFTED) - LIFTED).min((fastest - motion.speed) * FIRMNESS),
            false if body.gear == Gear::N => -ROLLS,
            false => -LIFTED,
        };
        if wanted <= 0.0 && motion.speed < STANDS {
            self.asked = 0.0;
            return None;
        }
        let most = JERK * STEP_SECONDS;
        self.asked += (wanted - self.asked).clamp(-most, most);
        Some(self.asked)
    }
}

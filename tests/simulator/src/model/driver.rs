//! Who drives: goes through the scenario's steps and asks the car for accelerations that a person would.

use super::STEP_SECONDS;
use super::body::{Body, Change};
use super::feet::Feet;
use super::motion::Motion;
use crate::random::{Random, Wander};
use crate::scenario::{End, Scenario, Step};

/// How fast the foot moves, m/s3, and how early it eases off before the speed is there.
const JERK: f64 = 2.5;
const EASE: f64 = 1.2;
/// 1/s: how firmly the last bit of a difference in speed is made good.
const FIRMNESS: f64 = 2.0;
/// Nobody holds a speed to the last decimal: m/s, and seconds.
const UNSTEADY: (f64, f64) = (0.02, 4.0);
/// Slower than this, m/s, a car that is to stop stands.
const STANDS: f64 = 0.03;

#[derive(Clone, Debug)]
pub struct Driver {
    /// The step that is being driven; past the last one when the scenario is over.
    step: usize,
    begun: bool,
    /// Since the step began.
    seconds: f64,
    metres: f64,
    /// How long the car has stood, s.
    stood: f64,
    /// m/s2.
    asked: f64,
    unsteady: Wander,
    /// Somebody drives by hand, and the scenario counts no longer.
    feet: Option<Feet>,
}

/// What the driver wants in this step.
pub struct Wish {
    /// m/s2; `None` to stand.
    pub acceleration: Option<f64>,
    /// Degrees to the right, in this step.
    pub turn: f64,
}

impl Default for Driver {
    fn default() -> Self {
        let unsteady = Wander::new(UNSTEADY.0, UNSTEADY.1);
        Self { step: 0, begun: false, seconds: 0.0, metres: 0.0, stood: 0.0, asked: 0.0, unsteady, feet: None }
    }
}

impl Driver {
    /// Goes on to the next step if this one is over. Returns what a step that begins sets.
    pub fn next<'a>(&mut self, scenario: &'a Scenario) -> Option<&'a Change> {
        if self.is_by_hand() {
            return None;
        }
        let step = scenario.steps.get(self.step)?;
        if self.begun {
            let over = match step.end {
                End::After(seconds) => self.seconds >= seconds - STEP_SECONDS / 2.0,
                End::Driven(metres) => self.metres >= metres,
                End::Stood(seconds) => self.stood.min(self.seconds) >= seconds - STEP_SECONDS / 2.0,
            };
            if !over {
                return None;
            }
            self.step += 1;
            if self.step == scenario.steps.len() && scenario.repeat {
                self.step = 0;
            }
        }
        self.begun = true;
        (self.seconds, self.metres) = (0.0, 0.0);
        scenario.steps.get(self.step).map(|step| &step.set)
    }

    /// The step that is driven; `None` once the scenario is over, and by hand.
    pub fn step<'a>(&self, scenario: &'a Scenario) -> Option<&'a Step> {
        if self.is_by_hand() { None } else { scenario.steps.get(self.step) }
    }

    /// Somebody drives by hand from now on.
    pub fn take_over(&mut self) -> &mut Feet {
        self.feet.get_or_insert_default()
    }

    pub fn is_by_hand(&self) -> bool {
        self.feet.is_some()
    }

    pub fn wish(&mut self, scenario: &Scenario, body: &Body, motion: &Motion, random: &mut Random) -> Wish {
        let unsteady = self.unsteady.step(random);
        if let Some(feet) = &mut self.feet {
            return Wish { acceleration: feet.ask(body, motion), turn: 0.0 };
        }
        let step = self.step(scenario);
        let target = step.map_or(0.0, |step| step.speed);
        let (acceleration, braking) = step.map_or((1.0, 2.0), |step| (step.acceleration, step.braking));
        let target = if body.drives() && target > 0.0 { target + unsteady } else { 0.0 };
        if target == 0.0 && motion.speed < STANDS {
            self.asked = 0.0;
            return Wish { acceleration: None, turn: 0.0 };
        }
        let missing = target - motion.speed;
        let limit = if missing > 0.0 { acceleration } else { braking };
        let eased = (2.0 * EASE * missing.abs()).sqrt().min(FIRMNESS * missing.abs());
        let wanted = limit.min(eased).copysign(missing);
        let most = JERK * STEP_SECONDS;
        self.asked += (wanted - self.asked).clamp(-most, most);
        let turn = step.map_or(0.0, |step| match step.end {
            End::After(seconds) => step.turn * STEP_SECONDS / seconds,
            End::Driven(metres) => step.turn * motion.distance.min(metres - self.metres).max(0.0) / metres,
            End::Stood(_) => 0.0,
        });
        Wish { acceleration: Some(self.asked), turn: if motion.speed > 0.0 { turn } else { 0.0 } }
    }

    /// The step is done.
    pub fn moved(&mut self, motion: &Motion) {
        self.seconds += STEP_SECONDS;
        self.metres += motion.distance;
        self.stood = if motion.speed == 0.0 { self.stood + STEP_SECONDS } else { 0.0 };
    }

    /// How long the car has stood, s.
    pub fn stood(&self) -> f64 {
        self.stood
    }
}

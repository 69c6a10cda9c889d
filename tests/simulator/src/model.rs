//! The car itself, without any bus: deterministic, in steps of 10 ms of its own time.

pub mod air;
pub mod around;
pub mod battery;
pub mod body;
pub mod cells;
pub mod charging;
pub mod chassis;
pub mod comfort;
pub mod driver;
pub mod feet;
pub mod motion;
pub mod own;
pub mod place;
pub mod seats;
pub mod signs;
pub mod sky;
#[cfg(test)]
mod tests;
pub mod thermal;
pub mod totals;

use air::Air;
use around::{Around, Cruise};
use battery::{Battery, Load};
use body::{Body, Change, Gear, Power};
use cells::Cells;
use charging::{Charger, Charging};
use chassis::Chassis;
use comfort::Comfort;
use driver::Driver;
use motion::Motion;
use place::Place;
use seats::Seats;
use signs::Signs;
use sky::Sky;
use thermal::{Thermal, Work};
use totals::Totals;

use crate::random::Random;
use crate::scenario::{Scenario, check};
use crate::setting::Setting;

/// One step of the model, and of everything the car does.
pub const STEP_NS: u64 = 10_000_000;
pub const STEP_SECONDS: f64 = STEP_NS as f64 / 1e9;

/// What is on all the time, W, and what remains when the car is off.
const AUXILIARY: f64 = 450.0;
const ASLEEP: f64 = 25.0;
/// How long the driver presses the pedal at a stop before the brakes hold the car by themselves, s.
const HOLDS_AFTER: f64 = 1.5;
/// Lifting the foot slows the car so much by itself, m/s2; beyond, the pedal is pressed, in percent a m/s2.
const LIFTED: f64 = 0.6;
const PEDAL: f64 = 11.0;
const PEDAL_STANDING: f64 = 18.0;
/// How fast the foot moves, percent a second.
const PEDAL_MOVES: f64 = 120.0;
/// A second row of chance, so that what draws from it moves nothing else.
const SENSES: u64 = 0x5E45_0000_0000;

/// It cannot be set while the car drives.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "gear, power, parking_brake, plugged and charging change only while the car stands; the gear between N and D at any time"
)]
pub struct Moves;

/// The virtual car.
#[derive(Clone, Debug)]
pub struct Car {
    scenario: Scenario,
    /// In the place of every scenario's own.
    seed: Option<u64>,
    random: Random,
    senses: Random,
    steps: u64,
    driver: Driver,
    pub body: Body,
    pub motion: Motion,
    pub battery: Battery,
    pub air: Air,
    pub place: Place,
    pub chassis: Chassis,
    pub thermal: Thermal,
    pub cells: Cells,
    pub charging: Charging,
    pub totals: Totals,
    pub comfort: Comfort,
    pub sky: Sky,
    pub seats: Seats,
    pub signs: Signs,
    pub around: Around,
    /// m.
    pub odometer: f64,
    /// Since the car was switched on: m and s.
    pub trip: (f64, f64),
    /// 0 to 100.
    pub brake_pedal: f64,
}

impl Car {
    /// The car at the scenario's start. `seed` takes the place of the scenario's own.
    pub fn new(scenario: Scenario, seed: Option<u64>) -> Self {
        let chance = seed.unwrap_or(scenario.seed);
        let (mut random, mut senses) = (Random::new(chance), Random::new(chance ^ SENSES));
        let start = &scenario.start;
        let mut body = Body::default();
        body.apply(&start.set);
        Self {
            steps: 0,
            driver: Driver::default(),
            comfort: Comfort::new(&body),
            seats: Seats::default(),
            signs: Signs::new(&body, body.daylight_percent),
            sky: Sky::new(&body),
            air: Air::new(start, &body, &mut random),
            body,
            motion: Motion::default(),
            battery: Battery::new(start.charge_percent / 100.0, start.range_km * 1000.0),
            place: Place::new(start),
            chassis: Chassis::default(),
            thermal: Thermal::new(start.outside_celsius),
            cells: Cells::new(&mut senses),
            charging: Charging::default(),
            totals: Totals::new(start.odometer_km * 1000.0),
            around: Around::new(&start.set),
            odometer: start.odometer_km * 1000.0,
            trip: (0.0, 0.0),
            brake_pedal: 0.0,
            random,
            senses,
            seed,
            scenario,
        }
    }

    pub fn step(&mut self) {
        if let Some(change) = self.driver.next(&self.scenario) {
            let change = change.clone();
            self.apply(&change);
        }
        let wish = self.driver.wish(&self.scenario, &self.body, &self.motion, &mut self.random);
        let before = self.motion.kinetic_energy();
        match wish.acceleration {
            Some(asked) if self.battery.is_flat() => self.motion.step(asked.min(-LIFTED)),
            Some(asked) => self.motion.step(asked),
            None => self.motion.stand(),
        }
        self.driver.moved(&self.motion);
        let sign = if self.body.gear == Gear::R { -1.0 } else { 1.0 };
        self.place.step(sign * self.motion.distance, wish.turn, &mut self.random);
        self.steps += 1;
        self.air.step(self.seconds(), &self.body, self.motion.speed);
        let station = self.charging.offers(&self.body, self.battery.charge());
        self.battery.step(Load {
            motor: self.motion.motor_power(),
            auxiliary: if self.is_on() { AUXILIARY + self.air.power(&self.body) } else { ASLEEP },
            station,
            stored: self.motion.kinetic_energy() - before,
            distance: self.motion.distance,
        });
        self.charging.step(self.body.is_plugged(), self.battery.charger);
        self.odometer += self.motion.distance;
        if self.is_on() {
            self.trip = (self.trip.0 + self.motion.distance, self.trip.1 + STEP_SECONDS);
        }
        let pressed = self.pressed();
        let most = PEDAL_MOVES * STEP_SECONDS;
        self.brake_pedal += (pressed - self.brake_pedal).clamp(-most, most);
        self.sense(wish.turn);
    }

    fn apply(&mut self, change: &Change) {
        let off = self.body.power < Power::On;
        self.body.apply(change);
        self.around.meet(change);
        if off && self.body.power >= Power::On {
            self.trip = (0.0, 0.0);
        }
    }

    /// Sets what a hand or the weather sets.
    ///
    /// # Errors
    /// [`Moves`] if the drive hangs on it.
    pub fn set(&mut self, setting: &Setting) -> Result<(), Moves> {
        match setting {
            Setting::Outside(celsius) => self.air.set_outside(*celsius),
            Setting::Body(change) => {
                if check::touches_the_drive(change) {
                    let slides = |gear| matches!(gear, Gear::N | Gear::D);
                    let between = change.gear.is_some_and(slides) && slides(self.body.gear);
                    if !self.stands() && !between {
                        return Err(Moves);
                    }
                    self.take_over();
                }
                self.apply(change);
            }
        }
        Ok(())
    }

    /// Somebody drives by hand from now on.
    pub fn take_over(&mut self) {
        if self.body.cruise == Cruise::Active {
            self.body.cruise = Cruise::Ready;
        }
        self.driver.take_over();
    }

    /// Both pedals, 0 to 100 each, for so long.
    pub fn press(&mut self, accelerator: f64, brake: f64, hold_ns: u64) {
        self.take_over();
        self.driver.take_over().press(accelerator, brake, hold_ns);
    }

    /// Begins another scenario from its start. How far the car has come in its life goes on.
    pub fn begin(&mut self, scenario: Scenario) {
        *self = Self { odometer: self.odometer, ..Self::new(scenario, self.seed) };
    }

    /// The scenario that is driven; `None` by hand.
    pub fn scenario(&self) -> Option<&Scenario> {
        if self.driver.is_by_hand() { None } else { Some(&self.scenario) }
    }

    /// What follows from the step and moves nothing: sensors, and what warms up.
    fn sense(&mut self, turn: f64) {
        let (is_on, by_itself) = (self.is_on(), self.body.cruise == Cruise::Active);
        self.chassis.step(&self.motion, turn, self.brake_pedal, by_itself);
        let work = Work {
            motor: self.motion.motor_power(),
            current: self.battery.current(),
            plug: self.battery.charger,
            alternating: self.body.charger == Charger::Ac,
            is_on,
            speed: self.motion.speed,
        };
        self.thermal.step(self.air.outside, work);
        self.totals.step(self.battery.power, self.battery.charger, work.motor);
        self.comfort.step(&self.body, self.motion.speed);
        self.sky.step(&self.body, is_on);
        self.seats.step();
        self.signs.step(&self.body, self.comfort.lit(), self.sky.light);
        self.around.step(&self.body, &self.motion, &mut self.senses);
    }

    fn pressed(&self) -> f64 {
        match (self.stands(), self.body.gear) {
            (true, Gear::P) => 0.0,
            (true, _) => PEDAL_STANDING,
            (false, _) => ((-self.motion.acceleration - LIFTED) * PEDAL).clamp(0.0, 100.0),
        }
    }

    /// Since the scenario began.
    pub fn seconds(&self) -> f64 {
        self.steps as f64 * STEP_SECONDS
    }

    pub fn is_on(&self) -> bool {
        self.body.power >= Power::On
    }

    pub fn stands(&self) -> bool {
        self.motion.speed == 0.0
    }

    /// The brakes hold the car at a stop by themselves.
    pub fn holds(&self) -> bool {
        self.stands() && self.driver.stood() >= HOLDS_AFTER && self.body.drives()
    }

    /// Seconds since midnight by the car's clock.
    pub fn clock(&self) -> u64 {
        let since_start = self.steps * STEP_NS / 1_000_000_000;
        (u64::from(self.scenario.start.clock.minute_of_day) * 60 + since_start) % 86_400
    }

    /// The day of its one month, by the car's clock.
    pub fn day(&self) -> f64 {
        let minutes = u64::from(self.scenario.start.clock.minute_of_day) + self.steps * STEP_NS / 60_000_000_000;
        (15 + minutes / 1440).min(30) as f64
    }

    /// What the driver does right now, in the scenario's words; `None` once the scenario is over, and by hand.
    pub fn doing(&self) -> Option<&str> {
        self.driver.step(&self.scenario).map(|step| step.note.as_str())
    }
}

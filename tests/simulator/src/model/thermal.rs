//! How warm motor, battery and charger get.

use super::STEP_SECONDS;
use super::battery::RESISTANCE;

/// What of the power becomes heat in the motor, its inverter and its gears.
const MOTOR_LOSS: f64 = 0.06;
const INVERTER_LOSS: f64 = 0.03;
const GEAR_LOSS: f64 = 0.02;
/// J/K.
const MOTOR: f64 = 40_000.0;
const INVERTER: f64 = 8_000.0;
const GEARS: f64 = 15_000.0;
const COOLANT: f64 = 30_000.0;
const PACK: f64 = 400_000.0;
/// W/K: from each to the coolant, from the gears and the pack to the air, from the radiator standing and a m/s.
const MOTOR_COOLED: f64 = 150.0;
const INVERTER_COOLED: f64 = 120.0;
const GEARS_COOLED: f64 = 25.0;
const PACK_COOLED: f64 = 8.0;
const RADIATOR: (f64, f64) = (80.0, 25.0);
/// Above this the pack is cooled, °C, W a K of it, and W at most; with a charger below the second it is heated, W.
const PACK_WARM: f64 = 30.0;
const PACK_COLD: f64 = 12.0;
const PACK_COOLING: (f64, f64) = (800.0, 5_000.0);
const PACK_HEATING: f64 = 3_000.0;
/// A car that comes from its garage has a pack at least so warm, °C.
const PACK_AT_FIRST: f64 = 14.0;
/// How much warmer than the air the plug gets at 400 A, K, and within how many seconds.
const PLUG: f64 = 38.0;
const PLUG_WITHIN: f64 = 240.0;
/// K a kW of alternating current, and of the 12 V supply; within how many seconds.
const CHARGER: f64 = 3.0;
const SUPPLY: f64 = 9.0;
const BOX_WITHIN: f64 = 180.0;

/// °C, all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Thermal {
    pub motor: f64,
    pub inverter: f64,
    pub gears: f64,
    pub coolant: f64,
    /// Of the battery, in its middle.
    pub pack: f64,
    pub plug: f64,
    /// The charger on board, for alternating current.
    pub charger: f64,
    /// What makes 12 V.
    pub supply: f64,
    /// W: positive heats the pack, negative cools it.
    pub conditioning: f64,
}

/// What makes heat in one step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// At the motor's shaft, W.
    pub motor: f64,
    /// The battery's, A.
    pub current: f64,
    /// Through the plug, W, and whether as alternating current.
    pub plug: f64,
    pub alternating: bool,
    pub is_on: bool,
    /// m/s.
    pub speed: f64,
}

impl Thermal {
    pub fn new(outside: f64) -> Self {
        let pack = outside.max(PACK_AT_FIRST);
        Self {
            motor: outside,
            inverter: outside,
            gears: outside,
            coolant: outside,
            pack,
            plug: outside,
            charger: outside,
            supply: outside,
            conditioning: 0.0,
        }
    }

    pub fn step(&mut self, outside: f64, work: Work) {
        let power = work.motor.abs();
        let from_motor = MOTOR_COOLED * (self.motor - self.coolant);
        let from_inverter = INVERTER_COOLED * (self.inverter - self.coolant);
        let (standing, moving) = RADIATOR;
        let radiator = (standing + moving * work.speed) * (self.coolant - outside);
        self.motor += (power * MOTOR_LOSS - from_motor) * STEP_SECONDS / MOTOR;
        self.inverter += (power * INVERTER_LOSS - from_inverter) * STEP_SECONDS / INVERTER;
        self.coolant += (from_motor + from_inverter - radiator) * STEP_SECONDS / COOLANT;
        self.gears += (power * GEAR_LOSS - GEARS_COOLED * (self.gears - outside)) * STEP_SECONDS / GEARS;

        let (a_kelvin, most) = PACK_COOLING;
        self.conditioning = match work.plug > 0.0 && self.pack < PACK_COLD {
            true => PACK_HEATING,
            false if work.is_on || work.plug > 0.0 => -((self.pack - PACK_WARM) * a_kelvin).clamp(0.0, most),
            false => 0.0,
        };
        let heat = work.current * work.current * RESISTANCE - PACK_COOLED * (self.pack - outside) + self.conditioning;
        self.pack += heat * STEP_SECONDS / PACK;

        let direct = if work.alternating { 0.0 } else { work.plug };
        let share = direct / 150_000.0;
        self.plug += (outside + PLUG * share * share - self.plug) * STEP_SECONDS / PLUG_WITHIN;
        let converted = if work.alternating { work.plug / 1000.0 } else { 0.0 };
        self.charger += (outside + CHARGER * converted - self.charger) * STEP_SECONDS / BOX_WITHIN;
        let supply = if work.is_on { outside + SUPPLY } else { outside };
        self.supply += (supply - self.supply) * STEP_SECONDS / BOX_WITHIN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u32, work: Work) -> Thermal {
        let mut thermal = Thermal::new(5.0);
        (0..seconds * 100).for_each(|_| thermal.step(5.0, work));
        thermal
    }

    #[test]
    fn work_warms_and_rest_cools() {
        let motorway = Work { motor: 25_000.0, current: 75.0, is_on: true, speed: 33.0, ..Work::default() };
        let mut thermal = after(1800, motorway);
        assert!((15.0..60.0).contains(&thermal.motor), "{thermal:?}");
        assert!(thermal.motor > thermal.coolant && thermal.coolant > 5.0 && thermal.pack > PACK_AT_FIRST);
        let warm = thermal.clone();
        (0..360_000).for_each(|_| thermal.step(5.0, Work::default()));
        assert!(thermal.motor < warm.motor && thermal.pack < warm.pack && thermal.supply < 5.1);
    }

    #[test]
    fn a_fast_charger_warms_the_pack_and_is_cooled_against() {
        let thermal = after(1200, Work { current: -380.0, plug: 150_000.0, ..Work::default() });
        assert!((28.0..48.0).contains(&thermal.pack), "{thermal:?}");
        assert!((30.0..45.0).contains(&thermal.plug) && thermal.conditioning < 0.0);
        let home = after(1200, Work { current: -29.0, plug: 11_000.0, alternating: true, ..Work::default() });
        assert!(home.charger > 30.0 && home.plug < 6.0 && home.pack < 16.0, "{home:?}");
    }
}

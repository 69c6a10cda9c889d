//! What the battery holds, gives and takes, and how far that goes.

use super::STEP_SECONDS;

/// Usable, Wh.
pub const CAPACITY: f64 = 72_000.0;
/// From the battery to the motor's shaft and back.
const DRIVE_EFFICIENCY: f64 = 0.91;
const REGENERATION_EFFICIENCY: f64 = 0.87;
/// Over how many metres the car averages its consumption.
const AVERAGED_OVER: f64 = 60_000.0;
/// Bounds of the averaged consumption, Wh/m.
const CONSUMPTION: (f64, f64) = (0.09, 0.40);
/// W for each part of the battery that is empty: a fast charger slows down towards the end.
const CHARGER: f64 = 190_000.0;
/// Empty and full, V, and the loss inside, Ohm.
const VOLTAGE: (f64, f64) = (320.0, 400.0);
pub const RESISTANCE: f64 = 0.06;

#[derive(Clone, Debug, PartialEq)]
pub struct Battery {
    /// Wh.
    energy: f64,
    /// Wh/m.
    consumption: f64,
    /// At the terminals, W; positive leaves the battery.
    pub power: f64,
    /// Of that, what comes from a charger, W.
    pub charger: f64,
    /// It was empty and has not been charged since: what braking gives back takes nobody anywhere.
    flat: bool,
}

/// What asks for energy in one step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// At the motor's shaft, W; negative regenerates.
    pub motor: f64,
    /// Everything else, W.
    pub auxiliary: f64,
    /// What a charger offers, W; 0 if there is none.
    pub station: f64,
    /// What the car has gained in kinetic energy, J: stored, so it does not count as consumed.
    pub stored: f64,
    /// m.
    pub distance: f64,
}

impl Battery {
    /// Charge 0 to 1, and the range in metres that the car starts out with.
    pub fn new(charge: f64, range: f64) -> Self {
        let energy = charge * CAPACITY;
        let (least, most) = CONSUMPTION;
        Self { energy, consumption: (energy / range).clamp(least, most), power: 0.0, charger: 0.0, flat: false }
    }

    pub fn step(&mut self, load: Load) {
        let motor = match load.motor > 0.0 {
            true => load.motor / DRIVE_EFFICIENCY,
            false => load.motor * REGENERATION_EFFICIENCY,
        };
        let charging = load.station > 0.0;
        self.charger = (CHARGER * (1.0 - self.charge())).min(load.station);
        self.power = motor + load.auxiliary - self.charger;
        self.energy = (self.energy - self.power * STEP_SECONDS / 3600.0).clamp(0.0, CAPACITY);
        self.flat = !charging && (self.flat || self.energy == 0.0);
        if !charging {
            let used = (motor + load.auxiliary) * STEP_SECONDS / 3600.0 - load.stored / DRIVE_EFFICIENCY / 3600.0;
            self.consumption += (used - self.consumption * load.distance) / AVERAGED_OVER;
            self.consumption = self.consumption.clamp(CONSUMPTION.0, CONSUMPTION.1);
        }
    }

    /// 0 to 1.
    pub fn charge(&self) -> f64 {
        self.energy / CAPACITY
    }

    pub fn is_flat(&self) -> bool {
        self.flat
    }

    /// Wh.
    pub fn energy(&self) -> f64 {
        self.energy
    }

    /// m.
    pub fn range(&self) -> f64 {
        self.energy / self.consumption
    }

    /// Wh/m.
    pub fn consumption(&self) -> f64 {
        self.consumption
    }

    /// At the terminals, V.
    pub fn voltage(&self) -> f64 {
        let (empty, full) = VOLTAGE;
        let open = empty + (full - empty) * self.charge();
        open - RESISTANCE * self.power / open
    }

    /// A; positive leaves the battery.
    pub fn current(&self) -> f64 {
        self.power / self.voltage()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_a_minute(load: Load) -> (Battery, Battery) {
        let before = Battery::new(0.5, 200_000.0);
        let mut battery = before.clone();
        (0..6000).for_each(|_| battery.step(load));
        (before, battery)
    }

    #[test]
    fn work_takes_charge_and_regeneration_and_the_charger_give_it() {
        let (before, driven) = after_a_minute(Load { motor: 30_000.0, auxiliary: 600.0, ..Load::default() });
        assert!((before.energy() - driven.energy() - (30_000.0 / DRIVE_EFFICIENCY + 600.0) / 60.0).abs() < 1e-6);
        assert!(driven.voltage() < before.voltage() && driven.current() > 80.0);
        let (before, slowed) = after_a_minute(Load { motor: -30_000.0, ..Load::default() });
        assert!(slowed.energy() > before.energy());
        assert!(slowed.energy() - before.energy() < 30_000.0 / 60.0, "no more comes back than went in");
        let (before, charged) = after_a_minute(Load { station: 150_000.0, ..Load::default() });
        assert!(charged.charge() > before.charge() && charged.power < 0.0 && charged.range() > before.range());
    }

    #[test]
    fn range_follows_consumption_and_not_every_push_of_the_pedal() {
        let push = Load { motor: 80_000.0, stored: 80_000.0 * STEP_SECONDS, distance: 0.15, ..Load::default() };
        let mut battery = Battery::new(0.64, 287_000.0);
        assert!((battery.range() - 287_000.0).abs() < 1.0);
        (0..500).for_each(|_| battery.step(push));
        assert!((battery.range() - 287_000.0).abs() < 1_500.0, "{}", battery.range());
    }

    #[test]
    fn never_under_empty_nor_over_full() {
        let mut battery = Battery::new(0.001, 1000.0);
        (0..100_000).for_each(|_| battery.step(Load { motor: 150_000.0, ..Load::default() }));
        assert_eq!((battery.charge(), battery.range(), battery.is_flat()), (0.0, 0.0, true));
        (0..1_000_000).for_each(|_| battery.step(Load { motor: -60_000.0, ..Load::default() }));
        assert_eq!((battery.charge(), battery.is_flat()), (1.0, true));
        battery.step(Load { station: 150_000.0, ..Load::default() });
        assert!(!battery.is_flat());
    }
}

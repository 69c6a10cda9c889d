//! Whether the car is parked, idling or moving, and how far it is switched on. What nobody knows moves: at once, while to stand takes its time.

use tandem_contracts::driving::Cause;
use tandem_signals::{DrivingProfile, ParkedBy};
use tandem_store::{Car, Reading, Store};
use tandem_units::{Driving, Nanoseconds, Power, Quality, Value};

pub const SPEED: &str = "Vehicle.Speed";
pub const GEAR: &str = "Vehicle.Powertrain.Transmission.SelectedGear";
pub const BRAKE: &str = "Vehicle.Chassis.ParkingBrake.IsEngaged";
pub const POWER: &str = "Vehicle.LowVoltageSystemState";
/// VSS's number of `SelectedGear` for park.
const PARK: i64 = 126;

/// What is known of the car. By default nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub driving: Driving,
    /// None if nobody knows.
    pub power: Option<Power>,
    /// The path of the reading that decided `driving`; empty if none did.
    pub reading: &'static str,
    pub cause: Cause,
}

/// Looks at a car's readings at every tick.
pub struct Watch {
    profile: DrivingProfile,
    speed: Slot,
    park: Slot,
    power: Slot,
    /// Since when it has been slow enough to stand; none while it is faster.
    slow_since: Option<Nanoseconds>,
    /// It was slow for long enough, and not too fast since.
    stands: bool,
    known: Known,
}

/// A leaf, and where the store has it if this car tells it.
struct Slot {
    path: &'static str,
    at: Option<usize>,
}

impl Slot {
    fn of(car: &Car, path: &'static str) -> Self {
        Self { path, at: car.slot(path) }
    }

    fn reading(&self, store: &Store, now: Nanoseconds) -> Result<Value, Cause> {
        let Reading { quality, value, .. } = store.reading(self.at.ok_or(Cause::Unmapped)?, now);
        match quality {
            Quality::Valid => value.ok_or(Cause::Absent),
            Quality::Stale => Err(Cause::Stale),
            Quality::Absent => Err(Cause::Absent),
            Quality::Invalid => Err(Cause::Invalid),
        }
    }
}

impl Watch {
    pub fn new(car: &Car) -> Self {
        let profile = car.profile.driving;
        let park = match profile.parked_by {
            ParkedBy::Gear => GEAR,
            ParkedBy::ParkingBrake => BRAKE,
        };
        Self {
            profile,
            speed: Slot::of(car, SPEED),
            park: Slot::of(car, park),
            power: Slot::of(car, POWER),
            slow_since: None,
            stands: false,
            known: Known::default(),
        }
    }

    pub fn known(&self) -> Known {
        self.known
    }

    /// See [`crate::core::Core::last_power`].
    pub fn last_power(&self, store: &Store, now: Nanoseconds) -> Option<Power> {
        let Reading { heard, value, .. } = store.reading(self.power.at?, now);
        value.filter(|_| heard.0 > 0)?.as_text()?.parse().ok()
    }

    /// Nobody looked for a while, or there is no car: what was known is not any more.
    pub fn lose_sight(&mut self) {
        (self.slow_since, self.stands, self.known) = (None, false, Known::default());
    }

    /// Looks at the readings of a tick.
    pub fn tick(&mut self, store: &Store, now: Nanoseconds) {
        let (driving, reading, cause) = self.judge(store, now);
        let power = self.power.reading(store, now).ok();
        let power = power.and_then(|power| power.as_text()?.parse().ok());
        self.known = Known { driving, power, reading, cause };
    }

    fn judge(&mut self, store: &Store, now: Nanoseconds) -> (Driving, &'static str, Cause) {
        let speed = self.speed.reading(store, now).and_then(|speed| speed.as_f64().ok_or(Cause::Invalid));
        let moves = match speed {
            Ok(speed) => self.follow(speed.abs(), now),
            Err(unknown) => {
                (self.slow_since, self.stands) = (None, false);
                Some(unknown)
            }
        };
        if let Some(cause) = moves {
            return (Driving::Moving, self.speed.path, cause);
        }
        let parked = self.park.reading(store, now).and_then(|park| match (self.profile.parked_by, park) {
            (ParkedBy::Gear, Value::Int(gear)) => Ok(gear == PARK),
            (ParkedBy::ParkingBrake, Value::Bool(engaged)) => Ok(engaged),
            _ => Err(Cause::Invalid),
        });
        match parked {
            Ok(true) => (Driving::Parked, self.park.path, Cause::InPark),
            Ok(false) => (Driving::Idling, self.park.path, Cause::NotInPark),
            Err(unknown) => (Driving::Moving, self.park.path, unknown),
        }
    }

    /// Why it does not stand at this speed, km/h; none if it does.
    fn follow(&mut self, speed: f64, now: Nanoseconds) -> Option<Cause> {
        if speed > self.profile.moving_above.0 {
            (self.slow_since, self.stands) = (None, false);
            return Some(Cause::Moves);
        }
        if speed <= self.profile.standing_below.0 {
            let since = *self.slow_since.get_or_insert(now);
            self.stands |= now.since(since) >= self.profile.standing_for;
        } else {
            self.slow_since = None;
        }
        (!self.stands).then_some(Cause::Stopping)
    }
}

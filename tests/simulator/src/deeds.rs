//! What each signal that asks for something does to the model, and when the car would rather not.

use std::fmt;

use crate::model::Car;
use crate::model::body::{DriveMode, Gear, Power};
use crate::model::comfort::{DRIVER_PAN, DRIVER_TILT, PASSENGER_PAN, TRUNK};
use crate::model::own::{Axis, Own};
use crate::model::seats::{HEADREST, HEIGHT, LUMBAR, POSITION, RECLINE, TILT};
use crate::model::signs::LightSwitch;
use crate::model::sky::Wipers;

/// A control unit answers within this time, unless it was told otherwise; the climate control of the first messages takes longer.
const THINKS_MS: u64 = 100;
const CLIMATE_THINKS_MS: u64 = 300;
const HORN_THINKS_MS: u64 = 20;
/// What it takes beyond that to turn a lock, to fold a mirror, to open the trunk and the flap.
const LOCK_MS: u64 = 200;
const FOLD_MS: u64 = 1500;
const TRUNK_MS: u64 = 2000;
const FLAP_MS: u64 = 1000;

/// One thing that the car does when it is asked.
#[derive(Clone, Copy)]
pub struct Deed {
    /// Until it answers.
    pub thinks_ns: u64,
    /// From its answer until it is done, of what does not move step by step in the model.
    pub takes_ns: u64,
    /// Whether it can be done now, in the signal's unit.
    pub may: fn(&Car, f64) -> bool,
    pub does: fn(&mut Car, f64),
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deed").field("thinks_ns", &self.thinks_ns).field("takes_ns", &self.takes_ns).finish()
    }
}

impl Deed {
    fn new(does: fn(&mut Car, f64)) -> Self {
        Self { thinks_ns: THINKS_MS * 1_000_000, takes_ns: 0, may: |_, _| true, does }
    }

    fn if_(self, may: fn(&Car, f64) -> bool) -> Self {
        Self { may, ..self }
    }

    fn thinks(self, milliseconds: u64) -> Self {
        Self { thinks_ns: milliseconds * 1_000_000, ..self }
    }

    fn takes(self, milliseconds: u64) -> Self {
        Self { takes_ns: milliseconds * 1_000_000, ..self }
    }
}

/// What a signal does, if the model has it.
pub fn deed(message: &str, signal: &str) -> Option<Deed> {
    [climate, locks_and_windows, mirrors, lights, seats, drive].iter().find_map(|domain| domain(message, signal))
}

fn climate(message: &str, signal: &str) -> Option<Deed> {
    let on = |does| Deed::new(does).if_(|car, _| car.is_on());
    Some(match (message, signal) {
        ("ClimateCommand", "DriverTemperature") => {
            Deed::new(|car, celsius| car.air.driver = celsius).thinks(CLIMATE_THINKS_MS)
        }
        ("ZoneRequest", "PassengerTemperature") => Deed::new(|car, celsius| car.air.passenger = celsius),
        ("ZoneRequest", "RearDriverTemperature") => Deed::new(|car, celsius| car.air.rear[0].tell(celsius)),
        ("ZoneRequest", "RearPassengerTemperature") => Deed::new(|car, celsius| car.air.rear[1].tell(celsius)),
        ("FanRequest", "DriverFan") => on(|car, percent| {
            // The passenger's stays where it was set.
            let passenger = car.air.passenger_fan.value();
            car.body.fan_percent = percent;
            car.air.passenger_fan = Own::new(percent);
            car.air.passenger_fan.tell(passenger);
        }),
        ("FanRequest", "PassengerFan") => on(|car, percent| car.air.passenger_fan.tell(percent)),
        ("FanRequest", "RearDriverFan") => on(|car, percent| car.air.rear_fans[0].tell(percent)),
        ("FanRequest", "RearPassengerFan") => on(|car, percent| car.air.rear_fans[1].tell(percent)),
        ("ClimateModeRequest", "AirConditioning") => on(|car, yes| car.body.air_conditioning = is(yes)),
        ("ClimateModeRequest", "Recirculation") => on(|car, yes| car.body.recirculation = is(yes)),
        ("ClimateModeRequest", "FrontDefrost") => on(|car, yes| car.body.front_defrost = is(yes)),
        ("ClimateModeRequest", "RearDefrost") => on(|car, yes| car.body.rear_defrost = is(yes)),
        ("ClimateModeRequest", "DriverAir") => {
            Deed::new(|car, where_to| car.air.vents[0] = where_to).if_(|car, _| !car.body.front_defrost)
        }
        ("ClimateModeRequest", "PassengerAir") => {
            Deed::new(|car, where_to| car.air.vents[1] = where_to).if_(|car, _| !car.body.front_defrost)
        }
        ("HeatingRequest", "DriverSeat") => on(|car, percent| car.body.driver_seat_percent = percent),
        ("HeatingRequest", "PassengerSeat") => on(|car, percent| car.body.passenger_seat_percent = percent),
        ("HeatingRequest", "SteeringWheel") => on(|car, percent| car.body.wheel_heating_percent = percent),
        ("HeatingRequest", "DriverMirror") => on(|car, yes| car.comfort.mirrors_heated[0].tell(is(yes))),
        ("HeatingRequest", "PassengerMirror") => on(|car, yes| car.comfort.mirrors_heated[1].tell(is(yes))),
        _ => return None,
    })
}

fn locks_and_windows(message: &str, signal: &str) -> Option<Deed> {
    let lock = |does| Deed::new(does).takes(LOCK_MS);
    Some(match (message, signal) {
        ("LockRequest", "DriverLock") => {
            lock(|car, yes| car.comfort.doors[0].tell(is(yes))).if_(|car, yes| locks(car, car.body.driver_door, yes))
        }
        ("LockRequest", "PassengerLock") => {
            lock(|car, yes| car.comfort.doors[1].tell(is(yes))).if_(|car, yes| locks(car, car.body.passenger_door, yes))
        }
        ("LockRequest", "RearDriverLock") => lock(|car, yes| car.comfort.doors[2].tell(is(yes)))
            .if_(|car, yes| locks(car, car.body.rear_driver_door, yes)),
        ("LockRequest", "RearPassengerLock") => lock(|car, yes| car.comfort.doors[3].tell(is(yes)))
            .if_(|car, yes| locks(car, car.body.rear_passenger_door, yes)),
        ("LockRequest", "TrunkLock") => {
            lock(|car, yes| car.comfort.doors[TRUNK].tell(is(yes))).if_(|car, yes| locks(car, car.body.trunk, yes))
        }
        ("WindowRequest", "Driver") => {
            Deed::new(|car, percent| car.body.driver_window_percent = percent).if_(|car, _| !car.body.driver_door)
        }
        ("WindowRequest", "Passenger") => {
            Deed::new(|car, percent| car.body.passenger_window_percent = percent).if_(|car, _| !car.body.passenger_door)
        }
        ("WindowRequest", "RearDriver") => Deed::new(|car, percent| car.body.rear_driver_window_percent = percent)
            .if_(|car, _| !car.body.rear_driver_door),
        ("WindowRequest", "RearPassenger") => {
            Deed::new(|car, percent| car.body.rear_passenger_window_percent = percent)
                .if_(|car, _| !car.body.rear_passenger_door)
        }
        ("TrunkRequest", "Trunk") => Deed::new(|car, yes| car.body.trunk = is(yes))
            .takes(TRUNK_MS)
            .if_(|car, _| car.stands() && !car.comfort.locks(TRUNK, car.body.trunk)),
        ("HornRequest", "Horn") => Deed::new(|car, yes| car.signs.horn = is(yes)).thinks(HORN_THINKS_MS),
        _ => return None,
    })
}

fn mirrors(message: &str, signal: &str) -> Option<Deed> {
    let fold = |does| Deed::new(does).takes(FOLD_MS).if_(|car, _| car.stands());
    Some(match (message, signal) {
        ("MirrorFoldRequest", "DriverFolded") => fold(|car, yes| car.comfort.folded[0].tell(is(yes))),
        ("MirrorFoldRequest", "PassengerFolded") => fold(|car, yes| car.comfort.folded[1].tell(is(yes))),
        ("MirrorRequest", "DriverTilt") => Deed::new(|car, to| car.comfort.mirrors[DRIVER_TILT].aim = to),
        ("MirrorRequest", "DriverPan") => Deed::new(|car, to| car.comfort.mirrors[DRIVER_PAN].aim = to),
        ("MirrorRequest", "PassengerTilt") => {
            // It looks at the kerb.
            Deed::new(|car, to| car.comfort.passenger_tilt = to).if_(|car, _| car.body.gear != Gear::R)
        }
        ("MirrorRequest", "PassengerPan") => Deed::new(|car, to| car.comfort.mirrors[PASSENGER_PAN].aim = to),
        _ => return None,
    })
}

fn lights(message: &str, signal: &str) -> Option<Deed> {
    Some(match (message, signal) {
        ("LightRequest", "Switch") => Deed::new(|car, number| {
            if let Some(position) = LightSwitch::ALL.get(number as usize) {
                car.signs.turn(*position, &mut car.body, car.sky.light);
            }
        }),
        ("DomeRequest", "Dome") => Deed::new(|car, yes| car.signs.dome.tell(is(yes))),
        ("AmbienceRequest", "Ambience") => Deed::new(|car, yes| car.signs.ambience.tell(is(yes))),
        ("AmbienceRequest", "AmbienceLevel") => Deed::new(|car, percent| car.signs.ambience_level = percent),
        ("AmbienceRequest", "RearAmbience") => Deed::new(|car, yes| car.signs.rear_ambience.tell(is(yes))),
        ("AmbienceRequest", "RearLevel") => Deed::new(|car, percent| car.signs.rear_level = percent),
        ("WiperRequest", "Mode") => Deed::new(|car, number| {
            const MODES: [Wipers; 6] =
                [Wipers::Off, Wipers::Slow, Wipers::Medium, Wipers::Fast, Wipers::Interval, Wipers::Auto];
            car.body.wipers = MODES.get(number as usize).copied().unwrap_or(car.body.wipers);
        })
        .if_(|car, _| car.is_on()),
        ("WiperRequest", "RearMode") => {
            Deed::new(|car, number| car.body.rear_wiper = number > 0.0).if_(|car, _| car.is_on())
        }
        _ => return None,
    })
}

fn seats(message: &str, signal: &str) -> Option<Deed> {
    macro_rules! seat {
        ($seat:ident, $axis:ident) => {
            Deed::new(|car, to| aim(&mut car.seats.$seat[$axis], to))
        };
    }
    let parked = |deed: Deed| deed.if_(|car, _| car.body.gear == Gear::P && car.stands());
    Some(match (message, signal) {
        ("DriverSeatRequest", "Position") => parked(seat!(driver, POSITION)),
        ("DriverSeatRequest", "Height") => parked(seat!(driver, HEIGHT)),
        ("DriverSeatRequest", "Recline") => parked(seat!(driver, RECLINE)),
        ("DriverSeatRequest", "Tilt") => parked(seat!(driver, TILT)),
        ("DriverSeatRequest", "Lumbar") => parked(seat!(driver, LUMBAR)),
        ("DriverSeatRequest", "Headrest") => parked(seat!(driver, HEADREST)),
        ("PassengerSeatRequest", "Position") => seat!(passenger, POSITION),
        ("PassengerSeatRequest", "Height") => seat!(passenger, HEIGHT),
        ("PassengerSeatRequest", "Recline") => seat!(passenger, RECLINE),
        ("PassengerSeatRequest", "Tilt") => seat!(passenger, TILT),
        ("PassengerSeatRequest", "Lumbar") => seat!(passenger, LUMBAR),
        ("PassengerSeatRequest", "Headrest") => seat!(passenger, HEADREST),
        _ => return None,
    })
}

fn drive(message: &str, signal: &str) -> Option<Deed> {
    Some(match (message, signal) {
        ("ChargeLimitRequest", "Limit") => Deed::new(|car, percent| car.body.charge_limit_percent = percent),
        ("ChargeRequest", "Flap") => Deed::new(|car, yes| car.body.charge_flap = is(yes))
            .takes(FLAP_MS)
            .if_(|car, yes| car.body.gear == Gear::P && car.stands() && (is(yes) || !car.body.is_plugged())),
        ("ChargeRequest", "CableLock") => Deed::new(|car, yes| car.charging.cable.tell(is(yes)))
            .takes(LOCK_MS)
            .if_(|car, yes| car.body.is_plugged() && (is(yes) || !car.charging.is_charging())),
        ("ChargeRequest", "StartStop") => Deed::new(|car, start| {
            car.body.plugged = car.body.is_plugged();
            car.body.charging = is(start);
        })
        .if_(|car, start| !is(start) || car.body.is_plugged()),
        ("DriveModeRequest", "Mode") => Deed::new(|car, number| {
            const MODES: [DriveMode; 5] =
                [DriveMode::Normal, DriveMode::Sport, DriveMode::Economy, DriveMode::Snow, DriveMode::Rain];
            car.body.drive_mode = MODES.get(number as usize).copied().unwrap_or(car.body.drive_mode);
        })
        .if_(|car, _| car.body.power == Power::On),
        _ => return None,
    })
}

fn is(yes: f64) -> bool {
    yes > 0.5
}

/// An open door does not lock, and none unlocks on the way.
fn locks(car: &Car, open: bool, yes: f64) -> bool {
    if is(yes) { !open } else { car.stands() }
}

fn aim(axis: &mut Axis, to: f64) {
    axis.aim = to;
}

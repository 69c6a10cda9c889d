//! Which car this is, where it is, and when.

use super::{Each, Plain, Source, flag};
use crate::model::Car;
use crate::model::battery::CAPACITY;
use crate::model::motion::{self, DRIVE_LIMIT, FORCE_LIMIT, REGENERATION_LIMIT};

/// Made up, and nobody has it.
const VIN: &[u8] = b"TANDEMDEM0CAR0001";
/// Letters that VinText has room for.
const LETTERS: usize = 18;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("ClockStatus", "MinuteOfDay") => |car| Some((car.clock() / 60) as f64),
        ("ClockStatus", "Second") => |car| Some((car.clock() % 60) as f64),
        ("GnssPosition", "Latitude") => |car| car.body.gnss_fix.then(|| car.place.received().0),
        ("GnssPosition", "Longitude") => |car| car.body.gnss_fix.then(|| car.place.received().1),
        ("GnssCourse", "Heading") => |car| car.body.gnss_fix.then_some(car.place.heading),
        ("GnssCourse", "Altitude") => |car| car.body.gnss_fix.then(|| car.place.received_altitude()),
        ("GnssCourse", "FixType") => |car| Some(if car.body.gnss_fix { 2.0 } else { 0.0 }),
        ("GnssCourse", "Satellites") => |car| Some(if car.body.gnss_fix { 11.0 } else { 1.0 }),
        ("IdentityStatus", "Serial") => |_| Some(1.0),
        ("IdentityStatus", "ModelYear") => |_| Some(2025.0),
        ("IdentityStatus", "Brand") => |_| Some(1.0),
        ("IdentityStatus", "Model") => |_| Some(1.0),
        ("DateStatus", "Year") => |_| Some(2025.0),
        ("DateStatus", "Month") => |_| Some(6.0),
        ("DateStatus", "Day") => |car| Some(car.day()),
        ("ServiceStatus", "Distance") => |car| Some(30_000.0 - car.odometer / 1000.0),
        ("ServiceStatus", "Days") => |_| Some(412.0),
        ("ServiceStatus", "Due") => |car| flag(car.odometer > 30_000_000.0),
        ("CarConfiguration", "MotorPower") => |_| Some(DRIVE_LIMIT / 1000.0),
        ("CarConfiguration", "MotorTorque") => |_| Some(motion::torque(FORCE_LIMIT)),
        ("CarConfiguration", "RegenerationPower") => |_| Some(REGENERATION_LIMIT / 1000.0),
        ("CarConfiguration", "BatteryCapacity") => |_| Some(CAPACITY / 1000.0 + 4.0),
        ("CarConfiguration", "BatteryVoltage") => |_| Some(360.0),
        ("CarConfiguration", "Doors") => |_| Some(5.0),
        ("CarConfiguration", "Seats") => |_| Some(5.0),
        ("CarConfiguration", "DriverSide") => |_| Some(0.0),
        ("CarConfiguration", "DrivenWheels") => |_| Some(1.0),
        ("CarConfiguration", "Propulsion") => |_| Some(2.0),
        ("GnssQuality", "Horizontal") => |car| car.body.gnss_fix.then_some(1.6),
        ("GnssQuality", "Vertical") => |car| car.body.gnss_fix.then_some(3.0),
        ("GnssQuality", "Dilution") => |car| car.body.gnss_fix.then_some(0.9),
        ("GnssQuality", "InView") => |car| Some(if car.body.gnss_fix { 14.0 } else { 2.0 }),
        ("GnssTime", "Hour") => |car| Some(utc(car, 3600) % 24.0),
        ("GnssTime", "Minute") => |car| Some(utc(car, 60) % 60.0),
        ("GnssTime", "Second") => |car| Some(utc(car, 1) % 60.0),
        _ => return None,
    })
}

/// A letter of the vehicle identification number, counted from 0.
pub fn letter(message: &str, signal: &str) -> Option<Source> {
    let of: Each = |_, at| VIN.get(at).copied().map(f64::from);
    let number = (message == "VinText").then(|| signal.strip_prefix("Letter"))??;
    Source::numbered(of, number, LETTERS)
}

/// Whole units of so many seconds since a midnight in Greenwich.
fn utc(car: &Car, seconds: u64) -> f64 {
    ((car.clock() + 8 * 3600) / seconds) as f64
}

//! The drive, the brakes, and how far it went.

use super::{Plain, flag};
use crate::model::Car;
use crate::model::body::{Gear, Power};
use crate::model::motion::{DRIVE_LIMIT, FORCE_LIMIT, REGENERATION_LIMIT, torque};

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("VehicleMotion", "Speed") => |car| Some(car.motion.speed * 3.6),
        ("VehicleMotion", "LongitudinalAcceleration") => |car| Some(car.motion.acceleration),
        ("VehicleMotion", "YawRate") => |car| Some(car.place.yaw_rate),
        ("VehicleMotion", "Standstill") => |car| flag(car.stands()),
        ("MotorStatus", "Power") => |car| Some(car.motion.motor_power() / 1000.0),
        ("MotorStatus", "Torque") => |car| Some(car.motion.motor_torque()),
        ("MotorStatus", "MotorSpeed") => |car| {
            let sign = if car.body.gear == Gear::R { -1.0 } else { 1.0 };
            Some(sign * car.motion.motor_turns())
        },
        ("GearStatus", "SelectedGear") => |car| Some(f64::from(car.body.gear as u8)),
        ("GearStatus", "DriveReady") => |car| flag(car.body.power == Power::On && !car.body.is_plugged()),
        ("BrakeStatus", "BrakePedal") => |car| Some(car.brake_pedal),
        ("BrakeStatus", "ParkingBrake") => |car| flag(car.body.parking_brake),
        ("BrakeStatus", "AbsFault") => |car| flag(car.body.abs_fault),
        ("BrakeStatus", "EscFault") => |car| flag(car.body.esc_fault),
        ("BrakeStatus", "EscActive") => |car| flag(car.body.esc_active),
        ("BrakeStatus", "VehicleHold") => |car| flag(car.holds()),
        ("OdometerStatus", "Odometer") => |car| Some((car.odometer / 100.0).floor() / 10.0),
        ("TripStatus", "TripDistance") => |car| Some(car.trip.0),
        ("TripStatus", "TripDuration") => |car| Some(car.trip.1),
        ("MotorTemperatures", "Stator") => |car| Some(car.thermal.motor),
        ("MotorTemperatures", "Inverter") => |car| Some(car.thermal.inverter),
        ("MotorTemperatures", "Coolant") => |car| Some(car.thermal.coolant),
        ("MotorTemperatures", "Gears") => |car| Some(car.thermal.gears),
        ("MotorLimits", "DriveTorque") => |car| Some(drive_torque(car)),
        ("MotorLimits", "RegenerationTorque") => |car| Some(regeneration_torque(car)),
        ("MotorLimits", "DrivePower") => |car| Some(if car.is_on() { DRIVE_LIMIT / 1000.0 } else { 0.0 }),
        ("MotorLimits", "RegenerationPower") => |car| Some(if car.is_on() { REGENERATION_LIMIT / 1000.0 } else { 0.0 }),
        ("AcceleratorStatus", "Pedal") => |car| Some(car.chassis.accelerator),
        ("AcceleratorStatus", "KickDown") => |car| flag(car.chassis.accelerator >= 99.0),
        ("DriveModeStatus", "Mode") => |car| Some(f64::from(car.body.drive_mode as u8)),
        ("DriveModeStatus", "ParkLock") => |car| flag(car.body.gear == Gear::P),
        ("DriveModeStatus", "Direction") => |car| Some(f64::from(direction(car))),
        ("DriveModeStatus", "MotorEngaged") => |car| flag(car.body.drives()),
        ("MotorTotals", "Recovered") => |car| Some(car.totals.braked / 1000.0),
        ("MotorTotals", "OperatingTime") => |car| Some(car.totals.turned / 3600.0),
        ("WheelSpeeds", "FrontLeft") => |car| Some(car.chassis.wheels[0] * 3.6),
        ("WheelSpeeds", "FrontRight") => |car| Some(car.chassis.wheels[1] * 3.6),
        ("WheelSpeeds", "RearLeft") => |car| Some(car.chassis.wheels[2] * 3.6),
        ("WheelSpeeds", "RearRight") => |car| Some(car.chassis.wheels[3] * 3.6),
        ("BrakePressure", "Master") => |car| Some(car.chassis.brake_pressure),
        ("BrakePressure", "Front") => |car| Some(car.chassis.brake_pressure),
        ("BrakePressure", "Rear") => |car| Some(car.chassis.brake_pressure * 0.6),
        ("StabilityStatus", "AbsOn") => |car| flag(car.is_on()),
        ("StabilityStatus", "AbsActive") => |car| flag(car.body.abs_active),
        ("StabilityStatus", "EscOn") => |car| flag(car.is_on()),
        ("StabilityStatus", "TractionOn") => |car| flag(car.is_on()),
        ("StabilityStatus", "TractionActive") => |car| flag(car.body.tcs_active),
        ("StabilityStatus", "TractionFault") => |car| flag(car.body.esc_fault),
        ("StabilityStatus", "DistributionOn") => |car| flag(car.is_on()),
        ("StabilityStatus", "DistributionActive") => |car| flag(car.brake_pedal > 30.0 && !car.stands()),
        ("StabilityStatus", "DistributionFault") => |car| flag(car.body.abs_fault),
        ("StabilityStatus", "EmergencyBraking") => |car| flag(car.brake_pedal > 80.0),
        ("StabilityStatus", "CrossWind") => |_| flag(false),
        ("BrakeWear", "PadsFrontLeft") => |car| Some(pad_wear(car, 0)),
        ("BrakeWear", "PadsFrontRight") => |car| Some(pad_wear(car, 1)),
        ("BrakeWear", "PadsRearLeft") => |car| Some(pad_wear(car, 2)),
        ("BrakeWear", "PadsRearRight") => |car| Some(pad_wear(car, 3)),
        ("BrakeWear", "Fluid") => |_| Some(86.0),
        ("RoadFriction", "Least") => |car| Some(friction(car) - 12.0),
        ("RoadFriction", "Likely") => |car| Some(friction(car)),
        ("RoadFriction", "Most") => |car| Some(friction(car) + 4.0),
        _ => return None,
    })
}

/// Nm at the motor's shaft.
fn drive_torque(car: &Car) -> f64 {
    if car.is_on() { torque(FORCE_LIMIT.min(DRIVE_LIMIT / car.motion.speed.max(0.1))) } else { 0.0 }
}

/// Nm at the motor's shaft, as a positive number.
fn regeneration_torque(car: &Car) -> f64 {
    if car.is_on() { torque(FORCE_LIMIT.min(REGENERATION_LIMIT / car.motion.speed.max(0.1))) } else { 0.0 }
}

/// 0 none, 1 forwards, 2 backwards.
fn direction(car: &Car) -> u8 {
    match (car.body.drives(), car.body.gear) {
        (true, Gear::D) => 1,
        (true, Gear::R) => 2,
        _ => 0,
    }
}

/// Percent that is gone, after so many metres; the front wheels do most of the work.
fn pad_wear(car: &Car, wheel: usize) -> f64 {
    let metres_a_percent = if wheel < 2 { 900_000.0 } else { 1_400_000.0 };
    (car.odometer / metres_a_percent).min(100.0)
}

/// Percent of a dry and rough road.
fn friction(car: &Car) -> f64 {
    94.0 - car.sky.rain * 0.4
}

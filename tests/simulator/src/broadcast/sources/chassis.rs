//! Steering, springs and tyres.

use super::{Plain, flag};
use crate::model::Car;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("TyreStatus", "PressureFrontLeft") => |car| Some(car.air.tyres[0].pressure()),
        ("TyreStatus", "TemperatureFrontLeft") => |car| Some(car.air.tyres[0].temperature),
        ("TyreStatus", "PressureFrontRight") => |car| Some(car.air.tyres[1].pressure()),
        ("TyreStatus", "TemperatureFrontRight") => |car| Some(car.air.tyres[1].temperature),
        ("TyreStatus", "PressureRearLeft") => |car| Some(car.air.tyres[2].pressure()),
        ("TyreStatus", "TemperatureRearLeft") => |car| Some(car.air.tyres[2].temperature),
        ("TyreStatus", "PressureRearRight") => |car| Some(car.air.tyres[3].pressure()),
        ("TyreStatus", "TemperatureRearRight") => |car| Some(car.air.tyres[3].temperature),
        ("SteeringStatus", "Angle") => |car| Some(car.chassis.steering),
        ("SteeringStatus", "Rate") => |car| Some(car.chassis.steering_rate.clamp(-2000.0, 2000.0)),
        ("SteeringStatus", "Torque") => |car| Some(car.chassis.steering_torque()),
        ("SteeringStatus", "WheelAngle") => |car| Some(car.chassis.wheel_angle()),
        ("InertialStatus", "Lateral") => |car| Some(car.chassis.lateral),
        ("InertialStatus", "Vertical") => |car| Some(car.chassis.pitch_rate * 0.02),
        ("InertialStatus", "RollRate") => |car| Some(car.chassis.roll_rate),
        ("InertialStatus", "PitchRate") => |car| Some(car.chassis.pitch_rate),
        ("InertialStatus", "Roll") => |car| Some(car.chassis.roll),
        ("InertialStatus", "Pitch") => |car| Some(car.chassis.pitch),
        ("SuspensionStatus", "HeightFrontLeft") => |car| Some(car.chassis.height(0)),
        ("SuspensionStatus", "HeightFrontRight") => |car| Some(car.chassis.height(1)),
        ("SuspensionStatus", "HeightRearLeft") => |car| Some(car.chassis.height(2)),
        ("SuspensionStatus", "HeightRearRight") => |car| Some(car.chassis.height(3)),
        ("SuspensionStatus", "DampingFrontLeft") => |car| Some(damping(car, 0)),
        ("SuspensionStatus", "DampingFrontRight") => |car| Some(damping(car, 1)),
        ("SuspensionStatus", "DampingRearLeft") => |car| Some(damping(car, 2)),
        ("SuspensionStatus", "DampingRearRight") => |car| Some(damping(car, 3)),
        ("TyreWarnings", "LowFrontLeft") => |car| flag(car.air.tyres[0].pressure() < 210.0),
        ("TyreWarnings", "LowFrontRight") => |car| flag(car.air.tyres[1].pressure() < 210.0),
        ("TyreWarnings", "LowRearLeft") => |car| flag(car.air.tyres[2].pressure() < 210.0),
        ("TyreWarnings", "LowRearRight") => |car| flag(car.air.tyres[3].pressure() < 210.0),
        ("TyreWarnings", "RubberFrontLeft") => |car| Some(car.air.tyres[0].temperature + car.motion.speed * 0.2),
        ("TyreWarnings", "RubberFrontRight") => |car| Some(car.air.tyres[1].temperature + car.motion.speed * 0.2),
        ("TyreWarnings", "RubberRearLeft") => |car| Some(car.air.tyres[2].temperature + car.motion.speed * 0.2),
        ("TyreWarnings", "RubberRearRight") => |car| Some(car.air.tyres[3].temperature + car.motion.speed * 0.2),
        _ => return None,
    })
}

/// Percent: harder the faster it goes, and the more it leans.
fn damping(car: &Car, wheel: usize) -> f64 {
    let rear = if wheel < 2 { 0.0 } else { 6.0 };
    (30.0 + car.motion.speed + car.chassis.lateral.abs() * 6.0 + rear).min(100.0)
}

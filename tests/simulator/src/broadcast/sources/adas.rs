//! What the car sees, and what it makes of it.

use super::{Each, Plain, Source, flag};
use crate::model::Car;
use crate::model::around::{Cruise, Seen};
use crate::model::around::{ECHOES, is_near};
use crate::model::body::Indicator;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("LeadVehicle", "Distance") => |car| lead(car).map(|(metres, _)| metres),
        ("LeadVehicle", "RelativeSpeed") => |car| lead(car).map(|(_, grows)| grows.clamp(-100.0, 100.0)),
        ("LeadVehicle", "TimeGap") => |car| car.around.gap(&car.motion).map(|seconds| (seconds * 1000.0).min(10_000.0)),
        ("LeadVehicle", "Class") => |car| Some(f64::from(u8::from(lead(car).is_some()))),
        ("LeadVehicle", "Warning") => |car| flag(collision(car) < 2.6),
        ("LeadVehicle", "Enabled") => |car| flag(car.is_on()),
        ("LeadVehicle", "Fault") => |_| flag(false),
        ("RadarObjects", "Distance1") => |car| object(car, 0).map(|object| object.ahead),
        ("RadarObjects", "Lateral1") => |car| object(car, 0).map(|object| object.left),
        ("RadarObjects", "RelativeSpeed1") => |car| object(car, 0).map(|object| object.grows),
        ("RadarObjects", "Class1") => |car| Some(f64::from(u8::from(object(car, 0).is_some()))),
        ("RadarObjects", "Distance2") => |car| object(car, 1).map(|object| object.ahead),
        ("RadarObjects", "Lateral2") => |car| object(car, 1).map(|object| object.left),
        ("RadarObjects", "RelativeSpeed2") => |car| object(car, 1).map(|object| object.grows),
        ("RadarObjects", "Class2") => |car| Some(f64::from(u8::from(object(car, 1).is_some()))),
        ("RadarObjects", "Distance3") => |car| object(car, 2).map(|object| object.ahead),
        ("RadarObjects", "Lateral3") => |car| object(car, 2).map(|object| object.left),
        ("RadarObjects", "RelativeSpeed3") => |car| object(car, 2).map(|object| object.grows),
        ("RadarObjects", "Class3") => |car| Some(f64::from(u8::from(object(car, 2).is_some()))),
        ("LaneStatus", "Left") => |car| lines(car).map(|(left, _)| left),
        ("LaneStatus", "Right") => |car| lines(car).map(|(_, right)| right),
        ("LaneStatus", "Enabled") => |car| flag(car.is_on()),
        ("LaneStatus", "Warning") => |car| flag(car.around.departs(&car.body, &car.motion)),
        ("LaneStatus", "Fault") => |_| flag(false),
        ("LaneGeometry", "LeftOffset") => |car| Some(line(car, 0, 0)),
        ("LaneGeometry", "LeftHeading") => |car| Some(line(car, 0, 1)),
        ("LaneGeometry", "LeftCurvature") => |car| Some(line(car, 0, 2)),
        ("LaneGeometry", "LeftCurvatureRate") => |car| Some(line(car, 0, 3)),
        ("LaneGeometry", "RightOffset") => |car| Some(line(car, 1, 0)),
        ("LaneGeometry", "RightHeading") => |car| Some(line(car, 1, 1)),
        ("LaneGeometry", "RightCurvature") => |car| Some(line(car, 1, 2)),
        ("LaneGeometry", "RightCurvatureRate") => |car| Some(line(car, 1, 3)),
        ("LaneGeometry", "LeftQuality") => |car| Some(if lines(car).is_some() { 92.0 } else { 0.0 }),
        ("LaneGeometry", "RightQuality") => |car| Some(if lines(car).is_some() { 88.0 } else { 0.0 }),
        ("RoadSigns", "Limit") => |car| (car.body.limit_kmh > 0.0).then_some(car.body.limit_kmh),
        ("RoadSigns", "Exceeded") => {
            |car| flag(car.body.limit_kmh > 0.0 && car.motion.speed * 3.6 > car.body.limit_kmh + 3.0)
        }
        ("RoadSigns", "NoOvertaking") => |_| flag(false),
        ("CruiseStatus", "State") => |car| Some(f64::from(car.body.cruise as u8)),
        ("CruiseStatus", "SetSpeed") => |car| (car.body.cruise != Cruise::Off).then_some(car.body.cruise_kmh),
        ("CruiseStatus", "Interval") => |_| Some(2.0),
        ("CruiseStatus", "DistanceSet") => {
            |car| (car.body.cruise != Cruise::Off).then(|| (4.0 + 1.8 * car.motion.speed).min(127.0))
        }
        ("CruiseStatus", "Adaptive") => |car| flag(car.body.cruise != Cruise::Off),
        ("CruiseStatus", "Fault") => |_| flag(false),
        ("EmergencyBrake", "Enabled") => |car| flag(car.is_on()),
        ("EmergencyBrake", "Warning") => |car| Some(f64::from(u8::from(collision(car) < 2.6))),
        ("EmergencyBrake", "Braking") => |_| flag(false),
        ("EmergencyBrake", "Fault") => |_| flag(false),
        ("EmergencyBrake", "Collision") => |car| car.around.collision(&car.motion).map(|seconds| seconds.min(12.0)),
        ("ParkingRear", "Left") => |car| rear(car)[0],
        ("ParkingRear", "Centre") => |car| rear(car)[1],
        ("ParkingRear", "Right") => |car| rear(car)[2],
        ("ParkingRear", "LeftWarning") => |car| flag(is_near(rear(car)[0])),
        ("ParkingRear", "CentreWarning") => |car| flag(is_near(rear(car)[1])),
        ("ParkingRear", "RightWarning") => |car| flag(is_near(rear(car)[2])),
        ("ParkingRear", "Enabled") => |car| flag(car.around.parks(&car.body, &car.motion)),
        ("ParkingRear", "Fault") => |_| flag(false),
        ("ParkingFront", "Left") => |car| front(car)[0],
        ("ParkingFront", "Centre") => |car| front(car)[1],
        ("ParkingFront", "Right") => |car| front(car)[2],
        ("ParkingFront", "LeftWarning") => |car| flag(is_near(front(car)[0])),
        ("ParkingFront", "CentreWarning") => |car| flag(is_near(front(car)[1])),
        ("ParkingFront", "RightWarning") => |car| flag(is_near(front(car)[2])),
        ("ParkingFront", "Enabled") => |car| flag(car.around.parks(&car.body, &car.motion)),
        ("ParkingFront", "Fault") => |_| flag(false),
        ("BlindSpot", "Left") => |car| Some(f64::from(u8::from(beside(car)))),
        ("BlindSpot", "Right") => |_| Some(0.0),
        ("BlindSpot", "LeftWarning") => |car| flag(beside(car) && car.body.blinks(Indicator::Left)),
        ("BlindSpot", "RightWarning") => |_| flag(false),
        ("BlindSpot", "Enabled") => |car| flag(car.is_on()),
        ("DriverMonitor", "Hands") => |car| flag(car.body.has_driver() && !car.stands()),
        ("DriverMonitor", "Eyes") => |car| flag(car.body.has_driver() && !car.stands()),
        ("DriverMonitor", "Attention") => |car| car.body.has_driver().then(|| car.around.driver().0),
        ("DriverMonitor", "Distraction") => |car| car.body.has_driver().then(|| 100.0 - car.around.driver().0),
        ("DriverMonitor", "Tiredness") => |car| car.body.has_driver().then(|| car.around.driver().1),
        ("AutonomyStatus", "Level") => |car| Some(if car.body.cruise == Cruise::Active { 2.0 } else { 0.0 }),
        ("AutonomyStatus", "Supported") => |_| Some(2.0),
        _ => return None,
    })
}

/// What one of the sensors in the bumpers hears, counted from 0.
pub fn echo(message: &str, signal: &str) -> Option<Source> {
    let kinds: [(&str, Each); 4] = [
        ("Distance", |car, at| echo_metres(car, at)),
        ("Strength", |car, at| echo_metres(car, at).map(|metres| (90.0 - metres * 15.0).max(0.0))),
        ("First", |car, at| echo_metres(car, at).map(flight)),
        ("Second", |car, at| echo_metres(car, at).map(|metres| flight(metres + 0.25))),
    ];
    let found = kinds.iter().find_map(|(kind, of)| Some((*of, signal.strip_prefix(kind)?)));
    let (of, number) = found.filter(|_| message == "ParkingEchoes")?;
    Source::numbered(of, number, ECHOES)
}

fn echo_metres(car: &Car, at: usize) -> Option<f64> {
    car.around.echo(&car.body, &car.motion, at)
}

/// us that a sound takes there and back.
fn flight(metres: f64) -> f64 {
    metres * 2.0 / 343.0 * 1e6
}

fn lead(car: &Car) -> Option<(f64, f64)> {
    car.around.lead(&car.motion)
}

/// s until the gap is closed; for ever if it does not close.
fn collision(car: &Car) -> f64 {
    car.around.collision(&car.motion).unwrap_or(f64::MAX)
}

fn lines(car: &Car) -> Option<(f64, f64)> {
    car.around.lines(&car.motion)
}

/// A coefficient of the left line (0) or of the right one (1): m to the left, and its derivatives.
fn line(car: &Car, side: usize, coefficient: usize) -> f64 {
    let Some((left, right)) = lines(car) else { return 0.0 };
    match (coefficient, side) {
        (0, 0) => left,
        (0, _) => -right,
        (2, _) => -car.place.yaw_rate.to_radians() / car.motion.speed.max(1.0) / 2.0,
        _ => 0.0,
    }
}

fn object(car: &Car, number: usize) -> Option<Seen> {
    car.around.object(&car.motion, number)
}

fn rear(car: &Car) -> [Option<f64>; 3] {
    car.around.rear(&car.body, &car.motion)
}

fn front(car: &Car) -> [Option<f64>; 3] {
    car.around.front(&car.body, &car.motion)
}

fn beside(car: &Car) -> bool {
    car.around.beside(&car.motion).is_some()
}

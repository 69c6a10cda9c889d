//! The cluster drawn without a process: what a driver sees of readings that are valid, stale, absent; by day, in Chinese. `TANDEM_PICTURES=DIR` keeps the
//! pictures, for a person to look at.

mod drawing;

use drawing::{Drawing, Look, drive};
use tandem_cluster::Leaf;
use tandem_units::{Quality, Value};

#[test]
fn a_drive_by_night() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    drawing.keep("valid");
}

#[test]
fn a_drive_by_day() {
    let mut drawing = Drawing::new(Look::DAY);
    drawing.hear(drive());
    drawing.keep("day");
}

#[test]
fn a_drive_in_chinese() {
    let mut drawing = Drawing::new(Look::CHINESE);
    drawing.hear(drive());
    drawing.hear([(Leaf::DriverDoor, Quality::Valid, Value::Bool(true))]);
    drawing.keep("zh");
}

#[test]
fn a_silent_car() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value)));
    drawing.keep("stale");
}

#[test]
fn a_silent_service() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.link(tandem_kit::Link::Silent);
    drawing.keep("absent");
}

#[test]
fn every_lamp() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let on = [
        Leaf::ParkingBrake,
        Leaf::AbsError,
        Leaf::EscError,
        Leaf::DriverDoor,
        Leaf::LowBeam,
        Leaf::HighBeam,
        Leaf::PositionLights,
        Leaf::FrontFog,
        Leaf::RearFog,
        Leaf::Hazard,
    ];
    drawing.hear(on.map(|leaf| (leaf, Quality::Valid, Value::Bool(true))));
    drawing.hear([
        (Leaf::Belt, Quality::Valid, Value::Bool(false)),
        (Leaf::FrontLeftTyre, Quality::Valid, Value::Int(150)),
        (Leaf::Charge, Quality::Valid, Value::Float(7.0)),
        (Leaf::Speed, Quality::Valid, Value::Float(130.0)),
        (Leaf::MotorPower, Quality::Valid, Value::Int(-35)),
        (Leaf::Gear, Quality::Valid, Value::Int(126)),
    ]);
    drawing.keep("lamps");
}

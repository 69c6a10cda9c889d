//! Power, lamps, doors, mirrors and wipers.

use super::{Plain, flag};
use crate::model::Car;
use crate::model::body::{Gear, Indicator};
use crate::model::comfort::{DRIVER_PAN, DRIVER_TILT, PASSENGER_PAN, PASSENGER_TILT, TRUNK};

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("PowerStatus", "PowerMode") => |car| Some(f64::from(car.body.power as u8)),
        ("PowerStatus", "SupplyVoltage") => |car| Some(if car.is_on() { 14.2 } else { 12.6 }),
        ("LightStatus", "IndicatorLeft") => |car| flag(car.body.blinks(Indicator::Left)),
        ("LightStatus", "IndicatorRight") => |car| flag(car.body.blinks(Indicator::Right)),
        ("LightStatus", "HazardLights") => |car| flag(car.body.indicator == Indicator::Hazard),
        ("LightStatus", "LowBeam") => |car| flag(car.body.low_beam),
        ("LightStatus", "HighBeam") => |car| flag(car.body.high_beam),
        ("LightStatus", "ParkingLights") => |car| flag(car.body.parking_lights),
        ("LightStatus", "FrontFogLights") => |car| flag(car.body.front_fog_lights),
        ("LightStatus", "RearFogLights") => |car| flag(car.body.rear_fog_lights),
        ("DoorStatus", "DriverDoor") => |car| flag(car.body.driver_door),
        ("DoorStatus", "PassengerDoor") => |car| flag(car.body.passenger_door),
        ("DoorStatus", "RearDriverDoor") => |car| flag(car.body.rear_driver_door),
        ("DoorStatus", "RearPassengerDoor") => |car| flag(car.body.rear_passenger_door),
        ("DoorStatus", "Trunk") => |car| flag(car.body.trunk),
        ("DoorStatus", "Hood") => |car| flag(car.body.hood),
        ("LockStatus", "DriverLock") => |car| flag(car.comfort.locks(0, car.body.driver_door)),
        ("LockStatus", "PassengerLock") => |car| flag(car.comfort.locks(1, car.body.passenger_door)),
        ("LockStatus", "RearDriverLock") => |car| flag(car.comfort.locks(2, car.body.rear_driver_door)),
        ("LockStatus", "RearPassengerLock") => |car| flag(car.comfort.locks(3, car.body.rear_passenger_door)),
        ("LockStatus", "TrunkLock") => |car| flag(car.comfort.locks(TRUNK, car.body.trunk)),
        ("LockStatus", "ChildLockDriverSide") => |_| flag(true),
        ("LockStatus", "ChildLockPassengerSide") => |_| flag(true),
        ("WindowStatus", "Driver") => |car| Some(car.comfort.windows[0]),
        ("WindowStatus", "Passenger") => |car| Some(car.comfort.windows[1]),
        ("WindowStatus", "RearDriver") => |car| Some(car.comfort.windows[2]),
        ("WindowStatus", "RearPassenger") => |car| Some(car.comfort.windows[3]),
        ("WindowStatus", "DriverOpen") => |car| flag(car.comfort.windows[0] > 0.0),
        ("WindowStatus", "PassengerOpen") => |car| flag(car.comfort.windows[1] > 0.0),
        ("WindowStatus", "RearDriverOpen") => |car| flag(car.comfort.windows[2] > 0.0),
        ("WindowStatus", "RearPassengerOpen") => |car| flag(car.comfort.windows[3] > 0.0),
        ("ExteriorLights", "DayRunning") => |car| flag(car.is_on() && !car.body.low_beam),
        ("ExteriorLights", "Backup") => |car| flag(car.body.gear == Gear::R && car.is_on()),
        ("ExteriorLights", "Brake") => |car| Some(f64::from(brake_lights(car))),
        ("ExteriorLights", "LicencePlate") => |car| flag(car.body.low_beam || car.body.parking_lights),
        ("ExteriorLights", "Switch") => |car| Some(f64::from(car.signs.switch.value() as u8)),
        ("ExteriorLights", "HighBeamSwitch") => |car| flag(car.body.high_beam),
        ("LampFaults", "LowBeam") => |_| flag(false),
        ("LampFaults", "HighBeam") => |_| flag(false),
        ("LampFaults", "IndicatorLeft") => |_| flag(false),
        ("LampFaults", "IndicatorRight") => |_| flag(false),
        ("LampFaults", "Brake") => |_| flag(false),
        ("LampFaults", "Backup") => |_| flag(false),
        ("LampFaults", "Parking") => |_| flag(false),
        ("LampFaults", "FrontFog") => |_| flag(false),
        ("LampFaults", "RearFog") => |_| flag(false),
        ("LampFaults", "LicencePlate") => |_| flag(false),
        ("LampFaults", "DayRunning") => |_| flag(false),
        ("MirrorStatus", "DriverFolded") => |car| flag(car.comfort.folded[0].value()),
        ("MirrorStatus", "PassengerFolded") => |car| flag(car.comfort.folded[1].value()),
        ("MirrorStatus", "DriverHeating") => |car| flag(car.comfort.mirrors_heated[0].value()),
        ("MirrorStatus", "PassengerHeating") => |car| flag(car.comfort.mirrors_heated[1].value()),
        ("MirrorStatus", "DriverTilt") => |car| Some(car.comfort.mirrors[DRIVER_TILT].at),
        ("MirrorStatus", "DriverPan") => |car| Some(car.comfort.mirrors[DRIVER_PAN].at),
        ("MirrorStatus", "PassengerTilt") => |car| Some(car.comfort.mirrors[PASSENGER_TILT].at),
        ("MirrorStatus", "PassengerPan") => |car| Some(car.comfort.mirrors[PASSENGER_PAN].at),
        ("MirrorStatus", "Dimming") => |car| Some(if car.sky.light < 10.0 { 70.0 } else { 0.0 }),
        ("WiperStatus", "Mode") => |car| Some(f64::from(car.body.wipers as u8)),
        ("WiperStatus", "RearMode") => |car| Some(if car.body.rear_wiper { 4.0 } else { 0.0 }),
        ("WiperStatus", "Wiping") => |car| flag(car.sky.wipes()),
        ("WiperStatus", "Position") => |car| Some(car.sky.position()),
        ("WiperStatus", "Frequency") => |car| Some(car.sky.frequency()),
        ("WiperStatus", "Blocked") => |_| flag(false),
        ("WiperStatus", "Sensitivity") => |_| Some(2.0),
        ("WindscreenStatus", "WasherLevel") => |_| Some(72.0),
        ("WindscreenStatus", "WasherLow") => |_| flag(false),
        ("WindscreenStatus", "FrontHeating") => |car| flag(car.body.front_defrost),
        ("WindscreenStatus", "RearHeating") => |car| flag(car.body.rear_defrost),
        ("RainLightSensor", "Rain") => |car| Some(car.sky.rain),
        ("RainLightSensor", "Light") => |car| Some(car.sky.light),
        ("RainLightSensor", "Humidity") => |car| Some(car.body.humidity_percent),
        ("RainLightSensor", "CabinLight") => {
            |car| Some((car.sky.light * 0.6 + if car.signs.dome.value() { 8.0 } else { 0.0 }).min(100.0))
        }
        ("HornStatus", "Horn") => |car| flag(car.signs.horn),
        _ => return None,
    })
}

/// 0 dark, 1 lit, 2 flashing.
fn brake_lights(car: &Car) -> u8 {
    match car.brake_pedal {
        pedal if pedal > 80.0 => 2,
        pedal if pedal > 0.0 && car.is_on() => 1,
        _ => 0,
    }
}

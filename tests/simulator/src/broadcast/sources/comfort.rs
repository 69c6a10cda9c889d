//! Seats, and the climate of every zone.

use super::{Plain, Source, flag};
use crate::model::Car;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("SeatStatus", "DriverBelt") => |car| flag(car.body.driver_belt),
        ("SeatStatus", "PassengerBelt") => |car| flag(car.body.passenger_belt),
        ("TemperatureStatus", "OutsideTemperature") => |car| Some(car.air.outside),
        ("TemperatureStatus", "CabinTemperature") => |car| Some(car.air.cabin),
        ("ClimateStatus", "DriverTemperature") => |car| Some(car.air.driver),
        ("ClimateStatus", "PassengerTemperature") => |car| Some(car.air.passenger),
        ("ClimateStatus", "FanSpeed") => |car| Some(if car.is_on() { car.body.fan_percent } else { 0.0 }),
        ("ClimateStatus", "AirConditioning") => |car| flag(car.body.air_conditioning && car.is_on()),
        ("DriverSeat", "Position") => |_| Some(168.0),
        ("DriverSeat", "Height") => |_| Some(42.0),
        ("DriverSeat", "Recline") => |_| Some(21.5),
        ("DriverSeat", "Tilt") => |_| Some(3.25),
        ("DriverSeat", "Lumbar") => |_| Some(40.0),
        ("DriverSeat", "Headrest") => |_| Some(55.0),
        ("PassengerSeat", "Position") => |_| Some(210.0),
        ("PassengerSeat", "Height") => |_| Some(30.0),
        ("PassengerSeat", "Recline") => |_| Some(26.0),
        ("PassengerSeat", "Tilt") => |_| Some(2.5),
        ("PassengerSeat", "Lumbar") => |_| Some(25.0),
        ("PassengerSeat", "Headrest") => |_| Some(48.0),
        ("SeatClimate", "Driver") => |car| Some(car.body.driver_seat_percent),
        ("SeatClimate", "Passenger") => |car| Some(car.body.passenger_seat_percent),
        ("SeatClimate", "SteeringWheel") => |car| Some(car.body.wheel_heating_percent),
        ("OccupantStatus", "Driver") => |car| flag(car.body.has_driver()),
        ("OccupantStatus", "Passenger") => |car| flag(car.body.passenger_belt),
        ("OccupantStatus", "RearDriver") => |car| flag(car.body.rear_driver_belt),
        ("OccupantStatus", "RearPassenger") => |car| flag(car.body.rear_passenger_belt),
        ("OccupantStatus", "RearDriverBelt") => |car| flag(car.body.rear_driver_belt),
        ("OccupantStatus", "RearPassengerBelt") => |car| flag(car.body.rear_passenger_belt),
        ("ClimateZones", "PassengerFan") => |car| Some(if car.is_on() { car.body.fan_percent } else { 0.0 }),
        ("ClimateZones", "RearDriverTemperature") => |car| Some(car.body.rear_celsius),
        ("ClimateZones", "RearPassengerTemperature") => |car| Some(car.body.rear_celsius),
        ("ClimateZones", "RearDriverFan") => |car| Some(if car.is_on() { car.body.rear_fan_percent } else { 0.0 }),
        ("ClimateZones", "RearPassengerFan") => |car| Some(if car.is_on() { car.body.rear_fan_percent } else { 0.0 }),
        ("ClimateZones", "DriverAir") => |car| Some(if car.body.front_defrost { 0.0 } else { 1.0 }),
        ("ClimateZones", "PassengerAir") => |car| Some(if car.body.front_defrost { 0.0 } else { 1.0 }),
        ("ClimateModes", "Recirculation") => |car| flag(car.body.recirculation),
        ("ClimateModes", "FrontDefrost") => |car| flag(car.body.front_defrost),
        ("ClimateModes", "RearDefrost") => |car| flag(car.body.rear_defrost),
        ("ClimateAir", "Vent") => |car| Some(vent(car)),
        ("ClimateAir", "Evaporator") => {
            |car| Some(if car.body.air_conditioning && car.is_on() { 4.0 } else { car.air.cabin })
        }
        ("ClimateAir", "Power") => |car| Some((car.air.power(&car.body) / 1000.0).min(12.0)),
        ("ClimateAir", "CabinHumidity") => |car| Some((car.body.humidity_percent * 0.6).min(100.0)),
        ("InteriorLights", "Dome") => |car| flag(car.comfort.lit()),
        ("InteriorLights", "GloveBox") => |_| flag(false),
        ("InteriorLights", "Trunk") => |car| flag(car.body.trunk),
        ("InteriorLights", "Ambience") => |car| flag(car.is_on() && car.sky.light < 20.0),
        ("InteriorLights", "AmbienceLevel") => |_| Some(35.0),
        _ => return None,
    })
}

/// What the climate control answers to a command.
pub fn answer(message: &str, signal: &str) -> Option<Source> {
    let answers = (message, signal) == ("ClimateStatus", "CommandAnswer");
    answers.then_some(Source::Climate(|climate| Some(f64::from(climate.said() as u8))))
}

/// °C: warmer than the cabin while it is to get warmer, and the other way round.
fn vent(car: &Car) -> f64 {
    let wish = (car.air.driver + car.air.passenger) / 2.0;
    (car.air.cabin + (wish - car.air.cabin) * 4.0).clamp(-30.0, 60.0)
}

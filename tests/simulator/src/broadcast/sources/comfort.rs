//! Seats, and the climate of every zone.

use super::{Plain, flag};
use crate::model::Car;
use crate::model::own::Own;
use crate::model::seats::{HEADREST, HEIGHT, LUMBAR, POSITION, RECLINE, TILT};

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
        ("DriverSeat", "Position") => |car| Some(car.seats.driver[POSITION].at),
        ("DriverSeat", "Height") => |car| Some(car.seats.driver[HEIGHT].at),
        ("DriverSeat", "Recline") => |car| Some(car.seats.driver[RECLINE].at),
        ("DriverSeat", "Tilt") => |car| Some(car.seats.driver[TILT].at),
        ("DriverSeat", "Lumbar") => |car| Some(car.seats.driver[LUMBAR].at),
        ("DriverSeat", "Headrest") => |car| Some(car.seats.driver[HEADREST].at),
        ("PassengerSeat", "Position") => |car| Some(car.seats.passenger[POSITION].at),
        ("PassengerSeat", "Height") => |car| Some(car.seats.passenger[HEIGHT].at),
        ("PassengerSeat", "Recline") => |car| Some(car.seats.passenger[RECLINE].at),
        ("PassengerSeat", "Tilt") => |car| Some(car.seats.passenger[TILT].at),
        ("PassengerSeat", "Lumbar") => |car| Some(car.seats.passenger[LUMBAR].at),
        ("PassengerSeat", "Headrest") => |car| Some(car.seats.passenger[HEADREST].at),
        ("SeatClimate", "Driver") => |car| Some(car.body.driver_seat_percent),
        ("SeatClimate", "Passenger") => |car| Some(car.body.passenger_seat_percent),
        ("SeatClimate", "SteeringWheel") => |car| Some(car.body.wheel_heating_percent),
        ("OccupantStatus", "Driver") => |car| flag(car.body.has_driver()),
        ("OccupantStatus", "Passenger") => |car| flag(car.body.passenger_belt),
        ("OccupantStatus", "RearDriver") => |car| flag(car.body.rear_driver_belt),
        ("OccupantStatus", "RearPassenger") => |car| flag(car.body.rear_passenger_belt),
        ("OccupantStatus", "RearDriverBelt") => |car| flag(car.body.rear_driver_belt),
        ("OccupantStatus", "RearPassengerBelt") => |car| flag(car.body.rear_passenger_belt),
        ("ClimateZones", "PassengerFan") => |car| Some(blown(car, car.air.passenger_fan)),
        ("ClimateZones", "RearDriverTemperature") => |car| Some(car.air.rear[0].value()),
        ("ClimateZones", "RearPassengerTemperature") => |car| Some(car.air.rear[1].value()),
        ("ClimateZones", "RearDriverFan") => |car| Some(blown(car, car.air.rear_fans[0])),
        ("ClimateZones", "RearPassengerFan") => |car| Some(blown(car, car.air.rear_fans[1])),
        ("ClimateZones", "DriverAir") => |car| Some(if car.body.front_defrost { 0.0 } else { car.air.vents[0] }),
        ("ClimateZones", "PassengerAir") => |car| Some(if car.body.front_defrost { 0.0 } else { car.air.vents[1] }),
        ("ClimateModes", "Recirculation") => |car| flag(car.body.recirculation),
        ("ClimateModes", "FrontDefrost") => |car| flag(car.body.front_defrost),
        ("ClimateModes", "RearDefrost") => |car| flag(car.body.rear_defrost),
        ("ClimateAir", "Vent") => |car| Some(vent(car)),
        ("ClimateAir", "Evaporator") => {
            |car| Some(if car.body.air_conditioning && car.is_on() { 4.0 } else { car.air.cabin })
        }
        ("ClimateAir", "Power") => |car| Some((car.air.power(&car.body) / 1000.0).min(12.0)),
        ("ClimateAir", "CabinHumidity") => |car| Some((car.body.humidity_percent * 0.6).min(100.0)),
        ("InteriorLights", "Dome") => |car| flag(car.signs.dome.value()),
        ("InteriorLights", "GloveBox") => |_| flag(false),
        ("InteriorLights", "Trunk") => |car| flag(car.body.trunk),
        ("InteriorLights", "Ambience") => |car| flag(car.signs.ambience.value()),
        ("InteriorLights", "AmbienceLevel") => |car| Some(car.signs.ambience_level),
        ("RearCabinLights", "Ambience") => |car| flag(car.signs.rear_ambience.value()),
        ("RearCabinLights", "AmbienceLevel") => |car| Some(car.signs.rear_level),
        // The rear panel asks for what is behind, and for nothing in front.
        ("AmbienceRequest", "Ambience" | "AmbienceLevel" | "RearAmbience") => |_| None,
        ("AmbienceRequest", "RearLevel") => |car| Some(car.signs.rear_level),
        _ => return None,
    })
}

/// Percent of a fan that only turns while the car is on.
fn blown(car: &Car, fan: Own<f64>) -> f64 {
    if car.is_on() { fan.value() } else { 0.0 }
}

/// °C: warmer than the cabin while it is to get warmer, and the other way round.
fn vent(car: &Car) -> f64 {
    let wish = (car.air.driver + car.air.passenger) / 2.0;
    (car.air.cabin + (wish - car.air.cabin) * 4.0).clamp(-30.0, 60.0)
}

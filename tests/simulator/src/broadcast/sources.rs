//! What each signal of the demo car's DBC files says: the one place that knows both names and model.

use crate::climate::Climate;
use crate::model::Car;
use crate::model::body::{Gear, Indicator, Power};

/// Where a signal's physical value comes from; `None` is "not measured".
pub type Source = fn(&Car, &Climate) -> Option<f64>;

/// The source of a signal, if the model has one.
pub fn source(message: &str, signal: &str) -> Option<Source> {
    Some(match (message, signal) {
        ("VehicleMotion", "Speed") => |car, _| Some(car.motion.speed * 3.6),
        ("VehicleMotion", "LongitudinalAcceleration") => |car, _| Some(car.motion.acceleration),
        ("VehicleMotion", "YawRate") => |car, _| Some(car.place.yaw_rate),
        ("VehicleMotion", "Standstill") => |car, _| flag(car.stands()),
        ("MotorStatus", "Power") => |car, _| Some(car.motion.motor_power() / 1000.0),
        ("MotorStatus", "Torque") => |car, _| Some(car.motion.motor_torque()),
        ("MotorStatus", "MotorSpeed") => |car, _| {
            let sign = if car.body.gear == Gear::R { -1.0 } else { 1.0 };
            Some(sign * car.motion.motor_turns())
        },
        ("GearStatus", "SelectedGear") => |car, _| Some(f64::from(car.body.gear as u8)),
        ("GearStatus", "DriveReady") => |car, _| flag(car.body.power == Power::On && !car.body.charging),
        ("BrakeStatus", "BrakePedal") => |car, _| Some(car.brake_pedal),
        ("BrakeStatus", "ParkingBrake") => |car, _| flag(car.body.parking_brake),
        ("BrakeStatus", "AbsFault") => |car, _| flag(car.body.abs_fault),
        ("BrakeStatus", "EscFault") => |car, _| flag(car.body.esc_fault),
        ("BrakeStatus", "EscActive") => |car, _| flag(car.body.esc_active),
        ("BrakeStatus", "VehicleHold") => |car, _| flag(car.holds()),
        ("BatteryStatus", "StateOfCharge") => |car, _| Some(car.battery.charge() * 100.0),
        ("BatteryStatus", "Power") => |car, _| Some(car.battery.power),
        ("BatteryStatus", "Voltage") => |car, _| Some(car.battery.voltage()),
        ("BatteryStatus", "Current") => |car, _| Some(car.battery.current()),
        ("EnergyStatus", "Range") => |car, _| Some(car.battery.range() / 1000.0),
        ("EnergyStatus", "AverageConsumption") => |car, _| Some(car.battery.consumption() * 100.0),
        ("EnergyStatus", "Charging") => |car, _| flag(car.body.charging),
        ("EnergyStatus", "UsableEnergy") => |car, _| Some(car.battery.energy() / 1000.0),
        // The invented battery has no thermometer.
        ("EnergyStatus", "BatteryTemperature") => |_, _| None,
        ("OdometerStatus", "Odometer") => |car, _| Some((car.odometer / 100.0).floor() / 10.0),
        ("TripStatus", "TripDistance") => |car, _| Some(car.trip.0),
        ("TripStatus", "TripDuration") => |car, _| Some(car.trip.1),
        ("TyreStatus", "PressureFrontLeft") => |car, _| Some(car.air.tyres[0].pressure()),
        ("TyreStatus", "TemperatureFrontLeft") => |car, _| Some(car.air.tyres[0].temperature),
        ("TyreStatus", "PressureFrontRight") => |car, _| Some(car.air.tyres[1].pressure()),
        ("TyreStatus", "TemperatureFrontRight") => |car, _| Some(car.air.tyres[1].temperature),
        ("TyreStatus", "PressureRearLeft") => |car, _| Some(car.air.tyres[2].pressure()),
        ("TyreStatus", "TemperatureRearLeft") => |car, _| Some(car.air.tyres[2].temperature),
        ("TyreStatus", "PressureRearRight") => |car, _| Some(car.air.tyres[3].pressure()),
        ("TyreStatus", "TemperatureRearRight") => |car, _| Some(car.air.tyres[3].temperature),
        ("PowerStatus", "PowerMode") => |car, _| Some(f64::from(car.body.power as u8)),
        ("PowerStatus", "SupplyVoltage") => |car, _| Some(if car.is_on() { 14.2 } else { 12.6 }),
        ("LightStatus", "IndicatorLeft") => |car, _| flag(car.body.blinks(Indicator::Left)),
        ("LightStatus", "IndicatorRight") => |car, _| flag(car.body.blinks(Indicator::Right)),
        ("LightStatus", "HazardLights") => |car, _| flag(car.body.indicator == Indicator::Hazard),
        ("LightStatus", "LowBeam") => |car, _| flag(car.body.low_beam),
        ("LightStatus", "HighBeam") => |car, _| flag(car.body.high_beam),
        ("LightStatus", "ParkingLights") => |car, _| flag(car.body.parking_lights),
        ("LightStatus", "FrontFogLights") => |car, _| flag(car.body.front_fog_lights),
        ("LightStatus", "RearFogLights") => |car, _| flag(car.body.rear_fog_lights),
        ("DoorStatus", "DriverDoor") => |car, _| flag(car.body.driver_door),
        ("DoorStatus", "PassengerDoor") => |car, _| flag(car.body.passenger_door),
        ("DoorStatus", "RearDriverDoor") => |car, _| flag(car.body.rear_driver_door),
        ("DoorStatus", "RearPassengerDoor") => |car, _| flag(car.body.rear_passenger_door),
        ("DoorStatus", "Trunk") => |car, _| flag(car.body.trunk),
        ("DoorStatus", "Hood") => |car, _| flag(car.body.hood),
        ("SeatStatus", "DriverBelt") => |car, _| flag(car.body.driver_belt),
        ("SeatStatus", "PassengerBelt") => |car, _| flag(car.body.passenger_belt),
        ("TemperatureStatus", "OutsideTemperature") => |car, _| Some(car.air.outside),
        ("TemperatureStatus", "CabinTemperature") => |car, _| Some(car.air.cabin),
        ("ClimateStatus", "DriverTemperature") => |car, _| Some(car.air.driver),
        ("ClimateStatus", "PassengerTemperature") => |car, _| Some(car.air.passenger),
        ("ClimateStatus", "FanSpeed") => |car, _| Some(if car.is_on() { car.body.fan_percent } else { 0.0 }),
        ("ClimateStatus", "AirConditioning") => |car, _| flag(car.body.air_conditioning && car.is_on()),
        ("ClimateStatus", "CommandAnswer") => |_, climate| Some(f64::from(climate.said() as u8)),
        ("ClockStatus", "MinuteOfDay") => |car, _| Some((car.clock() / 60) as f64),
        ("ClockStatus", "Second") => |car, _| Some((car.clock() % 60) as f64),
        ("GnssPosition", "Latitude") => |car, _| car.body.gnss_fix.then(|| car.place.received().0),
        ("GnssPosition", "Longitude") => |car, _| car.body.gnss_fix.then(|| car.place.received().1),
        ("GnssCourse", "Heading") => |car, _| car.body.gnss_fix.then_some(car.place.heading),
        ("GnssCourse", "Altitude") => |car, _| car.body.gnss_fix.then(|| car.place.received_altitude()),
        ("GnssCourse", "FixType") => |car, _| Some(if car.body.gnss_fix { 2.0 } else { 0.0 }),
        ("GnssCourse", "Satellites") => |car, _| Some(if car.body.gnss_fix { 11.0 } else { 1.0 }),
        _ => return None,
    })
}

fn flag(on: bool) -> Option<f64> {
    Some(f64::from(u8::from(on)))
}

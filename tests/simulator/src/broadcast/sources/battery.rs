//! The battery, its cells, and what the trip takes of it.

use super::{Each, Plain, Source, flag};
use crate::model::Car;
use crate::model::battery::CAPACITY;
use crate::model::cells::{self, CELLS, THERMOMETERS};
use crate::model::motion::DRIVE_LIMIT;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("BatteryStatus", "StateOfCharge") => |car| Some(car.battery.charge() * 100.0),
        ("BatteryStatus", "Power") => |car| Some(car.battery.power),
        ("BatteryStatus", "Voltage") => |car| Some(car.battery.voltage()),
        ("BatteryStatus", "Current") => |car| Some(car.battery.current()),
        ("EnergyStatus", "Range") => |car| Some(car.battery.range() / 1000.0),
        ("EnergyStatus", "AverageConsumption") => |car| Some(car.battery.consumption() * 100.0),
        ("EnergyStatus", "Charging") => |car| flag(car.charging.is_charging()),
        ("EnergyStatus", "UsableEnergy") => |car| Some(car.battery.energy() / 1000.0),
        // This place for a thermometer is empty: BatteryTemperatures tells of the real ones.
        ("EnergyStatus", "BatteryTemperature") => |_| None,
        ("BatteryTemperatures", "Lowest") => |car| Some(car.cells.temperatures(car.thermal.pack).0),
        ("BatteryTemperatures", "Highest") => |car| Some(car.cells.temperatures(car.thermal.pack).1),
        ("BatteryTemperatures", "Average") => |car| Some(car.thermal.pack),
        ("BatteryTemperatures", "Conditioning") => |car| Some(car.thermal.conditioning / 1000.0),
        ("BatteryHealth", "Health") => |car| Some(cells::health(car.odometer)),
        ("BatteryHealth", "Capacity") => |car| Some(CAPACITY / 1000.0 * cells::health(car.odometer) / 100.0),
        ("BatteryHealth", "Cycles") => |car| Some(car.totals.charged / CAPACITY),
        ("BatteryHealth", "Insulation") => |_| Some(2350.0),
        ("BatteryLimits", "DischargePower") => |car| Some(discharge_limit(car) / 1000.0),
        ("BatteryLimits", "ChargePower") => |car| Some(charge_limit(car) / 1000.0),
        ("BatteryLimits", "DischargeCurrent") => |car| Some(discharge_limit(car) / car.battery.voltage()),
        ("BatteryLimits", "ChargeCurrent") => |car| Some(charge_limit(car) / car.battery.voltage()),
        ("CellExtremes", "LowestVoltage") => |car| Some(extremes(car)[0].1),
        ("CellExtremes", "HighestVoltage") => |car| Some(extremes(car)[1].1),
        ("CellExtremes", "LowestCell") => |car| Some(extremes(car)[0].0 as f64 + 1.0),
        ("CellExtremes", "HighestCell") => |car| Some(extremes(car)[1].0 as f64 + 1.0),
        ("BatteryTotals", "Charged") => |car| Some(car.totals.charged / 1000.0),
        ("BatteryTotals", "Consumed") => |car| Some(car.totals.used / 1000.0),
        ("BatteryState", "MainRelays") => |car| flag(relays(car)),
        ("BatteryState", "Ground") => |_| flag(true),
        ("BatteryState", "Conditioning") => |car| Some(f64::from(conditioning(car))),
        ("BatteryState", "ShownCharge") => |car| Some(car.battery.charge() * 100.0),
        ("ConsumptionStatus", "AverageSpeed") => |car| Some(average_speed(car)),
        ("ConsumptionStatus", "Momentary") => |car| Some(momentary(car)),
        _ => return None,
    })
}

/// What a cell or a thermometer of the battery says, counted from 0.
pub fn cell(message: &str, signal: &str) -> Option<Source> {
    let (of, number, count): (Each, &str, usize) = match message {
        "CellVoltages" => {
            (|car, cell| car.cells.voltage(cell, car.battery.voltage()), signal.strip_prefix("Cell")?, CELLS)
        }
        "CellTemperatures" => {
            (|car, at| car.cells.temperature(at, car.thermal.pack), signal.strip_prefix("Thermometer")?, THERMOMETERS)
        }
        _ => return None,
    };
    Source::numbered(of, number, count)
}

fn extremes(car: &Car) -> [(usize, f64); 2] {
    car.cells.extremes(car.battery.voltage())
}

/// A cold battery gives and takes less: from nothing at -20 °C to all at 15.
fn warmth(car: &Car) -> f64 {
    ((car.thermal.pack + 20.0) / 35.0).clamp(0.0, 1.0)
}

/// W.
fn discharge_limit(car: &Car) -> f64 {
    if car.battery.is_flat() { 0.0 } else { (DRIVE_LIMIT + 20_000.0) * warmth(car) }
}

/// W.
fn charge_limit(car: &Car) -> f64 {
    190_000.0 * (1.0 - car.battery.charge()) * warmth(car)
}

fn relays(car: &Car) -> bool {
    car.is_on() || car.charging.is_charging()
}

/// 0 off, 1 heats, 2 cools.
fn conditioning(car: &Car) -> u8 {
    match car.thermal.conditioning {
        power if power > 0.0 => 1,
        power if power < 0.0 => 2,
        _ => 0,
    }
}

/// km/h, of this trip.
fn average_speed(car: &Car) -> f64 {
    let (metres, seconds) = car.trip;
    if seconds > 0.0 { metres / seconds * 3.6 } else { 0.0 }
}

/// kWh for 100 km, right now; nobody reads it at a walking pace.
fn momentary(car: &Car) -> f64 {
    let metres_a_second = car.motion.speed;
    if metres_a_second < 1.5 { 0.0 } else { (car.battery.power / metres_a_second / 36.0).clamp(-200.0, 200.0) }
}

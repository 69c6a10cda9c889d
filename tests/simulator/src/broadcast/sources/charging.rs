//! The plug, and the 12 V supply.

use super::{Plain, flag};
use crate::model::Car;
use crate::model::charging::Charger;

pub fn plain(message: &str, signal: &str) -> Option<Plain> {
    Some(match (message, signal) {
        ("ChargeStatus", "State") => |car| Some(f64::from(car.charging.state() as u8)),
        ("ChargeStatus", "Cable") => |car| flag(car.body.is_plugged()),
        ("ChargeStatus", "CableLocked") => |car| flag(car.charging.cable.value()),
        ("ChargeStatus", "Flap") => |car| flag(car.body.charge_flap || car.body.is_plugged()),
        ("ChargeStatus", "Limit") => |car| Some(car.body.charge_limit_percent),
        ("ChargeStatus", "Remaining") => {
            |car| car.charging.remaining(&car.body, &car.battery).map(|seconds| (seconds / 60.0).min(4000.0))
        }
        ("ChargeControl", "StartStop") => |car| flag(car.body.charging),
        ("ChargeDirect", "Voltage") => |car| Some(if direct(car) > 0.0 { car.battery.voltage() } else { 0.0 }),
        ("ChargeDirect", "Current") => |car| Some(direct(car) / car.battery.voltage()),
        ("ChargeDirect", "StationPower") => |car| car.body.is_plugged().then(|| car.body.charger.power() / 1000.0),
        ("ChargeAlternating", "Voltage1") => |car| Some(car.charging.phase_voltage()),
        ("ChargeAlternating", "Voltage2") => |car| Some(car.charging.phase_voltage()),
        ("ChargeAlternating", "Voltage3") => |car| Some(car.charging.phase_voltage()),
        ("ChargeAlternating", "Current1") => |car| Some(car.charging.phase_current()),
        ("ChargeAlternating", "Current2") => |car| Some(car.charging.phase_current()),
        ("ChargeAlternating", "Current3") => |car| Some(car.charging.phase_current()),
        ("ChargeTemperatures", "Plug") => |car| Some(car.thermal.plug),
        ("ChargeTemperatures", "Charger") => |car| Some(car.thermal.charger),
        ("ChargeTemperatures", "Supply") => |car| Some(car.thermal.supply),
        ("ChargeTemperatures", "ChargerLoss") => |car| Some(car.charging.loss()),
        ("ChargeTemperatures", "SupplyLoss") => |car| Some(if car.is_on() { 38.0 } else { 0.0 }),
        ("ChargeSession", "Energy") => |car| Some(car.charging.session.0 / 1000.0),
        ("ChargeSession", "Duration") => |car| Some(car.charging.session.1.min(65_000.0)),
        ("ChargeSession", "AveragePower") => |car| Some(car.charging.average() / 1000.0),
        ("ChargeSession", "Rate") => |car| Some(car.charging.rate(&car.battery)),
        ("LowVoltageStatus", "Voltage") => |car| Some(if car.is_on() { 14.2 } else { 12.6 }),
        ("LowVoltageStatus", "Current") => |car| Some(if car.is_on() { 3.4 } else { -1.9 }),
        _ => return None,
    })
}

/// W, as direct current through the plug.
fn direct(car: &Car) -> f64 {
    car.charging.by(Charger::Dc)
}

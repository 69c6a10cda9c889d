//! What the driver and the passengers set: switches, doors, belts, gear. It stays as it is until a scenario changes it.

use serde::Deserialize;

use super::around::Cruise;
use super::charging::Charger;
use super::sky::Wipers;

/// `Vehicle.LowVoltageSystemState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Power {
    Lock,
    Off,
    Acc,
    On,
    Start,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Gear {
    P,
    R,
    N,
    D,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    Off,
    Left,
    Right,
    Hazard,
}

/// `Vehicle.Powertrain.Transmission.PerformanceMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriveMode {
    Normal,
    Sport,
    Economy,
    Snow,
    Rain,
}

macro_rules! body {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $at_first:expr;)*) => {
        /// How everything is set.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Body {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for Body {
            /// A car that is parked, locked up and off.
            fn default() -> Self {
                Self { $($field: $at_first,)* }
            }
        }

        /// What a scenario's `set` changes.
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Change {
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl Body {
            pub fn apply(&mut self, change: &Change) {
                $(if let Some(value) = change.$field {
                    self.$field = value;
                })*
            }
        }
    };
}

body! {
    power: Power = Power::Lock;
    gear: Gear = Gear::P;
    parking_brake: bool = true;
    indicator: Indicator = Indicator::Off;
    low_beam: bool = false;
    high_beam: bool = false;
    parking_lights: bool = false;
    front_fog_lights: bool = false;
    rear_fog_lights: bool = false;
    /// Doors, trunk and hood: true is open.
    driver_door: bool = false;
    passenger_door: bool = false;
    rear_driver_door: bool = false;
    rear_passenger_door: bool = false;
    trunk: bool = false;
    hood: bool = false;
    driver_belt: bool = false;
    passenger_belt: bool = false;
    rear_driver_belt: bool = false;
    rear_passenger_belt: bool = false;
    /// All doors, by the key.
    locked: bool = false;
    mirrors_folded: bool = false;
    /// 0 shut, 100 open.
    driver_window_percent: f64 = 0.0;
    passenger_window_percent: f64 = 0.0;
    rear_driver_window_percent: f64 = 0.0;
    rear_passenger_window_percent: f64 = 0.0;
    charge_flap: bool = false;
    plugged: bool = false;
    /// Plugged in, and energy is asked for until the limit.
    charging: bool = false;
    charger: Charger = Charger::Dc;
    charge_limit_percent: f64 = 100.0;
    drive_mode: DriveMode = DriveMode::Normal;
    air_conditioning: bool = false;
    /// 0 to 100.
    fan_percent: f64 = 0.0;
    rear_fan_percent: f64 = 0.0;
    rear_celsius: f64 = 21.0;
    recirculation: bool = false;
    front_defrost: bool = false;
    rear_defrost: bool = false;
    /// -100 cools, 100 heats.
    driver_seat_percent: f64 = 0.0;
    passenger_seat_percent: f64 = 0.0;
    wheel_heating_percent: f64 = 0.0;
    wipers: Wipers = Wipers::Off;
    rear_wiper: bool = false;
    /// What is outside: 0 to 100.
    rain_percent: f64 = 0.0;
    daylight_percent: f64 = 3.0;
    humidity_percent: f64 = 74.0;
    /// What the last sign said; 0 lifts all limits, or none was seen.
    limit_kmh: f64 = 0.0;
    cruise: Cruise = Cruise::Off;
    cruise_kmh: f64 = 0.0;
    /// To the car ahead; 0 is none.
    gap_seconds: f64 = 0.0;
    /// A wall behind the car and before it when the step begins; 0 is none.
    rear_metres: f64 = 0.0;
    front_metres: f64 = 0.0;
    abs_fault: bool = false;
    esc_fault: bool = false;
    abs_active: bool = false;
    /// Traction control is at work.
    tcs_active: bool = false;
    /// Stability control is at work.
    esc_active: bool = false;
    /// The satellite receiver has a fix.
    gnss_fix: bool = true;
}

impl Body {
    /// Whether the car would move off.
    pub fn drives(&self) -> bool {
        matches!(self.gear, Gear::D | Gear::R) && self.power == Power::On && !self.parking_brake && !self.is_plugged()
    }

    /// A cable is in.
    pub fn is_plugged(&self) -> bool {
        self.plugged || self.charging
    }

    /// Somebody sits in the driver's seat.
    pub fn has_driver(&self) -> bool {
        self.driver_belt || (self.power >= Power::On && !self.is_plugged())
    }

    pub fn any_door(&self) -> bool {
        self.driver_door || self.passenger_door || self.rear_driver_door || self.rear_passenger_door || self.trunk
    }

    pub fn blinks(&self, side: Indicator) -> bool {
        self.indicator == side || self.indicator == Indicator::Hazard
    }
}

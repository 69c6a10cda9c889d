//! What the driver and the passengers set: switches, doors, belts, gear. It stays as it is until a scenario changes it.

use serde::Deserialize;

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
    /// Plugged in and charging.
    charging: bool = false;
    air_conditioning: bool = false;
    /// 0 to 100.
    fan_percent: f64 = 0.0;
    abs_fault: bool = false;
    esc_fault: bool = false;
    /// Stability control is at work.
    esc_active: bool = false;
    /// The satellite receiver has a fix.
    gnss_fix: bool = true;
}

impl Body {
    /// Whether the car would move off.
    pub fn drives(&self) -> bool {
        matches!(self.gear, Gear::D | Gear::R) && self.power == Power::On && !self.parking_brake && !self.charging
    }

    pub fn any_door(&self) -> bool {
        self.driver_door || self.passenger_door || self.rear_driver_door || self.rear_passenger_door || self.trunk
    }

    pub fn blinks(&self, side: Indicator) -> bool {
        self.indicator == side || self.indicator == Indicator::Hazard
    }
}

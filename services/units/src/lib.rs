//! One newtype per unit, and the words every Tandem crate shares about time and truth. Imports nothing.

use std::fmt;

mod nearest;
mod plain;
mod quality;
mod state;
mod time;
mod value;

pub use nearest::nearest;
pub use plain::{Said, hidden, plain};
pub use quality::Quality;
pub use state::{Driving, Power};
pub use time::Nanoseconds;
pub use value::Value;

macro_rules! units {
    ($($(#[$doc:meta])* $name:ident $symbol:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
        pub struct $name(pub f64);

        impl $name {
            /// The unit as VSS and the screens write it.
            pub const SYMBOL: &'static str = $symbol;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, Self::SYMBOL)
            }
        }
    )*};
}

units! {
    /// Speed, VSS `km/h`.
    KilometersPerHour "km/h";
    /// Temperature, VSS `celsius`.
    Celsius "°C";
    /// Share of a whole, VSS `percent`, 0 to 100.
    Percent "%";
    /// Distance, VSS `km`.
    Kilometers "km";
    /// Distance, VSS `m`.
    Meters "m";
    /// Electric power, VSS `kW`; positive drives the car, negative charges its battery.
    Kilowatts "kW";
    /// Pressure, VSS `kPa`.
    Kilopascals "kPa";
    /// Angle, VSS `degrees`.
    Degrees "°";
}

impl From<Meters> for Kilometers {
    fn from(distance: Meters) -> Self {
        Self(distance.0 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_meet_their_fixed_points() {
        assert_eq!(Kilometers::from(Meters(1500.0)).to_string(), "1.5 km");
    }
}

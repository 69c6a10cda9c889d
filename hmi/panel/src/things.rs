//! What a hand sets with `Simulator1.Set`: by which key, between which ends, and which reading tells that it came about.

use tandem_contracts::actuation::Actuator;
use tandem_kit::Readings;
use tandem_units::Value;

use crate::Leaf;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Thing {
    pub key: &'static str,
    pub leaf: Leaf,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Switch,
    /// A reading this near has come about: sensors take their time.
    Number {
        least: f64,
        most: f64,
        step: f64,
        near: f64,
    },
    /// The words that may be set, and what the reading then is.
    Words(&'static [(&'static str, Says)]),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    Number(f64),
    Word(&'static str),
}

/// The gears, as VSS counts them.
const GEARS: &[(&str, Says)] =
    &[("P", Says::Number(126.0)), ("R", Says::Number(-1.0)), ("N", Says::Number(0.0)), ("D", Says::Number(127.0))];
const POWERS: &[(&str, Says)] = &[("OFF", Says::Word("OFF")), ("ACC", Says::Word("ACC")), ("ON", Says::Word("ON"))];
const PERCENT: Kind = Kind::Number { least: 0.0, most: 100.0, step: 5.0, near: 2.5 };
const CELSIUS: Kind = Kind::Number { least: -30.0, most: 50.0, step: 1.0, near: 0.8 };

macro_rules! things {
    ($($name:ident: $key:literal = $leaf:ident, $kind:expr;)+) => {
        $(pub(crate) const $name: Thing = Thing { key: $key, leaf: Leaf::$leaf, kind: $kind };)+
        pub(crate) const ALL: &[Thing] = &[$($name),+];
    };
}

things! {
    GEAR: "gear" = Gear, Kind::Words(GEARS);
    POWER: "power" = Power, Kind::Words(POWERS);
    PARKING_BRAKE: "parking_brake" = ParkingBrake, Kind::Switch;
    DRIVER_DOOR: "driver_door" = DriverDoor, Kind::Switch;
    PASSENGER_DOOR: "passenger_door" = PassengerDoor, Kind::Switch;
    REAR_DRIVER_DOOR: "rear_driver_door" = RearDriverDoor, Kind::Switch;
    REAR_PASSENGER_DOOR: "rear_passenger_door" = RearPassengerDoor, Kind::Switch;
    BONNET: "hood" = Bonnet, Kind::Switch;
    BOOT: "trunk" = Boot, Kind::Switch;
    DRIVER_WINDOW: "driver_window_percent" = DriverWindow, PERCENT;
    PASSENGER_WINDOW: "passenger_window_percent" = PassengerWindow, PERCENT;
    REAR_DRIVER_WINDOW: "rear_driver_window_percent" = RearDriverWindow, PERCENT;
    REAR_PASSENGER_WINDOW: "rear_passenger_window_percent" = RearPassengerWindow, PERCENT;
    OUTSIDE: "outside_celsius" = Outside, CELSIUS;
    RAIN: "rain_percent" = Rain, PERCENT;
    DAYLIGHT: "daylight_percent" = Daylight, PERCENT;
    LOW_BEAM: "low_beam" = LowBeam, Kind::Switch;
    HIGH_BEAM: "high_beam" = HighBeam, Kind::Switch;
    DRIVER_BELT: "driver_belt" = DriverBelt, Kind::Switch;
    PASSENGER_BELT: "passenger_belt" = PassengerBelt, Kind::Switch;
}

impl Thing {
    /// The thing that a control of the window stands for.
    pub fn of(id: i32) -> Option<Self> {
        ALL.iter().find(|thing| thing.id() == id).copied()
    }

    pub fn id(self) -> i32 {
        self.leaf as i32
    }

    /// As the kit's wishes have what may be asked for.
    pub fn offer(self) -> Actuator {
        let (min, max, step) = match self.kind {
            Kind::Number { least, most, step, .. } => (least, most, step),
            Kind::Switch | Kind::Words(_) => (0.0, 0.0, 0.0),
        };
        let allowed = match self.kind {
            Kind::Words(words) => words.iter().map(|(word, _)| (*word).to_owned()).collect(),
            _ => Vec::new(),
        };
        let (path, driving) = (self.key.to_owned(), "any".to_owned());
        let (datatype, unit, holder) = (String::new(), String::new(), String::new());
        Actuator { path, datatype, unit, min, max, step, allowed, driving, power: Vec::new(), holder }
    }

    /// As `Simulator1.Set` takes it.
    pub fn said(value: &Value) -> String {
        match value {
            Value::Bool(on) => on.to_string(),
            Value::Text(word) => word.to_string(),
            other => other.as_f64().unwrap_or_default().to_string(),
        }
    }

    /// Whether the car says that it is as it was asked to be.
    pub fn is(self, wish: &Value, readings: &Readings) -> bool {
        let reading = readings.get(self.leaf);
        match self.kind {
            Kind::Switch => reading.valid_switch().is_some_and(|on| wish.as_bool() == Some(on)),
            Kind::Number { near, .. } => {
                let wish = wish.as_f64();
                reading.valid_number().zip(wish).is_some_and(|(is, wish)| (is - wish).abs() <= near)
            }
            Kind::Words(words) => words.iter().any(|(word, says)| wish.as_text() == Some(word) && says.holds(reading)),
        }
    }
}

impl Says {
    pub fn holds(self, reading: &tandem_kit::Reading) -> bool {
        match self {
            Self::Number(number) => reading.valid_number() == Some(number),
            Self::Word(word) => reading.quality == tandem_units::Quality::Valid && reading.text() == Some(word),
        }
    }
}

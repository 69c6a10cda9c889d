//! What every interface that asks something of the car shares: who may be asked for what, how far a wish has come, and why it was not sent.
//!
//! A wish is for one VSS actuator, whichever interface takes it. It has a number, and its fate is told by `Signals1.RequestChanged` to everybody.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tandem_units::Value;
use zbus::{OwnedVariant, Type};

/// How far a wish has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestState {
    /// Nothing was asked yet.
    #[default]
    Idle,
    /// On its way to the car; its echo has not come.
    Pending,
    /// The car reports what was asked, a number to within half a step.
    Confirmed,
    /// The car said no, or the gate kept it in.
    Refused,
    /// The car said nothing in time, or something else; or nobody wants it any more.
    Lapsed,
}

impl RequestState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for RequestState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Idle, Self::Pending, Self::Confirmed, Self::Refused, Self::Lapsed]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| word.to_owned())
    }
}

/// A wish and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Request {
    /// Counts from 1, over all actuators.
    pub id: u64,
    /// The VSS path of the actuator.
    pub path: String,
    /// What was asked for.
    pub value: OwnedVariant,
    /// `pending`, `confirmed`, `refused` or `lapsed`.
    pub state: String,
    /// Why it was refused or lapsed, one sentence; empty otherwise.
    pub reason: String,
    /// Who asked: a unique name on this bus.
    pub client: String,
}

/// What may be asked of this car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Actuator {
    /// The VSS path.
    pub path: String,
    /// VSS datatype, such as `float` or `boolean`.
    pub datatype: String,
    /// VSS unit, such as `percent`; empty if the leaf has none.
    pub unit: String,
    /// Of numbers, in the leaf's unit; 0 otherwise.
    pub min: f64,
    pub max: f64,
    pub step: f64,
    /// The texts that may be asked for; empty for numbers and booleans.
    pub allowed: Vec<String>,
    /// While the car does no more than this: `any`, `not-moving` or `parked`.
    pub driving: String,
    /// How the car must be switched on, in the words of `Vehicle.LowVoltageSystemState`; empty if that does not matter.
    pub power: Vec<String>,
    /// Who holds it right now: a unique name on this bus; empty if nobody does.
    pub holder: String,
}

/// What one method of a typed interface may be asked for in this car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Control {
    /// What is asked for, such as `temperature`.
    pub name: String,
    /// Where, such as `Row1.Driver`; empty if there is one only.
    pub place: String,
    /// The VSS path, under which `Signals1` has its reading and its requests.
    pub path: String,
    /// Of numbers, in the leaf's unit; 0 otherwise.
    pub min: f64,
    pub max: f64,
    pub step: f64,
    /// The texts that may be asked for; empty for numbers and booleans.
    pub allowed: Vec<String>,
}

/// Why a wish was not taken. Each interface has an error of each name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActuateError {
    /// Not a value that this car can be asked for.
    #[error("{0}")]
    OutOfRange(String),
    /// This car has no such actuator.
    #[error("{0}")]
    Unsupported(String),
    /// There is no car to send it to, its bus is down or off, it is silent, or it is only listened to.
    #[error("{0}")]
    NotAvailable(String),
    /// Not while the car drives or is switched as it is.
    #[error("{0}")]
    Restricted(String),
    /// Somebody else holds the actuator; the sentence ends with the holder's name.
    #[error("{0}")]
    Held(String),
}

/// The error enum of one interface, a variant for each [`ActuateError`].
macro_rules! command_error {
    ($name:ident, $prefix:literal) => {
        #[derive(Debug, zbus::DBusError)]
        #[zbus(prefix = $prefix)]
        pub enum $name {
            #[zbus(error)]
            Bus(zbus::Error),
            /// Not a value that this car can be asked for.
            OutOfRange(String),
            /// This car has no such control.
            Unsupported(String),
            /// There is no car to send it to, its bus is down or off, it is silent, or it is only listened to.
            NotAvailable(String),
            /// Not while the car drives or is switched as it is.
            Restricted(String),
            /// Somebody else holds it; the sentence ends with the holder's name.
            Held(String),
        }

        impl From<$crate::actuation::ActuateError> for $name {
            fn from(error: $crate::actuation::ActuateError) -> Self {
                use $crate::actuation::ActuateError;
                match error {
                    ActuateError::OutOfRange(why) => Self::OutOfRange(why),
                    ActuateError::Unsupported(why) => Self::Unsupported(why),
                    ActuateError::NotAvailable(why) => Self::NotAvailable(why),
                    ActuateError::Restricted(why) => Self::Restricted(why),
                    ActuateError::Held(why) => Self::Held(why),
                }
            }
        }
    };
}
pub(crate) use command_error;

/// One control of a typed interface: which leaf it asks for, and where there are such.
#[derive(Clone, Copy, Debug)]
pub struct ControlPath {
    pub name: &'static str,
    /// The VSS path, with `{}` in the place of the place.
    pub path: &'static str,
    /// Empty if there is one only.
    pub places: &'static [&'static str],
}

impl ControlPath {
    /// One that a car has once.
    pub const fn one(name: &'static str, path: &'static str) -> Self {
        Self { name, path, places: &[] }
    }

    pub const fn each(name: &'static str, path: &'static str, places: &'static [&'static str]) -> Self {
        Self { name, path, places }
    }

    /// The VSS path of one place.
    ///
    /// # Errors
    /// [`ActuateError::Unsupported`] if there is no such place in any car.
    pub fn at(&self, place: &str) -> Result<String, ActuateError> {
        if self.places.contains(&place) {
            return Ok(self.path.replace("{}", place));
        }
        let known = self.places.join(", ");
        let place: String = place.chars().take(200).collect();
        Err(ActuateError::Unsupported(format!("there is no {} at \"{place}\": expected one of {known}", self.name)))
    }

    /// Every place and its VSS path; the place is empty if there is one only.
    pub fn paths(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let one = self.places.is_empty().then(|| ("", self.path.to_owned()));
        one.into_iter().chain(self.places.iter().map(|place| (*place, self.path.replace("{}", place))))
    }
}

/// The work behind every interface that asks something of the car.
pub trait CommandBackend: Send + Sync + 'static {
    /// Asks for a value of an actuator in the name of a client. Returns the request's number once it is on its way.
    fn actuate(
        &self,
        client: String,
        path: String,
        value: Value,
    ) -> impl Future<Output = Result<u64, ActuateError>> + Send;
    /// What of these controls this car has.
    fn controls(&self, of: &'static [ControlPath]) -> Vec<Control>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_has_a_path_for_each_place_and_no_other() {
        let doors = ControlPath::each("door", "Vehicle.Door.{}.IsLocked", &["Row1", "Row2"]);
        assert_eq!(doors.at("Row2"), Ok("Vehicle.Door.Row2.IsLocked".to_owned()));
        assert!(matches!(doors.at("Row3"), Err(ActuateError::Unsupported(why)) if why.ends_with("Row1, Row2")));
        assert_eq!(doors.paths().count(), 2);
        let horn = ControlPath::one("horn", "Vehicle.Body.Horn.IsActive");
        assert_eq!(horn.paths().collect::<Vec<_>>(), [("", horn.path.to_owned())]);
    }

    #[test]
    fn states_come_back_from_their_words() {
        for state in ["idle", "pending", "confirmed", "refused", "lapsed"] {
            assert_eq!(state.parse::<RequestState>().map(|state| state.to_string()), Ok(state.to_owned()));
        }
        assert_eq!("maybe".parse::<RequestState>(), Err("maybe".to_owned()));
    }
}

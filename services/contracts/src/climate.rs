//! `org.tandem.Climate1`: wishes for the cabin's climate. The readings themselves come through `Signals1`.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, Type};

pub const NAME: &str = "org.tandem.Climate1";
pub const PATH: &str = "/org/tandem/Climate1";

/// How far a wish has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestState {
    /// Nothing was asked yet.
    #[default]
    Idle,
    /// Sent to the car; its echo has not come.
    Pending,
    /// The car reports what was asked.
    Confirmed,
    /// The car said no.
    Refused,
    /// The car said nothing in time.
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

/// A wish for the driver's temperature and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct TemperatureRequest {
    /// Counts from 1; 0 is "nothing was asked yet".
    pub id: u64,
    /// The temperature asked for, degrees Celsius.
    pub celsius: f64,
    /// `idle`, `pending`, `confirmed`, `refused` or `lapsed`.
    pub state: String,
    /// Why it was refused or lapsed, one sentence; empty otherwise.
    pub reason: String,
}

/// What may be asked for, degrees Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct TemperatureRange {
    pub min: f64,
    pub max: f64,
    pub step: f64,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Climate1.Error")]
pub enum ClimateError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// The wish lies outside this car's range, or is no number.
    OutOfRange(String),
    /// The gate did not let it out: not listed, or too soon after the last one.
    Refused(String),
    /// There is no car to send it to.
    NotAvailable(String),
}

/// The work behind [`Climate1`].
pub trait ClimateBackend: Send + Sync + 'static {
    fn set_driver_temperature(&self, celsius: f64) -> impl Future<Output = Result<u64, ClimateError>> + Send;
    fn driver_temperature_range(&self) -> TemperatureRange;
    fn driver_temperature_request(&self) -> TemperatureRequest;
}

/// The object that serves the interface over a backend.
pub struct Climate1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Climate1",
    proxy(default_service = "org.tandem.Climate1", default_path = "/org/tandem/Climate1", visibility = "pub")
)]
impl<B: ClimateBackend> Climate1<B> {
    /// Asks for a driver's temperature, degrees Celsius. Returns once the command is on its way; what the car makes of it, a lost frame included, follows as a `RequestChanged`.
    #[zbus(out_args("id"))]
    async fn set_driver_temperature(&self, celsius: f64) -> Result<u64, ClimateError> {
        self.0.set_driver_temperature(celsius).await
    }

    /// What may be asked for in this car: minimum, maximum and step, degrees Celsius.
    #[zbus(property(emits_changed_signal = "const"))]
    fn driver_temperature_range(&self) -> TemperatureRange {
        self.0.driver_temperature_range()
    }

    /// The newest wish and its state, for a client that comes late. Changes are told by `RequestChanged`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn driver_temperature_request(&self) -> TemperatureRequest {
        self.0.driver_temperature_request()
    }

    /// A wish has a new state.
    #[zbus(signal)]
    pub async fn request_changed(emitter: &SignalEmitter<'_>, request: TemperatureRequest) -> zbus::Result<()>;
}

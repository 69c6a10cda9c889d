//! `org.tandem.Simulator1`: the virtual car's hidden hand. Only the simulator serves it; no car has it.

use std::future::Future;

use zbus::DBusError;

pub const NAME: &str = "org.tandem.Simulator1";
pub const PATH: &str = "/org/tandem/Simulator1";

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Simulator1.Error")]
pub enum SimulatorError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// A word, message or number that the virtual car does not know.
    Unknown(String),
}

/// The work behind [`Simulator1`].
pub trait SimulatorBackend: Send + Sync + 'static {
    fn answer_temperature(
        &self,
        answer: String,
        delay_ms: u32,
    ) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn answer(
        &self,
        path: String,
        answer: String,
        delay_ms: u32,
    ) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn press_key(&self, key: String, milliseconds: u32) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn turn_knob(&self, knob: String, steps: i32) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn mute(&self, message: String, muted: bool) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn spoil(&self, message: String, fault: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Simulator1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Simulator1",
    proxy(default_service = "org.tandem.Simulator1", default_path = "/org/tandem/Simulator1", visibility = "pub")
)]
impl<B: SimulatorBackend> Simulator1<B> {
    /// The same as `Answer` for the driver's temperature.
    async fn answer_temperature(&self, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.0.answer_temperature(answer, delay_ms).await
    }

    /// How the car answers wishes for an actuator, a VSS path, from now on, after `delay_ms`: `obey`; `refuse`, it says no; `silent`, it says and does nothing;
    /// `wrong`, it says yes and does something else; `stuck`, it says yes and does not move.
    async fn answer(&self, path: String, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.0.answer(path, answer, delay_ms).await
    }

    /// Presses a key of the car, a Linux input event code such as `KEY_NEXTSONG`, for so long: 60 to 60000 ms, shorter is 60 ms.
    async fn press_key(&self, key: String, milliseconds: u32) -> Result<(), SimulatorError> {
        self.0.press_key(key, milliseconds).await
    }

    /// Turns a knob of the car, such as `REL_DIAL`: up to 1000 steps, clockwise is positive, a step every 10 ms.
    async fn turn_knob(&self, knob: String, steps: i32) -> Result<(), SimulatorError> {
        self.0.turn_knob(knob, steps).await
    }

    /// Stops a DBC message from being sent, or lets it go on.
    async fn mute(&self, message: String, muted: bool) -> Result<(), SimulatorError> {
        self.0.mute(message, muted).await
    }

    /// Sends a DBC message with a fault from now on: `checksum`, `counter`, `short`, or `none`.
    async fn spoil(&self, message: String, fault: String) -> Result<(), SimulatorError> {
        self.0.spoil(message, fault).await
    }
}

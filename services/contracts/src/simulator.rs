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
    /// How the car answers the next wishes for a temperature: `obey`, `refuse` or `silent`, after `delay_ms`.
    async fn answer_temperature(&self, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.0.answer_temperature(answer, delay_ms).await
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

//! `org.tandem.Screen1`: a screen as a test, a script or the settings page meets it. Each screen owns `org.tandem.Screen1.<screen>`.

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::{DBusError, Type};

pub const PATH: &str = "/org/tandem/Screen1";
pub const CLUSTER: &str = "org.tandem.Screen1.cluster";
pub const CENTRE: &str = "org.tandem.Screen1.centre";
/// The virtual car's panel: no car has it.
pub const PANEL: &str = "org.tandem.Screen1.panel";

/// What a screen showed at one batch.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Picture {
    /// The sequence of the newest batch that is in the picture; 0 before the first.
    pub sequence: u64,
    /// The time of that batch, nanoseconds on the service's clock.
    pub now_ns: u64,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// A PNG file.
    pub png: Vec<u8>,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Screen1.Error")]
pub enum ScreenError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// The batch asked for did not come in time, or the picture could not be taken.
    CaptureFailed(String),
    /// A word that this screen does not know.
    Unknown(String),
    /// The screen is a window: touching it from the bus is for headless screens only.
    NotHeadless(String),
}

/// The work behind [`Screen1`].
pub trait ScreenBackend: Send + Sync + 'static {
    fn capture(&self, sequence: u64) -> impl Future<Output = Result<Picture, ScreenError>> + Send;
    fn touch(&self, x: f64, y: f64) -> impl Future<Output = Result<(), ScreenError>> + Send;
    fn set_theme(&self, theme: String) -> impl Future<Output = Result<(), ScreenError>> + Send;
    fn set_language(&self, language: String) -> impl Future<Output = Result<(), ScreenError>> + Send;
    fn misdrawn(&self) -> Vec<String>;
}

/// The object that serves the interface over a backend.
pub struct Screen1<B>(pub B);

#[zbus::interface(name = "org.tandem.Screen1", proxy(default_path = "/org/tandem/Screen1", visibility = "pub"))]
impl<B: ScreenBackend> Screen1<B> {
    /// The screen as a picture, once the batch `sequence` (0: the newest) is drawn.
    #[zbus(out_args("picture"))]
    async fn capture(&self, sequence: u64) -> Result<Picture, ScreenError> {
        self.0.capture(sequence).await
    }

    /// Touches a headless screen at a point, in pixels from the top left, and lets go.
    async fn touch(&self, x: f64, y: f64) -> Result<(), ScreenError> {
        self.0.touch(x, y).await
    }

    /// Shows the screen by `day` or by `night`.
    async fn set_theme(&self, theme: String) -> Result<(), ScreenError> {
        self.0.set_theme(theme).await
    }

    /// Shows the screen in `en`, `zh_CN` or `de`.
    async fn set_language(&self, language: String) -> Result<(), ScreenError> {
        self.0.set_language(language).await
    }

    /// Tell-tales that were found to be drawn otherwise than commanded since the car was last switched on, by their words (`abs`, `low-beam`); empty if all
    /// is well, and always on a screen without any.
    #[zbus(property(emits_changed_signal = "false"))]
    fn misdrawn(&self) -> Vec<String> {
        self.0.misdrawn()
    }
}

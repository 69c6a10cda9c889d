use std::sync::Arc;

use tokio::sync::mpsc::{Sender, error::TrySendError};

use crate::mailbox::{Ask, Mailbox};
use crate::{Language, Theme};

/// Wishes that a screen may have waiting for the bus thread.
pub(crate) const MAX_WAITING: usize = 8;

/// A wish on its way to the bus thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Command {
    SetDriverTemperature(f64),
}

/// A wish that was not even sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("{MAX_WAITING} wishes are waiting already")]
    Busy,
    #[error("the screen is ending")]
    Ending,
}

/// What the UI thread may ask of the car. A call returns at once; what becomes of it comes as an [`crate::Update::Climate`].
#[derive(Clone, Debug)]
pub struct Commands {
    pub(crate) sender: Sender<Command>,
}

impl Commands {
    /// Asks for a driver's temperature, degrees Celsius.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn set_driver_temperature(&self, celsius: f64) -> Result<(), CommandError> {
        self.sender.try_send(Command::SetDriverTemperature(celsius)).map_err(|error| match error {
            TrySendError::Full(_) => CommandError::Busy,
            TrySendError::Closed(_) => CommandError::Ending,
        })
    }
}

/// What the callbacks of a window may ask for.
#[derive(Clone)]
pub struct Desk {
    pub commands: Commands,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Desk {
    /// A desk at which nobody sits: for tests, pictures and benchmarks that draw without a process. What is asked of it goes nowhere.
    pub fn unattended() -> Self {
        let (sender, _) = tokio::sync::mpsc::channel(MAX_WAITING);
        Self { commands: Commands { sender }, mailbox: Arc::new(Mailbox::new(|| ())) }
    }

    /// Shows the screen in another theme.
    pub fn set_theme(&self, theme: Theme) {
        self.mailbox.ask(Ask::Theme(theme));
    }

    pub fn toggle_theme(&self) {
        self.mailbox.ask(Ask::OtherTheme);
    }

    /// Shows the screen in another language.
    pub fn set_language(&self, language: Language) {
        self.mailbox.ask(Ask::Language(language));
    }

    pub fn toggle_language(&self) {
        self.mailbox.ask(Ask::OtherLanguage);
    }
}

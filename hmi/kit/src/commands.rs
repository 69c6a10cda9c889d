use std::sync::Arc;

use tandem_units::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

use crate::camera::{self, CameraCommand};
use crate::mailbox::{Ask, Mailbox};
use crate::media::{self, MediaCommand, art};
use crate::phone::{self, PhoneCommand};
use crate::settings::{self, SettingsCommand};
use crate::telephone::{self, CallCommand};
use crate::{Language, Theme};

/// Wishes that a screen may have waiting for the bus thread.
pub(crate) const MAX_WAITING: usize = 8;

/// A wish on its way to the bus thread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    /// The actuator's VSS path.
    pub path: &'static str,
    pub value: Value,
}

/// A wish that was not even sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("too many wishes are waiting already")]
    Busy,
    #[error("the screen is ending")]
    Ending,
}

/// What the UI thread may ask for. A call returns at once; what becomes of it comes as an [`crate::Update::Actuation`], an [`crate::Update::Media`],
/// an [`crate::Update::Phone`], an [`crate::Update::Calls`], an [`crate::Update::Settings`] or an [`crate::Update::Camera`].
#[derive(Clone, Debug)]
pub struct Commands {
    sender: Sender<Command>,
    media: Sender<MediaCommand>,
    phone: Sender<PhoneCommand>,
    calls: Sender<CallCommand>,
    settings: Sender<SettingsCommand>,
    pictures: Sender<art::Wanted>,
    camera: Sender<CameraCommand>,
}

/// Where the bus thread hears what is asked.
pub(crate) struct Receivers {
    pub commands: Receiver<Command>,
    pub media: Receiver<MediaCommand>,
    pub phone: Receiver<PhoneCommand>,
    pub calls: Receiver<CallCommand>,
    pub settings: Receiver<SettingsCommand>,
    pub pictures: Receiver<art::Wanted>,
    pub camera: Receiver<CameraCommand>,
}

impl Commands {
    /// Asks the car for a value of the actuator with this VSS path, in the leaf's unit.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn actuate(&self, path: &'static str, value: Value) -> Result<(), CommandError> {
        self.sender.try_send(Command { path, value }).map_err(CommandError::from)
    }

    /// Asks the player or the library for something.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn media(&self, command: MediaCommand) -> Result<(), CommandError> {
        self.media.try_send(command).map_err(CommandError::from)
    }

    /// Asks for something about phones and what goes on with them.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn phone(&self, command: PhoneCommand) -> Result<(), CommandError> {
        self.phone.try_send(command).map_err(CommandError::from)
    }

    /// Asks for something to be done about a call.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn call(&self, command: CallCommand) -> Result<(), CommandError> {
        self.calls.try_send(command).map_err(CommandError::from)
    }

    /// Asks for a setting to be another one.
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn settings(&self, command: SettingsCommand) -> Result<(), CommandError> {
        self.settings.try_send(command).map_err(CommandError::from)
    }

    /// Asks for a picture; it comes as a [`crate::Media::Picture`].
    ///
    /// # Errors
    /// [`CommandError`] if too many are waiting.
    pub fn picture(&self, wanted: art::Wanted) -> Result<(), CommandError> {
        self.pictures.try_send(wanted).map_err(CommandError::from)
    }

    /// Asks for a camera to be watched, or none; its pictures come as [`crate::Update::Camera`].
    ///
    /// # Errors
    /// [`CommandError`] if the bus thread does not take it.
    pub fn camera(&self, command: CameraCommand) -> Result<(), CommandError> {
        self.camera.try_send(command).map_err(CommandError::from)
    }

    pub(crate) fn new() -> (Self, Receivers) {
        let (sender, commands) = channel(MAX_WAITING);
        let (media_sender, media) = channel(media::MAX_WAITING);
        let (phone_sender, phone) = channel(phone::MAX_WAITING);
        let (calls_sender, calls) = channel(telephone::MAX_WAITING);
        let (settings_sender, settings) = channel(settings::MAX_WAITING);
        let (picture_sender, pictures) = channel(art::MAX_WAITING);
        let (camera_sender, camera) = channel(camera::MAX_WAITING);
        let senders = Self {
            sender,
            media: media_sender,
            phone: phone_sender,
            calls: calls_sender,
            settings: settings_sender,
            pictures: picture_sender,
            camera: camera_sender,
        };
        (senders, Receivers { commands, media, phone, calls, settings, pictures, camera })
    }
}

impl<T> From<TrySendError<T>> for CommandError {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::Busy,
            TrySendError::Closed(_) => Self::Ending,
        }
    }
}

/// What the callbacks of a window may ask for.
#[derive(Clone)]
pub struct Desk {
    pub commands: Commands,
    pub(crate) mailbox: Arc<Mailbox>,
    /// The command line says what the theme is, whatever is set.
    pub theme_is_fixed: bool,
    /// The command line says what the language is, whatever is set.
    pub language_is_fixed: bool,
}

impl Desk {
    /// A desk at which nobody sits: for tests, pictures and benchmarks that draw without a process. What is asked of it goes nowhere.
    pub fn unattended() -> Self {
        let mailbox = Arc::new(Mailbox::new(|| ()));
        Self { commands: Commands::new().0, mailbox, theme_is_fixed: false, language_is_fixed: false }
    }

    /// Shows the screen in another theme.
    pub fn set_theme(&self, theme: Theme) {
        self.mailbox.ask(Ask::Theme(theme));
    }

    /// Says which tell-tales are drawn otherwise than commanded, by their words: `Screen1.Misdrawn`.
    pub fn tell_misdrawn(&self, words: Vec<&'static str>) {
        self.mailbox.tell_misdrawn(words);
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

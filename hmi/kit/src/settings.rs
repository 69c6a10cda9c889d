//! The settings: what is in force, and what a screen may set. `org.tandem.Settings1` tells them; what was told last stays in force without it.

use tandem_contracts::settings::{Follower, Settings1Proxy, SettingsError};
use tandem_contracts::wire;
use tandem_units::Value;
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::proxy::CacheProperties;

pub use tandem_contracts::settings::{Notice, Values};

use crate::line::{Line, each};
use crate::mailbox::Mailbox;

/// Wishes on settings that may wait for the bus thread.
pub(crate) const MAX_WAITING: usize = 8;

/// What is new about the settings. Of each kind only the newest waits for the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsNews {
    /// What is in force now.
    Told(Box<InForce>),
    /// There is no service: nothing can be set.
    Gone,
    /// A wish of this screen did not get through.
    Refused(SettingDenied),
}

/// All settings at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InForce {
    pub values: Values,
    /// What the driver is to be told once.
    pub notice: Option<Notice>,
}

/// Why a setting was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDenied {
    /// Empty if the notice could not be put away.
    pub key: &'static str,
    pub cause: SettingCause,
}

/// The kinds of [`SettingDenied`]: for a sentence of the screen's own, in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingCause {
    /// Not while the car drives as it does.
    Restricted,
    /// The disk does not take it.
    Storage,
    /// This service knows no such setting, or no such value.
    Unknown,
    /// The service does not answer, or there is none.
    NoAnswer,
}

/// What a screen asks of the settings.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsCommand {
    Set(&'static str, Value),
    /// Somebody has seen the notice.
    DismissNotice,
}

impl SettingsCommand {
    fn key(&self) -> &'static str {
        match self {
            Self::Set(key, _) => key,
            Self::DismissNotice => "",
        }
    }

    fn denied(&self, cause: SettingCause) -> SettingsNews {
        SettingsNews::Refused(SettingDenied { key: self.key(), cause })
    }
}

pub(crate) struct SettingsLine;

impl Line for SettingsLine {
    const NAME: &'static str = "settings";
    type Command = SettingsCommand;

    async fn follow(&self, signals: &Connection, _calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
        let mut follower = Follower::open(signals).await?;
        while follower.next().await.is_some() {
            mailbox.settings(if follower.is_owned() {
                let (values, notice) = (follower.values().clone(), follower.notice().cloned());
                SettingsNews::Told(Box::new(InForce { values, notice }))
            } else {
                SettingsNews::Gone
            });
        }
        Ok(())
    }

    async fn serve(
        &self,
        calls: &Connection,
        mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<SettingsCommand>,
    ) -> zbus::Result<()> {
        let proxy = Settings1Proxy::builder(calls).cache_properties(CacheProperties::No).build().await?;
        each(calls, commands, MAX_WAITING, |command| carry_out(&proxy, mailbox, command)).await;
        Ok(())
    }

    fn lose(&self, mailbox: &Mailbox) {
        mailbox.settings(SettingsNews::Gone);
    }

    fn refuse(&self, command: SettingsCommand, mailbox: &Mailbox) {
        mailbox.settings(command.denied(SettingCause::NoAnswer));
    }
}

async fn carry_out(proxy: &Settings1Proxy<'_>, mailbox: &Mailbox, command: SettingsCommand) {
    let done = match &command {
        SettingsCommand::Set(key, value) => proxy.set((*key).to_owned(), wire::to_variant(Some(value))).await,
        SettingsCommand::DismissNotice => proxy.dismiss_notice().await,
    };
    if let Err(error) = done {
        mailbox.settings(command.denied(cause(&error)));
    }
}

fn cause(error: &SettingsError) -> SettingCause {
    match error {
        SettingsError::Restricted(_) => SettingCause::Restricted,
        SettingsError::Storage(_) => SettingCause::Storage,
        SettingsError::Unknown(_) | SettingsError::WrongType(_) | SettingsError::OutOfRange(_) => SettingCause::Unknown,
        _ => SettingCause::NoAnswer,
    }
}

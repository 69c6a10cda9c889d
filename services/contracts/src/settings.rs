//! `org.tandem.Settings1`: what people set in their car, each by its key: what it may be, what it is, and that it is another one now.
//!
//! The settings themselves are one table, [`SCHEMA`], which service, screens and command line share. Who follows them does so by [`Follower`].

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, OwnedVariant, Type};

mod follower;
mod keys;
mod schema;
mod values;

pub use follower::{Follower, News};
pub use keys::*;
pub use schema::{Key, Kind, Refusal, Spec, Typed, find};
pub use values::Values;

pub const NAME: &str = "org.tandem.Settings1";
pub const PATH: &str = "/org/tandem/Settings1";

/// One setting: what it may be, and what it is.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Setting {
    /// Such as `display.theme`.
    pub key: String,
    pub value: OwnedVariant,
    /// What it is unless somebody sets it.
    pub default: OwnedVariant,
    /// `choice` (a text, one of `allowed`), `number` (whole), `flag` (boolean) or `text`.
    pub kind: String,
    /// Of a number; empty if it has none.
    pub unit: String,
    /// Of a choice; empty otherwise.
    pub allowed: Vec<String>,
    /// Of a number; 0 otherwise.
    pub min: i64,
    pub max: i64,
    pub step: i64,
    /// Of a text, the most characters; 0 otherwise.
    pub max_characters: u32,
    /// It says something of a person: not for logs.
    pub is_private: bool,
    /// It is not changed while this flag of `Driving1` is in force, such as `NO_SETUP`; empty if it may be at any time.
    pub not_with: String,
    /// One English sentence.
    pub about: String,
}

/// What the driver is to be told once, until somebody has seen it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Notice {
    /// `damaged`, `newer` (of a newer Tandem) or `foreign` (of another program): that file was set aside, and defaults came up; `unwritable`: the disk takes nothing,
    /// what is in force can be read and not changed; `not-kept`: there is no disk, what is set ends with the service or with the power. Empty: there is nothing to tell.
    pub kind: String,
    /// Where the file lies now that was set aside; empty otherwise.
    pub file: String,
    /// What was found, a part of a sentence.
    pub reason: String,
}

impl Notice {
    /// The notice, if there is one.
    pub fn some(self) -> Option<Self> {
        (!self.kind.is_empty()).then_some(self)
    }

    /// The same in English, for logs and scripts. Empty if there is nothing to tell.
    pub fn sentence(&self) -> String {
        let Self { kind, file, reason } = self;
        match kind.as_str() {
            "" => String::new(),
            "unwritable" => format!(
                "Settings cannot be changed: {reason}. Those that were set before are in force as far as they can be read."
            ),
            "not-kept" => format!("Settings are not kept: {reason}."),
            "newer" => {
                format!("The settings are of a newer Tandem; defaults are in force. The file is kept at {file}.")
            }
            _ => {
                format!(
                    "The settings were damaged ({reason}); defaults are in force. The damaged file is kept at {file}."
                )
            }
        }
    }
}

/// All settings at one moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Type)]
pub struct Table {
    /// Another one, and the service was started anew: whatever was known of it is to be read again.
    pub generation: u64,
    /// Of the last change that is in here; `Changed` counts from it.
    pub sequence: u64,
    pub settings: Vec<Setting>,
    /// False without a disk, where what is set ends with the service or the power, and with one that takes nothing, where nothing can be set.
    pub is_kept: bool,
    pub notice: Notice,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Settings1.Error")]
pub enum SettingsError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// There is no setting of this key; the sentence names the nearest.
    Unknown(String),
    /// A value of another type than the setting's; the sentence says which it is.
    WrongType(String),
    /// A value that the setting cannot be; the sentence says which it can.
    OutOfRange(String),
    /// A restriction of `Driving1` is in force, the sentence says which and why.
    Restricted(String),
    /// The disk does not take it: nothing was changed.
    Storage(String),
}

impl From<Refusal> for SettingsError {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string();
        match refusal {
            Refusal::Unknown { .. } => Self::Unknown(sentence),
            Refusal::WrongType { .. } => Self::WrongType(sentence),
            Refusal::OutOfRange { .. } | Refusal::Hidden { .. } => Self::OutOfRange(sentence),
            Refusal::Restricted { .. } => Self::Restricted(sentence),
        }
    }
}

/// The work behind [`Settings1`].
#[rustfmt::skip]
pub trait SettingsBackend: Send + Sync + 'static {
    fn list(&self) -> impl Future<Output = Result<Table, SettingsError>> + Send;
    fn get(&self, key: String) -> impl Future<Output = Result<OwnedVariant, SettingsError>> + Send;
    fn set(&self, key: String, value: OwnedVariant) -> impl Future<Output = Result<(), SettingsError>> + Send;
    fn reset(&self, key: String) -> impl Future<Output = Result<(), SettingsError>> + Send;
    fn dismiss_notice(&self) -> impl Future<Output = Result<(), SettingsError>> + Send;
    fn notice(&self) -> Notice;
    fn is_kept(&self) -> bool;
}

/// The object that serves the interface over a backend.
pub struct Settings1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Settings1",
    proxy(default_service = "org.tandem.Settings1", default_path = "/org/tandem/Settings1", visibility = "pub")
)]
impl<B: SettingsBackend> Settings1<B> {
    /// Every setting with what it may be and what it is.
    #[zbus(out_args("table"))]
    async fn list(&self) -> Result<Table, SettingsError> {
        self.0.list().await
    }

    /// What one setting is.
    #[zbus(out_args("value"))]
    async fn get(&self, key: String) -> Result<OwnedVariant, SettingsError> {
        self.0.get(key).await
    }

    /// Sets it. When this returns the value is on the disk and in force; after an error nothing was changed.
    async fn set(&self, key: String, value: OwnedVariant) -> Result<(), SettingsError> {
        self.0.set(key, value).await
    }

    /// Makes it what it is unless somebody sets it.
    async fn reset(&self, key: String) -> Result<(), SettingsError> {
        self.0.reset(key).await
    }

    /// Somebody has seen the notice: it is not told again.
    async fn dismiss_notice(&self) -> Result<(), SettingsError> {
        self.0.dismiss_notice().await
    }

    /// What the driver is to be told. Changes are told by `NoticeChanged`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn notice(&self) -> Notice {
        self.0.notice()
    }

    /// False without a disk, where what is set ends with the service or the power, and with one that takes nothing, where nothing can be set. `NoticeChanged` comes when it is another.
    #[zbus(property(emits_changed_signal = "false"))]
    fn is_kept(&self) -> bool {
        self.0.is_kept()
    }

    /// A setting is another one, and that is on the disk. One more than the last `sequence`, or changes were missed: `List` has them all.
    #[zbus(signal)]
    pub async fn changed(
        emitter: &SignalEmitter<'_>,
        generation: u64,
        sequence: u64,
        key: String,
        value: OwnedVariant,
    ) -> zbus::Result<()>;

    /// There is another notice, or none any more.
    #[zbus(signal)]
    pub async fn notice_changed(emitter: &SignalEmitter<'_>, notice: Notice) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests;

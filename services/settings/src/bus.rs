//! `org.tandem.Settings1` over the core and the disk. Everything from the bus is looked at here first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use tandem_contracts::driving::{Flag, Rules};
use tandem_contracts::settings::{Notice, PATH, Refusal, Settings1, SettingsBackend, SettingsError, Table, find};
use tandem_contracts::wire::{from_variant, to_variant};
use tandem_units::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::{debug, info, warn};
use zbus::fdo::DBusProxy;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant};

use crate::core::{Change, Core, Told};
use crate::store::{Kept, Store, StoreError};

/// Signals that may wait for the bus; who sets something waits with them.
const SIGNALS: usize = 64;

/// What is to be told to everybody.
#[derive(Debug)]
pub enum Signal {
    Changed(Told),
    Notice(Notice),
}

/// The backend of the interface.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    core: Mutex<Core>,
    /// One change at a time: what is told is told in the order in which it was written down.
    store: tokio::sync::Mutex<Writer>,
    rules: Rules,
    signals: Sender<Signal>,
}

struct Writer {
    store: Store,
    /// The log has it already.
    is_failing: bool,
}

impl Door {
    pub fn new(core: Core, store: Store, rules: Rules) -> (Self, Receiver<Signal>) {
        let (signals, told) = channel(SIGNALS);
        let store = tokio::sync::Mutex::new(Writer { store, is_failing: false });
        (Self(Arc::new(Inner { core: Mutex::new(core), store, rules, signals })), told)
    }

    /// Returns when a change could be made now: whoever makes one is done, with the disk and with telling of it.
    pub async fn works(&self) {
        drop(self.0.store.lock().await);
    }

    /// Closes the disk.
    pub async fn close(self) {
        let mut writer = self.0.store.lock().await;
        std::mem::replace(&mut writer.store, Store::Memory).close().await;
    }

    /// The lock is held for a line each; what a panic left is as good as ever.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rules(&self) -> impl Fn(Flag) -> Result<(), String> {
        |flag| self.0.rules.admit(flag)
    }

    /// Nobody hears it if the bus is gone.
    async fn tell(&self, signal: Signal) {
        drop(self.0.signals.send(signal).await);
    }

    async fn tell_notice(&self, notice: Notice) {
        let is_news = self.core().notify(notice.clone());
        if is_news {
            if !notice.kind.is_empty() {
                warn!("{}", notice.sentence());
            }
            self.tell(Signal::Notice(notice)).await;
        }
    }

    /// What the disk has just shown: whether it takes anything. A failure is logged and told once, then its end.
    async fn outcome<T>(&self, writer: &mut Writer, outcome: Result<T, StoreError>) -> Result<T, SettingsError> {
        let is_first = writer.log(&outcome);
        let is_news = self.core().keep(writer.store.is_kept());
        let notice = self.notice();
        match &outcome {
            // What nobody has seen yet is told first.
            Err(error) if is_first && notice.kind.is_empty() => self.tell_notice(error.notice()).await,
            // The disk takes something again.
            Ok(_) if notice.kind == "unwritable" => self.tell_notice(Notice::default()).await,
            _ if is_news => self.tell(Signal::Notice(notice)).await,
            _ => {}
        }
        outcome.map_err(|error| SettingsError::Storage(error.to_string()))
    }

    async fn change(&self, plan: impl Fn(&Core) -> Result<Option<Change>, Refusal>) -> Result<(), SettingsError> {
        // What is refused waits for nobody.
        if plan(&self.core())?.is_none() {
            return Ok(());
        }
        let mut writer = self.0.store.lock().await;
        self.ready(&mut writer).await?;
        let planned = plan(&self.core())?;
        let Some(change) = planned else { return self.outcome(&mut writer, Ok(())).await };
        let kept = Kept { rows: change.rows.clone(), notice: self.kept_notice() };
        let written = writer.store.write(&kept).await;
        self.outcome(&mut writer, written).await?;
        debug!(key = change.spec.key, "set");
        let told = self.core().take(change);
        if let Some(told) = told {
            self.tell(Signal::Changed(told)).await;
        }
        Ok(())
    }

    /// Makes sure that the disk can be written to, and tells what it has that was not known.
    async fn ready(&self, writer: &mut Writer) -> Result<(), SettingsError> {
        let found = match writer.store.ready().await {
            // What can be read can perhaps not be written: the write tells.
            Ok(found) => found,
            failed => self.outcome(writer, failed).await?,
        };
        if let Some(rows) = found.rows {
            let told = self.core().find(rows);
            for told in told {
                self.tell(Signal::Changed(told)).await;
            }
        }
        if let Some(notice) = found.notice {
            self.tell_notice(notice).await;
        }
        Ok(())
    }

    /// The notice as it is written down: that the disk takes nothing is true of this run alone.
    fn kept_notice(&self) -> Notice {
        let notice = self.core().notice().clone();
        if notice.kind == "unwritable" { Notice::default() } else { notice }
    }
}

impl Writer {
    /// Whether it is a failure after none.
    fn log<T>(&mut self, outcome: &Result<T, StoreError>) -> bool {
        let is_first = outcome.is_err() && !self.is_failing;
        match outcome {
            Err(error) if is_first => warn!(error = error as &dyn std::error::Error, "not written"),
            Ok(_) if self.is_failing => info!("the disk takes settings again"),
            _ => {}
        }
        self.is_failing = outcome.is_err();
        is_first
    }
}

impl SettingsBackend for Door {
    async fn list(&self) -> Result<Table, SettingsError> {
        Ok(self.core().table())
    }

    async fn get(&self, key: String) -> Result<OwnedVariant, SettingsError> {
        Ok(to_variant(Some(&self.core().get(&key)?)))
    }

    async fn set(&self, key: String, value: OwnedVariant) -> Result<(), SettingsError> {
        let spec = find(&key)?;
        let value = match from_variant(0, &value) {
            Ok((_, Some(value))) => value,
            _ => return Err(spec.wrong_type(format!("a value of type {}", value.value_signature())).into()),
        };
        self.change(|core| core.set(spec.key, Value::clone(&value), self.rules())).await
    }

    async fn reset(&self, key: String) -> Result<(), SettingsError> {
        let spec = find(&key)?;
        self.change(|core| core.reset(spec.key, self.rules())).await
    }

    async fn dismiss_notice(&self) -> Result<(), SettingsError> {
        let seen = self.kept_notice();
        if !seen.kind.is_empty() {
            let mut writer = self.0.store.lock().await;
            self.ready(&mut writer).await?;
            if self.kept_notice() != seen {
                // Another one came, which nobody has seen.
                return Ok(());
            }
            let rows = self.core().rows().clone();
            let written = writer.store.write(&Kept { rows, notice: Notice::default() }).await;
            self.outcome(&mut writer, written).await?;
        }
        self.tell_notice(Notice::default()).await;
        Ok(())
    }

    fn notice(&self) -> Notice {
        self.core().notice().clone()
    }

    fn is_kept(&self) -> bool {
        self.core().is_kept()
    }
}

/// Tells what is to be told until the bus is gone.
///
/// # Errors
/// The bus is gone.
pub async fn announce(connection: &Connection, mut signals: Receiver<Signal>) -> zbus::Result<()> {
    let emitter = SignalEmitter::new(connection, PATH)?;
    let bus = DBusProxy::new(connection).await?;
    let mut owners = bus.receive_name_owner_changed().await?;
    loop {
        let signal = tokio::select! {
            signal = signals.recv() => signal,
            // Only its end is of interest: the bus is gone.
            () = async { while owners.next().await.is_some() {} } => return Ok(()),
        };
        match signal {
            Some(Signal::Changed(Told { generation, sequence, key, value })) => {
                let value = to_variant(Some(&value));
                Settings1::<Door>::changed(&emitter, generation, sequence, key.to_owned(), value).await?;
            }
            Some(Signal::Notice(notice)) => Settings1::<Door>::notice_changed(&emitter, notice).await?,
            None => return Ok(()),
        }
    }
}

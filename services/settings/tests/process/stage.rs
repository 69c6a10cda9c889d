//! A bus, a folder, and the service.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::settings::{NAME, Notice, Settings1Proxy, SettingsError, Values};
use tandem_contracts::wire::{from_variant, to_variant};
use tandem_scenes::{Daemon, tied, within};
use tandem_settings::store::{Kept, Lasts, Store};
use tandem_units::Value;
use tempfile::TempDir;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;
use zbus::{Connection, OwnedVariant};

/// A state is looked at so often.
const LOOK: Duration = Duration::from_millis(2);

pub const SERVICE: &str = env!("CARGO_BIN_EXE_tandem-settings");

/// A source of chance that repeats.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493))
    }

    /// 0 to one less than `sides`.
    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % sides.max(1)
    }
}

/// Looks until it is so.
pub async fn until<T>(what: &'static str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    within(what, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK).await;
        }
    })
    .await
}

/// Opens a store in this process. A child that another test is just starting has the lock, too, until it is its own program.
pub async fn store(folder: &Path) -> (Store, Kept) {
    until("the folder's lock", async || Store::open(folder, Lasts::Always).await.ok()).await
}

pub fn value(variant: &OwnedVariant) -> Value {
    from_variant(0, variant).unwrap().1.unwrap()
}

pub struct Stage {
    pub folder: TempDir,
    pub bus: Daemon,
    pub connection: Connection,
    pub settings: Settings1Proxy<'static>,
    service: Option<Child>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(service) = &mut self.service {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

impl Stage {
    /// A stage without a service; its state is to lie in `state/`.
    pub async fn new() -> Self {
        let (folder, bus) = (tempfile::tempdir().unwrap(), Daemon::start());
        let connection = bus.connect().await;
        let settings = Settings1Proxy::builder(&connection).cache_properties(CacheProperties::No);
        let settings = settings.build().await.unwrap();
        Self { folder, bus, connection, settings, service: None }
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn database(&self) -> PathBuf {
        self.state().join("settings.db")
    }

    /// Starts it without a car, and waits until it answers.
    pub async fn start(&mut self) {
        let state = self.state();
        let mut command = tied(SERVICE);
        command.arg("--without-a-car").arg("--state").arg(state);
        self.start_as(command).await;
    }

    pub async fn start_as(&mut self, mut command: Command) {
        let service = command.env("TANDEM_BUS", self.bus.address()).env("TANDEM_LOG", "off").spawn().unwrap();
        self.service = Some(service);
        until("the service", async || self.settings.list().await.ok()).await;
    }

    /// Told to, or killed.
    pub async fn end(&mut self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
        self.gone().await;
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(self.service.as_ref().unwrap())
    }

    /// Waits for its end.
    pub async fn gone(&mut self) {
        let mut service = self.service.take().unwrap();
        tokio::task::spawn_blocking(move || service.wait().unwrap()).await.unwrap();
        let bus = DBusProxy::new(&self.connection).await.unwrap();
        until("the end of its name", async || {
            (!bus.name_has_owner(NAME.try_into().unwrap()).await.unwrap()).then_some(())
        })
        .await;
    }

    pub async fn set(&self, key: &str, value: impl Into<Value>) -> Result<(), SettingsError> {
        self.settings.set(key.to_owned(), to_variant(Some(&value.into()))).await
    }

    pub async fn get(&self, key: &str) -> Value {
        value(&self.settings.get(key.to_owned()).await.unwrap())
    }

    /// All of them, as screens have them.
    pub async fn values(&self) -> Values {
        let mut values = Values::default();
        for setting in self.settings.list().await.unwrap().settings {
            assert!(values.take(&setting.key, value(&setting.value)), "{setting:?}");
        }
        values
    }

    pub async fn notice(&self) -> Notice {
        self.settings.notice().await.unwrap()
    }
}

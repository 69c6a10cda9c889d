//! From a command line to a service in motion.

use std::future::Future;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use tandem_contracts::connect;
use tandem_contracts::driving::{Following, Rules};
use tandem_contracts::settings::{NAME, Notice, PATH, Settings1};
use tandem_runtime::Supervisor;
use tokio::sync::mpsc::Receiver;
use tracing::{info, warn};
use zbus::Connection;

use crate::bus::{Door, Signal, announce};
use crate::core::Core;
use crate::store::{InUse, Kept, Lasts, Store};

/// Keeps what people set in their car. Settings1 on D-Bus
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-settings", version)]
pub struct Options {
    /// The folder where settings outlive a power cut; no other service may use it
    /// [default: $STATE_DIRECTORY or $XDG_STATE_HOME/tandem/settings; without a home they end with the service, which says so]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// For a desk without a car: nothing is restricted, whatever `Driving1` says. Never in a car
    #[arg(long)]
    pub without_a_car: bool,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    InUse(#[from] InUse),
    #[error("cannot serve on the bus (is TANDEM_BUS right, and is no other settings service running?)")]
    Bus(#[source] zbus::Error),
}

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    #[error("the bus is gone")]
    BusGone,
    #[error("the bus failed")]
    Bus(#[from] zbus::Error),
    #[error("cannot listen for the word to stop")]
    Stop(#[source] std::io::Error),
}

/// The service, ready to run.
pub struct Service {
    door: Door,
    signals: Receiver<Signal>,
    connection: Connection,
    /// None without a car.
    following: Option<Following>,
}

/// Opens what was set, and takes the name on the bus.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(options: Options) -> Result<Service, StartError> {
    // At a desk a folder in memory is somebody's choice; in a car it stands for a disk that is missing.
    let is_of_a_car = options.state.is_none() && std::env::var_os("STATE_DIRECTORY").is_some();
    let (store, kept) = match options.state.or_else(|| tandem_runtime::state_folder("settings")) {
        Some(folder) if is_of_a_car => Store::open(&folder, Lasts::of_state_directory(&folder)).await?,
        Some(folder) => Store::open(&folder, Lasts::Always).await?,
        None => {
            let reason =
                "there is no folder for them, so they end with the service (give --state, or set HOME)".to_owned();
            let notice = Notice { kind: "not-kept".into(), reason, ..Notice::default() };
            (Store::Memory, Kept { notice, ..Kept::default() })
        }
    };
    if !kept.notice.kind.is_empty() {
        warn!("{}", kept.notice.sentence());
    }
    let (rules, following) = if options.without_a_car {
        warn!("--without-a-car: nothing is restricted, whether a car drives or not");
        (Rules::without_a_car(), None)
    } else {
        let (rules, following) = Rules::followed();
        (rules, Some(following))
    };
    let generation = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let core = Core::new(generation, kept.rows, store.is_kept(), kept.notice);
    for key in core.strange() {
        warn!(key, "what was set is not understood by this make of Tandem, and kept for the one that does");
    }
    info!(set = core.rows().len(), "the settings are open");
    let (door, signals) = Door::new(core, store, rules);
    let connection =
        connect::reach(connect::builder().serve_at(PATH, Settings1(door.clone()))).await.map_err(StartError::Bus)?;
    connect::own(&connection, [NAME]).await.map_err(StartError::Bus)?;
    Ok(Service { door, signals, connection, following })
}

impl Service {
    /// Runs until told to stop.
    ///
    /// # Errors
    /// [`EndError`]: the bus is gone; a service without one is of no use, and its supervisor starts it anew.
    pub async fn run(
        self,
        supervisor: Supervisor,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> Result<(), EndError> {
        let Self { door, signals, connection, following } = self;
        let follow = async {
            match following {
                Some(following) => following.run().await,
                None => std::future::pending().await,
            }
        };
        let mut watchdog = supervisor.watchdog();
        let feed = async {
            loop {
                watchdog.due().await;
                door.works().await;
                watchdog.feed();
            }
        };
        let result = tokio::select! {
            stopped = stop => stopped.map_err(EndError::Stop),
            told = announce(&connection, signals) => told.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            followed = follow => followed.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            never = feed => never,
        };
        supervisor.stopping();
        door.close().await;
        result
    }
}

//! From a command line to a service in motion.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tandem_contracts::connect;
use tandem_contracts::health::{Health1, NAME, PATH};
use tandem_runtime::Supervisor;

use crate::bus::Watch;
use crate::core::{Core, Place, Who};
use crate::machine::{INTERFACES, Places};

/// Knows how every part of Tandem is, and what to do about what is not well. Health1 on D-Bus
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-lifecycle", version)]
pub struct Options {
    /// A part that is not started here and is not missed, again and again for more
    #[arg(long, value_enum, value_name = "PART")]
    pub without: Vec<Who>,
    /// A folder in which a part keeps something, again and again for more [default: /var/lib/tandem-PART in a car, else $XDG_STATE_HOME/tandem]
    #[arg(long, value_name = "DIR")]
    pub state: Vec<PathBuf>,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve on the bus (is TANDEM_BUS right, and is no other lifecycle service running?)")]
pub struct StartError(#[from] zbus::Error);

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
pub struct Service(Watch);

/// Begins to look, and takes the name on the bus.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(options: Options) -> Result<Service, StartError> {
    let place =
        if std::env::var_os("TANDEM_BUS").is_some_and(|bus| bus == "system") { Place::Car } else { Place::Desk };
    let folders = if options.state.is_empty() { folders(place) } else { options.state };
    let places = Places { interfaces: (place == Place::Car).then(|| INTERFACES.into()), folders };
    let generation = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let core = Core::new(place, options.without.into_iter().collect(), env!("CARGO_PKG_VERSION"), generation);
    let (door, reports) = Watch::doors();
    let connection = connect::reach(connect::builder().serve_at(PATH, Health1(door))).await?;
    // Before anything is followed: behind names that come and go without end the bus's answer would not be read.
    connect::own(&connection, [NAME]).await?;
    Ok(Service(Watch::begin(connection, connect::open().await?, core, places, reports).await?))
}

/// Where the parts keep what is to outlive a power cut.
fn folders(place: Place) -> Vec<PathBuf> {
    match place {
        Place::Car => {
            let kept = Who::ALL.into_iter().filter(|who| who.keeps());
            kept.map(|who| Path::new("/var/lib").join(who.unit())).collect()
        }
        Place::Desk => {
            let own = tandem_runtime::state_folder("lifecycle");
            own.as_deref().and_then(Path::parent).map(Path::to_owned).into_iter().collect()
        }
    }
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
        let result = tokio::select! {
            stopped = stop => stopped.map_err(EndError::Stop),
            watched = self.0.run(supervisor.watchdog()) => watched.map_err(EndError::Bus).and(Err(EndError::BusGone)),
        };
        supervisor.stopping();
        result
    }
}

//! From a command line to a service in motion.

use std::future::Future;
use std::path::PathBuf;
use std::time::SystemTime;

use tandem_contracts::connect;
use tandem_signals::Catalogue;
use tandem_store::{LoadError, Places, load};
use tokio::sync::mpsc;
use tracing::info;

use crate::actor::{Actor, ActorError};
use crate::core::Core;
use crate::{bus, link};

/// Link events that may wait for the actor: about a tenth of a second of a full bus.
const LINK_QUEUE: usize = 512;

/// Reads the car's buses and tells D-Bus: Signals1, Bus1 and, if the car can be asked, Climate1.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-vehicle", version)]
pub struct Options {
    /// The car: a name under assets/cars, or the path of a folder with a car.toml
    #[arg(long)]
    pub car: String,
    /// The link to the car: the socket that the simulator or the replay listens at
    #[arg(long)]
    pub link: PathBuf,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again
    #[arg(long)]
    pub dbc_path: Vec<PathBuf>,
    /// The folder that holds cars/
    #[arg(long, env = "TANDEM_ASSETS", default_value = "/usr/share/tandem")]
    pub assets: PathBuf,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Car(#[from] LoadError),
    #[error("cannot serve on the bus (is TANDEM_BUS right, and is no other vehicle service running?)")]
    Bus(#[source] zbus::Error),
    #[error("cannot start the link's thread")]
    Thread(#[source] std::io::Error),
}

/// Loads the car, takes the names on the bus and connects to the car.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(options: Options) -> Result<impl Future<Output = Result<(), ActorError>>, StartError> {
    let Options { car, link, mut dbc_path, assets } = options;
    dbc_path.extend(std::env::var_os("TANDEM_DBC_PATH").iter().flat_map(std::env::split_paths));
    let (car, warnings) = load(&car, &Places { assets, dbc: dbc_path }, Catalogue::ours())?;
    info!(car = car.profile.name, leaves = car.leaves().count(), repairs = warnings.len(), "car loaded");
    let generation =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let core = Core::new(car, generation);
    let serving = bus::serve(connect::builder(), &core).await.map_err(StartError::Bus)?;
    let (sender, news) = mpsc::channel(LINK_QUEUE);
    link::spawn(link, sender).map_err(StartError::Thread)?;
    Ok(Actor::new(core, serving).run(news))
}

//! From a command line to a service in motion.

use std::collections::HashMap;
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use tandem_contracts::camera::{self, Camera1};
use tandem_contracts::connect;
use tandem_contracts::driving::{Following, Rules};
use tandem_contracts::media::{Media1, NAME, PATH, Trouble};
use tandem_library::{Library, LibraryError, Opened};
use tandem_runtime::Supervisor;
use tokio::sync::oneshot;
use tracing::{info, warn};
use zbus::Connection;

use crate::actor::Actor;
use crate::bus::Door;
use crate::cameras::Cameras;
use crate::child::Program;
use crate::core::Core;
use crate::finder::Finder;
use crate::keeper::{self, Keeper};
use crate::mounts::Places;
use crate::players::Players;
use crate::podcasts::Podcasts;
use crate::queue::Queue;
use crate::state::Handle;
use crate::volumes::{self, Volumes};
use crate::why::Why;
use crate::{announce, cameras, keys, mpris};

/// What a start does with what played last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Resume {
    /// It goes on, if it played.
    Play,
    /// It is held where it was.
    Pause,
}

/// Plays music: the queue, the library and the sources. Media1 and MPRIS on D-Bus
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-media", version)]
pub struct Options {
    /// The folder of the library, its pictures and episodes [default: $XDG_STATE_HOME/tandem/media]
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// A folder with music; may be given again
    #[arg(long)]
    pub music: Vec<PathBuf>,
    /// A folder below which sticks are mounted; may be given again [default: /media, /run/media, /mnt]
    #[arg(long)]
    pub sticks: Vec<PathBuf>,
    /// What sounds: auto, null, or record:FILE; handed to the player
    #[arg(long)]
    pub sink: Option<OsString>,
    /// The player's program [default: tandem-player beside this program, or in PATH]
    #[arg(long)]
    pub player: Option<PathBuf>,
    /// A file that says which cameras the car has: TOML, a table `[cameras.NAME]` for each
    #[arg(long, value_name = "FILE")]
    pub cameras: Option<PathBuf>,
    /// The cameras' program [default: tandem-camera beside this program, or in PATH]
    #[arg(long)]
    pub camera: Option<PathBuf>,
    /// What is done with what played last
    #[arg(long, value_enum, default_value_t = Resume::Pause)]
    pub resume: Resume,
    /// For a desk without a car: nothing is restricted, whatever `Driving1` says. Never in a car
    #[arg(long)]
    pub without_a_car: bool,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no folder for the library: give --state, or set HOME")]
    NoState,
    #[error("cannot open the library")]
    Library(#[from] LibraryError),
    #[error("cannot watch for sticks")]
    Mounts(#[source] std::io::Error),
    #[error("cannot serve on the bus (is TANDEM_BUS right, and is no other media service running?)")]
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
    actor: Actor,
    handle: Handle,
    volumes: Volumes,
    door: Door,
    cameras: Cameras,
    connection: Connection,
    signals: Connection,
    position_us: i64,
    playing: bool,
    /// None without a car.
    following: Option<Following>,
}

/// Opens the library, finds where playback was left, and takes the names on the bus.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(options: Options) -> Result<Service, StartError> {
    let state = options.state.or_else(|| tandem_runtime::state_folder("media")).ok_or(StartError::NoState)?;
    let (library, opened) = Library::open(&state).await?;
    let remark = match &opened {
        Opened::MovedAside { to, why } => {
            warn!(to = %to.display(), why, "the library was broken: a new one is begun, the old one is kept aside");
            // The disk is well: there is no word for it that a driver could act on.
            Why { trouble: None, sentence: "The library was broken; a new one is being made".to_owned() }
        }
        Opened::InMemory { why } => {
            warn!(why, "the library's folder cannot be written: what changes now is not kept");
            Why::new(Trouble::Storage, "The disk cannot be written; nothing is kept")
        }
        Opened::New | Opened::Clean => {
            info!(new = opened == Opened::New, "the library is open");
            Why::default()
        }
    };
    let session = library.load_session().await.unwrap_or_else(|error| {
        warn!(error = &error as &dyn std::error::Error, "where playback was left is not known");
        None
    });
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let queue = session.as_ref().map_or_else(|| Queue::new(seed), |session| keeper::restored(session, seed));
    let mut core = Core::new(queue, Duration::ZERO);
    if let Some(session) = &session {
        keeper::tuned(&mut core, session);
    }
    core.remark(remark);
    let playing = options.resume == Resume::Play && session.as_ref().is_some_and(|session| session.playing);
    let position_us = session.map_or(0, |session| session.position_us);

    let arguments = options.sink.into_iter().flat_map(|sink| [OsString::from("--sink"), sink]).collect();
    let program = Program::find(options.player, arguments);
    let (volumes_door, ends) = volumes::channels();
    let finder = Finder::new(library.clone(), volumes_door.here.clone());
    let (rules, following) = if options.without_a_car {
        warn!("--without-a-car: nothing is restricted, whether a car drives or not");
        (Rules::without_a_car(), None)
    } else {
        let (rules, following) = Rules::followed();
        (rules, Some(following))
    };
    let (actor, handle) = Actor::new(core, program, finder, Keeper::new(library.clone()), rules);
    let places = Places::new(options.music, options.sticks);
    let volumes = Volumes::new(library.clone(), places, ends, actor.words()).await.map_err(StartError::Mounts)?;

    // Signals of others come over a connection of their own, so that unread ones hold up no call.
    let calls = connect::open().await.map_err(StartError::Bus)?;
    let signals = connect::open().await.map_err(StartError::Bus)?;
    let door = Door {
        handle: handle.clone(),
        podcasts: Podcasts::new(library.clone(), &state),
        library,
        players: Players::new(calls, &handle),
        volumes: volumes_door,
        downloads: Arc::new(Mutex::new(HashMap::new())),
    };
    let setups = options.cameras.as_deref().map(cameras::setup::read).unwrap_or_default();
    let cameras = Cameras::new(setups, options.camera);
    let builder =
        connect::builder().serve_at(PATH, Media1(door.clone())).serve_at(camera::PATH, Camera1(cameras.clone()));
    let connection = connect::reach(mpris::serve(builder, &handle)).await.map_err(StartError::Bus)?;
    connect::own(&connection, [NAME, tandem_contracts::mpris::NAME, camera::NAME]).await.map_err(StartError::Bus)?;
    Ok(Service { actor, handle, volumes, door, cameras, connection, signals, position_us, playing, following })
}

impl Service {
    /// Runs until told to stop, and saves where playback stands.
    ///
    /// # Errors
    /// [`EndError`]: the bus is gone; a service without one is of no use, and its supervisor starts it anew.
    pub async fn run(
        self,
        supervisor: Supervisor,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> Result<(), EndError> {
        let Self { actor, handle, volumes, door, cameras, connection, signals, position_us, playing, following } = self;
        let (end, ended) = oneshot::channel::<()>();
        let actor = tokio::spawn(actor.run(position_us, playing, supervisor.watchdog(), async { drop(ended.await) }));
        tokio::spawn(volumes.run());
        let (players, podcasts, library) = (door.players.clone(), door.podcasts.clone(), door.library.clone());
        tokio::spawn(async move {
            if let Err(error) = podcasts.tidy().await {
                warn!(error = &error as &dyn std::error::Error, "downloaded episodes are not looked through");
            }
        });
        let result = tokio::select! {
            stopped = stop => stopped.map_err(EndError::Stop),
            told = announce::announce(&connection, door) => told.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            told = mpris::tell(&connection, &handle) => told.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            told = cameras.announce(&connection) => told.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            followed = keys::follow(&handle) => followed.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            followed = follow(following) => followed.map_err(EndError::Bus).and(Err(EndError::BusGone)),
            followed = players.follow(&signals) => followed.map_err(EndError::Bus).and(Err(EndError::BusGone)),
        };
        supervisor.stopping();
        drop(end);
        // An actor that panicked has said so.
        drop(actor.await);
        if let Err(error) = library.close().await {
            warn!(error = &error as &dyn std::error::Error, "the library is closed by the next start");
        }
        result
    }
}

/// Keeps the rules up to date until the bus is gone; for ever if they never change.
async fn follow(following: Option<Following>) -> zbus::Result<()> {
    match following {
        Some(following) => following.run().await,
        None => std::future::pending().await,
    }
}

//! From a command line to a service in motion.

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use tandem_contracts::calls::Calls1;
use tandem_contracts::phones::PhoneLink1;
use tandem_contracts::sessions::Sessions1;
use tandem_contracts::{calls, connect, phones, sessions};
use tandem_kdeconnect::{DeviceKind, device_name};
use tandem_link::{Own, OwnError};
use tandem_runtime::Supervisor;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tracing::warn;
use zbus::Connection;

use crate::actor::{Actor, Tools, moment};
use crate::announce;
use crate::bus::{Began, Door};
use crate::car::{Car, Reading};
use crate::core::{Core, HandsFree, Language, Us, Vehicle};
use crate::files;
use crate::mpris;
use crate::ofono;
use crate::store::{Store, StoreError};
use crate::vehicle;

/// What is taken from phones, and what is sent to them: nobody loads more for us than that.
const INCOMING: [&str; 11] = [
    "kdeconnect.mpris",
    "kdeconnect.mpris.request",
    "kdeconnect.share.request",
    "kdeconnect.share.request.update",
    "kdeconnect.notification",
    "kdeconnect.battery",
    "kdeconnect.connectivity_report",
    "kdeconnect.telephony",
    "kdeconnect.ping",
    "kdeconnect.runcommand.request",
    "kdeconnect.notification.request",
];
const OUTGOING: [&str; 7] = [
    "kdeconnect.mpris",
    "kdeconnect.mpris.request",
    "kdeconnect.share.request",
    "kdeconnect.notification.request",
    "kdeconnect.findmyphone.request",
    "kdeconnect.telephony.request_mute",
    "kdeconnect.runcommand",
];

/// Carries on in the car what phones were doing, and gives it back; tells who calls. Sessions1, Calls1 and PhoneLink1 on D-Bus
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "tandem-phone-link", version)]
pub struct Options {
    /// The folder of the certificate, of what is known of the phones, and of their files [default: $XDG_STATE_HOME/tandem/phones]
    #[arg(long)]
    pub state: Option<PathBuf>,
    /// How phones show this car
    #[arg(long, default_value = "Tandem car")]
    pub name: String,
    /// The language of what phones show of this car
    #[arg(long, value_enum, default_value = "en")]
    pub language: Language,
    /// The only network interface that phones are reached on; may be given again [default: all]
    #[arg(long)]
    pub interface: Vec<String>,
    /// The only address to listen at, instead of interfaces
    #[arg(long, conflicts_with = "interface")]
    pub at: Option<IpAddr>,
    /// Not shown and not found by mDNS
    #[arg(long)]
    pub no_mdns: bool,
    /// For a desk without a car: the service takes it for parked whatever `Driving1` says, and restricts nothing. Never in a car
    #[arg(long)]
    pub without_a_car: bool,
}

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::English, Self::Chinese]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::English => "en",
            Self::Chinese => "zh_CN",
        }))
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no folder for the phones: give --state, or set HOME")]
    NoState,
    #[error("{0:?} is no name that a phone could show")]
    Name(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Own(#[from] OwnError),
    #[error("cannot listen for phones")]
    Links(#[from] tandem_link::StartError),
    #[error("cannot serve on the bus (is TANDEM_BUS right, and is no other phone service running?)")]
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
    door: Door,
    connection: Connection,
    car: Car,
    plays: watch::Sender<Reading>,
    vehicle: watch::Sender<Vehicle>,
    hands_free: watch::Sender<Vec<HandsFree>>,
    without_a_car: bool,
}

/// Opens what is known of the phones, listens for them, and takes the names on the bus.
///
/// # Errors
/// [`StartError`]: nothing that trying again would mend.
pub async fn start(options: Options) -> Result<Service, StartError> {
    let without_a_car = options.without_a_car;
    if without_a_car {
        warn!("--without-a-car: nothing is restricted, whether a car drives or not");
    }
    let state = options.state.or_else(|| tandem_runtime::state_folder("phones")).ok_or(StartError::NoState)?;
    let name = device_name(&options.name).ok_or(StartError::Name(options.name))?;
    let store = Arc::new(Store::open(&state).await?);
    let loaded = store.load().await?;
    let own = Arc::new(Own::open(&state)?);

    let to_car = connect::open().await.map_err(StartError::Bus)?;
    let car = Car::new(&to_car).await.map_err(StartError::Bus)?;
    let mut listen = tandem_link::Options::new(name.clone(), DeviceKind::Tablet);
    listen.incoming = INCOMING.map(str::to_owned).to_vec();
    listen.outgoing = OUTGOING.map(str::to_owned).to_vec();
    listen.interfaces = options.interface;
    listen.at = options.at;
    listen.mdns = !options.no_mdns;
    let (links, news) = tandem_link::start(own, listen).await?;

    let (plays, follows_plays) = watch::channel(Reading::default());
    let (vehicle, follows_vehicle) = watch::channel(Vehicle::default());
    let (hands_free, follows_hands_free) = watch::channel(Vec::new());
    files::tidy(&state);
    let began = Instant::now();
    // A number that no other start has, from the system's own source of them.
    let (_, seed) = uuid::Uuid::new_v4().as_u64_pair();
    let us = Us { name: name.clone(), language: options.language, seed };
    let core = Core::new(moment(began), us, loaded);
    let tools = Tools {
        links: links.clone(),
        news,
        store: store.clone(),
        car: car.clone(),
        plays: follows_plays,
        vehicle: follows_vehicle,
        hands_free: follows_hands_free,
        folder: state,
    };
    let (actor, handle) = Actor::new(core, began, tools);
    let began = Began::new(handle.now());
    let door = Door { handle, store, links, name, began };
    let served = connect::builder()
        .serve_at(sessions::PATH, Sessions1(door.clone()))
        .serve_at(phones::PATH, PhoneLink1(door.clone()))
        .serve_at(calls::PATH, Calls1(door.clone()));
    let connection = connect::reach(served).await.map_err(StartError::Bus)?;
    connect::own(&connection, [phones::NAME, sessions::NAME, calls::NAME]).await.map_err(StartError::Bus)?;
    Ok(Service { actor, door, connection, car, plays, vehicle, hands_free, without_a_car })
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
        let Self { actor, door, connection, car, plays, vehicle, hands_free, without_a_car } = self;
        let (end, ended) = oneshot::channel::<()>();
        let actor = tokio::spawn(actor.run(supervisor.watchdog(), async { drop(ended.await) }));
        tokio::spawn(mpris::serve(door.handle.clone()));
        tokio::spawn(async move { car.follow(plays).await });
        tokio::spawn(ofono::follow(hands_free));
        let result = tokio::select! {
            stopped = stop => stopped.map_err(EndError::Stop),
            () = vehicle::follow(vehicle, without_a_car) => Err(EndError::BusGone),
            told = announce::announce(&connection, door) => told.map_err(EndError::Bus).and(Err(EndError::BusGone)),
        };
        supervisor.stopping();
        drop(end);
        // An actor that panicked has said so.
        drop(actor.await);
        result
    }
}

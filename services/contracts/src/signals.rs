//! `org.tandem.Signals1`: readings of the car by their VSS path.

use std::collections::HashMap;
use std::future::Future;

use serde::{Deserialize, Serialize};
use tandem_units::{Quality, plain};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, OwnedVariant, Type};

use crate::actuation::{ActuateError, Actuator, CommandBackend, Request};
use crate::connect::sender;
use crate::wire;

pub const NAME: &str = "org.tandem.Signals1";
pub const PATH: &str = "/org/tandem/Signals1";

/// At most this many leaves in one subscription, and this many subscriptions for one connection.
pub const MAX_PATHS: usize = 1024;
pub const MAX_SUBSCRIPTIONS: usize = 16;
/// The largest window: batches sent and not yet acknowledged.
pub const MAX_WINDOW: u32 = 64;
/// The window that asks for lockstep: in a replay the service waits at each tick until this subscriber has acknowledged.
pub const LOCKSTEP: u32 = 0;

/// So much of a path that somebody asked for is repeated to them, characters.
const LONGEST_SHOWN: usize = 200;

/// A leaf that this car has.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Leaf {
    /// VSS path, such as `Vehicle.Speed`.
    pub path: String,
    /// `sensor`, `actuator` or `attribute`.
    pub kind: String,
    /// VSS datatype, such as `float` or `string`.
    pub datatype: String,
    /// VSS unit, such as `km/h`; empty if the leaf has none.
    pub unit: String,
    /// `description` s, `min` d, `max` d, `allowed` as, `private` b: those that apply.
    pub details: HashMap<String, OwnedVariant>,
}

/// A reading by its path.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct PathReading {
    pub path: String,
    /// 0 valid, 1 stale, 2 absent, 3 invalid.
    pub quality: u8,
    /// When the value was heard, nanoseconds on the service's clock; 0 if never. A stale value with 0 is the last one from before this clock began: it was kept
    /// over a power cut, and nobody knows how old it is.
    pub heard_ns: u64,
    /// The value; an empty array where the quality has none.
    pub value: OwnedVariant,
}

/// What a handle of a subscription stands for.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Handle {
    pub handle: u32,
    pub path: String,
    pub unit: String,
    pub datatype: String,
}

/// A reading by its handle.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct Change {
    pub handle: u32,
    /// 0 valid, 1 stale, 2 absent, 3 invalid.
    pub quality: u8,
    /// When the value was heard, nanoseconds on the service's clock; 0 if never. A stale value with 0 is the last one from before this clock began: it was kept
    /// over a power cut, and nobody knows how old it is.
    pub heard_ns: u64,
    /// The value; an empty array where the quality has none.
    pub value: OwnedVariant,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Signals1.Error")]
pub enum SignalsError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// A path that this car does not have.
    UnknownPath(String),
    /// More paths, subscriptions or window than a client may ask for.
    LimitExceeded(String),
    /// No subscription of the caller has this id.
    UnknownSubscription(String),
    /// Not a value that this car can be asked for.
    OutOfRange(String),
    /// This car cannot be asked for it.
    Unsupported(String),
    /// There is no car to send it to, its bus is down or off, it is silent, or it is only listened to.
    NotAvailable(String),
    /// Not while the car drives or is switched as it is.
    Restricted(String),
    /// Somebody else holds the actuator; the sentence ends with the holder's name.
    Held(String),
}

impl From<ActuateError> for SignalsError {
    fn from(error: ActuateError) -> Self {
        match error {
            ActuateError::OutOfRange(why) => Self::OutOfRange(why),
            ActuateError::Unsupported(why) => Self::Unsupported(why),
            ActuateError::NotAvailable(why) => Self::NotAvailable(why),
            ActuateError::Restricted(why) => Self::Restricted(why),
            ActuateError::Held(why) => Self::Held(why),
        }
    }
}

/// The work behind [`Signals1`].
pub trait SignalsBackend: CommandBackend {
    fn list(&self) -> impl Future<Output = Result<Vec<Leaf>, SignalsError>> + Send;
    fn get(&self, paths: Vec<String>) -> impl Future<Output = Result<Vec<PathReading>, SignalsError>> + Send;
    fn subscribe(
        &self,
        client: String,
        paths: Vec<String>,
        min_interval_ms: u32,
        window: u32,
    ) -> impl Future<Output = Result<(u32, Vec<Handle>), SignalsError>> + Send;
    fn acknowledge(&self, client: String, id: u32, sequence: u64) -> impl Future<Output = ()> + Send;
    fn unsubscribe(&self, client: String, id: u32) -> impl Future<Output = Result<(), SignalsError>> + Send;
    fn release(&self, client: String, path: String) -> impl Future<Output = Result<(), SignalsError>> + Send;
    fn actuators(&self) -> impl Future<Output = Result<Vec<Actuator>, SignalsError>> + Send;
    fn requests(&self) -> impl Future<Output = Result<Vec<Request>, SignalsError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Signals1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Signals1",
    proxy(default_service = "org.tandem.Signals1", default_path = "/org/tandem/Signals1", visibility = "pub")
)]
impl<B: SignalsBackend> Signals1<B> {
    /// Every leaf that this car has, sorted by path.
    #[zbus(out_args("leaves"))]
    async fn list(&self) -> Result<Vec<Leaf>, SignalsError> {
        self.0.list().await
    }

    /// The readings of these paths, in their order; no paths ask for all, sorted.
    #[zbus(out_args("readings"))]
    async fn get(&self, paths: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
        self.0.get(paths).await
    }

    /// Asks for batches on this connection: at least `min_interval_ms` apart, at most `window` of them unacknowledged. The first batch carries every
    /// handle. A window of 0 asks for lockstep.
    #[zbus(out_args("id", "handles"))]
    async fn subscribe(
        &self,
        paths: Vec<String>,
        min_interval_ms: u32,
        window: u32,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(u32, Vec<Handle>), SignalsError> {
        self.0.subscribe(sender(&header), paths, min_interval_ms, window).await
    }

    /// Says that all batches up to `sequence` are done with. Two seconds without it end the subscription.
    #[zbus(proxy(no_reply))]
    async fn acknowledge(&self, id: u32, sequence: u64, #[zbus(header)] header: Header<'_>) {
        self.0.acknowledge(sender(&header), id, sequence).await;
    }

    /// Ends a subscription of the caller.
    async fn unsubscribe(&self, id: u32, #[zbus(header)] header: Header<'_>) -> Result<(), SignalsError> {
        self.0.unsubscribe(sender(&header), id).await
    }

    /// Asks for a value of an actuator, in the leaf's unit. Returns the request's number once it is taken; it is sent at once, or as soon as the
    /// message's pace allows. What the car makes of it follows as `RequestChanged`. Until then, and for as long as this car keeps the value up by itself, the caller holds the actuator; a newer wish of its own takes the place of this one.
    #[zbus(out_args("id"))]
    async fn actuate(
        &self,
        path: String,
        value: OwnedVariant,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SignalsError> {
        let refused = |why: String| {
            let path: String = path.chars().take(LONGEST_SHOWN).collect();
            SignalsError::OutOfRange(format!("{}: {why}", plain(&path)))
        };
        let value = wire::from_variant(Quality::Valid as u8, &value).map_err(|error| refused(error.to_string()))?.1;
        let value = value.ok_or_else(|| refused("there is no value".to_owned()))?;
        Ok(self.0.actuate(sender(&header), path, value).await?)
    }

    /// Gives an actuator up that the caller holds: what is held is let go, and a wish that still waits lapses.
    async fn release(&self, path: String, #[zbus(header)] header: Header<'_>) -> Result<(), SignalsError> {
        self.0.release(sender(&header), path).await
    }

    /// Everything that may be asked of this car, sorted by path.
    #[zbus(out_args("actuators"))]
    async fn actuators(&self) -> Result<Vec<Actuator>, SignalsError> {
        self.0.actuators().await
    }

    /// The newest wish for each actuator that was asked for since the service started, sorted by path.
    #[zbus(out_args("requests"))]
    async fn requests(&self) -> Result<Vec<Request>, SignalsError> {
        self.0.requests().await
    }

    /// A wish has a new state, whichever interface took it.
    #[zbus(signal)]
    pub async fn request_changed(emitter: &SignalEmitter<'_>, request: Request) -> zbus::Result<()>;

    /// What changed since the last batch, or nothing but the time: sent to the subscriber alone.
    #[zbus(signal)]
    pub async fn batch(
        emitter: &SignalEmitter<'_>,
        id: u32,
        generation: u64,
        sequence: u64,
        now_ns: u64,
        changes: Vec<Change>,
    ) -> zbus::Result<()>;
}

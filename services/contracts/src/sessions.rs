//! `org.tandem.Sessions1`: what goes on from the phone to the car and back, and whose it is at any time.
//!
//! A session is one thing that a person does: what a phone's player plays or a link leads to, a place where somebody wants to go, a note that arrived. Its `owner` is the phone or the
//! car, never both. `epoch` grows by one with each change of owner, `revision` with each change within an epoch: what is older than what was seen is to be dropped.

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, Type};

pub const NAME: &str = "org.tandem.Sessions1";
pub const PATH: &str = "/org/tandem/Sessions1";

/// The shape of [`Session`]; a reader that knows a lower one leaves the session alone.
pub const SCHEMA: u16 = 1;

/// What a player of the phone plays, or what the car plays instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Media {
    pub title: String,
    /// Empty if the phone does not say; so are `album`, `app` and `art`.
    pub artist: String,
    pub album: String,
    /// The phone's player, as the phone names it: an app, in the phone's language. Of a link that was shared, who offers it: a host.
    pub app: String,
    /// A `file://` address of a picture.
    pub art: String,
    /// Microseconds; 0 if not known or endless.
    pub length_us: i64,
    /// Microseconds, at the moment of telling: while `playing` it goes on by itself.
    pub position_us: i64,
    /// How far `position_us` can be trusted: `exact` (read while it was silent), `bounded` (off by at most `error_ms`), `stale` (as of a moment that nobody knows).
    pub quality: String,
    pub error_ms: u32,
    /// It sounds, wherever it is.
    pub playing: bool,
    /// What it is in the car, an item of `Media1`; empty if the car has nothing like it.
    pub item: String,
}

/// Where somebody wants to go. Private: no log shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Destination {
    /// What people call it; empty if nothing was said.
    pub label: String,
    /// `point`, or what only somebody with a network can look up: `query` (an address, a name), `link` (a short link).
    pub target: String,
    /// Of a query or a link; empty for a point.
    pub text: String,
    /// Degrees, WGS 84; both 0 unless `target` is `point`.
    pub latitude: f64,
    pub longitude: f64,
    /// Whether the car knows where it is, so that the next two say something.
    pub is_located: bool,
    /// As the crow flies, metres.
    pub distance_m: f64,
    /// From the car, degrees from north over east, 0 up to 360.
    pub bearing: f64,
}

/// A notification of the phone. While NO_TEXT_MESSAGE of `Driving1` is in force, only who sent it is told: `title` and `text` are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Note {
    pub app: String,
    pub title: String,
    pub text: String,
    /// Whether `Dismiss` takes it off the phone as well.
    pub is_dismissible: bool,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Session {
    /// Names it for good: a UUID of version 7.
    pub id: String,
    pub schema: u16,
    /// `media`, `destination` or `note`: which of the last three is filled.
    pub kind: String,
    /// The id of a phone of `PhoneLink1`, and its name.
    pub phone: String,
    pub phone_name: String,
    /// `phone`, `car` or `none`: while it is passed on, or owed to a phone that is away.
    pub owner: String,
    /// How the car can have it: `resume` (the car's own player plays it, a destination is taken), `control` (it stays where it is and is steered from here),
    /// `route` (the phone plays, the car sounds), empty for a note.
    pub mode: String,
    /// `offered`, `resolving`, `pausing`, `starting`, `held`, `undoing`, `releasing`, `owed` or `unsure` (after a restart, until both sides were asked).
    /// A destination is `offered`, `held` or `owed`, a note `offered`.
    pub stage: String,
    pub epoch: u64,
    pub revision: u64,
    /// Why it is where it is, if not as somebody wished, a word: `not-here`, `phone-did-not-pause`, `car-did-not-start`, `lost`, `phone-went`, `car-went`, `expired`,
    /// `interrupted`; empty otherwise.
    pub why: String,
    /// The same as one English sentence, without a full stop; empty if `why` is.
    pub reason: String,
    /// When it was first heard of, seconds since 1970 by the head unit's clock.
    pub since: i64,
    pub media: Media,
    pub destination: Destination,
    pub note: Note,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Sessions1.Error")]
pub enum SessionsError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// Nothing has this id, or it is over.
    NotFound(String),
    /// An argument that makes no sense.
    Invalid(String),
    /// Not as things are: the phone is away, or it is passed on just now.
    NotNow(String),
    /// The phone's owner did not allow it: see `PhoneLink1.Grant`.
    NotAllowed(String),
}

/// The work behind [`Sessions1`].
#[rustfmt::skip]
pub trait SessionsBackend: Send + Sync + 'static {
    fn list(&self) -> impl Future<Output = Result<Vec<Session>, SessionsError>> + Send;
    fn claim(&self, id: String) -> impl Future<Output = Result<(), SessionsError>> + Send;
    fn release(&self, id: String) -> impl Future<Output = Result<(), SessionsError>> + Send;
    fn steer(&self, id: String, order: String) -> impl Future<Output = Result<(), SessionsError>> + Send;
    fn dismiss(&self, id: String) -> impl Future<Output = Result<(), SessionsError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Sessions1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Sessions1",
    proxy(default_service = "org.tandem.Sessions1", default_path = "/org/tandem/Sessions1", visibility = "pub")
)]
impl<B: SessionsBackend> Sessions1<B> {
    /// All sessions, those that matter most first.
    #[zbus(out_args("sessions"))]
    async fn list(&self) -> Result<Vec<Session>, SessionsError> {
        self.0.list().await
    }

    /// Has it in the car: what plays goes on here, a destination is taken. Returns at once; `Changed` tells how it goes.
    async fn claim(&self, id: String) -> Result<(), SessionsError> {
        self.0.claim(id).await
    }

    /// Gives it back to the phone, now or at the next contact; a claim that is under way is taken back. A destination ends here, and the phone has the rest of the way.
    async fn release(&self, id: String) -> Result<(), SessionsError> {
        self.0.release(id).await
    }

    /// Tells the phone's player, where it is, to `play`, `pause`, or go to the `next` or `previous`; a link has none, which is not now.
    async fn steer(&self, id: String, order: String) -> Result<(), SessionsError> {
        self.0.steer(id, order).await
    }

    /// Puts away a destination, a link, or a note; a note that is dismissible is taken off the phone as well. A player that is silent is put away until it plays again.
    async fn dismiss(&self, id: String) -> Result<(), SessionsError> {
        self.0.dismiss(id).await
    }

    /// A session is new, or another than it was.
    #[zbus(signal)]
    pub async fn changed(emitter: &SignalEmitter<'_>, session: Session) -> zbus::Result<()>;

    /// A session is over.
    #[zbus(signal)]
    pub async fn gone(emitter: &SignalEmitter<'_>, id: String) -> zbus::Result<()>;
}

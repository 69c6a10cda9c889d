//! `org.tandem.Calls1`: telephone calls of the phones in the car, and what may be done about them.
//!
//! A phone that is coupled by its hands-free profile (oFono) can be answered and hung up from here. One that only tells of its calls (KDE Connect) can be told to stop
//! ringing, and nothing else. A call that both tell of stands here once.

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, Type};

pub const NAME: &str = "org.tandem.Calls1";
pub const PATH: &str = "/org/tandem/Calls1";

/// Calls that are told of at most, those that were missed among them.
pub const MAX_CALLS: usize = 16;

/// One call. Who it is with is private: no log shows it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Call {
    /// Names it for good; opaque.
    pub id: String,
    /// `hands-free`, or `kdeconnect`: the phone tells of it, and the car has no part in it.
    pub source: String,
    /// The phone's name; empty if it has told none.
    pub phone_name: String,
    /// As the phone's book has it, no longer than `Driving1` allows; empty if it is not known.
    pub name: String,
    /// As the network told it; empty if it is withheld.
    pub number: String,
    /// `ringing`, `dialing`, `active`, `held`, or `missed`: over, and nobody has answered it.
    pub state: String,
    /// When it came to be in this state, nanoseconds of the boot clock; 0 if that was before the service was there.
    pub since_ns: u64,
    /// What may be done about it.
    pub can_answer: bool,
    pub can_hang_up: bool,
    pub can_silence: bool,
}

/// Without who it is with.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Calls1.Error")]
pub enum CallsError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// No call has this id, or it is over.
    NotFound(String),
    /// This call does not allow it: see `can_answer`, `can_hang_up` and `can_silence`.
    NotPossible(String),
    /// The phone does not take it: it is away, or refuses.
    NotNow(String),
}

/// The work behind [`Calls1`].
#[rustfmt::skip]
pub trait CallsBackend: Send + Sync + 'static {
    fn list(&self) -> impl Future<Output = Result<Vec<Call>, CallsError>> + Send;
    fn answer(&self, id: String) -> impl Future<Output = Result<(), CallsError>> + Send;
    fn hang_up(&self, id: String) -> impl Future<Output = Result<(), CallsError>> + Send;
    fn silence(&self, id: String) -> impl Future<Output = Result<(), CallsError>> + Send;
    fn dismiss(&self, id: String) -> impl Future<Output = Result<(), CallsError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Calls1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Calls1",
    proxy(default_service = "org.tandem.Calls1", default_path = "/org/tandem/Calls1", visibility = "pub")
)]
impl<B: CallsBackend> Calls1<B> {
    /// All calls: those that ring first, then the others by their age, then those that were missed, the latest first.
    #[zbus(out_args("calls"))]
    async fn list(&self) -> Result<Vec<Call>, CallsError> {
        self.0.list().await
    }

    /// Answers a call that rings; one that is active meanwhile is held. Returns when the phone has taken it; `Changed` tells how it goes.
    async fn answer(&self, id: String) -> Result<(), CallsError> {
        self.0.answer(id).await
    }

    /// Ends a call, or declines one that rings.
    async fn hang_up(&self, id: String) -> Result<(), CallsError> {
        self.0.hang_up(id).await
    }

    /// Has the phone stop ringing; the call itself goes on, and whoever calls hears nothing of it.
    async fn silence(&self, id: String) -> Result<(), CallsError> {
        self.0.silence(id).await
    }

    /// Takes a call that was missed off the list.
    async fn dismiss(&self, id: String) -> Result<(), CallsError> {
        self.0.dismiss(id).await
    }

    /// All calls, as `List` has them, whenever one is new, another than it was, or over.
    #[zbus(signal)]
    pub async fn changed(emitter: &SignalEmitter<'_>, calls: Vec<Call>) -> zbus::Result<()>;
}

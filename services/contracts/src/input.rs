//! `org.tandem.Input1`: keys and knobs of the car, as numbered events. None is lost for whoever follows; who comes late gets the newest [`KEPT`].

use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zbus::Type;
use zbus::object_server::SignalEmitter;

mod follower;

pub use follower::{Follower, News};

pub const NAME: &str = "org.tandem.Input1";
pub const PATH: &str = "/org/tandem/Input1";

/// So many events are kept for who missed them.
pub const KEPT: usize = 64;

/// What became of a key or a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Press,
    /// Let go, or its message fell silent, or the car is gone.
    Release,
    /// It has been pressed for as long as car.toml says; the release comes later.
    LongPress,
    /// Of a knob.
    Turn,
}

impl Action {
    pub const ALL: [Self; 4] = [Self::Press, Self::Release, Self::LongPress, Self::Turn];

    /// As it stands on the bus.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Release => "release",
            Self::LongPress => "long-press",
            Self::Turn => "turn",
        }
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|action| action.word() == word).ok_or_else(|| word.to_owned())
    }
}

/// Something that somebody did in the car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct InputEvent {
    /// From 1, one more each time, as long as the service runs.
    pub number: u64,
    /// When, on the link's clock, nanoseconds.
    pub t_ns: u64,
    /// As Linux calls it: `KEY_NEXTSONG`, `REL_DIAL`.
    pub key: String,
    /// A word of [`Action`].
    pub action: String,
    /// Of a turn: clockwise, or counter-clockwise if negative; otherwise 0.
    pub steps: i32,
}

impl InputEvent {
    /// What happened; none if this make of Tandem has no word for it.
    pub fn action(&self) -> Option<Action> {
        self.action.parse().ok()
    }
}

/// The work behind [`Input1`].
pub trait InputBackend: Send + Sync + 'static {
    fn since(&self, number: u64) -> impl Future<Output = zbus::fdo::Result<(u64, Vec<InputEvent>)>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Input1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Input1",
    proxy(default_service = "org.tandem.Input1", default_path = "/org/tandem/Input1", visibility = "pub")
)]
impl<B: InputBackend> Input1<B> {
    /// The events behind `number`, in their order, 64 at most, and the number of the oldest that is kept (of the next one, if there is none): what lies between is lost.
    #[zbus(out_args("oldest", "events"))]
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        self.0.since(number).await
    }

    /// Every event, as it happens.
    #[zbus(signal)]
    pub async fn event(emitter: &SignalEmitter<'_>, event: InputEvent) -> zbus::Result<()>;
}

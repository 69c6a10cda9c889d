//! `org.tandem.Health1`: how every part of Tandem is, and what to do about what is not well.

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::Type;
use zbus::object_server::SignalEmitter;

mod follower;

pub use follower::Follower;

pub const NAME: &str = "org.tandem.Health1";
pub const PATH: &str = "/org/tandem/Health1";

/// How something is, as [`Part::health`] and [`Finding::health`] say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    /// Not there yet, and still has time to come.
    Starting,
    /// Not there, and need not be.
    Away,
    Ill,
}

impl Health {
    const ALL: [Self; 4] = [Self::Well, Self::Starting, Self::Away, Self::Ill];

    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Starting => "starting",
            Self::Away => "away",
            Self::Ill => "ill",
        }
    }

    /// None if it is no word of ours.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|health| health.word() == word)
    }
}

/// A process of Tandem, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Part {
    /// `vehicle`, `settings`, `media`, `phone-link`, `cluster`, `centre` or `lifecycle`.
    pub name: String,
    /// `well`; `starting`: it is not there yet and has until 30 s after the lifecycle service began; `away`: it is not there and need not be; `ill`.
    pub health: String,
    /// What was found, an English sentence without its subject and full stop: `answers`.
    pub says: String,
    /// What to do, for whoever has a command line; empty if it is well.
    pub remedy: String,
    /// Of the program that runs; empty if it has not said.
    pub version: String,
    /// Of its names on the bus, those that somebody owns and those that nobody does.
    pub owned: Vec<String>,
    pub missing: Vec<String>,
}

/// Something that the parts need, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Finding {
    /// `bus`: one of the car's CAN buses. `database`: `settings` or `library`. `device`: `sound`, what music plays to. `disk`: where parts keep what is to outlive a power cut.
    pub kind: String,
    /// Such as `can0`.
    pub name: String,
    /// As a part's.
    pub health: String,
    pub says: String,
    pub remedy: String,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Report {
    /// Another one, and the lifecycle service was started anew.
    pub generation: u64,
    /// Of the last change that is in here; `Changed` counts from it.
    pub sequence: u64,
    /// Whether nothing is ill and nobody is waited for.
    pub is_well: bool,
    pub parts: Vec<Part>,
    pub findings: Vec<Finding>,
}

/// The work behind [`Health1`].
pub trait HealthBackend: Send + Sync + 'static {
    fn report(&self) -> impl Future<Output = zbus::fdo::Result<Report>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Health1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Health1",
    proxy(default_service = "org.tandem.Health1", default_path = "/org/tandem/Health1", visibility = "pub")
)]
impl<B: HealthBackend> Health1<B> {
    /// Looks anew, and says what was found. Whoever does not answer within 2 s is ill; who comes and goes meanwhile costs half a second more.
    #[zbus(out_args("report"))]
    async fn report(&self) -> zbus::fdo::Result<Report> {
        self.0.report().await
    }

    /// The health, the version or a name of something is another: all of it, as `Report` has it. What is found meanwhile, such as the frames of a bus, changes without it.
    #[zbus(signal)]
    pub async fn changed(emitter: &SignalEmitter<'_>, report: Report) -> zbus::Result<()>;
}

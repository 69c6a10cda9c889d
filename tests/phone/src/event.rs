//! What happens, as it is printed.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::player::By;

/// What happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Since the start.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    #[serde(flatten)]
    pub what: What,
}

fn millis<S: serde::Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.as_millis() as u64)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    pub key: String,
    pub name: String,
}

/// A player as it is, and as it is said to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerNow {
    pub player: String,
    pub title: String,
    pub sounding: bool,
    pub position_ms: i64,
    pub says_playing: bool,
    pub says_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    Ready {
        id: String,
        name: String,
        protocol: u8,
    },
    /// A car is there; `paired` if it is the one that was paired.
    Connected {
        car: String,
        protocol: u8,
        paired: bool,
    },
    Disconnected {
        why: String,
    },
    /// Both screens show the key.
    PairAsked {
        by: By,
        key: String,
    },
    Paired,
    /// They are not paired, or no longer.
    Unpaired {
        why: String,
    },
    /// A player of the phone does something else.
    Player {
        by: By,
        #[serde(flatten)]
        now: PlayerNow,
    },
    /// The car told a player something that changed nothing.
    Ignored {
        player: String,
        order: String,
    },
    Received {
        kind: &'static str,
        content: String,
        bytes: u64,
    },
    /// A file that did not arrive, or was not taken.
    Failed {
        file: String,
        why: String,
    },
    Sent {
        file: String,
    },
    NoteDismissed {
        id: String,
    },
    NotesAsked,
    Buttons {
        buttons: Vec<Button>,
    },
    /// The car's own player is something else.
    CarPlayer {
        player: String,
        title: String,
        playing: bool,
        position_ms: i64,
        url: String,
    },
    Pinged {
        message: String,
    },
    Ringing,
    /// The car had it stop ringing for a call.
    Silenced,
    /// It is gone from the car's sight, or back: `died`, `hung`, `vanished`, `woke`, `came`, `came-as-another`.
    Air {
        is: &'static str,
    },
    Done {
        deed: String,
    },
    NotDone {
        deed: String,
        why: String,
    },
    Status {
        connected: bool,
        paired: bool,
        players: Vec<PlayerNow>,
        notes: usize,
    },
    /// The story has no more steps.
    StoryEnd,
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:8.3} s  {}", self.at.as_secs_f64(), self.what)
    }
}

impl fmt::Display for PlayerNow {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { player, title, sounding, position_ms, says_playing, says_ms } = self;
        let sounds = |yes: &bool| if *yes { "plays" } else { "is silent" };
        write!(formatter, "{player} {} at {}: {title}", sounds(sounding), Clock(*position_ms))?;
        if says_playing != sounding || says_ms != position_ms {
            write!(formatter, " (says that it {} at {})", sounds(says_playing), Clock(*says_ms))?;
        }
        Ok(())
    }
}

/// Minutes, seconds and thousandths.
struct Clock(i64);

impl fmt::Display for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let ms = self.0;
        write!(formatter, "{}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
    }
}

impl fmt::Display for What {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let known = |paired: &bool| if *paired { "paired" } else { "not paired" };
        match self {
            Self::Ready { id, name, protocol } => write!(to, "{name} is ready: {id}, protocol {protocol}"),
            Self::Connected { car, protocol, paired } => {
                write!(to, "Connected to {car}, protocol {protocol}, {}", known(paired))
            }
            Self::Disconnected { why } => write!(to, "Disconnected: {why}"),
            Self::PairAsked { by: By::Car, key } => write!(to, "The car asks to pair, key {key}"),
            Self::PairAsked { key, .. } => write!(to, "Asks the car to pair, key {key}"),
            Self::Paired => to.write_str("Paired"),
            Self::Unpaired { why } => write!(to, "Not paired: {why}"),
            Self::Player { by: By::Car, now } => write!(to, "The car: {now}"),
            Self::Player { by: By::Hand, now } => write!(to, "By hand: {now}"),
            Self::Player { by: By::Itself, now } => now.fmt(to),
            Self::Ignored { player, order } => write!(to, "{player} was told {order}, which changed nothing"),
            Self::Received { kind: "file", content, bytes } => write!(to, "Received the file {content}, {bytes} bytes"),
            Self::Received { kind, content, .. } => write!(to, "Received the {kind} {content}"),
            Self::Failed { file, why } => write!(to, "The file {file} failed: {why}"),
            Self::Sent { file } => write!(to, "Sent the file {file}"),
            Self::NoteDismissed { id } => write!(to, "The car dismissed the notification {id}"),
            Self::NotesAsked => to.write_str("The car asked for all notifications"),
            Self::Buttons { buttons } => {
                to.write_str("The car offers:")?;
                buttons.iter().try_for_each(|it| write!(to, " {} ({})", it.name, it.key))
            }
            Self::CarPlayer { player, title, playing, position_ms, url } => {
                let does = if *playing { "plays" } else { "is silent" };
                write!(to, "The car's {player} {does} at {}: {title} {url}", Clock(*position_ms))
            }
            Self::Pinged { message } => write!(to, "Ping {message}"),
            Self::Ringing => to.write_str("RINGING"),
            Self::Silenced => to.write_str("The car silenced the call"),
            Self::Air { is } => write!(to, "The phone {}", is.replace('-', " ")),
            Self::Done { deed } => write!(to, "> {deed}"),
            Self::NotDone { deed, why } => write!(to, "> {deed}: {why}"),
            Self::Status { connected, paired, players, notes } => {
                let there = if *connected { "Connected" } else { "Not connected" };
                write!(to, "{there}, {}, {notes} notifications", known(paired))?;
                players.iter().try_for_each(|player| write!(to, "\n            {player}"))
            }
            Self::StoryEnd => to.write_str("The story is over"),
        }
    }
}

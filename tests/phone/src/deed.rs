//! What a phone can be made to do, by its story, by a command or by a test.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tandem_kdeconnect::Action;

/// How the phone misbehaves. Of pairing nothing is dropped, delayed or doubled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Everything that it says is so late.
    #[serde(skip_serializing_if = "is_default")]
    pub answer_delay_ms: u64,
    /// Every n-th packet is not sent; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    pub drop_every: u64,
    /// Every packet is sent twice.
    #[serde(skip_serializing_if = "is_default")]
    pub twice: bool,
    /// Told to pause, it plays on.
    #[serde(skip_serializing_if = "is_default")]
    pub never_pauses: bool,
    /// Told to pause, it says that it did, and plays on.
    #[serde(skip_serializing_if = "is_default")]
    pub says_paused: bool,
    /// Added to every position that it says.
    #[serde(skip_serializing_if = "is_default")]
    pub position_off_ms: i64,
    /// Added to the time of day that it pairs by.
    #[serde(skip_serializing_if = "is_default")]
    pub clock_off_seconds: i64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteShown {
    pub id: String,
    #[serde(default)]
    pub app: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub text: String,
    /// Stays until the phone takes it away.
    #[serde(default)]
    pub stays: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    pub percent: u8,
    #[serde(default)]
    pub charging: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Such as `5G`.
    pub network: String,
    /// 0 to 4.
    pub bars: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// None: the first player.
    pub player: Option<String>,
    pub to_ms: i64,
}

/// Somebody calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub number: String,
}

/// What needs no further word: `do = "die"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Simple {
    /// Asks the car to pair.
    Pair,
    /// Says yes to the car that asks, or no.
    Accept,
    Refuse,
    Unpair,
    /// The app is killed: connections are cut without a word.
    Die,
    /// The app is frozen: it neither reads nor answers, and its system still holds the connections.
    Hang,
    /// Out of reach: nothing arrives, and nothing leaves.
    Vanish,
    /// Goes on where it hung or vanished: what came meanwhile is read, what was to be said is said.
    Wake,
    /// The app is started anew.
    Come,
    /// Is back with another certificate, and says that it is the same.
    ComeAsAnother,
    /// The call that rings is taken in the hand.
    Talk,
    /// The call is over; one that still rings was missed.
    EndCall,
    /// Tells how it is.
    Status,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A player, by its name or the first one.
    Player(Option<String>, Action),
    SetPosition(Position),
    /// An address: http(s), geo or another.
    Share(String),
    ShareText(String),
    ShareFile(PathBuf),
    Note(NoteShown),
    Unnote(String),
    Call(Caller),
    Battery(Charge),
    Signal(Network),
    Ping(String),
    /// A button that the car offers, by its key or its name.
    Press(String),
    /// The car's player.
    Car(Action),
    Faults(Faults),
    Simple(Simple),
}

//! What everybody around the core sees of it, and what they may ask of it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use tandem_contracts::driving::Rules;
use tandem_contracts::media::{Item, MediaError, Now, QueuePage};
pub use tandem_contracts::mpris::{Repeat, Status};
use tandem_player::protocol::ReplayGain;

/// Where playback stood at a point in time; it goes on from there at the rate, if it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub micros: i64,
    pub at: Instant,
    pub moves: bool,
    pub rate: f64,
}

impl Position {
    /// Microseconds at a later point in time.
    pub fn now(&self, now: Instant) -> i64 {
        let passed = if self.moves { now.saturating_duration_since(self.at).as_secs_f64() * self.rate } else { 0.0 };
        self.micros.saturating_add((passed * 1e6) as i64)
    }
}

/// What the title lines show: the library's words, or the stream's own where it has better ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles {
    pub title: String,
    pub artists: Vec<String>,
    pub album: String,
    /// A `file://` address.
    pub art: Option<String>,
    /// Microseconds; none for what is endless.
    pub length_us: Option<i64>,
    /// The address that plays; none for a file whose place is nobody's business.
    pub url: Option<String>,
}

/// Everything about what plays, as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub status: Status,
    /// 0 if nothing is in the queue.
    pub entry: u64,
    pub titles: Titles,
    pub position: Position,
    pub rate: f64,
    /// 0 to 1.
    pub volume: f64,
    pub shuffle: bool,
    pub repeat: Repeat,
    pub gain: ReplayGain,
    /// What music plays to, by `Media1`'s word.
    pub sink: String,
    pub can_go_next: bool,
    pub can_go_previous: bool,
    pub can_play: bool,
    pub can_pause: bool,
    pub can_seek: bool,
    /// What `Media1` tells.
    pub now: Now,
    pub queue_generation: u64,
    pub queue_length: u32,
    /// The place of the entry, from 0.
    pub queue_current: Option<u32>,
}

/// Where new entries go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The queue becomes these, and the one at this index plays.
    Instead {
        index: usize,
        /// Microseconds; below 0: where it was left, if it is an episode.
        position_us: i64,
    },
    Next,
    Last,
}

/// What can be queued: an item of the library, or an address that is in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playable {
    Item(tandem_library::ItemId),
    Address(String),
    File(PathBuf),
}

pub type Answer<T> = oneshot::Sender<Result<T, MediaError>>;

/// What may be asked of the core. MPRIS's methods answer nothing, so their requests do not either.
#[derive(Debug)]
pub enum Request {
    Play,
    Pause,
    PlayPause,
    Stop,
    Next,
    Previous,
    /// By so many microseconds; before the start is the start, past the end is the next track.
    SeekBy(i64),
    /// To a position of this entry; of another, or outside it, nothing happens.
    SeekTo {
        entry: u64,
        micros: i64,
    },
    Volume(f64),
    /// Louder or, if negative, quieter by so much.
    VolumeBy(f64),
    /// Silent, or as loud as before that.
    Mute,
    /// 0.5 to 2; 0 pauses.
    Rate(f64),
    Shuffle(bool),
    Repeat(Repeat),
    Queue {
        playables: Vec<Playable>,
        place: Place,
        answer: Answer<u64>,
    },
    QueuePage {
        offset: u32,
        limit: u32,
        answer: Answer<QueuePage>,
    },
    JumpTo {
        entry: u64,
        answer: Answer<()>,
    },
    Move {
        entry: u64,
        to: u32,
        answer: Answer<()>,
    },
    Remove {
        entry: u64,
        answer: Answer<()>,
    },
    Clear {
        answer: Answer<()>,
    },
    ReplayGain(ReplayGain),
}

/// What happened that a snapshot cannot tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// Playback jumped, microseconds: MPRIS's `Seeked`.
    Seeked(i64),
    /// An entry was passed over, and why.
    Skipped(Box<Item>, String),
}

/// A way to the core, for everybody around it.
#[derive(Clone, Debug)]
pub struct Handle {
    pub requests: mpsc::Sender<Request>,
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    pub happenings: broadcast::Sender<Happening>,
    /// What may be done while somebody drives.
    pub rules: Rules,
}

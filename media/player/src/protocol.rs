//! How the media service speaks with its player: one JSON object a line, orders on the player's standard input, events on its standard output.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest line that either side takes, bytes. A longer one ends the conversation.
pub const MAX_LINE: usize = 64 * 1024;
/// A file that does not stand ready by then is given up: more than a stick needs that is only slow, no more than a driver waits for.
pub const FILE_PATIENCE: Duration = Duration::from_secs(5);

/// Something to sound. `id` is the service's, new for each entry that is to be heard; events name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub id: u64,
    /// `file:`, or `http(s):` if the player was started with `--network`.
    pub uri: String,
}

/// How loudness is evened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplayGain {
    #[default]
    Off,
    Track,
    Album,
}

impl ReplayGain {
    /// As it stands on the bus.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Track => "track",
            Self::Album => "album",
        }
    }
}

impl FromStr for ReplayGain {
    type Err = ();

    /// # Errors
    /// It is none of the words.
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Off, Self::Track, Self::Album].into_iter().find(|known| known.word() == word).ok_or(())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "order")]
pub enum Order {
    /// Give up what sounds and take this, from a position, sounding or held. Answered by `Loaded` or `Failed`.
    Load {
        track: Track,
        position_us: i64,
        playing: bool,
    },
    /// What follows `after` without a gap, or nothing; may come unasked and replaces an earlier answer that was not heard yet.
    Follow {
        after: u64,
        track: Option<Track>,
    },
    /// Sound; after a pause the fade in takes 50 ms.
    Play,
    /// Fall silent in 50 ms, then hold.
    Pause,
    /// Give up what sounds.
    Stop,
    /// Jump, to the sample. Answered by `Seeked`.
    Seek {
        position_us: i64,
    },
    /// 0.5 to 2, with the pitch kept.
    Rate {
        rate: f64,
    },
    /// 0 to 1, on a cubic scale as mixers show it.
    Volume {
        volume: f64,
    },
    Gain {
        mode: ReplayGain,
    },
    /// Answered by `Alive`.
    Ping {
        number: u64,
    },
}

/// Why a track does not sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No such file, or it is gone.
    NotFound,
    /// May not be read, or its scheme is not allowed.
    NotAllowed,
    /// No decoder here knows it.
    Unsupported,
    /// It is cut or spoilt.
    Damaged,
    /// It did not stand ready, or a jump in it was not made, in time, which says nothing of the file.
    Slow,
    /// The server does not answer, stalls or refuses.
    Network,
    /// The sound device is gone.
    Device,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// First of all: what it plays to (`null` where there is no sound card), which formats it lacks, and which it leaves to a library that makes it about twice as large
    /// and that it never gets rid of again.
    Ready {
        version: String,
        sink: String,
        missing: Vec<String>,
        heavy: Vec<String>,
    },
    /// A `Load` stands at its position; `duration_us` is none for what is endless or not known.
    Loaded {
        id: u64,
        duration_us: Option<i64>,
        seekable: bool,
    },
    /// Its first sample sounds: after a load, or because what came before has ended.
    Started {
        id: u64,
        duration_us: Option<i64>,
        seekable: bool,
    },
    /// It sounds, or is held.
    Sounding {
        id: u64,
        playing: bool,
    },
    /// Every 250 ms while it sounds.
    Position {
        id: u64,
        position_us: i64,
    },
    Seeked {
        id: u64,
        position_us: i64,
    },
    /// Read to its end: what follows? `Follow` within the rest of the track keeps it gapless.
    WantsNext {
        id: u64,
    },
    /// What the stream says of itself (ICY, tags); empty where it says nothing. Texts are cut at 500 characters.
    Tags {
        id: u64,
        title: String,
        artist: String,
        album: String,
        station: String,
        codec: String,
        bitrate: u32,
    },
    /// A stream fills its buffer, percent; 100 is full.
    Buffering {
        id: u64,
        percent: u8,
    },
    /// Heard to its end, and nothing follows.
    Ended {
        id: u64,
    },
    Failed {
        id: u64,
        cause: Cause,
        sentence: String,
    },
    Alive {
        number: u64,
    },
}

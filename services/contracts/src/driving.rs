//! `org.tandem.Driving1`: whether the car is parked, idling or moving, and what is restricted because of it, in Android Automotive's words and bits.
//!
//! What nobody knows counts as moving. Who follows it listens to the owner of the name alone, and is fully restricted while there is none: see [`Follower`].

use std::collections::BTreeMap;
use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tandem_units::Driving;
use zbus::Type;
use zbus::object_server::SignalEmitter;

mod follower;
mod rules;

pub use follower::Follower;
pub use rules::{Following, Rules};

pub const NAME: &str = "org.tandem.Driving1";
pub const PATH: &str = "/org/tandem/Driving1";

/// A limit that is none.
pub const NO_LIMIT: u32 = u32::MAX;

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident $bit:literal $word:literal,)*) => {
        /// One thing that may be restricted, a bit of [`Restrictions::flags`]: the constants of AOSP's `CarUxRestrictions`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Flag {
            $($(#[$doc])* $name = $bit,)*
        }

        impl Flag {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As AOSP and region files write it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

flags! {
    NoDialpad 1 "NO_DIALPAD",
    /// No filtering of lists by typed letters.
    NoFiltering 2 "NO_FILTERING",
    /// Texts are cut at `max_characters`.
    LimitStringLength 4 "LIMIT_STRING_LENGTH",
    NoKeyboard 8 "NO_KEYBOARD",
    NoVideo 16 "NO_VIDEO",
    /// Lists are cut at `max_items`, and views nest no deeper than `max_depth`.
    LimitContent 32 "LIMIT_CONTENT",
    /// Nothing is set up: no pairing, no settings that take more than a glance.
    NoSetup 64 "NO_SETUP",
    /// What messages say is not shown.
    NoTextMessage 128 "NO_TEXT_MESSAGE",
    NoVoiceTranscription 256 "NO_VOICE_TRANSCRIPTION",
}

impl Flag {
    pub fn bit(self) -> u32 {
        self as u32
    }
}

impl FromStr for Flag {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|flag| flag.word() == word).ok_or_else(|| word.to_owned())
    }
}

/// Who sees a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    Driver,
    Passenger,
}

impl Zone {
    pub const ALL: [Self; 2] = [Self::Driver, Self::Passenger];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Passenger => "passenger",
        }
    }
}

/// What is restricted on the displays of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Restrictions {
    /// Bits of [`Flag`]; bits that it does not know restrict what is newer than the reader.
    pub flags: u32,
    /// With `LIMIT_STRING_LENGTH`, the most characters of a text; [`NO_LIMIT`] without.
    pub max_characters: u32,
    /// With `LIMIT_CONTENT`, the most rows of a list.
    pub max_items: u32,
    /// With `LIMIT_CONTENT`, the most steps from the first view of an app to the one that is shown.
    pub max_depth: u32,
}

impl Restrictions {
    /// Nothing is restricted.
    pub const NONE: Self = Self { flags: 0, max_characters: NO_LIMIT, max_items: NO_LIMIT, max_depth: NO_LIMIT };
    /// Everything is, with AOSP's limits.
    pub const ALL: Self = Self { flags: 0x1FF, max_characters: 80, max_items: 50, max_depth: 3 };

    pub fn has(self, flag: Flag) -> bool {
        self.flags & flag.bit() != 0
    }

    /// Those of the known flags that it has.
    pub fn flags(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.iter().copied().filter(move |flag| self.has(*flag))
    }

    /// The most rows of a list; none if it may be as long as it is.
    pub fn most_items(self) -> Option<u32> {
        self.limit(Flag::LimitContent, self.max_items)
    }

    /// The most steps into an app; none if it may be as deep as it is.
    pub fn most_depth(self) -> Option<u32> {
        self.limit(Flag::LimitContent, self.max_depth)
    }

    /// The most characters of a text; none if it may be as long as it is.
    pub fn most_characters(self) -> Option<u32> {
        self.limit(Flag::LimitStringLength, self.max_characters)
    }

    fn limit(self, flag: Flag, limit: u32) -> Option<u32> {
        (self.has(flag) && limit != NO_LIMIT).then_some(limit)
    }

    /// Whether this forbids whatever the other does.
    pub fn covers(self, other: Self) -> bool {
        self.flags & other.flags == other.flags
            && self.max_characters <= other.max_characters
            && self.max_items <= other.max_items
            && self.max_depth <= other.max_depth
    }

    /// A text cut at the most characters that it may have, its last one an ellipsis then.
    pub fn cut(self, text: &str) -> String {
        let Some(most) = self.most_characters() else { return text.to_owned() };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if text.chars().nth(most).is_none() {
            return text.to_owned();
        }
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// Why the car is taken for what it is; with the reading that decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// No car is connected, or it is silent; or nobody has looked yet.
    #[default]
    NoCar,
    /// This car does not tell the reading.
    Unmapped,
    Absent,
    Stale,
    Invalid,
    /// It is too fast to stand.
    Moves,
    /// It has not stood for long enough yet.
    Stopping,
    /// It stands, and the reading does not say park.
    NotInPark,
    /// It stands, and the reading says park.
    InPark,
}

impl Cause {
    pub const ALL: [Self; 9] = [
        Self::NoCar,
        Self::Unmapped,
        Self::Absent,
        Self::Stale,
        Self::Invalid,
        Self::Moves,
        Self::Stopping,
        Self::NotInPark,
        Self::InPark,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::NoCar => "no-car",
            Self::Unmapped => "unmapped",
            Self::Absent => "absent",
            Self::Stale => "stale",
            Self::Invalid => "invalid",
            Self::Moves => "moves",
            Self::Stopping => "stopping",
            Self::NotInPark => "not-in-park",
            Self::InPark => "in-park",
        }
    }
}

impl FromStr for Cause {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|cause| cause.word() == word).ok_or_else(|| word.to_owned())
    }
}

/// The driving state and what it restricts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Status {
    /// `parked`, `idling` or `moving`, a word of [`Driving`].
    pub state: String,
    /// The region whose rules hold: the name of its file, without `.toml`.
    pub region: String,
    /// By zone, a word of [`Zone`].
    pub zones: BTreeMap<String, Restrictions>,
    /// The VSS path of the reading that decided; empty if none did.
    pub reading: String,
    /// What of it did, a word of [`Cause`].
    pub why: String,
}

impl Status {
    /// The state; what is no word of it is the strictest.
    pub fn driving(&self) -> Driving {
        self.state.parse().unwrap_or_default()
    }

    /// What is restricted in a zone: everything in one that is not told of, or in a state that is not known.
    pub fn restrictions(&self, zone: Zone) -> Restrictions {
        let known = self.state.parse::<Driving>().is_ok();
        self.zones.get(zone.word()).copied().filter(|_| known).unwrap_or(Restrictions::ALL)
    }
}

impl Status {
    /// What decided, a part of a sentence.
    pub fn because(&self) -> String {
        let Self { reading, why, .. } = self;
        match why.parse() {
            Ok(Cause::NoCar) => "nobody says that the car stands".to_owned(),
            Ok(Cause::Unmapped) => format!("this car does not tell {reading}"),
            Ok(Cause::Absent | Cause::Stale | Cause::Invalid) => format!("{reading} is {why}"),
            Ok(Cause::Moves) => format!("{reading} is too fast to stand"),
            Ok(Cause::Stopping) => format!("{reading} has not been slow enough for long enough"),
            Ok(Cause::NotInPark) => format!("{reading} does not say park"),
            Ok(Cause::InPark) => format!("{reading} says park"),
            Err(word) => format!("{reading}: {word}"),
        }
    }

    /// Why something is not done while a flag is in force, one English sentence, without a full stop.
    pub fn refusal(&self, flag: Flag) -> String {
        format!("{} is in force while the car is {}: {}", flag.word(), self.state, self.because())
    }
}

/// Nobody knows: everything.
impl Default for Restrictions {
    fn default() -> Self {
        Self::ALL
    }
}

/// Before the first word, and without a service.
impl Default for Status {
    fn default() -> Self {
        Self {
            state: Driving::default().word().to_owned(),
            region: String::new(),
            zones: Zone::ALL.into_iter().map(|zone| (zone.word().to_owned(), Restrictions::ALL)).collect(),
            reading: String::new(),
            why: Cause::default().word().to_owned(),
        }
    }
}

/// The work behind [`Driving1`].
pub trait DrivingBackend: Send + Sync + 'static {
    fn status(&self) -> impl Future<Output = zbus::fdo::Result<Status>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Driving1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Driving1",
    proxy(default_service = "org.tandem.Driving1", default_path = "/org/tandem/Driving1", visibility = "pub")
)]
impl<B: DrivingBackend> Driving1<B> {
    /// The state of this moment. Who gets no answer takes the car for moving.
    #[zbus(out_args("status"))]
    async fn status(&self) -> zbus::fdo::Result<Status> {
        self.0.status().await
    }

    /// The state is another one, or another reading decides.
    #[zbus(signal)]
    pub async fn changed(emitter: &SignalEmitter<'_>, status: Status) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_aosps_and_words_come_back() {
        let bits: Vec<u32> = Flag::ALL.iter().map(|flag| flag.bit()).collect();
        assert_eq!(bits, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(bits.iter().sum::<u32>(), Restrictions::ALL.flags);
        assert!(Flag::ALL.iter().all(|flag| flag.word().parse() == Ok(*flag)));
        assert!(Cause::ALL.into_iter().all(|cause| cause.word().parse() == Ok(cause)));
    }

    #[test]
    fn what_is_not_understood_is_fully_restricted() {
        let free: BTreeMap<_, _> =
            Zone::ALL.into_iter().map(|zone| (zone.word().to_owned(), Restrictions::NONE)).collect();
        let parked = Status { state: "parked".into(), zones: free, ..Status::default() };
        assert_eq!(parked.restrictions(Zone::Driver), Restrictions::NONE);
        let flying = Status { state: "flying".into(), ..parked.clone() };
        assert_eq!((flying.driving(), flying.restrictions(Zone::Driver)), (Driving::Moving, Restrictions::ALL));
        let nobody = Status { zones: BTreeMap::new(), ..parked };
        assert_eq!(nobody.restrictions(Zone::Passenger), Restrictions::ALL);
        assert_eq!(Status::default().restrictions(Zone::Driver), Restrictions::ALL);
    }

    #[test]
    fn limits_hold_with_their_flags_alone_and_texts_are_cut_by_characters() {
        let short = Restrictions { flags: Flag::LimitStringLength.bit(), max_characters: 3, ..Restrictions::ALL };
        assert_eq!((short.most_characters(), short.most_items(), short.most_depth()), (Some(3), None, None));
        assert_eq!((short.cut("夜来香"), short.cut("夜来香开")), ("夜来香".into(), "夜来…".into()));
        assert_eq!(Restrictions { flags: 0, ..short }.cut("夜来香开"), "夜来香开");
        assert_eq!(Restrictions { max_characters: 0, ..short }.cut("ab"), "…");
        assert!(Restrictions::ALL.covers(Restrictions::NONE) && !Restrictions::NONE.covers(Restrictions::ALL));
        assert!(!Restrictions { max_items: 51, ..Restrictions::ALL }.covers(Restrictions::ALL));
    }
}

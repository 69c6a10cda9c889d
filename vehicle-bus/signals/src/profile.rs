use std::ops::RangeInclusive;

use tandem_units::{Driving, KilometersPerHour, Nanoseconds, Power, Value};

use crate::{Catalogue, Conversion, Expression, LeafId, Mistake};

mod read;

/// The slowest that a bus may be, bit/s.
pub const LEAST_BITRATE: u32 = 5_000;
/// The fastest that a bus may be, bit/s.
pub const MOST_BITRATE: u32 = 1_000_000;
/// The fastest that the data of CAN FD frames may be, bit/s.
pub const MOST_DATA_BITRATE: u32 = 8_000_000;

/// A car as `car.toml` describes it: its buses, what its signals mean, and what may be sent to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: String,
    pub description: String,
    /// In the order of the file; at least one.
    pub buses: Vec<BusProfile>,
    /// In the order of the file; each leaf at most once.
    pub signals: Vec<SignalProfile>,
    /// What may be asked of the car; each leaf at most once.
    pub actuators: Vec<ActuatorProfile>,
    pub inputs: Vec<InputProfile>,
    pub driving: DrivingProfile,
    /// All that may ever be sent.
    pub transmit: Vec<TransmitProfile>,
}

impl Profile {
    /// Reads a `car.toml`. `file` is the name used in the mistakes.
    ///
    /// # Errors
    /// Every mistake at once, in the order of the text. Whether the DBC has the messages and signals named here is not
    /// known yet: the store finds that out, with the `line` kept in each part.
    pub fn parse(file: &str, text: &str, catalogue: &Catalogue) -> Result<Self, Vec<Mistake>> {
        read::profile(file, text, catalogue)
    }
}

/// One CAN bus and the DBC file that explains it.
#[derive(Clone, Debug, PartialEq)]
pub struct BusProfile {
    /// The interface name in logs and on the link, `can0`.
    pub interface: String,
    /// A file name without folders.
    pub dbc: String,
    /// Where such a file comes from, for the message that it is missing.
    pub dbc_source: Option<String>,
    /// Nominal bit rate, bit/s.
    pub bitrate: u32,
    /// Bit rate of the data of CAN FD frames that switch to it, bit/s.
    pub data_bitrate: Option<u32>,
    /// Messages that tell what is private, and that no leaf is made of: a chassis number in letters.
    pub private_messages: Vec<String>,
    /// The checks of every message on this bus that has these signals.
    pub integrity: Option<IntegrityProfile>,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

/// How the messages of a bus prove that they are whole and in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrityProfile {
    pub checksum: ChecksumKind,
    pub checksum_signal: String,
    pub counter_signal: Option<String>,
    /// Messages whose counter is not checked.
    pub counter_exempt: Vec<String>,
    /// Data ids by message, as [`ChecksumKind::data_ids`] says.
    pub data_ids: Vec<(String, Vec<u16>)>,
}

impl IntegrityProfile {
    /// The signal that would be a message's counter; none if its counter is not checked.
    pub fn counter_of(&self, message: &str) -> Option<&str> {
        self.counter_signal.as_deref().filter(|_| !self.counter_exempt.iter().any(|exempt| exempt == message))
    }

    /// The data ids of a message; none if the profile names none.
    pub fn data_ids_of(&self, message: &str) -> &[u16] {
        self.data_ids.iter().find(|(name, _)| name == message).map(|(_, ids)| ids.as_slice()).unwrap_or_default()
    }
}

/// A kind of checksum, named by the word that `car.toml` and the DBC codec have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChecksumKind {
    pub word: &'static str,
    pub data_ids: DataIds,
}

/// Which data ids a kind of checksum needs of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataIds {
    None,
    /// One of 8 bits or 16 such, one for each value of the counter; messages without are protected all the same.
    MayHaveBytes,
    /// One of 8 bits or 16 such, one for each value of the counter.
    Bytes,
    /// One of 16 bits.
    Number,
}

impl ChecksumKind {
    /// Every kind. What each is computed from stands in the DBC codec.
    pub const ALL: [Self; 15] = {
        const fn kind(word: &'static str, data_ids: DataIds) -> ChecksumKind {
            ChecksumKind { word, data_ids }
        }
        [
            kind("honda", DataIds::None),
            kind("sae_j1850", DataIds::None),
            kind("toyota", DataIds::None),
            kind("chrysler", DataIds::None),
            kind("hyundai_crc8", DataIds::None),
            kind("hyundai_sum6", DataIds::None),
            kind("hyundai_sum7", DataIds::None),
            kind("hyundai_canfd", DataIds::None),
            kind("vw_mqb", DataIds::MayHaveBytes),
            kind("e2e_p01_both", DataIds::Number),
            kind("e2e_p01_alt", DataIds::Number),
            kind("e2e_p01_low", DataIds::Number),
            kind("e2e_p01_nibble", DataIds::Number),
            kind("e2e_p02", DataIds::Bytes),
            kind("e2e_p05", DataIds::Number),
        ]
    };

    /// The kind of that word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word == word)
    }
}

/// Where one leaf's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalProfile {
    pub leaf: LeafId,
    /// Index into [`Profile::buses`].
    pub bus: usize,
    pub message: String,
    pub signal: String,
    /// From the DBC's physical value to one in the leaf's unit; not used if there are `values`.
    pub transform: Transform,
    /// DBC raw number -> value, already admitted by the leaf; if not empty, any other raw number is invalid.
    pub values: Vec<(i64, Value)>,
    /// Raw numbers that mean "not measured", both ends included: the reading is absent, whatever the rest would make of them.
    pub not_available: Vec<RangeInclusive<i64>>,
    /// A signal of the same message and the raw number that it must have; otherwise the reading is absent.
    pub valid_if: Option<(String, i64)>,
    /// Instead of the DBC's cycle time.
    pub cycle: Option<Nanoseconds>,
    /// Instead of max(5 cycles, 200 ms).
    pub stale_after: Option<Nanoseconds>,
    /// Told when its frame is heard, not at the next tick.
    pub immediate: bool,
    /// Whether its last value outlives a power cut: that of attributes and of the odometer, unless the file says otherwise.
    pub keep: bool,
    /// At most one new value in this time; the latest is told when it is over.
    pub interval: Option<Nanoseconds>,
    /// Whether a frame that says the same again is no news. If not, every frame that is heard is told, with its time.
    pub on_change: bool,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

/// What is done to a physical value.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// Nothing, and nobody said that it is in the leaf's unit.
    None,
    Linear(Conversion),
    /// From the unit that the DBC file names to the leaf's.
    UnitOfDbc,
    Expression(Expression),
}

/// What may be asked of one leaf: the reading of the same leaf is what confirms.
#[derive(Clone, Debug, PartialEq)]
pub struct ActuatorProfile {
    /// Of the kind actuator, and mapped by a `[[signals]]` entry.
    pub leaf: LeafId,
    /// Index into [`Profile::buses`].
    pub bus: usize,
    /// Of the allow-list.
    pub message: String,
    pub signal: String,
    /// From the DBC's physical value to the leaf's, as in `[[signals]]`; sent the other way round, and not used if there are `values`.
    pub conversion: Conversion,
    /// DBC raw number -> value, already admitted by the leaf; empty for numbers that are sent as they are.
    pub values: Vec<(i64, Value)>,
    /// Of numbers without `values`.
    pub range: Option<ActuatorRange>,
    /// Message on the same bus, its signal, and the raw number that says no.
    pub refusal: Option<(String, String, i64)>,
    /// After this long without an answer the wish has lapsed.
    pub answer_within: Nanoseconds,
    /// The value is held at most so long, then the start value goes out.
    pub hold: Option<Nanoseconds>,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

/// What a number may be, in the leaf's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActuatorRange {
    pub min: f64,
    pub max: f64,
    /// Divides the range.
    pub step: f64,
}

/// A key or a knob of the car.
#[derive(Clone, Debug, PartialEq)]
pub struct InputProfile {
    /// Index into [`Profile::buses`].
    pub bus: usize,
    pub message: String,
    pub signal: String,
    pub kind: InputKind,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputKind {
    Key {
        /// As Linux calls it, such as `KEY_NEXTSONG`.
        code: &'static str,
        /// The raw number that says pressed.
        pressed: i64,
        long_press: Nanoseconds,
    },
    /// A count that rises clockwise and wraps at the signal's size.
    Knob {
        /// As Linux calls it, such as `REL_DIAL`.
        axis: &'static str,
    },
}

impl InputKind {
    /// The keys that there are, by their Linux input event codes.
    pub const KEYS: [&'static str; 17] = [
        "KEY_VOLUMEUP",
        "KEY_VOLUMEDOWN",
        "KEY_MUTE",
        "KEY_NEXTSONG",
        "KEY_PREVIOUSSONG",
        "KEY_PLAYPAUSE",
        "KEY_PHONE",
        "KEY_VOICECOMMAND",
        "KEY_HOMEPAGE",
        "KEY_BACK",
        "KEY_MENU",
        "KEY_UP",
        "KEY_DOWN",
        "KEY_LEFT",
        "KEY_RIGHT",
        "KEY_ENTER",
        "KEY_INFO",
    ];
    /// The knobs that there are.
    pub const KNOBS: [&'static str; 2] = ["REL_DIAL", "REL_WHEEL"];

    /// The key's or the knob's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key { code, .. } => code,
            Self::Knob { axis } => axis,
        }
    }
}

/// How this car is known to be parked, and to stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrivingProfile {
    pub parked_by: ParkedBy,
    /// It moves at once above this.
    pub moving_above: KilometersPerHour,
    /// It stands after `standing_for` at or below this.
    pub standing_below: KilometersPerHour,
    pub standing_for: Nanoseconds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkedBy {
    /// `Vehicle.Powertrain.Transmission.SelectedGear` is 126, park.
    Gear,
    /// `Vehicle.Chassis.ParkingBrake.IsEngaged`: a car whose gearbox has no P.
    ParkingBrake,
}

impl Default for DrivingProfile {
    fn default() -> Self {
        Self {
            parked_by: ParkedBy::Gear,
            moving_above: KilometersPerHour(1.0),
            standing_below: KilometersPerHour(0.5),
            standing_for: Nanoseconds::from_millis(1000),
        }
    }
}

/// One message that may be sent, and what may be in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TransmitProfile {
    /// Index into [`Profile::buses`].
    pub bus: usize,
    pub message: String,
    /// Signals that may be set, each with its physical range in the DBC's unit; never empty.
    pub signals: Vec<(String, RangeInclusive<f64>)>,
    /// From one frame to the next, on average.
    pub min_period: Nanoseconds,
    /// So many frames may follow each other at once: 1 to 16.
    pub burst: u8,
    /// The worst that the car may do.
    pub driving: Driving,
    /// How the car must be switched on; `None` lets it go out even if nobody knows.
    pub power: Option<Vec<Power>>,
    pub others: Others,
    /// While something of it is asked for, it is sent again at this interval.
    pub cycle: Option<Nanoseconds>,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

/// Each worst that the car may do, by car.toml's word.
pub(crate) const WORST: [(&str, Driving); 3] =
    [("any", Driving::Moving), ("not-moving", Driving::Idling), ("parked", Driving::Parked)];

/// How car.toml says the worst that the car may do.
pub fn worst_word(worst: Driving) -> &'static str {
    WORST.iter().find(|(_, driving)| *driving == worst).map(|(word, _)| *word).unwrap_or_default()
}

/// What the bits of a message say that nobody sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// The start values of the DBC file, 0 without.
    #[default]
    Start,
    /// What they said in the last frame that was heard of somebody else; the start values before one was.
    Received,
}

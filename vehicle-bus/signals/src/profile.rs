use std::ops::RangeInclusive;

use tandem_units::{Celsius, Nanoseconds, Value};

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
    /// The driver's temperature command, if the car takes one.
    pub climate: Option<TemperatureProfile>,
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

/// The driver's temperature as the car takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemperatureProfile {
    /// Index into [`Profile::buses`].
    pub bus: usize,
    pub message: String,
    pub signal: String,
    pub min: Celsius,
    pub max: Celsius,
    pub step: Celsius,
    /// The reading that confirms.
    pub echo: LeafId,
    /// Message on the same bus, its signal, and the raw number that says no.
    pub refusal: Option<(String, String, i64)>,
    /// After this long without an answer the command has lapsed.
    pub answer_within: Nanoseconds,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

/// One message that may be sent, and what may be in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TransmitProfile {
    /// Index into [`Profile::buses`].
    pub bus: usize,
    pub message: String,
    /// Signals that may be set, each with its physical range in the DBC's unit; never empty.
    pub signals: Vec<(String, RangeInclusive<f64>)>,
    pub min_period: Nanoseconds,
    /// Line of `car.toml`, counted from 1.
    pub line: usize,
}

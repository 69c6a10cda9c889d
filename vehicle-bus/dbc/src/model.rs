use std::ops::RangeInclusive;

use tandem_frame::CanId;

/// What a DBC file says, in the file's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Database {
    /// `VERSION`; mostly empty.
    pub version: String,
    /// The control units on the bus (`BU_`).
    pub nodes: Vec<Node>,
    pub messages: Vec<Message>,
    /// What had to be mended or left out, in the order of the lines.
    pub repairs: Vec<Repair>,
}

/// A control unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub comment: Option<String>,
}

/// One thing in the file that breaks the format, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Line in the file, from 1.
    pub line: usize,
    pub defect: Defect,
    /// A sentence for the file's owner.
    pub what: String,
}

/// A way to break the format, or to be odd within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defect {
    /// An id of over 11 bits without bit 31, or of over 29 bits.
    WideId,
    DuplicateId,
    /// Two messages of one name.
    DuplicateMessage,
    /// Two signals of one name in one message.
    DuplicateSignal,
    /// A name that starts with a digit.
    DigitFirst,
    /// A number with nothing before or behind its point.
    BareNumber,
    /// No sender or no receiver.
    NoNode,
    NoSemicolon,
    /// A statement about a message or a signal that is not there.
    Dangling,
    /// A comment that does not say what it is about.
    BareComment,
    /// The values of a signal are given by the name of a `VAL_TABLE_`.
    TableByName,
    /// A statement of the format that nobody uses.
    NotRead,
    /// A signal or a message that no CAN frame holds, or no number.
    Impossible,
    /// A signal that reaches past the end of its message.
    PastTheEnd,
    /// A multiplexed signal, and nothing says by what.
    NoMultiplexor,
    MultiplexorRing,
    /// A signal under too many multiplexors.
    TooDeep,
    /// Two signals that share bits while both are there.
    Overlap,
}

impl Defect {
    /// The word for it in a document, `wide-id`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WideId => "wide-id",
            Self::DuplicateId => "duplicate-id",
            Self::DuplicateMessage => "duplicate-message",
            Self::DuplicateSignal => "duplicate-signal",
            Self::DigitFirst => "digit-first",
            Self::BareNumber => "bare-number",
            Self::NoNode => "no-node",
            Self::NoSemicolon => "no-semicolon",
            Self::Dangling => "dangling",
            Self::BareComment => "bare-comment",
            Self::TableByName => "table-by-name",
            Self::NotRead => "not-read",
            Self::Impossible => "impossible",
            Self::PastTheEnd => "past-the-end",
            Self::NoMultiplexor => "no-multiplexor",
            Self::MultiplexorRing => "multiplexor-ring",
            Self::TooDeep => "too-deep",
            Self::Overlap => "overlap",
        }
    }
}

/// A frame layout (`BO_`).
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Line in the file, from 1; 0 if it comes from none.
    pub line: usize,
    pub name: String,
    pub id: CanId,
    /// Payload in bytes. May be over 64 for messages that a transport protocol carries; those decode from no frame.
    pub length: usize,
    pub format: FrameFormat,
    /// `GenMsgCycleTime`, ms; the attribute's default if the message has none of its own; `None` for 0 (not cyclic).
    pub cycle_ms: Option<u32>,
    /// `GenMsgSendType`, a word of the file's own such as `Cyclic`; the attribute's default if the message has none of its own.
    pub send_type: Option<String>,
    pub comment: Option<String>,
    /// The node that sends it; `None` for `Vector__XXX`.
    pub sender: Option<String>,
    /// More nodes that may send it (`BO_TX_BU_`).
    pub other_senders: Vec<String>,
    pub signals: Vec<Signal>,
}

/// How a message travels (`VFrameFormat`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FrameFormat {
    /// In a frame of up to 8 bytes.
    #[default]
    Classic,
    /// In a CAN FD frame: the file says so, or the message has more than 8 bytes and the file says nothing else.
    Fd,
    /// As a J1939 parameter group: its priority and the addresses in its id are an example, every sender's count.
    J1939,
}

/// A value within a message (`SG_`).
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Line in the file, from 1; 0 if it comes from none.
    pub line: usize,
    pub name: String,
    /// Bit number as the file writes it: of the least significant bit if [`ByteOrder::Little`], else of the most
    /// significant one.
    pub start: u16,
    /// Size in bits, 1 to 64.
    pub size: u16,
    pub byte_order: ByteOrder,
    pub kind: Kind,
    /// Physical value = raw * `factor` + `offset`, in [`Signal::unit`].
    pub factor: f64,
    pub offset: f64,
    /// Physical limits; `None` when the file says `[0|0]`.
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub unit: String,
    /// `GenSigStartValue`, the raw value before anything is known; the attribute's default if the signal has none of its
    /// own.
    pub start_value: Option<f64>,
    /// Names of raw values (`VAL_`), in the file's order.
    pub values: Vec<(i64, String)>,
    pub multiplex: Multiplex,
    /// The nodes that it is meant for, but `Vector__XXX`.
    pub receivers: Vec<String>,
    pub comment: Option<String>,
}

/// Which end of a signal comes first on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Intel, `@1`.
    Little,
    /// Motorola, `@0`.
    Big,
}

/// How a signal's bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Unsigned,
    /// Two's complement.
    Signed,
    /// IEEE 754, 32 bits.
    Float,
    /// IEEE 754, 64 bits.
    Double,
}

/// Whether a signal is always in its message, or only under certain values of another signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Multiplex {
    /// Always there, and selects nothing.
    Plain,
    /// Always there, and selects others.
    Multiplexor,
    /// There while the raw value of `signals[multiplexor]` lies in one of `ranges`, and that signal itself is there.
    Of { multiplexor: usize, ranges: Vec<RangeInclusive<u64>> },
    /// As [`Multiplex::Of`], and selects others in turn.
    Nested { multiplexor: usize, ranges: Vec<RangeInclusive<u64>> },
}

impl Database {
    /// The first message of that name.
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.name == name)
    }

    pub fn message_by_id(&self, id: CanId) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }
}

impl Message {
    /// The number of a J1939 parameter group, 18 bits: the id without priority and source, and without the destination
    /// that ids below format 240 carry. `None` for a message in another format.
    pub fn parameter_group(&self) -> Option<u32> {
        parameter_group(self.id).filter(|_| self.format == FrameFormat::J1939)
    }

    /// The signal of that name, and its index in [`Message::signals`].
    pub fn signal(&self, name: &str) -> Option<(usize, &Signal)> {
        self.signals.iter().enumerate().find(|(_, signal)| signal.name == name)
    }
}

impl Signal {
    /// The bytes of the payload that hold the signal, first and last; `None` if its size is not 1 to 64 bits.
    pub fn bytes(&self) -> Option<RangeInclusive<usize>> {
        let (start, size) = (usize::from(self.start), usize::from(self.size));
        let last_bit = match (size, self.byte_order) {
            (1..=64, ByteOrder::Little) => start + size - 1,
            // Motorola bits count down within a byte and up over the bytes.
            (1..=64, ByteOrder::Big) => start / 8 * 8 + 7 - start % 8 + size - 1,
            _ => return None,
        };
        Some(start / 8..=last_bit / 8)
    }

    /// The name of a raw value.
    pub fn value_name(&self, raw: i64) -> Option<&str> {
        self.values.iter().find(|(value, _)| *value == raw).map(|(_, name)| name.as_str())
    }
}

/// The J1939 parameter group that an extended id names.
pub(crate) fn parameter_group(id: CanId) -> Option<u32> {
    let group = id.number() >> 8 & 0x3_FFFF;
    id.is_extended().then_some(if group >> 8 & 0xFF < 240 { group & !0xFF } else { group })
}

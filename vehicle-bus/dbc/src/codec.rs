//! The compiled form of a database: flat tables, nothing allocated per frame.

mod bits;
mod compile;
mod decode;
mod encode;
mod ids;
mod switch;
#[cfg(test)]
mod tests;

use std::ops::Range;

use tandem_frame::CanId;

pub use bits::{Field, Padded, padded};
use ids::Ids;

/// A database, compiled to decode and encode payloads. Messages and signals are named by their index in
/// [`Database::messages`](crate::Database::messages) and [`Message::signals`](crate::Message::signals).
#[derive(Debug, Clone)]
pub struct Codec {
    ids: Ids,
    /// J1939 messages by their parameter group.
    parameter_groups: Option<Ids>,
    messages: Vec<Layout>,
    signals: Vec<Field>,
    /// Of each signal, the condition under which it is there: the counterpart of `groups` for single signals.
    conditions_of: Vec<Option<u32>>,
    /// Neighbouring signals under the same condition.
    groups: Vec<Group>,
    conditions: Vec<Condition>,
    ranges: Vec<(u64, u64)>,
    cases: Vec<Case>,
    /// Neighbouring signals that are there together, whatever their conditions.
    runs: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
struct Layout {
    id: CanId,
    length: usize,
    signals: Range<usize>,
    groups: Range<usize>,
    switch: Option<Switch>,
}

/// What is there in a message whose signals hang on one multiplexor alone: looked up by its value, not asked of each group.
#[derive(Debug, Clone)]
struct Switch {
    multiplexor: Field,
    cases: Range<usize>,
    /// The runs that are there while the multiplexor selects nothing.
    without: Range<usize>,
}

/// What is there up to a value of the multiplexor, from the last case's on.
#[derive(Debug, Clone)]
struct Case {
    last: u64,
    runs: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
struct Group {
    condition: Option<u32>,
    signals: Range<usize>,
}

/// That a multiplexor's raw value lies in one of the ranges, and that the multiplexor itself is there.
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    multiplexor: Field,
    /// Of [`Codec::ranges`], in their order and apart from each other.
    ranges: Range<usize>,
    parent: Option<u32>,
    /// How many conditions there are up to the outermost.
    depth: u8,
}

/// A signal's value as its bits say it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Raw {
    Unsigned(u64),
    Signed(i64),
    /// Of [`Kind::Float`](crate::Kind::Float) and [`Kind::Double`](crate::Kind::Double).
    Float(f64),
}

impl Raw {
    /// The value as a float, rounded to the nearest beyond 2^53.
    pub fn as_f64(self) -> f64 {
        match self {
            Raw::Unsigned(value) => value as f64,
            Raw::Signed(value) => value as f64,
            Raw::Float(value) => value,
        }
    }
}

/// One decoded value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Index in [`Message::signals`](crate::Message::signals).
    pub signal: usize,
    pub raw: Raw,
    /// Raw * factor + offset, in the signal's unit.
    pub physical: f64,
}

/// A payload that was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("message {id} has {expected} bytes, the frame {got}")]
    TooShort { id: CanId, expected: usize, got: usize },
    #[error("the codec has no message {message}")]
    NoSuchMessage { message: usize },
}

/// A value that was not encoded; the payload is as it was.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EncodeError {
    #[error("the codec has no signal {signal} in message {message}")]
    NoSuchSignal { message: usize, signal: usize },
    #[error("the signal ends in byte {expected}, the payload has {got}")]
    TooShort { expected: usize, got: usize },
    #[error("{physical} lies outside {least} to {most}, which the signal's bits can say")]
    OutOfRange { physical: f64, least: f64, most: f64 },
    #[error("the signal holds integers, and {physical} is not a number that could be one")]
    NotAnInteger { physical: f64 },
    #[error("the signal's factor is 0: its physical value says nothing about its bits")]
    NoFactor,
}

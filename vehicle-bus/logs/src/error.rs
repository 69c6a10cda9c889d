use std::fmt;
use std::io;

use tandem_frame::LengthError;
use tandem_frame::text::LineError;

use crate::{LONGEST_LINE, LONGEST_NAME, MOST_INTERFACES};

/// Why a recording cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Of something that we know by its first bytes.
    #[error("it is {what}; read are candump text, Vector ASC and BLF, and each of them in gzip, xz or zstd: {advice}")]
    Form { what: &'static str, advice: &'static str },
}

/// Something in a recording that is no frame and should be one.
#[derive(Debug)]
pub struct LogError {
    pub place: Place,
    pub reason: Reason,
}

/// Where in a recording, of which no compression counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Of a text; the first line is 1.
    Line(u64),
    /// Of a binary file: where the container or object begins; the first byte is 0.
    Byte(u64),
}

/// What is wrong there.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Candump(#[from] LineError),
    #[error("column {column}: expected {expected}")]
    Asc { column: usize, expected: &'static str },
    #[error("the line has no end within {} KiB", LONGEST_LINE >> 10)]
    TooLong,
    #[error("the interface is one too many: a recording has at most {MOST_INTERFACES}")]
    Interfaces,
    #[error("the interface's name has more than {LONGEST_NAME} letters")]
    LongName,
    #[error("expected an object (`LOBJ`)")]
    NoObject,
    #[error("an object of type {kind} cannot have {size} bytes")]
    ObjectSize { kind: u32, size: u32 },
    #[error("the container's zlib data is spoiled")]
    Zlib,
    #[error("the container is packed by method {0}, which nobody has documented")]
    Packing(u16),
    #[error("{0:#X} is no CAN id")]
    Id(u32),
    #[error(transparent)]
    Length(#[from] LengthError),
    #[error("the time lies beyond the year 2554")]
    Time,
    #[error("the recording is cut here")]
    Cut,
    #[error("the recording breaks off here")]
    BreaksOff(#[source] io::Error),
}

impl LogError {
    /// Nothing comes behind this error: the source failed, or what compressed it is cut or spoiled.
    pub fn breaks_off(&self) -> bool {
        matches!(self.reason, Reason::BreaksOff(_) | Reason::Cut)
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.place, self.reason)
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.reason.source()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

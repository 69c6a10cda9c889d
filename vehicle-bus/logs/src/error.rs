use std::fmt;
use std::io;

use tandem_frame::text::LineError;

use crate::{LONGEST_LINE, LONGEST_NAME, MOST_INTERFACES};

/// Why a recording cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// Something in a recording that is no frame and should be one.
#[derive(Debug, thiserror::Error)]
#[error("{place}, {reason}")]
pub struct LogError {
    pub place: Place,
    #[source]
    pub reason: Reason,
}

/// Where in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Of a text; the first line is 1.
    Line(u64),
    /// Of a binary file; the first byte is 0.
    Byte(u64),
}

/// What is wrong there.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Candump(#[from] LineError),
    #[error("the line has no end within {} KiB", LONGEST_LINE >> 10)]
    TooLong,
    #[error("the interface is one too many: a recording has at most {MOST_INTERFACES}")]
    Interfaces,
    #[error("the interface's name has more than {LONGEST_NAME} letters")]
    LongName,
    #[error("the recording breaks off here")]
    BreaksOff(#[source] io::Error),
}

impl LogError {
    /// Nothing comes behind this error: the source failed, or what compressed it is cut or spoiled.
    pub fn breaks_off(&self) -> bool {
        matches!(self.reason, Reason::BreaksOff(_))
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

//! candump's log text: `(1436509052.249713) can0 0F2#3A00000000000000`. No I/O: bytes in, text out.
//!
//! Read are the forms that can-utils (`candump -l`, `-L`, `log2asc`, `asc2log`) write:
//!
//! | text | frame |
//! |---|---|
//! | `123#DEADBEEF`, `123#DE.AD.BE.EF` | classic, standard id |
//! | `18FEF100#00` | classic, extended id (8 digits) |
//! | `123#1122334455667788_9` | classic, 8 bytes; the raw DLC behind `_` is read and dropped |
//! | `123#R`, `123#R4` | remote frame that asks for 0 or 4 bytes |
//! | `123##1112233` | CAN FD; one digit of flags (1 bit rate switch, 2 error state), then up to 64 bytes |
//! | `20000080#0000000000000000` | error frame of the controller (bit 0x20000000), class 0x80 |
//!
//! A direction mark (` R` or ` T`) behind the frame, CRLF, and spaces around the line are read and dropped.

mod error;
mod read;
mod screen;
#[cfg(test)]
mod tests;
mod write;

pub use error::LineError;
pub use read::{LogReader, parse_line};
pub use screen::parse_screen;
pub use write::{write_frame, write_line};

use crate::{BusIndex, CanId, Flags, Frame, MAX_LENGTH};

/// One line of a log, its interface still a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// The time stamp, nanoseconds on the log's own clock (often the Unix epoch); exact.
    pub t_ns: u64,
    /// The interface as the log names it: `can0`.
    pub interface: &'a str,
    /// The id; of an error frame the error class, a standard id if it fits in 11 bits.
    pub id: CanId,
    pub flags: Flags,
    length: u8,
    data: [u8; MAX_LENGTH],
}

impl LogLine<'_> {
    /// The payload; empty for a remote frame.
    pub fn data(&self) -> &[u8] {
        if self.flags.remote { &[] } else { self.data.get(..usize::from(self.length)).unwrap_or(&[]) }
    }

    /// The length on the wire, in bytes; for a remote frame the length asked for.
    pub fn length(&self) -> usize {
        usize::from(self.length)
    }

    /// The line's frame, as heard on `bus`.
    pub fn frame(&self, bus: BusIndex) -> Frame {
        Frame { bus, id: self.id, t_ns: self.t_ns, flags: self.flags, length: self.length, data: self.data }
    }
}

impl std::fmt::Debug for LogLine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {:?}", self.interface, self.frame(BusIndex(0)), self.flags)
    }
}

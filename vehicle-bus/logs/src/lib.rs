//! Recordings of CAN buses, whatever their form: one reader that finds out by the first bytes, and a writer of candump text.
//!
//! A recording is read as it comes: it may be longer than memory, and need not have an end. What is bad is told with its place, and reading goes on behind it.

mod candump;
mod error;
mod interfaces;
mod lines;
#[cfg(test)]
mod tests;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tandem_frame::{BusIndex, Frame};

pub use error::{LogError, OpenError, Place, Reason};
pub use write::Writer;

/// No line of a recording is nearly as long, bytes.
pub const LONGEST_LINE: usize = 64 * 1024;
/// Linux gives an interface 15 letters, other recorders' names are a little longer.
pub const LONGEST_NAME: usize = 64;
/// The most interfaces of one recording.
pub const MOST_INTERFACES: usize = 255;

/// A recording that is being read: an iterator over its frames, and what is wrong between them.
///
/// A frame's `t_ns` is nanoseconds on the recording's own clock, most often since 1970; its `bus` is an index into [`Reader::interfaces`].
pub struct Reader {
    candump: candump::Candump,
}

/// Opens a recording by its path.
///
/// # Errors
/// [`OpenError`]: it cannot be read, or is of a form that we know but do not read.
pub fn open(path: impl AsRef<Path>) -> Result<Reader, OpenError> {
    Reader::new(File::open(path)?)
}

impl Reader {
    /// A recording from wherever it comes.
    ///
    /// # Errors
    /// As [`open`].
    pub fn new(source: impl Read + Send + 'static) -> Result<Self, OpenError> {
        Ok(Self { candump: candump::Candump::new(Box::new(source)) })
    }

    /// The interfaces so far, by their order of appearance: `can0`.
    pub fn interfaces(&self) -> &[String] {
        self.candump.interfaces.names()
    }

    /// The name of a frame's interface; empty for one that is none of this recording.
    pub fn interface(&self, bus: BusIndex) -> &str {
        self.interfaces().get(usize::from(bus.0)).map_or("", String::as_str)
    }
}

impl Iterator for Reader {
    type Item = Result<Frame, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.candump.next()
    }
}

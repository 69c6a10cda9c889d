//! Recordings of CAN buses, whatever their form: one reader that finds out by the first bytes, never by the name, and a writer of candump text.
//!
//! | form | what is read |
//! |---|---|
//! | candump text | all that [`tandem_frame::text`] reads |
//! | Vector ASC | classic, remote, FD and error frames; hex or decimal; absolute or relative times; channel 1 is `can0` |
//! | Vector BLF | the same frames, in objects of either header and in containers with and without zlib; channel 1 is `can0` |
//!
//! Each of them may be compressed by gzip, xz or zstd. What else a recorder writes between the frames (statistics, LIN, markers) is passed over.
//!
//! A recording is read as it comes: it may be longer than memory, and need not have an end. What is bad is told with its place, and reading goes on behind it.
//! A date without a time zone, which is all that ASC and BLF have, counts as UTC: the same file then has the same times on every machine.
//!
//! Vector's error frames do not say what SocketCAN's say: they are told as class 0x80, a bus error, with eight zero bytes.

mod asc;
mod blf;
mod candump;
mod date;
mod error;
mod interfaces;
mod lines;
mod source;
#[cfg(test)]
mod tests;
mod write;
mod zstd;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tandem_frame::{BusIndex, Frame};

pub use error::{LogError, OpenError, Place, Reason};
pub use write::Writer;

use asc::Asc;
use blf::Blf;
use interfaces::Interfaces;
use lines::Lines;
use source::Form;

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
    frames: Frames,
    interfaces: Interfaces,
}

enum Frames {
    Candump(Lines),
    Asc(Asc),
    Blf(Box<Blf>),
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
        let (form, source) = source::find_form(Box::new(source))?;
        let frames = match form {
            Form::Candump => Frames::Candump(Lines::new(source)),
            Form::Asc => Frames::Asc(Asc::new(source)),
            Form::Blf => Frames::Blf(Box::new(Blf::new(source))),
        };
        Ok(Self { frames, interfaces: Interfaces::default() })
    }

    /// The interfaces so far, by their order of appearance: `can0`.
    pub fn interfaces(&self) -> &[String] {
        self.interfaces.names()
    }

    /// The name of a frame's interface; empty for one that is none of this recording.
    pub fn interface(&self, bus: BusIndex) -> &str {
        self.interfaces().get(usize::from(bus.0)).map_or("", String::as_str)
    }
}

impl Iterator for Reader {
    type Item = Result<Frame, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.frames {
            Frames::Candump(lines) => candump::next(lines, &mut self.interfaces),
            Frames::Asc(asc) => asc.next(&mut self.interfaces),
            Frames::Blf(blf) => blf.next(&mut self.interfaces),
        }
    }
}

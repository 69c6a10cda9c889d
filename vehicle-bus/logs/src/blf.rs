//! Vector's BLF: objects, most of them in containers that are packed one by one and cut wherever they are full. Nobody has published the format; what is known of it is
//! what python-can and vector_blf read.

mod containers;
mod objects;
#[cfg(test)]
mod tests;

use tandem_frame::Frame;

use crate::date::Date;
use crate::interfaces::Interfaces;
use crate::source::Source;
use crate::{LogError, Reason};
use containers::Containers;

/// The bytes before every object's own.
const HEADER: usize = 16;
/// The most that an object with a frame may have; ours of 64 bytes have some 200.
const LARGEST_FRAME: u32 = 4096;

pub(crate) struct Blf {
    containers: Containers,
    /// When the recording began; `None` before the file's head was read.
    start: Option<u64>,
    ended: bool,
}

impl Blf {
    pub(crate) fn new(source: Source) -> Self {
        Self { containers: Containers::new(source), start: None, ended: false }
    }

    pub(crate) fn next(&mut self, interfaces: &mut Interfaces) -> Option<Result<Frame, LogError>> {
        while !self.ended {
            match self.object(interfaces) {
                Ok(Some(read)) => return Some(read),
                Ok(None) => {}
                Err(End::Error(error)) => {
                    self.ended = error.breaks_off();
                    return Some(Err(error));
                }
                Err(End::Here) => self.ended = true,
            }
        }
        None
    }

    /// One object; `None` if it is of no interest.
    fn object(&mut self, interfaces: &mut Interfaces) -> Result<Option<Result<Frame, LogError>>, End> {
        let start = match self.start {
            Some(start) => start,
            None => {
                let start = self.head()?;
                *self.start.insert(start)
            }
        };
        self.containers.find_object()?;
        let header: [u8; HEADER] = objects::array(self.containers.need(HEADER)?, 0).ok_or(End::Here)?;
        let place = self.containers.place();
        let object = objects::Header::read(&header);
        let wrong_size = || LogError { place, reason: Reason::ObjectSize { kind: object.kind, size: object.size } };
        let frame = objects::has_frame(object.kind);
        if (object.size as usize) < HEADER || (frame && object.size > LARGEST_FRAME) {
            self.containers.give_up_object();
            return Ok(Some(Err(wrong_size())));
        }
        if !frame {
            self.containers.skip(object.size.into())?;
            return Ok(None);
        }
        let whole = self.containers.need(object.size as usize)?;
        let read = objects::frame(&object, whole, start, interfaces);
        self.containers.take(object.size as usize);
        Ok(Some(match read {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) => Err(wrong_size()),
            Err(reason) => Err(LogError { place, reason }),
        }))
    }

    /// The file's head: its length, and the date at which the times begin.
    fn head(&mut self) -> Result<u64, End> {
        let head = self.containers.file_head()?;
        let word = |at: usize| i64::from(objects::word(&head, at).unwrap_or_default());
        let date = Date {
            year: word(40),
            month: word(42),
            day: word(46),
            hour: word(48),
            minute: word(50),
            second: word(52),
            nanosecond: word(54) as u64 * 1_000_000,
        };
        // A recording may say no date.
        Ok(date.nanoseconds().unwrap_or(0))
    }
}

/// Why there is no further object.
enum End {
    Here,
    Error(LogError),
}

impl From<LogError> for End {
    fn from(error: LogError) -> Self {
        Self::Error(error)
    }
}

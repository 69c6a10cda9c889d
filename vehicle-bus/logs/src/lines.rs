use std::io::{self, ErrorKind};

use crate::source::Source;
use crate::{LONGEST_LINE, LogError, Place, Reason};

const BUFFER: usize = 4 * LONGEST_LINE;

/// A text as it comes, line by line, in a buffer that never grows.
pub(crate) struct Lines {
    source: Source,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    number: u64,
    source_ended: bool,
}

impl Lines {
    pub(crate) fn new(source: Source) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { source, buffer, start: 0, end: 0, number: 0, source_ended: false }
    }

    /// The place of the line that was read last.
    pub(crate) fn place(&self) -> Place {
        Place::Line(self.number)
    }

    /// The next line, with its line feed unless it is the last and has none.
    pub(crate) fn next(&mut self) -> Option<Result<&[u8], LogError>> {
        let mut searched = 0;
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            let found = memchr::memchr(b'\n', unread.get(searched..).unwrap_or_default());
            let length =
                found.map(|at| searched + at + 1).or((self.source_ended && !unread.is_empty()).then_some(unread.len()));
            match length {
                Some(length) if length <= LONGEST_LINE => {
                    let line = self.start..self.start + length;
                    self.start += length;
                    self.number += 1;
                    return Some(Ok(self.buffer.get(line).unwrap_or_default()));
                }
                None if self.source_ended => return None,
                None if unread.len() < LONGEST_LINE => searched = unread.len(),
                _ => return Some(Err(self.leave_out())),
            }
            if let Err(cause) = self.fill() {
                return Some(Err(self.break_off(cause)));
            }
        }
    }

    /// A line that is too long is passed over as it comes.
    fn leave_out(&mut self) -> LogError {
        self.number += 1;
        let error = LogError { place: self.place(), reason: Reason::TooLong };
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unread) {
                self.start += at + 1;
                return error;
            }
            self.start = self.end;
            if self.source_ended {
                return error;
            }
            if let Err(cause) = self.fill() {
                return self.break_off(cause);
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        loop {
            match self.source.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.source_ended = true,
                Ok(length) => self.end += length,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            }
            return Ok(());
        }
    }

    /// What is left is no whole line.
    fn break_off(&mut self, cause: io::Error) -> LogError {
        (self.start, self.end, self.source_ended) = (0, 0, true);
        LogError { place: Place::Line(self.number + 1), reason: Reason::BreaksOff(cause) }
    }
}

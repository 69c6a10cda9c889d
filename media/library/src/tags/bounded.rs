//! A file whose parser cannot run away: bytes, time of the processor and stack are counted.

use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::time::Duration;

const BUFFER: usize = 16 << 10;
/// Reads between two looks at the clock.
const CALLS: u32 = 64;
/// Half of the smallest stack that a reader runs on ([`super::STACK`]).
const STACK: usize = super::STACK / 2;

/// What one file may cost.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Read from the file, bytes.
    pub bytes: u64,
    /// Spent by the thread on its processor, so that a slow stick is not taken for an evil file.
    pub time: Duration,
}

/// Why the reader refused to go on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("more than {0} bytes were asked for")]
    Bytes(u64),
    #[error("it took longer than {} ms", .0.as_millis())]
    Time(Duration),
    #[error("the tags nest too deep")]
    Nesting,
    #[error(transparent)]
    Io(io::Error),
}

/// Reads a file within a [`Budget`]; after the first trouble every read fails.
pub struct Bounded<'a> {
    file: &'a File,
    length: u64,
    at: u64,
    buffer: Vec<u8>,
    start: u64,
    budget: Budget,
    read: u64,
    calls: u32,
    began: Duration,
    stack: usize,
    trouble: Option<Trouble>,
}

impl<'a> Bounded<'a> {
    pub fn new(file: &'a File, length: u64, budget: Budget) -> Self {
        let here = 0_u8;
        Self {
            file,
            length,
            at: 0,
            buffer: Vec::new(),
            start: 0,
            budget,
            read: 0,
            calls: 0,
            began: spent(),
            stack: (&raw const here).addr(),
            trouble: None,
        }
    }

    pub fn trouble(self) -> Option<Trouble> {
        self.trouble
    }

    fn refuse(&mut self, trouble: Trouble) -> io::Error {
        let error = io::Error::other(trouble.to_string());
        self.trouble.get_or_insert(trouble);
        error
    }

    fn check(&mut self) -> io::Result<()> {
        let here = 0_u8;
        if self.stack.abs_diff((&raw const here).addr()) > STACK {
            return Err(self.refuse(Trouble::Nesting));
        }
        self.calls = self.calls.wrapping_add(1);
        if self.calls.is_multiple_of(CALLS) && spent().saturating_sub(self.began) > self.budget.time {
            return Err(self.refuse(Trouble::Time(self.budget.time)));
        }
        match &self.trouble {
            Some(trouble) => Err(io::Error::other(trouble.to_string())),
            None => Ok(()),
        }
    }

    fn fetch(&mut self, into: &mut [u8], at: u64) -> io::Result<usize> {
        if self.read >= self.budget.bytes {
            return Err(self.refuse(Trouble::Bytes(self.budget.bytes)));
        }
        match self.file.read_at(into, at) {
            Ok(read) => {
                self.read += read as u64;
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.refuse(Trouble::Io(error))),
        }
    }

    /// What the buffer holds from here on.
    fn buffered(&self) -> &[u8] {
        let from = self.at.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        from.and_then(|from| self.buffer.get(from..)).unwrap_or_default()
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        if into.is_empty() || self.at >= self.length {
            return Ok(0);
        }
        if self.buffered().is_empty() {
            if into.len() >= BUFFER {
                let read = self.fetch(into, self.at)?;
                self.at += read as u64;
                return Ok(read);
            }
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(BUFFER, 0);
            let read = self.fetch(&mut buffer, self.at);
            buffer.truncate(*read.as_ref().unwrap_or(&0));
            self.buffer = buffer;
            self.start = self.at;
            read?;
        }
        let mut from = self.buffered();
        let read = from.read(into)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.at)
    }
}

/// What this thread has spent on its processor.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

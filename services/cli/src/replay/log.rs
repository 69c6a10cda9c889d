//! A recording as the car's end of the link tells it: frames on the log's own time, interfaces by their order of appearance.

use std::fmt;
use std::fs;
use std::io::{self, Cursor, Read};
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;

use tandem_frame::Frame;
use tandem_logs::{LogError, OpenError, Reader};
use tandem_units::Nanoseconds;

/// A frame this much earlier than the one before it is out of order; one even earlier says that the log's clock was set back.
const DISORDER: u64 = 1_000_000_000;
/// Log time ends here (146 years): a stamp beyond it says that the log's clock leapt.
const LATEST: u64 = 1 << 62;
/// How many bad lines are told of.
const TOLD: usize = 5;

/// A recording that can be read more than once: which interfaces there are is told before the first frame.
#[derive(Clone)]
pub enum Source {
    File(PathBuf),
    /// What came through a pipe.
    Memory(Arc<[u8]>),
}

/// Why a recording cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Pipe(#[from] io::Error),
    #[error("it is larger than the {} MiB that are taken from a pipe with a car: keep it in a file", .0 >> 20)]
    TooLarge(u64),
}

/// What is read again is not what was read first.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recording changed while it was replayed: replay a copy of it")]
pub struct Changed;

impl Source {
    /// A file is read where it lies; of what is none, such as a pipe, at most `limit` bytes are kept.
    ///
    /// # Errors
    /// It cannot be read, or is too large.
    pub fn keep(path: PathBuf, limit: u64) -> Result<Self, SourceError> {
        if fs::metadata(&path)?.is_file() {
            return Ok(Self::File(path));
        }
        Self::keep_pipe(fs::File::open(path)?, limit)
    }

    /// As [`Source::keep`], of what has no path.
    ///
    /// # Errors
    /// It cannot be read, or is too large.
    pub fn keep_pipe(pipe: impl Read, limit: u64) -> Result<Self, SourceError> {
        let mut bytes = Vec::new();
        pipe.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(SourceError::TooLarge(limit));
        }
        Ok(Self::Memory(bytes.into()))
    }

    fn read(&self) -> Result<Reader, OpenError> {
        match self {
            Self::File(path) => tandem_logs::open(path),
            Self::Memory(bytes) => Reader::new(Cursor::new(Arc::clone(bytes))),
        }
    }
}

/// A recording, and what a first reading found.
pub struct Log {
    source: Source,
    /// The interfaces, by their order of appearance.
    pub interfaces: Vec<Interface>,
    pub frames: u64,
    /// Log time of the last frame.
    pub last: Nanoseconds,
    pub bad: BadLines,
    /// How often the log's clock was set back, or leapt out of all sense.
    pub leaps: u64,
}

/// One interface of a recording.
#[derive(Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    /// Error frames are none of them.
    pub frames: u64,
}

/// What is no frame and should be one, and was left out.
#[derive(Debug, Default)]
pub struct BadLines {
    pub count: u64,
    pub first: Vec<LogError>,
}

impl BadLines {
    pub fn add(&mut self, error: LogError) {
        self.count += 1;
        // Where it breaks off, nothing else is told behind it.
        if self.first.len() < TOLD || error.breaks_off() {
            self.first.push(error);
        }
    }
}

impl Log {
    /// Reads a log through once.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn read(source: Source) -> Result<Self, OpenError> {
        let mut reader = source.read()?;
        let (mut clock, mut bad, mut frames) = (Clock::default(), BadLines::default(), 0);
        let mut counts: Vec<u64> = Vec::new();
        for read in reader.by_ref() {
            let frame = match read {
                Ok(frame) => frame,
                Err(error) => {
                    bad.add(error);
                    continue;
                }
            };
            frames += 1;
            clock.tell(frame.t_ns);
            let at = usize::from(frame.bus.0);
            if counts.len() <= at {
                counts.resize(at + 1, 0);
            }
            if let Some(count) = counts.get_mut(at) {
                // The service counts error frames apart.
                *count += u64::from(!frame.flags.error);
            }
        }
        let interfaces = reader.interfaces().iter().cloned().zip(counts);
        let interfaces = interfaces.map(|(name, frames)| Interface { name, frames }).collect();
        Ok(Self { source, interfaces, frames, last: Nanoseconds(clock.last), bad, leaps: clock.leaps })
    }

    /// The frames that the first reading found, in the log's order and on the log's time: the first one is at 0. What a file grew by since is not of it; where it is
    /// another, [`Changed`] is the last that comes.
    ///
    /// # Errors
    /// It can no longer be opened.
    pub fn frames(&self) -> Result<impl Iterator<Item = Result<Frame, Changed>> + use<>, OpenError> {
        let mut reader = self.source.read()?;
        let (mut clock, names, last, mut left) = (Clock::default(), self.names(), self.last.0, self.frames);
        Ok(iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let read = reader.find_map(Result::ok);
            let same = read.and_then(|mut frame| {
                frame.t_ns = clock.tell(frame.t_ns);
                let name = names.get(usize::from(frame.bus.0))?;
                (name == reader.interface(frame.bus) && frame.t_ns <= last).then_some(frame)
            });
            if same.is_none() {
                left = 0;
            }
            Some(same.ok_or(Changed))
        }))
    }

    /// The interface names, as the link's hello tells them.
    pub fn names(&self) -> Vec<String> {
        self.interfaces.iter().map(|interface| interface.name.clone()).collect()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source: _, interfaces, frames, last, bad, leaps } = self;
        write!(f, "{frames} frames on {interfaces:?} until {last}, {leaps} leaps, {bad:?}")
    }
}

/// From a log's stamps to log time, which begins at 0 and never goes back.
#[derive(Debug, Default)]
struct Clock {
    /// The stamp that is log time `base`.
    origin: Option<u64>,
    base: u64,
    last: u64,
    leaps: u64,
}

impl Clock {
    fn tell(&mut self, stamp: u64) -> u64 {
        let origin = *self.origin.get_or_insert(stamp);
        let told = stamp.checked_sub(origin).and_then(|since| since.checked_add(self.base));
        let late = origin.saturating_sub(stamp);
        self.last = match told {
            Some(told) if told >= self.last && told < LATEST => told,
            Some(told) if self.last.saturating_sub(told) <= DISORDER && told < LATEST => self.last,
            None if self.last - self.base + late <= DISORDER => self.last,
            _ => {
                // The clock was set: what follows goes on from here.
                self.leaps += 1;
                self.origin = Some(stamp);
                self.base = self.last;
                self.last
            }
        };
        self.last
    }
}

#[cfg(test)]
impl Log {
    /// For tests: a text as if it had come through a pipe.
    pub fn in_memory(text: &str) -> Self {
        Self::read(Source::keep_pipe(text.as_bytes(), 1 << 20).unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stamps: &[u64]) -> (Vec<u64>, u64) {
        let mut clock = Clock::default();
        (stamps.iter().map(|stamp| clock.tell(*stamp)).collect(), clock.leaps)
    }

    const S: u64 = 1_000_000_000;

    #[test]
    fn time_counts_from_the_first_frame() {
        assert_eq!(told(&[1_436_509_052 * S, 1_436_509_052 * S + 7, 1_436_509_053 * S]), (vec![0, 7, S], 0));
    }

    #[test]
    fn frames_out_of_order_do_not_turn_time_back() {
        assert_eq!(told(&[5 * S, 6 * S, 6 * S - 3, 5 * S, 6 * S + 1]), (vec![0, S, S, S, S + 1], 0));
        assert_eq!(told(&[5 * S, 5 * S - 3, 5 * S + 1]), (vec![0, 0, 1], 0));
    }

    #[test]
    fn a_clock_that_was_set_back_goes_on_from_where_it_was() {
        assert_eq!(told(&[50 * S, 60 * S, 7 * S, 8 * S]), (vec![0, 10 * S, 10 * S, 11 * S], 1));
        assert_eq!(told(&[50 * S, 60 * S, 55 * S, 56 * S]), (vec![0, 10 * S, 10 * S, 11 * S], 1));
    }

    #[test]
    fn stamps_beyond_all_sense_do_not_carry_time_with_them() {
        assert_eq!(told(&[0, S, u64::MAX, 2 * S, 3 * S]), (vec![0, S, S, S, 2 * S], 2));
    }

    #[test]
    fn a_log_is_read_with_its_interfaces_and_its_bad_lines() {
        let text = "(1.000000) can1 123#00\n(1.5 can0 123#00\n\n(2.000000) can0 123#00\n(2.000000) can1 123#zz\n";
        let log = Log::in_memory(text);
        let interface = |name: &str| Interface { name: name.to_owned(), frames: 1 };
        assert_eq!(log.interfaces, [interface("can1"), interface("can0")]);
        assert_eq!((log.frames, log.last, log.bad.count), (2, Nanoseconds::SECOND, 2));
        let told: Vec<_> = log.bad.first.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        line 2, column 5: expected `)` behind the time stamp
        line 5, column 21: expected the end of the line, or R or T
        ");
        let frames: Vec<_> = log.frames().unwrap().map(|frame| frame.unwrap()).collect();
        let frames: Vec<_> = frames.iter().map(|frame| (frame.bus.0, frame.t_ns)).collect();
        assert_eq!(frames, [(0, 0), (1, S)]);
    }

    #[test]
    fn error_frames_are_not_among_the_frames_of_an_interface() {
        let log = Log::in_memory("(1.0) can0 123#00\n(1.1) can0 20000004#0004000000000000\n");
        assert_eq!(log.interfaces, [Interface { name: "can0".to_owned(), frames: 1 }]);
        let errors: Vec<_> = log.frames().unwrap().map(|frame| frame.unwrap().flags.error).collect();
        assert_eq!(errors, [false, true]);
    }

    #[test]
    fn a_file_is_read_where_it_lies_and_what_is_added_later_is_not_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drive.log");
        let text = "(1.000000) can1 123#00\n(3.000000) can1 123#01\n";
        fs::write(&path, text).unwrap();
        let log = Log::read(Source::keep(path.clone(), 0).unwrap()).unwrap();
        for grown in ["(4.000000) can0 123#00\n", "(2.000000) can1 123#00\n", "(2.900000) can1 123#00\n"] {
            fs::write(&path, format!("{text}{grown}")).unwrap();
            assert_eq!(log.frames().unwrap().filter(Result::is_ok).count(), 2, "{grown}");
            assert_eq!(log.frames().unwrap().count(), 2, "{grown}");
        }
        fs::remove_file(path).unwrap();
        assert!(log.frames().is_err());
    }

    #[test]
    fn a_file_that_is_another_when_it_is_read_again_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drive.log");
        fs::write(&path, "(1.000000) can0 123#00\n(2.000000) can1 123#00\n").unwrap();
        let log = Log::read(Source::keep(path.clone(), 0).unwrap()).unwrap();
        let frames = |text: &str| {
            fs::write(&path, text).unwrap();
            log.frames().unwrap().map(|frame| frame.map(|frame| frame.bus.0)).collect::<Vec<_>>()
        };
        let swapped = "(1.000000) can1 123#00\n(2.000000) can0 123#00\n";
        let later = "(1.000000) can0 123#00\n(2.100000) can1 123#00\n";
        assert_eq!(frames(swapped), [Err(Changed)]);
        assert_eq!(frames(later), [Ok(0), Err(Changed)]);
        assert_eq!(frames("(1.000000) can0 123#00\n"), [Ok(0), Err(Changed)]);
        assert_eq!(frames("(1.000000) can0 123#00\n(2.000000) can2 123#00\n"), [Ok(0), Err(Changed)]);
    }

    #[test]
    fn a_pipe_that_gives_too_much_is_refused_before_it_is_read_to_its_end() {
        assert!(Source::keep_pipe(io::repeat(b'x').take(1 << 20), 1 << 20).is_ok());
        let endless = Source::keep_pipe(io::repeat(b'x'), 1 << 20).err().unwrap();
        assert_eq!(
            endless.to_string(),
            "it is larger than the 1 MiB that are taken from a pipe with a car: keep it in a file"
        );
    }
}

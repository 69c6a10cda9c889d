//! A recording as the car's end of the link tells it: frames on the log's own time, interfaces by their order of appearance.

use std::fmt;

use tandem_frame::text::{LineError, LogReader};
use tandem_frame::{BusIndex, Frame};
use tandem_units::Nanoseconds;

/// A frame this much earlier than the one before it is out of order; one even earlier says that the log's clock was set back.
const DISORDER: u64 = 1_000_000_000;
/// Log time ends here (146 years): a stamp beyond it says that the log's clock leapt.
const LATEST: u64 = 1 << 62;
/// Linux gives an interface 15 letters, other recorders' names are a little longer; 255 such names fit into one packet of the link.
const LONGEST_NAME: usize = 64;
/// No line of a log is nearly as long, bytes.
pub const LONGEST_LINE: u64 = 64 * 1024;
/// How many bad lines are told of.
const TOLD: usize = 5;

/// A recording in memory, and what a first reading found.
pub struct Log {
    text: Vec<u8>,
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
    pub frames: u64,
}

/// Lines that are none, and were left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BadLines {
    pub count: u64,
    /// The first few: number (from 1) and reason.
    pub first: Vec<(usize, BadLine)>,
}

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("the line has no end within {} KiB", LONGEST_LINE >> 10)]
    TooLong,
    #[error("the interface is one too many: a recording has at most 255")]
    Interfaces,
    #[error("the interface's name has more than {LONGEST_NAME} letters")]
    LongName,
}

impl BadLines {
    pub fn add(&mut self, number: usize, reason: BadLine) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push((number, reason));
        }
    }
}

impl Log {
    /// Reads a log through once.
    pub fn read(text: Vec<u8>) -> Self {
        let mut walk = Walk::new(&text);
        let (mut frames, mut last, mut bad) = (0, 0, BadLines::default());
        let mut counts: Vec<u64> = Vec::new();
        for (number, step) in walk.by_ref() {
            match step {
                Ok(frame) => {
                    frames += 1;
                    last = frame.t_ns;
                    let at = usize::from(frame.bus.0);
                    if counts.len() <= at {
                        counts.resize(at + 1, 0);
                    }
                    if let Some(count) = counts.get_mut(at) {
                        *count += 1;
                    }
                }
                Err(reason) => bad.add(number, reason),
            }
        }
        let (names, leaps) = (walk.interfaces, walk.clock.leaps);
        let interfaces = names.into_iter().map(str::to_owned).zip(counts);
        let interfaces = interfaces.map(|(name, frames)| Interface { name, frames }).collect();
        Self { interfaces, frames, last: Nanoseconds(last), bad, leaps, text }
    }

    /// The frames, in the log's order and on the log's time: the first one is at 0.
    pub fn frames(&self) -> impl Iterator<Item = Frame> + '_ {
        Walk::new(&self.text).filter_map(|(_, step)| step.ok())
    }

    /// The interface names, as the link's hello tells them.
    pub fn names(&self) -> Vec<String> {
        self.interfaces.iter().map(|interface| interface.name.clone()).collect()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, interfaces, frames, last, bad, leaps } = self;
        write!(f, "{} bytes, {frames} frames on {interfaces:?} until {last}, {leaps} leaps, {bad:?}", text.len())
    }
}

struct Walk<'a> {
    lines: LogReader<'a>,
    interfaces: Vec<&'a str>,
    clock: Clock,
}

impl<'a> Walk<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { lines: LogReader::new(text), interfaces: Vec::new(), clock: Clock::default() }
    }

    fn bus(&mut self, name: &'a str) -> Result<BusIndex, BadLine> {
        if name.len() > LONGEST_NAME {
            return Err(BadLine::LongName);
        }
        let at = self.interfaces.iter().position(|known| *known == name).unwrap_or(self.interfaces.len());
        // The link says the number of interfaces in one byte.
        let bus = u8::try_from(at).ok().filter(|at| *at < u8::MAX).ok_or(BadLine::Interfaces)?;
        if at == self.interfaces.len() {
            self.interfaces.push(name);
        }
        Ok(BusIndex(bus))
    }
}

impl Iterator for Walk<'_> {
    type Item = (usize, Result<Frame, BadLine>);

    fn next(&mut self) -> Option<Self::Item> {
        let (number, line) = self.lines.next()?;
        let frame = line.map_err(BadLine::from).and_then(|line| {
            let mut frame = line.frame(self.bus(line.interface)?);
            frame.t_ns = self.clock.tell(line.t_ns);
            Ok(frame)
        });
        Some((number, frame))
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
        let text = b"(1.000000) can1 123#00\n(1.5 can0 123#00\n\n(2.000000) can0 123#00\n(2.000000) can1 123#zz\n";
        let log = Log::read(text.to_vec());
        let interface = |name: &str| Interface { name: name.to_owned(), frames: 1 };
        assert_eq!(log.interfaces, [interface("can1"), interface("can0")]);
        assert_eq!((log.frames, log.last, log.bad.count), (2, Nanoseconds::SECOND, 2));
        let told: Vec<_> = log.bad.first.iter().map(|(number, reason)| format!("line {number}: {reason}")).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        line 2: column 5: expected `)` behind the time stamp
        line 5: column 21: expected the end of the line, or R or T
        ");
        let frames: Vec<_> = log.frames().map(|frame| (frame.bus.0, frame.t_ns)).collect();
        assert_eq!(frames, [(0, 0), (1, S)]);
    }

    #[test]
    fn an_interface_whose_name_has_no_end_is_left_out() {
        let log = Log::read(format!("(1.0) {} 123#00\n(1.0) can0 123#00\n", "c".repeat(65)).into_bytes());
        assert_eq!((log.frames, log.bad.first), (1, vec![(1, BadLine::LongName)]));
    }

    #[test]
    fn the_interface_that_is_one_too_many_is_left_out() {
        let text: String = (0..300).map(|at| format!("(1.000000) can{at} 123#00\n")).collect();
        let log = Log::read(text.into_bytes());
        assert_eq!((log.interfaces.len(), log.frames, log.bad.count), (255, 255, 45));
        assert_eq!(log.bad.first.first(), Some(&(256, BadLine::Interfaces)));
    }
}

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tandem_can::{BusState, Condition, Heard, News, Wanted};
use tandem_logs::Reader;

use super::{Shared, lock};
use crate::bus::live::{Bound, Live};
use crate::bus::recording;
use crate::interrupt::Stop;

/// Whoever waits looks so often whether it is to end.
const LOOK: Duration = Duration::from_millis(20);

/// Where the frames come from.
pub enum Feed {
    Recording {
        reader: Reader,
        /// 0 does not wait.
        speed: f64,
        /// When the first frame was, here and in the recording.
        begin: Option<(Instant, u64)>,
    },
    Live {
        live: Box<Live>,
        begin: Option<u64>,
    },
}

impl Feed {
    /// A recording at its speed; what comes through a pipe has its own.
    pub fn recording(path: &Path, speed: f64) -> anyhow::Result<Self> {
        let speed = if path == Path::new("-") { 0.0 } else { speed };
        Ok(Self::Recording { reader: recording::open(path)?, speed, begin: None })
    }

    pub fn live(interfaces: &[Bound]) -> anyhow::Result<Self> {
        let mut live = Live::open(interfaces, &Wanted::All)?;
        live.tell_errors();
        Ok(Self::Live { live: Box::new(live), begin: None })
    }

    /// Brings what comes next onto the board; whether more may come. `end` is nanoseconds from the beginning.
    pub fn step(&mut self, shared: &Shared, end: Option<u64>, stop: &Stop) -> anyhow::Result<bool> {
        match self {
            Self::Recording { reader, speed, begin } => {
                let frame = match reader.next() {
                    None => return Ok(false),
                    Some(Err(error)) if error.breaks_off() => return Err(error.into()),
                    // What is no frame has no place here.
                    Some(Err(_)) => return Ok(true),
                    Some(Ok(frame)) => frame,
                };
                let (started, first) = *begin.get_or_insert((Instant::now(), frame.t_ns));
                let since = frame.t_ns.saturating_sub(first);
                if end.is_some_and(|end| since > end) {
                    return Ok(false);
                }
                if *speed > 0.0 {
                    let due = started + Duration::from_nanos((since as f64 / *speed).min(1e18) as u64);
                    while let wait @ 1.. = due.saturating_duration_since(Instant::now()).as_nanos() {
                        if stop.is_asked() {
                            return Ok(false);
                        }
                        let wait = Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX));
                        thread::sleep(wait.min(LOOK));
                    }
                }
                lock(shared).hear(&frame, reader.interface(frame.bus));
                Ok(true)
            }
            Self::Live { live, begin } => {
                let heard = live.receive()?;
                let mut board = lock(shared);
                match heard {
                    Heard::Frame(frame) | Heard::Error(frame) => board.hear(&frame, live.name(frame.bus)),
                    Heard::Advance(t_ns) => {
                        board.pass(t_ns);
                        let begin = *begin.get_or_insert(t_ns);
                        return Ok(end.is_none_or(|end| t_ns.saturating_sub(begin) < end));
                    }
                    Heard::News(bus, news) => {
                        let Some(bus) = board.tally.bus(bus, live.name(bus)) else { return Ok(true) };
                        if let Some(condition) = news.condition() {
                            // That all is well needs no word.
                            bus.state =
                                if condition == Condition::Up(BusState::Active) { "" } else { condition.word() };
                        }
                        if let News::Lost(frames) = news {
                            bus.lost += u64::from(frames);
                        }
                    }
                    Heard::Echo(_) => {}
                }
                Ok(true)
            }
        }
    }
}

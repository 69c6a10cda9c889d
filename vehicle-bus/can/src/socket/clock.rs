//! From the kernel's time stamps, which are on the wall's clock, to the boot clock, which nobody sets.

use rustix::time::{ClockId, clock_gettime};

/// A stamp is taken shortly before its frame lies in the queue.
const BEFORE: i128 = 1_000_000;
/// And frames come in while a queue is being read.
const AHEAD: i128 = 50_000_000;

/// Both clocks at one moment, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub wall: u64,
    pub boot: u64,
}

impl Moment {
    pub fn now() -> Self {
        let (before, wall, after) = (boot(), nanoseconds(ClockId::Realtime), boot());
        // Whoever is put to sleep between the three is off by half of it at most.
        Self { wall, boot: before + (after - before) / 2 }
    }
}

/// The boot clock, nanoseconds: it runs on while the machine sleeps.
pub fn boot() -> u64 {
    nanoseconds(ClockId::Boottime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
}

/// The time stamps of one socket.
///
/// A frame was stamped after its queue was last seen empty, and not later than now. So if the wall's clock was set in between, one of the two distances between the
/// clocks, the one from then or the one from now, leads into that span. If neither does, the frame was heard now.
#[derive(Clone, Copy, Debug)]
pub struct Stamps {
    empty: Moment,
    now: Moment,
    last: u64,
}

impl Stamps {
    pub fn new(opened: Moment) -> Self {
        Self { empty: opened, now: opened, last: 0 }
    }

    /// The queue is about to be read.
    pub fn read_at(&mut self, now: Moment) {
        self.now = now;
    }

    /// The queue was read to its end.
    pub fn read_empty(&mut self) {
        self.empty = self.now;
    }

    /// When a frame was heard, on the boot clock. Never before the frame that was read before it.
    pub fn heard(&mut self, stamp: Option<u64>) -> u64 {
        let span = i128::from(self.empty.boot) - BEFORE..=i128::from(self.now.boot) + AHEAD;
        let by = |moment: Moment| {
            let heard = i128::from(stamp?) - i128::from(moment.wall) + i128::from(moment.boot);
            span.contains(&heard).then_some(heard)
        };
        let heard = by(self.now).or_else(|| by(self.empty)).and_then(|heard| u64::try_from(heard).ok());
        self.last = heard.unwrap_or(self.now.boot).max(self.last);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const YEAR_2026: u64 = 1_790_000_000 * SECOND;

    /// Opened at 100 s; the queue is read at 103 s.
    fn stamps(wall_set_by: i64) -> Stamps {
        let mut stamps = Stamps::new(Moment { wall: YEAR_2026, boot: 100 * SECOND });
        let wall = (YEAR_2026 + 3 * SECOND).saturating_add_signed(wall_set_by);
        stamps.read_at(Moment { wall, boot: 103 * SECOND });
        stamps
    }

    #[test]
    fn a_stamp_becomes_a_time_of_the_boot_clock() {
        let mut stamps = stamps(0);
        assert_eq!(stamps.heard(Some(YEAR_2026 + SECOND)), 101 * SECOND);
        assert_eq!(stamps.heard(Some(YEAR_2026 + 2 * SECOND + 7)), 102 * SECOND + 7);
    }

    #[test]
    fn a_wall_clock_that_is_set_by_a_day_moves_no_frame() {
        for day in [86_400 * SECOND as i64, -86_400 * SECOND as i64] {
            let mut stamps = stamps(day);
            // Stamped before it was set, and after.
            assert_eq!(stamps.heard(Some(YEAR_2026 + SECOND)), 101 * SECOND);
            assert_eq!(stamps.heard(Some((YEAR_2026 + 2 * SECOND).saturating_add_signed(day))), 102 * SECOND);
            // Once the queue was empty, the old distance is of no use any more.
            stamps.read_empty();
            stamps.read_at(Moment { wall: (YEAR_2026 + 4 * SECOND).saturating_add_signed(day), boot: 104 * SECOND });
            assert_eq!(stamps.heard(Some(YEAR_2026 + 3 * SECOND)), 104 * SECOND);
        }
    }

    #[test]
    fn without_a_stamp_that_can_be_a_frame_is_heard_now() {
        for stamp in [None, Some(0), Some(u64::MAX), Some(YEAR_2026 - SECOND), Some(YEAR_2026 + 60 * SECOND)] {
            assert_eq!(stamps(0).heard(stamp), 103 * SECOND, "{stamp:?}");
        }
    }

    #[test]
    fn frames_keep_their_order() {
        let mut stamps = stamps(0);
        assert_eq!(stamps.heard(Some(YEAR_2026 + 2 * SECOND)), 102 * SECOND);
        assert_eq!(stamps.heard(Some(YEAR_2026 + SECOND)), 102 * SECOND);
    }

    #[test]
    fn both_clocks_are_read_and_the_boot_clock_never_runs_back() {
        let (first, second) = (Moment::now(), Moment::now());
        assert!(second.boot >= first.boot && first.boot > 0 && first.wall > 0);
    }
}

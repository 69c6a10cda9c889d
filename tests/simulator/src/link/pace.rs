use std::time::Duration;

use crate::model::STEP_NS;

const STEP: Duration = Duration::from_nanos(STEP_NS);
/// A car that was held up for longer than this does not make good for it: its time has stood still.
const CATCHES_UP: Duration = Duration::from_secs(1);

/// When the next step is due, by a clock that somebody else reads.
pub(super) struct Metronome {
    due: Duration,
}

impl Metronome {
    /// The first step is due one step after `now`: it tells what has been until then.
    pub(super) fn new(now: Duration) -> Self {
        Self { due: now + STEP }
    }

    /// How long until the next step; zero if it is due.
    pub(super) fn wait(&mut self, now: Duration) -> Duration {
        if now.saturating_sub(self.due) > CATCHES_UP {
            self.due = now;
        }
        self.due.saturating_sub(now)
    }

    /// A step is done. The next is due one step after the last was due, not after it was done: so nothing drifts.
    pub(super) fn stepped(&mut self) {
        self.due += STEP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn steps_are_due_on_the_grid_however_late_each_is_done() {
        let mut metronome = Metronome::new(MS(0));
        assert_eq!(metronome.wait(MS(0)), MS(10));
        assert_eq!(metronome.wait(MS(13)), MS(0));
        metronome.stepped();
        assert_eq!(metronome.wait(MS(14)), MS(6));
    }

    #[test]
    fn a_short_stall_is_made_good_and_a_long_one_forgotten() {
        let mut metronome = Metronome::new(MS(0));
        let steps_due = |metronome: &mut Metronome, now| {
            let mut steps = 0;
            while metronome.wait(now).is_zero() {
                metronome.stepped();
                steps += 1;
            }
            steps
        };
        assert_eq!(steps_due(&mut metronome, MS(500)), 50);
        assert_eq!(steps_due(&mut metronome, MS(60_000)), 1);
        assert_eq!(metronome.wait(MS(60_000)), MS(10));
    }
}

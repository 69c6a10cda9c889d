use std::time::Duration;

use tandem_units::Nanoseconds;

/// Ticks fall on multiples of this.
pub const TICK: u64 = 20_000_000;
/// Later than this the replay does not hurry to catch up: it goes on from here.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tick at or behind a point in time.
pub fn tick_at(time: Nanoseconds) -> Nanoseconds {
    Nanoseconds(time.0.div_ceil(TICK).saturating_mul(TICK))
}

/// How fast log time runs by the clock on the wall.
#[derive(Debug)]
pub struct Pace {
    speed: f64,
    /// Log time that belongs to a moment on the wall's clock.
    anchor: (Duration, Nanoseconds),
}

impl Pace {
    /// `speed` 1 is as it was recorded, 2 is twice as fast.
    pub fn new(speed: f64) -> Self {
        Self { speed, anchor: (Duration::ZERO, Nanoseconds::ZERO) }
    }

    /// How long to wait until log time is `time`, given the time since the start by the wall's clock.
    pub fn wait(&mut self, wall: Duration, time: Nanoseconds) -> Duration {
        let (anchor_wall, anchor_time) = self.anchor;
        let due = anchor_wall
            + Duration::try_from_secs_f64((time - anchor_time).as_secs_f64() / self.speed).unwrap_or(Duration::MAX / 2);
        if wall > due + PATIENCE {
            self.jump(wall, time);
        }
        due.saturating_sub(wall)
    }

    /// Log time is `time` now, whatever it was.
    pub fn jump(&mut self, wall: Duration, time: Nanoseconds) {
        self.anchor = (wall, time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn frames_belong_to_the_tick_behind_them() {
        let tick = |time| tick_at(Nanoseconds(time)).0;
        assert_eq!([tick(0), tick(1), tick(TICK), tick(TICK + 1)], [0, TICK, TICK, 2 * TICK]);
        assert_eq!(tick(u64::MAX), u64::MAX);
    }

    #[test]
    fn time_runs_as_fast_as_it_was_asked_to() {
        let mut pace = Pace::new(1.0);
        assert_eq!(pace.wait(ms(5), Nanoseconds::from_millis(20)), ms(15));
        assert_eq!(pace.wait(ms(70), Nanoseconds::from_millis(40)), ms(0));
        assert_eq!(pace.wait(ms(70), Nanoseconds::from_millis(100)), ms(30), "30 ms late are caught up");
        assert_eq!(Pace::new(4.0).wait(ms(0), Nanoseconds::from_millis(20)), ms(5));
        assert_eq!(Pace::new(0.5).wait(ms(0), Nanoseconds::from_millis(20)), ms(40));
    }

    #[test]
    fn a_long_sleep_is_not_caught_up() {
        let mut pace = Pace::new(1.0);
        assert_eq!(pace.wait(ms(5000), Nanoseconds::from_millis(100)), ms(0));
        assert_eq!(pace.wait(ms(5000), Nanoseconds::from_millis(120)), ms(20));
    }

    #[test]
    fn a_speed_near_nothing_waits_long_and_does_not_overflow() {
        assert!(Pace::new(1e-300).wait(ms(0), Nanoseconds(u64::MAX)) > Duration::from_secs(u32::MAX.into()));
    }
}

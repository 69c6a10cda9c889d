//! How often somebody may do something.

use std::time::Duration;

/// A store of permissions that fills up with time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    most: u32,
    a_second: u32,
    left: f64,
    at: Duration,
}

impl Pace {
    /// So many at once, and so many a second after that.
    pub fn new(most: u32, a_second: u32) -> Self {
        Self { most, a_second, left: f64::from(most), at: Duration::ZERO }
    }

    /// Whether it may be done once more now.
    pub fn may(&mut self, now: Duration) -> bool {
        let gained = now.saturating_sub(self.at).as_secs_f64() * f64::from(self.a_second);
        self.left = (self.left + gained).min(f64::from(self.most));
        self.at = now;
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_only_so_many_a_second() {
        let mut pace = Pace::new(3, 2);
        let passed = |pace: &mut Pace, ms| (0..10).filter(|_| pace.may(Duration::from_millis(ms))).count();
        assert_eq!([0, 400, 500, 1_500, 60_000].map(|ms| passed(&mut pace, ms)), [3, 0, 1, 2, 3]);
    }
}

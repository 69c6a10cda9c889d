/// The first wait, nanoseconds.
const FIRST: u64 = 100_000_000;
/// The longest one.
const LONGEST: u64 = 5_000_000_000;

/// How long to wait before trying again: 100 ms, then twice as long each time, 5 s at most.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    wait: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: FIRST }
    }
}

impl Backoff {
    /// When to try again, after a try at `now`.
    pub fn next(&mut self, now: u64) -> u64 {
        let at = now.saturating_add(self.wait);
        self.wait = (self.wait * 2).min(LONGEST);
        at
    }

    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_seconds_and_begin_anew_after_a_reset() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.next(1000) / 1_000_000).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.reset();
        assert_eq!(backoff.next(0), FIRST);
        assert_eq!(backoff.next(u64::MAX), u64::MAX);
    }
}

//! How often one message may leave: a bucket of tokens, told by a single point in time.

use tandem_units::Nanoseconds;

/// Holds up to `burst` tokens and gets another one each `period`. A frame takes one.
#[derive(Clone, Debug)]
pub struct Bucket {
    period: u128,
    /// How long an empty bucket takes to be full but for one token.
    spare: u128,
    /// When it will be full, ns. Wider than any clock, so that it never stands still at its end.
    full_at: u128,
}

impl Bucket {
    /// A full one. A burst of 0 counts as 1.
    pub fn new(period: Nanoseconds, burst: u8) -> Self {
        let period = u128::from(period.0);
        Self { period, spare: period * u128::from(burst.saturating_sub(1)), full_at: 0 }
    }

    /// How long until it has a token; zero if it has one.
    pub fn wait(&self, now: Nanoseconds) -> Nanoseconds {
        let left = self.full_at.saturating_sub(self.spare + u128::from(now.0));
        Nanoseconds(u64::try_from(left).unwrap_or(u64::MAX))
    }

    /// Takes a token that is there.
    pub fn take(&mut self, now: Nanoseconds) {
        self.full_at = self.full_at.max(u128::from(now.0)) + self.period;
    }

    /// Another clock begins: if anything was ever taken, the bucket is empty on it.
    pub fn begin_clock(&mut self, now: Nanoseconds) {
        if self.full_at > 0 {
            self.full_at = u128::from(now.0) + self.spare + self.period;
        }
    }
}

#[cfg(test)]
mod tests;

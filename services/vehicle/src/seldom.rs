//! For log lines that could come thousands of times a second.

use std::time::Duration;

use tokio::time::Instant;

/// The least time between two lines.
const APART: Duration = Duration::from_secs(1);

/// Counts what happens, and says when it is time for a line.
#[derive(Debug, Default)]
pub struct Seldom {
    /// When the last line was due.
    told: Option<Instant>,
    held: u64,
}

impl Seldom {
    /// It happened. How often it did since the last line, if it is time for one: at once the first time, then once a second.
    pub fn happened(&mut self, now: Instant) -> Option<u64> {
        self.held += 1;
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < APART) {
            return None;
        }
        self.told = Some(now);
        self.rest()
    }

    /// How often it happened and was not told.
    pub fn rest(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.held)).filter(|held| *held > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_one_line_a_second_and_nothing_goes_uncounted() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        let told: Vec<_> = (0..2_500).filter_map(|ms| seldom.happened(start + Duration::from_millis(ms))).collect();
        assert_eq!(told, [1, 1_000, 1_000]);
        assert_eq!((seldom.rest(), seldom.rest()), (Some(499), None));
        assert_eq!(seldom.happened(start + Duration::from_secs(9)), Some(1));
    }
}

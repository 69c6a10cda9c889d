use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// A child that lived so long is taken for healthy: its next death is a first one.
const HEALTHY: Duration = Duration::from_secs(10);

/// How long a child that died stays away: 200 ms, doubling to 5 s.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The time to wait after a death, given how long the child had lived.
    pub fn after(&mut self, lived: Duration) -> Duration {
        if lived >= HEALTHY {
            self.next = FIRST;
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(lives: &[u64]) -> Vec<u128> {
        let mut backoff = Backoff::default();
        lives.iter().map(|lived| backoff.after(Duration::from_secs(*lived)).as_millis()).collect()
    }

    #[test]
    fn doubles_up_to_five_seconds() {
        assert_eq!(waits(&[0; 8]), [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn a_healthy_life_makes_the_next_death_a_first_one() {
        assert_eq!(waits(&[0, 0, 9, 10, 0]), [200, 400, 800, 200, 400]);
    }
}

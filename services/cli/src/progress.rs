use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tandem_units::Nanoseconds;

/// How often the line is drawn anew.
const PERIOD: Duration = Duration::from_millis(200);
const CLEAR: &str = "\r\x1b[K";

/// Shows on a terminal how far log time has come, for as long as it is polled: never ends by itself.
pub async fn show(time: &AtomicU64, end: Nanoseconds) {
    if !io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let _line = Line;
    loop {
        tokio::time::sleep(PERIOD).await;
        let line = line(Nanoseconds(time.load(Ordering::Relaxed)), end);
        // A terminal that is gone misses nothing.
        let _ = write!(io::stderr(), "{CLEAR}{line}");
    }
}

/// The line on the terminal, wiped away when it is no longer needed.
struct Line;

impl Drop for Line {
    fn drop(&mut self) {
        let _ = write!(io::stderr(), "{CLEAR}");
    }
}

fn line(time: Nanoseconds, end: Nanoseconds) -> String {
    let share = 100 * u128::from(time.0.min(end.0)) / u128::from(end.0.max(1));
    format!("{:.1} s of {:.1} s ({share} %)", time.as_secs_f64(), end.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        assert_eq!(line(Nanoseconds::from_millis(12_340), Nanoseconds::from_millis(20_000)), "12.3 s of 20.0 s (61 %)");
        assert_eq!(line(Nanoseconds::from_millis(20), Nanoseconds::ZERO), "0.0 s of 0.0 s (0 %)");
    }
}

//! Dates and durations as feeds write them.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::text::micros;

/// No date that is worth reading is longer, bytes.
const MAX_DATE: usize = 64;
/// Days of the week are left out: they are often wrong, or in another language.
static DATES: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// Seconds since 1970 of `Sun, 22 Nov 2026 06:00:00 GMT` or `2026-11-22T06:00:00Z`.
pub fn published(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > MAX_DATE {
        return None;
    }
    let without_day = text.split_once(',').map_or(text, |(_, rest)| rest.trim());
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| DATES.parse_timestamp(without_day).ok())
        .or_else(|| format!("{text}T00:00:00Z").parse().ok());
    timestamp.map(Timestamp::as_second)
}

/// Microseconds of `1:02:03`, `62:03`, `3723` or `3723.5`; none for nothing and for more than a month.
pub fn length(text: &str) -> Option<i64> {
    let mut seconds = 0.0;
    for (count, part) in text.trim().split(':').enumerate() {
        let part: f64 = part.parse().ok().filter(|part: &f64| *part >= 0.0)?;
        if count > 2 {
            return None;
        }
        seconds = seconds * 60.0 + part;
    }
    micros(seconds)
}

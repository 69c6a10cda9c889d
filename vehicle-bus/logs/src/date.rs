//! Dates as recorders write them, to nanoseconds since 1970.

pub(crate) const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// A point in time by the calendar, in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) nanosecond: u64,
}

impl Date {
    /// `None` if there is no such date from 1970 to 2554.
    pub(crate) fn nanoseconds(self) -> Option<u64> {
        let Self { year, month, day, hour, minute, second, nanosecond } = self;
        let fits = (1970..=2554).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..=60).contains(&second);
        if !fits {
            return None;
        }
        // The year begins in March, so that the day that may be missing is its last one.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        let seconds = days * DAY + hour * 3600 + minute * 60 + second;
        u64::try_from(seconds).ok()?.checked_mul(SECOND)?.checked_add(nanosecond)
    }
}

/// Digits before and behind the point, as nanoseconds; what is finer than those is dropped.
pub(crate) fn seconds(text: &[u8]) -> Option<u64> {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (parts.next()?, parts.next().unwrap_or_default());
    if whole.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |byte: &u8| u64::from(byte - b'0');
    let whole = whole.iter().try_fold(0u64, |sum, byte| sum.checked_mul(10)?.checked_add(digit(byte)))?;
    let fraction = fraction.iter().chain([b'0'; 9].iter()).take(9).fold(0, |sum, byte| sum * 10 + digit(byte));
    whole.checked_mul(SECOND)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_from_1970() {
        let at = |year, month, day| Date { year, month, day, ..Date::default() }.nanoseconds();
        assert_eq!(at(1970, 1, 1), Some(0));
        assert_eq!(at(2000, 3, 1), Some(951_868_800 * SECOND));
        assert_eq!(at(2024, 2, 29), Some(1_709_164_800 * SECOND));
        assert_eq!(at(2024, 12, 31), Some(1_735_603_200 * SECOND));
        assert_eq!((at(1969, 12, 31), at(2024, 13, 1), at(2024, 0, 1), at(9999, 1, 1)), (None, None, None, None));
    }

    #[test]
    fn seconds_are_exact() {
        assert_eq!(seconds(b"13.258199"), Some(13_258_199_000));
        assert_eq!(seconds(b"2.5010"), Some(2_501_000_000));
        assert_eq!(seconds(b"7"), Some(7 * SECOND));
        assert_eq!(seconds(b"0.1234567899"), Some(123_456_789));
        for text in ["", ".5", "1.x", "-1.0", "1.2.3", "99999999999999999999", "18446744074.0"] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }
}

//! The standard input, line by line, and the standard output.

use std::io::{BufRead, BufReader, Read, Write};

use crate::protocol::{Event, MAX_LINE, Order};

/// What came in.
#[derive(Debug, PartialEq)]
pub enum Line {
    Order(Order),
    /// No order that this player knows; the words are for the log.
    Unknown(String),
    /// Longer than [`MAX_LINE`]: whoever speaks there does not speak this language.
    TooLong,
    Closed,
}

/// Reads until the input is closed or a line is too long; `tell` says whether anybody still listens.
pub fn read(input: impl Read, mut tell: impl FnMut(Line) -> bool) {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = MAX_LINE as u64 + 1;
        match input.by_ref().take(most).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => {
                tell(Line::Closed);
                return;
            }
            Ok(_) => {}
        }
        if line.len() > MAX_LINE {
            tell(Line::TooLong);
            return;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let parsed = match serde_json::from_slice(text) {
            Ok(order) => Line::Order(order),
            Err(error) => Line::Unknown(error.to_string()),
        };
        if !tell(parsed) {
            return;
        }
    }
}

/// Writes an event as one line.
///
/// # Errors
/// Nobody reads any more.
pub fn write(output: &mut impl Write, event: &Event) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Line> {
        let mut heard = Vec::new();
        read(input, |line| {
            heard.push(line);
            true
        });
        heard
    }

    #[test]
    fn orders_are_read_and_what_is_none_is_told_and_passed_over() {
        let heard =
            lines(b"{\"order\":\"play\"}\n\n \xff\xfe\n{\"order\":\"fly\"}\n[]\n{\"order\":\"ping\",\"number\":7}");
        assert_eq!(heard[0], Line::Order(Order::Play));
        assert!(matches!(heard[1], Line::Unknown(_)), "no UTF-8: {heard:?}");
        assert!(matches!(heard[2], Line::Unknown(_)), "no such order: {heard:?}");
        assert!(matches!(heard[3], Line::Unknown(_)), "no order at all: {heard:?}");
        assert_eq!(heard[4], Line::Order(Order::Ping { number: 7 }), "a last line without its end counts");
        assert_eq!(heard[5], Line::Closed);
        assert_eq!(heard.len(), 6);
    }

    #[test]
    fn a_line_may_be_as_long_as_agreed_and_not_a_byte_longer() {
        let mut longest = vec![b' '; MAX_LINE - 17];
        longest.extend(b"{\"order\":\"stop\"}\n");
        assert_eq!(longest.len(), MAX_LINE);
        assert_eq!(lines(&longest), [Line::Order(Order::Stop), Line::Closed]);
        longest.insert(0, b' ');
        assert_eq!(lines(&longest), [Line::TooLong]);
        assert_eq!(lines(&vec![b'x'; MAX_LINE * 3]), [Line::TooLong]);
    }

    #[test]
    fn every_event_is_one_line() {
        let mut written = Vec::new();
        write(&mut written, &Event::Alive { number: 3 }).unwrap();
        assert_eq!(written, b"{\"event\":\"alive\",\"number\":3}\n");
    }
}

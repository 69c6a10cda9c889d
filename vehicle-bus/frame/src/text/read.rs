use super::{LineError, LogLine};
use crate::{CanId, Flags, MAX_LENGTH};

const NO_DIGIT: u8 = 0xFF;
const HEX: [u8; 256] = hex_values();
const SECOND: u64 = 1_000_000_000;
pub(super) const ERROR_FRAME: u32 = 0x2000_0000;
const BIT_RATE_SWITCH: u8 = 1;
const ERROR_STATE: u8 = 2;

const fn hex_values() -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let (mut values, mut byte): (&mut [u8], u8) = (&mut table, 0);
    while let [value, rest @ ..] = values {
        *value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'F' => byte - b'A' + 10,
            b'a'..=b'f' => byte - b'a' + 10,
            _ => NO_DIGIT,
        };
        values = rest;
        byte = byte.wrapping_add(1);
    }
    table
}

/// Reads one line of candump's log text; the line's end, with or without CR and LF, may still be there.
///
/// # Errors
/// [`LineError`] names what was expected and at which column.
pub fn parse_line(line: &[u8]) -> Result<LogLine<'_>, LineError> {
    let mut cursor = Cursor { line, at: 0 };
    cursor.skip_blanks();
    let t_ns = cursor.time_stamp()?;
    cursor.skip_blanks();
    let interface = cursor.interface()?;
    cursor.skip_blanks();
    let (id, error) = cursor.id()?;
    let mut read =
        LogLine { t_ns, interface, id, flags: Flags { error, ..Flags::default() }, length: 0, data: [0; MAX_LENGTH] };
    cursor.payload(&mut read)?;
    cursor.end()?;
    Ok(read)
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn column(&self) -> usize {
        self.at + 1
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn digit(&self) -> Option<u64> {
        self.peek().filter(u8::is_ascii_digit).map(|byte| u64::from(byte - b'0'))
    }

    fn hex(&self, ahead: usize) -> Option<u8> {
        let byte = self.line.get(self.at + ahead)?;
        HEX.get(usize::from(*byte)).copied().filter(|value| *value != NO_DIGIT)
    }

    fn time_stamp(&mut self) -> Result<u64, LineError> {
        let start = self.column();
        if !self.take(b'(') {
            return Err(LineError::Open { column: start });
        }
        let out_of_range = LineError::Time { column: start + 1 };
        let mut seconds = self.digit().ok_or(LineError::Seconds { column: self.column() })?;
        self.at += 1;
        while let Some(digit) = self.digit() {
            // No later digit brings a number this large back into range, so it need not grow further.
            seconds = if seconds > SECOND * SECOND { return Err(out_of_range) } else { seconds * 10 + digit };
            self.at += 1;
        }
        if !self.take(b'.') {
            return Err(LineError::Point { column: self.column() });
        }
        let (mut nanoseconds, mut unit) = (0, SECOND);
        while let (Some(digit), true) = (self.digit(), unit > 1) {
            unit /= 10;
            nanoseconds += digit * unit;
            self.at += 1;
        }
        if unit == SECOND || self.digit().is_some() {
            return Err(LineError::Fraction { column: self.column() });
        }
        if !self.take(b')') {
            return Err(LineError::Close { column: self.column() });
        }
        seconds.checked_mul(SECOND).and_then(|whole| whole.checked_add(nanoseconds)).ok_or(out_of_range)
    }

    fn interface(&mut self) -> Result<&'a str, LineError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'!'..=b'~')) {
            self.at += 1;
        }
        let name = self.line.get(start..self.at).unwrap_or_default();
        match std::str::from_utf8(name) {
            Ok(name) if !name.is_empty() && matches!(self.peek(), Some(b' ' | b'\t')) => Ok(name),
            _ => Err(LineError::Interface { column: self.column() }),
        }
    }

    fn id(&mut self) -> Result<(CanId, bool), LineError> {
        let (start, column) = (self.at, self.column());
        let mut number = 0u32;
        while let (Some(value), true) = (self.hex(0), self.at - start < 8) {
            number = number << 4 | u32::from(value);
            self.at += 1;
        }
        let digits = self.at - start;
        if self.peek() != Some(b'#') {
            let no_id = digits == 0 || self.hex(0).is_some();
            return Err(if no_id { LineError::Id { column } } else { LineError::Hash { column: self.column() } });
        }
        self.at += 1;
        let error = digits == 8 && number & ERROR_FRAME != 0;
        let id = match digits {
            3 => CanId::standard(number),
            8 if error && number & !ERROR_FRAME <= 0x7FF => CanId::standard(number & !ERROR_FRAME),
            8 if error => CanId::extended(number & !ERROR_FRAME),
            8 => CanId::extended(number),
            _ => return Err(LineError::Id { column }),
        };
        id.map(|id| (id, error)).map_err(|_| LineError::IdRange { column })
    }

    fn payload(&mut self, line: &mut LogLine<'_>) -> Result<(), LineError> {
        match self.peek() {
            Some(b'#') => {
                self.at += 1;
                let flags = self.hex(0).ok_or(LineError::FdFlags { column: self.column() })?;
                self.at += 1;
                line.flags.fd = true;
                line.flags.brs = flags & BIT_RATE_SWITCH != 0;
                line.flags.esi = flags & ERROR_STATE != 0;
                self.bytes(line, MAX_LENGTH)?;
                let length = line.length();
                if length > 8 && !matches!(length, 12 | 16 | 20 | 24 | 32 | 48 | 64) {
                    return Err(LineError::FdLength { column: self.column(), length });
                }
                Ok(())
            }
            Some(b'R' | b'r') => {
                self.at += 1;
                line.flags.remote = true;
                if let Some(asked) = self.hex(0) {
                    if asked > 8 {
                        return Err(LineError::Remote { column: self.column() });
                    }
                    line.length = asked;
                    self.at += 1;
                }
                self.raw_dlc(line.length())
            }
            _ => {
                self.bytes(line, 8)?;
                self.raw_dlc(line.length())
            }
        }
    }

    fn bytes(&mut self, line: &mut LogLine<'_>, most: usize) -> Result<(), LineError> {
        let mut length = 0;
        while let Some(high) = self.hex(0) {
            let Some(low) = self.hex(1) else { return Err(LineError::Byte { column: self.column() + 1 }) };
            match line.data.get_mut(length) {
                Some(byte) if length < most => *byte = high << 4 | low,
                _ => return Err(LineError::TooLong { column: self.column(), most }),
            }
            length += 1;
            self.at += 2;
            self.take(b'.');
        }
        line.length = length as u8;
        Ok(())
    }

    fn raw_dlc(&mut self, length: usize) -> Result<(), LineError> {
        if !self.take(b'_') {
            return Ok(());
        }
        match (self.hex(0), length) {
            (Some(9..=15), 8) => {
                self.at += 1;
                Ok(())
            }
            _ => Err(LineError::Dlc { column: self.column() }),
        }
    }

    fn end(&mut self) -> Result<(), LineError> {
        let column = self.column();
        let rest = self.line.get(self.at..).unwrap_or_default();
        match rest.trim_ascii() {
            [] => Ok(()),
            [b'R' | b'T'] if matches!(rest.first(), Some(b' ' | b'\t')) => Ok(()),
            _ => Err(LineError::End { column }),
        }
    }
}

/// The lines of a log that lies in memory, with their numbers (from 1); empty lines and those that begin with `#` are
/// skipped, and a bad line does not end the log.
#[derive(Debug, Clone)]
pub struct LogReader<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> LogReader<'a> {
    pub fn new(log: &'a [u8]) -> Self {
        Self { rest: log, line: 0 }
    }
}

impl<'a> Iterator for LogReader<'a> {
    type Item = (usize, Result<LogLine<'a>, LineError>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (line, rest) = match self.rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => self.rest.split_at(end + 1),
                None => (self.rest, <&[u8]>::default()),
            };
            self.rest = rest;
            self.line += 1;
            match line.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None | Some(b'#') => {}
                Some(_) => return Some((self.line, parse_line(line))),
            }
        }
        None
    }
}

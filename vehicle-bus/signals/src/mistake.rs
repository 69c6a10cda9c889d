use std::fmt;

use tandem_units::plain;

/// One mistake in a file that a person wrote: where it stands, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    /// The file as the caller named it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One line, with nothing in it that is not seen.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", plain(&self.file), self.line, self.column, self.message)
    }
}

impl Mistake {
    /// `message` may quote whatever the file says.
    pub fn new(file: &str, (line, column): (usize, usize), message: &str) -> Self {
        Self { file: file.to_owned(), line, column, message: plain(message).into_owned() }
    }

    /// A mistake of something that begins in a line of its own.
    pub fn in_line(file: &str, line: usize, message: &str) -> Self {
        Self::new(file, (line, 1), message)
    }

    /// The first place where bytes are no UTF-8.
    pub fn not_utf8(file: &str, bytes: &[u8]) -> Self {
        let first = bytes.utf8_chunks().next();
        let (before, byte) = first.map_or(("", None), |chunk| (chunk.valid(), chunk.invalid().first()));
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        let byte = byte.map(|byte| format!("byte 0x{byte:02X} is ")).unwrap_or_default();
        Self::new(file, (line, column), &format!("{byte}not UTF-8: save the file as UTF-8"))
    }
}

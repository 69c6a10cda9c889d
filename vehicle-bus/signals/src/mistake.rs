use std::fmt;

/// One mistake in a file that a person wrote: where it stands, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    /// The file as the caller named it.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl Mistake {
    /// The first place where bytes are no UTF-8.
    pub fn not_utf8(file: &str, bytes: &[u8]) -> Self {
        let first = bytes.utf8_chunks().next();
        let (before, byte) = first.map_or(("", None), |chunk| (chunk.valid(), chunk.invalid().first()));
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        let byte = byte.map(|byte| format!("byte 0x{byte:02X} is ")).unwrap_or_default();
        Self { file: file.to_owned(), line, column, message: format!("{byte}not UTF-8: save the file as UTF-8") }
    }
}

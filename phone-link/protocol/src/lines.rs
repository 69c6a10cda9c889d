//! From a stream of bytes to lines, one packet each.

use crate::MAX_DEPTH;

/// Why a link has to end: a stream that broke a rule cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("a line is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("brackets nest deeper than {MAX_DEPTH}")]
    TooDeep,
}

/// Cuts a stream into lines.
#[derive(Debug)]
pub struct Lines {
    held: Vec<u8>,
    /// Bytes of `held` that were handed out, or are known to hold no end.
    start: usize,
    seen: usize,
    limit: usize,
}

impl Lines {
    /// Lines of at most `limit` bytes: [`crate::MAX_STRANGER_LINE`] or [`crate::MAX_LINE`].
    pub fn new(limit: usize) -> Self {
        Self { held: Vec::new(), start: 0, seen: 0, limit }
    }

    /// The peer is paired, or no longer.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.held.drain(..self.start);
        self.seen -= self.start;
        self.start = 0;
        self.held.extend_from_slice(bytes);
    }

    /// The next whole line, without its end; none until more bytes come. Empty lines are passed over.
    ///
    /// # Errors
    /// [`LineError`]; the link is of no use any more.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, LineError> {
        loop {
            let rest = self.held.get(self.seen..).unwrap_or_default();
            let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
                self.seen = self.held.len();
                let over = self.seen - self.start > self.limit;
                return if over { Err(LineError::TooLong { limit: self.limit }) } else { Ok(None) };
            };
            let (begin, end) = (self.start, self.seen + at);
            (self.start, self.seen) = (end + 1, end + 1);
            if end - begin > self.limit {
                return Err(LineError::TooLong { limit: self.limit });
            }
            let line = self.held.get(begin..end).unwrap_or_default();
            if !line.iter().all(u8::is_ascii_whitespace) {
                return shallow(line).map(|()| self.held.get(begin..end));
            }
        }
    }
}

/// Looks at the brackets outside of texts, before anything is built from them.
fn shallow(line: &[u8]) -> Result<(), LineError> {
    let (mut depth, mut within, mut escaped) = (0_usize, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b'{' | b'[' if !within => depth += 1,
            b'}' | b']' if !within => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(LineError::TooDeep);
        }
    }
    Ok(())
}

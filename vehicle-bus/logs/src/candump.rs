use std::io::Read;

use tandem_frame::Frame;
use tandem_frame::text::parse_line;

use crate::interfaces::Interfaces;
use crate::lines::Lines;
use crate::{LogError, Reason};

/// candump's log text. Empty lines and those that begin with `#` are passed over.
pub(crate) struct Candump {
    lines: Lines,
    pub(crate) interfaces: Interfaces,
}

impl Candump {
    pub(crate) fn new(source: Box<dyn Read + Send>) -> Self {
        Self { lines: Lines::new(source), interfaces: Interfaces::default() }
    }

    pub(crate) fn next(&mut self) -> Option<Result<Frame, LogError>> {
        loop {
            let line = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if matches!(line.iter().find(|byte| !byte.is_ascii_whitespace()), None | Some(b'#')) {
                continue;
            }
            let read = parse_line(line)
                .map_err(Reason::from)
                .and_then(|line| Ok(line.frame(self.interfaces.bus(line.interface)?)));
            return Some(read.map_err(|reason| LogError { place: self.lines.place(), reason }));
        }
    }
}

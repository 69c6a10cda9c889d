//! candump's log text. Empty lines and those that begin with `#` are passed over.

use tandem_frame::Frame;
use tandem_frame::text::parse_line;

use crate::interfaces::Interfaces;
use crate::lines::Lines;
use crate::{LogError, Reason};

pub(crate) fn next(lines: &mut Lines, interfaces: &mut Interfaces) -> Option<Result<Frame, LogError>> {
    loop {
        let line = match lines.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        if matches!(line.iter().find(|byte| !byte.is_ascii_whitespace()), None | Some(b'#')) {
            continue;
        }
        let read =
            parse_line(line).map_err(Reason::from).and_then(|line| Ok(line.frame(interfaces.named(line.interface)?)));
        return Some(read.map_err(|reason| LogError { place: lines.place(), reason }));
    }
}

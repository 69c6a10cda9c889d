//! A recording decoded by a DBC file alone: no car, no service, no screens.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::bail;
use tandem_dbc::{Codec, Database};
use tandem_logs::Reader;

use super::log::BadLines;
use crate::labels::{Form, Found, Labels, Paint};
use crate::table::counted;

/// What was found, beside the signals.
#[derive(Debug, Default)]
pub struct Tally {
    pub found: Found,
    pub bad: BadLines,
}

/// What to do at a bad line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtBadLine {
    GoOn,
    Stop,
}

/// Decodes a log as it is read, a frame at a time: it may be longer than memory, and need not have an end.
///
/// # Errors
/// `log` or `out` fails, or the log has a bad line and that is to stop it.
pub fn decode(
    mut log: Reader,
    database: &Database,
    form: Form,
    at_bad_line: AtBadLine,
    out: &mut impl Write,
) -> anyhow::Result<Tally> {
    let codec = Codec::compile(database);
    let labels: Vec<_> =
        database.messages.iter().map(|message| Labels::new(message, form, Paint::Never, |_| false)).collect();
    let mut tally = Tally::default();
    let mut line = Vec::with_capacity(4096);
    while let Some(read) = log.next() {
        let frame = match read {
            Ok(frame) => frame,
            // What was whole is told already.
            Err(error) if error.breaks_off() => {
                out.flush()?;
                return Err(error.into());
            }
            Err(error) if at_bad_line == AtBadLine::Stop => bail!("{error} (--strict stops here)"),
            Err(error) => {
                tally.bad.add(error);
                continue;
            }
        };
        tally.found.frames += 1;
        let data = !frame.flags.error && !frame.flags.remote;
        let Some(index) = codec.index(frame.id).filter(|_| data) else {
            if data {
                tally.found.note_unknown(frame.id);
            }
            continue;
        };
        let Some(labels) = labels.get(index) else { continue };
        tally.found.known += 1;
        line.clear();
        let interface = log.interface(frame.bus);
        if labels.tell(&codec, index, Some(frame.t_ns), interface, frame.data(), &mut line).is_err() {
            tally.found.note_short(labels);
            continue;
        }
        out.write_all(&line)?;
    }
    out.flush()?;
    Ok(tally)
}

impl Tally {
    /// The summary for people.
    pub fn text(&self) -> String {
        let mut text = self.found.text();
        if self.bad.count > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{} left out, the first of them:", counted(self.bad.count, "line"));
        }
        for error in &self.bad.first {
            let _ = write!(text, "\n  {error}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const DBC: &str = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|0] \"km/h\" X\n SG_ Gear : 8|8@1+ (1,0) [0|0] \"\" X\n\nVAL_ 291 Gear 1 \"Drive\" ;\n";
    const LOG: &str = "(7.000001) can0 123#0301\n(7.1 can0 123#00\n(7.000002003) can0 123#0402\n(7.2) can0 123#03\n(7.3) can0 7FF#00\n(7.4) can0 123#R\n";

    fn decoded(form: Form) -> (String, Tally) {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut out = Vec::new();
        let tally = decode(Reader::new(LOG.as_bytes()).unwrap(), &database, form, AtBadLine::GoOn, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), tally)
    }

    #[test]
    fn every_signal_of_a_known_frame_is_told() {
        let (text, tally) = decoded(Form::Text);
        insta::assert_snapshot!(text, @r"
        (7.000001) can0 Motion: Speed=1.5 km/h, Gear=1 (Drive)
        (7.000002003) can0 Motion: Speed=2 km/h, Gear=2
        ");
        insta::assert_snapshot!(tally.text(), @r"
        5 frames, 3 of messages that the DBC file knows, 1 unknown id: 7FF
        Motion: too short in 1 frame, not decoded
        1 line left out, the first of them:
          line 2, column 5: expected `)` behind the time stamp
        ");
    }

    #[test]
    fn a_frame_is_one_json_line() {
        let (text, _) = decoded(Form::Json);
        insta::assert_snapshot!(text, @r#"
        {"t":7.000001,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":1.5,"Gear":1.0}}
        {"t":7.000002003,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":2.0,"Gear":2.0}}
        "#);
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    /// A log without an end.
    struct Endless(usize);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let rest = &LOG.as_bytes()[self.0..];
            let size = rest.len().min(buffer.len());
            buffer[..size].copy_from_slice(&rest[..size]);
            self.0 = (self.0 + size) % LOG.len();
            Ok(size)
        }
    }

    #[test]
    fn a_log_without_an_end_is_decoded_as_it_comes() {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut page = [0; 10_000];
        let mut out = page.as_mut_slice();
        let error =
            decode(Reader::new(Endless(0)).unwrap(), &database, Form::Text, AtBadLine::GoOn, &mut out).unwrap_err();
        assert_eq!(error.downcast_ref().map(std::io::Error::kind), Some(std::io::ErrorKind::WriteZero));
        assert!(page.starts_with(b"(7.000001) can0 Motion: Speed=1.5 km/h, Gear=1 (Drive)\n") && page[9_999] != 0);
    }

    #[test]
    fn strict_stops_at_the_first_bad_line() {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut out = Vec::new();
        let error =
            decode(Reader::new(LOG.as_bytes()).unwrap(), &database, Form::Text, AtBadLine::Stop, &mut out).unwrap_err();
        insta::assert_snapshot!(
            format!("{error:#}"),
            @"line 2, column 5: expected `)` behind the time stamp (--strict stops here)"
        );
    }
}

//! A recording decoded by a DBC file alone: no car, no service, no screens.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write;

use anyhow::Context;
use tandem_dbc::{Codec, Database, Message, Raw, Sample};
use tandem_frame::CanId;
use tandem_frame::text::{LogLine, LogReader};

use super::log::{BadLine, BadLines};
use crate::table::counted;

/// How the signals are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `(1436509052.249713) can0 Motion: Speed=1.5 km/h, Gear=3 (Drive)`
    Text,
    /// `{"t":1436509052.249713,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":1.5,"Gear":3.0}}`
    Json,
}

/// What was found, beside the signals.
#[derive(Debug, Default)]
pub struct Tally {
    pub frames: u64,
    pub known: u64,
    pub unknown: BTreeSet<CanId>,
    /// Frames shorter than their message, by message.
    pub short: BTreeMap<String, u64>,
    pub bad: BadLines,
}

/// What to do at a bad line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtBadLine {
    GoOn,
    Stop,
}

/// Decodes a whole log.
///
/// # Errors
/// `out` fails, or the log has a bad line and that is to stop it.
pub fn decode(
    log: &[u8],
    database: &Database,
    form: Form,
    at_bad_line: AtBadLine,
    out: &mut impl Write,
) -> anyhow::Result<Tally> {
    let codec = Codec::compile(database);
    let labels: Vec<_> = database.messages.iter().map(|message| Labels::new(message, form)).collect();
    let mut tally = Tally::default();
    let mut line = Vec::with_capacity(4096);
    for (number, read) in LogReader::new(log) {
        let frame = match read {
            Ok(frame) => frame,
            Err(error) if at_bad_line == AtBadLine::Stop => {
                return Err(error).with_context(|| format!("line {number} (--strict stops here)"));
            }
            Err(error) => {
                tally.bad.add(number, BadLine::Line(error));
                continue;
            }
        };
        tally.frames += 1;
        let data = !frame.flags.error && !frame.flags.remote;
        let Some(index) = codec.index(frame.id).filter(|_| data) else {
            if data {
                tally.unknown.insert(frame.id);
            }
            continue;
        };
        let Some(labels) = labels.get(index) else { continue };
        tally.known += 1;
        line.clear();
        labels.begin(&frame, &mut line);
        let mut first = true;
        let decoded = codec.decode(index, frame.data(), |sample| {
            labels.signal(&sample, std::mem::take(&mut first), &mut line);
        });
        if decoded.is_err() {
            *tally.short.entry(labels.message.clone()).or_default() += 1;
            continue;
        }
        line.extend(labels.end);
        out.write_all(&line)?;
    }
    out.flush()?;
    Ok(tally)
}

/// What is the same in every frame of a message.
struct Labels {
    message: String,
    form: Form,
    /// Between the interface and the first signal.
    head: String,
    signals: Vec<SignalLabels>,
    end: &'static [u8],
}

struct SignalLabels {
    before: String,
    after: String,
    names: Vec<(i64, String)>,
}

impl Labels {
    fn new(message: &Message, form: Form) -> Self {
        let signals = message.signals.iter().map(|signal| match form {
            Form::Text => SignalLabels {
                before: format!("{}=", signal.name),
                after: if signal.unit.is_empty() { String::new() } else { format!(" {}", signal.unit) },
                names: signal.values.clone(),
            },
            Form::Json => {
                SignalLabels { before: format!("{}:", quoted(&signal.name)), after: String::new(), names: Vec::new() }
            }
        });
        let (head, end): (_, &[u8]) = match form {
            Form::Text => (format!(" {}: ", message.name), b"\n"),
            Form::Json => {
                (format!(",\"id\":\"{}\",\"message\":{},\"signals\":{{", message.id, quoted(&message.name)), b"}}\n")
            }
        };
        Self { message: message.name.clone(), form, head, signals: signals.collect(), end }
    }

    fn begin(&self, frame: &LogLine<'_>, line: &mut Vec<u8>) {
        let (seconds, fraction) = (frame.t_ns / 1_000_000_000, frame.t_ns % 1_000_000_000);
        // Microseconds, as candump writes them; nanoseconds only where the log has them.
        let (fraction, digits) = if fraction % 1000 == 0 { (fraction / 1000, 6) } else { (fraction, 9) };
        let interface = frame.interface;
        // Writing to memory cannot fail.
        let _ = match self.form {
            Form::Text => write!(line, "({seconds}.{fraction:0digits$}) {interface}"),
            Form::Json => write!(line, "{{\"t\":{seconds}.{fraction:0digits$},\"bus\":{}", quoted(interface)),
        };
        line.extend(self.head.as_bytes());
    }

    fn signal(&self, sample: &Sample, first: bool, line: &mut Vec<u8>) {
        let Some(labels) = self.signals.get(sample.signal) else { return };
        match (first, self.form) {
            (true, _) => {}
            (false, Form::Text) => line.extend(b", "),
            (false, Form::Json) => line.push(b','),
        }
        line.extend(labels.before.as_bytes());
        let physical = sample.physical;
        let _ = match self.form {
            Form::Text => write!(line, "{physical}"),
            Form::Json if physical.is_finite() => write!(line, "{physical:?}"),
            Form::Json => write!(line, "null"),
        };
        line.extend(labels.after.as_bytes());
        if let Some(name) = labels.name(sample.raw) {
            let _ = write!(line, " ({name})");
        }
    }
}

impl SignalLabels {
    fn name(&self, raw: Raw) -> Option<&str> {
        let raw = match raw {
            Raw::Unsigned(raw) => i64::try_from(raw).ok()?,
            Raw::Signed(raw) => raw,
            Raw::Float(_) => return None,
        };
        self.names.iter().find(|(value, _)| *value == raw).map(|(_, name)| name.as_str())
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Tally {
    /// The summary for people.
    pub fn text(&self) -> String {
        let mut text = format!("{} frames, {} of messages that the DBC file knows", self.frames, self.known);
        // Writing to a String cannot fail.
        let _ = match self.unknown.len() as u64 {
            0 => write!(text, ", no unknown id"),
            count => {
                let ids: Vec<_> = self.unknown.iter().map(ToString::to_string).collect();
                write!(text, ", {}: {}", counted(count, "unknown id"), ids.join(" "))
            }
        };
        for (message, count) in &self.short {
            let _ = write!(text, "\n{message}: too short in {}, left out", counted(*count, "frame"));
        }
        if self.bad.count > 0 {
            let _ = write!(text, "\n{} left out, the first of them:", counted(self.bad.count, "line"));
        }
        for (line, reason) in &self.bad.first {
            let _ = write!(text, "\n  line {line}, {reason}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DBC: &str = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|0] \"km/h\" X\n SG_ Gear : 8|8@1+ (1,0) [0|0] \"\" X\n\nVAL_ 291 Gear 1 \"Drive\" ;\n";
    const LOG: &str = "(7.000001) can0 123#0301\n(7.1 can0 123#00\n(7.000002003) can0 123#0402\n(7.2) can0 123#03\n(7.3) can0 7FF#00\n(7.4) can0 123#R\n";

    fn decoded(form: Form) -> (String, Tally) {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut out = Vec::new();
        let tally = decode(LOG.as_bytes(), &database, form, AtBadLine::GoOn, &mut out).unwrap();
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
        Motion: too short in 1 frame, left out
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

    #[test]
    fn strict_stops_at_the_first_bad_line() {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut out = Vec::new();
        let error = decode(LOG.as_bytes(), &database, Form::Text, AtBadLine::Stop, &mut out).unwrap_err();
        insta::assert_snapshot!(
            format!("{error:#}"),
            @"line 2 (--strict stops here): column 5: expected `)` behind the time stamp"
        );
    }
}

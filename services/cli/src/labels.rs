//! A frame in the words of its DBC file: one line, as text or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use tandem_dbc::{Codec, DecodeError, Message, Raw, Sample, Signal};
use tandem_frame::CanId;

use crate::dictionary::{Book, Dictionary};
use crate::table::{counted, number};
use crate::values::{Privacy, WITHHELD};

/// How the signals are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `(1436509052.249713) can0 Motion: Speed=1.5 km/h, Gear=3 (Drive)`
    Text,
    /// As text, with numbers that a glance takes in: at most six decimals.
    Brief,
    /// `{"t":1436509052.249713,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":1.5,"Gear":3.0}}`
    Json,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Paint {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    Always,
    Never,
}

impl Paint {
    /// Whether standard output gets colours.
    pub fn paints(self) -> bool {
        let wanted = || std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        match self {
            Self::Auto => io::stdout().is_terminal() && wanted(),
            Self::Always => true,
            Self::Never => false,
        }
    }

    /// [`Paint::Always`] or [`Paint::Never`].
    pub fn settled(self) -> Self {
        if self.paints() { Self::Always } else { Self::Never }
    }

    fn dressed(self, code: &str, text: &str) -> String {
        if self.paints() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A message's name.
    pub fn name(self, text: &str) -> String {
        self.dressed("1;36", text)
    }

    /// What is beside the point.
    pub fn faint(self, text: &str) -> String {
        self.dressed("2", text)
    }

    /// What has just changed.
    pub fn fresh(self, text: &str) -> String {
        self.dressed("1;33", text)
    }

    /// What is wrong.
    pub fn wrong(self, text: &str) -> String {
        self.dressed("31", text)
    }
}

/// A DBC file's text may hold anything, and a line is a line.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// What is the same in every frame of a message.
pub struct Labels {
    message: String,
    form: Form,
    /// Between the interface and the first signal.
    head: String,
    signals: Vec<SignalLabels>,
    end: &'static [u8],
    withholds: bool,
}

struct SignalLabels {
    before: String,
    after: String,
    names: Vec<(i64, String)>,
    /// Says something about a person who did not ask for it to be told.
    withheld: bool,
}

impl Labels {
    pub fn new(message: &Message, form: Form, paint: Paint, is_withheld: impl Fn(&Signal) -> bool) -> Self {
        let of_signal = |signal: &Signal, withheld| match form {
            Form::Text | Form::Brief => SignalLabels {
                before: format!("{}=", paint.faint(&signal.name)),
                after: if signal.unit.is_empty() { String::new() } else { format!(" {}", printable(&signal.unit)) },
                names: signal.values.iter().map(|(raw, name)| (*raw, printable(name))).collect(),
                withheld,
            },
            Form::Json => SignalLabels {
                before: format!("{}:", quoted(&signal.name)),
                after: String::new(),
                names: Vec::new(),
                withheld,
            },
        };
        let signals: Vec<_> = message.signals.iter().map(|signal| of_signal(signal, is_withheld(signal))).collect();
        let withholds = signals.iter().any(|signal| signal.withheld);
        let (head, end): (_, &[u8]) = match form {
            Form::Text | Form::Brief => (format!("{}: ", paint.name(&message.name)), b"\n"),
            Form::Json => {
                (format!(",\"id\":\"{}\",\"message\":{},\"signals\":{{", message.id, quoted(&message.name)), b"}}\n")
            }
        };
        Self { message: message.name.clone(), form, head, signals, end, withholds }
    }

    /// Those of every message, by book.
    pub fn all(dictionary: &Dictionary, form: Form, paint: Paint, privacy: Privacy) -> Vec<Vec<Self>> {
        let of_message = |at: usize, message: &Message| {
            Self::new(message, form, paint, |signal| {
                privacy == Privacy::Kept && dictionary.is_private(at, &message.name, &signal.name)
            })
        };
        let of_book =
            |(at, book): (usize, &Book)| book.database.messages.iter().map(|message| of_message(at, message)).collect();
        dictionary.books.iter().enumerate().map(of_book).collect()
    }

    /// Whether the bytes of its frames say what is withheld.
    pub fn withholds(&self) -> bool {
        self.withholds
    }

    /// The message's name.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Adds the line of one frame; without a time if it has none.
    ///
    /// # Errors
    /// The frame is too short for its message; then there is only the beginning of a line.
    pub fn tell(
        &self,
        codec: &Codec,
        index: usize,
        t_ns: Option<u64>,
        interface: &str,
        data: &[u8],
        line: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        begin(self.form, t_ns, interface, line);
        line.extend(self.head.as_bytes());
        let mut first = true;
        codec.decode(index, data, |sample| self.signal(&sample, &mut first, line))?;
        line.extend(self.end);
        Ok(())
    }

    /// Only the signals, behind each other.
    ///
    /// # Errors
    /// The frame is too short for its message.
    pub fn signals(&self, codec: &Codec, index: usize, data: &[u8], line: &mut Vec<u8>) -> Result<(), DecodeError> {
        let mut first = true;
        codec.decode(index, data, |sample| self.signal(&sample, &mut first, line))
    }

    fn signal(&self, sample: &Sample, first: &mut bool, line: &mut Vec<u8>) {
        let Some(labels) = self.signals.get(sample.signal) else { return };
        if labels.withheld && self.form == Form::Json {
            return;
        }
        match (std::mem::take(first), self.form) {
            (true, _) => {}
            (false, Form::Text | Form::Brief) => line.extend(b", "),
            (false, Form::Json) => line.push(b','),
        }
        line.extend(labels.before.as_bytes());
        if labels.withheld {
            return line.extend(WITHHELD.as_bytes());
        }
        let physical = sample.physical;
        let _ = match self.form {
            Form::Text => write!(line, "{physical}"),
            Form::Brief => write!(line, "{}", number(physical)),
            Form::Json if physical.is_finite() => write!(line, "{physical:?}"),
            Form::Json => write!(line, "null"),
        };
        line.extend(labels.after.as_bytes());
        if let Some(name) = labels.name(sample.raw) {
            let _ = write!(line, " ({name})");
        }
    }
}

/// Begins the line of a frame: its time and its bus.
pub fn begin(form: Form, t_ns: Option<u64>, interface: &str, line: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = match (form, t_ns) {
        (Form::Text | Form::Brief, Some(t_ns)) => write!(line, "({}) {interface} ", Stamp(t_ns)),
        (Form::Text | Form::Brief, None) => write!(line, "{interface} "),
        (Form::Json, Some(t_ns)) => write!(line, "{{\"t\":{},\"bus\":{}", Stamp(t_ns), quoted(interface)),
        (Form::Json, None) => write!(line, "{{\"bus\":{}", quoted(interface)),
    };
}

/// Nanoseconds as seconds with microseconds, as candump writes them; with nanoseconds only where the log has them.
struct Stamp(u64);

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, fraction) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let (fraction, digits) = if fraction % 1000 == 0 { (fraction / 1000, 6) } else { (fraction, 9) };
        write!(f, "{seconds}.{fraction:0digits$}")
    }
}

/// The whole number that a raw value is.
pub fn whole(raw: Raw) -> Option<i64> {
    match raw {
        Raw::Unsigned(raw) => i64::try_from(raw).ok(),
        Raw::Signed(raw) => Some(raw),
        Raw::Float(_) => None,
    }
}

impl SignalLabels {
    fn name(&self, raw: Raw) -> Option<&str> {
        let raw = whole(raw)?;
        self.names.iter().find(|(value, _)| *value == raw).map(|(_, name)| name.as_str())
    }
}

/// A text as JSON has it.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Unknown ids that are kept: a bus that babbles has half a thousand million.
const MOST_UNKNOWN: usize = 4096;
/// Those that are named.
const TOLD: usize = 20;

/// What of a recording had a meaning.
#[derive(Debug, Default)]
pub struct Found {
    pub frames: u64,
    pub known: u64,
    unknown: BTreeSet<CanId>,
    /// Frames of further unknown ids, which are not kept.
    further: u64,
    /// Frames shorter than their message, by message.
    pub short: BTreeMap<String, u64>,
}

impl Found {
    /// One more frame was of an unknown id.
    pub fn note_unknown(&mut self, id: CanId) {
        if self.unknown.len() < MOST_UNKNOWN || self.unknown.contains(&id) {
            self.unknown.insert(id);
        } else {
            self.further += 1;
        }
    }

    /// One more frame was too short for its message.
    pub fn note_short(&mut self, labels: &Labels) {
        *self.short.entry(labels.message.clone()).or_default() += 1;
    }

    /// The summary for people.
    pub fn text(&self) -> String {
        let mut text = format!("{}, {} of messages that the DBC file knows", counted(self.frames, "frame"), self.known);
        // Writing to a String cannot fail.
        let _ = match self.unknown.len() as u64 {
            0 => write!(text, ", no unknown id"),
            count => {
                let ids: Vec<_> = self.unknown.iter().take(TOLD).map(ToString::to_string).collect();
                write!(text, ", {}: {}", counted(count, "unknown id"), ids.join(" "))
            }
        };
        let _ = match self.unknown.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(text, " and {more} more"),
        };
        if self.further > 0 {
            let _ = write!(text, "; {} of yet others", counted(self.further, "frame"));
        }
        for (message, count) in &self.short {
            let _ = write!(text, "\n{message}: too short in {}, not decoded", counted(*count, "frame"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_that_babbles_fills_neither_memory_nor_the_line() {
        let mut found = Found::default();
        for id in (0..10_000).chain(0..100) {
            found.note_unknown(CanId::extended(id).unwrap());
        }
        assert_eq!((found.unknown.len(), found.further), (4096, 10_000 - 4096));
        let text = found.text();
        assert!(text.ends_with(" 00000013 and 4076 more; 5904 frames of yet others"), "{text}");
    }
}

use std::collections::HashMap;
use std::ops::RangeInclusive;

use can_dbc::{
    AttributeDefinition, AttributeValue, AttributeValueType, Comment, MultiplexIndicator, NumericValue,
    SignalExtendedValueType, ValueDescription,
};
use tandem_frame::CanId;

use crate::lint::{DEEPEST, never_there};
use crate::repair::{self, MessageLines, Note, Said, Setting};
use crate::{ByteOrder, Database, DbcError, Defect, FrameFormat, Kind, Message, Multiplex, Repair, Signal};

/// A text of this size, 16 MiB, keeps a machine busy for some seconds and with a gigabyte; real ones have a tenth of it.
const LARGEST: usize = 16 << 20;
/// The mark of an extended id.
const EXTENDED: u32 = 1 << 31;
const CYCLE_TIME: &str = "GenMsgCycleTime";
const FRAME_FORMAT: &str = "VFrameFormat";
const START_VALUE: &str = "GenSigStartValue";
const LONG_MESSAGE_NAME: &str = "SystemMessageLongSymbol";
const LONG_SIGNAL_NAME: &str = "SystemSignalLongSymbol";

impl Database {
    /// Reads a DBC file, UTF-8 or Windows-1252, of up to 16 MiB.
    ///
    /// Where real files break the format the text is mended, see [`Database::repairs`]; the message of loose signals
    /// (`VECTOR__INDEPENDENT_SIG_MSG`) is left out without a word.
    ///
    /// # Errors
    /// [`DbcError`] with the line, what was expected there and what was found.
    pub fn parse(text: &[u8]) -> Result<Database, DbcError> {
        if text.len() > LARGEST {
            return Err(DbcError::TooLarge { bytes: text.len() });
        }
        let text = decoded(text);
        let mended = repair::mend(&text)?;
        let dbc = can_dbc::Dbc::try_from(mended.text.as_str()).map_err(|error| DbcError::new(error, &mended.text))?;
        let mut loader = Loader { repairs: mended.repairs, ..Loader::new(&dbc, mended.notes) };
        let messages = dbc.messages.iter().zip(&mended.lines);
        let same = |(message, lines): (&can_dbc::Message, &MessageLines)| {
            message.id.raw() == lines.id && message.signals.len() == lines.signals.len()
        };
        // The parser takes some lines for a message or a signal that the repair does not, `BO_1 A: 8 X` for one.
        if dbc.messages.len() != mended.lines.len() || !messages.clone().all(same) {
            return Err(DbcError::misread(&mended.text));
        }
        let mut messages: Vec<_> = messages.filter_map(|(message, lines)| loader.message(message, lines)).collect();
        loader.rename(&mut messages);
        loader.repairs.sort_by_key(|repair| repair.line);
        Ok(Database { messages, repairs: loader.repairs })
    }
}

/// The file's text with `\n` at its line ends: UTF-8 if it all is, else Windows-1252 in those lines that are not.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| match std::str::from_utf8(line) {
                Ok(line) => line.into(),
                Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(line).0,
            })
            .collect(),
    };
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

#[cfg(test)]
mod tests;

type Id = can_dbc::MessageId;
type Mapping<'a> = (&'a str, Vec<RangeInclusive<u64>>);

/// The file's statements by the message and signal that they speak of.
struct Loader<'a> {
    repairs: Vec<Repair>,
    cycle_default: Option<u32>,
    cycles: HashMap<Id, Option<u32>>,
    format_default: FrameFormat,
    formats: HashMap<Id, FrameFormat>,
    start_default: Option<f64>,
    starts: HashMap<(Id, &'a str), f64>,
    long_messages: HashMap<Id, &'a str>,
    long_signals: HashMap<(Id, &'a str), &'a str>,
    comments: HashMap<(Id, Option<&'a str>), &'a str>,
    values: HashMap<(Id, &'a str), Vec<(i64, String)>>,
    floats: HashMap<(Id, &'a str), bool>,
    mappings: HashMap<(Id, &'a str), Mapping<'a>>,
}

impl<'a> Loader<'a> {
    fn new(dbc: &'a can_dbc::Dbc, notes: Vec<Note<'a>>) -> Self {
        let attributes = |name: &'static str| dbc.attribute_values_message.iter().filter(move |a| a.name == name);
        let of_signals = |name: &'static str| dbc.attribute_values_signal.iter().filter(move |a| a.name == name);
        let formats = dbc.attribute_definitions.iter().find_map(|definition| match definition {
            AttributeDefinition::Message(name, AttributeValueType::Enum(formats)) if name == FRAME_FORMAT => {
                Some(formats)
            }
            _ => None,
        });
        let formats = formats.map(Vec::as_slice).unwrap_or_default();
        let mut mappings: HashMap<_, Mapping<'_>> = HashMap::new();
        for extended in &dbc.extended_multiplex {
            let ranges = extended.mappings.iter().map(|mapping| mapping.min_value..=mapping.max_value);
            mappings
                .entry((extended.message_id, extended.signal_name.as_str()))
                .or_insert_with(|| (extended.multiplexor_signal_name.as_str(), Vec::new()))
                .1
                .extend(ranges);
        }
        let mut loader = Self {
            repairs: Vec::new(),
            cycle_default: dbc.attribute_default(CYCLE_TIME).and_then(milliseconds),
            cycles: attributes(CYCLE_TIME).map(|a| (a.message_id, milliseconds(&a.value))).collect(),
            format_default: dbc.attribute_default(FRAME_FORMAT).map(|value| format(value, formats)).unwrap_or_default(),
            formats: attributes(FRAME_FORMAT).map(|a| (a.message_id, format(&a.value, formats))).collect(),
            start_default: dbc.attribute_default(START_VALUE).and_then(figure),
            starts: of_signals(START_VALUE)
                .filter_map(|a| Some(((a.message_id, a.signal_name.as_str()), figure(&a.value)?)))
                .collect(),
            long_messages: attributes(LONG_MESSAGE_NAME)
                .filter_map(|a| Some((a.message_id, word(&a.value)?)))
                .collect(),
            long_signals: of_signals(LONG_SIGNAL_NAME)
                .filter_map(|a| Some(((a.message_id, a.signal_name.as_str()), word(&a.value)?)))
                .collect(),
            comments: dbc
                .comments
                .iter()
                .filter_map(|comment| match comment {
                    Comment::Message { id, comment } => Some(((*id, None), comment.as_str())),
                    Comment::Signal { message_id, name, comment } => {
                        Some(((*message_id, Some(name.as_str())), comment.as_str()))
                    }
                    _ => None,
                })
                .collect(),
            values: dbc
                .value_descriptions
                .iter()
                .filter_map(|values| match values {
                    ValueDescription::Signal { message_id, name, value_descriptions } => {
                        let named = value_descriptions.iter().map(|value| (value.id, unescaped(&value.description)));
                        Some(((*message_id, name.as_str()), named.collect()))
                    }
                    ValueDescription::EnvironmentVariable { .. } => None,
                })
                .collect(),
            floats: dbc
                .signal_extended_value_type_list
                .iter()
                .map(|kind| {
                    let float = kind.signal_extended_value_type != SignalExtendedValueType::SignedOrUnsignedInteger;
                    ((kind.message_id, kind.signal_name.as_str()), float)
                })
                .collect(),
            mappings,
        };
        notes.into_iter().for_each(|note| loader.note(note, formats));
        loader
    }

    /// As the statements that the parser reads, further up.
    fn note(&mut self, note: Note<'a>, formats: &[String]) {
        let id = match note.message.checked_sub(EXTENDED) {
            Some(id) => Id::Extended(id),
            None => Id::Standard(note.message as u16),
        };
        let value = |setting| match setting {
            Setting::Number(number) => AttributeValue::Double(number),
            Setting::Text(text) => AttributeValue::String(text.to_owned()),
        };
        match (note.signal, note.said) {
            (signal, Said::Comment(comment)) => _ = self.comments.insert((id, signal), comment),
            (Some(signal), Said::Values(values)) => {
                let named = values.into_iter().map(|(number, name)| (number, unescaped(name))).collect();
                self.values.insert((id, signal), named);
            }
            (None, Said::Attribute(CYCLE_TIME, setting)) => _ = self.cycles.insert(id, milliseconds(&value(setting))),
            (None, Said::Attribute(FRAME_FORMAT, setting)) => {
                self.formats.insert(id, format(&value(setting), formats));
            }
            (Some(signal), Said::Attribute(START_VALUE, Setting::Number(number))) => {
                self.starts.insert((id, signal), number);
            }
            (None, Said::Attribute(LONG_MESSAGE_NAME, Setting::Text(name))) if !name.is_empty() => {
                self.long_messages.insert(id, name);
            }
            (Some(signal), Said::Attribute(LONG_SIGNAL_NAME, Setting::Text(name))) if !name.is_empty() => {
                self.long_signals.insert((id, signal), name);
            }
            _ => {}
        }
    }

    fn message(&mut self, message: &'a can_dbc::Message, lines: &MessageLines) -> Option<Message> {
        let id = match CanId::from_raw(message.id.raw()) {
            Ok(id) => id,
            Err(error) => {
                self.report(lines.line, Defect::Impossible, format!("message {}: {error}: left out", message.name));
                return None;
            }
        };
        let mut kept = Vec::new();
        for (signal, &line) in message.signals.iter().zip(&lines.signals) {
            match self.kind(message.id, signal) {
                Ok(kind) => kept.push((line, signal, kind)),
                Err(cause) => {
                    self.report(line, Defect::Impossible, format!("signal {}: {cause}: left out", signal.name))
                }
            }
        }
        let names: HashMap<_, _> =
            kept.iter().enumerate().map(|(index, (_, signal, _))| (signal.name.as_str(), index)).collect();
        let mut multiplexors = kept.iter().enumerate().filter(|(_, (_, signal, _))| selects(signal));
        let only = multiplexors.next().filter(|_| multiplexors.next().is_none()).map(|(index, _)| index);
        let length = usize::try_from(message.size).unwrap_or(usize::MAX);
        let signals: Vec<_> = kept
            .iter()
            .enumerate()
            .map(|(index, (line, signal, kind))| {
                let multiplex = self.multiplex(message.id, index, signal, *line, &names, only);
                let signal = Signal { line: *line, ..self.signal(message.id, signal, *kind, multiplex) };
                if signal.bytes().is_none_or(|bytes| *bytes.end() >= length) {
                    let what = format!("signal {} reaches past the {length} bytes of its message", signal.name);
                    self.report(*line, Defect::PastTheEnd, format!("{what}: not decoded from frames of that length"));
                }
                signal
            })
            .collect();
        for (signal, defect) in signals.iter().zip(never_there(&signals)) {
            let Some(defect) = defect else { continue };
            let cause = match defect {
                Defect::TooDeep => format!("are nested over {DEEPEST} deep"),
                _ => "select each other in a ring".to_owned(),
            };
            self.report(
                signal.line,
                defect,
                format!("signal {}: its multiplexors {cause}: never decoded", signal.name),
            );
        }
        Some(Message {
            line: lines.line,
            name: message.name.clone(),
            id,
            length,
            format: match self.formats.get(&message.id).copied().unwrap_or(self.format_default) {
                FrameFormat::Classic if length > 8 => FrameFormat::Fd,
                format => format,
            },
            cycle_ms: self.cycles.get(&message.id).copied().unwrap_or(self.cycle_default),
            comment: self.comments.get(&(message.id, None)).map(|comment| unescaped(comment)),
            sender: message.transmitter.clone(),
            signals,
        })
    }

    fn kind(&self, message: Id, signal: &can_dbc::Signal) -> Result<Kind, String> {
        let float = self.floats.get(&(message, signal.name.as_str())).copied().unwrap_or(false);
        if u16::try_from(signal.start_bit).is_err() {
            return Err(format!("start bit {} is over 65535", signal.start_bit));
        }
        if !(signal.factor.is_finite() && signal.offset.is_finite()) {
            return Err("factor or offset is over what a 64 bit float holds".to_owned());
        }
        match (float, signal.size) {
            (true, 32) => Ok(Kind::Float),
            (true, 64) => Ok(Kind::Double),
            (true, size) => Err(format!("a float of {size} bits is not read (32 or 64)")),
            (false, 1..=64) if signal.value_type == can_dbc::ValueType::Signed => Ok(Kind::Signed),
            (false, 1..=64) => Ok(Kind::Unsigned),
            (false, size) => Err(format!("a size of {size} bits is not read (1 to 64)")),
        }
    }

    fn signal(&self, message: Id, signal: &can_dbc::Signal, kind: Kind, multiplex: Multiplex) -> Signal {
        let key = (message, signal.name.as_str());
        let (minimum, maximum) = (number(signal.min), number(signal.max));
        let limited = minimum != 0.0 || maximum != 0.0;
        Signal {
            line: 0,
            name: signal.name.clone(),
            start: signal.start_bit as u16,
            size: signal.size as u16,
            byte_order: match signal.byte_order {
                can_dbc::ByteOrder::LittleEndian => ByteOrder::Little,
                can_dbc::ByteOrder::BigEndian => ByteOrder::Big,
            },
            kind,
            factor: signal.factor,
            offset: signal.offset,
            minimum: limited.then_some(minimum),
            maximum: limited.then_some(maximum),
            unit: unescaped(&signal.unit),
            start_value: self.starts.get(&key).copied().or(self.start_default),
            values: self.values.get(&key).cloned().unwrap_or_default(),
            multiplex,
            comment: self.comments.get(&(message, Some(signal.name.as_str()))).map(|comment| unescaped(comment)),
        }
    }

    /// What SG_MUL_VAL_ says of the signal, else what its `m` and `M` say.
    fn multiplex(
        &mut self,
        message: Id,
        index: usize,
        signal: &can_dbc::Signal,
        line: usize,
        names: &HashMap<&str, usize>,
        only: Option<usize>,
    ) -> Multiplex {
        let selects = selects(signal);
        let plain = if selects { Multiplex::Multiplexor } else { Multiplex::Plain };
        let (multiplexor, ranges, cause) =
            match (self.mappings.get(&(message, &signal.name)), &signal.multiplexer_indicator) {
                (Some((name, ranges)), _) => {
                    let cause = format!("its multiplexor {name} is no other signal of its message");
                    (names.get(name).copied(), ranges.clone(), cause)
                }
                (
                    None,
                    MultiplexIndicator::MultiplexedSignal(value)
                    | MultiplexIndicator::MultiplexorAndMultiplexedSignal(value),
                ) => (only, vec![*value..=*value], "nothing says which signal is its multiplexor".to_owned()),
                (None, MultiplexIndicator::Plain | MultiplexIndicator::Multiplexor) => return plain,
            };
        match (multiplexor.filter(|multiplexor| *multiplexor != index), selects) {
            (Some(multiplexor), false) => Multiplex::Of { multiplexor, ranges },
            (Some(multiplexor), true) => Multiplex::Nested { multiplexor, ranges },
            (None, _) => {
                self.report(
                    line,
                    Defect::NoMultiplexor,
                    format!("signal {}: {cause}: taken as always there", signal.name),
                );
                plain
            }
        }
    }

    /// Gives messages and signals their long names, which editors cut to 32 letters and keep in attributes.
    fn rename(&mut self, messages: &mut [Message]) {
        let long_messages: HashMap<_, _> = self.long_messages.iter().map(|(id, name)| (id.raw(), *name)).collect();
        let long_signals: HashMap<_, _> =
            self.long_signals.iter().map(|((id, short), name)| ((id.raw(), *short), *name)).collect();
        for message in messages {
            for signal in &mut message.signals {
                if let Some(name) = long_signals.get(&(message.id.raw(), signal.name.as_str())) {
                    signal.name = unescaped(name);
                }
            }
            if let Some(name) = long_messages.get(&message.id.raw()) {
                message.name = unescaped(name);
            }
        }
    }

    fn report(&mut self, line: usize, defect: Defect, what: String) {
        self.repairs.push(Repair { line, defect, what });
    }
}

fn selects(signal: &can_dbc::Signal) -> bool {
    matches!(
        signal.multiplexer_indicator,
        MultiplexIndicator::Multiplexor | MultiplexIndicator::MultiplexorAndMultiplexedSignal(_)
    )
}

fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"")
}

fn word(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::String(word) if !word.is_empty() => Some(word),
        _ => None,
    }
}

fn number(value: NumericValue) -> f64 {
    match value {
        NumericValue::Uint(value) => value as f64,
        NumericValue::Int(value) => value as f64,
        NumericValue::Double(value) => value,
    }
}

fn figure(value: &AttributeValue) -> Option<f64> {
    match value {
        AttributeValue::Uint(value) => Some(*value as f64),
        AttributeValue::Int(value) => Some(*value as f64),
        AttributeValue::Double(value) => Some(*value),
        AttributeValue::String(_) => None,
    }
}

fn milliseconds(value: &AttributeValue) -> Option<u32> {
    Some(figure(value)?.round() as u32).filter(|ms| *ms > 0)
}

/// A frame's format by its name, or by that name's place in the attribute's definition; in a definition without names, by
/// the place in Vector's own.
fn format(value: &AttributeValue, names: &[String]) -> FrameFormat {
    let place = figure(value).map(|place| place as usize);
    let name = match (value, place) {
        (AttributeValue::String(name), _) => name.as_str(),
        (_, Some(3)) if names.is_empty() => "J1939PG",
        (_, Some(14 | 15)) if names.is_empty() => "ExtendedCAN_FD",
        (_, place) => place.and_then(|place| names.get(place)).map(String::as_str).unwrap_or_default(),
    };
    match name {
        "J1939PG" => FrameFormat::J1939,
        name if name.ends_with("_FD") => FrameFormat::Fd,
        _ => FrameFormat::Classic,
    }
}

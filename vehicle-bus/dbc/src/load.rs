use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::RangeInclusive;

use can_dbc::{
    AttributeDefinition, AttributeValue, AttributeValueType, Comment, MultiplexIndicator, NumericValue,
    SignalExtendedValueType, ValueDescription,
};
use encoding_rs::Encoding;
use tandem_frame::CanId;

use crate::lint::{DEEPEST, never_there};
use crate::repair::{self, MessageLines, Note, Said, Setting};
use crate::{ByteOrder, Database, DbcError, Defect, FrameFormat, Kind, Message, Multiplex, Node, Repair, Signal};

/// A text of this size, 16 MiB, keeps a machine busy for some seconds and with a gigabyte; real ones have a tenth of it.
const LARGEST: usize = 16 << 20;
/// The mark of an extended id.
const EXTENDED: u32 = 1 << 31;
const CYCLE_TIME: &str = "GenMsgCycleTime";
const FRAME_FORMAT: &str = "VFrameFormat";
const SEND_TYPE: &str = "GenMsgSendType";
const START_VALUE: &str = "GenSigStartValue";
const LONG_MESSAGE_NAME: &str = "SystemMessageLongSymbol";
const LONG_SIGNAL_NAME: &str = "SystemSignalLongSymbol";
const LONG_NODE_NAME: &str = "SystemNodeLongSymbol";

impl Database {
    /// Reads a DBC file of up to 16 MiB: UTF-8, Windows-1252, or UTF-16 with the mark of its byte order.
    ///
    /// Where real files break the format the text is mended, see [`Database::repairs`]; the message of loose signals
    /// (`VECTOR__INDEPENDENT_SIG_MSG`) is left out without a word.
    ///
    /// # Errors
    /// [`DbcError`] with the line, what was expected there and what was found.
    pub fn parse(text: &[u8]) -> Result<Database, DbcError> {
        if text.len() > LARGEST {
            return Err(DbcError::TooLarge);
        }
        let text = decoded(text)?;
        let mut mended = repair::mend(&text)?;
        let dbc = can_dbc::Dbc::try_from(mended.text.as_str()).map_err(|error| DbcError::new(error, &mended))?;
        let notes = std::mem::take(&mut mended.notes);
        let mut loader = Loader { repairs: std::mem::take(&mut mended.repairs), ..Loader::new(&dbc, notes) };
        let messages = dbc.messages.iter().zip(&mended.lines);
        let same = |(message, lines): (&can_dbc::Message, &MessageLines)| {
            message.id.raw() == lines.id && message.signals.len() == lines.signals.len()
        };
        // The parser takes some lines for a message or a signal that the repair does not, `BO_1 A: 8 X` for one.
        if dbc.messages.len() != mended.lines.len() || !messages.clone().all(same) {
            return Err(DbcError::misread(&mended));
        }
        let mut messages: Vec<_> = messages.filter_map(|(message, lines)| loader.message(message, lines)).collect();
        loader.rename(&mut messages);
        let mut nodes = nodes(&dbc);
        rename_nodes(&dbc, &mut nodes, &mut messages);
        loader.repairs.sort_by_key(|repair| repair.line);
        Ok(Database { version: unescaped(&dbc.version.0), nodes, messages, repairs: loader.repairs })
    }
}

/// As much of a file as [`Database::parse`] takes, and a byte more to tell that it is too large: a file may have no end.
///
/// # Errors
/// The file cannot be read.
pub fn read(file: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// The file's text with `\n` at its line ends: UTF-8 if it all is, else Windows-1252 in those lines that are not.
fn decoded(bytes: &[u8]) -> Result<String, DbcError> {
    let marked = Encoding::for_bom(bytes);
    let bytes = marked.and_then(|(_, mark)| bytes.get(mark..)).unwrap_or(bytes);
    if let Some((encoding, _)) = marked.filter(|(encoding, _)| *encoding != encoding_rs::UTF_8) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(DbcError::Encoding)?;
        return Ok(line_ends(&text));
    }
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
    Ok(if text.contains('\r') { line_ends(&text) } else { text })
}

fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
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
    send_type_default: Option<&'a str>,
    send_types: HashMap<Id, Option<&'a str>>,
    senders: HashMap<Id, &'a [String]>,
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
        let words = |wanted: &str| {
            let words = dbc.attribute_definitions.iter().find_map(|definition| match definition {
                AttributeDefinition::Message(name, AttributeValueType::Enum(words)) if name == wanted => Some(words),
                _ => None,
            });
            words.map(Vec::as_slice).unwrap_or_default()
        };
        let (formats, send_types) = (words(FRAME_FORMAT), words(SEND_TYPE));
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
            send_type_default: dbc.attribute_default(SEND_TYPE).and_then(|value| choice(value, send_types)),
            send_types: attributes(SEND_TYPE).map(|a| (a.message_id, choice(&a.value, send_types))).collect(),
            senders: dbc.message_transmitters.iter().map(|of| (of.message_id, of.transmitter.as_slice())).collect(),
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
        notes.into_iter().for_each(|note| loader.note(note, formats, send_types));
        loader
    }

    /// As the statements that the parser reads, further up.
    fn note(&mut self, note: Note<'a>, formats: &[String], send_types: &'a [String]) {
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
            (None, Said::Attribute(SEND_TYPE, setting)) => {
                let named = match setting {
                    Setting::Number(place) => send_types.get(place as usize).map(String::as_str),
                    Setting::Text(word) => Some(word).filter(|word| !word.is_empty()),
                };
                self.send_types.insert(id, named);
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
            send_type: self.send_types.get(&message.id).copied().unwrap_or(self.send_type_default).map(unescaped),
            comment: self.comments.get(&(message.id, None)).map(|comment| unescaped(comment)),
            other_senders: self.other_senders(message),
            sender: message.transmitter.clone(),
            signals,
        })
    }

    fn other_senders(&self, message: &can_dbc::Message) -> Vec<String> {
        let all = self.senders.get(&message.id).copied().unwrap_or_default();
        let others = all.iter().filter(|node| Some(*node) != message.transmitter.as_ref());
        others.cloned().collect()
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
            receivers: signal.receivers.clone(),
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

/// The control units, with what is said of them.
fn nodes(dbc: &can_dbc::Dbc) -> Vec<Node> {
    let of_node = |comment: &'_ Comment| match comment {
        Comment::Node { name, comment } => Some((name.clone(), unescaped(comment))),
        _ => None,
    };
    let mut comments: HashMap<_, _> = dbc.comments.iter().filter_map(of_node).collect();
    let node = |can_dbc::Node(name): &can_dbc::Node| Node { name: name.clone(), comment: comments.remove(name) };
    dbc.nodes.iter().map(node).collect()
}

/// Gives nodes their long names wherever they are named.
fn rename_nodes(dbc: &can_dbc::Dbc, nodes: &mut [Node], messages: &mut [Message]) {
    let long = dbc.attribute_values_node.iter().filter(|a| a.name == LONG_NODE_NAME);
    let long: HashMap<_, _> = long.filter_map(|a| Some((a.node_name.as_str(), word(&a.value)?))).collect();
    if long.is_empty() {
        return;
    }
    let rename = |name: &mut String| {
        if let Some(long) = long.get(name.as_str()) {
            *name = unescaped(long);
        }
    };
    nodes.iter_mut().for_each(|node| rename(&mut node.name));
    for message in messages {
        message.signals.iter_mut().flat_map(|signal| &mut signal.receivers).for_each(rename);
        message.sender.iter_mut().chain(&mut message.other_senders).for_each(rename);
    }
}

/// A word, or the one at that place in the attribute's definition.
fn choice<'a>(value: &'a AttributeValue, words: &'a [String]) -> Option<&'a str> {
    word(value).or_else(|| words.get(figure(value)? as usize).map(String::as_str))
}

/// A frame's format by its name; in a definition without names, by the place in Vector's own.
fn format(value: &AttributeValue, names: &[String]) -> FrameFormat {
    let place = figure(value).filter(|_| names.is_empty()).map(|place| place as usize);
    match (choice(value, names), place) {
        (Some("J1939PG"), _) | (None, Some(3)) => FrameFormat::J1939,
        (None, Some(14 | 15)) => FrameFormat::Fd,
        (Some(name), _) if name.ends_with("_FD") => FrameFormat::Fd,
        _ => FrameFormat::Classic,
    }
}

//! Mends the text of a DBC file before it is parsed. It is known which line of the file each line of the mended text was, so
//! that every later error still names it.

mod names;
mod notes;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use names::{Edits, Word, Words, digit_first};
pub use notes::{Note, Said, Setting};
use statement::{Kind, Statement};

use crate::error::NEAR;
use crate::{DbcError, Defect, Repair};

const EXTENDED: u32 = 1 << 31;
const MESSAGE_OF_LOOSE_SIGNALS: &str = "VECTOR__INDEPENDENT_SIG_MSG";
const NOBODY: &str = "Vector__XXX";
/// So many line ends in a row are left as they are. The parser takes half a microsecond for each, and a file may be millions of them.
const BLANK: usize = 16;
/// So many bytes of value tables are copied to the signals that name them: a long one may be named by hundreds of thousands.
const MOST_COPIED: usize = 8 << 20;

/// A text that the parser takes, and where its messages and signals stood.
pub struct Mended<'a> {
    pub text: String,
    /// What was read already and is not in the text any more.
    pub notes: Vec<Note<'a>>,
    pub repairs: Vec<Repair>,
    /// Of each `BO_` left in the text, its line and those of its signals.
    pub lines: Vec<MessageLines>,
    /// From which line of the text on how many lines of the file are missing.
    missing: Vec<(usize, usize)>,
}

impl Mended<'_> {
    /// The line of the file that a line of the text was, both from 1.
    pub fn line_of_file(&self, line: usize) -> usize {
        let before = self.missing.partition_point(|(from, _)| *from <= line);
        line + before.checked_sub(1).and_then(|at| self.missing.get(at)).map_or(0, |(_, lines)| *lines)
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct MessageLines {
    /// With bit 31 for an extended id.
    pub id: u32,
    pub line: usize,
    pub signals: Vec<usize>,
}

/// Mends `text`, whose lines end in `\n`.
///
/// # Errors
/// [`DbcError`] for a text whose statements cannot be told apart, and for an id over 32 bits.
pub fn mend(text: &str) -> Result<Mended<'_>, DbcError> {
    let statements = statement::split(text)?;
    let mut mender = Mender { known: survey(&statements)?, ..Mender::default() };
    let mut mended = String::with_capacity(text.len() + text.len() / 16);
    let (mut left_out, mut missing, mut notes) = (0, Vec::new(), Vec::new());
    for statement in &statements {
        left_out += push_blank(statement.gap, &mut mended);
        if missing.last().map_or(0, |(_, lines)| *lines) < left_out {
            missing.push((statement.line - left_out, left_out));
        }
        let note = mender.note(statement);
        if note.is_none()
            && let Outcome::Keep(edits) = mender.statement(statement)
        {
            edits.apply(statement.text, &mut mended);
            continue;
        }
        // An empty statement of as many lines: the parser counts lines as the file does.
        notes.extend(note);
        let lines: String = statement.text.matches('\n').collect();
        left_out += push_blank(&lines, &mut mended);
    }
    // The parser takes its time for every line end, and behind the last statement there are as many as there were notes.
    mended.truncate(mended.trim_end().len());
    mended.push('\n');
    mender.repairs.sort_by_key(|repair| repair.line);
    Ok(Mended { text: mended, notes, repairs: mender.repairs, lines: mender.lines, missing })
}

/// Writes what is between two statements; how many of its line ends were left out.
fn push_blank(blank: &str, into: &mut String) -> usize {
    let lines = statement::newlines(blank);
    if lines <= BLANK {
        into.push_str(blank);
        return 0;
    }
    into.push('\n');
    into.push_str(blank.rsplit('\n').next().unwrap_or_default());
    lines - 1
}

/// A statement of a mended text, as it stands there and as a text of its own that parses or does not.
#[derive(Default)]
pub struct Alone<'a> {
    pub line: usize,
    pub text: &'a str,
    pub file: String,
}

/// The statements of a mended text, each by itself; a signal is given a message to stand in.
pub fn apart(text: &str) -> Vec<Alone<'_>> {
    let file = |statement: &Statement<'_>| match statement.kind {
        Kind::Signal => format!("BO_ 0 x: 8 {NOBODY}\n {}\n", statement.text),
        _ => format!("{}\n", statement.text),
    };
    let statements = statement::split(text).unwrap_or_default();
    statements.iter().map(|s| Alone { line: s.line, text: s.text, file: file(s) }).collect()
}

/// What the file defines: ids as it writes them, and names by the ids that were made of them.
#[derive(Default)]
struct Known<'a> {
    ids: HashMap<u32, Fate>,
    signals: HashSet<(u32, &'a str)>,
    /// The named values of a `VAL_TABLE_`, as they stand there.
    tables: HashMap<&'a str, &'a str>,
}

#[derive(Clone, Copy)]
enum Fate {
    Kept(u32),
    Loose,
}

/// Collects ids and signals first: a statement may name a message that the file defines further down.
fn survey<'a>(statements: &[Statement<'a>]) -> Result<Known<'a>, DbcError> {
    let mut known = Known::default();
    let mut message = None;
    for statement in statements {
        let mut words = Words::new(statement.text);
        words.next();
        match statement.kind {
            Kind::Message => {
                let (Some(id), Some(name)) = (words.number(), words.name()) else { continue };
                let wrong = || DbcError::Id { line: statement.line, id: id.text.chars().take(NEAR).collect() };
                let number = id.text.parse::<u32>().map_err(|_| wrong())?;
                let fate = if name.text == MESSAGE_OF_LOOSE_SIGNALS { Fate::Loose } else { Fate::Kept(fit(number)) };
                message = known.ids.entry(number).or_insert(fate).kept();
            }
            Kind::Signal => {
                if let (Some(message), Some(name)) = (message, words.name()) {
                    known.signals.insert((message, name.text));
                }
            }
            Kind::Ended if statement.keyword == "VAL_TABLE_" => {
                let values = words.name().map(|name| (name.text, statement.text.get(name.start + name.text.len()..)));
                let values = values.and_then(|(name, values)| Some((name, values?.trim_end_matches(';'))));
                known.tables.extend(values);
            }
            _ => {}
        }
    }
    Ok(known)
}

/// An id that CAN has: one over 11 bits is an extended one, whether or not the file says so.
fn fit(id: u32) -> u32 {
    if id & EXTENDED != 0 || id > 0x7FF { id & 0x1FFF_FFFF | EXTENDED } else { id }
}

impl Fate {
    fn kept(&self) -> Option<u32> {
        match self {
            Fate::Kept(id) => Some(*id),
            Fate::Loose => None,
        }
    }
}

enum Outcome {
    Keep(Edits),
    Drop,
}

#[derive(Default)]
struct Mender<'a> {
    known: Known<'a>,
    repairs: Vec<Repair>,
    lines: Vec<MessageLines>,
    defined: HashSet<u32>,
    /// Within a message that is left out.
    leaving_out: bool,
    /// Of value tables, bytes.
    copied: usize,
    names: HashSet<&'a str>,
}

impl<'a> Mender<'a> {
    fn report(&mut self, statement: &Statement<'_>, defect: Defect, what: String) {
        self.repairs.push(Repair { line: statement.line, defect, what });
    }

    /// A statement that is plain, and speaks of what is there under the id that the file gives it.
    fn note(&self, statement: &Statement<'a>) -> Option<Note<'a>> {
        let note = notes::read(statement.keyword, statement.text)?;
        let known = matches!(self.known.ids.get(&note.message), Some(Fate::Kept(id)) if *id == note.message);
        let has = |signal| self.known.signals.contains(&(note.message, signal));
        (known && note.signal.is_none_or(has)).then_some(note)
    }

    fn statement(&mut self, statement: &Statement<'a>) -> Outcome {
        let mut edits = Edits::default();
        let keep = match statement.kind {
            Kind::Message => self.message(statement, &mut edits),
            Kind::Signal => self.signal(statement, &mut edits),
            Kind::Obsolete => {
                self.report(statement, Defect::NotRead, format!("{} is not read: left out", statement.keyword));
                false
            }
            Kind::Ended => self.ended(statement, &mut edits),
            Kind::Other => true,
        };
        if keep { Outcome::Keep(edits) } else { Outcome::Drop }
    }

    fn message(&mut self, statement: &Statement<'a>, edits: &mut Edits) -> bool {
        let mut words = Words::new(statement.text);
        words.next();
        let (Some(id), Some(name)) = (words.number(), words.name()) else { return true };
        let Ok(number) = id.text.parse() else { return true };
        let fate = self.known.ids.get(&number).copied().unwrap_or(Fate::Loose);
        self.leaving_out = !matches!(fate, Fate::Kept(id) if self.defined.insert(id));
        if self.leaving_out {
            if name.text != MESSAGE_OF_LOOSE_SIGNALS {
                self.report(
                    statement,
                    Defect::DuplicateId,
                    format!("message {} has an id that is taken already: left out", name.text),
                );
            }
            return false;
        }
        self.names.clear();
        let fitting = fit(number);
        self.lines.push(MessageLines { id: fitting, line: statement.line, signals: Vec::new() });
        if number != fitting {
            let cause = match number & EXTENDED {
                0 => "has over 11 bits and lacks the mark of an extended id (bit 31)",
                _ => "has over 29 bits",
            };
            let shown = fitting & !EXTENDED;
            self.report(
                statement,
                Defect::WideId,
                format!("message {}: id {number} {cause}: read as extended {shown:08X}", name.text),
            );
            edits.replace(&id, fitting.to_string());
        }
        self.rename("message", &name, statement, edits);
        words.next();
        match words.name() {
            Some(sender) => self.rename("node", &sender, statement, edits),
            None => {
                self.report(
                    statement,
                    Defect::NoNode,
                    format!("message {} names no sender: taken as {NOBODY}", name.text),
                );
                edits.insert(statement.text.len(), &format!(" {NOBODY}"));
            }
        }
        true
    }

    fn rename(&mut self, what: &str, name: &Word<'_>, statement: &Statement<'_>, edits: &mut Edits) {
        if digit_first(name.text) {
            self.report(
                statement,
                Defect::DigitFirst,
                format!("{what} {0} starts with a digit: called _{0}", name.text),
            );
            edits.insert(name.start, "_");
        }
    }

    fn signal(&mut self, statement: &Statement<'a>, edits: &mut Edits) -> bool {
        if self.leaving_out {
            return false;
        }
        let mut words = Words::new(statement.text);
        words.next();
        let Some(name) = words.name() else { return true };
        if !self.names.insert(name.text) {
            self.report(
                statement,
                Defect::DuplicateSignal,
                format!("signal {} is there twice in its message: the second is left out", name.text),
            );
            return false;
        }
        if let Some(message) = self.lines.last_mut() {
            message.signals.push(statement.line);
        }
        self.rename("signal", &name, statement, edits);
        let Some(unit) = statement.text.find('"') else { return true };
        let numbers = statement.text.get(..unit).unwrap_or_default();
        let colon = numbers.find(':').unwrap_or(unit);
        let halves: Vec<_> =
            numbers.char_indices().filter(|(at, c)| *c == '.' && *at > colon).map(|(at, _)| at).collect();
        for at in halves {
            let digit =
                |at: Option<usize>| at.and_then(|at| numbers.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
            match (digit(at.checked_sub(1)), digit(Some(at + 1))) {
                (false, true) => edits.insert(at, "0"),
                (true, false) => edits.insert(at + 1, "0"),
                _ => continue,
            }
            self.report(
                statement,
                Defect::BareNumber,
                format!("signal {}: a number lacks a digit at its point: 0 added", name.text),
            );
        }
        let behind = statement.text.rfind('"').and_then(|quote| statement.text.get(quote + 1..));
        if behind.is_some_and(|receivers| receivers.trim().is_empty()) {
            self.report(
                statement,
                Defect::NoNode,
                format!("signal {} names no receiver: taken as {NOBODY}", name.text),
            );
            edits.insert(statement.text.len(), &format!(" {NOBODY}"));
        }
        true
    }

    /// A statement that ends in `;`: its end, and the message and signal that it speaks of.
    fn ended(&mut self, statement: &Statement<'a>, edits: &mut Edits) -> bool {
        if !statement.closed {
            self.report(statement, Defect::NoSemicolon, format!("{} does not end in `;`: added", statement.keyword));
            edits.insert(statement.text.len(), ";");
        }
        let subject = match self.subject(statement, edits) {
            Ok(Some(subject)) => subject,
            Ok(None) => return true,
            Err(Unclear) => return false,
        };
        let number = subject.message.text;
        let message = match number.parse().ok().and_then(|number: u32| self.known.ids.get(&number)) {
            Some(Fate::Kept(message)) => *message,
            Some(Fate::Loose) => return false,
            None => {
                let keyword = statement.keyword;
                self.report(
                    statement,
                    Defect::Dangling,
                    format!("{keyword} speaks of message {number}, which is not there: left out"),
                );
                return false;
            }
        };
        for signal in &subject.signals {
            if !self.known.signals.contains(&(message, signal.text)) {
                let (keyword, signal) = (statement.keyword, signal.text);
                self.report(
                    statement,
                    Defect::Dangling,
                    format!("{keyword} speaks of signal {signal}, which message {number} does not have: left out"),
                );
                return false;
            }
            if digit_first(signal.text) {
                edits.insert(signal.start, "_");
            }
        }
        if number.parse() != Ok(message) {
            edits.replace(&subject.message, message.to_string());
        }
        statement.keyword != "VAL_" || self.table(statement, edits)
    }

    /// Puts the values of a table in the place of its name.
    fn table(&mut self, statement: &Statement<'a>, edits: &mut Edits) -> bool {
        let mut words = Words::new(statement.text);
        words.nth(2);
        let Some(name) = words.name().filter(|word| !word.is_number()) else { return true };
        let values = self.known.tables.get(name.text).copied();
        self.copied += values.map_or(0, str::len);
        let (defect, values, outcome) = match values {
            Some(_) if self.copied > MOST_COPIED => (Defect::Impossible, None, "too much of that: left out"),
            Some(values) => (Defect::TableByName, Some(values), "its values are taken"),
            None => (Defect::Dangling, None, "there is none: left out"),
        };
        self.report(statement, defect, format!("VAL_ names the value table {}: {outcome}", name.text));
        values.into_iter().for_each(|values| edits.replace(&name, values.to_owned()));
        values.is_some()
    }

    /// The message and the signals that a statement speaks of, if it does.
    fn subject(&mut self, statement: &Statement<'a>, edits: &mut Edits) -> Result<Option<Subject<'a>>, Unclear> {
        let mut words = Words::new(statement.text);
        words.next();
        let object = match statement.keyword {
            "CM_" => words.next(),
            "BA_" => words.nth(1),
            "VAL_" | "SIG_VALTYPE_" | "SG_MUL_VAL_" | "BO_TX_BU_" | "SIG_GROUP_" => words.number(),
            _ => None,
        };
        let Some(object) = object else { return Ok(None) };
        let message = if object.is_number() { Some(object) } else { words.number() };
        let signals: Vec<_> = match (statement.keyword, object.text) {
            ("CM_", "BO_") | ("BA_", "BO_") | ("SIG_GROUP_", _) => Vec::new(),
            ("CM_" | "BA_", "SG_") | ("VAL_" | "SIG_VALTYPE_", _) => words.name().into_iter().collect(),
            ("SG_MUL_VAL_", _) => words.name().into_iter().chain(words.name()).collect(),
            ("BO_TX_BU_", _) => {
                words.filter(|node| digit_first(node.text)).for_each(|node| edits.insert(node.start, "_"));
                Vec::new()
            }
            ("CM_", _) if object.is_number() => {
                self.report(
                    statement,
                    Defect::BareComment,
                    "a comment on a message without BO_: taken as the message's".to_owned(),
                );
                Vec::new()
            }
            _ => return Ok(None),
        };
        if (statement.keyword, object.text) == ("CM_", "SG_") && signals.is_empty() {
            self.report(
                statement,
                Defect::BareComment,
                "a signal's comment without the signal's name: left out".to_owned(),
            );
            return Err(Unclear);
        }
        Ok(message.map(|message| Subject { message, signals }))
    }
}

struct Subject<'a> {
    message: Word<'a>,
    signals: Vec<Word<'a>>,
}

/// A statement that names no subject where it must.
struct Unclear;

//! Reads a TOML text by hand instead of through serde, so that every mistake is found in one go and has its place.

use std::cell::RefCell;
use std::ops::Range;

use tandem_units::{Nanoseconds, plain};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Mistake;
use crate::nearest;

/// So many mistakes of a file are told; nobody mends more in one go.
const MOST: usize = 100;
/// The longest message, in letters: what it quotes may be as long as the file.
const LONGEST: usize = 600;

/// A file's text, and what was found wrong with it so far.
pub struct Document<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
    mistakes: RefCell<Mistakes>,
}

/// The first ones of the text, and perhaps some that come later in it.
#[derive(Default)]
struct Mistakes {
    by_place: Vec<(usize, String)>,
    count: usize,
}

impl Mistakes {
    fn sort_out(&mut self) {
        self.by_place.sort_by_key(|(place, _)| *place);
        self.by_place.truncate(MOST + 1);
    }
}

impl<'a> Document<'a> {
    /// The top table, unless the text is not TOML at all: then only what the TOML parser says counts.
    pub fn read(file: &'a str, text: &'a str) -> (Self, Option<Spanned<DeTable<'a>>>) {
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let document = Self { file, text, lines, mistakes: RefCell::default() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let message = format!("not TOML: {}", error.message());
            document.mistake(error.span().unwrap_or(text.len()..text.len()), message);
        }
        (document, errors.is_empty().then_some(table))
    }

    pub fn mistake(&self, span: Range<usize>, message: String) {
        let begin: String = message.chars().take(LONGEST + 1).collect();
        let message = plain(&begin);
        let message = match message.char_indices().nth(LONGEST) {
            Some((end, _)) => message.get(..end).unwrap_or_default().to_owned() + " ...",
            None => message.into_owned(),
        };
        let mut mistakes = self.mistakes.borrow_mut();
        mistakes.count += 1;
        mistakes.by_place.push((span.start.min(self.text.len()), message));
        if mistakes.by_place.len() > 10 * MOST {
            mistakes.sort_out();
        }
    }

    pub fn line(&self, span: &Range<usize>) -> usize {
        self.lines.partition_point(|start| *start <= span.start)
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let offset = (0..=offset).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let line = self.line(&(offset..offset));
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        (line, self.text.get(start..offset).unwrap_or_default().chars().count() + 1)
    }

    /// In the order of the text: the first ones, and then how many there are more.
    pub fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = std::mem::take(&mut *self.mistakes.borrow_mut());
        mistakes.sort_out();
        let more = mistakes.count.saturating_sub(MOST);
        if let (Some((_, message)), 1..) = (mistakes.by_place.get_mut(MOST), more) {
            *message = format!("and {more} more mistakes from here on");
        }
        let told = mistakes
            .by_place
            .into_iter()
            .map(|(offset, message)| Mistake::new(self.file, self.place(offset), &message));
        told.collect()
    }
}

/// An entry of a table whose keys are names.
pub struct Named<'a, 'i> {
    pub name: &'a str,
    /// Where the name stands.
    pub place: Range<usize>,
    pub value: &'a Spanned<DeValue<'i>>,
}

/// One table of the document, whose keys have been checked against the known ones.
pub struct Section<'a, 'i> {
    document: &'a Document<'i>,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    title: String,
}

impl<'a, 'i> Section<'a, 'i> {
    pub fn open(
        document: &'a Document<'i>,
        table: &'a DeTable<'i>,
        span: Range<usize>,
        title: impl Into<String>,
        known: &[&str],
    ) -> Self {
        let section = Self { document, table, span, title: title.into() };
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let hint = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("expected {}", list(known)),
                };
                document.mistake(key.span(), format!("unknown key `{name}` in {}: {hint}", section.title));
            }
        }
        section
    }

    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub fn line(&self) -> usize {
        self.document.line(&self.span)
    }

    pub fn mistake(&self, message: impl Into<String>) {
        self.document.mistake(self.span(), message.into());
    }

    /// A mistake at the value of `key`, or at the section if it is not there.
    pub fn mistake_at(&self, key: &str, message: impl Into<String>) {
        let span = self.table.get(key).map_or_else(|| self.span(), Spanned::span);
        self.document.mistake(span, message.into());
    }

    pub fn mistake_in(&self, span: Range<usize>, message: impl Into<String>) {
        self.document.mistake(span, message.into());
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of `key` if it is there and `read` takes it; what `read` refuses is a mistake.
    pub fn optional<T>(&self, key: &str, read: impl FnOnce(&DeValue<'i>) -> Result<T, String>) -> Option<T> {
        let value = self.table.get(key)?;
        read(value.get_ref()).map_err(|message| self.document.mistake(value.span(), format!("`{key}`: {message}"))).ok()
    }

    /// As [`Self::optional`], for a text with a language of its own: `parse` says in which of its characters, counted from 1, it is wrong.
    pub fn within<T>(
        &self,
        key: &str,
        read: impl FnOnce(&DeValue<'i>) -> Result<String, String>,
        parse: impl FnOnce(&str) -> Result<T, (usize, String)>,
    ) -> Option<T> {
        let text = self.optional(key, read)?;
        let span = self.table.get(key)?.span();
        let wrong = |(column, message): (usize, String)| {
            // A text that stands in the file as it is, in single quotes, has its places there.
            let inside = span.start + 1;
            let same = self.document.text.get(inside..).is_some_and(|rest| rest.starts_with(&text));
            let before = text.char_indices().nth(column - 1).map_or(text.len(), |(at, _)| at);
            let start = if same { inside + before } else { span.start };
            let message = if same { message } else { format!("{message} (in its character {column})") };
            self.document.mistake(start..span.end, message);
        };
        parse(&text).map_err(wrong).ok()
    }

    /// As [`Self::optional`], but a missing key is a mistake too.
    pub fn required<T>(&self, key: &str, read: impl FnOnce(&DeValue<'i>) -> Result<T, String>) -> Option<T> {
        if !self.has(key) {
            self.mistake(format!("{} has no `{key}`", self.title));
        }
        self.optional(key, read)
    }

    /// The entries of the array at `key` that `read` takes; each of the others is a mistake of its own.
    pub fn entries<T>(&self, key: &str, read: impl Fn(&DeValue<'i>) -> Result<T, String>) -> Vec<T> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.document.mistake(value.span(), format!("`{key}`: {}", expected("an array", value.get_ref())));
            return Vec::new();
        };
        let entry = |entry: &Spanned<DeValue<'i>>| {
            read(entry.get_ref())
                .map_err(|message| self.document.mistake(entry.span(), format!("`{key}`: {message}")))
                .ok()
        };
        array.iter().filter_map(entry).collect()
    }

    /// The table at `key` as a section of its own.
    pub fn table(&self, key: &str, title: impl Into<String>, known: &[&str]) -> Option<Section<'a, 'i>> {
        let (table, span) = self.raw_table(key)?;
        Some(Section::open(self.document, table, span, title, known))
    }

    /// The table at `key` whose own keys are names. None if there is no such table; one without names is a mistake.
    pub fn named(&self, key: &str, example: &str) -> Option<Vec<Named<'a, 'i>>> {
        let (table, span) = self.raw_table(key)?;
        if table.is_empty() {
            self.document.mistake(span, format!("`{key}` is empty: expected {example}"));
        }
        let named =
            table.iter().map(|(name, value)| Named { name: name.get_ref().as_ref(), place: name.span(), value });
        Some(named.collect())
    }

    /// As [`Self::named`], but a missing table is a mistake too.
    pub fn required_named(&self, key: &str, example: &str) -> Vec<Named<'a, 'i>> {
        if !self.has(key) {
            self.mistake(format!("{} has no `{key}`: expected {example}", self.title));
        }
        self.named(key, example).unwrap_or_default()
    }

    /// A table in a table or array of this section as a section of its own.
    pub fn inner(
        &self,
        value: &'a Spanned<DeValue<'i>>,
        title: impl Into<String>,
        known: &[&str],
    ) -> Option<Section<'a, 'i>> {
        let title = title.into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::open(self.document, table, value.span(), title, known)),
            other => {
                self.document.mistake(value.span(), format!("{title}: {}", expected("a table", other)));
                None
            }
        }
    }

    /// How many `[[key]]` there are, read or not.
    pub fn count(&self, key: &str) -> usize {
        self.table.get(key).and_then(|value| value.get_ref().as_array()).map_or(0, |array| array.len())
    }

    /// Every `[[key]]` as a section of its own.
    pub fn each(&self, key: &str, known: &[&str]) -> Vec<Section<'a, 'i>> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let title = format!("[[{key}]]");
        let DeValue::Array(array) = value.get_ref() else {
            self.document
                .mistake(value.span(), format!("`{key}`: expected {title} tables, found {}", shape(value.get_ref())));
            return Vec::new();
        };
        array.iter().filter_map(|entry| self.inner(entry, title.as_str(), known)).collect()
    }

    fn raw_table(&self, key: &str) -> Option<(&'a DeTable<'i>, Range<usize>)> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some((table, value.span())),
            other => {
                self.document.mistake(value.span(), format!("`{key}`: {}", expected("a table", other)));
                None
            }
        }
    }
}

/// A text that is not empty.
pub fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => Err("must not be empty".to_owned()),
        DeValue::String(text) => Ok(text.as_ref().to_owned()),
        other => Err(expected("a text in quotes", other)),
    }
}

pub fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| expected("true or false", value))
}

pub fn integer(value: &DeValue<'_>) -> Result<i64, String> {
    let DeValue::Integer(integer) = value else { return Err(expected("an integer", value)) };
    i64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| match integer.as_str().starts_with('-') {
        true => format!("{integer} is too small: the least integer is {}", i64::MIN),
        false => format!("{integer} is too large: the largest integer is {}", i64::MAX),
    })
}

/// A finite number, with or without a point.
pub fn number(value: &DeValue<'_>) -> Result<f64, String> {
    match value {
        DeValue::Integer(_) => integer(value).map(|integer| integer as f64),
        DeValue::Float(float) => match float.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(number) if number.is_nan() => Err("not a number".to_owned()),
            _ => Err(format!("{float} lies beyond the largest numbers, 1.8e308 and -1.8e308")),
        },
        other => Err(expected("a number", other)),
    }
}

/// A span of 1 ms to a day.
pub fn milliseconds(value: &DeValue<'_>) -> Result<Nanoseconds, String> {
    let count = integer(value)?;
    match u64::try_from(count) {
        Ok(count @ 1..=86_400_000) => Ok(Nanoseconds::from_millis(count)),
        _ => Err(format!("{count} ms is not between 1 ms and a day")),
    }
}

/// One of some fixed words.
pub fn word<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Result<T, String> {
    let text = text(value)?;
    if let Some((_, found)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*found);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    Err(format!("unknown word `{text}`, expected {}", list(&known)))
}

/// One of some names; a name that is none of them may be a slip.
pub fn known(value: &DeValue<'_>, names: &[&'static str]) -> Result<&'static str, String> {
    let name = text(value)?;
    names.iter().copied().find(|known| *known == name).ok_or_else(|| match nearest(&name, names.iter().copied()) {
        Some(near) => format!("unknown `{name}`: did you mean `{near}`?"),
        None => format!("unknown `{name}`, expected {}", list(names)),
    })
}

pub fn expected(what: &str, found: &DeValue<'_>) -> String {
    format!("expected {what}, found {}", shape(found))
}

fn shape(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// `a`, `b` or `c`.
pub fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "nothing".to_owned(),
    }
}

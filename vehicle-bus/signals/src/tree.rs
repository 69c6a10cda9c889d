//! A document as a tree with places: what JSON and YAML have in common, before it means anything.

use crate::Mistake;
use crate::document::list;
use crate::nearest;

mod json;

/// Tables and lists within each other. VSS is seven deep.
pub const DEEPEST: usize = 64;
/// Values of a document. VSS has some ten thousand.
pub const MOST_VALUES: usize = 1_000_000;
/// Bytes of a document. VSS has under a million.
pub const LONGEST: usize = 16 << 20;

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub content: Content,
}

/// Counted from 1, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Node,
}

impl Place {
    pub fn mistake(self, file: &str, message: impl Into<String>) -> Mistake {
        let Self { line, column } = self;
        Mistake::new(file, (line, column), &message.into())
    }
}

impl Node {
    /// Reads a JSON document.
    ///
    /// # Errors
    /// The first place where the bytes are no JSON or too much, or every key that stands twice in its table.
    pub fn json(file: &str, bytes: &[u8]) -> Result<Self, Vec<Mistake>> {
        let node = json::read(readable(file, bytes)?).map_err(|(place, message)| vec![place.mistake(file, message)])?;
        node.without_repetition(file)
    }

    /// The tree itself, if no table of it has a key twice.
    ///
    /// # Errors
    /// Every key that is repeated, at its repetition.
    pub fn without_repetition(self, file: &str) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        self.repetitions(file, &mut mistakes);
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        if mistakes.is_empty() { Ok(self) } else { Err(mistakes) }
    }

    fn repetitions(&self, file: &str, mistakes: &mut Vec<Mistake>) {
        match &self.content {
            Content::List(list) => list.iter().for_each(|node| node.repetitions(file, mistakes)),
            Content::Table(entries) => {
                let mut sorted: Vec<&Entry> = entries.iter().collect();
                sorted.sort_by(|one, other| (&one.key, one.place).cmp(&(&other.key, other.place)));
                let twice = sorted.windows(2).filter_map(|pair| match pair {
                    [first, second] if first.key == second.key => Some((first, second)),
                    _ => None,
                });
                mistakes.extend(twice.map(|(first, second)| {
                    let message = format!("`{}` is here already, in line {}", second.key, first.place.line);
                    second.place.mistake(file, message)
                }));
                entries.iter().for_each(|entry| entry.value.repetitions(file, mistakes));
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => (),
        }
    }

    pub fn text(&self) -> Option<&str> {
        if let Content::Text(text) = &self.content { Some(text) } else { None }
    }

    pub fn number(&self) -> Option<f64> {
        if let Content::Number(number) = self.content { Some(number) } else { None }
    }

    pub fn bool(&self) -> Option<bool> {
        if let Content::Bool(flag) = self.content { Some(flag) } else { None }
    }

    pub fn list(&self) -> Option<&[Self]> {
        if let Content::List(list) = &self.content { Some(list) } else { None }
    }

    pub fn table(&self) -> Option<&[Entry]> {
        if let Content::Table(entries) = &self.content { Some(entries) } else { None }
    }

    /// The value of a key, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.table()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// For messages: `a text`.
    pub fn shape(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "a true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }
}

/// The text of a file that a tree is read from.
///
/// # Errors
/// It is too long, or no UTF-8.
pub fn readable<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Vec<Mistake>> {
    if bytes.len() > LONGEST {
        let message = format!("longer than {} MiB", LONGEST >> 20);
        return Err(vec![Place { line: 1, column: 1 }.mistake(file, message)]);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| vec![Mistake::not_utf8(file, bytes)])?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// What to say of an unknown word: the nearest of the known ones, or all of them.
pub fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected {}", list(known)),
    }
}

#[cfg(test)]
mod tests;

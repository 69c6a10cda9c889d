//! YAML as a tree with places: as much of it as vspec files use.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use tandem_signals::Mistake;
use tandem_signals::tree::{Content, DEEPEST, Entry, MOST_VALUES, Node, Place, readable};

type Wrong = (Place, String);

/// Reads a YAML document.
///
/// # Errors
/// The first place where the bytes are no YAML, too much, or a part of YAML that is not read; or every key that stands twice in its table.
pub fn read(file: &str, bytes: &[u8]) -> Result<Node, Vec<Mistake>> {
    let text = readable(file, bytes)?;
    let node = build(text).map_err(|(place, message)| vec![place.mistake(file, message)])?;
    node.without_repetition(file)
}

/// A table or a list that has begun and not ended.
enum Open {
    List(Place, Vec<Node>),
    /// With the key that waits for its value.
    Table(Place, Vec<Entry>, Option<(String, Place)>),
}

fn build(text: &str) -> Result<Node, Wrong> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut values = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let place = Place { line: error.marker().line(), column: error.marker().col() + 1 };
            (place, format!("not YAML: {}", error.info()))
        })?;
        let place = begin(&span);
        values += 1;
        if values > MOST_VALUES || open.len() > DEEPEST {
            return Err((place, format!("more than {MOST_VALUES} values, or nested more than {DEEPEST} deep")));
        }
        let done = match event {
            Event::Scalar(text, style, ..) => Node { place, content: scalar(&text, style) },
            Event::SequenceStart(..) => {
                open.push(Open::List(place, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Table(place, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(place, list)) => Node { place, content: Content::List(list) },
                Some(Open::Table(place, entries, _)) => Node { place, content: Content::Table(entries) },
                None => continue,
            },
            Event::Alias(_) => {
                return Err((place, "an alias (`*`) is not read: write out what it stands for".to_owned()));
            }
            Event::DocumentStart(_) if root.is_some() => {
                return Err((place, "a second document begins: expected one".to_owned()));
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(_, list)) => list.push(done),
            Some(Open::Table(_, entries, waiting)) => match waiting.take() {
                Some((key, place)) => entries.push(Entry { key, place, value: done }),
                None => *waiting = Some((key(&done)?, done.place)),
            },
        }
    }
    root.ok_or((Place { line: 1, column: 1 }, "the file is empty".to_owned()))
}

fn begin(span: &Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

fn key(node: &Node) -> Result<String, Wrong> {
    match &node.content {
        Content::Text(text) => Ok(text.clone()),
        Content::Number(number) => Ok(number.to_string()),
        Content::Bool(flag) => Ok(flag.to_string()),
        _ => Err((node.place, format!("expected a key, found {}", node.shape()))),
    }
}

/// By the core schema of YAML 1.2.
fn scalar(text: &str, style: ScalarStyle) -> Content {
    if style != ScalarStyle::Plain {
        return Content::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Content::Null,
        "true" | "True" | "TRUE" => return Content::Bool(true),
        "false" | "False" | "FALSE" => return Content::Bool(false),
        _ => (),
    }
    let radix = |prefix, radix| text.strip_prefix(prefix).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Content::Number(number.into());
    }
    // `inf` and `nan` are numbers to Rust and names to YAML.
    let begins = text.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.'));
    match text.parse::<f64>() {
        Ok(number) if begins && number.is_finite() => Content::Number(number),
        _ => Content::Text(text.to_owned()),
    }
}

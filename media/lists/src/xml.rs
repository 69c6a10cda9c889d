//! XML as a sequence of opened and closed elements, within bounds. Entities of a document type are never resolved.

use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::errors::SyntaxError;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use crate::{ListError, MAX_ADDRESS};

/// How deep elements may nest.
pub const MAX_DEPTH: usize = 64;
/// How many attributes of an element are looked at.
const MAX_ATTRIBUTES: usize = 64;
/// How much of an element's text is kept, bytes.
const MAX_KEPT: usize = 2 * MAX_ADDRESS;

/// Whose word a name is, by its prefix's namespace; without one, the document's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Own,
    Itunes,
    Media,
    Atom,
    DublinCore,
    Other,
}

impl Space {
    /// What prefixes mean in nearly all feeds, whether they declare them or not.
    fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "itunes" => Self::Itunes,
            "media" => Self::Media,
            "atom" | "atom10" | "a10" => Self::Atom,
            "dc" => Self::DublinCore,
            _ => Self::Other,
        }
    }

    fn of_address(address: &str) -> Option<Self> {
        match address.trim_end_matches('/').to_ascii_lowercase().as_str() {
            "http://www.itunes.com/dtds/podcast-1.0.dtd" => Some(Self::Itunes),
            "http://search.yahoo.com/mrss" => Some(Self::Media),
            "http://www.w3.org/2005/atom" => Some(Self::Atom),
            "http://purl.org/dc/elements/1.1" => Some(Self::DublinCore),
            "http://purl.org/rss/1.0" | "http://xspf.org/ns/0" => Some(Self::Own),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub space: Space,
    /// Without its prefix, lower case.
    pub local: String,
}

pub enum Step {
    Opened { attributes: Vec<(String, String)> },
    Closed { text: String },
}

/// Walks a document; [`Walk::path`] is where it stands.
pub struct Walk<'a> {
    reader: Reader<&'a [u8]>,
    path: Vec<Name>,
    /// The text of each opened element so far.
    texts: Vec<String>,
    closing: bool,
    prefixes: Vec<(String, Space)>,
}

impl<'a> Walk<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, path: Vec::new(), texts: Vec::new(), closing: false, prefixes: Vec::new() }
    }

    /// The elements around the current place, the current one last. A closed element is still in it for one step.
    pub fn path(&self) -> &[Name] {
        &self.path
    }

    /// The next step, or none at the end.
    pub fn step(&mut self) -> Result<Option<Step>, ListError> {
        if std::mem::take(&mut self.closing) {
            self.path.pop();
        }
        loop {
            let at = self.reader.buffer_position();
            let event = self.reader.read_event().map_err(|source| ListError::Xml { at, source })?;
            match event {
                Event::Start(tag) => {
                    if self.path.len() >= MAX_DEPTH {
                        return Err(ListError::TooDeep { limit: MAX_DEPTH });
                    }
                    let attributes = attributes(&tag);
                    self.declare(&attributes);
                    let name = self.name(tag.name().as_ref());
                    self.path.push(name);
                    self.texts.push(String::new());
                    return Ok(Some(Step::Opened { attributes }));
                }
                Event::End(_) => {
                    if let Some(text) = self.texts.pop() {
                        self.closing = true;
                        return Ok(Some(Step::Closed { text }));
                    }
                }
                Event::Text(text) => self.keep(&text),
                Event::CData(text) => self.keep(&text),
                Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                    Ok(Some(c)) => self.keep(c.encode_utf8(&mut [0; 4])),
                    _ => match resolve_predefined_entity(&entity) {
                        Some(text) => self.keep(text),
                        None => self.keep(&format!("&{};", &*entity)),
                    },
                },
                Event::Eof if !self.path.is_empty() => {
                    return Err(ListError::Xml { at, source: quick_xml::Error::Syntax(SyntaxError::UnclosedTag) });
                }
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn keep(&mut self, more: &str) {
        let Some(text) = self.texts.last_mut() else { return };
        let more = if text.is_empty() { more.trim_start() } else { more };
        let end = more.floor_char_boundary(MAX_KEPT - text.len());
        text.push_str(more.get(..end).unwrap_or_default());
    }

    /// Prefixes are few and mean the same in a whole document, so that the last declaration counts for all that follows.
    fn declare(&mut self, attributes: &[(String, String)]) {
        for (key, address) in attributes {
            let Some(prefix) = key.strip_prefix("xmlns:") else { continue };
            let space = Space::of_address(address).unwrap_or(Space::Other);
            if let Some(known) = self.prefixes.iter_mut().find(|(known, _)| known == prefix) {
                known.1 = space;
            } else if self.prefixes.len() < MAX_ATTRIBUTES {
                self.prefixes.push((prefix.to_owned(), space));
            }
        }
    }

    fn name(&self, name: &str) -> Name {
        let (space, local) = match name.split_once(':') {
            None => (Space::Own, name),
            Some((prefix, local)) => {
                let declared = self.prefixes.iter().find(|(known, _)| known == prefix).map(|(_, space)| *space);
                (declared.unwrap_or_else(|| Space::of_prefix(prefix)), local)
            }
        };
        Name { space, local: local.to_ascii_lowercase() }
    }
}

/// Names are in lower case: OPML is written `xmlUrl` and `xmlurl`.
fn attributes(tag: &BytesStart) -> Vec<(String, String)> {
    // Without its check of duplicates, which takes the square of their number.
    tag.attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .take(MAX_ATTRIBUTES)
        .filter(|attribute| attribute.value.len() <= MAX_KEPT)
        .map(|attribute| {
            let value = unescape(&attribute.value).unwrap_or_else(|_| attribute.value.clone());
            (attribute.key.as_ref().to_ascii_lowercase(), value.into_owned())
        })
        .collect()
}

pub fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The name of the root element in lower case, without its prefix.
pub fn root(text: &str) -> Option<String> {
    let mut walk = Walk::new(text);
    walk.step().ok()??;
    walk.path().first().map(|name| name.local.clone())
}

/// The encoding that the first line names.
pub fn named_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..bytes.len().min(256))?;
    let start = start.split(|byte| *byte == b'>').next()?;
    let declaration = String::from_utf8_lossy(start);
    let (_, value) = declaration.trim_start().strip_prefix("<?xml")?.split_once("encoding")?;
    let label = value.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    Encoding::for_label(label.split(['"', '\'', '?']).next()?.as_bytes())
}

//! Podcast feeds: RSS 0.9x, 1.0 and 2.0, Atom, with the words that Apple and Media RSS added.
//!
//! By hand over quick-xml, because the crate for feeds panics on a duration of many digits and on a name beside an
//! e-mail address in Chinese, and takes `12:34` for no duration at all.

use std::collections::HashSet;

use crate::text::{decode, tidy, web_address};
use crate::xml::{self, Name, Space, Step, Walk, attribute};
use crate::{Episode, Feed, ListError, MAX_EPISODES, MAX_TEXT, time};

/// Reads a feed. An entry that names nothing to hear is left out; what stands before a broken place is kept.
///
/// # Errors
/// [`ListError::WebPage`] and [`ListError::Unknown`] if it is no feed, [`ListError::Xml`] and [`ListError::TooDeep`] if
/// it breaks before its first episode. A feed without an episode is no error.
pub fn feed(bytes: &[u8]) -> Result<Feed, ListError> {
    let text = decode(bytes, xml::named_encoding(bytes))?;
    match xml::root(&text).as_deref() {
        Some("rss" | "rdf" | "feed") => {}
        Some("html") => return Err(ListError::WebPage),
        _ => return Err(ListError::Unknown),
    }
    let mut walk = Walk::new(&text);
    let mut reading = Reading::default();
    loop {
        match walk.step() {
            Ok(Some(Step::Opened { attributes })) => reading.opened(walk.path(), &attributes),
            Ok(Some(Step::Closed { text })) => reading.closed(walk.path(), &text),
            Ok(None) => break,
            Err(error) if reading.episodes.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(reading.done())
}

#[derive(Default)]
struct Reading {
    feed: Feed,
    episode: Episode,
    /// Of the episode: whether its address came from an enclosure and not from Media RSS.
    enclosed: bool,
    episodes: Vec<Episode>,
}

/// What an element belongs to.
enum Within<'a> {
    Feed(&'a [Name]),
    Episode(&'a [Name]),
    /// It is the end of an episode.
    Whole,
    Nothing,
}

/// Entries stand in the channel of RSS 2.0 and beside that of RSS 1.0; Atom has no channel.
fn within(path: &[Name]) -> Within<'_> {
    let (_, mut rest) = path.split_first().unzip();
    if let Some([channel, inner @ ..]) = rest
        && channel.local == "channel"
    {
        rest = Some(inner);
    }
    match rest {
        Some([entry]) if is_entry(entry) => Within::Whole,
        Some([entry, inner @ ..]) if is_entry(entry) => Within::Episode(inner),
        Some(inner) if !inner.is_empty() => Within::Feed(inner),
        _ => Within::Nothing,
    }
}

fn is_entry(name: &Name) -> bool {
    matches!(name.local.as_str(), "item" | "entry") && matches!(name.space, Space::Own | Space::Atom)
}

impl Reading {
    fn opened(&mut self, path: &[Name], attributes: &[(String, String)]) {
        let of = |name| attribute(attributes, name);
        match within(path) {
            Within::Feed([name]) if (name.space, name.local.as_str()) == (Space::Itunes, "image") => {
                self.feed.art = of("href").and_then(web_address).or(self.feed.art.take());
            }
            Within::Episode(inner) => {
                let Some(name) = inner.last() else { return };
                match (name.space, name.local.as_str(), inner.len()) {
                    (Space::Own, "enclosure", 1) => self.enclose(of("url"), of("type"), of("length"), true),
                    (Space::Own | Space::Atom, "link", 1) if of("rel") == Some("enclosure") => {
                        self.enclose(of("href"), of("type"), of("length"), true);
                    }
                    (Space::Media, "content", 1 | 2) => {
                        let sounds = of("medium").or(of("type")).is_none_or(|kind| !kind.starts_with("image"));
                        if sounds {
                            self.enclose(of("url"), of("type"), of("filesize"), false);
                            let length = of("duration").and_then(time::length);
                            self.episode.length_us = self.episode.length_us.or(length);
                        }
                    }
                    (Space::Itunes, "image", 1) => self.picture(of("href")),
                    (Space::Media, "thumbnail", 1..=3) => self.picture(of("url")),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn picture(&mut self, address: Option<&str>) {
        self.episode.art = self.episode.art.take().or_else(|| address.and_then(web_address));
    }

    /// The first enclosure counts, and before any of Media RSS.
    fn enclose(&mut self, url: Option<&str>, media_type: Option<&str>, bytes: Option<&str>, enclosure: bool) {
        let Some(url) = url.and_then(web_address) else { return };
        if self.episode.url.is_empty() || (enclosure && !self.enclosed) {
            self.enclosed = enclosure;
            self.episode.url = url;
            self.episode.media_type = tidy(media_type.unwrap_or_default());
            self.episode.bytes = bytes.and_then(|bytes| bytes.trim().parse().ok()).filter(|bytes| *bytes > 0);
        }
    }

    fn closed(&mut self, path: &[Name], text: &str) {
        match within(path) {
            Within::Whole => {
                let episode = std::mem::take(&mut self.episode);
                self.enclosed = false;
                if !episode.url.is_empty() {
                    self.episodes.push(episode);
                }
            }
            Within::Episode([name]) => self.of_episode(name, text),
            Within::Feed([name]) => match (name.space, name.local.as_str()) {
                (Space::Own | Space::Atom, "title") => self.feed.title = tidy(text),
                (Space::Itunes, "author") => self.feed.author = tidy(text),
                (Space::Own, "managingeditor") | (Space::DublinCore, "creator") => or_else(&mut self.feed.author, text),
                (Space::Own | Space::Atom, "logo" | "icon") => {
                    self.feed.art = self.feed.art.take().or_else(|| web_address(text));
                }
                _ => {}
            },
            Within::Feed([outer, name]) => match (outer.local.as_str(), name.local.as_str()) {
                ("image", "url") => self.feed.art = self.feed.art.take().or_else(|| web_address(text)),
                ("author", "name") => or_else(&mut self.feed.author, text),
                _ => {}
            },
            Within::Episode(_) | Within::Feed(_) | Within::Nothing => {}
        }
    }

    fn of_episode(&mut self, name: &Name, text: &str) {
        let episode = &mut self.episode;
        match (name.space, name.local.as_str()) {
            (Space::Own | Space::Atom, "title") => episode.title = tidy(text),
            (Space::Itunes, "title") => or_else(&mut episode.title, text),
            (Space::Own | Space::Atom, "guid" | "id") => {
                // A longer one would be cut, and two could become one.
                episode.guid = Some(text.trim()).filter(|guid| guid.len() <= MAX_TEXT).map(tidy).unwrap_or_default();
            }
            (Space::Own | Space::Atom, "pubdate" | "published") | (Space::DublinCore, "date") => {
                episode.published_unix = time::published(text).or(episode.published_unix);
            }
            (Space::Own | Space::Atom, "updated") => {
                episode.published_unix = episode.published_unix.or_else(|| time::published(text));
            }
            (Space::Itunes, "duration") => episode.length_us = time::length(text).or(episode.length_us),
            _ => {}
        }
    }

    fn done(mut self) -> Feed {
        for episode in &mut self.episodes {
            if episode.guid.is_empty() {
                episode.guid.clone_from(&episode.url);
            }
        }
        self.episodes.sort_by_key(|episode| std::cmp::Reverse(episode.published_unix));
        let mut known = HashSet::new();
        self.episodes.retain(|episode| known.insert(episode.guid.clone()));
        self.episodes.truncate(MAX_EPISODES);
        Feed { episodes: self.episodes, ..self.feed }
    }
}

fn or_else(known: &mut String, text: &str) {
    if known.is_empty() {
        *known = tidy(text);
    }
}

//! XSPF, version 1: <https://xspf.org/spec>.

use crate::text::{escaped_place, micros, tidy};
use crate::xml::{Step, Walk};
use crate::{Entry, ListError, MAX_ENTRIES, Playlist};

pub fn parse(text: &str) -> Result<Playlist, ListError> {
    let mut walk = Walk::new(text);
    let mut list = Playlist::default();
    let mut entry = Entry::default();
    while let Some(step) = walk.step()? {
        let Step::Closed { text } = step else { continue };
        let mut names = walk.path().iter().map(|name| name.local.as_str());
        let path = (names.next(), names.next(), names.next(), names.next(), names.next());
        match path {
            (_, Some("title"), None, ..) => list.title = tidy(&text),
            (_, Some("tracklist"), Some("track"), None, _) => {
                let entry = std::mem::take(&mut entry);
                if entry.address.is_empty() || list.entries.len() >= MAX_ENTRIES {
                    list.refused += 1;
                } else {
                    list.entries.push(entry);
                }
            }
            (_, Some("tracklist"), Some("track"), Some(field), None) => match field {
                // Others are the same piece elsewhere.
                "location" if entry.address.is_empty() => entry.address = escaped_place(&text).unwrap_or_default(),
                "title" => entry.title = tidy(&text),
                "creator" => entry.artist = tidy(&text),
                "album" => entry.album = tidy(&text),
                "image" => entry.art = escaped_place(&text),
                "duration" => {
                    entry.length_us = text.trim().parse().ok().and_then(|millis: f64| micros(millis / 1e3));
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(list)
}

//! PLS: `File1=`, `Title1=`, `Length1=` in a section `[playlist]`, in any order.

use std::collections::BTreeMap;

use crate::text::{micros, place, tidy};
use crate::{Entry, MAX_ENTRIES, Playlist};

pub fn is_marked(text: &str) -> bool {
    text.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("[playlist]"))
}

pub fn parse(text: &str) -> Playlist {
    let mut list = Playlist::default();
    let mut entries: BTreeMap<u32, Entry> = BTreeMap::new();
    for line in text.split(['\n', '\r']) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        if matches!(key.as_str(), "playlistname" | "x-gnome-title") {
            list.title = tidy(value);
            continue;
        }
        let word = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let Some(number) = key.get(word.len()..).and_then(|number| number.parse().ok()) else { continue };
        if !matches!(word, "file" | "title" | "length") {
            continue;
        }
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&number) {
            list.refused += u32::from(word == "file");
            continue;
        }
        let entry = entries.entry(number).or_default();
        match word {
            "file" => entry.address = place(value).unwrap_or_default(),
            "title" => entry.title = tidy(value),
            _ => entry.length_us = value.trim().parse().ok().and_then(micros),
        }
    }
    let (kept, without): (Vec<_>, Vec<_>) = entries.into_values().partition(|entry| !entry.address.is_empty());
    list.refused += without.len() as u32;
    list.entries = kept;
    list
}

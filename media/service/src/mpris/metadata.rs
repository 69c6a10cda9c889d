//! What plays, in MPRIS's words.

use std::collections::HashMap;

use tandem_contracts::mpris::{carried, is_address};
use zbus::{ObjectPath, Variant};

use crate::state::Snapshot;

/// Where the entries of the queue are, for MPRIS.
const TRACKS: &str = "/org/tandem/track/";
/// The most artists that are told.
const MAX_ARTISTS: usize = 64;

/// The path of an entry: MPRIS's track id.
pub fn track_id(entry: u64) -> ObjectPath<'static> {
    ObjectPath::from_string_unchecked(format!("{TRACKS}{entry}"))
}

/// The entry of a track id; `None` if it is none of ours.
pub fn entry(track: &ObjectPath<'_>) -> Option<u64> {
    let number = track.as_str().strip_prefix(TRACKS)?;
    // One spelling for each entry: no sign, no leading zero.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    is_plain.then(|| number.parse().ok())?
}

/// Empty if nothing is in the queue; what is not known is left out.
pub fn metadata(snapshot: &Snapshot) -> HashMap<String, Variant<'static>> {
    let mut metadata = HashMap::new();
    if snapshot.entry == 0 {
        return metadata;
    }
    let titles = &snapshot.titles;
    let mut tell = |key: &str, value: Variant<'static>| drop(metadata.insert(key.to_owned(), value));
    tell("mpris:trackid", track_id(snapshot.entry).into());
    if let Some(length) = titles.length_us.filter(|length| *length > 0) {
        tell("mpris:length", length.into());
    }
    for (key, value) in [("xesam:title", &titles.title), ("xesam:album", &titles.album)] {
        if !value.is_empty() {
            tell(key, carried(value).into());
        }
    }
    let artists: Vec<String> =
        titles.artists.iter().filter(|a| !a.is_empty()).take(MAX_ARTISTS).map(|a| carried(a)).collect();
    if !artists.is_empty() {
        tell("xesam:artist", artists.into());
    }
    if let Some(art) = titles.art.as_ref().filter(|art| is_address(art, &["file://", "http://", "https://"])) {
        tell("mpris:artUrl", art.clone().into());
    }
    if let Some(url) = titles.url.as_ref().filter(|url| is_address(url, &["file://", "http://", "https://"])) {
        tell("xesam:url", url.clone().into());
    }
    metadata
}

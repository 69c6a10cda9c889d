//! M3U and M3U8: a line an entry, with words about it in lines that begin with `#`.

use encoding_rs::Encoding;

use crate::text::{micros, place, tidy};
use crate::{Entry, ListError, MAX_ENTRIES, Playlist};

/// Whether the text says of itself that it is one.
pub fn is_marked(text: &str) -> bool {
    starts_with(text.trim_start(), "#EXTM3U")
}

/// Only HLS has these.
const OF_STREAMS: [&str; 4] = ["#EXT-X-STREAM-INF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-MEDIA:"];

pub fn parse(text: &str) -> Result<Playlist, ListError> {
    let mut list = Playlist::default();
    let mut entry = Entry::default();
    for line in text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(value) = after(line, "#EXTINF:") {
            (entry.length_us, entry.title) = information(value);
        } else if let Some(value) = after(line, "#EXTART:") {
            entry.artist = tidy(value);
        } else if let Some(value) = after(line, "#EXTALB:") {
            entry.album = tidy(value);
        } else if let Some(value) = after(line, "#EXTIMG:").or_else(|| after(line, "#EXTALBUMARTURL:")) {
            entry.art = place(value);
        } else if let Some(value) = after(line, "#PLAYLIST:") {
            list.title = tidy(value);
        } else if OF_STREAMS.iter().any(|word| starts_with(line, word)) {
            return Err(ListError::Stream);
        } else if !line.starts_with('#') {
            let entry = std::mem::take(&mut entry);
            match place(line).filter(|_| list.entries.len() < MAX_ENTRIES) {
                Some(address) => list.entries.push(named(Entry { address, ..entry })),
                None => list.refused += 1,
            }
        }
    }
    Ok(list)
}

/// `123 group="A, B",Artist - Title`: seconds, then attributes, then a comma that stands in no quotes.
fn information(value: &str) -> (Option<i64>, String) {
    let mut quoted = false;
    let comma = value.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    // An odd quotation mark is a title's own.
    let comma = comma.or_else(|| value.find(','));
    let (head, title) = comma.and_then(|at| value.split_at_checked(at)).unwrap_or((value, ""));
    let seconds = head.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    (seconds.and_then(micros), tidy(title.trim_start_matches(',')))
}

/// By custom, a file's line is `Artist - Title`; what a station writes there is its name.
fn named(mut entry: Entry) -> Entry {
    if entry.artist.is_empty()
        && !entry.address.contains("://")
        && let Some((artist, title)) = entry.title.split_once(" - ")
    {
        (entry.artist, entry.title) = (artist.trim().to_owned(), title.trim().to_owned());
    }
    entry
}

/// What a line `#EXTENC: GBK` names.
pub fn named_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(bytes.get(..bytes.len().min(1_024))?);
    let label = start.split(['\n', '\r']).find_map(|line| after(line.trim(), "#EXTENC:"))?.trim().to_owned();
    Encoding::for_label(label.as_bytes())
}

fn after<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    starts_with(line, word).then(|| line.get(word.len()..)).flatten()
}

fn starts_with(line: &str, word: &str) -> bool {
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

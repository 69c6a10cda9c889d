//! From an item of the library to what a row shows of it.

use std::path::Path;

use tandem_contracts::media::Trouble as Word;
use tandem_kit::format;
use tandem_kit::media::{Item, Row, Source};

use crate::media::covers::Covers;
use crate::{Kind, MediaRow, Trouble, Words};

/// The longest text that a screen lays out, characters; no line shows more.
const MAX_CHARACTERS: usize = 160;
/// A row's picture: its side and the radius of its corners, pixels.
const SIDE: u32 = 64;
const RADIUS: u32 = 12;
/// An album's cover among covers, the same of it.
const COVER: (u32, u32) = (320, 16);
const MICROS_IN_SECOND: i64 = 1_000_000;

/// A text of the music's, with its face.
pub(crate) fn words(text: &str) -> Words {
    dressed(tandem_kit::Words::new(text, MAX_CHARACTERS))
}

fn dressed(words: tandem_kit::Words) -> Words {
    Words { text: words.text.into(), han: words.han }
}

/// A length or a position: `4:05`, `1:02:03`; empty for nothing.
pub(crate) fn time(micros: i64) -> String {
    let seconds = micros.max(0) / MICROS_IN_SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Whether the row opens instead of playing.
pub(crate) fn holds(kind: &str) -> bool {
    matches!(kind, "artist" | "album" | "genre" | "folder" | "playlist" | "podcast")
}

pub(crate) fn kind(word: &str) -> Kind {
    match word {
        "artist" => Kind::Artist,
        "album" => Kind::Album,
        "genre" => Kind::Genre,
        "folder" => Kind::Folder,
        "playlist" => Kind::Playlist,
        "station" | "stream" => Kind::Station,
        "episode" => Kind::Episode,
        "podcast" => Kind::Podcast,
        "player" => Kind::Player,
        _ => Kind::Track,
    }
}

pub(crate) fn source_kind(word: &str) -> Kind {
    match word {
        "usb" => Kind::Stick,
        "radio" => Kind::Station,
        "podcasts" => Kind::Podcast,
        "player" => Kind::Player,
        "local" => Kind::Machine,
        _ => Kind::Track,
    }
}

/// Why something is not available, by the service's word.
pub(crate) fn trouble(available: bool, word: &str) -> Trouble {
    match word.parse() {
        _ if available => Trouble::None,
        Ok(Word::Away) => Trouble::Away,
        Ok(Word::Missing) => Trouble::Missing,
        Ok(Word::Unreadable) => Trouble::Unreadable,
        Ok(Word::Slow) => Trouble::Slow,
        Ok(Word::Network) => Trouble::Network,
        Ok(Word::Device) => Trouble::Device,
        Ok(Word::Player) => Trouble::Player,
        Ok(Word::Storage) => Trouble::Storage,
        Err(_) => Trouble::Other,
    }
}

/// Whether a letter stands for the picture: of what has a name of its own, not of a song or a folder.
fn has_letter(kind: &str) -> bool {
    matches!(kind, "artist" | "album" | "genre" | "station" | "podcast")
}

/// What a list shows of a row.
pub(crate) fn draw(row: &Row, covers: &Covers) -> MediaRow {
    let art = tandem_kit::media::file(&row.item.art).and_then(|path| covers.get(&path, SIDE, RADIUS));
    MediaRow { has_art: art.is_some(), art: art.unwrap_or_default(), ..describe(&row.item) }
}

/// All of it but the picture.
fn describe(item: &Item) -> MediaRow {
    let note = match (item.artist.as_str(), item.album.as_str()) {
        (artist, "") => artist.to_owned(),
        ("", album) => album.to_owned(),
        (artist, album) => format!("{artist} – {album}"),
    };
    let letter =
        if has_letter(&item.kind) { tandem_kit::Words::initial(&item.title) } else { tandem_kit::Words::default() };
    MediaRow {
        id: item.id.as_str().into(),
        present: true,
        kind: kind(&item.kind),
        title: words(&item.title),
        note: words(&note),
        letter: dressed(letter),
        place: dressed(tandem_kit::Words::place(&item.title)),
        measure: Some(item.length_us).filter(|length| *length > 0).map(time).unwrap_or_default().into(),
        count: item.count.try_into().unwrap_or(i32::MAX),
        count_text: format::grouped(f64::from(item.count)).into(),
        holds: holds(&item.kind),
        choices: item.available && item.kind != "player",
        available: item.available,
        trouble: trouble(item.available, &item.trouble),
        heard: if item.length_us > 0 { (item.heard_us as f64 / item.length_us as f64) as f32 } else { 0.0 },
        ..MediaRow::default()
    }
}

/// What a list of covers shows of an album.
pub(crate) fn draw_cover(row: &Row, covers: &Covers) -> MediaRow {
    if row.item.kind != "album" {
        return draw(row, covers);
    }
    let art = tandem_kit::media::file(&row.item.art).and_then(|path| covers.get(&path, COVER.0, COVER.1));
    MediaRow { has_art: art.is_some(), art: art.unwrap_or_default(), ..describe(&row.item) }
}

/// What the queue shows of an entry: its column is too narrow for more than who made what.
pub(crate) fn draw_entry(row: &Row, covers: &Covers) -> MediaRow {
    let note = words(if row.item.artist.is_empty() { &row.item.album } else { &row.item.artist });
    MediaRow { note, measure: slint::SharedString::new(), choices: true, ..draw(row, covers) }
}

/// Whether a row shows this picture.
pub(crate) fn shows(row: &Row, art: &Path) -> bool {
    tandem_kit::media::file(&row.item.art).as_deref() == Some(art)
}

/// What the list of sources shows of one.
pub(crate) fn draw_source(source: &Source) -> MediaRow {
    MediaRow {
        present: true,
        kind: source_kind(&source.kind),
        title: words(&source.name),
        count: source.items.try_into().unwrap_or(i32::MAX),
        count_text: format::grouped(f64::from(source.items)).into(),
        holds: source.kind != "player",
        available: source.available,
        trouble: trouble(source.available, &source.trouble),
        ..MediaRow::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_a_player_writes_them() {
        assert_eq!([0, 999_999, 65_000_000, 3_723_000_000, -5].map(time), ["0:00", "0:00", "1:05", "1:02:03", "0:00"]);
    }

    #[test]
    fn a_letter_stands_for_what_has_a_name() {
        let letters = ["artist", "album", "track", "folder"].map(has_letter);
        assert_eq!(letters, [true, true, false, false]);
    }
}

//! From an item of the library to what a row shows of it.

use std::path::Path;

use tandem_kit::format;
use tandem_kit::media::{Item, Row, Source};

use crate::media::covers::Covers;
use crate::{Kind, MediaRow, Words};

/// The longest text that a screen lays out, characters; no line shows more.
const MAX_CHARACTERS: usize = 160;
/// A row's picture: its side and the radius of its corners, pixels.
const SIDE: u32 = 64;
const RADIUS: u32 = 12;
const MICROS_IN_SECOND: i64 = 1_000_000;

/// A text of the music's, with its face.
pub(crate) fn words(text: &str) -> Words {
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(MAX_CHARACTERS).collect();
    Words { han: is_chinese(&text), text: text.into() }
}

/// Whether a text has Chinese characters and no Japanese ones.
fn is_chinese(text: &str) -> bool {
    let kana = |letter| ('\u{3040}'..='\u{30ff}').contains(&letter);
    text.chars().any(is_han) && !text.chars().any(kana)
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
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

/// The letter that stands for a picture: of what has a name of its own, not of a song or a folder.
fn letter(item: &Item) -> Words {
    let wanted = matches!(item.kind.as_str(), "artist" | "album" | "genre" | "station" | "podcast");
    let first = item.title.chars().find(|letter| letter.is_alphanumeric()).filter(|_| wanted);
    first.map(|letter| words(&letter.to_uppercase().to_string())).unwrap_or_default()
}

/// What a list shows of a row.
pub(crate) fn draw(row: &Row, covers: &Covers) -> MediaRow {
    let item = &row.item;
    let art = tandem_kit::media::file(&item.art).and_then(|path| covers.get(&path, SIDE, RADIUS));
    let note = match (item.artist.as_str(), item.album.as_str()) {
        (artist, "") => artist.to_owned(),
        ("", album) => album.to_owned(),
        (artist, album) => format!("{artist} – {album}"),
    };
    let measure = if holds(&item.kind) {
        Some(item.count).filter(|count| *count > 0).map(|count| format::grouped(f64::from(count)))
    } else {
        Some(item.length_us).filter(|length| *length > 0).map(time)
    };
    MediaRow {
        present: true,
        kind: kind(&item.kind),
        title: words(&item.title),
        note: words(&note),
        letter: letter(item),
        has_art: art.is_some(),
        art: art.unwrap_or_default(),
        measure: measure.unwrap_or_default().into(),
        holds: holds(&item.kind),
        available: item.available,
        reason: words(&item.reason).text,
        heard: if item.length_us > 0 { (item.heard_us as f64 / item.length_us as f64) as f32 } else { 0.0 },
    }
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
        measure: format::grouped(f64::from(source.items)).into(),
        holds: source.kind != "player",
        available: source.available,
        reason: words(&source.reason).text,
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
    fn chinese_has_its_own_face_and_japanese_has_not() {
        let han = ["晴天", "Live 现场", "Sunny", "さくら 桜", ""].map(is_chinese);
        assert_eq!(han, [true, true, false, false, false]);
    }

    #[test]
    fn a_letter_stands_for_what_has_a_name() {
        let item = |kind: &str, title: &str| Item { kind: kind.into(), title: title.into(), ..Item::default() };
        let letters = [item("artist", "周杰伦"), item("album", "\"élan\""), item("track", "Song"), item("genre", "…")]
            .map(|item| letter(&item).text.to_string());
        assert_eq!(letters, ["周", "É", "", ""]);
    }

    #[test]
    fn a_text_of_any_length_is_bounded_and_has_no_control_characters() {
        let words = words(&format!("a\nb\u{7}{}", "x".repeat(5_000)));
        assert!(words.text.starts_with("abx") && words.text.len() == MAX_CHARACTERS);
    }
}

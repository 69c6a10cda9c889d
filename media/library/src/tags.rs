//! What a music file says of itself, whatever else it says: a file may be cut, evil, or named wrongly.

mod bounded;
#[cfg(test)]
mod tests;

use crate::model::Tags;
use bounded::{Bounded, Budget, Trouble};
use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::file::{AudioFile, FileType, TaggedFile, TaggedFileExt};
use lofty::picture::{Picture, PictureType};
use lofty::probe::Probe;
use lofty::tag::{Accessor, ItemKey, Tag};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// The stack of a thread that reads tags, bytes: nested tags may use half of it.
pub const STACK: usize = 4 << 20;
/// The largest single thing that is taken from a file into memory, bytes.
const ALLOCATION: usize = 12 << 20;
const TAGS: Budget = Budget { bytes: 16 << 20, time: Duration::from_millis(40) };
/// What is left for a file whose tags were too much: its length only.
const LENGTH: Budget = Budget { bytes: 1 << 20, time: Duration::from_millis(10) };
const PICTURE: Budget = Budget { bytes: 32 << 20, time: Duration::from_millis(100) };
/// The longest title or name, characters.
const TEXT: usize = 500;
const ARTISTS: usize = 16;
const LONGEST: Duration = Duration::from_secs(1_000 * 3_600);

/// Why a file cannot be played, in words for a driver; or that it could not be reached at all.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("The file is empty")]
    Empty,
    #[error("This is no music file")]
    Unknown,
    #[error("The file is damaged: {0}")]
    Damaged(String),
    #[error("The file was too much work: {0}")]
    TooMuch(Trouble),
    /// Not for good: the stick may have gone.
    #[error("The file cannot be read: {0}")]
    Io(#[source] io::Error),
}

/// Reads the tags and the length; the content says what kind of file it is, and the name only where the content does not.
///
/// A file of a known kind whose tags are broken or evil keeps its place with its length alone.
///
/// # Errors
/// [`Unreadable`] if this is not music, or cannot be reached.
pub fn read(path: &Path) -> Result<Tags, Unreadable> {
    let (file, length) = open(path)?;
    let mut options = ParseOptions::new().read_cover_art(false);
    match parse(&file, length, path, options, TAGS) {
        Ok(parsed) => Ok(gather(&parsed)),
        Err(error @ (Unreadable::Empty | Unreadable::Unknown | Unreadable::Io(_))) => Err(error),
        Err(error) => match parse(&file, length, path, options.read_tags(false), LENGTH) {
            Ok(parsed) => Ok(Tags { length_us: length_us(&parsed), ..Tags::default() }),
            Err(Unreadable::Io(error)) => Err(Unreadable::Io(error)),
            Err(_) => Err(error),
        },
    }
}

/// The picture in the file that shows its cover best, as it is stored there.
///
/// # Errors
/// [`Unreadable`], as [`read`].
pub fn picture(path: &Path) -> Result<Option<Vec<u8>>, Unreadable> {
    let (file, length) = open(path)?;
    let mut parsed = parse(&file, length, path, ParseOptions::new().read_properties(false), PICTURE)?;
    let rank = |picture: &Picture| match picture.pic_type() {
        PictureType::CoverFront => 0,
        PictureType::Other => 1,
        PictureType::Icon | PictureType::OtherIcon => 3,
        _ => 2,
    };
    let best = parsed
        .tags()
        .iter()
        .flat_map(|tag| tag.pictures().iter().map(move |picture| (tag.tag_type(), picture)))
        .min_by_key(|(_, picture)| rank(picture));
    let best = best.map(|(kind, picture)| (kind, picture.pic_type()));
    let taken = best.and_then(|(kind, what)| {
        let tag = parsed.tag_mut(kind)?;
        let at = tag.pictures().iter().position(|picture| picture.pic_type() == what)?;
        Some(tag.remove_picture(at).into_data())
    });
    Ok(taken)
}

/// Neither a pipe, whose opening would wait for ever, nor what a link names.
fn open(path: &Path) -> Result<(File, u64), Unreadable> {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(Unreadable::Io)?;
    let metadata = file.metadata().map_err(Unreadable::Io)?;
    if !metadata.is_file() {
        return Err(Unreadable::Unknown);
    }
    if metadata.len() == 0 {
        return Err(Unreadable::Empty);
    }
    Ok((file, metadata.len()))
}

fn parse(
    file: &File,
    length: u64,
    path: &Path,
    options: ParseOptions,
    budget: Budget,
) -> Result<TaggedFile, Unreadable> {
    // The limit belongs to the thread, and any thread may come here.
    apply_global_options(GlobalOptions::new().allocation_limit(ALLOCATION));
    let mut reader = Bounded::new(file, length, budget);
    // A parser that panics over a stranger's bytes must cost one file, not the service: nothing of it outlives the call.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let probe = Probe::new(&mut reader).options(options).guess_file_type()?;
        let named = || FileType::from_path(path);
        match probe.file_type().or_else(named) {
            Some(kind) => probe.set_file_type(kind).read().map(Some).map_err(io::Error::other),
            None => Ok(None),
        }
    }));
    match (parsed, reader.trouble()) {
        (_, Some(Trouble::Io(error))) => Err(Unreadable::Io(error)),
        (Ok(Ok(Some(parsed))), _) => Ok(parsed),
        (_, Some(trouble)) => Err(Unreadable::TooMuch(trouble)),
        (Ok(Ok(None)), None) => Err(Unreadable::Unknown),
        (Ok(Err(error)), None) => Err(Unreadable::Damaged(clean(&error.to_string()))),
        (Err(_), None) => Err(Unreadable::Damaged(String::from("its tags make no sense"))),
    }
}

fn gather(file: &TaggedFile) -> Tags {
    let mut tags: Vec<&Tag> = file.tags().iter().collect();
    let primary = file.primary_tag_type();
    tags.sort_by_key(|tag| tag.tag_type() != primary);
    let text = |keys: &[ItemKey]| {
        let found = tags.iter().find_map(|tag| {
            keys.iter().find_map(|&key| tag.get_string(key).map(clean).filter(|text| !text.is_empty()))
        });
        found.unwrap_or_default()
    };
    let number =
        |of: fn(&Tag) -> Option<u32>| tags.iter().find_map(|tag| of(tag)).filter(|number| (1..10_000).contains(number));
    let artists = |key: ItemKey| {
        let mut names: Vec<String> = Vec::new();
        let tag = tags.iter().find(|tag| tag.get_string(key).is_some());
        for name in tag.into_iter().flat_map(|tag| tag.get_strings(key)).map(clean).take(ARTISTS) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let several = artists(ItemKey::TrackArtists);
    let year = text(&[ItemKey::RecordingDate, ItemKey::Year, ItemKey::ReleaseDate, ItemKey::OriginalReleaseDate]);
    Tags {
        title: text(&[ItemKey::TrackTitle]),
        artists: if several.is_empty() { artists(ItemKey::TrackArtist) } else { several },
        album: text(&[ItemKey::AlbumTitle]),
        album_artist: text(&[ItemKey::AlbumArtist]),
        genre: text(&[ItemKey::Genre]),
        track: number(Accessor::track),
        disc: number(Accessor::disk),
        year: year.get(..4).and_then(|digits| digits.parse().ok()).filter(|year| (1..10_000).contains(year)),
        length_us: length_us(file),
    }
}

fn length_us(file: &TaggedFile) -> Option<i64> {
    let length = file.properties().duration();
    i64::try_from(length.as_micros()).ok().filter(|&length_us| length_us > 0 && length <= LONGEST)
}

/// One line of at most [`TEXT`] characters.
fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(4 * TEXT));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(word);
        if clean.len() > 4 * TEXT {
            break;
        }
    }
    match clean.char_indices().nth(TEXT) {
        Some((end, _)) => clean.get(..end).unwrap_or_default().to_owned(),
        None => clean,
    }
}

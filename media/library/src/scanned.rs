//! From what a file told to what is written of it.

use crate::core_title::core;
use crate::fold::{clean, fold, index_words, sort_key};
use crate::model::{Known, Scanned, Tags};
use crate::volumes::NAME;
use crate::walk::shown;

/// Artists of one track that are kept.
const ARTISTS: usize = 16;

/// A name as it is shown, and as it is compared.
pub(crate) struct Name {
    pub shown: String,
    pub folded: String,
}

impl Name {
    fn new(text: &str) -> Option<Self> {
        let shown = clean(text, NAME);
        if shown.is_empty() {
            return None;
        }
        let folded = fold(&shown);
        // Signs only are compared as they are: `!!!` is a band.
        Some(Self { folded: if folded.is_empty() { shown.clone() } else { folded }, shown })
    }
}

/// The columns of a file.
pub(crate) struct File {
    pub path: String,
    pub folder: String,
    pub name: String,
    pub file_key: String,
    pub known: Known,
    pub title: String,
    pub key: String,
    pub core: String,
    pub artist: String,
    pub artists: Vec<Name>,
    pub album: Option<Name>,
    pub album_artist: Option<Name>,
    pub scope: String,
    pub genre: Option<Name>,
    pub disc: Option<u32>,
    pub track: Option<u32>,
    pub year: Option<i32>,
    pub length_us: Option<i64>,
    pub reason: String,
    pub title_words: String,
    pub rest_words: String,
}

/// A path's folder and its last part.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

pub(crate) fn file(scanned: Scanned) -> File {
    let (tags, reason) = match scanned.tags {
        Ok(tags) => (tags, String::new()),
        Err(why) => (Tags::default(), clean(&why, NAME)),
    };
    let (folder, name) = split(&scanned.path);
    let mut title = clean(&tags.title, NAME);
    if title.is_empty() {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        title = clean(&shown(if stem.is_empty() { name } else { stem }), NAME);
    }
    let mut artists: Vec<Name> = Vec::new();
    for name in tags.artists.iter().take(ARTISTS).filter_map(|name| Name::new(name)) {
        if artists.iter().all(|artist| artist.folded != name.folded) {
            artists.push(name);
        }
    }
    let artist = artists.iter().map(|name| name.shown.as_str()).collect::<Vec<_>>().join(", ");
    let album = Name::new(&tags.album);
    let album_artist = Name::new(&tags.album_artist);
    let scope =
        album_artist.as_ref().map_or_else(|| format!("/{}", of_all_discs(folder)), |artist| artist.folded.clone());
    let (mut title_words, mut rest_words) = (String::new(), String::new());
    index_words(&title, &mut title_words);
    index_words(&artist, &mut rest_words);
    index_words(album.as_ref().map_or("", |album| album.shown.as_str()), &mut rest_words);
    File {
        folder: folder.to_owned(),
        name: name.to_owned(),
        file_key: sort_key(name),
        known: Known { size: scanned.size, mtime_ns: scanned.mtime_ns },
        key: sort_key(&title),
        core: core(&title),
        title,
        artist,
        artists,
        album,
        album_artist,
        scope,
        genre: Name::new(&tags.genre),
        disc: tags.disc,
        track: tags.track,
        year: tags.year,
        length_us: tags.length_us.filter(|length| *length > 0),
        reason,
        title_words,
        rest_words,
        path: scanned.path,
    }
}

/// The folder of an album whose discs have folders of their own: `Album/CD 2` is of `Album`.
fn of_all_discs(folder: &str) -> &str {
    let (above, name) = split(folder);
    let folded = fold(name);
    let number = ["cd", "disc", "disk", "disque"].into_iter().find_map(|word| folded.strip_prefix(word));
    match number.map(str::trim) {
        Some(number) if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => above,
        _ => folder,
    }
}

//! Where a song of elsewhere is found here.

use std::collections::HashSet;

use sqlx::sqlite::SqliteConnection;

use crate::Library;
use crate::core_title::{Title, core, take_apart};
use crate::error::LibraryError;
use crate::fold::{clean, fold};
use crate::model::{Found, Item, ItemId, Kind, Wanted};
use crate::order::decode;
use crate::rows::items;
use crate::search::terms;
use crate::stations::address;
use crate::volumes::NAME;

/// Things found that are told.
const FOUND: usize = 5;
/// What scores less is not worth telling.
const WORTH: f64 = 0.3;
/// From here it is the same for a listener.
const SAME: f64 = 0.8;
/// The most that something else can score.
const NOT_SAME: f64 = 0.79;
/// How much lengths differ between encodings of one recording, microseconds.
const LENGTH: u64 = 3_000_000;
/// Longer texts are cut, characters.
const TEXT: usize = NAME;

impl Library {
    /// What here may be what plays elsewhere, best first, five at most.
    ///
    /// The score is 1 if the address is the same, or title, artist, album and length are; from 0.8 it is the same for a listener. Case, accents, guests,
    /// and editions (`Remastered 2011`) make no difference; another version (`Live`, `Remix`), another artist, or a length that differs
    /// by more than 3 s stays below, and so does a title that is all that is known.
    pub async fn resolve(&self, wanted: &Wanted) -> Result<Vec<Found>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        if let Some(url) = address(&wanted.url) {
            let ids = of_address(&mut reader, &url, wanted.url.trim()).await?;
            let found = items(&mut reader, &ids, &self.0.art).await?;
            if !found.is_empty() {
                return Ok(found.into_iter().take(FOUND).map(|item| Found { item, score: 1.0 }).collect());
            }
        }
        let ear = Ear::new(wanted);
        if ear.title.core.is_empty() {
            return Ok(Vec::new());
        }
        let mut best: Vec<Found> = Vec::new();
        for question in [Candidates::Same, Candidates::WordsAndArtist, Candidates::Words] {
            let ids = candidates(&mut reader, &ear, question).await?;
            let found = items(&mut reader, &ids, &self.0.art).await?;
            best.extend(found.into_iter().map(|item| Found { score: ear.score(&item), item }));
            if best.iter().any(|found| found.score >= SAME) {
                break;
            }
        }
        best.retain(|found| found.score >= WORTH);
        // Of equals, what can be played now.
        best.sort_by(|one, other| {
            other
                .score
                .total_cmp(&one.score)
                .then(other.item.available.cmp(&one.item.available))
                .then(one.item.id.cmp(&other.item.id))
        });
        let mut seen = HashSet::new();
        best.retain(|found| seen.insert(found.item.id));
        best.truncate(FOUND);
        Ok(best)
    }
}

/// What is wanted, as it is compared.
struct Ear {
    title: Title,
    artist: String,
    artists: Vec<String>,
    album: String,
    length_us: Option<i64>,
}

impl Ear {
    fn new(wanted: &Wanted) -> Self {
        let artist = clean(&wanted.artist, TEXT);
        Self {
            title: take_apart(&clean(&wanted.title, TEXT)),
            artists: artists(&artist),
            artist: fold(&artist),
            album: core(&clean(&wanted.album, TEXT)),
            length_us: wanted.length_us.filter(|length| *length > 0),
        }
    }

    fn score(&self, item: &Item) -> f64 {
        let title = take_apart(&item.title);
        let likeness = if title.core == self.title.core { 1.0 } else { likeness(&title.core, &self.title.core) };
        if likeness < 0.5 {
            return 0.0;
        }
        let mut most: f64 = if likeness < 1.0 { 0.75 } else { 1.0 };
        if title.versions != self.title.versions {
            most = most.min(0.7);
        }
        let artist = match (self.artist.is_empty(), fold(&item.artist)) {
            (false, theirs) if theirs == self.artist => Some(1.0),
            (false, theirs) if !theirs.is_empty() => {
                let theirs = artists(&item.artist);
                let shared = theirs.iter().any(|artist| self.artists.contains(artist));
                if !shared {
                    most = most.min(0.5);
                }
                Some(if shared { 0.95 } else { 0.0 })
            }
            _ => None,
        };
        // The podcast is an episode's album and its artist.
        let album = if item.id.kind == Kind::Episode { core(&item.artist) } else { core(&item.album) };
        let album = (!self.album.is_empty() && !album.is_empty()).then(|| if album == self.album { 1.0 } else { 0.5 });
        let length = self.length_us.zip(item.length_us).map(|(wanted, here)| {
            let apart = wanted.abs_diff(here);
            if apart > LENGTH {
                most = most.min(NOT_SAME);
                return 0.0;
            }
            if apart > LENGTH / 3 * 2 { 0.9 } else { 1.0 }
        });
        if artist.is_none() && length.is_none() {
            most = most.min(0.75);
        }
        let sum =
            0.55 * likeness + 0.3 * artist.unwrap_or(0.6) + 0.05 * album.unwrap_or(0.8) + 0.1 * length.unwrap_or(0.7);
        sum.min(most)
    }
}

/// How many words two texts share, 0 to 1.
fn likeness(one: &str, other: &str) -> f64 {
    let cut = |text: &str| -> HashSet<String> { terms(text).into_iter().collect() };
    let (one, other) = (cut(one), cut(other));
    let both = one.intersection(&other).count();
    let all = one.len() + other.len();
    if all == 0 { 0.0 } else { 2.0 * both as f64 / all as f64 }
}

/// The artists of a text that may name several, folded; the whole text is one of them.
fn artists(text: &str) -> Vec<String> {
    let mut parts = vec![text.to_owned()];
    let lower = text.to_lowercase();
    for mark in [
        ",",
        ";",
        "/",
        "、",
        "，",
        "&",
        "+",
        " feat. ",
        " feat ",
        " ft. ",
        " ft ",
        " featuring ",
        " with ",
        " and ",
        " und ",
        " x ",
        " vs ",
        " vs. ",
    ] {
        parts.extend(lower.split(mark).map(str::to_owned));
    }
    // What is left between two marks of different kinds.
    let between = lower.split([',', ';', '/', '、', '，', '&', '+']).flat_map(|part| part.split(" feat"));
    parts.extend(between.map(|part| part.trim_start_matches("uring").trim_start_matches(". ").to_owned()));
    let mut folded: Vec<String> = parts.iter().map(|part| fold(part)).filter(|part| !part.is_empty()).collect();
    folded.sort();
    folded.dedup();
    folded
}

#[derive(Clone, Copy)]
enum Candidates {
    Same,
    WordsAndArtist,
    Words,
}

async fn of_address(connection: &mut SqliteConnection, url: &str, as_given: &str) -> Result<Vec<ItemId>, LibraryError> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT 2 << 48 | row FROM episode WHERE url = ?1 OR guid = ?1 OR guid = ?2
         UNION SELECT 1 << 48 | row FROM station WHERE url = ?1 LIMIT 20",
    )
    .bind(url)
    .bind(as_given)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(|(number,)| decode(number)).collect())
}

async fn candidates(
    connection: &mut SqliteConnection,
    ear: &Ear,
    which: Candidates,
) -> Result<Vec<ItemId>, LibraryError> {
    let rows: Vec<(i64,)> = match which {
        // By its artist first: there are thousands of intros.
        Candidates::Same => {
            sqlx::query_as(
                "SELECT * FROM (SELECT track.row FROM track JOIN track_artist ON track = track.row JOIN artist ON artist.row = track_artist.artist
                    WHERE core = ?1 AND artist.folded IN (SELECT value FROM json_each(?2)) LIMIT 100)
                 UNION SELECT * FROM (SELECT row FROM track WHERE core = ?1 LIMIT 100)
                 UNION SELECT * FROM (SELECT 2 << 48 | row FROM episode WHERE core = ?1 LIMIT 100)",
            )
            .bind(&ear.title.core)
            .bind(serde_json::Value::from(ear.artists.clone()).to_string())
            .fetch_all(connection)
            .await?
        }
        Candidates::WordsAndArtist | Candidates::Words => {
            let title = terms(&ear.title.core);
            let artist = match which {
                Candidates::WordsAndArtist => terms(&ear.artist),
                _ => Vec::new(),
            };
            if title.is_empty() || artist.is_empty() && matches!(which, Candidates::WordsAndArtist) {
                return Ok(Vec::new());
            }
            let mut question = format!("title : ({})", title.join(" AND "));
            if !artist.is_empty() {
                question = format!("{question} AND rest : ({})", artist.join(" AND "));
            }
            sqlx::query_as("SELECT rowid FROM word WHERE word MATCH ? AND rowid < 3 << 48 LIMIT 60")
                .bind(question)
                .fetch_all(connection)
                .await?
        }
    };
    Ok(rows.into_iter().filter_map(|(number,)| decode(number)).filter(|id| id.kind.plays()).collect())
}

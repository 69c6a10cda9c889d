//! What a scan writes: batches of files, each in one transaction.

mod names;

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;

use crate::error::LibraryError;
use crate::fold::{index_words, sort_key};
use crate::model::{ItemId, Kind, Known, Scanned, VolumeId};
use crate::order::encode;
use crate::scanned::{self, File};
use crate::volumes::{tidy, volume_row};
use crate::{Library, playlists};
use names::{Names, next_row};

/// Files that one transaction forgets.
const STEP: usize = 1_000;

/// Files that are read at once of what is known.
const PART: i64 = 4_096;

/// What is known of a volume, behind a row.
const KNOWN: [&str; 2] = [
    "SELECT track.row, folder.path, track.name, size, mtime_ns FROM track CROSS JOIN folder ON folder.row = track.folder
     WHERE track.volume = ? AND track.row > ? ORDER BY track.row LIMIT ?",
    "SELECT playlist.row, folder.path, playlist.name, size, mtime_ns FROM playlist CROSS JOIN folder ON folder.row = playlist.folder
     WHERE playlist.volume = ? AND playlist.row > ? ORDER BY playlist.row LIMIT ?",
];

const ADD_TRACKS: &str = "INSERT INTO track
    (row, volume, folder, name, file_key, size, mtime_ns, title, key, core, artist, album, genre, disc, number, length_us, reason)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
           value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16
    FROM json_each(?)";

/// The same columns, where the row is known. Its cover is looked for anew.
const CHANGE_TRACK: &str = "UPDATE track SET size = value ->> 5, mtime_ns = value ->> 6, title = value ->> 7, key = value ->> 8,
    core = value ->> 9, artist = value ->> 10, album = value ->> 11, genre = value ->> 12, disc = value ->> 13, number = value ->> 14,
    length_us = value ->> 15, art = NULL, reason = value ->> 16
    FROM (SELECT ? AS value) WHERE row = value ->> 0";

const ADD_WORDS: &str =
    "INSERT INTO word (rowid, title, rest) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)";

/// A scan of one volume; there is one a volume at a time.
pub struct ScanWriter {
    library: Library,
    id: VolumeId,
    volume: i64,
    known: HashMap<String, Known>,
    names: Names,
    /// A change was begun and not seen to its end: the names may be of rows that were undone.
    unsure: bool,
}

impl Library {
    /// Begins to write down what a volume has. The volume was attached.
    ///
    /// # Errors
    /// [`LibraryError::ScanRuns`] while another scan of the volume goes on.
    pub async fn begin_scan(&self, volume: &VolumeId) -> Result<ScanWriter, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        let row = volume_row(&mut reader, volume).await?;
        {
            // The writer, for as long as this takes: no other scan tidies up in between.
            let _writer = self.0.writer.lock().await;
            if !self.0.scanning().insert(volume.0.clone()) {
                return Err(LibraryError::ScanRuns(volume.clone()));
            }
        }
        let mut writer = ScanWriter {
            library: self.clone(),
            id: volume.clone(),
            volume: row,
            known: HashMap::new(),
            names: Names::default(),
            unsure: false,
        };
        for sql in KNOWN {
            let mut after = 0;
            // In parts: all rows at once beside the map of them are a large part of the service's memory.
            loop {
                let files: Vec<(i64, String, String, i64, i64)> =
                    sqlx::query_as(sql).bind(row).bind(after).bind(PART).fetch_all(&mut *reader).await?;
                let Some((last, ..)) = files.last() else { break };
                after = *last;
                writer.known.extend(files.into_iter().map(|(_, folder, name, size, mtime_ns)| {
                    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                    (path, Known { size: size.cast_unsigned(), mtime_ns })
                }));
            }
        }
        Ok(writer)
    }
}

impl Drop for ScanWriter {
    fn drop(&mut self) {
        self.library.0.scanning().remove(&self.id.0);
    }
}

impl ScanWriter {
    /// What was known before the scan, and what it put since: music files and playlists, by their paths below the root.
    pub fn known(&self) -> &HashMap<String, Known> {
        &self.known
    }

    /// Writes down files that are new or changed, in one transaction; about 500 are a good batch. A path that comes twice counts as it came last.
    /// When it returns they are on the disk; if it fails nothing of the batch is.
    pub async fn put(&mut self, batch: Vec<Scanned>) -> Result<(), LibraryError> {
        let mut last = HashMap::with_capacity(batch.len());
        batch.iter().enumerate().for_each(|(place, file)| {
            last.insert(file.path.clone(), place);
        });
        let files: Vec<File> = batch
            .into_iter()
            .enumerate()
            .filter(|(place, file)| last.get(&file.path) == Some(place))
            .map(|(_, file)| scanned::file(file))
            .collect();
        self.begin();
        self.put_files(&files).await?;
        self.unsure = false;
        self.known.extend(files.into_iter().map(|file| (file.path, file.known)));
        Ok(())
    }

    /// Forgets the rows of a change that failed, or that nobody awaited to its end.
    fn begin(&mut self) {
        if std::mem::replace(&mut self.unsure, true) {
            self.names = Names::default();
        }
    }

    async fn put_files(&mut self, files: &[File]) -> Result<(), LibraryError> {
        let library = self.library.clone();
        let mut change = library.0.change().await?;
        let connection = change.connection();
        let mut words = Vec::with_capacity(files.len());
        self.names.meet(connection, self.volume, files, &mut words).await?;
        let mut next = next_row(connection, "track").await?;
        let mut tracks = Vec::with_capacity(files.len());
        let mut artists = Vec::with_capacity(files.len());
        let mut more = More::default();
        for file in files {
            let folder = self.names.folder(&file.folder);
            let known = match self.known.contains_key(&file.path) {
                true => track_row(connection, folder, file).await?,
                false => None,
            };
            let row = known.unwrap_or(next);
            let (album, genre) = (self.names.album(file), self.names.genre(file));
            for (place, artist) in file.artists.iter().filter_map(|name| self.names.artist(name)).enumerate() {
                artists.push(json!([artist, row, place, self.volume]));
                *more.artists.entry(artist).or_default() += 1;
            }
            let values = json!([
                row,
                self.volume,
                folder,
                file.name,
                file.file_key,
                file.known.size.cast_signed(),
                file.known.mtime_ns,
                file.title,
                file.key,
                file.core,
                file.artist,
                album,
                genre,
                file.disc,
                file.track,
                file.length_us,
                file.reason
            ]);
            words.push(json!([row, file.title_words, file.rest_words]));
            match known {
                Some(row) => {
                    sqlx::query("DELETE FROM track_artist WHERE track = ?").bind(row).execute(&mut *connection).await?;
                    sqlx::query("DELETE FROM word WHERE rowid = ?").bind(row).execute(&mut *connection).await?;
                    sqlx::query(CHANGE_TRACK).bind(values.to_string()).execute(&mut *connection).await?;
                }
                None => {
                    tracks.push(values);
                    next += 1;
                    let places = [(&mut more.folders, folder), (&mut more.albums, album), (&mut more.genres, genre)];
                    for (counts, place) in places {
                        if let Some(place) = place {
                            *counts.entry(place).or_default() += 1;
                        }
                    }
                }
            }
        }
        self.names.part(connection, files).await?;
        many(connection, ADD_TRACKS, tracks).await?;
        let add_artists =
            "INSERT INTO track_artist SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)";
        many(connection, add_artists, artists).await?;
        many(connection, ADD_WORDS, words).await?;
        more.count(connection, self.volume).await?;
        change.commit_shown().await
    }

    /// Writes down a playlist of the volume. Its entries are looked up when the scan ends.
    pub async fn put_playlist(
        &mut self,
        path: &str,
        size: u64,
        mtime_ns: i64,
        list: &tandem_lists::Playlist,
    ) -> Result<(), LibraryError> {
        self.begin();
        let library = self.library.clone();
        let mut change = library.0.change().await?;
        let (folder, name) = scanned::split(path);
        self.names.meet_folders(change.connection(), self.volume, &[folder]).await?;
        let row = self.names.folder(folder).ok_or_else(|| LibraryError::NoSuchVolume(self.id.clone()))?;
        let known = Known { size, mtime_ns };
        playlists::put(change.connection(), self.volume, (row, folder), name, known, list).await?;
        change.commit_shown().await?;
        self.unsure = false;
        self.known.insert(path.to_owned(), known);
        Ok(())
    }

    /// Forgets files and playlists that are no longer there. Only after a walk that saw the whole volume.
    pub async fn gone(&mut self, paths: &[String]) -> Result<(), LibraryError> {
        for step in paths.chunks(STEP) {
            let library = self.library.clone();
            let mut change = library.0.change().await?;
            for path in step {
                let (folder, name) = scanned::split(path);
                for sql in [
                    "DELETE FROM track WHERE folder = (SELECT row FROM folder WHERE volume = ?1 AND path = ?2) AND file_key = ?3 AND name = ?4",
                    "DELETE FROM playlist WHERE folder = (SELECT row FROM folder WHERE volume = ?1 AND path = ?2) AND name = ?4",
                ] {
                    sqlx::query(sql)
                        .bind(self.volume)
                        .bind(folder)
                        .bind(sort_key(name))
                        .bind(name)
                        .execute(change.connection())
                        .await?;
                }
            }
            change.commit_shown().await?;
            for path in step {
                self.known.remove(path);
            }
        }
        Ok(())
    }

    /// Ends the scan: playlists find their files, and what is empty now goes.
    pub async fn finish(self) -> Result<(), LibraryError> {
        let mut change = self.library.0.change().await?;
        playlists::look_up(change.connection(), self.volume).await?;
        let alone = self.library.0.scanning().len() == 1;
        if alone {
            tidy(change.connection()).await?;
        }
        change.commit_shown().await
    }
}

/// Tracks that lists count, by the rows of what has them: once for a batch, where a trigger would do it for every track.
#[derive(Default)]
struct More {
    folders: HashMap<i64, u32>,
    albums: HashMap<i64, u32>,
    genres: HashMap<i64, u32>,
    artists: HashMap<i64, u32>,
}

impl More {
    async fn count(self, connection: &mut SqliteConnection, volume: i64) -> Result<(), LibraryError> {
        for (sql, counts) in [
            (
                "UPDATE folder SET children = children + (value ->> 1) FROM json_each(?) WHERE row = value ->> 0",
                self.folders,
            ),
            ("UPDATE album SET tracks = tracks + (value ->> 1) FROM json_each(?) WHERE row = value ->> 0", self.albums),
            (
                "INSERT INTO genre_share SELECT value ->> 0, value ->> 2, value ->> 1 FROM json_each(?) WHERE true
                 ON CONFLICT DO UPDATE SET tracks = tracks + excluded.tracks",
                self.genres,
            ),
            (
                "INSERT INTO artist_share SELECT value ->> 0, value ->> 2, value ->> 1 FROM json_each(?) WHERE true
                 ON CONFLICT DO UPDATE SET tracks = tracks + excluded.tracks",
                self.artists,
            ),
        ] {
            many(connection, sql, counts.into_iter().map(|(row, count)| json!([row, count, volume])).collect()).await?;
        }
        Ok(())
    }
}

async fn track_row(
    connection: &mut SqliteConnection,
    folder: Option<i64>,
    file: &File,
) -> Result<Option<i64>, LibraryError> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT row FROM track WHERE folder = ? AND file_key = ? AND name = ?")
        .bind(folder)
        .bind(&file.file_key)
        .bind(&file.name)
        .fetch_optional(connection)
        .await?;
    Ok(found.map(|(row,)| row))
}

/// Runs a statement that takes its rows from a JSON array: one call for a whole batch.
pub(crate) async fn many(
    connection: &mut SqliteConnection,
    sql: &'static str,
    rows: Vec<Value>,
) -> Result<(), LibraryError> {
    if !rows.is_empty() {
        sqlx::query(sql).bind(Value::from(rows).to_string()).execute(connection).await?;
    }
    Ok(())
}

/// Makes an item findable by its words; those of before are forgotten.
pub(crate) async fn index(
    connection: &mut SqliteConnection,
    kind: Kind,
    row: i64,
    title: &str,
    rest: &str,
) -> Result<(), LibraryError> {
    let id = ItemId { kind, row };
    sqlx::query("DELETE FROM word WHERE rowid = ?").bind(encode(id)).execute(&mut *connection).await?;
    many(connection, ADD_WORDS, vec![indexed(id, title, rest)]).await
}

/// A row of the index of words.
fn indexed(id: ItemId, title: &str, rest: &str) -> Value {
    let (mut title_words, mut rest_words) = (String::new(), String::new());
    index_words(title, &mut title_words);
    index_words(rest, &mut rest_words);
    json!([encode(id), title_words, rest_words])
}

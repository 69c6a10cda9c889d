//! What a scan writes: batches of files, each in one transaction.

use std::collections::HashMap;

use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use crate::error::LibraryError;
use crate::fold::{index_words, path_key, sort_key};
use crate::model::{ItemId, Kind, Known, Scanned, VolumeId};
use crate::order::encode;
use crate::scanned::{self, File};
use crate::volumes::{tidy, volume_row};
use crate::walk::shown;
use crate::{Library, playlists};

/// Files that one transaction forgets.
const STEP: usize = 1_000;

const ADD_TRACKS: &str = "INSERT INTO track
    (row, volume, folder, name, file_key, size, mtime_ns, title, key, core, artist, album, genre, disc, number, length_us, art, reason)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
           value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17
    FROM json_each(?)";

/// The same columns, where the row is known.
const CHANGE_TRACK: &str = "UPDATE track SET size = value ->> 5, mtime_ns = value ->> 6, title = value ->> 7, key = value ->> 8,
    core = value ->> 9, artist = value ->> 10, album = value ->> 11, genre = value ->> 12, disc = value ->> 13, number = value ->> 14,
    length_us = value ->> 15, art = value ->> 16, reason = value ->> 17
    FROM (SELECT ? AS value) WHERE row = value ->> 0";

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

/// Rows that were looked up, so that a batch of one album asks once.
#[derive(Default)]
struct Names {
    folders: HashMap<String, Place>,
    artists: HashMap<String, Place>,
    genres: HashMap<String, i64>,
    albums: HashMap<(String, String), Album>,
}

#[derive(Clone, Copy)]
struct Place {
    row: i64,
    art: bool,
}

struct Album {
    row: i64,
    artist: String,
    art: bool,
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
        let files: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT folder.path, track.name, size, mtime_ns FROM folder JOIN track ON track.folder = folder.row WHERE folder.volume = ?1
             UNION ALL
             SELECT folder.path, playlist.name, size, mtime_ns FROM folder JOIN playlist ON playlist.folder = folder.row
             WHERE folder.volume = ?1",
        )
        .bind(row)
        .fetch_all(&mut *reader)
        .await?;
        writer.known = files
            .into_iter()
            .map(|(folder, name, size, mtime_ns)| {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                (path, Known { size: size.cast_unsigned(), mtime_ns })
            })
            .collect();
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
        let (mut next,): (i64,) =
            sqlx::query_as("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'track'), 0) + 1")
                .fetch_one(&mut *connection)
                .await?;
        let mut tracks = Vec::with_capacity(files.len());
        let mut artists = Vec::with_capacity(files.len());
        let mut words = Vec::with_capacity(files.len());
        for file in files {
            let folder = self.folder(connection, &file.folder).await?;
            let known = match self.known.contains_key(&file.path) {
                true => track_row(connection, folder.row, file).await?,
                false => None,
            };
            let row = known.unwrap_or(next);
            for (place, name) in file.artists.iter().enumerate() {
                let artist = self.artist(connection, name, file.art.as_deref()).await?;
                artists.push(json!([artist, row, place, self.volume]));
            }
            let album = self.album(connection, file, known.is_some()).await?;
            let genre = self.genre(connection, &file.genre).await?;
            if let (Some(art), false) = (&file.art, folder.art) {
                sqlx::query("UPDATE folder SET art = ? WHERE row = ?")
                    .bind(art)
                    .bind(folder.row)
                    .execute(&mut *connection)
                    .await?;
                self.names.folders.entry(file.folder.clone()).and_modify(|folder| folder.art = true);
            }
            let values = json!([
                row,
                self.volume,
                folder.row,
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
                file.art,
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
                }
            }
        }
        many(connection, ADD_TRACKS, tracks).await?;
        many(connection, "INSERT INTO track_artist SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
            ON CONFLICT DO NOTHING", artists).await?;
        many(
            connection,
            "INSERT INTO word (rowid, title, rest) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
            words,
        )
        .await?;
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
        let place = self.folder(change.connection(), folder).await?;
        let known = Known { size, mtime_ns };
        playlists::put(change.connection(), self.volume, (place.row, folder), name, known, list).await?;
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

    async fn folder(&mut self, connection: &mut SqliteConnection, path: &str) -> Result<Place, LibraryError> {
        if let Some(place) = self.names.folders.get(path) {
            return Ok(*place);
        }
        // From the root down to it.
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let paths = [""].into_iter().chain(ends.filter_map(|end| path.get(..end)).filter(|path| !path.is_empty()));
        let mut place: Option<Place> = None;
        for path in paths {
            if let Some(known) = self.names.folders.get(path) {
                place = Some(*known);
                continue;
            }
            let found: Option<(i64, bool)> =
                sqlx::query_as("SELECT row, art IS NOT NULL FROM folder WHERE volume = ? AND path = ?")
                    .bind(self.volume)
                    .bind(path)
                    .fetch_optional(&mut *connection)
                    .await?;
            let known = match found {
                Some((row, art)) => Place { row, art },
                None => {
                    let title = shown(path.rsplit('/').next().unwrap_or_default());
                    let (row,): (i64,) = sqlx::query_as(
                        "INSERT INTO folder (volume, parent, path, title, key) VALUES (?, ?, ?, ?, ?) RETURNING row",
                    )
                    .bind(self.volume)
                    .bind(place.map(|place| place.row))
                    .bind(path)
                    .bind(title)
                    .bind(path_key(path))
                    .fetch_one(&mut *connection)
                    .await?;
                    Place { row, art: false }
                }
            };
            self.names.folders.insert(path.to_owned(), known);
            place = Some(known);
        }
        place.ok_or_else(|| LibraryError::NoSuchVolume(self.id.clone()))
    }

    async fn artist(
        &mut self,
        connection: &mut SqliteConnection,
        name: &scanned::Name,
        art: Option<&str>,
    ) -> Result<i64, LibraryError> {
        let place = match self.names.artists.get(&name.folded) {
            Some(place) => *place,
            None => {
                let found: Option<(i64, bool)> =
                    sqlx::query_as("SELECT row, art IS NOT NULL FROM artist WHERE folded = ?")
                        .bind(&name.folded)
                        .fetch_optional(&mut *connection)
                        .await?;
                let place = match found {
                    Some((row, art)) => Place { row, art },
                    None => {
                        let (row,): (i64,) =
                            sqlx::query_as("INSERT INTO artist (name, folded, key) VALUES (?, ?, ?) RETURNING row")
                                .bind(&name.shown)
                                .bind(&name.folded)
                                .bind(sort_key(&name.shown))
                                .fetch_one(&mut *connection)
                                .await?;
                        index(connection, Kind::Artist, row, &name.shown, "").await?;
                        Place { row, art: false }
                    }
                };
                self.names.artists.insert(name.folded.clone(), place);
                place
            }
        };
        if let (Some(art), false) = (art, place.art) {
            sqlx::query("UPDATE artist SET art = ? WHERE row = ?")
                .bind(art)
                .bind(place.row)
                .execute(&mut *connection)
                .await?;
            self.names.artists.insert(name.folded.clone(), Place { art: true, ..place });
        }
        Ok(place.row)
    }

    async fn genre(
        &mut self,
        connection: &mut SqliteConnection,
        name: &Option<scanned::Name>,
    ) -> Result<Option<i64>, LibraryError> {
        let Some(name) = name else { return Ok(None) };
        if let Some(row) = self.names.genres.get(&name.folded) {
            return Ok(Some(*row));
        }
        let (row,): (i64,) = sqlx::query_as(
            "INSERT INTO genre (name, folded, key) VALUES (?, ?, ?) ON CONFLICT (folded) DO UPDATE SET folded = folded RETURNING row",
        )
        .bind(&name.shown)
        .bind(&name.folded)
        .bind(sort_key(&name.shown))
        .fetch_one(&mut *connection)
        .await?;
        self.names.genres.insert(name.folded.clone(), row);
        Ok(Some(row))
    }

    async fn album(
        &mut self,
        connection: &mut SqliteConnection,
        file: &File,
        again: bool,
    ) -> Result<Option<i64>, LibraryError> {
        let Some(name) = &file.album else { return Ok(None) };
        let same = (name.folded.clone(), file.scope.clone());
        if !self.names.albums.contains_key(&same) {
            let album = self.album_row(connection, name, file).await?;
            self.names.albums.insert(same.clone(), album);
        }
        let Some(album) = self.names.albums.get_mut(&same) else { return Ok(None) };
        if let Some(art) = file.art.as_deref().filter(|_| again || !album.art) {
            sqlx::query("UPDATE album SET art = ? WHERE row = ?")
                .bind(art)
                .bind(album.row)
                .execute(&mut *connection)
                .await?;
            album.art = true;
        }
        // Without an album artist it is of all its tracks' artist, if that is one.
        if file.album_artist.is_none() && !album.artist.is_empty() && album.artist != file.artist {
            sqlx::query("UPDATE album SET artist = '' WHERE row = ?").bind(album.row).execute(&mut *connection).await?;
            album.artist.clear();
        }
        Ok(Some(album.row))
    }

    async fn album_row(
        &mut self,
        connection: &mut SqliteConnection,
        name: &scanned::Name,
        file: &File,
    ) -> Result<Album, LibraryError> {
        let found: Option<(i64, String, bool)> = sqlx::query_as(
            "SELECT row, artist, art IS NOT NULL FROM album WHERE volume = ? AND folded = ? AND scope = ?",
        )
        .bind(self.volume)
        .bind(&name.folded)
        .bind(&file.scope)
        .fetch_optional(&mut *connection)
        .await?;
        if let Some((row, artist, art)) = found {
            return Ok(Album { row, artist, art });
        }
        let album_artist = match &file.album_artist {
            Some(artist) => Some(self.artist(connection, artist, None).await?),
            None => None,
        };
        let artist = file.album_artist.as_ref().map_or(&file.artist, |artist| &artist.shown);
        let (row,): (i64,) = sqlx::query_as(
            "INSERT INTO album (volume, title, folded, scope, key, artist, album_artist, year) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             RETURNING row",
        )
        .bind(self.volume)
        .bind(&name.shown)
        .bind(&name.folded)
        .bind(&file.scope)
        .bind(sort_key(&name.shown))
        .bind(artist)
        .bind(album_artist)
        .bind(file.year)
        .fetch_one(&mut *connection)
        .await?;
        index(connection, Kind::Album, row, &name.shown, artist).await?;
        Ok(Album { row, artist: artist.clone(), art: false })
    }
}

async fn track_row(connection: &mut SqliteConnection, folder: i64, file: &File) -> Result<Option<i64>, LibraryError> {
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
    rows: Vec<serde_json::Value>,
) -> Result<(), LibraryError> {
    if !rows.is_empty() {
        sqlx::query(sql).bind(serde_json::Value::from(rows).to_string()).execute(connection).await?;
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
) -> Result<(), sqlx::Error> {
    let (mut title_words, mut rest_words) = (String::new(), String::new());
    index_words(title, &mut title_words);
    index_words(rest, &mut rest_words);
    let row = encode(ItemId { kind, row });
    sqlx::query("DELETE FROM word WHERE rowid = ?").bind(row).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO word (rowid, title, rest) VALUES (?, ?, ?)")
        .bind(row)
        .bind(title_words)
        .bind(rest_words)
        .execute(connection)
        .await?;
    Ok(())
}

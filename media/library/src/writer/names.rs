//! The folders, artists, genres and albums that a batch of files names. All of one kind are looked up at once, and the new ones written at once: asked for one by
//! one, they take longer than their tracks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::{indexed, many};
use crate::error::LibraryError;
use crate::fold::{path_key, sort_key};
use crate::model::{ItemId, Kind};
use crate::scanned::{self, File, Name};
use crate::walk::shown;

/// Rows that are known, by what tells them apart.
#[derive(Default)]
pub(super) struct Names {
    folders: HashMap<String, i64>,
    artists: HashMap<String, i64>,
    genres: HashMap<String, i64>,
    /// By the folded title and the scope.
    albums: HashMap<(String, String), Album>,
}

struct Album {
    row: i64,
    /// As it is shown; empty for an album of several.
    artist: String,
}

impl Names {
    /// Looks up everything that the files name, and writes what is new; `words` is what makes that findable.
    pub async fn meet(
        &mut self,
        connection: &mut SqliteConnection,
        volume: i64,
        files: &[File],
        words: &mut Vec<Value>,
    ) -> Result<(), LibraryError> {
        let folders: Vec<&str> = files.iter().map(|file| file.folder.as_str()).collect();
        self.meet_folders(connection, volume, &folders).await?;
        let artists = files.iter().flat_map(|file| file.artists.iter().chain(&file.album_artist)).collect();
        for (row, name) in meet(connection, &mut self.artists, artists, "artist").await? {
            words.push(indexed(ItemId { kind: Kind::Artist, row }, &name.shown, ""));
        }
        let genres = files.iter().filter_map(|file| file.genre.as_ref()).collect();
        meet(connection, &mut self.genres, genres, "genre").await?;
        self.meet_albums(connection, volume, files, words).await
    }

    pub async fn meet_folders(
        &mut self,
        connection: &mut SqliteConnection,
        volume: i64,
        paths: &[&str],
    ) -> Result<(), LibraryError> {
        // In this order a folder comes before what lies in it.
        let mut new: BTreeSet<&str> =
            paths.iter().flat_map(|path| down_to(path)).filter(|path| !self.folders.contains_key(*path)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let find =
            "SELECT folder.path, row FROM json_each(?) CROSS JOIN folder ON folder.volume = ? AND folder.path = value";
        let found: Vec<(String, i64)> =
            sqlx::query_as(find).bind(json!(new).to_string()).bind(volume).fetch_all(&mut *connection).await?;
        for (path, row) in found {
            new.remove(path.as_str());
            self.folders.insert(path, row);
        }
        let first = next_row(connection, "folder").await?;
        let mut rows = Vec::with_capacity(new.len());
        for (row, path) in (first..).zip(new) {
            let (above, name) = scanned::split(path);
            let parent = if path.is_empty() { None } else { self.folder(above) };
            rows.push(json!([row, volume, parent, path, shown(name), path_key(path)]));
            self.folders.insert(path.to_owned(), row);
        }
        let add = "INSERT INTO folder (row, volume, parent, path, title, key)
            SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)";
        many(connection, add, rows).await
    }

    async fn meet_albums(
        &mut self,
        connection: &mut SqliteConnection,
        volume: i64,
        files: &[File],
        words: &mut Vec<Value>,
    ) -> Result<(), LibraryError> {
        let mut new: BTreeMap<(String, String), (&Name, &File)> = BTreeMap::new();
        for file in files {
            if let (Some(name), Some(same)) = (&file.album, same(file))
                && !self.albums.contains_key(&same)
            {
                new.entry(same).or_insert((name, file));
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let find = "SELECT folded, scope, row, artist FROM json_each(?) CROSS JOIN album
            ON album.volume = ? AND folded = value ->> 0 AND scope = value ->> 1";
        let wanted = Value::from_iter(new.keys().map(|(folded, scope)| json!([folded, scope]))).to_string();
        let found: Vec<(String, String, i64, String)> =
            sqlx::query_as(find).bind(wanted).bind(volume).fetch_all(&mut *connection).await?;
        for (folded, scope, row, artist) in found {
            let same = (folded, scope);
            new.remove(&same);
            self.albums.insert(same, Album { row, artist });
        }
        let first = next_row(connection, "album").await?;
        let mut rows = Vec::with_capacity(new.len());
        for (row, (same, (name, file))) in (first..).zip(new) {
            let artist = file.album_artist.as_ref().map_or(&file.artist, |artist| &artist.shown);
            let of = file.album_artist.as_ref().and_then(|artist| self.artist(artist));
            rows.push(json!([row, volume, name.shown, same.0, same.1, sort_key(&name.shown), artist, of, file.year]));
            words.push(indexed(ItemId { kind: Kind::Album, row }, &name.shown, artist));
            self.albums.insert(same, Album { row, artist: artist.clone() });
        }
        let add = "INSERT INTO album (row, volume, title, folded, scope, key, artist, album_artist, year)
            SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
            FROM json_each(?)";
        many(connection, add, rows).await
    }

    /// Without an album artist an album is of all its tracks' artist, if that is one.
    pub async fn part(&mut self, connection: &mut SqliteConnection, files: &[File]) -> Result<(), LibraryError> {
        let mut several = HashSet::new();
        for file in files.iter().filter(|file| file.album_artist.is_none()) {
            let album = same(file).and_then(|same| self.albums.get_mut(&same));
            if let Some(album) = album.filter(|album| !album.artist.is_empty() && album.artist != file.artist) {
                album.artist.clear();
                several.insert(album.row);
            }
        }
        let part = "UPDATE album SET artist = '' WHERE row IN (SELECT value FROM json_each(?))";
        many(connection, part, several.into_iter().map(Value::from).collect()).await
    }

    pub fn folder(&self, path: &str) -> Option<i64> {
        self.folders.get(path).copied()
    }

    pub fn artist(&self, name: &Name) -> Option<i64> {
        self.artists.get(&name.folded).copied()
    }

    pub fn genre(&self, file: &File) -> Option<i64> {
        self.genres.get(&file.genre.as_ref()?.folded).copied()
    }

    pub fn album(&self, file: &File) -> Option<i64> {
        self.albums.get(&same(file)?).map(|album| album.row)
    }
}

/// What tells an album from others.
fn same(file: &File) -> Option<(String, String)> {
    file.album.as_ref().map(|album| (album.folded.clone(), file.scope.clone()))
}

/// A folder, and those above it.
fn down_to(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    [""].into_iter().chain(ends.filter_map(|end| path.get(..end)))
}

/// The same for artists and genres; those that are new.
async fn meet<'a>(
    connection: &mut SqliteConnection,
    known: &mut HashMap<String, i64>,
    names: Vec<&'a Name>,
    table: &'static str,
) -> Result<Vec<(i64, &'a Name)>, LibraryError> {
    let mut new: BTreeMap<&str, &Name> = BTreeMap::new();
    for name in names.into_iter().filter(|name| !known.contains_key(&name.folded)) {
        new.entry(&name.folded).or_insert(name);
    }
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Value::from_iter(new.keys().copied()).to_string();
    let find = format!("SELECT folded, row FROM json_each(?) CROSS JOIN {table} ON folded = value");
    let found: Vec<(String, i64)> =
        sqlx::query_as(AssertSqlSafe(find)).bind(wanted).fetch_all(&mut *connection).await?;
    for (folded, row) in found {
        new.remove(folded.as_str());
        known.insert(folded, row);
    }
    let added: Vec<_> = (next_row(connection, table).await?..).zip(new.into_values()).collect();
    known.extend(added.iter().map(|(row, name)| (name.folded.clone(), *row)));
    let rows = added.iter().map(|(row, name)| json!([row, name.shown, name.folded, sort_key(&name.shown)]));
    if !added.is_empty() {
        let add =
            "(row, name, folded, key) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)";
        let rows = Value::from_iter(rows).to_string();
        sqlx::query(AssertSqlSafe(format!("INSERT INTO {table} {add}"))).bind(rows).execute(connection).await?;
    }
    Ok(added)
}

/// The row that a table gives out next; none is given out twice.
pub(super) async fn next_row(connection: &mut SqliteConnection, table: &str) -> Result<i64, LibraryError> {
    let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0) + 1";
    let (row,): (i64,) = sqlx::query_as(next).bind(table).fetch_one(connection).await?;
    Ok(row)
}

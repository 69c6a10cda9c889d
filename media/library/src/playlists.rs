//! Playlists that lie on a volume as files.

use serde_json::json;
use sqlx::sqlite::SqliteConnection;
use url::Url;

use crate::error::LibraryError;
use crate::fold::{clean, path_key, sort_key};
use crate::model::{Kind, Known};
use crate::scanned::split;
use crate::volumes::NAME;
use crate::writer::{index, many};

/// What an entry of a playlist names.
enum Target {
    /// A path below the volume's root.
    File(String),
    Address(String),
}

/// Writes down a playlist in a folder (its row, its path); one of this name is replaced and keeps its id.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    volume: i64,
    (folder, folder_path): (i64, &str),
    name: &str,
    known: Known,
    list: &tandem_lists::Playlist,
) -> Result<(), LibraryError> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title = Some(clean(&list.title, NAME)).filter(|title| !title.is_empty()).unwrap_or_else(|| clean(stem, NAME));
    let (root,): (Vec<u8>,) =
        sqlx::query_as("SELECT root FROM volume WHERE row = ?").bind(volume).fetch_one(&mut *connection).await?;
    let root = String::from_utf8_lossy(&root).into_owned();
    let mut entries = Vec::with_capacity(list.entries.len());
    for entry in &list.entries {
        match target(&entry.address, folder_path, &root) {
            Some(Target::File(path)) => entries.push((Some(path), None)),
            Some(Target::Address(url)) => {
                let title = Some(entry.title.as_str()).filter(|title| !title.is_empty()).unwrap_or(&url);
                entries.push((None, Some(station(connection, &url, title).await?)));
            }
            None => {}
        }
    }
    let (row,): (i64,) = sqlx::query_as(
        "INSERT INTO playlist (volume, folder, name, size, mtime_ns, title, key, entries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (folder, name) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, title = excluded.title,
             key = excluded.key, entries = excluded.entries RETURNING row",
    )
    .bind(volume)
    .bind(folder)
    .bind(name)
    .bind(known.size.cast_signed())
    .bind(known.mtime_ns)
    .bind(&title)
    .bind(sort_key(&title))
    .bind(u32::try_from(entries.len()).unwrap_or(u32::MAX))
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM playlist_entry WHERE playlist = ?").bind(row).execute(&mut *connection).await?;
    let rows = entries.into_iter().enumerate().map(|(place, (path, station))| {
        let path = path.unwrap_or_default();
        let (folder, name) = split(&path);
        json!([row, place, folder, path_key(folder), name, sort_key(name), station])
    });
    many(
        connection,
        "INSERT INTO playlist_entry (playlist, place, folder_path, folder_key, name, file_key, station)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?)",
        rows.collect(),
    )
    .await?;
    index(connection, Kind::Playlist, row, &title, "").await?;
    Ok(())
}

/// An address that only a playlist names.
async fn station(connection: &mut SqliteConnection, url: &str, title: &str) -> Result<i64, LibraryError> {
    let title = clean(title, NAME);
    let (row,): (i64,) = sqlx::query_as(
        "INSERT INTO station (url, uuid, title, key, country, language, tags, codec, bitrate, favicon, listed)
         VALUES (?, '', ?, ?, '', '', '', '', 0, '', 0) ON CONFLICT (url) DO UPDATE SET url = url RETURNING row",
    )
    .bind(url)
    .bind(&title)
    .bind(sort_key(&title))
    .fetch_one(connection)
    .await?;
    Ok(row)
}

/// Finds the files that the entries of a volume's playlists name: by the exact path, or else as a FAT stick would, whatever the case.
pub(crate) async fn look_up(connection: &mut SqliteConnection, volume: i64) -> Result<(), LibraryError> {
    for sql in [
        "UPDATE playlist_entry SET track = (
            SELECT track.row FROM folder JOIN track ON track.folder = folder.row
            WHERE folder.volume = ?1 AND folder.path = playlist_entry.folder_path
              AND track.file_key = playlist_entry.file_key AND track.name = playlist_entry.name)
         WHERE station IS NULL AND track IS NULL AND playlist IN (SELECT row FROM playlist WHERE volume = ?1)",
        "UPDATE playlist_entry SET track = (
            SELECT track.row FROM folder JOIN track ON track.folder = folder.row
            WHERE folder.volume = ?1 AND folder.key = playlist_entry.folder_key AND track.file_key = playlist_entry.file_key LIMIT 1)
         WHERE station IS NULL AND track IS NULL AND playlist IN (SELECT row FROM playlist WHERE volume = ?1)",
    ] {
        sqlx::query(sql).bind(volume).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Where an address leads from a playlist in a folder; nothing if that is off the volume or no music.
fn target(address: &str, folder: &str, root: &str) -> Option<Target> {
    let address = address.trim();
    if let Ok(url) = Url::parse(address) {
        match url.scheme() {
            "http" | "https" => return Some(Target::Address(url.into())),
            "file" => {
                let path = url.to_file_path().ok()?;
                return Some(Target::File(below(path.to_str()?, root)?));
            }
            // A Windows drive: the stick had a letter where the list was written.
            drive if drive.len() == 1 => {
                let (_, path) = address.split_once(':')?;
                return resolve("", path).map(Target::File);
            }
            _ => return None,
        }
    }
    match address.starts_with('/') {
        true => below(address, root).map(Target::File),
        false => resolve(folder, address).map(Target::File),
    }
}

/// A whole path, as a path below the root; one that is not below it is meant from the root of the volume.
fn below(path: &str, root: &str) -> Option<String> {
    let inside = path.strip_prefix(root.trim_end_matches('/')).filter(|rest| rest.starts_with('/'));
    resolve("", inside.unwrap_or(path))
}

/// A path from a folder, without `.` and `..`; nothing if it leads above the root.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

//! Items by their ids, as lists show them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};
use url::Url;

use crate::Library;
use crate::error::LibraryError;
use crate::model::{Item, ItemId, Kind};
use crate::walk::unwritten;

/// Rows of every kind have the same columns; what a kind lacks is a constant.
///
/// `row, title, artist, album, length_us, count, heard_us, art, reason, present, root, place, volume_name, usb`
fn columns(kind: Kind) -> &'static str {
    match kind {
        Kind::Track => {
            "track.row, track.title, track.artist, coalesce(album.title, ''), track.length_us, 0,
             coalesce((SELECT position_us FROM heard WHERE kind = 0 AND item = track.row), 0), coalesce(nullif(track.art, ''), album.art, folder.art),
             track.reason, volume.present, volume.root, folder.path || '/' || track.name, volume.name, volume.usb
             FROM json_each(?) CROSS JOIN track ON track.row = value JOIN folder ON folder.row = track.folder
             JOIN volume ON volume.row = track.volume LEFT JOIN album ON album.row = track.album"
        }
        Kind::Station => {
            "row, title, '', '', NULL, 0, 0, art, reason, 1, NULL, url, '', 0 FROM json_each(?) CROSS JOIN station ON row = value"
        }
        Kind::Episode => {
            "episode.row, episode.title, podcast.title, '', length_us, 0,
             coalesce((SELECT position_us FROM heard WHERE kind = 2 AND item = episode.row), 0), podcast.art, episode.reason, 1,
             episode.file, episode.url, '', 0
             FROM json_each(?) CROSS JOIN episode ON episode.row = value JOIN podcast ON podcast.row = episode.podcast"
        }
        Kind::Artist => {
            "row, name, '', '', NULL, (SELECT coalesce(sum(tracks), 0) FROM artist_share WHERE artist = artist.row), 0, art, '',
             EXISTS (SELECT 1 FROM artist_share JOIN volume ON volume.row = volume
                     WHERE artist = artist.row AND tracks > 0 AND present), NULL, '', '', 0
             FROM json_each(?) CROSS JOIN artist ON artist.row = value"
        }
        Kind::Album => {
            "album.row, title, artist, '', NULL, tracks, 0, art, '', present, NULL, '', volume.name, usb
             FROM json_each(?) CROSS JOIN album ON album.row = value JOIN volume ON volume.row = album.volume"
        }
        Kind::Genre => {
            "row, name, '', '', NULL, (SELECT coalesce(sum(tracks), 0) FROM genre_share WHERE genre = genre.row), 0, NULL, '',
             EXISTS (SELECT 1 FROM genre_share JOIN volume ON volume.row = volume
                     WHERE genre = genre.row AND tracks > 0 AND present), NULL, '', '', 0
             FROM json_each(?) CROSS JOIN genre ON genre.row = value"
        }
        Kind::Folder => {
            "folder.row, iif(folder.parent IS NULL, volume.name, title), '', '', NULL, children, 0, art, '', present, NULL, '', volume.name, usb
             FROM json_each(?) CROSS JOIN folder ON folder.row = value JOIN volume ON volume.row = folder.volume"
        }
        Kind::Playlist => {
            "playlist.row, title, '', '', NULL, entries, 0, NULL, '', present, NULL, '', volume.name, usb
             FROM json_each(?) CROSS JOIN playlist ON playlist.row = value JOIN volume ON volume.row = playlist.volume"
        }
        Kind::Podcast => {
            "row, title, author, '', NULL, episodes, 0, art, '', 1, NULL, '', '', 0
             FROM json_each(?) CROSS JOIN podcast ON row = value"
        }
    }
}

impl Library {
    /// An item; none if nothing has this id any more.
    pub async fn item(&self, id: ItemId) -> Result<Option<Item>, LibraryError> {
        Ok(self.items(&[id]).await?.pop())
    }

    /// Items in the order asked for; those that are gone are left out.
    pub async fn items(&self, ids: &[ItemId]) -> Result<Vec<Item>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        items(&mut reader, ids, &self.0.art).await
    }
}

pub(crate) async fn items(
    connection: &mut SqliteConnection,
    ids: &[ItemId],
    art_folder: &Path,
) -> Result<Vec<Item>, LibraryError> {
    let mut found: HashMap<ItemId, Item> = HashMap::with_capacity(ids.len());
    for kind in Kind::ALL {
        let rows: Vec<i64> = ids.iter().filter(|id| id.kind == kind).map(|id| id.row).collect();
        if rows.is_empty() {
            continue;
        }
        let sql = AssertSqlSafe(format!("SELECT {}", columns(kind)));
        for row in sqlx::query(sql).bind(json!(rows).to_string()).fetch_all(&mut *connection).await? {
            let item = item(kind, &row, art_folder)?;
            found.insert(item.id, item);
        }
    }
    // An id may be asked for twice.
    Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
}

fn item(kind: Kind, row: &SqliteRow, art_folder: &Path) -> Result<Item, sqlx::Error> {
    let reason: String = row.try_get(8)?;
    let present: bool = row.try_get(9)?;
    let root: Option<Vec<u8>> = row.try_get(10)?;
    let root = root.map(|root| PathBuf::from(OsString::from_vec(root)));
    let place: String = row.try_get(11)?;
    let uri = match kind {
        Kind::Track => root.filter(|_| present).and_then(|root| {
            let path = root.join(unwritten(place.trim_start_matches('/')));
            Url::from_file_path(path).ok().map(String::from)
        }),
        Kind::Episode => root.and_then(|file| Url::from_file_path(file).ok()).map(String::from).or(Some(place)),
        Kind::Station => Some(place),
        _ => None,
    };
    let reason = if present { reason } else { absent(&row.try_get::<String, _>(12)?, row.try_get(13)?) };
    Ok(Item {
        id: ItemId { kind, row: row.try_get(0)? },
        title: row.try_get(1)?,
        artist: row.try_get(2)?,
        album: row.try_get(3)?,
        length_us: row.try_get(4)?,
        count: u32::try_from(row.try_get::<i64, _>(5)?).unwrap_or(0),
        heard_us: if kind == Kind::Episode { row.try_get(6)? } else { 0 },
        uri,
        art: row.try_get::<Option<String>, _>(7)?.map(|name| art_folder.join(name)),
        available: reason.is_empty(),
        reason,
    })
}

/// Why nothing of a volume plays; of an artist or a genre that several volumes have, no name is given.
fn absent(volume: &str, usb: bool) -> String {
    match (volume, usb) {
        ("", _) => "What has it is not in the car".to_owned(),
        (name, true) => format!("The stick {name} is not in the car"),
        (name, false) => format!("The folder {name} is not there"),
    }
}

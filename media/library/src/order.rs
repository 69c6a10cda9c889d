//! Which rows a view has, and in which order. A list is put in order once a generation; its pages are cut from that.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnection;

use crate::error::LibraryError;
use crate::model::{ItemId, Kind, Parent, View};
use crate::volumes::volume_row;

/// Lists that are kept.
const KEPT: usize = 6;
const ROW: i64 = (1 << 48) - 1;

/// Lists in order, the latest used last.
#[derive(Default)]
pub(crate) struct Orders(Mutex<Vec<Kept>>);

struct Kept {
    generation: u64,
    view: View,
    parent: Parent,
    order: Order,
}

/// Ids as one number each, see [`decode`].
pub(crate) type Order = Arc<[i64]>;

pub(crate) fn encode(id: ItemId) -> i64 {
    let place = Kind::ALL.iter().position(|kind| *kind == id.kind).unwrap_or_default();
    i64::try_from(place).unwrap_or_default() << 48 | id.row & ROW
}

pub(crate) fn decode(number: i64) -> Option<ItemId> {
    let kind = *Kind::ALL.get(usize::try_from(number >> 48).ok()?)?;
    Some(ItemId { kind, row: number & ROW })
}

impl Orders {
    pub(crate) fn get(&self, generation: u64, view: View, parent: &Parent) -> Option<Order> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.generation >= generation);
        let at = kept
            .iter()
            .position(|kept| kept.generation == generation && kept.view == view && kept.parent == *parent)?;
        let found = kept.remove(at);
        let order = Arc::clone(&found.order);
        kept.push(found);
        Some(order)
    }

    pub(crate) fn keep(&self, generation: u64, view: View, parent: &Parent, order: &Order) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Kept { generation, view, parent: parent.clone(), order: Arc::clone(order) });
    }
}

/// Puts a part of a view in order. What the view cannot show of the parent is empty.
pub(crate) async fn order(
    connection: &mut SqliteConnection,
    view: View,
    parent: &Parent,
) -> Result<Order, LibraryError> {
    let (sql, row) = match parent {
        Parent::All => (Some(all(view)), 0),
        Parent::Volume(id) => (of_volume(view), volume_row(connection, id).await?),
        Parent::Item(id) => {
            exists(connection, *id).await?;
            (of_item(view, id.kind), id.row)
        }
    };
    let Some(sql) = sql else { return Ok(Order::default()) };
    numbers(connection, sql, row).await
}

/// The ids that a statement gives as one text of numbers: a hundred thousand rows of their own take several times as long.
pub(crate) async fn numbers(
    connection: &mut SqliteConnection,
    sql: &'static str,
    row: i64,
) -> Result<Order, LibraryError> {
    let (numbers,): (Option<String>,) = sqlx::query_as(sql).bind(row).fetch_one(connection).await?;
    Ok(ids(&numbers.unwrap_or_default()).collect())
}

/// The numbers of a `group_concat`.
pub(crate) fn ids(numbers: &str) -> impl Iterator<Item = i64> {
    numbers.split(',').filter_map(|number| number.parse().ok())
}

pub(crate) async fn exists(connection: &mut SqliteConnection, id: ItemId) -> Result<(), LibraryError> {
    let sql = match id.kind {
        Kind::Track => "SELECT 1 FROM track WHERE row = ?",
        Kind::Station => "SELECT 1 FROM station WHERE row = ?",
        Kind::Episode => "SELECT 1 FROM episode WHERE row = ?",
        Kind::Artist => "SELECT 1 FROM artist WHERE row = ?",
        Kind::Album => "SELECT 1 FROM album WHERE row = ?",
        Kind::Genre => "SELECT 1 FROM genre WHERE row = ?",
        Kind::Folder => "SELECT 1 FROM folder WHERE row = ?",
        Kind::Playlist => "SELECT 1 FROM playlist WHERE row = ?",
        Kind::Podcast => "SELECT 1 FROM podcast WHERE row = ?",
    };
    let found = sqlx::query(sql).bind(id.row).fetch_optional(connection).await?;
    found.map(drop).ok_or(LibraryError::NoSuchItem(id))
}

// SQLite keeps the order of a sub-select for group_concat (SF_OrderByReqd in its select.c), and walks an index where there is one;
// an ORDER BY inside of group_concat would sort anew.
fn all(view: View) -> &'static str {
    match view {
        View::Artists => {
            "SELECT group_concat(3 << 48 | row) FROM (SELECT row FROM artist
             WHERE EXISTS (SELECT 1 FROM artist_share WHERE artist = artist.row AND tracks > 0) ORDER BY key, row)"
        }
        View::Albums => "SELECT group_concat(4 << 48 | row) FROM (SELECT row FROM album WHERE tracks > 0 ORDER BY key, row)",
        View::Genres => {
            "SELECT group_concat(5 << 48 | row) FROM (SELECT row FROM genre
             WHERE EXISTS (SELECT 1 FROM genre_share WHERE genre = genre.row AND tracks > 0) ORDER BY key, row)"
        }
        View::Folders => {
            "SELECT group_concat(6 << 48 | row) FROM (SELECT folder.row FROM folder JOIN volume ON volume.row = folder.volume
             WHERE folder.parent IS NULL AND children > 0 ORDER BY present DESC, usb, volume.name, folder.row)"
        }
        View::Tracks => "SELECT group_concat(row) FROM (SELECT row FROM track ORDER BY key, row)",
        View::Playlists => "SELECT group_concat(7 << 48 | row) FROM (SELECT row FROM playlist ORDER BY key, row)",
        View::Recent => {
            "SELECT group_concat(kind << 48 | item) FROM (SELECT kind, item FROM heard ORDER BY at_unix DESC, kind, item LIMIT 200)"
        }
        View::Stations => "SELECT group_concat(1 << 48 | row) FROM (SELECT row FROM station WHERE listed ORDER BY key, row)",
        View::Podcasts => "SELECT group_concat(8 << 48 | row) FROM (SELECT row FROM podcast ORDER BY key, row)",
    }
}

fn of_volume(view: View) -> Option<&'static str> {
    Some(match view {
        View::Artists => {
            "SELECT group_concat(3 << 48 | artist) FROM (SELECT artist FROM artist JOIN artist_share ON artist = row
             WHERE volume = ? AND tracks > 0 ORDER BY key, row)"
        }
        View::Albums => {
            "SELECT group_concat(4 << 48 | row) FROM (SELECT row FROM album WHERE volume = ? AND tracks > 0 ORDER BY key, row)"
        }
        View::Genres => {
            "SELECT group_concat(5 << 48 | genre) FROM (SELECT genre FROM genre JOIN genre_share ON genre = row
             WHERE volume = ? AND tracks > 0 ORDER BY key, row)"
        }
        View::Folders => {
            "SELECT group_concat(id) FROM (
                SELECT 6 << 48 | folder.row AS id, 0 AS place, folder.key AS key FROM folder JOIN folder AS root ON root.row = folder.parent
                    WHERE root.volume = ?1 AND root.path = '' AND folder.children > 0
                UNION ALL SELECT 7 << 48 | playlist.row, 1, playlist.key FROM playlist JOIN folder AS root ON root.row = playlist.folder
                    WHERE root.volume = ?1 AND root.path = ''
                UNION ALL SELECT track.row, 2, file_key FROM track JOIN folder AS root ON root.row = track.folder
                    WHERE root.volume = ?1 AND root.path = ''
                ORDER BY 2, 3, 1)"
        }
        View::Tracks => "SELECT group_concat(row) FROM (SELECT row FROM track WHERE volume = ? ORDER BY key, row)",
        View::Playlists => {
            "SELECT group_concat(7 << 48 | row) FROM (SELECT row FROM playlist WHERE volume = ? ORDER BY key, row)"
        }
        View::Recent => {
            "SELECT group_concat(item) FROM (SELECT item FROM heard JOIN track ON track.row = item
             WHERE kind = 0 AND volume = ? ORDER BY at_unix DESC, item LIMIT 200)"
        }
        View::Stations | View::Podcasts => return None,
    })
}

fn of_item(view: View, kind: Kind) -> Option<&'static str> {
    Some(match (kind, view) {
        (Kind::Artist, View::Albums) => {
            "SELECT group_concat(4 << 48 | row) FROM (SELECT row FROM album WHERE tracks > 0 AND row IN (
                SELECT row FROM album WHERE album_artist = ?1
                UNION SELECT album FROM track JOIN track_artist ON track = track.row WHERE track_artist.artist = ?1)
             ORDER BY year IS NULL, year, key, row)"
        }
        (Kind::Genre, View::Artists) => {
            "SELECT group_concat(3 << 48 | row) FROM (SELECT row FROM artist WHERE row IN (
                SELECT track_artist.artist FROM track JOIN track_artist ON track = track.row WHERE genre = ?) ORDER BY key, row)"
        }
        (Kind::Genre, View::Albums) => {
            "SELECT group_concat(4 << 48 | row) FROM (SELECT row FROM album WHERE row IN (SELECT album FROM track WHERE genre = ?)
             ORDER BY key, row)"
        }
        (Kind::Folder, View::Folders) => {
            "SELECT group_concat(id) FROM (
                SELECT 6 << 48 | row AS id, 0 AS place, key FROM folder WHERE parent = ?1 AND children > 0
                UNION ALL SELECT 7 << 48 | row, 1, key FROM playlist WHERE folder = ?1
                UNION ALL SELECT row, 2, file_key FROM track WHERE folder = ?1
                ORDER BY 2, 3, 1)"
        }
        (Kind::Playlist, View::Playlists | View::Tracks)
        | (Kind::Podcast, View::Podcasts | View::Tracks)
        | (Kind::Artist | Kind::Album | Kind::Genre | Kind::Folder, View::Tracks) => return contents(kind),
        // The one level that such an item holds, whatever the view is called.
        (Kind::Artist, View::Artists) | (Kind::Album, View::Albums) | (Kind::Genre, View::Genres) => return contents(kind),
        _ => return None,
    })
}

/// What an item plays, in playing order.
pub(crate) fn contents(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Artist => {
            "SELECT group_concat(row) FROM (SELECT track.row FROM track_artist JOIN track ON track.row = track_artist.track
             LEFT JOIN album ON album.row = track.album WHERE track_artist.artist = ?
             ORDER BY album.row IS NULL, album.year IS NULL, album.year, album.key, album.row, disc, number, file_key, track.row)"
        }
        Kind::Album => {
            "SELECT group_concat(row) FROM (SELECT track.row FROM track JOIN folder ON folder.row = folder WHERE album = ?
             ORDER BY coalesce(disc, 0), number IS NULL, number, folder.key, file_key, track.row)"
        }
        Kind::Genre => "SELECT group_concat(row) FROM (SELECT row FROM track WHERE genre = ? ORDER BY key, row)",
        Kind::Folder => {
            "SELECT group_concat(row) FROM (SELECT track.row FROM folder AS top
             JOIN folder ON folder.volume = top.volume AND (top.path = '' OR folder.row = top.row
                OR folder.path >= top.path || '/' AND folder.path < top.path || '0')
             JOIN track ON track.folder = folder.row WHERE top.row = ? ORDER BY folder.key, folder.row, file_key, track.row)"
        }
        Kind::Playlist => {
            "SELECT group_concat(id) FROM (SELECT coalesce(track, 1 << 48 | station) AS id FROM playlist_entry
             WHERE playlist = ? AND (track IS NOT NULL OR station IS NOT NULL) ORDER BY place)"
        }
        Kind::Podcast => {
            "SELECT group_concat(2 << 48 | row) FROM (SELECT row FROM episode WHERE podcast = ?
             ORDER BY published IS NULL, published DESC, row)"
        }
        Kind::Track | Kind::Station | Kind::Episode => return None,
    })
}

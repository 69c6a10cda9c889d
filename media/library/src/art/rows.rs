//! Covers in the database: `NULL` where nobody looked yet, `''` where there is none.

use serde_json::json;

use crate::Library;
use crate::error::LibraryError;
use crate::model::VolumeId;
use crate::volumes::volume_row;

/// A track whose cover nobody looked for yet.
#[derive(Clone, Debug)]
pub(crate) struct Bare {
    pub row: i64,
    /// Below the volume's root, as it is [`written`](crate::walk::written).
    pub path: String,
}

/// A cover of an album or a folder stays as long as one of its tracks has it.
const PASS_ON: [&str; 4] = [
    "UPDATE track SET art = value ->> 1 FROM json_each(?) WHERE row = value ->> 0",
    "UPDATE album SET art = found.art FROM (
        SELECT track.album AS of, min(track.art) AS art FROM json_each(?) JOIN track ON track.row = value ->> 0
        WHERE track.art <> '' GROUP BY 1) AS found
     WHERE album.row = found.of AND (album.art IS NULL OR NOT EXISTS (SELECT 1 FROM track WHERE track.album = album.row AND track.art = album.art))",
    "UPDATE folder SET art = found.art FROM (
        SELECT track.folder AS of, min(track.art) AS art FROM json_each(?) JOIN track ON track.row = value ->> 0
        WHERE track.art <> '' GROUP BY 1) AS found
     WHERE folder.row = found.of AND (folder.art IS NULL OR NOT EXISTS (SELECT 1 FROM track WHERE track.folder = folder.row AND track.art = folder.art))",
    "UPDATE artist SET art = found.art FROM (
        SELECT track_artist.artist AS of, min(track.art) AS art FROM json_each(?) JOIN track ON track.row = value ->> 0
        JOIN track_artist ON track_artist.track = track.row WHERE track.art <> '' GROUP BY 1) AS found
     WHERE artist.row = found.of AND artist.art IS NULL",
];

impl Library {
    /// The next tracks of a volume after a row, in the order in which they came.
    pub(crate) async fn bare(&self, volume: &VolumeId, after: i64, limit: u32) -> Result<Vec<Bare>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        let volume = volume_row(&mut reader, volume).await?;
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "SELECT track.row, folder.path, track.name FROM track JOIN folder ON folder.row = track.folder
             WHERE track.row > ? AND track.volume = ? AND track.art IS NULL ORDER BY track.row LIMIT ?",
        )
        .bind(after)
        .bind(volume)
        .bind(limit)
        .fetch_all(&mut *reader)
        .await?;
        let path = |folder: String, name| if folder.is_empty() { name } else { format!("{folder}/{name}") };
        Ok(rows.into_iter().map(|(row, folder, name)| Bare { row, path: path(folder, name) }).collect())
    }

    /// Writes down what was found for tracks, by their rows; their albums, folders and artists take part.
    pub(crate) async fn put_art(&self, found: &[(i64, Option<String>)]) -> Result<(), LibraryError> {
        let found: Vec<_> = found.iter().map(|(row, art)| json!([row, art.as_deref().unwrap_or_default()])).collect();
        let found = json!(found).to_string();
        let mut change = self.0.change().await?;
        for sql in PASS_ON {
            sqlx::query(sql).bind(&found).execute(change.connection()).await?;
        }
        change.commit_shown().await
    }

    /// Covers that made room are no one's any more; they are made again when their volume is scanned next.
    pub(crate) async fn drop_art(&self, names: &[String]) -> Result<(), LibraryError> {
        let names = json!(names).to_string();
        let mut change = self.0.change().await?;
        for sql in [
            "UPDATE track SET art = NULL WHERE art IN (SELECT value FROM json_each(?))",
            "UPDATE album SET art = NULL WHERE art IN (SELECT value FROM json_each(?))",
            "UPDATE folder SET art = NULL WHERE art IN (SELECT value FROM json_each(?))",
            "UPDATE artist SET art = NULL WHERE art IN (SELECT value FROM json_each(?))",
        ] {
            sqlx::query(sql).bind(&names).execute(change.connection()).await?;
        }
        change.commit_shown().await
    }
}

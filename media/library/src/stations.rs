//! Radio stations.

use std::path::PathBuf;

use url::Url;

use crate::Library;
use crate::error::LibraryError;
use crate::fold::{clean, sort_key};
use crate::model::{Imported, ItemId, Kind};
use crate::order::exists;
use crate::volumes::NAME;
use crate::writer::index;

/// Bytes of an address.
const ADDRESS: usize = tandem_lists::MAX_ADDRESS;

/// An address as it is compared and stored.
pub(crate) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    Some(String::from(url)).filter(|url| url.len() <= ADDRESS)
}

impl Library {
    /// Takes in radio stations, all of them or (if this fails) none. One with the address or the uuid of a known one is that one.
    pub async fn import_stations(&self, stations: &[tandem_lists::Station]) -> Result<Imported, LibraryError> {
        let mut imported = Imported::default();
        let mut change = self.0.change().await?;
        for station in stations {
            let Some(url) = address(&station.url) else {
                imported.refused += 1;
                continue;
            };
            let title = clean(&station.name, NAME);
            let title = if title.is_empty() { url.clone() } else { title };
            let known: Option<(i64, bool)> =
                sqlx::query_as("SELECT row, listed FROM station WHERE url = ?1 OR uuid = ?2 AND uuid <> '' LIMIT 1")
                    .bind(&url)
                    .bind(&station.uuid)
                    .fetch_optional(change.connection())
                    .await?;
            match known {
                Some((_, true)) => {
                    imported.known += 1;
                    continue;
                }
                // What only a playlist named is a station of its own now.
                Some((row, false)) => {
                    sqlx::query("DELETE FROM word WHERE rowid = 1 << 48 | ?")
                        .bind(row)
                        .execute(change.connection())
                        .await?;
                }
                None => {}
            }
            let (row,): (i64,) = sqlx::query_as(
                "INSERT INTO station (url, uuid, title, key, country, language, tags, codec, bitrate, favicon, listed)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (url) DO UPDATE SET uuid = excluded.uuid,
                    title = excluded.title, key = excluded.key, country = excluded.country, language = excluded.language,
                    tags = excluded.tags, codec = excluded.codec, bitrate = excluded.bitrate, favicon = excluded.favicon, listed = 1
                 RETURNING row",
            )
            .bind(&url)
            .bind(&station.uuid)
            .bind(&title)
            .bind(sort_key(&title))
            .bind(clean(&station.country, NAME))
            .bind(clean(&station.language, NAME))
            .bind(clean(&station.tags.join(", "), NAME))
            .bind(clean(&station.codec, NAME))
            .bind(station.bitrate)
            .bind(&station.favicon)
            .fetch_one(change.connection())
            .await?;
            index(change.connection(), Kind::Station, row, &title, "").await?;
            imported.added += 1;
        }
        change.commit_shown().await?;
        Ok(imported)
    }

    /// Forgets a station, a podcast with its episodes, or an episode's downloaded file. Downloaded files are deleted.
    pub async fn forget(&self, id: ItemId) -> Result<(), LibraryError> {
        let mut change = self.0.change().await?;
        exists(change.connection(), id).await?;
        let (files, statements): (_, &[&'static str]) = match id.kind {
            // A playlist may name it still.
            Kind::Station => (
                "SELECT NULL WHERE ? IS NULL",
                &[
                    "UPDATE station SET listed = 0 WHERE row = ?",
                    "DELETE FROM word WHERE rowid = 1 << 48 | ?",
                    "DELETE FROM station WHERE row = ?1 AND NOT EXISTS (SELECT 1 FROM playlist_entry WHERE station = ?1)",
                ],
            ),
            Kind::Podcast => (
                "SELECT file FROM episode WHERE podcast = ? AND file IS NOT NULL",
                &["DELETE FROM podcast WHERE row = ?"],
            ),
            Kind::Episode => (
                "SELECT file FROM episode WHERE row = ? AND file IS NOT NULL",
                &["UPDATE episode SET file = NULL, reason = '' WHERE row = ?"],
            ),
            _ => return Err(LibraryError::WrongKind(id)),
        };
        let files: Vec<(Vec<u8>,)> = sqlx::query_as(files).bind(id.row).fetch_all(change.connection()).await?;
        for sql in statements {
            sqlx::query(*sql).bind(id.row).execute(change.connection()).await?;
        }
        change.commit_shown().await?;
        // Only now: a file without a row wastes room, a row without a file would lie.
        for (file,) in files {
            let file = PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(file));
            if let Err(error) = tokio::fs::remove_file(&file).await {
                tracing::warn!(file = %file.display(), %error, "a downloaded episode is forgotten but not deleted");
            }
        }
        Ok(())
    }
}

//! Podcasts and their episodes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::Library;
use crate::core_title::core;
use crate::error::LibraryError;
use crate::fold::{clean, sort_key};
use crate::model::{EpisodeSource, ItemId, Kind, Subscription};
use crate::order::exists;
use crate::stations::address;
use crate::volumes::NAME;
use crate::writer::index;

impl Library {
    /// Subscribes to the podcast at an http(s) address. One that is subscribed to already is that one; a title replaces none.
    ///
    /// # Errors
    /// [`LibraryError::Address`] if that is no such address.
    pub async fn subscribe(&self, url: &str, title: &str) -> Result<ItemId, LibraryError> {
        let Some(url) = address(url) else { return Err(LibraryError::Address(clean(url, NAME))) };
        let title = clean(title, NAME);
        let title = if title.is_empty() { url.clone() } else { title };
        let mut change = self.0.change().await?;
        let known: Option<(i64,)> = sqlx::query_as("SELECT row FROM podcast WHERE url = ?")
            .bind(&url)
            .fetch_optional(change.connection())
            .await?;
        if let Some((row,)) = known {
            change.commit().await?;
            return Ok(ItemId { kind: Kind::Podcast, row });
        }
        let (row,): (i64,) = sqlx::query_as("INSERT INTO podcast (url, title, key) VALUES (?, ?, ?) RETURNING row")
            .bind(&url)
            .bind(&title)
            .bind(sort_key(&title))
            .fetch_one(change.connection())
            .await?;
        index(change.connection(), Kind::Podcast, row, &title, "").await?;
        change.commit_shown().await?;
        Ok(ItemId { kind: Kind::Podcast, row })
    }

    /// All podcasts, by title.
    pub async fn podcasts(&self) -> Result<Vec<Subscription>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        let rows: Vec<(i64, String, String, String, String, String)> =
            sqlx::query_as("SELECT row, url, title, etag, last_modified, failed FROM podcast ORDER BY key, row")
                .fetch_all(&mut *reader)
                .await?;
        let subscription = |(row, url, title, etag, last_modified, failed)| Subscription {
            id: ItemId { kind: Kind::Podcast, row },
            url,
            title,
            etag,
            last_modified,
            failed,
        };
        Ok(rows.into_iter().map(subscription).collect())
    }

    /// Takes in what a feed says now; how many episodes are new. Episodes that the feed no longer lists stay.
    pub async fn refreshed(
        &self,
        podcast: ItemId,
        feed: &tandem_lists::Feed,
        etag: &str,
        last_modified: &str,
    ) -> Result<u32, LibraryError> {
        let podcast = of_kind(podcast, Kind::Podcast)?;
        let mut change = self.0.change().await?;
        exists(change.connection(), podcast).await?;
        let (title,): (String,) = sqlx::query_as(
            "UPDATE podcast SET title = iif(?1 = '', title, ?1), key = iif(?1 = '', key, ?2), author = ?3, art_url = ?4, etag = ?5,
                last_modified = ?6, failed = '' WHERE row = ?7 RETURNING title",
        )
        .bind(clean(&feed.title, NAME))
        .bind(sort_key(&clean(&feed.title, NAME)))
        .bind(clean(&feed.author, NAME))
        .bind(feed.art.as_deref().unwrap_or_default())
        .bind(clean(etag, NAME))
        .bind(clean(last_modified, NAME))
        .bind(podcast.row)
        .fetch_one(change.connection())
        .await?;
        index(change.connection(), Kind::Podcast, podcast.row, &title, &clean(&feed.author, NAME)).await?;
        let mut new = 0;
        for episode in feed.episodes.iter().rev() {
            let Some(url) = address(&episode.url) else { continue };
            let title = clean(&episode.title, NAME);
            let title = if title.is_empty() { url.clone() } else { title };
            let guid = if episode.guid.is_empty() { &url } else { &episode.guid };
            let known: Option<(i64, String, String)> =
                sqlx::query_as("SELECT row, title, url FROM episode WHERE podcast = ? AND guid = ?")
                    .bind(podcast.row)
                    .bind(guid)
                    .fetch_optional(change.connection())
                    .await?;
            if known.as_ref().is_some_and(|(_, known_title, known_url)| *known_title == title && *known_url == url) {
                continue;
            }
            let (row,): (i64,) = sqlx::query_as(
                "INSERT INTO episode (podcast, guid, title, key, core, url, bytes, length_us, published) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (podcast, guid) DO UPDATE SET title = excluded.title, key = excluded.key, core = excluded.core,
                    url = excluded.url, bytes = excluded.bytes, length_us = excluded.length_us, published = excluded.published, reason = ''
                 RETURNING row",
            )
            .bind(podcast.row)
            .bind(guid)
            .bind(&title)
            .bind(sort_key(&title))
            .bind(core(&title))
            .bind(&url)
            .bind(episode.bytes.and_then(|bytes| i64::try_from(bytes).ok()))
            .bind(episode.length_us.filter(|length| *length > 0))
            .bind(episode.published_unix)
            .fetch_one(change.connection())
            .await?;
            index(change.connection(), Kind::Episode, row, &title, "").await?;
            new += u32::from(known.is_none());
        }
        change.commit_shown().await?;
        Ok(new)
    }

    /// Notes why a podcast could not be refreshed, one sentence.
    pub async fn refresh_failed(&self, podcast: ItemId, why: &str) -> Result<(), LibraryError> {
        let podcast = of_kind(podcast, Kind::Podcast)?;
        let mut change = self.0.change().await?;
        exists(change.connection(), podcast).await?;
        sqlx::query("UPDATE podcast SET failed = ? WHERE row = ?")
            .bind(clean(why, NAME))
            .bind(podcast.row)
            .execute(change.connection())
            .await?;
        change.commit_shown().await
    }

    /// Where an episode is had from; none if there is no such episode.
    pub async fn episode(&self, id: ItemId) -> Result<Option<EpisodeSource>, LibraryError> {
        let id = of_kind(id, Kind::Episode)?;
        let mut reader = self.0.readers.acquire().await?;
        let found: Option<(String, Option<Vec<u8>>, Option<i64>)> =
            sqlx::query_as("SELECT url, file, bytes FROM episode WHERE row = ?")
                .bind(id.row)
                .fetch_optional(&mut *reader)
                .await?;
        Ok(found.map(|(url, file, bytes)| EpisodeSource {
            url,
            file: file.map(|file| PathBuf::from(OsString::from_vec(file))),
            expected_bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        }))
    }

    /// An episode was downloaded to a file, which is whole and on the disk.
    pub async fn downloaded(&self, id: ItemId, file: &Path) -> Result<(), LibraryError> {
        let id = of_kind(id, Kind::Episode)?;
        let mut change = self.0.change().await?;
        exists(change.connection(), id).await?;
        sqlx::query("UPDATE episode SET file = ?, reason = '' WHERE row = ?")
            .bind(file.as_os_str().as_bytes())
            .bind(id.row)
            .execute(change.connection())
            .await?;
        change.commit_shown().await
    }
}

fn of_kind(id: ItemId, kind: Kind) -> Result<ItemId, LibraryError> {
    if id.kind == kind { Ok(id) } else { Err(LibraryError::WrongKind(id)) }
}

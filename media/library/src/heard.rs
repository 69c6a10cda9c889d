//! What was heard, how far, and what does not play.

use crate::Library;
use crate::error::LibraryError;
use crate::fold::clean;
use crate::model::{ItemId, Kind, ResumePoint};
use crate::order::{decode, encode, exists};
use crate::rows::items;
use crate::volumes::NAME;

/// Points of one answer.
const POINTS: u32 = 1_000;
/// What is that near to its end was heard, microseconds.
const END: i64 = 5_000_000;

impl Library {
    /// How far an item was heard, microseconds, and when, seconds since 1970; 0 if it was heard to its end.
    pub async fn heard(&self, id: ItemId, position_us: i64, at_unix: i64) -> Result<(), LibraryError> {
        if !id.kind.plays() {
            return Err(LibraryError::WrongKind(id));
        }
        let mut change = self.0.change().await?;
        exists(change.connection(), id).await?;
        let kind = encode(ItemId { row: 0, ..id }) >> 48;
        let latest: Option<(i64, i64)> =
            sqlx::query_as("SELECT kind, item FROM heard ORDER BY at_unix DESC, kind, item LIMIT 1")
                .fetch_optional(change.connection())
                .await?;
        sqlx::query(
            "INSERT INTO heard (kind, item, position_us, at_unix) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET position_us = excluded.position_us, at_unix = excluded.at_unix",
        )
        .bind(kind)
        .bind(id.row)
        .bind(position_us.max(0))
        .bind(at_unix)
        .execute(change.connection())
        .await?;
        // The list of what was heard is another one only if another item is its first.
        if latest == Some((kind, id.row)) { change.commit().await } else { change.commit_shown().await }
    }

    /// Where to go on, the latest first: what was begun and not heard to its end.
    pub async fn resume_points(&self, limit: u32) -> Result<Vec<ResumePoint>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT kind, item, position_us, at_unix FROM heard WHERE position_us > 0 AND position_us < coalesce(CASE kind
                WHEN 0 THEN (SELECT length_us FROM track WHERE row = item)
                WHEN 2 THEN (SELECT length_us FROM episode WHERE row = item) END, position_us + 2 * ?1) - ?1
             ORDER BY at_unix DESC, kind, item LIMIT ?2",
        )
        .bind(END)
        .bind(limit.min(POINTS))
        .fetch_all(&mut *reader)
        .await?;
        let mut points = Vec::with_capacity(rows.len());
        let ids: Vec<ItemId> = rows.iter().filter_map(|(kind, item, ..)| decode(kind << 48 | item)).collect();
        let mut found = items(&mut reader, &ids, &self.0.art).await?.into_iter().peekable();
        for (kind, item, position_us, heard_at_unix) in rows {
            let id = decode(kind << 48 | item);
            if let Some(item) = found.next_if(|found| Some(found.id) == id) {
                points.push(ResumePoint { item, position_us, heard_at_unix });
            }
        }
        Ok(points)
    }

    /// Notes why an item does not play, one sentence. A track is tried again when its file changes.
    pub async fn mark_unplayable(&self, id: ItemId, reason: &str) -> Result<(), LibraryError> {
        let sql = match id.kind {
            Kind::Track => "UPDATE track SET reason = ? WHERE row = ?",
            Kind::Station => "UPDATE station SET reason = ? WHERE row = ?",
            Kind::Episode => "UPDATE episode SET reason = ? WHERE row = ?",
            _ => return Err(LibraryError::WrongKind(id)),
        };
        let mut change = self.0.change().await?;
        exists(change.connection(), id).await?;
        sqlx::query(sql).bind(clean(reason, NAME)).bind(id.row).execute(change.connection()).await?;
        change.commit_shown().await
    }
}

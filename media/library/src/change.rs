//! One change at a time: a transaction that is whole on the disk when `commit` returns, or did not happen.

use std::sync::atomic::Ordering;

use sqlx::sqlite::SqliteConnection;
use tokio::sync::MutexGuard;

use crate::error::LibraryError;
use crate::session::Pieces;
use crate::{Inner, Writer};

/// A transaction on the one connection that writes. Dropped, it is undone before the next one begins.
pub(crate) struct Change<'a> {
    inner: &'a Inner,
    writer: MutexGuard<'a, Writer>,
    open: bool,
}

impl Inner {
    pub(crate) async fn change(&self) -> Result<Change<'_>, LibraryError> {
        let mut writer = self.writer.lock().await;
        if writer.unfinished {
            // It fails if SQLite rolled back by itself, which it does when the disk is full.
            drop(sqlx::query("ROLLBACK").execute(&mut writer.connection).await);
            writer.unfinished = false;
        }
        // Before the call that may be cut: then, too, there may be a transaction.
        let mut change = Change { inner: self, writer, open: true };
        sqlx::query("BEGIN IMMEDIATE").execute(change.connection()).await?;
        Ok(change)
    }
}

impl Change<'_> {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.writer.connection
    }

    /// What the saved session looks like, if that is known.
    pub(crate) fn pieces(&mut self) -> &mut Option<Pieces> {
        &mut self.writer.pieces
    }

    /// Commits a saved session.
    pub(crate) async fn commit_pieces(mut self, pieces: Pieces) -> Result<(), LibraryError> {
        sqlx::query("COMMIT").execute(self.connection()).await?;
        self.open = false;
        self.writer.pieces = Some(pieces);
        Ok(())
    }

    /// Commits what no view shows.
    pub(crate) async fn commit(mut self) -> Result<(), LibraryError> {
        sqlx::query("COMMIT").execute(self.connection()).await?;
        self.open = false;
        Ok(())
    }

    /// Commits what views show: they are of another generation then.
    pub(crate) async fn commit_shown(mut self) -> Result<(), LibraryError> {
        let now = i64::try_from(self.inner.generation.load(Ordering::Acquire)).unwrap_or(i64::MAX);
        let next: (i64,) =
            sqlx::query_as("UPDATE counter SET value = max(value, ?) + 1 WHERE name = 'generation' RETURNING value")
                .bind(now)
                .fetch_one(self.connection())
                .await?;
        sqlx::query("COMMIT").execute(self.connection()).await?;
        self.open = false;
        self.inner.generation.store(u64::try_from(next.0).unwrap_or(u64::MAX), Ordering::Release);
        Ok(())
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if self.open {
            self.writer.unfinished = true;
            self.writer.pieces = None;
            // A commit whose answer nobody awaited may have happened.
            self.inner.generation.fetch_add(1, Ordering::AcqRel);
        }
    }
}

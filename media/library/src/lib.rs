//! What there is to play: an SQLite library of files, stations and podcasts, its search, its pictures, and where to go on.
//!
//! No D-Bus and no sound in here. Every write that was acknowledged survives a power cut (WAL, `synchronous = FULL`).
//! One connection writes, a few read; a read never waits for a write. Time is an argument.

pub mod art;
mod change;
mod core_title;
mod error;
mod fold;
mod heard;
mod model;
mod open;
mod order;
mod pages;
mod playlists;
mod podcasts;
mod resolve;
mod rows;
pub mod scan;
mod scanned;
mod search;
mod session;
mod stations;
pub mod tags;
mod volumes;
pub mod walk;
mod writer;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tempfile::TempDir;
use tokio::sync::Mutex;

pub use error::LibraryError;
pub use model::{
    EpisodeSource, Found, Gain, Imported, Item, ItemId, Kind, Known, KnownVolume, Opened, Page, Parent, Playable,
    Progress, Repeat, ResumePoint, ScanState, Scanned, Session, SessionEntry, Subscription, Tags, View, Volume,
    VolumeId, VolumeKind, Wanted,
};
pub use scan::{Covers, ScanError, Stop, covers, scan};
pub use writer::ScanWriter;

/// An open library; clones are the same one.
#[derive(Clone)]
pub struct Library(Arc<Inner>);

struct Inner {
    writer: Mutex<Writer>,
    readers: SqlitePool,
    generation: AtomicU64,
    orders: order::Orders,
    /// Volumes that are scanned now.
    scans: Lock<HashSet<String>>,
    art: PathBuf,
    /// One search for covers at a time: they share the folder, and what may be in it.
    painting: Mutex<()>,
    _lock: Option<File>,
    _scratch: Option<TempDir>,
}

struct Writer {
    connection: SqliteConnection,
    /// A transaction was left open: it is undone before the next.
    unfinished: bool,
    /// What the saved session looks like, if that is known.
    pieces: Option<session::Pieces>,
}

impl Inner {
    /// The lock is held for a line each; what a panic left is as good as ever.
    fn scanning(&self) -> MutexGuard<'_, HashSet<String>> {
        self.scans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Library {
    /// Opens the library in a folder, or begins one: `library.db`, and `art/` for pictures.
    ///
    /// A broken, foreign or newer database is moved aside, never deleted. If the folder cannot be written, a copy in memory serves.
    ///
    /// # Errors
    /// [`LibraryError::InUse`] or [`LibraryError::Busy`] if another process has it; nothing waits longer than a few seconds.
    pub async fn open(folder: &Path) -> Result<(Self, Opened), LibraryError> {
        open::open(folder).await
    }

    /// Whether it outlives this process: a copy in memory does not.
    pub fn is_kept(&self) -> bool {
        self.0._scratch.is_none()
    }

    /// Where pictures are kept.
    pub fn art_folder(&self) -> &Path {
        &self.0.art
    }

    /// Grows when what views show changes, over restarts too.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Writes the log back into the database and closes it. Without this, the next start does; nothing is lost.
    pub async fn close(self) -> Result<(), LibraryError> {
        self.0.readers.close().await;
        let mut writer = self.0.writer.lock().await;
        let closed = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut writer.connection).await;
        writer.connection.ping().await?;
        closed?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

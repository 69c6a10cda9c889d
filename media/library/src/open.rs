//! From a folder to an open library, whatever lies in the folder.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::sqlite::{SqliteConnection, SqlitePoolOptions};
use tandem_database::{LockError, Schema, Unusable};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::error::LibraryError;
use crate::model::Opened;
use crate::order::Orders;
use crate::{Inner, Library, Writer};

const READERS: u32 = 3;

const SCHEMA: Schema = Schema {
    name: "library",
    // `TAND`
    application: 0x5441_4e44,
    scripts: &[
        include_str!("schema.sql"),
        // A scan counts what it adds once a batch; for every track on its own, that was a quarter of its time. Episodes are searched for by their beginnings, too.
        "DROP TRIGGER track_added; DROP TRIGGER track_artist_added; CREATE INDEX episode_key ON episode (key);",
    ],
    pragmas: &[("temp_store", "MEMORY"), ("cache_size", "-8192"), ("journal_size_limit", "16777216")],
};

/// Opens the library in a folder.
///
/// # Errors
/// [`LibraryError::InUse`] if another process has it, [`LibraryError::Busy`] if another program holds SQLite's lock.
pub(crate) async fn open(folder: &Path) -> Result<(Library, Opened), LibraryError> {
    let locked = SCHEMA.lock(folder).and_then(|lock| {
        fs::create_dir_all(folder.join("art"))?;
        Ok(lock)
    });
    let lock = match locked {
        Ok(lock) => lock,
        Err(LockError::InUse) => return Err(LibraryError::InUse { folder: folder.to_owned() }),
        Err(LockError::Io(error)) => return in_memory(folder, error.to_string()).await,
    };
    let opened = SCHEMA.open(folder, ready).await.map_err(LibraryError::from);
    match opened {
        Ok((writer, (), opened)) => finish(folder, writer, Some(lock), None, opened.into()).await,
        Err(LibraryError::ReadOnly(error) | LibraryError::Full(error)) => in_memory(folder, error.to_string()).await,
        Err(LibraryError::Folder { source, .. }) => in_memory(folder, source.to_string()).await,
        Err(other) => Err(other),
    }
}

async fn ready(writer: &mut SqliteConnection) -> Result<(), Unusable> {
    // Who is present is told by attach, in this life.
    sqlx::query("UPDATE volume SET present = 0 WHERE present").execute(&mut *writer).await?;
    Ok(crate::volumes::tidy(writer).await?)
}

impl From<tandem_database::Opened> for Opened {
    fn from(opened: tandem_database::Opened) -> Self {
        match opened {
            tandem_database::Opened::Clean => Self::Clean,
            tandem_database::Opened::New => Self::New,
            tandem_database::Opened::MovedAside { to, why } => Self::MovedAside { to, why: why.to_string() },
        }
    }
}

/// Opens a copy of what the folder has in a folder that ends with this process.
async fn in_memory(folder: &Path, why: String) -> Result<(Library, Opened), LibraryError> {
    let (writer, (), scratch) = SCHEMA.open_copy(folder, ready).await?;
    let path = scratch.path().to_owned();
    fs::create_dir(path.join("art")).map_err(|source| LibraryError::Folder { folder: path.clone(), source })?;
    finish(&path, writer, None, Some(scratch), Opened::InMemory { why }).await
}

async fn finish(
    folder: &Path,
    mut writer: SqliteConnection,
    lock: Option<File>,
    scratch: Option<TempDir>,
    opened: Opened,
) -> Result<(Library, Opened), LibraryError> {
    let (generation,): (i64,) =
        sqlx::query_as("SELECT value + 1 FROM counter WHERE name = 'generation'").fetch_one(&mut writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(0)
        .test_before_acquire(false)
        .connect_lazy_with(SCHEMA.options(folder).read_only(true));
    let inner = Inner {
        writer: Mutex::new(Writer { connection: writer, unfinished: false, pieces: None }),
        readers,
        generation: AtomicU64::new(u64::try_from(generation).unwrap_or(1)),
        orders: Orders::default(),
        scans: Default::default(),
        art: folder.join("art"),
        painting: Mutex::new(()),
        _lock: lock,
        _scratch: scratch,
    };
    Ok((Library(Arc::new(inner)), opened))
}

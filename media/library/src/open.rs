//! From a folder to an open library, whatever lies in the folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::error::LibraryError;
use crate::migrate;
use crate::model::Opened;
use crate::order::Orders;
use crate::{Inner, Library, Writer};

const DATABASE: &str = "library.db";
/// Of `library.db` and the files that SQLite keeps beside it.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];
/// How long a write waits for another program that has the file locked.
const BUSY: Duration = Duration::from_secs(2);
const READERS: u32 = 3;

/// Why a database is not used.
enum Unfit {
    /// It is moved aside, and a new one begun.
    Aside(String),
    /// The folder is at fault.
    Folder(LibraryError),
}

/// Opens the library in a folder.
///
/// # Errors
/// [`LibraryError::InUse`] if another process has it, [`LibraryError::Busy`] if another program holds SQLite's lock.
pub(crate) async fn open(folder: &Path) -> Result<(Library, Opened), LibraryError> {
    let lock = match take(folder) {
        Ok(lock) => lock,
        Err(TakeError::InUse) => return Err(LibraryError::InUse { folder: folder.to_owned() }),
        Err(TakeError::Io(error)) => return in_memory(folder, error.to_string()).await,
    };
    match open_or_begin(folder).await {
        Ok((writer, opened)) => finish(folder, writer, Some(lock), None, opened).await,
        Err(LibraryError::ReadOnly(error) | LibraryError::Full(error)) => in_memory(folder, error.to_string()).await,
        Err(LibraryError::Folder { source, .. }) => in_memory(folder, source.to_string()).await,
        Err(other) => Err(other),
    }
}

enum TakeError {
    InUse,
    Io(io::Error),
}

/// Makes the folder and takes its lock, which ends with the process however that ends.
fn take(folder: &Path) -> Result<File, TakeError> {
    fs::create_dir_all(folder.join("art")).map_err(TakeError::Io)?;
    let path = folder.join("library.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(TakeError::Io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(TakeError::InUse),
        Err(TryLockError::Error(error)) => Err(TakeError::Io(error)),
    }
}

async fn open_or_begin(folder: &Path) -> Result<(SqliteConnection, Opened), LibraryError> {
    let path = folder.join(DATABASE);
    let at_fault = |source| LibraryError::Folder { folder: folder.to_owned(), source };
    let there = path.try_exists().map_err(at_fault)?;
    let why = match open_one(&path, there).await {
        Ok(writer) => return Ok((writer, if there { Opened::Clean } else { Opened::New })),
        Err(Unfit::Folder(error)) => return Err(error),
        Err(Unfit::Aside(why)) => why,
    };
    let to = move_aside(folder).map_err(at_fault)?;
    match open_one(&path, false).await {
        Ok(writer) => Ok((writer, Opened::MovedAside { to, why })),
        Err(Unfit::Folder(error)) => Err(error),
        Err(Unfit::Aside(why)) => Err(at_fault(io::Error::other(why))),
    }
}

/// Opens a database that is whole, ours, and not newer than this program; an older one is brought up to date.
async fn open_one(path: &Path, there: bool) -> Result<SqliteConnection, Unfit> {
    let length = fs::metadata(path).map(|metadata| metadata.len());
    if there && matches!(length, Ok(0)) {
        return Err(Unfit::Aside("it is empty".to_owned()));
    }
    let mut writer = options(path).create_if_missing(!there).connect().await.map_err(judge)?;
    match check(&mut writer, there).await {
        Ok(()) => Ok(writer),
        Err(unfit) => {
            // Before the file is renamed under it.
            drop(writer.close().await);
            Err(unfit)
        }
    }
}

async fn check(writer: &mut SqliteConnection, there: bool) -> Result<(), Unfit> {
    if there {
        let (version, ours): (i64, bool) = sqlx::query_as(
            "SELECT (SELECT user_version FROM pragma_user_version),
                    (SELECT application_id FROM pragma_application_id) = ?
                    OR NOT EXISTS (SELECT 1 FROM sqlite_schema)",
        )
        .bind(migrate::APPLICATION)
        .fetch_one(&mut *writer)
        .await
        .map_err(judge)?;
        if !ours {
            return Err(Unfit::Aside("it belongs to another program".to_owned()));
        }
        if version > migrate::newest() {
            return Err(Unfit::Aside(format!("it is of a newer version ({version})")));
        }
        let found: String = sqlx::query("PRAGMA quick_check(1)")
            .fetch_one(&mut *writer)
            .await
            .map_err(judge)?
            .try_get(0)
            .map_err(judge)?;
        if found != "ok" {
            return Err(Unfit::Aside(format!("it is broken: {}", found.replace('\n', " "))));
        }
    }
    // The journal is chosen only now: it writes into the file, and a foreign one is to stay as it was.
    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA journal_size_limit = 16777216"] {
        sqlx::query(pragma).execute(&mut *writer).await.map_err(judge)?;
    }
    migrate::migrate(writer, migrate::SCRIPTS).await.map_err(judge)?;
    // Who is present is told by attach, in this life.
    sqlx::query("UPDATE volume SET present = 0 WHERE present").execute(&mut *writer).await.map_err(judge)?;
    crate::volumes::tidy(writer).await.map_err(judge)?;
    Ok(())
}

/// Whether a failure is the database's fault or its folder's.
fn judge(error: sqlx::Error) -> Unfit {
    match LibraryError::from(error) {
        LibraryError::Broken(error) => Unfit::Aside(format!("it is broken: {error}")),
        // A schema that lacks what ours has.
        LibraryError::Database(error) if error.as_database_error().is_some() => {
            Unfit::Aside(format!("it is broken: {error}"))
        }
        other => Unfit::Folder(other),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(BUSY)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8192")
        .disable_statement_logging()
}

/// Renames the database and what belongs to it to the first free name; where the database lies then.
fn move_aside(folder: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    let name = loop {
        let name = format!("library.aside-{number}.db");
        if PARTS.iter().all(|part| !folder.join(format!("{name}{part}")).exists()) {
            break name;
        }
        number += 1;
    };
    for part in PARTS {
        match fs::rename(folder.join(format!("{DATABASE}{part}")), folder.join(format!("{name}{part}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(folder)?.sync_all()?;
    Ok(folder.join(name))
}

/// Opens a copy of what the folder has in a folder that ends with this process.
async fn in_memory(folder: &Path, why: String) -> Result<(Library, Opened), LibraryError> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let places = runtime.into_iter().chain([PathBuf::from("/dev/shm"), std::env::temp_dir()]);
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for place in places {
        let scratch = match scratch(folder, &place) {
            Ok(scratch) => scratch,
            Err(error) => {
                last = error;
                continue;
            }
        };
        match open_or_begin(scratch.path()).await {
            Ok((writer, _)) => {
                let path = scratch.path().to_owned();
                return finish(&path, writer, None, Some(scratch), Opened::InMemory { why }).await;
            }
            Err(error) => last = io::Error::other(error),
        }
    }
    Err(LibraryError::Folder { folder: folder.to_owned(), source: last })
}

fn scratch(folder: &Path, place: &Path) -> io::Result<TempDir> {
    let scratch = tempfile::Builder::new().prefix("tandem-library-").tempdir_in(place)?;
    fs::create_dir(scratch.path().join("art"))?;
    // The log of shared memory is made anew. What cannot be copied whole is not copied: a new library is better than half of one.
    for part in PARTS.into_iter().take(2) {
        let name = format!("{DATABASE}{part}");
        let copy = scratch.path().join(&name);
        if folder.join(&name).is_file() && fs::copy(folder.join(&name), &copy).is_err() {
            for part in PARTS {
                drop(fs::remove_file(scratch.path().join(format!("{DATABASE}{part}"))));
            }
            break;
        }
    }
    Ok(scratch)
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
        .connect_lazy_with(options(&folder.join(DATABASE)).read_only(true));
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

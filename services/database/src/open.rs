//! From a folder to an open database, whatever lies in the folder.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection, Row};
use tempfile::TempDir;
use thiserror::Error;

use crate::Schema;
use crate::fault::{Fault, fault};
use crate::migrate::migrate;

/// Of a database and the files that SQLite keeps beside it.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// How opening went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    Clean,
    /// There was none.
    New,
    /// What was there lies at `to` now, and a new one is begun.
    MovedAside {
        to: PathBuf,
        why: Unfit,
    },
}

/// What is wrong with a file that is to be the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    NoFile,
    Empty,
    /// Of another program.
    Foreign,
    /// Of a newer make of this one, by its version.
    Newer(i64),
    Broken(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile => f.write_str("it is no file"),
            Self::Empty => f.write_str("it is empty"),
            Self::Foreign => f.write_str("it belongs to another program"),
            Self::Newer(version) => write!(f, "it is of a newer version ({version})"),
            Self::Broken(what) => write!(f, "it is broken: {what}"),
        }
    }
}

/// Why a database is not used.
#[derive(Debug)]
pub enum Unusable {
    /// It is moved aside, and a new one begun.
    Unfit(Unfit),
    /// The disk, or another program, is at fault.
    Disk(sqlx::Error),
}

impl From<sqlx::Error> for Unusable {
    fn from(error: sqlx::Error) -> Self {
        match fault(&error) {
            Fault::Broken => Self::Unfit(Unfit::Broken(error.to_string())),
            // A schema that lacks what ours has, or rows that say something else.
            Fault::Other if error.as_database_error().is_some() || is_misread(&error) => {
                Self::Unfit(Unfit::Broken(error.to_string()))
            }
            _ => Self::Disk(error),
        }
    }
}

fn is_misread(error: &sqlx::Error) -> bool {
    use sqlx::Error::{ColumnDecode, ColumnIndexOutOfBounds, ColumnNotFound, Decode, RowNotFound};
    matches!(error, RowNotFound | ColumnDecode { .. } | Decode(_) | ColumnNotFound(_) | ColumnIndexOutOfBounds { .. })
}

/// Why there is no database.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("the folder {} cannot be used", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Why a folder is not ours alone.
#[derive(Debug, Error)]
pub enum LockError {
    #[error("another process has it")]
    InUse,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Schema {
    /// Makes the folder and takes its lock, which ends with the process however that ends.
    ///
    /// # Errors
    /// [`LockError::InUse`] if another process has it; nothing waits.
    pub fn lock(&self, folder: &Path) -> Result<File, LockError> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.lock", self.name));
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Opens the database in a folder that was locked, or begins one. `prove` looks at what is in it, and may find it unfit.
    ///
    /// # Errors
    /// [`OpenError`]: the folder or its disk is at fault, or another program has the database locked.
    pub async fn open<T>(
        &self,
        folder: &Path,
        prove: impl AsyncFn(&mut SqliteConnection) -> Result<T, Unusable>,
    ) -> Result<(SqliteConnection, T, Opened), OpenError> {
        let at_fault = |source| OpenError::Folder { folder: folder.to_owned(), source };
        let unfit = match fs::metadata(self.path(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(at_fault(error)),
            Ok(facts) if !facts.is_file() => Some(Unfit::NoFile),
            Ok(facts) if facts.len() == 0 => Some(Unfit::Empty),
            Ok(_) => match self.open_one(folder, &prove).await {
                Ok((connection, proved)) => return Ok((connection, proved, Opened::Clean)),
                Err(Unusable::Disk(error)) => return Err(error.into()),
                Err(Unusable::Unfit(unfit)) => Some(unfit),
            },
        };
        let opened = match unfit {
            Some(why) => Opened::MovedAside { to: self.move_aside(folder).map_err(at_fault)?, why },
            None => {
                // A log that lost its database would be taken for the new one's.
                if PARTS.iter().any(|part| self.part(folder, part).symlink_metadata().is_ok()) {
                    self.move_aside(folder).map_err(at_fault)?;
                }
                Opened::New
            }
        };
        self.begin(folder).await?;
        match self.open_one(folder, &prove).await {
            Ok((connection, proved)) => Ok((connection, proved, opened)),
            Err(Unusable::Disk(error)) => Err(error.into()),
            Err(Unusable::Unfit(unfit)) => Err(at_fault(io::Error::other(unfit.to_string()))),
        }
    }

    /// Opens a copy of what a folder has, in a folder that ends with this process: of a disk that takes nothing.
    ///
    /// # Errors
    /// [`OpenError`]: there is no room for one either.
    pub async fn open_copy<T>(
        &self,
        folder: &Path,
        prove: impl AsyncFn(&mut SqliteConnection) -> Result<T, Unusable>,
    ) -> Result<(SqliteConnection, T, TempDir), OpenError> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let places = runtime.into_iter().chain([PathBuf::from("/dev/shm"), std::env::temp_dir()]);
        let at_fault = |source| OpenError::Folder { folder: folder.to_owned(), source };
        let mut last = at_fault(io::ErrorKind::NotFound.into());
        for place in places {
            let scratch = match self.copy(folder, &place) {
                Ok(scratch) => scratch,
                Err(error) => {
                    last = at_fault(error);
                    continue;
                }
            };
            match self.open(scratch.path(), &prove).await {
                Ok((connection, proved, _)) => return Ok((connection, proved, scratch)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn part(&self, folder: &Path, part: &str) -> PathBuf {
        folder.join(format!("{}.db{part}", self.name))
    }

    fn copy(&self, folder: &Path, place: &Path) -> io::Result<TempDir> {
        let scratch = tempfile::Builder::new().prefix(&format!("tandem-{}-", self.name)).tempdir_in(place)?;
        let from = PARTS.map(|part| self.part(folder, part));
        let to = PARTS.map(|part| self.part(scratch.path(), part));
        // The log of shared memory is made anew. What cannot be copied whole is not copied: a new database is better than half of one.
        let copied = from
            .iter()
            .zip(&to)
            .filter(|(from, _)| from.is_file() && !from.as_os_str().as_encoded_bytes().ends_with(b"-shm"))
            .try_for_each(|(from, to)| fs::copy(from, to).map(drop));
        if copied.is_err() {
            to.iter().for_each(|part| drop(fs::remove_file(part)));
        }
        Ok(scratch)
    }

    /// Makes a new database whole, and then gives it its name: what a power cut leaves under that name is never half of one.
    async fn begin(&self, folder: &Path) -> Result<(), OpenError> {
        let at_fault = |source| OpenError::Folder { folder: folder.to_owned(), source };
        let name = format!("{}.new.db", self.name);
        for part in PARTS {
            match fs::remove_file(folder.join(format!("{name}{part}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at_fault(error)),
                _ => {}
            }
        }
        let path = folder.join(name);
        let mut connection = self.options_at(&path).create_if_missing(true).connect().await?;
        let made = migrate(&mut connection, self).await;
        // Before the file is renamed under it.
        let closed = connection.close().await;
        made?;
        closed?;
        let named = || {
            File::open(&path)?.sync_all()?;
            fs::rename(&path, self.path(folder))?;
            File::open(folder)?.sync_all()
        };
        named().map_err(at_fault)
    }

    /// Opens a database that is whole, ours, and not newer than this program; an older one is brought up to date.
    async fn open_one<T>(
        &self,
        folder: &Path,
        prove: &impl AsyncFn(&mut SqliteConnection) -> Result<T, Unusable>,
    ) -> Result<(SqliteConnection, T), Unusable> {
        let mut connection = self.options(folder).connect().await?;
        let checked = async {
            self.check(&mut connection).await?;
            prove(&mut connection).await
        };
        match checked.await {
            Ok(proved) => Ok((connection, proved)),
            Err(unusable) => {
                // Before the file is renamed under it.
                drop(connection.close().await);
                Err(unusable)
            }
        }
    }

    async fn check(&self, connection: &mut SqliteConnection) -> Result<(), Unusable> {
        let (version, application): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id)",
        )
        .fetch_one(&mut *connection)
        .await?;
        if application != self.application {
            return Err(Unusable::Unfit(Unfit::Foreign));
        }
        if version > self.newest() {
            return Err(Unusable::Unfit(Unfit::Newer(version)));
        }
        let found: String = sqlx::query("PRAGMA quick_check(1)").fetch_one(&mut *connection).await?.try_get(0)?;
        if found != "ok" {
            return Err(Unusable::Unfit(Unfit::Broken(found.replace('\n', " "))));
        }
        // The journal is chosen only now: it writes into the file, and a foreign one is to stay as it was.
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await?;
        Ok(migrate(connection, self).await?)
    }

    /// The number of the database that was moved aside last, and where it lies; 0 if none was.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn last_aside(&self, folder: &Path) -> io::Result<(u32, PathBuf)> {
        let start = format!("{}.aside-", self.name);
        let mut last = (0, PathBuf::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // What lies beside a database counts, too.
            let number =
                name.to_str().and_then(|name| name.strip_prefix(&start)?.split_once(".db")?.0.parse::<u32>().ok());
            if let Some(number) = number
                && number > last.0
            {
                last = (number, folder.join(format!("{start}{number}.db")));
            }
        }
        Ok(last)
    }

    /// Renames the database and what belongs to it to the next free name; where the database lies then.
    fn move_aside(&self, folder: &Path) -> io::Result<PathBuf> {
        let (last, _) = self.last_aside(folder)?;
        let name = format!("{}.aside-{}.db", self.name, u64::from(last) + 1);
        // The database at last: if the power goes between two of them, it is found unfit again.
        for part in PARTS.into_iter().rev() {
            match fs::rename(self.part(folder, part), folder.join(format!("{name}{part}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        File::open(folder)?.sync_all()?;
        Ok(folder.join(name))
    }
}

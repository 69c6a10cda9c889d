//! What outlives a power cut. A change is on the disk, whole, when [`Store::write`] returns.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tandem_contracts::settings::Notice;
use tandem_database::{Fault, LockError, OpenError, Opened, Schema, Unfit, Unusable, fault};

use crate::core::Rows;

/// `TMPFS_MAGIC` of the kernel's `magic.h`.
const TMPFS: rustix::fs::FsWord = 0x0102_1994;

const SCHEMA: Schema = Schema {
    name: "settings",
    // `TANS`
    application: 0x5441_4e53,
    scripts: &[include_str!("schema.sql")],
    // All of it is a few pages: the log is written back before it is a hundred times as long.
    pragmas: &[("temp_store", "MEMORY"), ("wal_autocheckpoint", "64"), ("journal_size_limit", "1048576")],
};

/// What is on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub rows: Rows,
    pub notice: Notice,
}

/// Why the disk does not take it. Nothing was changed; each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{} is on a full disk: nothing was changed. Make room there", .0.display())]
    Full(PathBuf),
    #[error("{} cannot be written: nothing was changed. Look whether its disk is mounted for writing", .0.display())]
    ReadOnly(PathBuf),
    #[error("{} is locked by another program: nothing was changed. End that, and try again", .0.display())]
    Busy(PathBuf),
    #[error("{} is broken: nothing was changed. Try again: it is set aside then", .0.display())]
    Broken(PathBuf),
    #[error("{} cannot be used ({source}): nothing was changed. Look whether it is a folder of this user's on a disk that works", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("the database failed ({0}): nothing was changed. Try again")]
    Database(sqlx::Error),
}

impl StoreError {
    /// What the driver is told of it.
    pub fn notice(&self) -> Notice {
        Notice { kind: "unwritable".into(), reason: self.cause(), ..Notice::default() }
    }

    /// Why, a part of a sentence.
    fn cause(&self) -> String {
        let sentence = self.to_string();
        sentence.split_once(": nothing was changed").map_or(sentence.clone(), |(cause, _)| cause.to_owned())
    }
}

/// Another process has the folder.
#[derive(Debug, thiserror::Error)]
#[error("another process keeps settings in {}: end it, or give --state another folder", .0.display())]
pub struct InUse(PathBuf);

/// Why what is set ends with the power.
const NO_DISK: &str = "the disk for them is missing or cannot be mounted, so they end with the power";

/// Where settings are kept.
pub enum Store {
    Disk(Box<Disk>),
    /// There is no disk: what is set ends with the process.
    Memory,
}

/// What a disk said that was opened anew.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What stands on a disk that could not be opened at the start: it is what people set.
    pub rows: Option<Rows>,
    /// Something was set aside.
    pub notice: Option<Notice>,
}

impl Store {
    /// Opens what is in the folder, or begins anew. What is there and no settings of ours is set aside, and the notice says so; so does it if the disk takes nothing,
    /// and where a disk has begun anew that does not outlast the power.
    ///
    /// # Errors
    /// [`InUse`]: nothing else keeps it from starting.
    pub async fn open(folder: &Path, lasts: Lasts) -> Result<(Self, Kept), InUse> {
        let mut disk = Disk { folder: folder.to_owned(), lasts, lock: None, open: None, is_read: false, told: 0 };
        if let Err(LockError::InUse) = disk.lock() {
            return Err(InUse(folder.to_owned()));
        }
        let kept = match disk.open().await {
            Ok(kept) => kept,
            Err(error) => {
                // It can perhaps be read.
                let copied = SCHEMA.open_copy(folder, read).await;
                let rows = copied.map(|(_, (kept, _), _scratch)| kept.rows).unwrap_or_default();
                Kept { rows, notice: error.notice() }
            }
        };
        Ok((Self::Disk(Box::new(disk)), kept))
    }

    /// Whether what is set outlives the power: there is a disk, and it took the last thing that it was to take.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Disk(disk) if disk.open.is_some() && disk.lasts == Lasts::Always)
    }

    /// Makes sure that the disk can be written to, and tells what is found where it had to be opened anew.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot.
    pub async fn ready(&mut self) -> Result<Found, StoreError> {
        match self {
            Self::Memory => Ok(Found::default()),
            Self::Disk(disk) => disk.ready().await,
        }
    }

    /// Writes everything down; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError`]: the disk has what it had before.
    pub async fn write(&mut self, kept: &Kept) -> Result<(), StoreError> {
        match self {
            Self::Memory => Ok(()),
            Self::Disk(disk) => disk.write(kept).await,
        }
    }

    /// Writes the log back into the database and closes it. Without this, the next start does; nothing is lost.
    pub async fn close(self) {
        if let Self::Disk(disk) = self
            && let Some(open) = disk.open
        {
            drop(open.connection.close().await);
        }
    }
}

/// How long a folder has what is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    Always,
    /// It is memory, in the place of a disk that is not there.
    WithThePower,
}

impl Lasts {
    /// Of the folder that systemd made for a service: it is memory if what was to be mounted there is not.
    pub fn of_state_directory(folder: &Path) -> Self {
        match rustix::fs::statfs(folder) {
            Ok(facts) if TMPFS == facts.f_type => Self::WithThePower,
            _ => Self::Always,
        }
    }
}

pub struct Disk {
    folder: PathBuf,
    lasts: Lasts,
    lock: Option<File>,
    /// None if it could not be opened, or failed: the next write tries again.
    open: Option<Open>,
    /// It was opened once: from then on what is in force is what is kept, whatever is found.
    is_read: bool,
    /// Of the files that were set aside, the number of the last that a notice told of.
    told: u32,
}

struct Open {
    connection: SqliteConnection,
    /// Which file that was when it was opened.
    inode: u64,
}

impl Disk {
    fn lock(&mut self) -> Result<(), LockError> {
        if self.lock.is_none() {
            let is_new = !self.folder.exists();
            let lock = SCHEMA.lock(&self.folder)?;
            // Nobody else on this machine reads what the driver is called. A folder that was there is somebody's, who may have more in it.
            if is_new {
                fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
            }
            self.lock = Some(lock);
        }
        Ok(())
    }

    /// The database and what SQLite keeps beside it are their owner's alone.
    fn hide(&self) -> std::io::Result<()> {
        for beside in ["", "-wal", "-shm"] {
            let mut path = SCHEMA.path(&self.folder).into_os_string();
            path.push(beside);
            match fs::set_permissions(&path, Permissions::from_mode(0o600)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<Kept, StoreError> {
        match self.lock() {
            Ok(()) => {}
            Err(LockError::Io(source)) => return Err(self.folder_error(source)),
            Err(LockError::InUse) => return Err(StoreError::Busy(self.folder.clone())),
        }
        let opened = SCHEMA.open(&self.folder, read).await.map_err(|error| match error {
            OpenError::Folder { source, .. } => self.folder_error(source),
            OpenError::Database(error) => self.error(error),
        })?;
        let (connection, (mut kept, told), opened) = opened;
        self.hide().map_err(|source| self.folder_error(source))?;
        let facts = fs::metadata(SCHEMA.path(&self.folder)).map_err(|source| self.folder_error(source))?;
        let (last, file) = SCHEMA.last_aside(&self.folder).map_err(|source| self.folder_error(source))?;
        self.open = Some(Open { connection, inode: facts.ino() });
        // Of a file that was taken away, its likes that lie aside were told of.
        self.told = told.max(self.told);
        let aside = || file.display().to_string();
        let found = match opened {
            Opened::MovedAside { why, .. } => Some((kind(&why), aside(), why.to_string())),
            // The power went before it was written down that the driver is to be told.
            _ if last > self.told => Some(("damaged", aside(), "it was set aside at an earlier start".to_owned())),
            Opened::New if self.lasts == Lasts::WithThePower => Some(("not-kept", String::new(), NO_DISK.to_owned())),
            _ => None,
        };
        if let Some((kind, file, reason)) = found {
            kept.notice = Notice { kind: kind.to_owned(), file, reason };
            self.told = last;
            self.write(&kept).await?;
        }
        self.is_read = true;
        Ok(kept)
    }

    async fn ready(&mut self) -> Result<Found, StoreError> {
        let is_there = |open: &Open| fs::metadata(SCHEMA.path(&self.folder)).is_ok_and(|now| now.ino() == open.inode);
        // SQLite would go on writing into a file that has no name any more.
        if self.open.as_ref().is_some_and(is_there) {
            return Ok(Found::default());
        }
        self.open = None;
        let was_read = self.is_read;
        let kept = self.open().await?;
        Ok(Found { rows: (!was_read).then_some(kept.rows), notice: kept.notice.some() })
    }

    async fn write(&mut self, kept: &Kept) -> Result<(), StoreError> {
        let told = self.told;
        let Some(open) = &mut self.open else { return Err(StoreError::ReadOnly(self.folder.clone())) };
        let written = write(&mut open.connection, kept, told).await;
        written.map_err(|error| {
            // Whether it was written is known when it is opened anew.
            self.open = None;
            self.error(error)
        })
    }

    fn error(&self, error: sqlx::Error) -> StoreError {
        let path = SCHEMA.path(&self.folder);
        match fault(&error) {
            Fault::Full => StoreError::Full(path),
            Fault::ReadOnly => StoreError::ReadOnly(path),
            Fault::Busy => StoreError::Busy(path),
            Fault::Broken => StoreError::Broken(path),
            Fault::Other => StoreError::Database(error),
        }
    }

    fn folder_error(&self, source: io::Error) -> StoreError {
        let folder = self.folder.clone();
        match source.kind() {
            io::ErrorKind::StorageFull => StoreError::Full(folder),
            io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(folder),
            _ => StoreError::Folder { folder, source },
        }
    }
}

fn kind(why: &Unfit) -> &'static str {
    match why {
        Unfit::Newer(_) => "newer",
        Unfit::Foreign => "foreign",
        Unfit::NoFile | Unfit::Empty | Unfit::Broken(_) => "damaged",
    }
}

/// Everything that is written down, if it is what was written, and the last file aside that the driver was told of.
async fn read(connection: &mut SqliteConnection) -> Result<(Kept, u32), Unusable> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT key, value FROM setting").fetch_all(&mut *connection).await?;
    let notice: Option<(String, String, String)> =
        sqlx::query_as("SELECT kind, file, reason FROM notice").fetch_optional(&mut *connection).await?;
    let (told, digest): (u32, Vec<u8>) =
        sqlx::query_as("SELECT told, digest FROM seal").fetch_one(&mut *connection).await?;
    let (kind, file, reason) = notice.unwrap_or_default();
    let kept = Kept { rows: rows.into_iter().collect(), notice: Notice { kind, file, reason } };
    let is_new = digest.is_empty() && told == 0 && kept == Kept::default();
    if !is_new && digest != seal(&kept, told) {
        return Err(Unusable::Unfit(Unfit::Broken("its texts are not those that were written".to_owned())));
    }
    Ok((kept, told))
}

async fn write(connection: &mut SqliteConnection, kept: &Kept, told: u32) -> Result<(), sqlx::Error> {
    let Kept { rows, notice } = kept;
    // Dropped on an error, it is undone.
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("DELETE FROM setting").execute(&mut *change).await?;
    for (key, value) in rows {
        sqlx::query("INSERT INTO setting VALUES (?, ?)").bind(key).bind(value).execute(&mut *change).await?;
    }
    sqlx::query("DELETE FROM notice").execute(&mut *change).await?;
    if !notice.kind.is_empty() {
        let Notice { kind, file, reason } = notice;
        let sql = "INSERT INTO notice VALUES (?, ?, ?)";
        sqlx::query(sql).bind(kind).bind(file).bind(reason).execute(&mut *change).await?;
    }
    let sql = "UPDATE seal SET told = ?, digest = ?";
    sqlx::query(sql).bind(told).bind(seal(kept, told)).execute(&mut *change).await?;
    change.commit().await
}

/// A digest of everything that is written down.
fn seal(kept: &Kept, told: u32) -> Vec<u8> {
    let Kept { rows, notice } = kept;
    let mut digest = Sha256::new();
    digest.update(told.to_le_bytes());
    let texts = rows.iter().flat_map(|(key, value)| [key, value]);
    for text in texts.chain([&notice.kind, &notice.file, &notice.reason]) {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    digest.finalize().to_vec()
}

use std::path::PathBuf;

use thiserror::Error;

use crate::model::{ItemId, VolumeId};

#[derive(Debug, Error)]
pub enum LibraryError {
    #[error("the disk is full: nothing was changed, what is known can still be played")]
    Full(#[source] sqlx::Error),
    #[error("the library is locked by another program")]
    Busy(#[source] sqlx::Error),
    #[error("another process has the library in {}", folder.display())]
    InUse { folder: PathBuf },
    #[error("the library cannot be written")]
    ReadOnly(#[source] sqlx::Error),
    #[error("the library is broken; it is moved aside at the next start")]
    Broken(#[source] sqlx::Error),
    #[error("the library failed")]
    Database(#[source] sqlx::Error),
    #[error("the library's folder {} cannot be used", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no {0}")]
    NoSuchItem(ItemId),
    #[error("there is no volume {:?}", .0.0)]
    NoSuchVolume(VolumeId),
    #[error("volume {:?} is being scanned already", .0.0)]
    ScanRuns(VolumeId),
    #[error("{0} cannot do that")]
    WrongKind(ItemId),
    #[error("{what} is longer than {limit} bytes")]
    TooLong { what: &'static str, limit: usize },
    #[error("{0:?} is not an http:// or https:// address")]
    Address(String),
    #[error("what was saved makes no sense")]
    Saved(#[source] serde_json::Error),
}

/// SQLite's result codes (sqlite3.h), without their extensions.
mod code {
    pub const BUSY: u32 = 5;
    pub const LOCKED: u32 = 6;
    pub const READONLY: u32 = 8;
    pub const IOERR: u32 = 10;
    pub const CORRUPT: u32 = 11;
    pub const FULL: u32 = 13;
    pub const CANTOPEN: u32 = 14;
    pub const NOTADB: u32 = 26;
    /// A shared-memory file that cannot grow is a full disk.
    pub const IOERR_SHMSIZE: u32 = IOERR | 19 << 8;
}

impl From<sqlx::Error> for LibraryError {
    fn from(error: sqlx::Error) -> Self {
        let extended = error.as_database_error().and_then(|database| database.code()?.parse::<u32>().ok());
        match extended {
            Some(code::IOERR_SHMSIZE) => Self::Full(error),
            Some(extended) => match extended & 0xff {
                code::FULL => Self::Full(error),
                code::BUSY | code::LOCKED => Self::Busy(error),
                code::READONLY | code::CANTOPEN | code::IOERR => Self::ReadOnly(error),
                code::CORRUPT | code::NOTADB => Self::Broken(error),
                _ => Self::Database(error),
            },
            None => Self::Database(error),
        }
    }
}

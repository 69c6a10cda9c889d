use std::path::PathBuf;

use tandem_database::{Fault, OpenError, fault};
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

impl From<sqlx::Error> for LibraryError {
    fn from(error: sqlx::Error) -> Self {
        match fault(&error) {
            Fault::Full => Self::Full(error),
            Fault::Busy => Self::Busy(error),
            Fault::ReadOnly => Self::ReadOnly(error),
            Fault::Broken => Self::Broken(error),
            Fault::Other => Self::Database(error),
        }
    }
}

impl From<OpenError> for LibraryError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Folder { folder, source } => Self::Folder { folder, source },
            OpenError::Database(error) => error.into(),
        }
    }
}

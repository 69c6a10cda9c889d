//! An SQLite file of ours, whatever lies in its place: it opens whole, up to date and ours, and what was acknowledged survives a power cut (WAL, `synchronous = FULL`).
//!
//! What is broken, foreign or newer is moved aside, never deleted.

mod fault;
mod migrate;
mod open;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};

pub use fault::{Fault, fault};
pub use open::{LockError, OpenError, Opened, Unfit, Unusable};

/// How long a write waits for another program that has the file locked.
const BUSY: Duration = Duration::from_secs(2);

/// One kind of database.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Of its files: `NAME.db`, `NAME.lock`, `NAME.aside-1.db`.
    pub name: &'static str,
    /// Whose file this is, in SQLite's header.
    pub application: i64,
    /// The n-th leads from version n to n + 1 (`user_version`). None is changed once it was shipped.
    pub scripts: &'static [&'static str],
    /// Of every connection.
    pub pragmas: &'static [(&'static str, &'static str)],
}

impl Schema {
    /// Where the database lies in a folder.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.db", self.name))
    }

    /// How its connections are opened.
    pub fn options(&self, folder: &Path) -> SqliteConnectOptions {
        self.options_at(&self.path(folder))
    }

    fn options_at(&self, path: &Path) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(false)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        self.pragmas.iter().fold(options, |options, (name, value)| options.pragma(*name, *value))
    }
}

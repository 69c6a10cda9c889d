//! Which volumes are known, and which are here.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use sqlx::sqlite::SqliteConnection;

use crate::Library;
use crate::error::LibraryError;
use crate::fold::clean;
use crate::model::{KnownVolume, Volume, VolumeId, VolumeKind};

/// Tracks that one transaction forgets.
const STEP: i64 = 2_000;
/// Characters of a name, of a title.
pub(crate) const NAME: usize = 500;

impl Library {
    /// A volume is here from now on; its root and its name may be others than last time.
    pub async fn attach(&self, volume: &Volume) -> Result<(), LibraryError> {
        let mut change = self.0.change().await?;
        sqlx::query(
            "INSERT INTO volume (id, usb, name, root, present) VALUES (?, ?, ?, ?, 1)
             ON CONFLICT (id) DO UPDATE SET usb = excluded.usb, name = excluded.name, root = excluded.root, present = 1",
        )
        .bind(&volume.id.0)
        .bind(volume.kind == VolumeKind::Usb)
        .bind(clean(&volume.name, NAME))
        .bind(volume.root.as_os_str().as_bytes())
        .execute(change.connection())
        .await?;
        change.commit_shown().await
    }

    /// A volume is no longer here: what it has stays known and cannot be played.
    pub async fn detach(&self, id: &VolumeId) -> Result<(), LibraryError> {
        let mut change = self.0.change().await?;
        let done =
            sqlx::query("UPDATE volume SET present = 0 WHERE id = ?").bind(&id.0).execute(change.connection()).await?;
        if done.rows_affected() == 0 {
            return Err(LibraryError::NoSuchVolume(id.clone()));
        }
        change.commit_shown().await
    }

    /// All volumes that were ever here and not forgotten, those that are here first.
    pub async fn volumes(&self) -> Result<Vec<KnownVolume>, LibraryError> {
        let mut reader = self.0.readers.acquire().await?;
        let rows: Vec<(String, bool, String, Vec<u8>, bool, u32)> = sqlx::query_as(
            "SELECT id, usb, name, root, present,
                    (SELECT count(*) FROM folder JOIN track ON track.folder = folder.row WHERE folder.volume = volume.row)
             FROM volume ORDER BY present DESC, usb, name, row",
        )
        .fetch_all(&mut *reader)
        .await?;
        let volume = |(id, usb, name, root, present, tracks)| KnownVolume {
            id: VolumeId(id),
            kind: if usb { VolumeKind::Usb } else { VolumeKind::Local },
            name,
            root: PathBuf::from(OsString::from_vec(root)),
            present,
            tracks,
        };
        Ok(rows.into_iter().map(volume).collect())
    }

    /// Forgets a volume and everything that is known of it. The files stay.
    ///
    /// # Errors
    /// [`LibraryError::ScanRuns`] while it is scanned: the scan would write on.
    pub async fn forget_volume(&self, id: &VolumeId) -> Result<(), LibraryError> {
        if self.0.scanning().contains(&id.0) {
            return Err(LibraryError::ScanRuns(id.clone()));
        }
        let row = {
            let mut reader = self.0.readers.acquire().await?;
            volume_row(&mut reader, id).await?
        };
        // In steps, so that the session is saved in between; cut short, the rest is forgotten by the next call.
        loop {
            let mut change = self.0.change().await?;
            let done = sqlx::query(
                "DELETE FROM track WHERE row IN (SELECT track.row FROM folder JOIN track ON track.folder = folder.row
                 WHERE folder.volume = ? LIMIT ?)",
            )
            .bind(row)
            .bind(STEP)
            .execute(change.connection())
            .await?;
            change.commit_shown().await?;
            if done.rows_affected() < STEP.unsigned_abs() {
                break;
            }
        }
        let mut change = self.0.change().await?;
        for sql in [
            "DELETE FROM playlist WHERE volume = ?",
            "DELETE FROM folder WHERE volume = ?",
            "DELETE FROM volume WHERE row = ?",
        ] {
            sqlx::query(sql).bind(row).execute(change.connection()).await?;
        }
        // A scan remembers rows; it tidies up when it ends.
        if self.0.scanning().is_empty() {
            tidy(change.connection()).await?;
        }
        change.commit_shown().await
    }
}

pub(crate) async fn volume_row(connection: &mut SqliteConnection, id: &VolumeId) -> Result<i64, LibraryError> {
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT row FROM volume WHERE id = ?").bind(&id.0).fetch_optional(connection).await?;
    found.map(|(row,)| row).ok_or_else(|| LibraryError::NoSuchVolume(id.clone()))
}

/// Takes away what holds nothing any more. Only while no scan runs: it remembers rows.
pub(crate) async fn tidy(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM album WHERE tracks <= 0",
        "DELETE FROM artist_share WHERE tracks <= 0",
        "DELETE FROM genre_share WHERE tracks <= 0",
        "DELETE FROM artist WHERE NOT EXISTS (SELECT 1 FROM artist_share WHERE artist_share.artist = artist.row)
            AND NOT EXISTS (SELECT 1 FROM album WHERE album.album_artist = artist.row)",
        "DELETE FROM genre WHERE NOT EXISTS (SELECT 1 FROM genre_share WHERE genre_share.genre = genre.row)",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    // A folder whose last folder went is empty only then.
    loop {
        let done = sqlx::query("DELETE FROM folder WHERE children <= 0 AND parent IS NOT NULL")
            .execute(&mut *connection)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
    }
}

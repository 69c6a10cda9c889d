//! What outlives a restart: the phones that were let in, the last step of each hand-over, places, and the ledger. SQLite, each change on the disk before it is acted on.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};
use tandem_contracts::phones::Entry;
use tandem_kdeconnect::{DeviceId, DeviceKind};
use tandem_session::{Destination, Record, Step as Taken};
use tokio::sync::Mutex;

use crate::core::{Change, Kept, Loaded, Place, PlaceStage, Step};

/// `TANP`, in SQLite's header: whose file this is.
const APPLICATION: i64 = 0x5441_4e50;
const DATABASE: &str = "phones.db";
/// Lines of the ledger that are kept.
const LEDGER: i64 = 1_000;
/// Players of a phone whose last step is kept.
const STEPS: i64 = 32;
/// How long a write waits for another program that has the file locked.
const BUSY: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot make the folder {}", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("{} is damaged: move it away to begin anew, and pair all phones again", path.display())]
    Damaged { path: PathBuf, source: sqlx::Error },
    #[error("cannot open {}: look whether its disk is full, may be written, and nobody else has it open", path.display())]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("{} was taken away: what is known of the phones is kept no more; start again", path.display())]
    Gone { path: PathBuf },
    #[error("{} belongs to another program, or to a newer Tandem (version {version})", path.display())]
    Foreign { path: PathBuf, version: i64 },
    #[error("cannot read or write what is known of the phones")]
    Sql(#[from] sqlx::Error),
}

/// The database, and the one connection to it.
pub struct Store {
    connection: Mutex<SqliteConnection>,
    path: PathBuf,
    /// Which file that was when it was opened.
    inode: u64,
}

/// SQLite's codes for a file that holds something else than it should.
const DAMAGED: [i32; 2] = [11, 26];

fn opening(path: &Path, source: sqlx::Error) -> StoreError {
    let code = source.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<i32>().ok());
    let path = path.to_owned();
    // The lowest byte tells the kind.
    match code {
        Some(code) if DAMAGED.contains(&(code & 0xff)) => StoreError::Damaged { path, source },
        _ => StoreError::Open { path, source },
    }
}

impl Store {
    /// Opens what is in the folder, or begins anew.
    ///
    /// # Errors
    /// [`StoreError`]: pairings are not thrown away because of a file that cannot be read.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let at_fault = |source| StoreError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(at_fault)?;
        private(folder).map_err(at_fault)?;
        let path = folder.join(DATABASE);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let opening = |source| opening(&path, source);
        let mut connection = options.connect().await.map_err(opening)?;
        let (application, version): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(opening)?;
        match (application, version) {
            (0, 0) => {
                let script = concat!(
                    "BEGIN IMMEDIATE;",
                    include_str!("schema.sql"),
                    "PRAGMA application_id = 1413566032; PRAGMA user_version = 2; COMMIT;"
                );
                sqlx::raw_sql(script).execute(&mut connection).await.map_err(opening)?;
            }
            (APPLICATION, 1) => {
                // What was owed then is owed for as long as a new debt.
                let script = "BEGIN IMMEDIATE; ALTER TABLE step ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
                    UPDATE step SET at = unixepoch(); PRAGMA user_version = 2; COMMIT;";
                sqlx::raw_sql(script).execute(&mut connection).await.map_err(opening)?;
            }
            (APPLICATION, 2) => {}
            _ => return Err(StoreError::Foreign { path, version }),
        }
        let inode = std::fs::metadata(&path).map_err(at_fault)?.ino();
        Ok(Self { connection: Mutex::new(connection), path, inode })
    }

    /// Everything that was written down; what cannot be understood any more is left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let mut connection = self.connection.lock().await;
        let phones = sqlx::query("SELECT * FROM phone ORDER BY rank").fetch_all(&mut *connection).await?;
        let steps = sqlx::query("SELECT * FROM step").fetch_all(&mut *connection).await?;
        let places = sqlx::query("SELECT * FROM place ORDER BY session").fetch_all(&mut *connection).await?;
        let off: Option<(Option<i64>,)> = sqlx::query_as("SELECT value FROM fact WHERE key = 'ignition-off'")
            .fetch_optional(&mut *connection)
            .await?;
        Ok(Loaded {
            phones: phones.iter().filter_map(phone).collect(),
            steps: steps.iter().filter_map(step).collect(),
            places: places.iter().filter_map(place).collect(),
            ignition_off: off.and_then(|(at,)| at),
        })
    }

    /// Whether the file is the one that was opened: SQLite would go on writing into one that has no name any more.
    pub async fn is_there(&self) -> bool {
        tokio::fs::metadata(&self.path).await.is_ok_and(|facts| facts.ino() == self.inode)
    }

    /// Writes a change down; it is on the disk when this returns.
    ///
    /// # Errors
    /// The disk is full or cannot be written, or the file was taken away; nothing was changed.
    pub async fn keep(&self, change: &Change) -> Result<(), StoreError> {
        if !self.is_there().await {
            return Err(StoreError::Gone { path: self.path.clone() });
        }
        let mut connection = self.connection.lock().await;
        let connection = &mut *connection;
        match change {
            Change::Phone { id, name, kept } => keep_phone(connection, id, name, kept).await?,
            Change::Forgotten(id) => {
                sqlx::query("DELETE FROM phone WHERE id = ?").bind(id.as_str()).execute(connection).await?;
            }
            Change::Step(step) => {
                let Step { phone, player, session, track, at, record } = step.as_ref();
                let (word, position_ms) = of_step(record.step);
                sqlx::query(
                    "INSERT OR REPLACE INTO step (phone, player, session, track, epoch, item, step, position_ms, at)
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE EXISTS (SELECT 1 FROM phone WHERE id = ?1)",
                )
                .bind(phone.as_str())
                .bind(player)
                .bind(session)
                .bind(track)
                .bind(i64::try_from(record.epoch).unwrap_or(i64::MAX))
                .bind(&record.item)
                .bind(word)
                .bind(position_ms)
                .bind(at)
                .execute(&mut *connection)
                .await?;
                // A phone may invent players.
                sqlx::query("DELETE FROM step WHERE phone = ?1 AND rowid NOT IN (SELECT rowid FROM step WHERE phone = ?1 ORDER BY rowid DESC LIMIT ?2)")
                    .bind(phone.as_str())
                    .bind(STEPS)
                    .execute(connection)
                    .await?;
            }
            Change::Place(place) => {
                sqlx::query("INSERT OR REPLACE INTO place (session, phone, original, stage, epoch, since) VALUES (?, ?, ?, ?, ?, ?)")
                    .bind(&place.session)
                    .bind(place.phone.as_str())
                    .bind(&place.original)
                    .bind(stage_word(place.stage))
                    .bind(i64::try_from(place.epoch).unwrap_or(i64::MAX))
                    .bind(place.since)
                    .execute(connection)
                    .await?;
            }
            Change::PlaceGone(session) => {
                sqlx::query("DELETE FROM place WHERE session = ?").bind(session).execute(connection).await?;
            }
            Change::Ledger(entry) => {
                sqlx::query("INSERT INTO ledger (at, phone, phone_name, deed, kind, count) VALUES (?, ?, ?, ?, ?, ?)")
                    .bind(entry.at)
                    .bind(&entry.phone)
                    .bind(&entry.phone_name)
                    .bind(&entry.deed)
                    .bind(&entry.kind)
                    .bind(entry.count)
                    .execute(&mut *connection)
                    .await?;
                sqlx::query("DELETE FROM ledger WHERE row <= (SELECT max(row) FROM ledger) - ?")
                    .bind(LEDGER)
                    .execute(connection)
                    .await?;
            }
            Change::IgnitionOff(at) => {
                sqlx::query("INSERT OR REPLACE INTO fact (key, value) VALUES ('ignition-off', ?)")
                    .bind(at)
                    .execute(connection)
                    .await?;
            }
        }
        Ok(())
    }

    /// The latest lines of the ledger, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn ledger(&self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query("SELECT * FROM ledger ORDER BY row DESC LIMIT ?")
            .bind(limit)
            .fetch_all(&mut *self.connection.lock().await)
            .await?;
        let entry = |row: &SqliteRow| -> Result<Entry, sqlx::Error> {
            Ok(Entry {
                at: row.try_get("at")?,
                phone: row.try_get("phone")?,
                phone_name: row.try_get("phone_name")?,
                deed: row.try_get("deed")?,
                kind: row.try_get("kind")?,
                count: row.try_get("count")?,
            })
        };
        Ok(rows.iter().map(entry).collect::<Result<_, _>>()?)
    }
}

/// Nobody else on this machine reads who is known here.
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

async fn keep_phone(
    connection: &mut SqliteConnection,
    id: &DeviceId,
    name: &str,
    kept: &Kept,
) -> Result<(), sqlx::Error> {
    // A replaced row would take its steps with it.
    sqlx::query(
        "INSERT INTO phone (id, name, certificate, protocol, kind, grants, automatic, is_guest, rank, seen_at, address)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, certificate = excluded.certificate, protocol = excluded.protocol,
             kind = excluded.kind, grants = excluded.grants, automatic = excluded.automatic, is_guest = excluded.is_guest,
             rank = excluded.rank, seen_at = excluded.seen_at, address = excluded.address",
    )
    .bind(id.as_str())
    .bind(name)
    .bind(&kept.certificate)
    .bind(i64::from(kept.protocol))
    .bind(serde_json::to_string(&kept.kind).unwrap_or_default())
    .bind(serde_json::to_string(&kept.grants).unwrap_or_default())
    .bind(serde_json::to_string(&kept.automatic).unwrap_or_default())
    .bind(kept.is_guest)
    .bind(i64::from(kept.rank))
    .bind(kept.seen_at)
    .bind(kept.address.map(|address| address.to_string()))
    .execute(connection)
    .await
    .map(drop)
}

fn device(row: &SqliteRow, column: &str) -> Option<DeviceId> {
    row.try_get::<String, _>(column).ok()?.parse().ok()
}

fn phone(row: &SqliteRow) -> Option<(DeviceId, String, Kept)> {
    let text = |column: &str| row.try_get::<String, _>(column).unwrap_or_default();
    let number = |column: &str| row.try_get::<i64, _>(column).unwrap_or(0);
    let address: Option<String> = row.try_get("address").ok()?;
    let kept = Kept {
        certificate: row.try_get("certificate").ok()?,
        protocol: u8::try_from(number("protocol")).ok()?,
        kind: serde_json::from_str(&text("kind")).unwrap_or(DeviceKind::Phone),
        grants: serde_json::from_str(&text("grants")).unwrap_or_default(),
        automatic: serde_json::from_str(&text("automatic")).unwrap_or_default(),
        is_guest: row.try_get("is_guest").unwrap_or(true),
        rank: u32::try_from(number("rank")).unwrap_or(u32::MAX),
        seen_at: number("seen_at"),
        address: address.and_then(|address| address.parse().ok()),
    };
    Some((device(row, "id")?, text("name"), kept))
}

fn of_step(step: Taken) -> (&'static str, Option<i64>) {
    match step {
        Taken::Claiming => ("claiming", None),
        Taken::Moved { position_ms } => ("moved", Some(position_ms)),
        Taken::Releasing => ("releasing", None),
        Taken::Owed { position_ms } => ("owed", Some(position_ms)),
        Taken::Settled => ("settled", None),
    }
}

fn step(row: &SqliteRow) -> Option<Step> {
    let position_ms: Option<i64> = row.try_get("position_ms").ok()?;
    let taken = match (row.try_get::<String, _>("step").ok()?.as_str(), position_ms) {
        ("claiming", _) => Taken::Claiming,
        ("moved", Some(position_ms)) => Taken::Moved { position_ms },
        ("releasing", _) => Taken::Releasing,
        ("owed", Some(position_ms)) => Taken::Owed { position_ms },
        ("settled", _) => Taken::Settled,
        _ => return None,
    };
    let epoch = u64::try_from(row.try_get::<i64, _>("epoch").ok()?).ok()?;
    Some(Step {
        phone: device(row, "phone")?,
        player: row.try_get("player").ok()?,
        session: row.try_get("session").ok()?,
        track: row.try_get("track").ok()?,
        at: row.try_get("at").ok()?,
        record: Record { epoch, item: row.try_get("item").ok()?, step: taken },
    })
}

fn stage_word(stage: PlaceStage) -> &'static str {
    match stage {
        PlaceStage::Offered => "offered",
        PlaceStage::Held => "held",
        PlaceStage::Owed => "owed",
    }
}

fn place(row: &SqliteRow) -> Option<Place> {
    let original: String = row.try_get("original").ok()?;
    let stage: String = row.try_get("stage").ok()?;
    Some(Place {
        session: row.try_get("session").ok()?,
        phone: device(row, "phone")?,
        destination: Destination::read(&original)?,
        original,
        stage: [PlaceStage::Offered, PlaceStage::Held, PlaceStage::Owed]
            .into_iter()
            .find(|known| stage_word(*known) == stage)?,
        epoch: u64::try_from(row.try_get::<i64, _>("epoch").ok()?).ok()?,
        since: row.try_get("since").ok()?,
        sent: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            certificate: vec![1, 2, 3],
            protocol: 8,
            kind: DeviceKind::Tablet,
            grants: vec!["media".into()],
            automatic: [("media".to_owned(), "always".to_owned())].into(),
            is_guest: true,
            rank: 2,
            seen_at: 5,
            address: Some([10, 0, 0, 7].into()),
        }
    }

    fn id() -> DeviceId {
        "0123456789abcdef0123456789abcdef".parse().unwrap()
    }

    fn step(step: Taken) -> Step {
        let record = Record { epoch: 7, item: "track:1".into(), step };
        let (player, session, track) = ("VLC".into(), "s".into(), "Song\n\n\n".into());
        Step { phone: id(), player, session, track, at: 11, record }
    }

    fn written(step: &Step) -> Change {
        Change::Step(Box::new(step.clone()))
    }

    #[tokio::test]
    async fn what_was_written_down_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place {
            session: "p".into(),
            phone: id(),
            destination: Destination::read("geo:52.5,13.4").unwrap(),
            original: "geo:52.5,13.4".into(),
            stage: PlaceStage::Owed,
            epoch: 3,
            since: 9,
            sent: false,
        };
        {
            let store = Store::open(folder.path()).await.unwrap();
            let phone = |name: &str| Change::Phone { id: id(), name: name.into(), kept: Box::new(kept()) };
            store.keep(&phone("Old")).await.unwrap();
            store.keep(&Change::Place(Box::new(place.clone()))).await.unwrap();
            for taken in [
                Taken::Claiming,
                Taken::Releasing,
                Taken::Settled,
                Taken::Owed { position_ms: 4 },
                Taken::Moved { position_ms: 5 },
            ] {
                store.keep(&written(&step(taken))).await.unwrap();
                let steps = store.load().await.unwrap().steps;
                assert_eq!(steps, [step(taken)], "the last one stands");
            }
            // A phone that says something new of itself keeps what was under way.
            store.keep(&phone("New")).await.unwrap();
            store.keep(&Change::IgnitionOff(Some(77))).await.unwrap();
        }
        let loaded = Store::open(folder.path()).await.unwrap().load().await.unwrap();
        assert_eq!(loaded.phones, [(id(), "New".to_owned(), kept())]);
        assert_eq!((loaded.steps.len(), loaded.places, loaded.ignition_off), (1, vec![place], Some(77)));
    }

    #[tokio::test]
    async fn a_forgotten_phone_takes_everything_with_it_but_the_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store.keep(&Change::Phone { id: id(), name: "P".into(), kept: Box::new(kept()) }).await.unwrap();
        store.keep(&written(&step(Taken::Settled))).await.unwrap();
        store.keep(&Change::Ledger(Entry { deed: "taken".into(), ..Entry::default() })).await.unwrap();
        store.keep(&Change::Forgotten(id())).await.unwrap();
        // An order that was late writes nothing about somebody who is gone.
        store.keep(&written(&step(Taken::Settled))).await.unwrap();
        let loaded = store.load().await.unwrap();
        assert!(loaded.phones.is_empty() && loaded.steps.is_empty());
        assert_eq!(store.ledger(5).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_file_that_was_taken_away_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let change = Change::IgnitionOff(Some(1));
        store.keep(&change).await.unwrap();
        assert!(store.is_there().await);
        std::fs::rename(folder.path().join(DATABASE), folder.path().join("elsewhere")).unwrap();
        assert!(!store.is_there().await);
        assert!(matches!(store.keep(&change).await, Err(StoreError::Gone { .. })));
        // Nor does another one in its place: it is not the one that is open.
        std::fs::write(folder.path().join(DATABASE), "").unwrap();
        assert!(matches!(store.keep(&change).await, Err(StoreError::Gone { .. })));
        std::fs::rename(folder.path().join("elsewhere"), folder.path().join(DATABASE)).unwrap();
        store.keep(&change).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_of_before_is_brought_up_to_now() {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = Store::open(folder.path()).await.unwrap();
            store.keep(&Change::Phone { id: id(), name: "P".into(), kept: Box::new(kept()) }).await.unwrap();
            store.keep(&written(&step(Taken::Settled))).await.unwrap();
            let older = "ALTER TABLE step DROP COLUMN at; PRAGMA user_version = 1";
            sqlx::raw_sql(older).execute(&mut *store.connection.lock().await).await.unwrap();
        }
        for _ in 0..2 {
            let steps = Store::open(folder.path()).await.unwrap().load().await.unwrap().steps;
            assert!(steps.len() == 1 && steps[0].at > 1_700_000_000, "{steps:?}");
        }
    }

    #[tokio::test]
    async fn the_ledger_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        for at in 0..LEDGER + 20 {
            store.keep(&Change::Ledger(Entry { at, ..Entry::default() })).await.unwrap();
        }
        let entries = store.ledger(u32::MAX).await.unwrap();
        assert_eq!((entries.len() as i64, entries[0].at), (LEDGER, LEDGER + 19));
    }

    #[tokio::test]
    async fn a_file_that_is_not_ours_or_no_database_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DATABASE);
        std::fs::write(&path, "no database, but somebody's pairings all the same").unwrap();
        let Err(error) = Store::open(folder.path()).await else { panic!("it was opened") };
        assert!(error.to_string().contains("move it away to begin anew"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"no database, but somebody's pairings all the same");

        std::fs::remove_file(&path).unwrap();
        {
            let store = Store::open(folder.path()).await.unwrap();
            sqlx::raw_sql("PRAGMA user_version = 9").execute(&mut *store.connection.lock().await).await.unwrap();
        }
        assert!(matches!(Store::open(folder.path()).await, Err(StoreError::Foreign { version: 9, .. })));
    }
}

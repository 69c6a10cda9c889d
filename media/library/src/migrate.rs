//! From an older schema to this program's, all of it or nothing of it.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};

/// `TAND`, in SQLite's header: whose file this is.
pub(crate) const APPLICATION: i64 = 0x5441_4e44;

/// The n-th script leads from version n to n + 1 (`user_version`).
pub(crate) const SCRIPTS: &[&str] = &[
    include_str!("schema.sql"),
    // A scan counts what it adds once a batch; for every track on its own, that was a quarter of its time. Episodes are searched for by their beginnings, too.
    "DROP TRIGGER track_added; DROP TRIGGER track_artist_added; CREATE INDEX episode_key ON episode (key);",
];

pub(crate) fn newest() -> i64 {
    i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX)
}

/// Runs the scripts that the database lacks, in one transaction.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    scripts: &'static [&'static str],
) -> Result<(), sqlx::Error> {
    let version: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *connection).await?.try_get(0)?;
    let done = usize::try_from(version).unwrap_or(0);
    let Some(lacking) = scripts.get(done..).filter(|lacking| !lacking.is_empty()) else {
        return Ok(());
    };
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let outcome = run(connection, lacking, scripts.len()).await;
    if outcome.is_err() {
        // SQLite may have rolled back already; the cause is the first error.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await);
    }
    outcome
}

async fn run(connection: &mut SqliteConnection, lacking: &[&'static str], version: usize) -> Result<(), sqlx::Error> {
    for script in lacking {
        sqlx::raw_sql(*script).execute(&mut *connection).await?;
    }
    // A pragma takes no parameters.
    let stamp = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version}; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(stamp)).execute(&mut *connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

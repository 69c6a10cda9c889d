//! From an older schema to this program's, all of it or nothing of it.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::Schema;

impl Schema {
    pub(crate) fn newest(&self) -> i64 {
        i64::try_from(self.scripts.len()).unwrap_or(i64::MAX)
    }
}

/// Runs the scripts that the database lacks, in one transaction.
pub(crate) async fn migrate(connection: &mut SqliteConnection, schema: &Schema) -> Result<(), sqlx::Error> {
    let scripts = schema.scripts;
    let version: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *connection).await?.try_get(0)?;
    let done = usize::try_from(version).unwrap_or(0);
    let Some(lacking) = scripts.get(done..).filter(|lacking| !lacking.is_empty()) else {
        return Ok(());
    };
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let outcome = run(connection, lacking, schema).await;
    if outcome.is_err() {
        // SQLite may have rolled back already; the cause is the first error.
        drop(sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await);
    }
    outcome
}

async fn run(connection: &mut SqliteConnection, lacking: &[&'static str], schema: &Schema) -> Result<(), sqlx::Error> {
    for script in lacking {
        sqlx::raw_sql(*script).execute(&mut *connection).await?;
    }
    // A pragma takes no parameters.
    let Schema { application, .. } = schema;
    let version = schema.newest();
    let stamp = format!("PRAGMA application_id = {application}; PRAGMA user_version = {version}; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(stamp)).execute(&mut *connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::*;

const ONE: &str = "CREATE TABLE song (title TEXT); INSERT INTO song VALUES ('kept')";
const TWO: &str = "ALTER TABLE song ADD COLUMN rating INTEGER NOT NULL DEFAULT 3";
const BROKEN: &str = "UPDATE song SET rating = 9; INSERT INTO nowhere VALUES (1)";

fn schema(scripts: &'static [&'static str]) -> Schema {
    Schema { name: "any", application: 7, scripts, pragmas: &[] }
}

async fn state(connection: &mut SqliteConnection) -> (i64, Vec<String>) {
    let version: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *connection).await.unwrap().get(0);
    let columns: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM pragma_table_info('song')").fetch_all(connection).await.unwrap();
    (version, columns.into_iter().map(|(name,)| name).collect())
}

#[tokio::test]
async fn an_older_database_comes_up_to_date_in_one_step_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("any.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    migrate(&mut connection, &schema(&[ONE])).await.unwrap();
    assert_eq!(state(&mut connection).await, (1, vec!["title".into()]));
    migrate(&mut connection, &schema(&[ONE])).await.unwrap();

    migrate(&mut connection, &schema(&[ONE, TWO, BROKEN])).await.unwrap_err();
    assert_eq!(state(&mut connection).await, (1, vec!["title".into()]), "the second script is undone with the third");

    migrate(&mut connection, &schema(&[ONE, TWO])).await.unwrap();
    assert_eq!(state(&mut connection).await, (2, vec!["title".into(), "rating".into()]));
    let (title, rating): (String, i64) =
        sqlx::query_as("SELECT title, rating FROM song").fetch_one(&mut connection).await.unwrap();
    assert_eq!((title.as_str(), rating), ("kept", 3));
    let application: i64 = sqlx::query("PRAGMA application_id").fetch_one(&mut connection).await.unwrap().get(0);
    assert_eq!(application, 7);
    connection.close().await.unwrap();
}

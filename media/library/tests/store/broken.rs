//! Whatever lies in the folder, the library opens, and nothing of it is deleted.

use std::fs;
use std::path::Path;

use sqlx::{ConnectOptions, Connection, Executor};
use tandem_library::{Library, LibraryError, Opened, Parent, View};
use tempfile::TempDir;

use crate::cast::{scan, song, stick};
use crate::made;

/// A library of some pages, closed.
async fn closed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (library, _) = Library::open(folder.path()).await.unwrap();
    library.attach(&stick(folder.path())).await.unwrap();
    scan(&library, made::files(600)).await.unwrap();
    library.close().await.unwrap();
    folder
}

async fn sql(path: &Path, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    connection.execute(sql).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_library_of_ours_is_moved_aside() {
    let whole = closed().await;
    let bytes = fs::read(whole.path().join("library.db")).unwrap();
    let mut header = bytes.clone();
    header[..16].copy_from_slice(b"not a database!!");
    let mut pages = bytes.clone();
    for page in (4_096..pages.len()).step_by(4_096) {
        pages[page..page + 16].fill(0xff);
    }
    let mut cut = bytes.clone();
    cut.truncate(bytes.len() / 2);
    for (name, broken) in
        [("empty", Vec::new()), ("text", b"hello".repeat(2_000)), ("header", header), ("pages", pages), ("cut", cut)]
    {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("library.db"), &broken).unwrap();
        let (library, opened) = Library::open(folder.path()).await.unwrap();
        let Opened::MovedAside { to, why } = opened else { panic!("{name}: {opened:?}") };
        assert!(!why.is_empty());
        assert_eq!(fs::read(&to).unwrap(), broken, "{name}: as it was");
        library.attach(&stick(folder.path())).await.unwrap();
        scan(&library, vec![song("a.mp3", "A", "B", "C")]).await.unwrap();
        library.close().await.unwrap();
        let (library, opened) = Library::open(folder.path()).await.unwrap();
        assert_eq!(opened, Opened::Clean, "{name}: told once");
        assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, 1);
    }
}

#[tokio::test]
async fn every_flipped_page_opens_as_something() {
    let whole = closed().await;
    let bytes = fs::read(whole.path().join("library.db")).unwrap();
    let mut dice = made::Dice::new(3);
    let mut aside = 0;
    for _ in 0..40 {
        let mut flipped = bytes.clone();
        for _ in 0..8 {
            let at = dice.throw(flipped.len());
            flipped[at] ^= 1 << dice.throw(8);
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("library.db"), &flipped).unwrap();
        let (library, opened) = Library::open(folder.path()).await.unwrap();
        match opened {
            Opened::MovedAside { to, .. } => {
                aside += 1;
                assert!(to.exists());
            }
            other => assert_eq!(other, Opened::Clean),
        }
        // A flip inside of a text breaks nothing that can be seen; what is asked has an answer or an error.
        let page = library.page(View::Tracks, &Parent::All, 0, 1_000).await;
        assert!(matches!(page, Ok(_) | Err(LibraryError::Broken(_) | LibraryError::Database(_))), "{page:?}");
    }
    assert!(aside > 5, "{aside} of 40");
}

#[tokio::test]
async fn foreign_and_newer_databases_are_moved_aside() {
    let foreign = tempfile::tempdir().unwrap();
    sql(&foreign.path().join("library.db"), "CREATE TABLE theirs (x)").await;
    let (_library, opened) = Library::open(foreign.path()).await.unwrap();
    let Opened::MovedAside { why, .. } = opened else { panic!("{opened:?}") };
    assert!(why.contains("another program"), "{why}");

    let newer = closed().await;
    sql(&newer.path().join("library.db"), "PRAGMA user_version = 1000").await;
    let (_library, opened) = Library::open(newer.path()).await.unwrap();
    let Opened::MovedAside { why, to } = opened else { panic!("{opened:?}") };
    assert!(why.contains("newer") && to.exists(), "{why}");

    let lacking = closed().await;
    sql(&lacking.path().join("library.db"), "DROP TABLE album").await;
    let (_library, opened) = Library::open(lacking.path()).await.unwrap();
    assert!(matches!(opened, Opened::MovedAside { .. }), "{opened:?}");
}

#[tokio::test]
async fn two_do_not_share_a_library() {
    let folder = closed().await;
    let (library, _) = Library::open(folder.path()).await.unwrap();
    assert!(matches!(Library::open(folder.path()).await, Err(LibraryError::InUse { .. })));

    // Another program, that knows nothing of our lock.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("library.db"));
    let mut other = options.connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    assert!(matches!(library.save_position(1, 1).await, Err(LibraryError::Busy(_))));
    assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, 600, "reads go on");
    other.execute("ROLLBACK").await.unwrap();
    library.save_position(1, 1).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_served_from_memory() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (library, opened) = Library::open(&file.path().join("below a file")).await.unwrap();
    assert!(matches!(opened, Opened::InMemory { .. }), "{opened:?}");
    library.attach(&stick(Path::new("/media/stick"))).await.unwrap();
    scan(&library, vec![song("a.mp3", "A", "B", "C")]).await.unwrap();
    assert_eq!(library.search("a", 5).await.unwrap().len(), 1);
    assert!(library.art_folder().is_dir());
}

//! Whatever lies in the place of the settings, the service starts: with them, or with defaults, and the driver is told once.

use std::path::Path;

use rustix::process::Signal;
use sqlx::{ConnectOptions, Connection, Executor};
use tandem_contracts::settings::Notice;
use tandem_settings::core::Rows;
use tandem_settings::store::Kept;
use tandem_units::Value;
use tempfile::TempDir;

use crate::stage::{Stage, store, until};

const PAGE: usize = 4_096;

/// Settings of some pages: those of a newer Tandem are kept, too.
fn rows() -> Rows {
    let newer = (0..400).map(|number| (format!("newer.{number}"), "x".repeat(40)));
    newer.chain([("display.theme".to_owned(), "day".to_owned())]).collect()
}

async fn closed(kept: &Kept) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = store(folder.path()).await;
    store.write(kept).await.unwrap();
    store.close().await;
    folder
}

async fn opened(folder: &Path) -> Kept {
    let (opened, kept) = store(folder).await;
    opened.close().await;
    kept
}

/// Opens as it was, or with defaults and a notice that is told until somebody has seen it. Whether it was set aside.
async fn is_set_aside(folder: &Path, what: &str, was: &Kept) -> bool {
    let lay = std::fs::read(folder.join("settings.db")).ok();
    let kept = opened(folder).await;
    if kept == *was {
        return false;
    }
    let Notice { kind, file, reason } = kept.notice.clone();
    assert!(kept.rows.is_empty(), "{what}: neither what was set nor the defaults");
    assert!(["damaged", "newer", "foreign"].contains(&kind.as_str()) && !reason.is_empty(), "{what}: {kind} {reason}");
    assert!(std::fs::read(&file).ok() == lay, "{what}: it is not kept as it was");
    assert_eq!(opened(folder).await.notice, kept.notice, "{what}: nobody has seen it yet");
    let (mut store, kept) = store(folder).await;
    store.write(&Kept { notice: Notice::default(), ..kept }).await.unwrap();
    store.close().await;
    assert_eq!(opened(folder).await, Kept::default(), "{what}: told twice");
    true
}

async fn damaged(bytes: &[u8], what: &str, was: &Kept) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.db"), bytes).unwrap();
    is_set_aside(folder.path(), what, was).await
}

#[tokio::test]
async fn every_page_may_break_and_nothing_comes_up_that_nobody_set() {
    let was = Kept { rows: rows(), notice: Notice::default() };
    let folder = closed(&was).await;
    let whole = std::fs::read(folder.path().join("settings.db")).unwrap();
    assert!(whole.len() >= 6 * PAGE && !damaged(&whole, "whole", &was).await);
    let mut aside = 0;
    for page in 0..whole.len() / PAGE {
        let range = page * PAGE..(page + 1) * PAGE;
        let mut zeros = whole.clone();
        zeros[range.clone()].fill(0);
        let mut ones = whole.clone();
        ones[range.clone()].fill(0xff);
        // A sector of one page in the place of another's.
        let mut mixed = whole.clone();
        let other = (page + 1) * PAGE % whole.len();
        mixed.copy_within(other..other + 512, range.start);
        for (how, bytes) in [("zeros", zeros), ("ones", ones), ("mixed", mixed)] {
            assert!(damaged(&bytes, &format!("{how} in page {page}"), &was).await, "{how} in page {page}");
        }
        for bit in 0..16 {
            let mut flipped = whole.clone();
            flipped[range.start + bit * 251] ^= 1 << (bit % 8);
            aside += u32::from(damaged(&flipped, &format!("bit {bit} of page {page}"), &was).await);
        }
    }
    assert!(aside > 20, "{aside} of the flipped bits mattered");
}

#[tokio::test]
async fn what_is_no_settings_of_ours_is_set_aside() {
    let was = Kept { rows: rows(), notice: Notice::default() };
    let folder = closed(&was).await;
    let whole = std::fs::read(folder.path().join("settings.db")).unwrap();
    for length in [0, 1, 15, 16, 99, 512, PAGE, whole.len() / 2, whole.len() - PAGE, whole.len() - 1] {
        assert!(damaged(&whole[..length], &format!("cut at {length}"), &was).await, "cut at {length}");
    }
    assert!(damaged(&b"display.theme = day\n".repeat(900), "text", &was).await);

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("settings.db/below")).unwrap();
    let kept = opened(folder.path()).await;
    assert_eq!((kept.notice.kind.as_str(), kept.notice.reason.as_str()), ("damaged", "it is no file"));
    assert!(Path::new(&kept.notice.file).join("below").is_dir());

    for (sql, kind) in [
        ("PRAGMA user_version = 1000", "newer"),
        ("PRAGMA application_id = 7", "foreign"),
        ("DROP TABLE seal", "damaged"),
        ("DELETE FROM seal", "damaged"),
        ("UPDATE setting SET value = 'night' WHERE key = 'display.theme'", "damaged"),
        ("DELETE FROM setting WHERE key = 'newer.7'", "damaged"),
    ] {
        let folder = closed(&was).await;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("settings.db"));
        let mut connection = options.connect().await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
        let notice = opened(folder.path()).await.notice;
        assert_eq!(notice.kind, kind, "{sql}: {notice:?}");
    }
}

#[tokio::test]
async fn a_log_that_lost_its_database_is_not_taken_for_another_ones() {
    let was = Kept { rows: rows(), notice: Notice::default() };
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = store(folder.path()).await;
    store.write(&was).await.unwrap();
    let log = std::fs::read(folder.path().join("settings.db-wal")).unwrap();
    store.close().await;
    std::fs::write(folder.path().join("settings.db-wal"), &log).unwrap();
    std::fs::remove_file(folder.path().join("settings.db")).unwrap();
    let kept = opened(folder.path()).await;
    assert!(kept.rows.is_empty());
    assert_eq!(std::fs::read(folder.path().join("settings.aside-1.db-wal")).unwrap(), log);
}

#[tokio::test]
async fn the_driver_is_told_once_that_settings_were_damaged() {
    let mut stage = Stage::new().await;
    std::fs::create_dir(stage.state()).unwrap();
    std::fs::write(stage.database(), vec![0; 3 * PAGE]).unwrap();
    stage.start().await;
    let notice = stage.notice().await;
    assert_eq!(notice.kind, "damaged");
    assert_eq!(Path::new(&notice.file), stage.state().join("settings.aside-1.db"));
    assert_eq!(stage.settings.list().await.unwrap().notice, notice);
    stage.set("display.theme", "day").await.unwrap();

    stage.end(Signal::KILL).await;
    stage.start().await;
    assert_eq!(stage.notice().await, notice, "nobody has seen it");
    assert_eq!(stage.get("display.theme").await, Value::from("day"));
    stage.settings.dismiss_notice().await.unwrap();
    assert_eq!(stage.notice().await, Notice::default());
    for signal in [Signal::KILL, Signal::TERM] {
        stage.end(signal).await;
        stage.start().await;
        assert_eq!(stage.notice().await, Notice::default(), "told twice");
    }
    assert_eq!(stage.get("display.theme").await, Value::from("day"));
}

#[tokio::test]
async fn a_file_that_is_taken_away_is_made_anew_with_everything_in_it() {
    let mut stage = Stage::new().await;
    stage.start().await;
    stage.set("display.theme", "day").await.unwrap();
    for part in ["settings.db", "settings.db-wal", "settings.db-shm"] {
        drop(std::fs::remove_file(stage.state().join(part)));
    }
    stage.set("language", "de").await.unwrap();
    stage.end(Signal::KILL).await;
    stage.start().await;
    assert_eq!((stage.get("display.theme").await, stage.get("language").await), ("day".into(), "de".into()));
}

#[tokio::test]
async fn two_do_not_share_a_folder() {
    let mut stage = Stage::new().await;
    stage.start().await;
    let other = tandem_scenes::Daemon::start();
    let mut second = tandem_scenes::tied(crate::stage::SERVICE);
    second.arg("--state").arg(stage.state()).env("TANDEM_BUS", other.address()).env("TANDEM_LOG", "off");
    let second = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(2) && told.contains("another process keeps settings in"), "{told}");
    until("an answer", async || stage.settings.list().await.ok()).await;
}

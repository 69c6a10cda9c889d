//! There is no disk, or none that can be used.

use rustix::process::Signal;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use tandem_contracts::settings::SettingsError;
use tandem_scenes::tied;
use tandem_units::Value;

use crate::stage::{SERVICE, Stage, until};

#[tokio::test]
async fn without_a_folder_settings_work_and_say_that_they_end_with_the_service() {
    let mut stage = Stage::new().await;
    let homeless = || {
        let mut command = tied(SERVICE);
        command.arg("--without-a-car");
        for name in ["HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"] {
            command.env_remove(name);
        }
        command
    };
    stage.start_as(homeless()).await;
    let notice = stage.notice().await;
    assert_eq!((notice.kind.as_str(), stage.settings.is_kept().await.unwrap()), ("not-kept", false));
    stage.set("display.theme", "day").await.unwrap();
    assert_eq!(stage.get("display.theme").await, Value::from("day"));
    stage.settings.dismiss_notice().await.unwrap();
    assert_eq!(stage.notice().await.kind, "");
    stage.end(Signal::TERM).await;
    stage.start_as(homeless()).await;
    assert_eq!((stage.get("display.theme").await, stage.notice().await.kind), ("auto".into(), "not-kept".into()));
}

#[tokio::test]
async fn on_a_disk_that_is_memory_settings_work_and_the_driver_is_told_once_that_they_end_with_the_power() {
    let mut stage = Stage::new().await;
    // A file system of memory that every Linux has.
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let of_a_car = || {
        let mut command = tied(SERVICE);
        command.arg("--without-a-car").env("STATE_DIRECTORY", memory.path().join("state"));
        command
    };
    std::fs::create_dir(memory.path().join("state")).unwrap();
    stage.start_as(of_a_car()).await;
    let notice = stage.notice().await;
    assert_eq!((notice.kind.as_str(), notice.file.as_str()), ("not-kept", ""), "{notice:?}");
    assert!(notice.sentence().ends_with("so they end with the power."), "{}", notice.sentence());
    stage.set("display.theme", "day").await.unwrap();
    assert!(!stage.settings.is_kept().await.unwrap(), "it is set, and not for long");
    stage.end(Signal::KILL).await;
    stage.start_as(of_a_car()).await;
    assert_eq!(stage.get("display.theme").await, Value::from("day"), "the power was there all the time");
    assert_eq!(stage.notice().await, notice, "nobody has seen it yet");
    stage.settings.dismiss_notice().await.unwrap();
    stage.set("display.theme", "night").await.unwrap();
    for signal in [Signal::TERM, Signal::KILL] {
        stage.end(signal).await;
        stage.start_as(of_a_car()).await;
        assert_eq!(stage.notice().await.some(), None, "told twice");
        assert!(!stage.settings.is_kept().await.unwrap());
    }
    stage.end(Signal::TERM).await;

    // At a desk it is a folder like any other.
    let mut at_a_desk = tied(SERVICE);
    at_a_desk.arg("--without-a-car").arg("--state").arg(memory.path().join("desk")).env_remove("STATE_DIRECTORY");
    stage.start_as(at_a_desk).await;
    assert_eq!((stage.notice().await.some(), stage.settings.is_kept().await.unwrap()), (None, true));
}

#[tokio::test]
async fn a_folder_that_comes_late_brings_what_was_set() {
    let mut stage = Stage::new().await;
    stage.start().await;
    stage.set("display.theme", "day").await.unwrap();
    stage.end(Signal::TERM).await;

    let away = stage.folder.path().join("away");
    std::fs::rename(stage.state(), &away).unwrap();
    std::fs::write(stage.state(), "a file where the folder should be").unwrap();
    stage.start().await;
    assert_eq!(stage.notice().await.kind, "unwritable");
    assert_eq!(stage.get("display.theme").await, Value::from("auto"));
    assert!(!stage.settings.is_kept().await.unwrap() && !stage.settings.list().await.unwrap().is_kept);
    let refused = stage.set("language", "de").await;
    let Err(SettingsError::Storage(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("nothing was changed. Look whether it is a folder"), "{why}");
    assert_eq!(stage.get("language").await, Value::from("en"));

    std::fs::remove_file(stage.state()).unwrap();
    std::fs::rename(&away, stage.state()).unwrap();
    stage.set("language", "de").await.unwrap();
    assert_eq!(stage.get("display.theme").await, Value::from("day"), "it stands on the disk, and is what people set");
    until("the end of the notice", async || stage.notice().await.kind.is_empty().then_some(())).await;
    assert!(stage.settings.is_kept().await.unwrap());
    stage.end(Signal::KILL).await;
    stage.start().await;
    assert_eq!((stage.get("display.theme").await, stage.get("language").await), ("day".into(), "de".into()));
}

#[tokio::test]
async fn another_program_that_has_the_file_locked_keeps_nobody_from_reading() {
    let mut stage = Stage::new().await;
    stage.start().await;
    stage.set("display.theme", "day").await.unwrap();
    let mut other = SqliteConnectOptions::new().filename(stage.database()).connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = stage.set("language", "de").await;
    let Err(SettingsError::Storage(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("locked by another program: nothing was changed"), "{why}");
    let notice = stage.notice().await;
    assert_eq!((notice.kind.as_str(), stage.settings.is_kept().await.unwrap()), ("unwritable", false));
    assert!(notice.reason.ends_with("is locked by another program"), "{notice:?}");
    stage.settings.dismiss_notice().await.unwrap();
    assert!(stage.set("language", "de").await.is_err());
    assert_eq!(stage.notice().await.kind, "", "seen, and not told again for every try");
    assert_eq!((stage.get("display.theme").await, stage.get("language").await), ("day".into(), "en".into()));
    other.execute("ROLLBACK").await.unwrap();
    stage.set("language", "de").await.unwrap();
    stage.end(Signal::KILL).await;
    stage.start().await;
    assert_eq!((stage.get("display.theme").await, stage.get("language").await), ("day".into(), "de".into()));
}

#[tokio::test]
async fn a_folder_that_was_there_stays_open_and_what_is_set_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut stage = Stage::new().await;
    std::fs::create_dir(stage.state()).unwrap();
    std::fs::set_permissions(stage.state(), std::fs::Permissions::from_mode(0o755)).unwrap();
    stage.start().await;
    stage.set("driver.name", "Ana").await.unwrap();
    assert_eq!(mode(&stage.state()), 0o755);
    for file in std::fs::read_dir(stage.state()).unwrap().map(|entry| entry.unwrap().path()) {
        let is_ours = file.to_string_lossy().contains("settings.db");
        assert!(!is_ours || mode(&file) == 0o600, "{file:?} is {:o}", mode(&file));
    }
    let mut other = Stage::new().await;
    other.start().await;
    assert_eq!(mode(&other.state()), 0o700, "one that the service made");
}

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

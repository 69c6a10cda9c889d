//! A disk that is full, and one that is read only. Both need a mount; where that is forbidden, the test says so.

use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use tandem_contracts::settings::{DRIVER_NAME, SettingsError};
use tandem_units::Value;

use crate::stage::Stage;

/// A small file system, taken away when it is dropped.
struct Mount(PathBuf);

impl Mount {
    fn new(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"]).arg(&at).output();
        let done = done.expect("the Debian package mount");
        if !done.status.success() {
            let why = String::from_utf8_lossy(&done.stderr);
            tandem_scenes::skip(&format!("a full disk takes a mount, which root may make: {}", why.trim()));
            return None;
        }
        Some(Self(at))
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// Sets names until the disk takes none; the last one that it took, and why it does not.
async fn fill(stage: &Stage) -> (Value, String) {
    let mut last = stage.get(DRIVER_NAME.name).await;
    for number in 0..500 {
        let name = Value::from(format!("name {number}").as_str());
        match stage.set(DRIVER_NAME.name, name.clone()).await {
            Ok(()) => last = name,
            Err(SettingsError::Storage(why)) => return (last, why),
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("the disk is not full")
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let mut stage = Stage::new().await;
    let Some(_mount) = Mount::new(stage.state()) else { return };
    stage.start().await;
    stage.set("display.theme", "day").await.unwrap();
    let junk = stage.state().join("junk");
    assert!(std::fs::write(&junk, vec![1; 1 << 20]).is_err(), "it is full");
    let (last, why) = fill(&stage).await;
    assert!(why.contains("full disk: nothing was changed. Make room"), "{why}");
    assert_eq!((stage.notice().await.kind, stage.settings.is_kept().await.unwrap()), ("unwritable".into(), false));
    assert_eq!((stage.get(DRIVER_NAME.name).await, stage.get("display.theme").await), (last.clone(), "day".into()));

    // Started on a full disk, it has what was set, and says that nothing can be.
    stage.end(Signal::KILL).await;
    stage.start().await;
    assert_eq!((stage.get(DRIVER_NAME.name).await, stage.get("display.theme").await), (last.clone(), "day".into()));
    let refused = stage.set("language", "de").await;
    let is_full = matches!(&refused, Err(SettingsError::Storage(why)) if why.contains("full"));
    assert!(is_full || stage.notice().await.kind.is_empty(), "{refused:?}");

    std::fs::remove_file(&junk).unwrap();
    stage.set("language", "de").await.unwrap();
    assert_eq!(stage.notice().await.kind, "", "it takes settings again");
    assert!(stage.settings.is_kept().await.unwrap());
    stage.end(Signal::KILL).await;
    stage.start().await;
    let is = (stage.get(DRIVER_NAME.name).await, stage.get("display.theme").await, stage.get("language").await);
    assert_eq!(is, (last, "day".into(), "de".into()));
}

#[tokio::test]
async fn a_disk_that_is_read_only_refuses_and_what_was_set_is_in_force() {
    let mut stage = Stage::new().await;
    let Some(mount) = Mount::new(stage.state()) else { return };
    stage.start().await;
    stage.set("display.theme", "day").await.unwrap();
    stage.end(Signal::KILL).await;
    mount.remount("ro");
    stage.start().await;
    assert_eq!((stage.get("display.theme").await, stage.notice().await.kind), ("day".into(), "unwritable".into()));
    assert!(!stage.settings.is_kept().await.unwrap());
    let refused = stage.set("language", "de").await;
    let Err(SettingsError::Storage(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("cannot be written: nothing was changed. Look whether its disk is mounted"), "{why}");
    stage.settings.dismiss_notice().await.unwrap();
    assert_eq!(stage.notice().await.kind, "", "seen, for this time");

    mount.remount("rw");
    stage.set("language", "de").await.unwrap();
    assert!(stage.settings.is_kept().await.unwrap());
    stage.end(Signal::TERM).await;
    stage.start().await;
    assert_eq!((stage.get("display.theme").await, stage.get("language").await), ("day".into(), "de".into()));
}

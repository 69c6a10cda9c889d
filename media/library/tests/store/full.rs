//! A disk that is full, and one that is read only. Both need a mount; where that is forbidden, `tests` beside the code fills the database by its own bound.

use std::path::Path;
use std::process::Command;

use tandem_library::{Library, LibraryError, Opened, Parent, View};

use crate::cast::{scan, song, stick};
use crate::made;

/// A small file system, taken away when it is dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    /// None, and said so, where mounting is forbidden.
    fn new(at: &'a Path, options: &str) -> Option<Self> {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        let done = done.expect("the Debian package mount");
        if !done.status.success() {
            let why = String::from_utf8_lossy(&done.stderr);
            tandem_scenes::skip(&format!("a full disk takes a mount, which root may make: {}", why.trim()));
            return None;
        }
        Some(Self(at))
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

#[tokio::test]
async fn a_full_disk_changes_nothing_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path(), "size=2m") else { return };
    let (library, opened) = Library::open(folder.path()).await.unwrap();
    assert_eq!(opened, Opened::New);
    library.attach(&stick(folder.path())).await.unwrap();
    scan(&library, vec![song("first.mp3", "First", "B", "C")]).await.unwrap();
    let mut writer = library.begin_scan(&stick(folder.path()).id).await.unwrap();
    let mut written = 1;
    let mut refused = None;
    for batch in made::files(20_000).chunks(200) {
        match writer.put(batch.to_vec()).await {
            Ok(()) => written += batch.len() as u32,
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    drop(writer);
    let refused = refused.unwrap();
    assert!(matches!(refused, LibraryError::Full(_)), "{refused:?}");
    assert_eq!(refused.to_string(), "the disk is full: nothing was changed, what is known can still be played");
    assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, written);
    assert_eq!(library.search("first", 1).await.unwrap().len(), 1);
    mount.remount("size=60m");
    scan(&library, made::files(400)).await.unwrap();
    library.close().await.unwrap();
    let (_library, opened) = Library::open(folder.path()).await.unwrap();
    assert_eq!(opened, Opened::Clean);
}

#[tokio::test]
async fn a_disk_that_is_read_only_is_still_heard() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path(), "size=20m") else { return };
    let (library, _) = Library::open(folder.path()).await.unwrap();
    library.attach(&stick(folder.path())).await.unwrap();
    scan(&library, vec![song("first.mp3", "First", "B", "C")]).await.unwrap();
    library.close().await.unwrap();
    mount.remount("ro");
    let (library, opened) = Library::open(folder.path()).await.unwrap();
    assert!(matches!(opened, Opened::InMemory { .. }), "{opened:?}");
    assert_eq!(library.search("first", 1).await.unwrap().len(), 1, "what was known is there");
    library.attach(&stick(folder.path())).await.unwrap();
    library.save_position(1, 1).await.unwrap();
}

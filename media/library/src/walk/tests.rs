use super::{Bound, Looks, MAX_DEPTH, Root, Walk, WalkError, Walked, walk};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder(files: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    folder
}

fn walked(folder: &Path) -> (Vec<Walked>, Walk) {
    let mut found = Vec::new();
    let walk = walk(&Root::open(folder).unwrap(), |file| {
        found.push(file);
        true
    });
    (found, walk.unwrap())
}

fn paths(found: &[Walked]) -> Vec<&str> {
    found.iter().map(|file| file.path.to_str().unwrap()).collect()
}

#[test]
fn the_nearest_folders_come_first_and_in_order() {
    let folder = folder(&[
        "b/2.mp3",
        "b/1.FLAC",
        "z.ogg",
        "a/deep/er/x.wav",
        "a/y.opus",
        "a/list.M3U8",
        "a/cover.jpg",
        ".hidden/h.mp3",
        "notes.txt",
    ]);
    let (found, walk) = walked(folder.path());
    assert_eq!(paths(&found), ["z.ogg", "a/list.M3U8", "a/y.opus", "b/1.FLAC", "b/2.mp3", "a/deep/er/x.wav"]);
    assert_eq!((walk.music, walk.playlists, walk.bound), (5, 1, None));
    assert_eq!(found[1].looks, Looks::Playlist);
    assert_eq!(found[0].size, 5);
    assert!(found[0].mtime_ns > 1_600_000_000_000_000_000);
}

#[test]
fn links_lead_nowhere_and_loops_end() {
    let elsewhere = folder(&["secret.mp3"]);
    let folder = folder(&["a/one.mp3"]);
    symlink(folder.path(), folder.path().join("a/up")).unwrap();
    symlink("up", folder.path().join("a/self")).unwrap();
    symlink(elsewhere.path(), folder.path().join("away")).unwrap();
    symlink(elsewhere.path().join("secret.mp3"), folder.path().join("secret.mp3")).unwrap();
    let (found, walk) = walked(folder.path());
    assert_eq!(paths(&found), ["a/one.mp3"]);
    assert_eq!(walk.not_followed, 4);
}

#[test]
fn a_root_may_be_a_link() {
    let folder = folder(&["a/one.mp3"]);
    let link = folder.path().join("link");
    symlink(folder.path().join("a"), &link).unwrap();
    assert_eq!(paths(&walked(&link).0), ["one.mp3"]);
}

#[test]
fn folders_end_at_forty_deep() {
    let folder = TempDir::new().unwrap();
    let mut place = folder.path().to_owned();
    for depth in 1..=MAX_DEPTH + 2 {
        place.push("d");
        fs::create_dir(&place).unwrap();
        fs::write(place.join(format!("{depth}.mp3")), "x").unwrap();
    }
    let (found, walk) = walked(folder.path());
    assert_eq!(found.len(), MAX_DEPTH);
    assert_eq!(walk.bound, Some(Bound::Depth));
}

#[test]
fn names_of_any_bytes_are_found() {
    let folder = TempDir::new().unwrap();
    let names: [&[u8]; 4] = [b"Bj\xF6rk.mp3", b"\xC7\xE7\xCC\xEC.mp3", b"line\nfeed.mp3", "晴天.mp3".as_bytes()];
    for name in names {
        fs::write(folder.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let (found, _) = walked(folder.path());
    let mut expected: Vec<PathBuf> = names.iter().map(|name| PathBuf::from(OsStr::from_bytes(name))).collect();
    expected.sort();
    assert_eq!(found.into_iter().map(|file| file.path).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_neither_file_nor_folder_is_left_out() {
    let folder = folder(&["one.mp3"]);
    rustix::fs::mknodat(rustix::fs::CWD, folder.path().join("pipe.mp3"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let (found, walk) = walked(folder.path());
    assert_eq!(paths(&found), ["one.mp3"]);
    assert_eq!(walk.names, 1);
}

#[test]
fn a_walk_can_be_stopped() {
    let folder = folder(&["1.mp3", "2.mp3", "3.mp3"]);
    let mut count = 0;
    let walk = walk(&Root::open(folder.path()).unwrap(), |_| {
        count += 1;
        count < 2
    });
    assert!(matches!(walk, Err(WalkError::Stopped)));
    assert_eq!(count, 2);
}

#[test]
fn a_root_that_goes_is_noticed() {
    let folder = folder(&["a/1.mp3", "b/2.mp3"]);
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::rename(folder.path().join("a"), root.join("a")).unwrap();
    fs::rename(folder.path().join("b"), root.join("b")).unwrap();
    let opened = Root::open(&root).unwrap();
    let aside = folder.path().join("aside");
    // As a stick that is pulled: another, empty folder is where it was.
    let walk = walk(&opened, |_| {
        if !aside.exists() {
            fs::rename(&root, &aside).unwrap();
            fs::create_dir(&root).unwrap();
        }
        true
    });
    assert!(matches!(walk, Err(WalkError::Gone)));
    assert!(matches!(Root::open(&folder.path().join("nowhere")), Err(WalkError::Root { .. })));
}

#[test]
fn a_hundred_thousand_files_are_walked() {
    let folder = TempDir::new().unwrap();
    for place in 0..100 {
        let place = folder.path().join(format!("{place}"));
        fs::create_dir(&place).unwrap();
        // A second name costs no inode, and is a file like any other.
        let one = place.join("0.mp3");
        fs::write(&one, "x").unwrap();
        for file in 1..1_000 {
            fs::hard_link(&one, place.join(format!("{file}.mp3"))).unwrap();
        }
    }
    let mut count = 0_u32;
    let walk = walk(&Root::open(folder.path()).unwrap(), |_| {
        count += 1;
        true
    });
    assert_eq!((count, walk.unwrap().bound), (100_000, None));
}

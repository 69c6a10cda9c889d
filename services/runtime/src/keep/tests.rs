use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

/// A disk whose power may be cut: what is not synced may be lost, or half there, and names may lie on it before what they name.
#[derive(Default)]
struct Frail {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    /// What the disk surely has of the names.
    synced_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since, of which any may be on the disk: none names nothing any more.
    pending: Vec<Vec<(PathBuf, Option<usize>)>>,
    /// Operations that are still done; the power goes at the next one.
    left: usize,
    open: usize,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    synced: usize,
}

impl Frail {
    fn holding(path: &Path, bytes: &[u8]) -> Self {
        let mut disk = Self { left: usize::MAX, ..Self::default() };
        keep_on(&mut disk, path, bytes).unwrap();
        disk
    }

    fn step(&mut self) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::Other)?;
        Ok(())
    }

    fn change(&mut self, changes: Vec<(PathBuf, Option<usize>)>) {
        apply(&mut self.names, &changes);
        self.pending.push(changes);
    }

    /// Everything that a name may hold after the power has gone, now.
    fn may_hold(&self, path: &Path) -> BTreeSet<Option<Vec<u8>>> {
        let mut found = BTreeSet::new();
        for chosen in 0..1_usize << self.pending.len() {
            let mut names = self.synced_names.clone();
            let survivors = self.pending.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
            survivors.for_each(|(_, changes)| apply(&mut names, changes));
            let Some(file) = names.get(path).map(|file| &self.files[*file]) else {
                found.insert(None);
                continue;
            };
            for length in file.synced..=file.bytes.len() {
                // Cut short, or of its full length with holes where nothing came.
                let mut holed = file.bytes.clone();
                holed[length..].fill(0);
                found.extend([Some(file.bytes[..length].to_vec()), Some(holed)]);
            }
        }
        found
    }
}

fn apply(names: &mut BTreeMap<PathBuf, usize>, changes: &[(PathBuf, Option<usize>)]) {
    for (path, file) in changes {
        match file {
            Some(file) => names.insert(path.clone(), *file),
            None => names.remove(path),
        };
    }
}

impl Disk for Frail {
    fn create(&mut self, path: &Path) -> io::Result<()> {
        self.step()?;
        assert!(!self.names.contains_key(path));
        self.open = self.files.len();
        self.files.push(Content::default());
        self.change(vec![(path.to_owned(), Some(self.open))]);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.step()?;
            self.files[self.open].bytes.push(*byte);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.step()?;
        let file = &mut self.files[self.open];
        file.synced = file.bytes.len();
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let file = self.names[from];
        self.change(vec![(from.to_owned(), None), (to.to_owned(), Some(file))]);
        Ok(())
    }

    fn sync_folder(&mut self, _: &Path) -> io::Result<()> {
        self.step()?;
        self.synced_names = self.names.clone();
        self.pending.clear();
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.step()?;
        if self.names.contains_key(path) {
            self.change(vec![(path.to_owned(), None)]);
        }
        Ok(())
    }
}

#[test]
fn a_power_cut_at_any_moment_leaves_the_old_file_or_the_new_one_whole() {
    let path = Path::new("state/values");
    let (old, new) = (b"old".to_vec(), b"the new one".to_vec());
    let whole = |held: &Option<Vec<u8>>| held.as_ref() == Some(&old) || held.as_ref() == Some(&new);
    for left in 0.. {
        let mut disk = Frail::holding(path, &old);
        disk.left = left;
        let done = keep_on(&mut disk, path, &new);
        let held = disk.may_hold(path);
        assert!(held.iter().all(whole), "after {left} operations: {held:?}");
        if done.is_ok() {
            assert_eq!(held, BTreeSet::from([Some(new.clone())]), "what was kept stays");
            assert_eq!(left, 5 + new.len(), "each operation and each byte was the last once");
            return;
        }
        // The next try, after the power is back, is not hindered by what the cut left.
        disk.left = usize::MAX;
        keep_on(&mut disk, path, &new).unwrap();
        assert_eq!(disk.may_hold(path), BTreeSet::from([Some(new.clone())]));
    }
}

#[test]
fn a_file_and_the_folder_made_for_it_are_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for it/values.json");
    keep(&path, b"1").unwrap();
    keep(&path, b"2").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"2");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else lies there");
}

#[test]
fn what_a_power_cut_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.json");
    fs::write(folder.path().join("values.unfinished"), "half").unwrap();
    keep(&path, b"1").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"1");
    // A folder in the place of the file: nothing is kept, and nothing is left of the try.
    let taken = folder.path().join("taken.json");
    fs::create_dir(&taken).unwrap();
    assert!(keep(&taken, b"1").is_err());
    assert!(taken.is_dir() && !folder.path().join("taken.unfinished").exists());
}

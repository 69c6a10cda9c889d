//! The address of the simulation that runs, for `tandem signals` and its like in another shell.

use std::env;
use std::fs::{self, DirBuilder, DirEntry, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The files of the folder are called so, with a number behind.
const NAME: &str = "bus.";

/// The address is published until this is dropped, or its process ends however it does.
#[derive(Debug)]
pub struct Published {
    file: PathBuf,
    /// Locked for as long as the simulation lives.
    _lives: File,
}

impl Published {
    /// Writes the address where [`address`] finds it.
    ///
    /// # Errors
    /// The folder is not ours alone, or cannot be written.
    pub fn publish(address: &str) -> io::Result<Self> {
        publish_in(&folder(), address)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// The address of the simulation that was started last, of those that live.
pub fn address() -> Option<String> {
    address_in(&folder())
}

fn publish_in(folder: &Path, address: &str) -> io::Result<Published> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if !is_ours(folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is not ours alone", folder.display())));
    }
    // Nobody sees one that is not whole or not locked yet.
    let draft = NamedTempFile::new_in(folder)?;
    draft.as_file().lock()?;
    fs::write(draft.path(), address)?;
    let mut number = 1;
    for (taken, file) in entries(folder) {
        number = number.max(taken + 1);
        // Killed, it leaves its address behind.
        if !lives(&file) {
            let _ = fs::remove_file(&file);
        }
    }
    loop {
        let file = folder.join(format!("{NAME}{number}"));
        match fs::hard_link(draft.path(), &file) {
            Ok(()) => return Ok(Published { file, _lives: draft.into_file() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn address_in(folder: &Path) -> Option<String> {
    if !is_ours(folder) {
        return None;
    }
    let living = entries(folder).into_iter().filter(|(_, file)| lives(file)).max_by_key(|(number, _)| *number);
    fs::read_to_string(living?.1).ok()
}

/// What was published, each with its number: a newer simulation has a larger one.
fn entries(folder: &Path) -> Vec<(u64, PathBuf)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |file: &DirEntry| file.file_name().to_str()?.strip_prefix(NAME)?.parse().ok();
    files.filter_map(|file| Some((number(&file)?, file.path()))).collect()
}

/// Whether who published it still runs. Those who look do not keep each other out.
fn lives(file: &Path) -> bool {
    File::open(file).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn folder() -> PathBuf {
    match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir()) {
        Some(runtime) => runtime.join("tandem"),
        None => env::temp_dir().join(format!("tandem-{}", rustix::process::getuid().as_raw())),
    }
}

/// In a folder for everybody, another user may have been there first.
fn is_ours(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| {
        found.is_dir() && found.uid() == rustix::process::getuid().as_raw() && found.mode() & 0o022 == 0
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_newest_simulation_is_found_until_it_ends() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("tandem");
        assert_eq!(address_in(&folder), None);
        let older = publish_in(&folder, "unix:path=/one").unwrap();
        let newer = publish_in(&folder, "unix:path=/two").unwrap();
        drop(older);
        assert_eq!(address_in(&folder).as_deref(), Some("unix:path=/two"));
        drop(newer);
        assert_eq!(address_in(&folder), None);
    }

    #[test]
    fn an_older_simulation_is_found_again_when_a_newer_one_ends_or_is_killed() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("tandem");
        let found = || address_in(&folder);
        let oldest = publish_in(&folder, "unix:path=/one").unwrap();
        let newer = publish_in(&folder, "unix:path=/two").unwrap();
        drop(newer);
        assert_eq!(found().as_deref(), Some("unix:path=/one"));
        // The kernel lets go of the lock of one that is killed.
        let killed = publish_in(&folder, "unix:path=/three").unwrap();
        let file = killed.file.clone();
        drop(killed);
        fs::write(&file, "unix:path=/three").unwrap();
        assert_eq!(found().as_deref(), Some("unix:path=/one"));
        let newest = publish_in(&folder, "unix:path=/four").unwrap();
        assert!(!file.exists() && newest.file != file, "what was left behind is taken away");
        assert_eq!(found().as_deref(), Some("unix:path=/four"));
        drop(oldest);
        drop(newest);
        assert_eq!((found(), fs::read_dir(&folder).unwrap().count()), (None, 0));
    }

    #[test]
    fn a_folder_that_others_may_write_is_not_trusted() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(base.path().join("bus.1"), "unix:path=/evil").unwrap();
        assert_eq!(address_in(base.path()), None);
        assert_eq!(publish_in(base.path(), "unix:path=/one").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}

//! The address of the simulation that runs, for `tandem signals` and its like in another shell.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The address is published until this is dropped.
#[derive(Debug)]
pub struct Published {
    file: PathBuf,
    address: String,
}

impl Published {
    /// Writes the address where [`address`] finds it. A newer simulation takes the place of an older one.
    ///
    /// # Errors
    /// The folder is not ours alone, or cannot be written.
    pub fn publish(address: &str) -> io::Result<Self> {
        publish_in(&folder(), address)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        // A newer simulation may have published its own address since.
        if fs::read_to_string(&self.file).is_ok_and(|found| found == self.address) {
            let _ = fs::remove_file(&self.file);
        }
    }
}

/// The address of the simulation that was started last, if it said so; it may be gone.
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
    let published = Published { file: folder.join("bus"), address: address.to_owned() };
    let draft = folder.join(format!("bus.{}", std::process::id()));
    fs::write(&draft, address)?;
    fs::rename(&draft, &published.file)?;
    Ok(published)
}

fn address_in(folder: &Path) -> Option<String> {
    if is_ours(folder) { fs::read_to_string(folder.join("bus")).ok() } else { None }
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
    fn a_folder_that_others_may_write_is_not_trusted() {
        let base = tempfile::tempdir().unwrap();
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(base.path().join("bus"), "unix:path=/evil").unwrap();
        assert_eq!(address_in(base.path()), None);
        assert_eq!(publish_in(base.path(), "unix:path=/one").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}

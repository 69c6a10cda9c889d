//! Which checkout of the workspace a build folder was used by last.
//!
//! cargo knows a file's build by its path in the workspace and its time stamp. Two checkouts that share a folder have the same paths, and a checkout of older
//! files is taken for built already: its programs would be the other's.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The file in a build folder that names the checkout.
const STAMP: &str = "tandem-checkout";

/// Whose builds lie in a folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nothing was built there.
    Nobody,
    Us,
    Other(PathBuf),
    /// Something was built there, and nothing says from where.
    Unknown,
}

/// Whose builds lie in `target`, as seen from the workspace at `root`.
///
/// # Errors
/// The stamp is there and cannot be read.
pub fn holder(target: &Path, root: &Path) -> io::Result<Holder> {
    match fs::read(target.join(STAMP)) {
        Ok(stamp) => {
            let path = Path::new(OsStr::from_bytes(stamp.trim_ascii_end()));
            Ok(if path == root { Holder::Us } else { Holder::Other(path.to_path_buf()) })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let built = ["debug", "release"].iter().any(|profile| target.join(profile).join(".fingerprint").is_dir());
            Ok(if built { Holder::Unknown } else { Holder::Nobody })
        }
        Err(error) => Err(error),
    }
}

/// Says that the builds in `target` are those of the workspace at `root` from now on.
///
/// # Errors
/// The folder cannot be made or written.
pub fn claim(target: &Path, root: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    let mut stamp = root.as_os_str().as_bytes().to_vec();
    stamp.push(b'\n');
    fs::write(target.join(STAMP), stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test alone.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tandem-xtask-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_build_folder_knows_the_checkout_that_used_it_last() {
        let target = folder("stamp");
        let (ours, other) = (Path::new("/srv/a checkout"), Path::new("/srv/b"));
        assert_eq!(holder(&target, ours).unwrap(), Holder::Nobody);
        claim(&target, ours).unwrap();
        assert_eq!(holder(&target, ours).unwrap(), Holder::Us);
        assert_eq!(holder(&target, other).unwrap(), Holder::Other(ours.to_path_buf()));
        claim(&target, other).unwrap();
        assert_eq!(holder(&target, ours).unwrap(), Holder::Other(other.to_path_buf()));
        fs::remove_dir_all(target).unwrap();
    }

    #[test]
    fn builds_that_nobody_signed_are_nobodys_to_trust() {
        let target = folder("unsigned");
        fs::create_dir_all(target.join("debug/.fingerprint")).unwrap();
        assert_eq!(holder(&target, Path::new("/srv/a")).unwrap(), Holder::Unknown);
        fs::remove_dir_all(target).unwrap();
    }

    #[test]
    fn a_stamp_that_cannot_be_read_is_said() {
        let target = folder("broken");
        fs::create_dir_all(target.join(STAMP)).unwrap();
        assert!(holder(&target, Path::new("/srv/a")).is_err());
        fs::remove_dir_all(target).unwrap();
    }
}

//! A small file that is whole whenever the power goes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// What writing a file asks of a disk.
trait Disk {
    /// An empty file, for nobody else to read, that was not there before.
    fn create(&mut self, path: &Path) -> io::Result<()>;
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when what was written lies on the disk.
    fn sync(&mut self) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns when the names of a folder lie on the disk.
    fn sync_folder(&mut self, folder: &Path) -> io::Result<()>;
    /// No error if there is none.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

/// Writes a file: after a power cut at any moment its old content is there, or the new one, whole. Only its owner can read it, and what of its folder had to be
/// made. Two that write the same file at the same time would spoil it.
///
/// # Errors
/// The disk is full or cannot be written. The old content stays.
pub fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))?;
    keep_on(&mut Real(None), path, bytes)
}

fn keep_on(disk: &mut impl Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    // Of a write that the power cut short.
    disk.remove(&unfinished)?;
    let mut finish = || {
        disk.create(&unfinished)?;
        disk.write(bytes)?;
        disk.sync()?;
        disk.rename(&unfinished, path)?;
        disk.sync_folder(folder_of(path))
    };
    finish().inspect_err(|_| {
        // A full disk needs the room.
        let _ = disk.remove(&unfinished);
    })
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that is being written.
struct Real(Option<File>);

impl Real {
    fn file(&mut self) -> io::Result<&mut File> {
        self.0.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for Real {
    fn create(&mut self, path: &Path) -> io::Result<()> {
        self.0 = Some(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file()?.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file()?.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

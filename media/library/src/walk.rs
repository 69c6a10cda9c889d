//! Finds what can be played below a folder: the nearest folders first, and no further than is reasonable.

#[cfg(test)]
mod tests;
mod written;

pub use written::{shown, unwritten, written};

use std::collections::{HashSet, VecDeque};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders below the root; deeper ones are left out, and the walk says so.
pub const MAX_DEPTH: usize = 40;
/// Music files and playlists of one volume; what comes after them is left out, and the walk says so.
pub const MAX_FILES: u32 = 200_000;
/// Names of any kind that are looked at in one volume.
pub const MAX_NAMES: u32 = 1_000_000;
/// Names of one folder: they are held in memory to be sorted.
const MAX_FOLDER: usize = 250_000;

const MUSIC: [&str; 13] = ["flac", "mp3", "ogg", "oga", "opus", "wav", "m4a", "m4b", "aac", "aif", "aiff", "wv", "mp2"];
const PLAYLISTS: [&str; 4] = ["m3u", "m3u8", "pls", "xspf"];

/// What a file seems to be by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    Music,
    Playlist,
}

impl Looks {
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        let among = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(extension));
        if among(&MUSIC) {
            Some(Self::Music)
        } else if among(&PLAYLISTS) {
            Some(Self::Playlist)
        } else {
            None
        }
    }
}

/// A file that may be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Below the root.
    pub path: PathBuf,
    pub looks: Looks,
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970, as the file system says.
    pub mtime_ns: i64,
}

/// What a walk saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Music files.
    pub music: u32,
    pub playlists: u32,
    /// Everything that was looked at.
    pub names: u32,
    /// Symbolic links, other file systems, and folders that were there before: not followed.
    pub not_followed: u32,
    /// Folders and files that could not be read; what was known there stays. As they are [`written`].
    pub unread: Vec<String>,
    /// A bound that was reached: not everything was seen.
    pub bound: Option<Bound>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bound {
    #[error("More than {MAX_FILES} music files: the others are left out")]
    Files,
    #[error("More than {MAX_NAMES} files: the others are left out")]
    Names,
    #[error("Folders more than {MAX_DEPTH} deep are left out")]
    Depth,
}

/// Why a walk ended early; nothing may be concluded from what it did not see.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error("the walk was stopped")]
    Stopped,
    #[error("the volume went away during the walk")]
    Gone,
    #[error("{} cannot be read", .root.display())]
    Root { root: PathBuf, source: io::Error },
}

/// What a place is, whatever its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    device: u64,
    inode: u64,
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// A folder that is walked, and how to know that it is still the one that it was.
#[derive(Clone, Debug)]
pub struct Root {
    path: PathBuf,
    identity: Identity,
}

impl Root {
    /// # Errors
    /// [`WalkError::Root`] if the folder cannot be read.
    pub fn open(path: &Path) -> Result<Self, WalkError> {
        let error = |source| WalkError::Root { root: path.to_owned(), source };
        let path = path.canonicalize().map_err(error)?;
        fs::read_dir(&path).map_err(error)?;
        let identity = Identity::from(&fs::metadata(&path).map_err(error)?);
        Ok(Self { path, identity })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the stick is still in: its folder is the same one, and can be read.
    pub fn is_there(&self) -> bool {
        let same = fs::metadata(&self.path).is_ok_and(|now| Identity::from(&now) == self.identity);
        same && fs::read_dir(&self.path).is_ok_and(|mut names| names.next().is_none_or(|name| name.is_ok()))
    }
}

/// Walks breadth first, by name within a folder, and hands over each file that may be played; `found` answers false to stop.
///
/// Symbolic links are not followed: what they name within the volume is found by its own path, and the rest does not belong to it. Neither are
/// other file systems mounted below the root, nor a folder that was seen before under another path.
///
/// # Errors
/// [`WalkError::Stopped`] if `found` said so, [`WalkError::Gone`] if the root is not there any more when something could not be read, or at the end.
pub fn walk(root: &Root, mut found: impl FnMut(Walked) -> bool) -> Result<Walk, WalkError> {
    let mut walk = Walk::default();
    let mut seen = HashSet::from([root.identity]);
    let mut folders = VecDeque::from([(PathBuf::new(), 0_usize)]);
    'walk: while let Some((folder, depth)) = folders.pop_front() {
        let names = match names(&root.path.join(&folder)) {
            Ok(names) => names,
            Err(_) if !root.is_there() => return Err(WalkError::Gone),
            Err(_) => {
                walk.unread.push(written(&folder));
                continue;
            }
        };
        let (names, all) = names;
        if !all {
            walk.bound = Some(Bound::Names);
        }
        for Name { name, what } in names {
            if walk.names >= MAX_NAMES {
                walk.bound = Some(Bound::Names);
                break 'walk;
            }
            walk.names += 1;
            let path = folder.join(name);
            let looks = match what {
                What::Link => {
                    walk.not_followed += 1;
                    continue;
                }
                What::Folder => None,
                What::File => match Looks::of(&path) {
                    Some(looks) => Some(looks),
                    None => continue,
                },
            };
            let metadata = match fs::symlink_metadata(root.path.join(&path)) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => {
                    walk.unread.push(written(&path));
                    continue;
                }
            };
            match looks {
                None if metadata.dev() != root.identity.device || !seen.insert(Identity::from(&metadata)) => {
                    walk.not_followed += 1
                }
                None if depth >= MAX_DEPTH => walk.bound = Some(Bound::Depth),
                None => folders.push_back((path, depth + 1)),
                Some(looks) => {
                    if walk.music + walk.playlists >= MAX_FILES {
                        walk.bound = Some(Bound::Files);
                        break 'walk;
                    }
                    *(if looks == Looks::Music { &mut walk.music } else { &mut walk.playlists }) += 1;
                    let mtime_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
                    if !found(Walked { path, looks, size: metadata.len(), mtime_ns }) {
                        return Err(WalkError::Stopped);
                    }
                }
            }
        }
    }
    if root.is_there() { Ok(walk) } else { Err(WalkError::Gone) }
}

#[derive(Clone, Copy)]
enum What {
    File,
    Folder,
    Link,
}

struct Name {
    name: std::ffi::OsString,
    what: What,
}

/// Files and folders of a folder by name, and whether these are all; hidden ones and what is neither is left out.
fn names(folder: &Path) -> io::Result<(Vec<Name>, bool)> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if names.len() >= MAX_FOLDER {
            names.sort_unstable_by(|one: &Name, other| one.name.cmp(&other.name));
            return Ok((names, false));
        }
        let what = match entry.file_type()? {
            kind if kind.is_symlink() => What::Link,
            kind if kind.is_dir() => What::Folder,
            kind if kind.is_file() => What::File,
            _ => continue,
        };
        let name = entry.file_name();
        if name.as_encoded_bytes().first() != Some(&b'.') {
            names.push(Name { name, what });
        }
    }
    names.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok((names, true))
}

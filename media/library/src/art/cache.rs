//! The art folder: covers under the hash of the picture that they were made of, and not more than there is room for.

use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Why there is no cover.
#[derive(Debug, thiserror::Error)]
pub enum ArtError {
    #[error("the picture cannot be used")]
    Picture(#[from] image::ImageError),
    #[error("the picture file is larger than 16 MiB")]
    TooLarge,
    #[error("the art folder holds as many covers as it may")]
    Full,
    #[error(transparent)]
    Io(io::Error),
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    bytes: u64,
    used: SystemTime,
}

/// The covers that are kept. Those that were asked for longest ago make room, but none that this cache was asked for since it was opened.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    most: u64,
    bytes: u64,
    kept: HashMap<String, Kept>,
    used: HashSet<String>,
    refused: HashSet<String>,
    dropped: Vec<String>,
}

impl Cache {
    /// Opens the art folder, which is made if need be, with room for `most` bytes.
    ///
    /// # Errors
    /// [`ArtError::Io`] if the folder cannot be made or read.
    pub fn open(folder: &Path, most: u64) -> Result<Self, ArtError> {
        fs::create_dir_all(folder)?;
        let mut kept = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            match entry.file_name().into_string() {
                Ok(name) if is_cover(&name) && metadata.is_file() => {
                    kept.insert(name, Kept { bytes: metadata.len(), used: metadata.modified()? });
                }
                // Half written when the power went.
                Ok(name) if is_cover(name.trim_end_matches(".new")) => fs::remove_file(entry.path())?,
                _ => {}
            }
        }
        let bytes = kept.values().map(|kept| kept.bytes).sum();
        Ok(Self {
            folder: folder.to_owned(),
            most,
            bytes,
            kept,
            used: HashSet::new(),
            refused: HashSet::new(),
            dropped: Vec::new(),
        })
    }

    /// The name of the cover for this picture; it is decoded only the first time that it comes.
    ///
    /// # Errors
    /// [`ArtError`]; a picture that was refused is refused again without a look at it.
    pub fn keep(&mut self, picture: &[u8]) -> Result<Option<String>, ArtError> {
        let name = name(picture);
        if self.refused.contains(&name) {
            return Ok(None);
        }
        if let Some(kept) = self.kept.get(&name) {
            // When it was used last stands in its time of change, so that it is known after a restart.
            if self.used.insert(name.clone()) && kept.used.elapsed().is_ok_and(|age| age.as_secs() > 3_600) {
                File::options().append(true).open(self.folder.join(&name))?.set_modified(SystemTime::now())?;
            }
            return Ok(Some(name));
        }
        let cover = match super::cover(picture) {
            Ok(cover) => cover,
            Err(error) => {
                self.refused.insert(name);
                return Err(error);
            }
        };
        self.make_room(cover.len() as u64)?;
        // Named only when it is whole: a cover that lost its end in a power cut would be shown for ever.
        let new = self.folder.join(format!("{name}.new"));
        fs::write(&new, &cover)?;
        File::open(&new)?.sync_data()?;
        fs::rename(&new, self.folder.join(&name))?;
        let bytes = cover.len() as u64;
        self.bytes += bytes;
        self.kept.insert(name.clone(), Kept { bytes, used: SystemTime::now() });
        self.used.insert(name.clone());
        Ok(Some(name))
    }

    /// Covers that made room since this was asked last.
    pub fn dropped(&mut self) -> Vec<String> {
        std::mem::take(&mut self.dropped)
    }

    /// Bytes of all covers.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn make_room(&mut self, bytes: u64) -> Result<(), ArtError> {
        if self.bytes + bytes <= self.most {
            return Ok(());
        }
        // A tenth at once, so that a full folder is not sorted for every cover.
        let wanted = (self.most - self.most / 10).saturating_sub(bytes);
        let mut oldest: Vec<(SystemTime, String)> = self
            .kept
            .iter()
            .filter(|(name, _)| !self.used.contains(*name))
            .map(|(name, kept)| (kept.used, name.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, name) in oldest {
            if self.bytes <= wanted {
                break;
            }
            fs::remove_file(self.folder.join(&name))?;
            self.bytes -= self.kept.remove(&name).map_or(0, |kept| kept.bytes);
            self.dropped.push(name);
        }
        if self.bytes + bytes <= self.most { Ok(()) } else { Err(ArtError::Full) }
    }
}

fn name(picture: &[u8]) -> String {
    let mut name = String::with_capacity(36);
    for byte in Sha256::digest(picture).iter().take(16) {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.push_str(".jpg");
    name
}

fn is_cover(name: &str) -> bool {
    name.strip_suffix(".jpg").is_some_and(|hash| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

//! Files of phones: they land in a folder of their phone's own, and are never opened here.

use std::io;
use std::path::{Path, PathBuf};

use tandem_kdeconnect::{DeviceId, Payload};
use tandem_link::{LinkId, Links};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tracing::{info, warn};

use crate::core::Landed;

/// The largest file that is taken, and all of a phone together, bytes.
const MAX_FILE: u64 = 256 << 20;
const MAX_FOLDER: u64 = 1 << 30;
/// Files of one name.
const NAMES: u32 = 1_000;

/// Takes in a file beside a packet. Whatever goes wrong, nothing of it is left.
pub async fn receive(
    links: &Links,
    link: LinkId,
    payload: Payload,
    folder: &Path,
    phone: &DeviceId,
    name: &str,
) -> Landed {
    let folder = folder.join(phone.as_str());
    let part = folder.join(format!(".{}.part", uuid::Uuid::new_v4()));
    match land(links, link, payload, &folder, &part, name).await {
        Ok(bytes) => {
            info!(bytes, "a file has come");
            Landed::Whole
        }
        Err(why) => {
            // There may be none yet.
            drop(fs::remove_file(&part).await);
            warn!(error = &why as &dyn std::error::Error, "a file did not come");
            Landed::Failed
        }
    }
}

async fn land(
    links: &Links,
    link: LinkId,
    payload: Payload,
    folder: &Path,
    part: &Path,
    name: &str,
) -> io::Result<u64> {
    fs::create_dir_all(folder).await?;
    let left = MAX_FOLDER.saturating_sub(size(folder).await?).min(MAX_FILE);
    let mut file = File::create_new(part).await?;
    let bytes = links.fetch(link, payload, &mut file, left).await.map_err(io::Error::other)?;
    file.flush().await?;
    file.sync_all().await?;
    let to = free(folder, name).await?;
    fs::rename(part, to).await?;
    Ok(bytes)
}

async fn size(folder: &Path) -> io::Result<u64> {
    let mut all = 0;
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        all += entry.metadata().await?.len();
    }
    Ok(all)
}

/// A name that nothing has yet: `photo.jpg`, `photo (2).jpg`.
async fn free(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    for number in 1..NAMES {
        let name = if number == 1 { name.to_owned() } else { format!("{stem} ({number}){ending}") };
        let path = folder.join(name);
        if !fs::try_exists(&path).await? {
            return Ok(path);
        }
    }
    Err(io::Error::other("there are too many files of this name"))
}

/// Everything of a phone goes.
pub fn wipe(folder: &Path, phone: &DeviceId) {
    match std::fs::remove_dir_all(folder.join(phone.as_str())) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            warn!(error = &error as &dyn std::error::Error, "files of a phone cannot be removed");
        }
        _ => {}
    }
}

//! Covers that phones hand over, for as long as the service runs.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tandem_kdeconnect::{DeviceId, Payload};
use tandem_link::{LinkId, Links};
use tokio::fs;
use tracing::debug;
use url::Url;

use crate::files::of_phone;

pub const FOLDER: &str = "covers";
/// The largest that is taken, bytes.
const MAX_COVER: u64 = 2 << 20;
/// Covers that come in at the same time.
pub const AT_ONCE: usize = 2;
/// Of one phone; the oldest go.
const COVERS: usize = 16;
/// How pictures begin that a screen can draw, and how their files end.
const KINDS: [(&[u8], &str); 2] = [(b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png")];

/// Takes in a cover; its `file://` address. Whatever goes wrong, there is none.
pub async fn receive(links: &Links, link: LinkId, payload: Payload, folder: &Path, phone: &DeviceId) -> Option<String> {
    let mut picture = Vec::new();
    let kept = match links.fetch(link, payload, &mut picture, MAX_COVER).await {
        Ok(_) => keep(&of_phone(folder, FOLDER, phone), &picture).await,
        Err(why) => Err(io::Error::other(why)),
    };
    match kept {
        Ok(path) => Url::from_file_path(path).ok().map(String::from),
        Err(why) => {
            debug!(error = &why as &dyn std::error::Error, "a cover did not come");
            None
        }
    }
}

async fn keep(folder: &Path, picture: &[u8]) -> io::Result<PathBuf> {
    let kind = KINDS.into_iter().find(|(begins, _)| picture.starts_with(begins));
    let (_, ending) = kind.ok_or_else(|| io::Error::other("it is neither JPEG nor PNG"))?;
    fs::create_dir_all(folder).await?;
    let mut known = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let written = entry.metadata().await.and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        known.push((written, entry.path()));
    }
    known.sort();
    for (_, oldest) in known.iter().rev().skip(COVERS - 1) {
        match fs::remove_file(oldest).await {
            // Two that land together have the same oldest.
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
    let path = folder.join(format!("{}.{ending}", uuid::Uuid::new_v4()));
    if let Err(why) = fs::write(&path, picture).await {
        // Half of it is none.
        drop(fs::remove_file(&path).await);
        return Err(why);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_picture_is_kept_and_nothing_else_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = keep(folder.path(), b"\xff\xd8\xff rest").await.unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap().as_slice(), path.extension().unwrap()),
            (b"\xff\xd8\xff rest".as_slice(), "jpg".as_ref())
        );
        for no in [b"".as_slice(), b"\xff\xd8", b"GIF89a", b"<svg onload=alert(1)>", b"\x7fELF"] {
            assert!(keep(folder.path(), no).await.is_err());
        }
        for _ in 0..3 * COVERS {
            keep(folder.path(), b"\x89PNG\r\n\x1a\n").await.unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), COVERS);
    }
}

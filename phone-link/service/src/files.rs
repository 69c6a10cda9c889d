//! Files of phones: they land in a folder of their phone's own, and are never opened here.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tandem_kdeconnect::{DeviceId, Payload};
use tandem_link::{LinkId, Links};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tracing::{info, warn};

use crate::core::Landed;
use crate::covers;

pub const FOLDER: &str = "files";

/// The largest file that is taken, and all of a phone together, bytes.
const MAX_FILE: u64 = 256 << 20;
const MAX_FOLDER: u64 = 1 << 30;
/// Files that come in at the same time.
pub const AT_ONCE: usize = 4;
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
    let folder = of_phone(folder, FOLDER, phone);
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
    // Others may be on their way.
    let left = (MAX_FOLDER.saturating_sub(size(folder).await?) / AT_ONCE as u64).min(MAX_FILE);
    let mut file = File::create_new(part).await?;
    let bytes = links.fetch(link, payload, &mut file, left).await.map_err(io::Error::other)?;
    file.flush().await?;
    file.sync_all().await?;
    settle(part, folder, name)?;
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

/// Gives it a name that nothing has yet: `photo.jpg`, `photo (2).jpg`.
fn settle(part: &Path, folder: &Path, name: &str) -> io::Result<()> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    for number in 1..NAMES {
        let name = if number == 1 { name.to_owned() } else { format!("{stem} ({number}){ending}") };
        match renameat_with(CWD, part, CWD, folder.join(name), RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            settled => return settled.map_err(io::Error::from),
        }
    }
    Err(io::Error::other("there are too many files of this name"))
}

/// Where things of one kind of a phone are.
pub fn of_phone(folder: &Path, kind: &str, phone: &DeviceId) -> PathBuf {
    folder.join(kind).join(phone.as_str())
}

/// What was on its way when the power went is of no use to anybody, nor are covers of what played then.
pub fn tidy(folder: &Path) {
    remove(&folder.join(covers::FOLDER));
    let phones = std::fs::read_dir(folder.join(FOLDER)).into_iter().flatten().flatten();
    let files = phones.filter_map(|phone| std::fs::read_dir(phone.path()).ok()).flatten().flatten();
    for file in files.filter(|file| file.path().extension().is_some_and(|ending| ending == "part")) {
        if file.file_name().as_encoded_bytes().starts_with(b".") {
            // The next start tries again.
            drop(std::fs::remove_file(file.path()));
        }
    }
}

/// Everything of a phone goes.
pub fn wipe(folder: &Path, phone: &DeviceId) {
    for kind in [FOLDER, covers::FOLDER] {
        remove(&of_phone(folder, kind, phone));
    }
}

fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            warn!(error = &error as &dyn std::error::Error, "what came from phones cannot be removed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_stand_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (content, settled) in [("a", "photo.jpg"), ("b", "photo (2).jpg"), ("c", "photo (3).jpg")] {
            std::fs::write(path(".x.part"), content).unwrap();
            settle(&path(".x.part"), folder.path(), "photo.jpg").unwrap();
            assert_eq!(std::fs::read_to_string(path(settled)).unwrap(), content);
        }
        assert!(!path(".x.part").exists());
    }

    #[test]
    fn what_was_on_its_way_is_gone_after_a_start_and_what_came_stays() {
        let folder = tempfile::tempdir().unwrap();
        let phone = folder.path().join("files/phone");
        std::fs::create_dir_all(&phone).unwrap();
        std::fs::create_dir_all(folder.path().join("covers/phone")).unwrap();
        for name in [".1.part", "photo.jpg", "story.part"] {
            std::fs::write(phone.join(name), "x").unwrap();
        }
        tidy(folder.path());
        let mut left: Vec<_> = std::fs::read_dir(&phone).unwrap().map(|it| it.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["photo.jpg", "story.part"]);
        assert!(!folder.path().join("covers").exists());
        tidy(&folder.path().join("nowhere"));
    }
}

//! Playlists of a volume: what they name, from the root of the volume that they lie on.

use crate::walk::{Looks, unwritten, written};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use tandem_lists::{Entry, Playlist};

/// Reads a playlist; what it names on the volume is [`written`] behind a `/`, addresses stay, and the rest is refused.
///
/// `None` if it cannot be read or is none: it is then not in the library.
pub fn read(root: &Path, path: &Path) -> Option<Playlist> {
    let mut bytes = Vec::new();
    let most = u64::try_from(tandem_lists::MAX_BYTES).unwrap_or(u64::MAX);
    File::open(root.join(path)).ok()?.take(most.saturating_add(1)).read_to_end(&mut bytes).ok()?;
    let mut list = tandem_lists::playlist(&bytes, path.file_name()?.to_str().unwrap_or_default()).ok()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let entries = std::mem::take(&mut list.entries);
    let named = entries.len();
    list.entries = entries.into_iter().filter_map(|entry| placed(root, folder, entry)).collect();
    let refused = u32::try_from(named - list.entries.len()).unwrap_or(u32::MAX);
    list.refused = list.refused.saturating_add(refused);
    Some(list)
}

fn placed(root: &Path, folder: &Path, entry: Entry) -> Option<Entry> {
    let address = match scheme(&entry.address) {
        Some("http" | "https") => entry.address,
        Some("file") => {
            let path = entry.address.get("file:".len()..)?.trim_start_matches('/');
            named(&place(root, folder, &unwritten(&format!("/{path}")))?)
        }
        Some(_) => return None,
        None => named(&place(root, folder, Path::new(&entry.address))?),
    };
    Some(Entry { address, ..entry })
}

/// As the library takes it: from the root of the volume.
fn named(place: &Path) -> String {
    format!("/{}", written(place))
}

/// A single letter is a drive of Windows, and no scheme.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let is_scheme =
        scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (is_scheme && address.get(scheme.len()..).is_some_and(|rest| rest.starts_with("://") || scheme == "file"))
        .then_some(scheme)
}

/// The path below the root, if that is where it leads; a playlist in a playlist leads nowhere.
fn place(root: &Path, folder: &Path, named: &Path) -> Option<PathBuf> {
    let text = named.to_str().unwrap_or_default();
    let drive = text.get(1..3) == Some(":/") && text.starts_with(|first: char| first.is_ascii_alphabetic());
    let below = if drive {
        // The stick had another place on the computer that wrote the list.
        PathBuf::from(text.get(3..)?)
    } else if let Ok(below) = named.strip_prefix(root) {
        below.to_owned()
    } else if let Ok(below) = named.strip_prefix("/") {
        below.to_owned()
    } else {
        folder.join(named)
    };
    let mut place = PathBuf::new();
    for part in below.components() {
        match part {
            Component::Normal(name) => place.push(name),
            Component::ParentDir if place.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    (Looks::of(&place) == Some(Looks::Music)).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::{place, placed};
    use std::path::{Path, PathBuf};
    use tandem_lists::Entry;

    fn entry(address: &str) -> Option<String> {
        let entry = Entry { address: String::from(address), ..Entry::default() };
        placed(Path::new("/media/stick"), Path::new("Lists/Summer"), entry).map(|entry| entry.address)
    }

    #[test]
    fn what_a_list_names_is_below_the_root() {
        assert_eq!(entry("one.mp3").as_deref(), Some("/Lists/Summer/one.mp3"));
        assert_eq!(entry("../../Music/100%.mp3").as_deref(), Some("/Music/100%.mp3"));
        assert_eq!(entry("./../a.flac").as_deref(), Some("/Lists/a.flac"));
        assert_eq!(entry("/media/stick/Music/a.flac").as_deref(), Some("/Music/a.flac"));
        assert_eq!(entry("/Music/a.flac").as_deref(), Some("/Music/a.flac"));
        assert_eq!(entry("E:/Music/a.flac").as_deref(), Some("/Music/a.flac"));
        assert_eq!(entry("file:///media/stick/Music/a%20b.flac").as_deref(), Some("/Music/a b.flac"));
        assert_eq!(entry("12: the song.mp3").as_deref(), Some("/Lists/Summer/12: the song.mp3"));
    }

    #[test]
    fn addresses_stay_and_the_rest_is_refused() {
        assert_eq!(entry("https://radio.example/live").as_deref(), Some("https://radio.example/live"));
        assert_eq!(entry("../../../etc/passwd.mp3"), None);
        assert_eq!(entry("smb://host/a.mp3"), None);
        assert_eq!(entry("itself.m3u"), None);
        assert_eq!(entry("cover.jpg"), None);
        assert_eq!(place(Path::new("/r"), Path::new(""), Path::new("..")), None);
        assert_eq!(place(Path::new("/r"), Path::new(""), Path::new("a/../b.mp3")), Some(PathBuf::from("b.mp3")));
    }
}

//! What a word of the command line means: an item, an address, a file, or a text to be searched for.

use std::path::Path;

use anyhow::{Context, bail};
use tandem_contracts::media::Item;

use super::{Service, explain};
use crate::failure::set_up;

/// The kinds of which [`Item`] speaks: an id begins with one.
const KINDS: [&str; 11] =
    ["track", "station", "episode", "stream", "artist", "album", "genre", "folder", "playlist", "podcast", "player"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Id(String),
    Address(String),
    Text(String),
}

impl What {
    /// # Errors
    /// A folder: it must be taken into the library first.
    pub fn of(word: &str) -> anyhow::Result<Self> {
        let (head, tail) = word.split_once(':').unwrap_or_default();
        if KINDS.contains(&head) && !tail.is_empty() && !tail.contains(' ') {
            return Ok(Self::Id(word.to_owned()));
        }
        if word.contains("://") {
            return Ok(Self::Address(word.to_owned()));
        }
        let path = Path::new(word);
        if path.is_dir() {
            return Err(set_up(format!("{word} is a folder: `tandem media add {word}` takes it into the library")));
        }
        if path.is_file() {
            return Ok(Self::Address(address_of(path)?));
        }
        // A name with an ending and a folder before it was meant as a file.
        if path.components().count() > 1 && path.extension().is_some() {
            return Err(set_up(format!("there is no file {word}")));
        }
        Ok(Self::Text(word.to_owned()))
    }

    /// The item that is meant, if the library has it.
    pub async fn item(text: &str, service: &Service) -> anyhow::Result<Item> {
        let found = service.media.search(text.to_owned(), 1).await.map_err(explain)?;
        match found.into_iter().next() {
            Some(item) => Ok(item),
            None => bail!("nothing here is found by `{text}`"),
        }
    }
}

/// A file as an address.
pub fn address_of(path: &Path) -> anyhow::Result<String> {
    use std::os::unix::ffi::OsStrExt;
    let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let mut address = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                address.push(char::from(*byte))
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::SetUp;

    #[test]
    fn a_word_is_an_id_an_address_a_file_or_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b.ogg");
        std::fs::write(&file, "").unwrap();
        let of = |word: &str| What::of(word).unwrap();
        assert_eq!(of("track:17"), What::Id("track:17".into()));
        assert_eq!(of("track: the song"), What::Text("track: the song".into()));
        assert_eq!(of("http://radio.example/live"), What::Address("http://radio.example/live".into()));
        assert_eq!(of("两盏灯"), What::Text("两盏灯".into()));
        assert_eq!(of("AC/DC"), What::Text("AC/DC".into()));
        let What::Address(address) = of(file.to_str().unwrap()) else { panic!() };
        assert!(address.starts_with("file:///") && address.ends_with("/a%20b.ogg"), "{address}");
        for wrong in [folder.path().to_str().unwrap(), "nowhere/at/all.ogg"] {
            assert!(What::of(wrong).unwrap_err().downcast_ref::<SetUp>().is_some());
        }
    }
}

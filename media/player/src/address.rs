//! Which addresses may be opened at all.

use std::path::{Path, PathBuf};

use gstreamer::glib;

use crate::failure::Failure;
use crate::protocol::Cause;

/// An address that may be opened, in GStreamer's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    File { uri: String, path: PathBuf },
    Stream { uri: String },
}

impl Address {
    pub fn uri(&self) -> &str {
        match self {
            Self::File { uri, .. } | Self::Stream { uri } => uri,
        }
    }

    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }
}

const LONGEST: usize = 4096;

/// Only regular files, and `http(s):` if there is a network. Opening anything else can hang (a pipe) or reach what is nobody's music (a device).
///
/// # Errors
/// [`Failure`] with the sentence for the driver.
pub fn admit(uri: &str, network: bool) -> Result<Address, Failure> {
    if uri.len() > LONGEST || uri.chars().any(char::is_control) {
        return Err(Failure::new(Cause::NotAllowed, "This address is not one that can be played"));
    }
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("file") => file(uri),
        Some("http" | "https") if network => {
            let parsed = url::Url::parse(uri).ok().filter(|parsed| parsed.has_host());
            let parsed =
                parsed.ok_or_else(|| Failure::new(Cause::NotAllowed, "This address is not one that can be played"))?;
            Ok(Address::Stream { uri: parsed.into() })
        }
        Some("http" | "https") => Err(Failure::new(Cause::NotAllowed, "This needs a network, and there is none here")),
        _ => Err(Failure::new(Cause::NotAllowed, "This address is not one that can be played")),
    }
}

fn file(uri: &str) -> Result<Address, Failure> {
    let (path, host) = glib::filename_from_uri(uri)
        .map_err(|_| Failure::new(Cause::NotAllowed, "This address is not one that can be played"))?;
    if host.is_some_and(|host| !host.is_empty() && host != "localhost") {
        return Err(Failure::new(Cause::NotAllowed, "This file is on another machine"));
    }
    let path = path.canonicalize().map_err(|error| gone(&error))?;
    if ["/dev", "/proc", "/sys", "/run/user"].iter().any(|place| path.starts_with(Path::new(place))) {
        return Err(Failure::new(Cause::NotAllowed, "This is not a file that can be played"));
    }
    let about = std::fs::metadata(&path).map_err(|error| gone(&error))?;
    if about.is_dir() {
        return Err(Failure::new(Cause::NotAllowed, "This is a folder, not a song"));
    }
    if !about.is_file() {
        return Err(Failure::new(Cause::NotAllowed, "This is not a file that can be played"));
    }
    if about.len() == 0 {
        return Err(Failure::new(Cause::Damaged, "This file is empty"));
    }
    let uri = glib::filename_to_uri(&path, None)
        .map_err(|_| Failure::new(Cause::NotAllowed, "This file's name cannot be played"))?;
    Ok(Address::File { uri: uri.into(), path })
}

fn gone(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Failure::new(Cause::NotAllowed, "This file may not be read"),
        _ => Failure::new(Cause::NotFound, "This file is gone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(uri: &str) -> Cause {
        admit(uri, true).unwrap_err().cause
    }

    #[test]
    fn only_regular_files_and_web_addresses_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let song = folder.path().join("a b#c?d%e.mp3");
        std::fs::write(&song, b"x").unwrap();
        let uri = glib::filename_to_uri(&song, None).unwrap();
        let admitted = admit(&uri, false).unwrap();
        assert!(!admitted.is_stream());
        assert_eq!(glib::filename_from_uri(admitted.uri()).unwrap().0, song.canonicalize().unwrap());

        assert_eq!(cause(&format!("file://{}", folder.path().display())), Cause::NotAllowed);
        assert_eq!(cause(&format!("file://{}/none.mp3", folder.path().display())), Cause::NotFound);
        for uri in [
            "file:///dev/zero",
            "file:///proc/self/mem",
            "file:///proc/kmsg",
            "file:///sys/kernel/profiling",
            "file://elsewhere/a.mp3",
            "file:relative.mp3",
            "/etc/passwd",
            "ftp://a/b",
            "rtsp://a/b",
            "cdda://1",
            "pipe:0",
            "fd://0",
            "data:,a",
            "",
            "http:",
            "http://",
            "http://a/\n",
        ] {
            assert_eq!(cause(uri), Cause::NotAllowed, "{uri:?}");
        }
        let link = folder.path().join("link.mp3");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert_eq!(cause(&format!("file://{}", link.display())), Cause::NotAllowed);
        let empty = folder.path().join("empty.mp3");
        std::fs::write(&empty, b"").unwrap();
        assert_eq!(cause(&format!("file://{}", empty.display())), Cause::Damaged);
    }

    #[test]
    fn the_web_needs_a_network() {
        assert!(admit("http://127.0.0.1:8000/a", true).unwrap().is_stream());
        assert!(admit("HTTPS://example.org/", true).unwrap().is_stream());
        assert_eq!(admit("http://127.0.0.1:8000/a", false).unwrap_err().cause, Cause::NotAllowed);
    }
}

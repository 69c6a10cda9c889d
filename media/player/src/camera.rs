//! `tandem-camera`: one camera's pictures, into the socket that is its standard input, for as long as somebody holds the other end. What it does it tells on its standard output, a line each.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tandem_pictures::Mount;

pub mod outlet;
pub mod pipeline;
pub mod scene;

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A camera that the kernel knows, such as `v4l2:/dev/video0`.
    Device(PathBuf),
    /// `test`: GStreamer's own pattern, a ball that moves.
    Test,
    /// `scene`: what a virtual car has behind it, drawn here.
    Scene,
}

impl FromStr for Source {
    type Err = String;

    /// # Errors
    /// A sentence that says what a source may be.
    fn from_str(word: &str) -> Result<Self, String> {
        match (word, word.strip_prefix("v4l2:")) {
            ("test", _) => Ok(Self::Test),
            ("scene", _) => Ok(Self::Scene),
            (_, Some(path)) if path.starts_with("/dev/") && !path.contains("..") => Ok(Self::Device(path.into())),
            _ => Err(format!("{word:?} is no source: `v4l2:/dev/video0` or another device, `test` or `scene`")),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Device(path) => write!(f, "v4l2:{}", path.display()),
            Self::Test => f.write_str("test"),
            Self::Scene => f.write_str("scene"),
        }
    }
}

/// What is shown, and how large.
#[derive(Clone, Debug)]
pub struct Wish {
    pub source: Source,
    /// Of the camera's own pictures, pixels, and how many of them come in a second.
    pub width: u32,
    pub height: u32,
    pub rate: u32,
    /// Of the pictures that are wanted.
    pub wanted: (u32, u32),
    /// As in a mirror.
    pub mirrored: bool,
    pub mount: Option<Mount>,
}

/// What the process tells, one JSON object a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Every quarter of a second: pictures that went out, and those that nobody was ready for.
    Alive { sent: u64, dropped: u64 },
    /// Its last word: why there are no more pictures.
    Failed { reason: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_device_a_pattern_or_a_scene_and_nothing_of_a_network() {
        for word in ["v4l2:/dev/video0", "v4l2:/dev/v4l/by-id/rear", "test", "scene"] {
            assert_eq!(word.parse::<Source>().unwrap().to_string(), word);
        }
        for word in ["", "rtsp://camera/1", "v4l2:", "v4l2:video0", "v4l2:/dev/../etc/passwd", "/dev/video0", "TEST"] {
            let refused = word.parse::<Source>().unwrap_err();
            assert!(refused.contains("v4l2:/dev/video0"), "{refused}");
        }
    }
}

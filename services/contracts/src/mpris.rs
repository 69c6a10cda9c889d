//! MPRIS, <https://specifications.freedesktop.org/mpris-spec/latest/>: the client's side here, and the server's in [`face`].

pub mod face;

use std::collections::HashMap;
use std::str::FromStr;

use zbus::OwnedVariant;
use zbus::{ObjectPath, OwnedObjectPath};

/// Our own player's name on the bus.
pub const NAME: &str = "org.mpris.MediaPlayer2.tandem";
/// What every player's name begins with.
pub const PREFIX: &str = "org.mpris.MediaPlayer2.";
/// The name space of all players, for match rules.
pub const NAME_SPACE: &str = "org.mpris.MediaPlayer2";
/// The connections of phones' players wait for this name, all of them: the bus's policy knows them by it, for it has no words for names that differ from phone to phone.
pub const PHONE_PLAYERS: &str = "org.tandem.PhonePlayers1";
pub const PATH: &str = "/org/mpris/MediaPlayer2";

/// Metadata as MPRIS tells it: `mpris:trackid`, `mpris:length` (microseconds), `mpris:artUrl`, `xesam:title`, `xesam:artist` (as) and others.
pub type Metadata = HashMap<String, OwnedVariant>;

/// `PlaybackStatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Stopped,
    Playing,
    Paused,
}

impl Status {
    /// As it stands on the bus.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Playing => "Playing",
            Self::Paused => "Paused",
        }
    }
}

impl FromStr for Status {
    type Err = ();

    /// # Errors
    /// It is none of the specification's words.
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Stopped, Self::Playing, Self::Paused].into_iter().find(|known| known.word() == word).ok_or(())
    }
}

/// `LoopStatus`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    #[default]
    None,
    Track,
    Playlist,
}

impl Repeat {
    /// As it stands on the bus.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Track => "Track",
            Self::Playlist => "Playlist",
        }
    }

    /// What the next tap on a control asks for: all, one, none.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::None => Self::Playlist,
            Self::Playlist => Self::Track,
            Self::Track => Self::None,
        }
    }
}

impl FromStr for Repeat {
    type Err = ();

    /// # Errors
    /// It is none of the specification's words.
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::None, Self::Track, Self::Playlist].into_iter().find(|known| known.word() == word).ok_or(())
    }
}

#[zbus::proxy(interface = "org.mpris.MediaPlayer2", default_path = "/org/mpris/MediaPlayer2")]
pub trait MediaPlayer2 {
    fn raise(&self) -> zbus::Result<()>;
    fn quit(&self) -> zbus::Result<()>;
    #[zbus(property)]
    fn identity(&self) -> zbus::Result<String>;
}

/// Times are microseconds.
#[zbus::proxy(interface = "org.mpris.MediaPlayer2.Player", default_path = "/org/mpris/MediaPlayer2")]
pub trait Player {
    fn next(&self) -> zbus::Result<()>;
    fn previous(&self) -> zbus::Result<()>;
    fn pause(&self) -> zbus::Result<()>;
    fn play_pause(&self) -> zbus::Result<()>;
    fn stop(&self) -> zbus::Result<()>;
    fn play(&self) -> zbus::Result<()>;
    fn seek(&self, offset: i64) -> zbus::Result<()>;
    fn set_position(&self, track_id: &ObjectPath<'_>, position: i64) -> zbus::Result<()>;
    fn open_uri(&self, uri: &str) -> zbus::Result<()>;

    /// Playback jumped to this position; ordinary progress is not told.
    #[zbus(signal)]
    fn seeked(&self, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn loop_status(&self) -> zbus::Result<String>;
    #[zbus(property)]
    fn set_loop_status(&self, status: &str) -> zbus::Result<()>;
    #[zbus(property)]
    fn rate(&self) -> zbus::Result<f64>;
    #[zbus(property)]
    fn set_rate(&self, rate: f64) -> zbus::Result<()>;
    #[zbus(property)]
    fn shuffle(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn set_shuffle(&self, shuffle: bool) -> zbus::Result<()>;
    #[zbus(property)]
    fn metadata(&self) -> zbus::Result<Metadata>;
    #[zbus(property)]
    fn volume(&self) -> zbus::Result<f64>;
    #[zbus(property)]
    fn set_volume(&self, volume: f64) -> zbus::Result<()>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> zbus::Result<i64>;
    #[zbus(property)]
    fn can_go_next(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn can_go_previous(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn can_play(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn can_pause(&self) -> zbus::Result<bool>;
    #[zbus(property)]
    fn can_seek(&self) -> zbus::Result<bool>;
}

/// The id of the track in some metadata.
pub fn track_id(metadata: &Metadata) -> Option<OwnedObjectPath> {
    metadata.get("mpris:trackid")?.try_clone().ok()?.try_into().ok()
}

/// The longest text that is told, bytes; tags can hold anything.
pub const MAX_TEXT: usize = 4096;

/// A text that D-Bus can carry, which a NUL inside cannot be, of [`MAX_TEXT`] at most.
pub fn carried(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_TEXT);
    text.get(..end).unwrap_or_default().replace('\0', " ")
}

/// Whether an address can be told as it is: a shortened one would be another.
pub fn is_address(address: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| address.starts_with(scheme)) && address.len() <= MAX_TEXT && !address.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_one_state_and_other_words_name_none() {
        for word in ["Stopped", "Playing", "Paused"] {
            assert_eq!(word.parse().map(Status::word), Ok(word));
        }
        for word in ["None", "Track", "Playlist"] {
            assert_eq!(word.parse().map(Repeat::word), Ok(word));
        }
        assert_eq!(("playing".parse::<Status>(), "".parse::<Repeat>()), (Err(()), Err(())));
    }

    #[test]
    fn repeat_goes_round() {
        let taps = [Repeat::None, Repeat::None.next(), Repeat::None.next().next(), Repeat::None.next().next().next()];
        assert_eq!(taps, [Repeat::None, Repeat::Playlist, Repeat::Track, Repeat::None]);
    }
}

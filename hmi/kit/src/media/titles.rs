//! From MPRIS's properties to a [`Player`]. Whatever does not have the type that it should have is not there.

use std::path::PathBuf;

use zbus::Variant;

use super::Player;

/// The longest text that is kept, characters: no line of a screen holds more.
const MAX_CHARACTERS: usize = 500;

impl Player {
    /// Takes in a property.
    pub(super) fn take(&mut self, name: &str, value: &Variant<'_>) {
        match (name, value) {
            ("PlaybackStatus", Variant::Str(word)) => self.status = word.parse().unwrap_or_default(),
            ("LoopStatus", Variant::Str(word)) => self.repeat = word.parse().unwrap_or_default(),
            ("Rate", Variant::F64(rate)) => self.rate = *rate,
            ("Shuffle", Variant::Bool(flag)) => self.shuffle = *flag,
            ("CanGoNext", Variant::Bool(flag)) => self.can_go_next = *flag,
            ("CanGoPrevious", Variant::Bool(flag)) => self.can_go_previous = *flag,
            ("CanPlay", Variant::Bool(flag)) => self.can_play = *flag,
            ("CanPause", Variant::Bool(flag)) => self.can_pause = *flag,
            ("CanSeek", Variant::Bool(flag)) => self.can_seek = *flag,
            ("Metadata", Variant::Dict(metadata)) => {
                self.take_metadata(metadata.iter().filter_map(|(key, value)| match key {
                    Variant::Str(key) => Some((key.as_str(), inner(value))),
                    _ => None,
                }));
            }
            _ => {}
        }
    }

    /// Takes in what plays: what is not told is not there.
    fn take_metadata<'a>(&mut self, metadata: impl Iterator<Item = (&'a str, &'a Variant<'a>)>) {
        (self.title, self.artist, self.album, self.track) = Default::default();
        (self.art, self.length_us) = (None, None);
        for (key, value) in metadata {
            match (key, value) {
                ("mpris:trackid", Variant::ObjectPath(path)) => self.track = path.to_string(),
                ("mpris:trackid", Variant::Str(path)) => self.track = path.to_string(),
                ("mpris:length", Variant::I64(length)) => self.length_us = Some(*length).filter(|length| *length > 0),
                ("mpris:length", Variant::U64(length)) => self.length_us = i64::try_from(*length).ok(),
                ("mpris:artUrl", Variant::Str(address)) => self.art = file(address),
                ("xesam:title", Variant::Str(text)) => self.title = shorten(text),
                ("xesam:album", Variant::Str(text)) => self.album = shorten(text),
                ("xesam:artist", Variant::Str(text)) => self.artist = shorten(text),
                ("xesam:artist", Variant::Array(artists)) => {
                    let names: Vec<_> = artists
                        .iter()
                        .take(20)
                        .filter_map(|name| match inner(name) {
                            Variant::Str(name) if !name.is_empty() => Some(name.as_str()),
                            _ => None,
                        })
                        .collect();
                    self.artist = shorten(&names.join(", "));
                }
                _ => {}
            }
        }
    }
}

fn inner<'a>(value: &'a Variant<'a>) -> &'a Variant<'a> {
    match value {
        Variant::Variant(value) => value,
        value => value,
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_CHARACTERS).collect()
}

/// The file of a `file://` address.
pub fn file(address: &str) -> Option<PathBuf> {
    url::Url::parse(address).ok().filter(|address| address.scheme() == "file")?.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use zbus::ObjectPath;

    use super::super::{Repeat, Status};
    use super::*;

    #[test]
    fn metadata_is_taken_whole_and_what_it_lacks_is_gone() {
        let mut player = Player::default();
        let path = ObjectPath::try_from("/org/tandem/track/7").unwrap();
        let full = HashMap::from([
            ("mpris:trackid", Variant::from(path)),
            ("mpris:length", Variant::from(245_000_000_i64)),
            ("mpris:artUrl", Variant::from("file:///covers/%E6%99%B4%20a.png")),
            ("xesam:title", Variant::from("晴天")),
            ("xesam:artist", Variant::from(vec!["周杰伦", "", "Another"])),
            ("xesam:album", Variant::from("x".repeat(9_000))),
        ]);
        player.take("Metadata", &Variant::from(full));
        assert_eq!((player.title.as_str(), player.artist.as_str()), ("晴天", "周杰伦, Another"));
        assert_eq!(player.art, Some(PathBuf::from("/covers/晴 a.png")));
        assert_eq!((player.length_us, player.track.as_str()), (Some(245_000_000), "/org/tandem/track/7"));
        assert_eq!(player.album.len(), MAX_CHARACTERS);
        let radio = HashMap::from([("xesam:title", Variant::from("News")), ("mpris:length", Variant::from(0_i64))]);
        player.take("Metadata", &Variant::from(radio));
        assert_eq!(player, Player { title: "News".to_owned(), ..Player::default() });
    }

    #[test]
    fn what_has_the_wrong_type_changes_nothing() {
        let mut player = Player::default();
        for (name, value) in [
            ("PlaybackStatus", Variant::from(7_u32)),
            ("Rate", Variant::from("fast")),
            ("Metadata", Variant::from("none")),
            ("CanSeek", Variant::from(1_u8)),
        ] {
            player.take(name, &value);
        }
        assert_eq!(player, Player::default());
        player.take("PlaybackStatus", &Variant::from("Playing"));
        player.take("LoopStatus", &Variant::from("Track"));
        assert_eq!((player.status, player.repeat), (Status::Playing, Repeat::Track));
    }

    #[test]
    fn only_files_are_pictures() {
        assert_eq!(file("file:///a/b.png"), Some(PathBuf::from("/a/b.png")));
        for address in ["", "/a/b.png", "http://example.org/a.png", "file://elsewhere/a.png"] {
            assert_eq!(file(address), None, "{address}");
        }
    }
}

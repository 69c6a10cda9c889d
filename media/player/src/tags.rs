//! What a stream says of itself.

use gst::tags;
use gstreamer as gst;

use crate::protocol::Event;

/// The longest text that is passed on, characters.
const LONGEST: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    title: String,
    artist: String,
    album: String,
    station: String,
    codec: String,
    bitrate: u32,
}

fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

impl Words {
    /// Takes in what is new; true if there is something to tell. A bit rate alone that wanders is not.
    pub fn hear(&mut self, list: &gst::TagList) -> bool {
        let mut now = self.clone();
        if let Some(title) = list.get::<tags::Title>() {
            now.title = cut(title.get());
        }
        let artists: Vec<_> = list.iter_tag::<tags::Artist>().map(|artist| cut(artist.get())).collect();
        if !artists.is_empty() {
            now.artist = cut(&artists.join(", "));
        }
        if let Some(album) = list.get::<tags::Album>() {
            now.album = cut(album.get());
        }
        if let Some(station) = list.get::<tags::Organization>() {
            now.station = cut(station.get());
        }
        if let Some(codec) = list.get::<tags::AudioCodec>() {
            now.codec = cut(codec.get());
        }
        let nominal = list.get::<tags::NominalBitrate>().map(|rate| rate.get());
        let rate = nominal.or_else(|| list.get::<tags::Bitrate>().map(|rate| rate.get())).filter(|rate| *rate > 0);
        let first_rate = self.bitrate == 0;
        now.bitrate = rate.unwrap_or(self.bitrate);
        let told = Self { bitrate: if first_rate { now.bitrate } else { self.bitrate }, ..now.clone() } != *self;
        *self = now;
        told
    }

    pub fn tell(&self, id: u64) -> Event {
        let Self { title, artist, album, station, codec, bitrate } = self.clone();
        Event::Tags { id, title, artist, album, station, codec, bitrate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_of_a_stream_is_told_once_and_cut() {
        gst::init().unwrap();
        let mut words = Words::default();
        let mut list = gst::TagList::new();
        let long = "ä\u{7}".repeat(600);
        list.make_mut().add::<tags::Title>(&long.as_str(), gst::TagMergeMode::Append);
        list.make_mut().add::<tags::Bitrate>(&128_000, gst::TagMergeMode::Append);
        assert!(words.hear(&list));
        assert!(!words.hear(&list), "nothing new");
        let mut wandering = gst::TagList::new();
        wandering.make_mut().add::<tags::Bitrate>(&127_000, gst::TagMergeMode::Append);
        assert!(!words.hear(&wandering));
        let Event::Tags { title, bitrate, .. } = words.tell(1) else { panic!("tags") };
        assert_eq!(title, "ä".repeat(500));
        assert_eq!(bitrate, 127_000);
    }
}

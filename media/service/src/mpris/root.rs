//! `org.mpris.MediaPlayer2`: who we are.

use zbus::Variant;
use zbus::message::Message;

use tandem_contracts::mpris::face::{Called, Face, ROOT_MEMBERS};

use super::Property;
use crate::state::Handle;

/// A service of a car: there is no window to raise, and its supervisor would only start it again.
pub struct Root;

/// What GStreamer's good plugins play everywhere. AAC is no part of it: where it plays, it does so by a plugin that need not be there.
const MIME_TYPES: [&str; 12] = [
    "audio/flac",
    "audio/x-flac",
    "audio/mpeg",
    "audio/mp3",
    "audio/ogg",
    "audio/x-vorbis+ogg",
    "audio/opus",
    "audio/x-opus+ogg",
    "audio/x-flac+ogg",
    "audio/wav",
    "audio/x-wav",
    "application/ogg",
];

fn words(words: &[&str]) -> Variant<'static> {
    words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into()
}

impl Face for Root {
    type Source = Handle;
    const NAME: &'static str = "org.mpris.MediaPlayer2";
    const MEMBERS: &'static str = ROOT_MEMBERS;
    const PROPERTIES: &'static [Property] = &[
        Property::fact("CanQuit", "b", |_| false.into()),
        Property::fact("CanRaise", "b", |_| false.into()),
        Property::fact("HasTrackList", "b", |_| false.into()),
        Property::fact("Identity", "s", |_| "Tandem".into()),
        Property::fact("SupportedUriSchemes", "as", |_| words(&["file", "http", "https"])),
        Property::fact("SupportedMimeTypes", "as", |_| words(&MIME_TYPES)),
    ];

    fn call(_: &Handle, method: &str, _: &Message) -> Option<Called> {
        // With CanRaise and CanQuit false they have no effect, says the specification.
        matches!(method, "Raise" | "Quit").then_some(Called::Done(Ok(())))
    }
}

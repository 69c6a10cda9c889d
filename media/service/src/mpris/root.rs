//! `org.mpris.MediaPlayer2`: who we are.

use zbus::Variant;
use zbus::message::Message;

use super::face::{Called, Face, Property};
use crate::state::{Handle, Snapshot};

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

const fn fact(name: &'static str, signature: &'static str, read: fn(&Snapshot) -> Variant<'static>) -> Property {
    Property { name, signature, read, set: None, told: true }
}

fn words(words: &[&str]) -> Variant<'static> {
    words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into()
}

impl Face for Root {
    const NAME: &'static str = "org.mpris.MediaPlayer2";
    const MEMBERS: &'static str = "  <method name=\"Raise\"/>\n  <method name=\"Quit\"/>\n";
    const PROPERTIES: &'static [Property] = &[
        fact("CanQuit", "b", |_| false.into()),
        fact("CanRaise", "b", |_| false.into()),
        fact("HasTrackList", "b", |_| false.into()),
        fact("Identity", "s", |_| "Tandem".into()),
        fact("SupportedUriSchemes", "as", |_| words(&["file", "http", "https"])),
        fact("SupportedMimeTypes", "as", |_| words(&MIME_TYPES)),
    ];

    fn call(_: &Handle, method: &str, _: &Message) -> Option<Called> {
        // With CanRaise and CanQuit false they have no effect, says the specification.
        matches!(method, "Raise" | "Quit").then_some(Called::Done(Ok(())))
    }
}

//! What comes as a list: playlists, feeds, subscriptions, stations. Bytes in, words out; no I/O, and no bytes make it panic.
//!
//! Everything is bounded: more than [`MAX_BYTES`] is refused, lists end at the numbers below, and a text longer than
//! [`MAX_TEXT`] is cut. Nothing is followed: a playlist that names a playlist is one entry.

mod error;
mod feed;
mod m3u;
mod model;
mod opml;
mod playlist;
mod pls;
mod stations;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod xml;
mod xspf;

pub use error::ListError;
pub use feed::feed;
pub use opml::opml;
pub use playlist::playlist;
pub use stations::stations;

pub use model::{Entry, Episode, Feed, Playlist, Station, Subscription};

/// The largest list that is read, bytes.
pub const MAX_BYTES: usize = 8 << 20;
/// Entries of a playlist; stations and subscriptions of a list.
pub const MAX_ENTRIES: usize = 10_000;
/// Episodes of a feed; the newest are kept.
pub const MAX_EPISODES: usize = 5_000;
/// The longest title, name or other text, characters; longer ones are cut.
pub const MAX_TEXT: usize = 500;
/// The longest address, bytes; what has a longer one is refused.
pub const MAX_ADDRESS: usize = 4_096;
/// How many playlists that name playlists may be followed, by whoever follows them.
pub const MAX_FOLLOWED: u32 = 4;

//! `org.tandem.Media1`: what MPRIS lacks. Library pages, queue, sources, resume points, and where a song of elsewhere is found here.
//! Play, pause, position, metadata, shuffle and repeat are MPRIS's: `org.mpris.MediaPlayer2.tandem`, [`crate::mpris`].

use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, Type};

use crate::connect::sender;

pub const NAME: &str = "org.tandem.Media1";
pub const PATH: &str = "/org/tandem/Media1";

/// The most rows that one call returns.
pub const MAX_ROWS: u32 = 500;
/// The longest text that a call takes, bytes.
pub const MAX_TEXT: usize = 4096;
/// The largest list that an import takes, bytes.
pub const MAX_IMPORT: usize = 8 * 1024 * 1024;

/// Why something is not available or does not play, in a word for every `trouble`: a screen says it in its own language, and the `reason` beside it is for logs and scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The stick or the folder that holds it is not here; once it is, it plays.
    Away,
    /// It is gone for good: no such file, nothing at its address, forgotten by the library.
    Missing,
    /// It is there and does not play: damaged, protected, not allowed, or of a format that nobody here knows.
    Unreadable,
    /// It did not begin, or a jump in it was not made, in time: its disk or this machine is slow. Asked for again, it may play.
    Slow,
    /// A server is not reached, does not answer, stalls or refuses; tried again by itself where that may help.
    Network,
    /// There is no sound device; waited for.
    Device,
    /// A player does not start or does not answer: our own, or the other one on the bus that was asked.
    Player,
    /// The disk, or the library on it, cannot be read or written, or is full.
    Storage,
}

impl Trouble {
    pub const ALL: [Self; 8] = [
        Self::Away,
        Self::Missing,
        Self::Unreadable,
        Self::Slow,
        Self::Network,
        Self::Device,
        Self::Player,
        Self::Storage,
    ];

    /// As it stands on the bus.
    pub fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Slow => "slow",
            Self::Network => "network",
            Self::Device => "device",
            Self::Player => "player",
            Self::Storage => "storage",
        }
    }
}

impl FromStr for Trouble {
    type Err = String;

    /// # Errors
    /// The word, if it is none of these: empty where there is no trouble.
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|trouble| trouble.word() == word).ok_or_else(|| word.to_owned())
    }
}

/// Anything that can be listed or played.
///
/// `kind` is `track`, `station`, `episode`, `stream` (all four play), or `artist`, `album`, `genre`, `folder`, `playlist`, `podcast`, `player`, which hold others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Item {
    /// Names it for good, such as `track:17`; opaque.
    pub id: String,
    pub kind: String,
    pub title: String,
    /// The artist of a track or an album, the podcast of an episode; empty if there is none.
    pub artist: String,
    /// The album of a track; empty if there is none.
    pub album: String,
    /// A `file://` address of a picture; empty if there is none.
    pub art: String,
    /// Microseconds; 0 if not known or endless.
    pub length_us: i64,
    /// What it holds; 0 for what plays.
    pub count: u32,
    /// How far it was heard, microseconds; 0 if not begun. Episodes only.
    pub heard_us: i64,
    /// False while its stick is not in the car, or after it did not decode.
    pub available: bool,
    /// A word of [`Trouble`]; empty if it is available. A podcast is, even if its feed did not come: `podcasts` say so here.
    pub trouble: String,
    /// The same as one English sentence, without a full stop; empty if `trouble` is.
    pub reason: String,
}

/// A part of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Page {
    /// Of what the view shows: another generation, and rows read earlier may have moved.
    pub generation: u64,
    /// Rows of the whole view, as far as it may be shown.
    pub total: u32,
    /// The place of the first row of this page, from 0.
    pub offset: u32,
    pub rows: Vec<Item>,
    /// Rows behind all of those that LIMIT_CONTENT leaves out for now.
    pub left_out: u32,
}

/// A place in the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Entry {
    /// Names the entry for as long as the queue has it: the same item queued twice is two entries.
    pub entry: u64,
    pub item: Item,
}

/// A part of the queue, in the order in which it plays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QueuePage {
    /// Grows with every change of the queue.
    pub generation: u64,
    pub total: u32,
    pub offset: u32,
    /// The place of the entry that plays, from 0; -1 if none does.
    pub current: i32,
    pub entries: Vec<Entry>,
    /// Entries behind all of those that LIMIT_CONTENT leaves out for now.
    pub left_out: u32,
}

/// What plays, beside what MPRIS tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Now {
    /// Empty if the queue is.
    pub item: Item,
    /// The entry of the queue; 0 if none.
    pub entry: u64,
    /// `stopped`, `playing`, `paused`, `buffering`, or `waiting`: for a stick, a network or a sound device to come back.
    pub state: String,
    /// Why it waits or stopped unasked, a word of [`Trouble`]; empty otherwise.
    pub trouble: String,
    /// The same as one English sentence, without a full stop; empty otherwise.
    pub reason: String,
    /// Of [`Source`]; empty if nothing plays, or a file that is in no library.
    pub source: String,
    pub source_kind: String,
    /// As in [`Source`].
    pub source_name: String,
}

/// Where things to play come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Source {
    pub id: String,
    /// `local`, `usb`, `radio`, `podcasts`, or `player`: another MPRIS player on this bus.
    pub kind: String,
    /// A stick's label, the last part of a folder's path, the identity of a player. Always empty for `radio` and `podcasts`: there is one of each, and a screen names it by its kind.
    pub name: String,
    /// False for a stick that is not in the car.
    pub available: bool,
    /// A word of [`Trouble`]; empty if it is available.
    pub trouble: String,
    /// The same as one English sentence, without a full stop; empty if it is available.
    pub reason: String,
    /// Tracks, stations or episodes.
    pub items: u32,
}

/// How far the library is with a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ScanProgress {
    /// Of [`Source`].
    pub source: String,
    /// `idle`, `walking` (files are being counted), `reading` (tags), `done` or `failed`.
    pub state: String,
    /// Music files found so far.
    pub found: u32,
    /// Of these, read or known to be unchanged.
    pub done: u32,
    /// Files that could not be read.
    pub unreadable: u32,
    /// Why it failed or was cut short, one sentence; empty otherwise.
    pub reason: String,
}

/// A place to go on from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ResumePoint {
    pub item: Item,
    pub position_us: i64,
    /// When it was heard last, seconds since 1970 by the head unit's clock.
    pub heard_at: i64,
}

/// What the phone says that it plays: empty or 0 where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Wanted {
    pub title: String,
    pub artist: String,
    pub album: String,
    pub length_us: i64,
    /// An episode's or a stream's address.
    pub url: String,
}

/// Something here that may be what was wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Match {
    pub item: Item,
    /// 0 to 1; from 0.8 it is the same for a listener, 1 if the address is the same or title, artist, album and length are.
    pub score: f64,
}

/// What an import made of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Imported {
    pub added: u32,
    /// Already known.
    pub known: u32,
    /// Lines or entries that made no sense.
    pub refused: u32,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Media1.Error")]
pub enum MediaError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// Nothing has this id, or it is gone.
    NotFound(String),
    /// An argument that makes no sense: an unknown view, a negative place, a text that is too long.
    Invalid(String),
    /// It is known but cannot be had now: its stick is away, there is no network.
    NotAvailable(String),
    /// The disk is full or cannot be written; nothing was changed.
    Storage(String),
    /// Too much is asked at once; try again.
    Busy(String),
    /// A restriction of `Driving1` is in force, the sentence says which and why.
    Restricted(String),
}

/// The work behind [`Media1`].
#[rustfmt::skip]
pub trait MediaBackend: Send + Sync + 'static {
    fn page(&self, view: String, parent: String, offset: u32, limit: u32) -> impl Future<Output = Result<Page, MediaError>> + Send;
    fn search(&self, text: String, limit: u32) -> impl Future<Output = Result<Vec<Item>, MediaError>> + Send;
    fn resolve(&self, wanted: Wanted) -> impl Future<Output = Result<Vec<Match>, MediaError>> + Send;
    fn play(&self, id: String, position_us: i64, caller: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn steer_player(&self, id: String, order: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn play_view(&self, view: String, parent: String, index: u32) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn queue(&self, offset: u32, limit: u32) -> impl Future<Output = Result<QueuePage, MediaError>> + Send;
    fn enqueue(&self, id: String, place: String) -> impl Future<Output = Result<u64, MediaError>> + Send;
    fn jump_to(&self, entry: u64) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn move_entry(&self, entry: u64, to: u32) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn remove_entry(&self, entry: u64) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn clear_queue(&self) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn sources(&self) -> impl Future<Output = Result<Vec<Source>, MediaError>> + Send;
    fn add_folder(&self, path: String) -> impl Future<Output = Result<String, MediaError>> + Send;
    fn forget_source(&self, source: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn scan(&self, source: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn import_stations(&self, text: String) -> impl Future<Output = Result<Imported, MediaError>> + Send;
    fn import_subscriptions(&self, text: String) -> impl Future<Output = Result<Imported, MediaError>> + Send;
    fn subscribe_podcast(&self, url: String) -> impl Future<Output = Result<String, MediaError>> + Send;
    fn refresh_podcasts(&self) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn download(&self, id: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn forget(&self, id: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn resume_points(&self, limit: u32) -> impl Future<Output = Result<Vec<ResumePoint>, MediaError>> + Send;
    fn set_replay_gain(&self, mode: String) -> impl Future<Output = Result<(), MediaError>> + Send;
    fn now(&self) -> Now;
    fn scan_progress(&self) -> ScanProgress;
    fn replay_gain(&self) -> String;
    fn sound_device(&self) -> String;
    fn is_kept(&self) -> bool;
}

/// The object that serves the interface over a backend.
pub struct Media1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Media1",
    proxy(default_service = "org.tandem.Media1", default_path = "/org/tandem/Media1", visibility = "pub")
)]
impl<B: MediaBackend> Media1<B> {
    /// Rows `offset` to `offset + limit` (500 at most) of a view: `artists`, `albums`, `genres`, `folders`, `tracks`, `playlists`, `recent`, `stations`, `podcasts`,
    /// `players`. With a `parent` (the id of an item that holds others, or of a source) the part of the view that lies in it; empty means all of it.
    /// With LIMIT_CONTENT the view has no more rows than `max_items`, and one that lies deeper than `max_depth` is refused; with LIMIT_STRING_LENGTH texts of rows are cut.
    #[zbus(out_args("page"))]
    async fn page(&self, view: String, parent: String, offset: u32, limit: u32) -> Result<Page, MediaError> {
        self.0.page(view, parent, offset, limit).await
    }

    /// What a text finds, best first: words or their beginnings in any order, Chinese by any part, the initials of its pinyin, with or without accents.
    /// Not with NO_KEYBOARD.
    #[zbus(out_args("items"))]
    async fn search(&self, text: String, limit: u32) -> Result<Vec<Item>, MediaError> {
        self.0.search(text, limit).await
    }

    /// What here may be what plays elsewhere, best first, five at most.
    #[zbus(out_args("matches"))]
    async fn resolve(&self, wanted: Wanted) -> Result<Vec<Match>, MediaError> {
        self.0.resolve(wanted).await
    }

    /// Plays an item at once, from a position in microseconds (-1: from where it was left, if it is an episode); what holds others plays from its first. An address in
    /// place of an id not with NO_KEYBOARD, unless the phone service asks: it was shared and not typed.
    async fn play(&self, id: String, position_us: i64, #[zbus(header)] header: Header<'_>) -> Result<(), MediaError> {
        self.0.play(id, position_us, sender(&header)).await
    }

    /// Tells another player of this bus, an item `player:...`, to `play`, `pause`, or go to the `next` or `previous`. Told to play, it is what is heard from then on, as by `Play`: ours pauses.
    async fn steer_player(&self, id: String, order: String) -> Result<(), MediaError> {
        self.0.steer_player(id, order).await
    }

    /// Makes the tracks of a view the queue and plays the one at `index`.
    async fn play_view(&self, view: String, parent: String, index: u32) -> Result<(), MediaError> {
        self.0.play_view(view, parent, index).await
    }

    /// Entries `offset` to `offset + limit` (500 at most) of the queue. With LIMIT_CONTENT it ends `max_items` behind what plays; texts are cut as those of a page.
    #[zbus(out_args("page"))]
    async fn queue(&self, offset: u32, limit: u32) -> Result<QueuePage, MediaError> {
        self.0.queue(offset, limit).await
    }

    /// Puts an item, or what it holds, `next` after what plays or `last`; the first new entry. An address not with NO_KEYBOARD.
    #[zbus(out_args("entry"))]
    async fn enqueue(&self, id: String, place: String) -> Result<u64, MediaError> {
        self.0.enqueue(id, place).await
    }

    /// Plays an entry of the queue.
    async fn jump_to(&self, entry: u64) -> Result<(), MediaError> {
        self.0.jump_to(entry).await
    }

    /// Moves an entry to a place in the queue, from 0.
    async fn move_entry(&self, entry: u64, to: u32) -> Result<(), MediaError> {
        self.0.move_entry(entry, to).await
    }

    /// Takes an entry out of the queue; if it plays, the next one does.
    async fn remove_entry(&self, entry: u64) -> Result<(), MediaError> {
        self.0.remove_entry(entry).await
    }

    /// Empties the queue and stops.
    async fn clear_queue(&self) -> Result<(), MediaError> {
        self.0.clear_queue().await
    }

    /// Where things to play come from; a stick that was here once stays listed.
    #[zbus(out_args("sources"))]
    async fn sources(&self) -> Result<Vec<Source>, MediaError> {
        self.0.sources().await
    }

    /// Takes a folder into the library and scans it; the id of its source. Not with NO_SETUP.
    #[zbus(out_args("source"))]
    async fn add_folder(&self, path: String) -> Result<String, MediaError> {
        self.0.add_folder(path).await
    }

    /// Forgets a folder or a stick and everything that is known of it. The files stay. Not with NO_SETUP.
    async fn forget_source(&self, source: String) -> Result<(), MediaError> {
        self.0.forget_source(source).await
    }

    /// Looks for what is new in a source, or in all of them (empty). Returns at once; `ScanProgressed` tells how it goes.
    async fn scan(&self, source: String) -> Result<(), MediaError> {
        self.0.scan(source).await
    }

    /// Takes in radio stations: radio-browser's JSON, M3U, PLS or XSPF, as text. Not with NO_SETUP.
    #[zbus(out_args("imported"))]
    async fn import_stations(&self, text: String) -> Result<Imported, MediaError> {
        self.0.import_stations(text).await
    }

    /// Takes in podcasts from an OPML list, as text. Not with NO_SETUP.
    #[zbus(out_args("imported"))]
    async fn import_subscriptions(&self, text: String) -> Result<Imported, MediaError> {
        self.0.import_subscriptions(text).await
    }

    /// Subscribes to the podcast at an http(s) address; its id. Its episodes come with the refresh that follows. Not with NO_SETUP, nor with
    /// NO_KEYBOARD.
    #[zbus(out_args("id"))]
    async fn subscribe_podcast(&self, url: String) -> Result<String, MediaError> {
        self.0.subscribe_podcast(url).await
    }

    /// Asks all podcasts for new episodes. Returns at once.
    async fn refresh_podcasts(&self) -> Result<(), MediaError> {
        self.0.refresh_podcasts().await
    }

    /// Fetches an episode, to be played without a network. Returns at once; it goes on where it was cut.
    async fn download(&self, id: String) -> Result<(), MediaError> {
        self.0.download(id).await
    }

    /// Forgets a station, a podcast, or a downloaded episode's file. Not with NO_SETUP.
    async fn forget(&self, id: String) -> Result<(), MediaError> {
        self.0.forget(id).await
    }

    /// Where to go on from, the latest first; with LIMIT_CONTENT no more than `max_items`.
    #[zbus(out_args("points"))]
    async fn resume_points(&self, limit: u32) -> Result<Vec<ResumePoint>, MediaError> {
        self.0.resume_points(limit).await
    }

    /// Evens the loudness: `off`, `track` or `album`.
    async fn set_replay_gain(&self, mode: String) -> Result<(), MediaError> {
        self.0.set_replay_gain(mode).await
    }

    /// What plays; changes are told by `NowChanged`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn now(&self) -> Now {
        self.0.now()
    }

    /// How far the scan is; changes are told by `ScanProgressed`, ten a second at most.
    #[zbus(property(emits_changed_signal = "false"))]
    fn scan_progress(&self) -> ScanProgress {
        self.0.scan_progress()
    }

    /// `off`, `track` or `album`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn replay_gain(&self) -> String {
        self.0.replay_gain()
    }

    /// What opened for it to play to: `pipewire` or `pulse`, a sound server that took the stream and may have no loudspeaker; `alsa`; `record` in a test; `null` where nothing opened or the device has gone, so that nobody hears what plays. Empty until a player has said it.
    #[zbus(property(emits_changed_signal = "false"))]
    fn sound_device(&self) -> String {
        self.0.sound_device()
    }

    /// False if the library's folder cannot be used or written: a copy in memory serves, and what is new in it ends with the service.
    #[zbus(property(emits_changed_signal = "false"))]
    fn is_kept(&self) -> bool {
        self.0.is_kept()
    }

    #[zbus(signal)]
    pub async fn now_changed(emitter: &SignalEmitter<'_>, now: Now) -> zbus::Result<()>;

    /// The queue is another one: its generation, its length, and the place that plays (-1: none).
    #[zbus(signal)]
    pub async fn queue_changed(
        emitter: &SignalEmitter<'_>,
        generation: u64,
        total: u32,
        current: i32,
    ) -> zbus::Result<()>;

    /// What the views show has changed, once a second at most while a scan runs.
    #[zbus(signal)]
    pub async fn library_changed(emitter: &SignalEmitter<'_>, generation: u64) -> zbus::Result<()>;

    #[zbus(signal)]
    pub async fn sources_changed(emitter: &SignalEmitter<'_>, sources: Vec<Source>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub async fn scan_progressed(emitter: &SignalEmitter<'_>, progress: ScanProgress) -> zbus::Result<()>;

    /// An entry was passed over because it could not be played: the item's `trouble` says why in a word, `reason` in one sentence.
    #[zbus(signal)]
    pub async fn skipped(emitter: &SignalEmitter<'_>, item: Item, reason: String) -> zbus::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::Trouble;

    #[test]
    fn every_trouble_is_read_back_from_its_word() {
        for trouble in Trouble::ALL {
            assert_eq!(trouble.word().parse(), Ok(trouble));
        }
        assert_eq!("".parse::<Trouble>(), Err(String::new()));
    }
}

//! The words of the library.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where files lie: a folder of this machine, or a stick. The id is the file system's UUID where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VolumeId(pub String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    Local,
    Usb,
}

/// A volume that is here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    pub id: VolumeId,
    pub kind: VolumeKind,
    /// What a driver reads.
    pub name: String,
    pub root: PathBuf,
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Track,
    Station,
    Episode,
    Artist,
    Album,
    Genre,
    Folder,
    Playlist,
    Podcast,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Track,
        Self::Station,
        Self::Episode,
        Self::Artist,
        Self::Album,
        Self::Genre,
        Self::Folder,
        Self::Playlist,
        Self::Podcast,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Station => "station",
            Self::Episode => "episode",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Genre => "genre",
            Self::Folder => "folder",
            Self::Playlist => "playlist",
            Self::Podcast => "podcast",
        }
    }

    /// Whether it plays by itself; else it holds others.
    pub fn plays(self) -> bool {
        matches!(self, Self::Track | Self::Station | Self::Episode)
    }
}

/// Names an item for good: the row stays while its stick is away and when its file is read anew. Written `track:17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    pub kind: Kind,
    pub row: i64,
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.word(), self.row)
    }
}

impl FromStr for ItemId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (word, row) = text.split_once(':').ok_or(())?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(())?;
        Ok(Self { kind, row: row.parse().map_err(|_| ())? })
    }
}

/// An item as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub title: String,
    /// The artist of a track or an album, the podcast of an episode.
    pub artist: String,
    pub album: String,
    /// Microseconds, if known.
    pub length_us: Option<i64>,
    /// What it holds; 0 for what plays.
    pub count: u32,
    /// How far an episode was heard, microseconds.
    pub heard_us: i64,
    /// Where to play it from: a file, if its volume is here, or an address.
    pub uri: Option<String>,
    /// A picture in the cache.
    pub art: Option<PathBuf>,
    pub available: bool,
    /// Why it is not available: `the stick NAME is not in the car`, or what the decoder said.
    pub reason: String,
}

/// A way to look at the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    Artists,
    Albums,
    Genres,
    Folders,
    Tracks,
    Playlists,
    Recent,
    Stations,
    Podcasts,
}

impl View {
    pub const ALL: [Self; 9] = [
        Self::Artists,
        Self::Albums,
        Self::Genres,
        Self::Folders,
        Self::Tracks,
        Self::Playlists,
        Self::Recent,
        Self::Stations,
        Self::Podcasts,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Artists => "artists",
            Self::Albums => "albums",
            Self::Genres => "genres",
            Self::Folders => "folders",
            Self::Tracks => "tracks",
            Self::Playlists => "playlists",
            Self::Recent => "recent",
            Self::Stations => "stations",
            Self::Podcasts => "podcasts",
        }
    }
}

impl FromStr for View {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|view| view.word() == word).ok_or(())
    }
}

/// A part of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Grows when what the views show changes.
    pub generation: u64,
    pub total: u32,
    pub rows: Vec<Item>,
}

/// Something that may be what was wanted; from 0.8 it is the same for a listener.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub item: Item,
    pub score: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScanState {
    #[default]
    Idle,
    /// Files are being counted.
    Walking,
    /// Tags are being read.
    Reading,
    Done,
    Failed,
}

/// How far a scan is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub volume: VolumeId,
    pub state: ScanState,
    /// Music files found so far.
    pub found: u32,
    /// Of these, read or known to be unchanged.
    pub done: u32,
    pub unreadable: u32,
    /// Why it failed or was cut short; empty otherwise.
    pub reason: String,
}

/// A volume that is or was here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownVolume {
    pub id: VolumeId,
    pub kind: VolumeKind,
    pub name: String,
    /// Where it is, or was last.
    pub root: PathBuf,
    pub present: bool,
    pub tracks: u32,
}

/// The part of a view that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    All,
    Item(ItemId),
    Volume(VolumeId),
}

/// What plays elsewhere; empty or none where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub title: String,
    pub artist: String,
    pub album: String,
    pub length_us: Option<i64>,
    /// An episode's or a stream's address.
    pub url: String,
}

/// What a file told of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Empty: the file's name is shown.
    pub title: String,
    pub artists: Vec<String>,
    pub album: String,
    /// Empty: the album is told apart by its folder.
    pub album_artist: String,
    pub genre: String,
    pub track: Option<u32>,
    pub disc: Option<u32>,
    pub year: Option<i32>,
    /// Microseconds.
    pub length_us: Option<i64>,
}

/// A music file of a volume, as a scan found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Below the volume's root, with `/`; as `Albums/One/01.flac`.
    pub path: String,
    pub size: u64,
    /// Nanoseconds since 1970, as the file system tells it.
    pub mtime_ns: i64,
    /// Or why they cannot be read, one sentence.
    pub tags: Result<Tags, String>,
}

/// What is known of a file: another size or time, and it is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub size: u64,
    pub mtime_ns: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: u32,
    pub known: u32,
    pub refused: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: ItemId,
    /// Of the feed.
    pub url: String,
    pub title: String,
    /// What the server told with the feed; empty if nothing.
    pub etag: String,
    pub last_modified: String,
    /// Why the last refresh failed; empty if it did not.
    pub failed: String,
}

/// Where an episode is had from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpisodeSource {
    pub url: String,
    /// The downloaded file.
    pub file: Option<PathBuf>,
    /// What the feed claims.
    pub expected_bytes: Option<u64>,
}

/// A place to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    pub item: Item,
    /// Microseconds.
    pub position_us: i64,
    /// Seconds since 1970.
    pub heard_at_unix: i64,
}

/// What an entry of the queue plays.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Playable {
    Item(ItemId),
    Address(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEntry {
    pub entry: u64,
    pub playable: Playable,
    /// What is shown for an address; may be empty for an item.
    pub title: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    #[default]
    Off,
    Track,
    Queue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gain {
    #[default]
    Off,
    Track,
    Album,
}

/// What a restart goes on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// In the order in which they were queued.
    pub entries: Vec<SessionEntry>,
    /// Entries in the order in which they play; empty if they play as they were queued.
    pub order: Vec<u64>,
    pub current: Option<u64>,
    /// Microseconds into the current entry.
    pub position_us: i64,
    pub playing: bool,
    pub shuffle: bool,
    pub repeat: Repeat,
    /// 0 to 1.
    pub volume: f64,
    pub gain: Gain,
    /// 1 is as recorded.
    pub rate: f64,
}

/// How [`Library::open`](crate::Library::open) went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The library is whole.
    Clean,
    /// There was none.
    New,
    /// A broken, foreign or newer database lies at `to` now, and a new one is begun.
    MovedAside { to: PathBuf, why: String },
    /// The folder cannot be written: what was known is there, but what changes now is gone with the process.
    InMemory { why: String },
}

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

//! The words of the lists.

/// A line of a playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Empty if the playlist gives none.
    pub title: String,
    pub artist: String,
    pub album: String,
    /// A path (relative to the playlist, or absolute; `\` became `/`) or an address with a scheme.
    pub address: String,
    /// Microseconds; none if unknown or endless.
    pub length_us: Option<i64>,
    /// A picture: an address or a path.
    pub art: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playlist {
    /// Empty if the playlist gives none.
    pub title: String,
    /// At most [`MAX_ENTRIES`](crate::MAX_ENTRIES).
    pub entries: Vec<Entry>,
    /// Entries that name nothing that could play, or came after the last one that is kept.
    pub refused: u32,
}

/// A podcast's feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    pub title: String,
    pub author: String,
    /// An `http://` or `https://` address.
    pub art: Option<String>,
    /// Newest first, at most [`MAX_EPISODES`](crate::MAX_EPISODES); those without a date are last, as they stood.
    pub episodes: Vec<Episode>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// Names the episode for good; the feed's own, or its address where the feed gives none.
    pub guid: String,
    pub title: String,
    /// An `http://` or `https://` address.
    pub url: String,
    /// As `audio/mpeg`; empty if the feed does not say.
    pub media_type: String,
    /// What the feed claims.
    pub bytes: Option<u64>,
    /// Microseconds, as the feed claims.
    pub length_us: Option<i64>,
    /// Seconds since 1970.
    pub published_unix: Option<i64>,
    /// An `http://` or `https://` address.
    pub art: Option<String>,
}

/// A podcast that a list of subscriptions names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Empty if the list gives none.
    pub title: String,
    /// The feed's `http://` or `https://` address.
    pub url: String,
}

/// An internet radio station, in the words of radio-browser.info.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Station {
    /// Empty if the list gives none.
    pub uuid: String,
    pub name: String,
    /// An `http://` or `https://` address: of a stream, or of a playlist that names one.
    pub url: String,
    /// Empty, or an `http://` or `https://` address.
    pub homepage: String,
    /// Empty, or an `http://` or `https://` address.
    pub favicon: String,
    pub country: String,
    pub language: String,
    pub tags: Vec<String>,
    /// As `MP3`; empty if unknown.
    pub codec: String,
    /// kbit/s; 0 if unknown.
    pub bitrate: u32,
    /// Whether the address is of an HLS playlist.
    pub hls: bool,
}

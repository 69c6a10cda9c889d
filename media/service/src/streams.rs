//! From a station's address to what the player gets, and when to try again after a tunnel.

#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tandem_contracts::media::Trouble;
use tandem_lists::{ListError, MAX_FOLLOWED, playlist};
use thiserror::Error;
use url::Url;

use crate::fetch::{Document, FetchError, Fetched, Fetcher, Limits, Validators};

/// How many addresses are asked for one station.
const MAX_ASKED: usize = 12;
/// How many entries of one playlist are tried: stations name a few servers, lists of stations name many.
const MAX_ENTRIES_TRIED: usize = 6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// What GStreamer opens.
    pub address: String,
    /// What the playlist calls it; empty if none does.
    pub title: String,
    pub hls: bool,
}

#[derive(Debug, Error)]
pub enum StreamError {
    #[error("{address} does not come")]
    Fetch {
        address: String,
        #[source]
        source: FetchError,
    },
    #[error("{address} is no playlist")]
    List {
        address: String,
        #[source]
        source: ListError,
    },
    #[error("more than {MAX_FOLLOWED} playlists name each other")]
    TooDeep,
    #[error("playlists name each other, and nothing to play")]
    Circle,
}

impl StreamError {
    /// Whether the same again may succeed by itself: no network, and not a station that is gone.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Fetch { source, .. } => source.may_pass(),
            // What a network shows before one has logged in.
            Self::List { source, .. } => matches!(source, ListError::WebPage),
            Self::TooDeep | Self::Circle => false,
        }
    }

    /// The word that goes with the sentence.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Fetch { source, .. } => source.trouble(),
            Self::List { source: ListError::WebPage, .. } => Trouble::Network,
            Self::List { .. } | Self::TooDeep | Self::Circle => Trouble::Unreadable,
        }
    }

    /// One sentence for the driver.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Fetch { source, .. } => source.sentence(),
            Self::List { source: ListError::WebPage, .. } => "There is a web page instead of a station",
            Self::List { .. } => "The station's list makes no sense",
            Self::TooDeep | Self::Circle => "The station's lists only name each other",
        }
    }
}

/// How long to wait before a lost stream is asked for again: soon at first, for a bridge or a tunnel, then every 15 s.
///
/// `failed` counts the attempts since it last played, from 0. There is no last one: the driver ends it.
pub fn wait_before_retry(failed: u32) -> Duration {
    Duration::from_millis(match failed {
        0 => 100,
        1 => 500,
        2 => 1_000,
        3 => 2_000,
        4 => 4_000,
        5 => 8_000,
        _ => 15_000,
    })
}

/// Follows playlists until one names something that is none. HLS is left to the player.
///
/// # Errors
/// [`StreamError`] of the first address that failed, if none of those that a playlist names goes on.
pub async fn find(fetcher: &Fetcher, address: &str, limits: Limits) -> Result<Stream, StreamError> {
    let mut open = VecDeque::from([Candidate { address: address.to_owned(), title: String::new(), depth: 0 }]);
    let mut asked = HashSet::new();
    let mut first_error = None;
    while let Some(candidate) = open.pop_front() {
        if asked.len() >= MAX_ASKED || !asked.insert(candidate.address.clone()) {
            first_error.get_or_insert(StreamError::Circle);
            continue;
        }
        match follow(fetcher, candidate, limits).await {
            Ok(Step::Found(stream)) => return Ok(stream),
            Ok(Step::Named(named)) if named.first().is_some_and(|first| first.depth > MAX_FOLLOWED) => {
                first_error.get_or_insert(StreamError::TooDeep);
            }
            // Those of the innermost playlist come first.
            Ok(Step::Named(named)) => named.into_iter().rev().for_each(|candidate| open.push_front(candidate)),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(StreamError::Circle))
}

struct Candidate {
    address: String,
    title: String,
    depth: u32,
}

enum Step {
    Found(Stream),
    Named(Vec<Candidate>),
}

async fn follow(fetcher: &Fetcher, candidate: Candidate, limits: Limits) -> Result<Step, StreamError> {
    let Candidate { address, title, depth } = candidate;
    let found = |address, hls| Step::Found(Stream { address, title: title.clone(), hls });
    let document = match fetcher.get_if(&address, Validators::default(), limits, may_be_list).await {
        Ok(Fetched::Whole(document)) => document,
        Ok(Fetched::Other { address, .. }) => return Ok(found(address, false)),
        // Old servers answer `ICY 200 OK`, which is no HTTP but plays.
        Ok(Fetched::Unchanged) | Err(FetchError::Protocol(_)) => return Ok(found(address, false)),
        Err(source) => return Err(StreamError::Fetch { address, source }),
    };
    let Document { address, media_type, bytes, .. } = document;
    let hint = if is_list_type(&media_type) { &media_type } else { &address };
    match playlist(&bytes, hint) {
        Ok(list) => {
            let base = Url::parse(&address).ok();
            let named = list.entries.into_iter().filter_map(|entry| {
                let address = base.as_ref()?.join(&entry.address).ok()?;
                let title = if entry.title.is_empty() { title.clone() } else { entry.title };
                Some(Candidate { address: String::from(address), title, depth: depth + 1 })
            });
            Ok(Step::Named(named.take(MAX_ENTRIES_TRIED).collect()))
        }
        Err(ListError::Stream) => Ok(found(address, true)),
        Err(source) => Err(StreamError::List { address, source }),
    }
}

fn is_list_type(media_type: &str) -> bool {
    let (_, kind) = media_type.split_once('/').unwrap_or_default();
    ["mpegurl", "scpls", "pls+xml", "xspf+xml"].iter().any(|end| kind.ends_with(end))
}

/// Sound is not read. What says neither may be a list if it is named like one; a page tells what is wrong.
fn may_be_list(address: &str, media_type: &str) -> bool {
    if is_list_type(media_type) {
        return true;
    }
    let path = Url::parse(address).map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
    let named = [".m3u", ".m3u8", ".pls", ".xspf"].iter().any(|end| path.ends_with(end));
    let kind = media_type.split('/').next().unwrap_or_default();
    match kind {
        "audio" | "video" => false,
        "text" => true,
        _ => named,
    }
}

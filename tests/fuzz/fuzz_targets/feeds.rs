//! Bytes from anywhere as a podcast's feed (RSS, Atom) and as a list of subscriptions (OPML).

#![no_main]

use std::cmp::Reverse;
use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use tandem_lists::{MAX_EPISODES, MAX_TEXT, feed, opml};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(feed) = feed(bytes) {
        assert!(feed.episodes.len() <= MAX_EPISODES);
        assert!(feed.episodes.is_sorted_by_key(|episode| Reverse(episode.published_unix)));
        let guids: HashSet<_> = feed.episodes.iter().map(|episode| &episode.guid).collect();
        assert_eq!(guids.len(), feed.episodes.len());
        for episode in &feed.episodes {
            assert!(!episode.guid.is_empty());
            assert!(episode.title.chars().count() <= MAX_TEXT && !episode.title.contains(char::is_control));
            for address in [Some(&episode.url), episode.art.as_ref(), feed.art.as_ref()].into_iter().flatten() {
                assert!(address.starts_with("http://") || address.starts_with("https://"));
            }
        }
    }
    for subscription in opml(bytes).unwrap_or_default() {
        assert!(subscription.url.starts_with("http://") || subscription.url.starts_with("https://"));
    }
});

//! Bytes from anywhere as a list of stations: radio-browser's JSON, or a playlist.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tandem_lists::{MAX_ENTRIES, MAX_TEXT, stations};

fuzz_target!(|bytes: &[u8]| {
    let Ok((stations, _)) = stations(bytes) else { return };
    assert!(!stations.is_empty() && stations.len() <= MAX_ENTRIES);
    for station in &stations {
        assert!(!station.name.is_empty() && station.name.chars().count() <= MAX_TEXT);
        assert!(station.url.starts_with("http://") || station.url.starts_with("https://"));
        for address in [&station.homepage, &station.favicon] {
            assert!(address.is_empty() || address.starts_with("http"));
        }
        assert!(matches!(station.uuid.len(), 0 | 36));
    }
});

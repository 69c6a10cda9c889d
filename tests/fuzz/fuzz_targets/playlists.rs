//! Bytes from anywhere as a playlist: M3U, PLS or XSPF, in any encoding. What is read is written as PLS and read again.

#![no_main]

use std::fmt::Write;

use libfuzzer_sys::fuzz_target;
use tandem_lists::{MAX_ADDRESS, MAX_TEXT, playlist};

fuzz_target!(|bytes: &[u8]| {
    let (hint, bytes) = match bytes.split_first() {
        Some((b'U', rest)) => ("list.m3u", rest),
        Some((b'P', rest)) => ("audio/x-scpls", rest),
        _ => ("", bytes),
    };
    let Ok(list) = playlist(bytes, hint) else { return };
    assert!(!list.entries.is_empty());
    let mut written = "[playlist]\n".to_owned();
    for (number, entry) in list.entries.iter().enumerate() {
        assert!(!entry.address.is_empty() && entry.address.len() <= MAX_ADDRESS);
        assert!(!entry.address.contains(char::is_control));
        assert!(!entry.address.contains("://") || !entry.address.starts_with("file:"));
        for text in [&entry.title, &entry.artist, &entry.album] {
            assert!(text.chars().count() <= MAX_TEXT && !text.contains(char::is_control));
        }
        assert!(entry.length_us.is_none_or(|length| length >= 0));
        write!(written, "File{number}={}\nTitle{number}={}\n", entry.address, entry.title).expect("a string takes all");
    }
    let again = playlist(written.as_bytes(), "").expect("what is written reads");
    assert_eq!((again.entries.len(), again.refused), (list.entries.len(), 0));
    for (again, entry) in again.entries.iter().zip(&list.entries) {
        assert_eq!((again.address.as_str(), &again.title), (entry.address.trim(), &entry.title));
    }
});

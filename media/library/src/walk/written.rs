//! How a path is written down: UTF-8 as it is, and what is not UTF-8 as `%XX`, so that every name that a stick can hold comes back byte by byte.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A path as the library stores it: `/` between the names, bytes that are not UTF-8 as `%XX`, and `%` as `%25` where it would be taken for that.
pub fn written(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some((before, after)) = rest.split_once('%') {
            text.push_str(before);
            text.push('%');
            // Only what would be taken for an escape needs one.
            if after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) {
                text.push_str("25");
            }
            rest = after;
        }
        text.push_str(rest);
        for byte in chunk.invalid() {
            text.push('%');
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0').to_ascii_uppercase());
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
    text
}

/// The path behind its written form; what is no escape stays as it is.
pub fn unwritten(text: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(unescaped(text)))
}

/// What a person reads: the written form without escapes, and with the replacement character for what is not UTF-8.
pub fn shown(text: &str) -> String {
    String::from_utf8(unescaped(text)).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let digit = |at: usize| {
            after.get(at).and_then(|&byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
        };
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => bytes.push(first),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{shown, unwritten, written};
    use proptest::prelude::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::{Path, PathBuf};

    #[test]
    fn names_are_readable_where_they_can_be() {
        assert_eq!(written(Path::new("晴天/100 %.mp3")), "晴天/100 %.mp3");
        assert_eq!(written(Path::new("%20%2.mp3")), "%2520%2.mp3");
        assert_eq!(shown("%2520%2.mp3"), "%20%2.mp3");
        let latin = PathBuf::from(OsString::from_vec(b"Bj\xF6rk.mp3".to_vec()));
        assert_eq!(written(&latin), "Bj%F6rk.mp3");
        assert_eq!(unwritten("Bj%F6rk.mp3"), latin);
        assert_eq!(shown("Bj%F6rk.mp3"), "Bj\u{FFFD}rk.mp3");
        assert_eq!(shown("100 %.mp3"), "100 %.mp3");
    }

    proptest! {
        #[test]
        fn every_path_comes_back(bytes in proptest::collection::vec(prop_oneof![Just(b'%'), Just(b'F'), Just(b'6'), 1u8..], 0..64)) {
            let path = PathBuf::from(OsString::from_vec(bytes));
            prop_assert_eq!(unwritten(&written(&path)), path);
        }
    }
}

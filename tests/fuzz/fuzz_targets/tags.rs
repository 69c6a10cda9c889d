//! Bytes as a music file: its tags, the picture in it, and the bytes themselves as a picture.

#![no_main]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tandem_library::{art, tags};

static FILE: OnceLock<PathBuf> = OnceLock::new();

fuzz_target!(
    init: {
        let folder = std::env::temp_dir().join(format!("tandem-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the file");
        FILE.set(folder.join("song.mp3")).expect("once");
        // A parser's panic is what the layer is there to contain; one that it lets through still ends the run.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |bytes: &[u8]| {
        let path = FILE.get().expect("set at the start");
        File::create(path).and_then(|mut file| file.write_all(bytes)).expect("the file can be written");
        match tags::read(path) {
            Ok(tags) => {
                let texts = [&tags.title, &tags.album, &tags.album_artist, &tags.genre].into_iter().chain(&tags.artists);
                for text in texts {
                    assert!(text.chars().count() <= 500 && !text.contains(char::is_control), "{text:?}");
                    assert_eq!(text.trim(), text);
                }
                assert!(tags.length_us.is_none_or(|length_us| length_us > 0));
                assert!(tags.year.is_none_or(|year| (1..10_000).contains(&year)));
            }
            Err(tags::Unreadable::Io(error)) => panic!("{error}"),
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
        }
        if let Ok(Some(picture)) = tags::picture(path) {
            drop(art::cover(&picture));
        }
        drop(art::cover(bytes));
    }
);

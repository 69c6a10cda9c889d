use super::{Unreadable, picture, read};
use crate::model::Tags;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{Accessor, ItemKey, Tag, TagType};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tandem_scenes::tagged::{encode, tagged as with_tag, wav};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("source.wav"), wav(500)).unwrap();
        Self(folder)
    }

    /// Half a second, encoded by the program for the extension.
    fn encoded(&self, extension: &str) -> Vec<u8> {
        let path = self.0.path().join("encoded").with_extension(extension);
        encode(&self.0.path().join("source.wav"), &path).unwrap();
        fs::read(path).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Result<Tags, Unreadable> {
        read(&self.file(name, bytes))
    }
}

fn tag(kind: TagType) -> Tag {
    let mut tag = Tag::new(kind);
    tag.set_title(String::from("  晴天\n(Live) "));
    tag.set_artist(String::from("周杰伦"));
    tag.set_album(String::from("葉惠美"));
    tag.insert_text(ItemKey::AlbumArtist, String::from("Jay Chou"));
    tag.set_genre(String::from("Pop"));
    tag.set_track(3);
    tag.set_disk(2);
    tag.insert_text(ItemKey::RecordingDate, String::from("2003-07-31"));
    tag
}

fn expected() -> Tags {
    Tags {
        title: String::from("晴天 (Live)"),
        artists: vec![String::from("周杰伦")],
        album: String::from("葉惠美"),
        album_artist: String::from("Jay Chou"),
        genre: String::from("Pop"),
        track: Some(3),
        disc: Some(2),
        year: Some(2003),
        length_us: None,
    }
}

fn id3(version: u8, size: [u8; 4], frames: &[u8]) -> Vec<u8> {
    [b"ID3".as_slice(), &[version, 0, 0], &size, frames].concat()
}

fn synchsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)
}

/// A text frame of ID3v2.4.
fn frame(id: &str, text: &str) -> Vec<u8> {
    [id.as_bytes(), &synchsafe(text.len() + 1), &[0, 0, 3], text.as_bytes()].concat()
}

#[test]
fn every_kind_tells_its_tags_and_its_length() {
    let folder = Folder::new();
    let kinds = [
        ("flac", TagType::VorbisComments, 0),
        // Whole frames, with what the encoder put before and after.
        ("mp3", TagType::Id3v2, 150_000),
        ("ogg", TagType::VorbisComments, 0),
        ("opus", TagType::VorbisComments, 10_000),
        ("wav", TagType::Id3v2, 0),
    ];
    for (extension, kind, tolerance) in kinds {
        let bytes = if extension == "wav" { wav(500) } else { folder.encoded(extension) };
        let bytes = with_tag(&bytes, &tag(kind)).unwrap();
        let tags = folder.read(&format!("tagged.{extension}"), &bytes).unwrap();
        let length_us = tags.length_us.unwrap();
        assert!(length_us.abs_diff(500_000) <= tolerance, "{extension}: {length_us} µs");
        assert_eq!(Tags { length_us: None, ..tags }, expected(), "{extension}");
    }
}

#[test]
fn aac_tells_its_tags_where_it_can_be_made() {
    let folder = Folder::new();
    let path = folder.0.path().join("made.m4a");
    // The encoder is libav's, which not every machine has.
    if encode(&folder.0.path().join("source.wav"), &path).is_err() {
        return assert!(read(&path).is_err());
    }
    let bytes = with_tag(&fs::read(&path).unwrap(), &tag(TagType::Mp4Ilst)).unwrap();
    let tags = folder.read("tagged.m4a", &bytes).unwrap();
    assert!(tags.length_us.is_some_and(|length_us| length_us.abs_diff(500_000) < 200_000), "{tags:?}");
    assert_eq!(Tags { length_us: None, ..tags }, expected());
}

#[test]
fn several_artists_stay_apart() {
    let folder = Folder::new();
    let mut many = tag(TagType::VorbisComments);
    many.remove_key(ItemKey::TrackArtist);
    for artist in ["Simon", "Garfunkel", "Simon", " "] {
        many.push(lofty::tag::TagItem::new(ItemKey::TrackArtist, lofty::tag::ItemValue::Text(String::from(artist))));
    }
    let tags = folder.read("many.flac", &with_tag(&folder.encoded("flac"), &many).unwrap()).unwrap();
    assert_eq!(tags.artists, ["Simon", "Garfunkel"]);
}

#[test]
fn the_content_counts_and_not_the_name() {
    let folder = Folder::new();
    let (flac, mp3) = (folder.encoded("flac"), folder.encoded("mp3"));
    for (name, bytes) in
        [("really_flac.mp3", &flac), ("really_mp3.flac", &mp3), ("really_mp3.ogg", &mp3), ("really_flac.wav", &flac)]
    {
        assert!(folder.read(name, bytes).unwrap().length_us.is_some(), "{name}");
    }
}

#[test]
fn what_is_no_music_says_so() {
    let folder = Folder::new();
    assert!(matches!(folder.read("empty.mp3", b""), Err(Unreadable::Empty)));
    assert!(folder.read("text.mp3", &b"once upon a time ".repeat(2_000)).is_err());
    assert!(folder.read("zeros.flac", &[0; 5_000]).is_err());
    assert!(matches!(read(&folder.0.path().join("nowhere.mp3")), Err(Unreadable::Io(_))));
    assert!(matches!(read(folder.0.path()), Err(Unreadable::Unknown)));
    for text in [
        Unreadable::Empty.to_string(),
        Unreadable::Unknown.to_string(),
        folder.read("x.ogg", b"OggS\0\0\0\0").unwrap_err().to_string(),
    ] {
        assert!(text.starts_with(char::is_uppercase) && !text.contains(char::is_control), "{text}");
    }
}

#[test]
fn files_may_be_cut_anywhere() {
    let folder = Folder::new();
    for (extension, kind) in [
        ("flac", TagType::VorbisComments),
        ("mp3", TagType::Id3v2),
        ("ogg", TagType::VorbisComments),
        ("opus", TagType::VorbisComments),
    ] {
        let whole = with_tag(&folder.encoded(extension), &tag(kind)).unwrap();
        let name = format!("cut.{extension}");
        for end in (1..whole.len()).step_by(whole.len() / 60) {
            match folder.read(&name, &whole[..end]) {
                Ok(tags) => {
                    assert!(tags.title.is_empty() || tags.title == "晴天 (Live)", "{extension} at {end}: {tags:?}")
                }
                Err(error) => assert!(!matches!(error, Unreadable::Io(_)), "{extension} at {end}: {error}"),
            }
        }
    }
}

/// A megabyte at a time of holes: the file says that it is as large as its tag claims, and takes no room.
fn sparse(path: &Path, head: &[u8], length: u64) {
    let file = File::create(path).unwrap();
    file.write_all_at(head, 0).unwrap();
    file.set_len(length).unwrap();
}

#[test]
fn a_tag_of_gigabytes_is_too_much_work() {
    let folder = Folder::new();
    let mp3 = folder.encoded("mp3");
    // The largest that ID3 can claim, in front of real music, in front of nothing, and in a file of 2 GB.
    let claimed = [id3(4, [0x7f; 4], &frame("TIT2", "Large")), mp3].concat();
    assert!(folder.read("claimed.mp3", &claimed).is_err_and(|error| !matches!(error, Unreadable::Io(_))));
    let path = folder.0.path().join("large.mp3");
    sparse(&path, &id3(4, [0x7f; 4], &frame("TIT2", "Large")), 2 << 30);
    assert!(matches!(read(&path), Err(Unreadable::TooMuch(_))));
    // One frame that claims all of it.
    let huge = [b"TIT2".as_slice(), &[0x7f; 4], &[0, 0, 3]].concat();
    sparse(&path, &id3(4, [0x7f; 4], &huge), 2 << 30);
    assert!(read(&path).is_err());
    // A RIFF and a FLAC of 2 GB that say nothing wrong, and nothing at all.
    sparse(&path, &wav(1)[..36], 2 << 30);
    assert!(read(&path).is_err());
    sparse(&path, b"fLaC", 2 << 30);
    assert!(read(&path).is_err());
}

#[test]
fn ten_thousand_frames_end() {
    let folder = Folder::new();
    let mp3 = folder.encoded("mp3");
    for id in ["TIT2", "TXXX", "PRIV", "COMM", "WXXX"] {
        let frames: Vec<u8> = (0..10_000).flat_map(|number| frame(id, &format!("{number}\0x"))).collect();
        let bytes = [id3(4, synchsafe(frames.len()), &frames), mp3.clone()].concat();
        let tags = folder.read("frames.mp3", &bytes).unwrap();
        assert!(tags.length_us.is_some(), "{id}");
    }
}

#[test]
fn nested_chapters_do_not_use_up_the_stack() {
    let folder = Folder::new();
    for depth in [100, 20_000, 100_000] {
        let mut frames = Vec::new();
        for level in 0..depth {
            let inside = (depth - level) * 27 - 10;
            frames.extend_from_slice(b"CHAP");
            frames.extend_from_slice(&synchsafe(inside));
            frames.extend_from_slice(&[0, 0]);
            frames.extend_from_slice(&[0; 17]);
        }
        let bytes = [id3(4, synchsafe(frames.len()), &frames), folder.encoded("mp3")].concat();
        let path = folder.file("chapters.mp3", &bytes);
        let reading =
            std::thread::Builder::new().stack_size(super::STACK).spawn(move || read(&path).map(|tags| tags.length_us));
        assert!(reading.unwrap().join().unwrap().unwrap().is_some());
    }
}

#[test]
fn texts_end_somewhere() {
    let folder = Folder::new();
    let mut long = tag(TagType::VorbisComments);
    long.set_title("晴天 ".repeat(100_000));
    long.set_artist("x".repeat(1_000_000));
    let tags = folder.read("long.flac", &with_tag(&folder.encoded("flac"), &long).unwrap()).unwrap();
    assert_eq!((tags.title.chars().count(), tags.artists[0].chars().count()), (500, 500));
}

#[test]
fn the_front_cover_is_taken() {
    let folder = Folder::new();
    for (extension, kind) in
        [("flac", TagType::VorbisComments), ("mp3", TagType::Id3v2), ("ogg", TagType::VorbisComments)]
    {
        let mut covered = tag(kind);
        for (what, bytes) in
            [(PictureType::CoverBack, b"back"), (PictureType::CoverFront, b"face"), (PictureType::Icon, b"icon")]
        {
            covered.push_picture(Picture::unchecked(bytes.to_vec()).pic_type(what).mime_type(MimeType::Jpeg).build());
        }
        let bytes = with_tag(&folder.encoded(extension), &covered).unwrap();
        let path = folder.file(&format!("covered.{extension}"), &bytes);
        assert_eq!(picture(&path).unwrap().as_deref(), Some(b"face".as_slice()), "{extension}");
        assert_eq!(read(&path).unwrap().title, "晴天 (Live)");
    }
    assert_eq!(picture(&folder.file("bare.mp3", &folder.encoded("mp3"))).unwrap(), None);
}

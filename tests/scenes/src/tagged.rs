//! Music files to scan: real ones from the packaged encoders, and as many copies with other tags as a measurement needs.

use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::probe::Probe;
use lofty::tag::{Accessor, ItemKey, Tag, TagExt, TagType};
use std::error::Error;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tandem_music::wave;

/// Tracks of an album, and albums of an artist.
const TRACKS: usize = 12;
const ALBUMS: usize = 10;

/// A sine of 440 Hz as 16-bit WAV, one channel, 8,000 samples a second.
#[must_use]
pub fn wav(milliseconds: u32) -> Vec<u8> {
    wave::file(8_000, 1, wave::tone(8_000, 0..8 * milliseconds))
}

/// Encodes a WAV file by the program for the extension of `to`: `flac`, `lame`, `oggenc`, `opusenc`, and GStreamer with libav for `m4a`.
///
/// # Errors
/// If the program is not installed, or fails.
pub fn encode(wav: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let (program, arguments): (&str, &[&str]) = match to.extension().and_then(|extension| extension.to_str()) {
        Some("flac") => ("flac", &["--silent", "--force", "{wav}", "-o", "{to}"]),
        Some("mp3") => ("lame", &["--quiet", "{wav}", "{to}"]),
        Some("ogg") => ("oggenc", &["--quiet", "{wav}", "-o", "{to}"]),
        Some("opus") => ("opusenc", &["--quiet", "{wav}", "{to}"]),
        Some("m4a") => {
            let pipeline =
                "filesrc location={wav} ! wavparse ! audioconvert ! avenc_aac ! mp4mux ! filesink location={to}";
            let line = pipeline.replace("{wav}", &wav.to_string_lossy()).replace("{to}", &to.to_string_lossy());
            return run(Command::new("gst-launch-1.0").arg("-q").args(line.split(' ')));
        }
        _ => return Err(format!("nothing encodes {}", to.display()).into()),
    };
    let place = |argument: &&str| match *argument {
        "{wav}" => wav.as_os_str().to_owned(),
        "{to}" => to.as_os_str().to_owned(),
        other => other.into(),
    };
    run(Command::new(program).args(arguments.iter().map(place)))
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// Files that are copied with other tags.
pub struct Seeds(Vec<(String, Vec<u8>, TagType)>);

impl Seeds {
    /// Encodes a short FLAC, MP3 and Ogg Vorbis file in a folder for scraps.
    ///
    /// # Errors
    /// If an encoder is not installed.
    pub fn encode(scraps: &Path) -> Result<Self, Box<dyn Error>> {
        let sound = scraps.join("seed.wav");
        fs::write(&sound, wav(250))?;
        let mut seeds = Vec::new();
        for (extension, kind) in
            [("flac", TagType::VorbisComments), ("mp3", TagType::Id3v2), ("ogg", TagType::VorbisComments)]
        {
            let path = scraps.join("seed").with_extension(extension);
            encode(&sound, &path)?;
            seeds.push((extension.to_owned(), fs::read(&path)?, kind));
        }
        Ok(Self(seeds))
    }

    /// Writes `count` tagged files below a folder, by artist and album; every second one holds `picture` (JPEG), if there is one.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path, count: usize, picture: Option<&[u8]>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let mut paths = Vec::with_capacity(count);
        for (number, (extension, bytes, kind)) in (0..count).zip(self.0.iter().cycle()) {
            let (album, artist) = (number / TRACKS, number / TRACKS / ALBUMS);
            let place = folder.join(format!("Artist {artist:04}")).join(format!("Album {album:05}"));
            if number % TRACKS == 0 {
                fs::create_dir_all(&place)?;
            }
            let mut tag = Tag::new(*kind);
            tag.set_title(format!("Song {number:06} 晴天"));
            tag.set_artist(format!("Artist {artist:04} Ängström"));
            tag.set_album(format!("Album {album:05}"));
            tag.set_genre(if artist % 2 == 0 { "华语流行" } else { "Jazz" }.to_owned());
            tag.set_track(u32::try_from(number % TRACKS + 1)?);
            tag.insert_text(ItemKey::RecordingDate, (1970 + artist % 50).to_string());
            if let Some(picture) = picture.filter(|_| number % 2 == 0) {
                let cover = Picture::unchecked(picture.to_vec())
                    .pic_type(PictureType::CoverFront)
                    .mime_type(MimeType::Jpeg)
                    .build();
                tag.push_picture(cover);
            }
            let path = place.join(format!("{:02} song.{extension}", number % TRACKS + 1));
            fs::write(&path, tagged(bytes, &tag)?)?;
            paths.push(path);
        }
        Ok(paths)
    }
}

/// The bytes of a music file with another tag.
///
/// # Errors
/// If lofty cannot read the file, or write the tag.
pub fn tagged(bytes: &[u8], tag: &Tag) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Cursor::new(bytes.to_vec());
    Probe::new(&mut file).guess_file_type()?;
    file.set_position(0);
    tag.save_to(&mut file, WriteOptions::default())?;
    Ok(file.into_inner())
}

//! Sound into tagged files, by the tools that everybody uses: `oggenc` (package vorbis-tools) and `flac`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::cover::SIZE;
use crate::{Piece, RATE, Sound, wave};

/// ReplayGain 2's reference, LUFS.
const REFERENCE: f64 = -18.0;

/// Writes a piece below a folder; `album` are the loudness (LUFS) and peak of its album.
///
/// # Errors
/// An encoder is missing or refuses, or the folder cannot be written.
pub fn write(folder: &Path, piece: &Piece, sound: &Sound, album: (f64, f64)) -> anyhow::Result<()> {
    let file = folder.join(piece.path());
    fs::create_dir_all(file.parent().unwrap_or(folder))?;
    let scratch = tempfile::tempdir()?;
    let wave = scratch.path().join("piece.wav");
    let picture = scratch.path().join("cover.png");
    fs::write(&wave, wave::file(RATE, 2, sound.samples.iter().copied()))?;
    let cover = piece.cover.png()?;
    fs::write(&picture, &cover)?;
    let tags = tags(piece, sound, album);
    let mut encoder = if piece.lossless {
        let mut flac = Command::new("flac");
        flac.args(["--silent", "--force", "--best", "--no-padding", "--picture"]).arg(&picture);
        for (name, value) in tags {
            flac.arg(format!("--tag={name}={value}"));
        }
        flac
    } else {
        // The serial number of the stream comes from the track, so that the same piece gives the same file.
        let mut oggenc = Command::new("oggenc");
        oggenc.args(["--quiet", "--utf8", "--quality", "3", "--serial", &piece.track.to_string()]);
        let picture = base64(&picture_block(&cover));
        for (name, value) in tags.into_iter().chain([("METADATA_BLOCK_PICTURE", picture)]) {
            oggenc.arg("--comment").arg(format!("{name}={value}"));
        }
        oggenc
    };
    let name = encoder.get_program().to_owned();
    let output = encoder.arg("-o").arg(&file).arg(&wave).output();
    let output = output.with_context(|| format!("{} is not installed", name.display()))?;
    if !output.status.success() {
        bail!("{}: {}", name.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn tags(piece: &Piece, sound: &Sound, (loudness, peak): (f64, f64)) -> Vec<(&'static str, String)> {
    let gain = |loudness: f64| format!("{:.2} dB", REFERENCE - loudness);
    vec![
        ("TITLE", piece.title.to_owned()),
        ("ARTIST", piece.artist.to_owned()),
        ("ALBUM", piece.album.to_owned()),
        ("ALBUMARTIST", piece.artist.to_owned()),
        ("TRACKNUMBER", piece.track.to_string()),
        ("GENRE", piece.genre.to_owned()),
        ("DATE", "2026".to_owned()),
        ("LICENSE", "CC0-1.0".to_owned()),
        ("REPLAYGAIN_REFERENCE_LOUDNESS", format!("{REFERENCE:.2} LUFS")),
        ("REPLAYGAIN_TRACK_GAIN", gain(sound.loudness)),
        ("REPLAYGAIN_TRACK_PEAK", format!("{:.6}", sound.peak())),
        ("REPLAYGAIN_ALBUM_GAIN", gain(loudness)),
        ("REPLAYGAIN_ALBUM_PEAK", format!("{peak:.6}")),
    ]
}

/// FLAC's picture block: a front cover, PNG, 24 bits.
fn picture_block(png: &[u8]) -> Vec<u8> {
    const TYPE: &[u8] = b"image/png";
    let mut block = Vec::with_capacity(png.len() + 64);
    let number = |block: &mut Vec<u8>, number: usize| block.extend((number as u32).to_be_bytes());
    number(&mut block, 3);
    number(&mut block, TYPE.len());
    block.extend(TYPE);
    // No description.
    number(&mut block, 0);
    number(&mut block, SIZE as usize);
    number(&mut block, SIZE as usize);
    number(&mut block, 24);
    number(&mut block, 0);
    number(&mut block, png.len());
    block.extend(png);
    block
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_letters() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
    }
}

//! Makes the music and the covers anew: `tandem-music [FOLDER]`, without a folder in `assets/music`.

use std::path::{Path, PathBuf};

use tandem_music::{encode, play};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/music"), PathBuf::from);
    let played = play()?;
    for (piece, sound) in &played {
        let of_album = played.iter().filter(|(other, _)| other.album == piece.album).map(|(_, sound)| sound);
        let (mut loudest, mut peak) = (f64::MIN, 0.0_f64);
        for sound in of_album {
            // All pieces are equally loud but for the limiter's last tenths: the loudest one stands for its album.
            loudest = loudest.max(sound.loudness);
            peak = peak.max(sound.peak());
        }
        encode::write(&folder, piece, sound, (loudest, peak))?;
        println!(
            "{}: {:.1} s, {:.2} LUFS, peak {:.3}",
            piece.path(),
            sound.frames() as f64 / f64::from(tandem_music::RATE),
            sound.loudness,
            sound.peak()
        );
    }
    Ok(())
}

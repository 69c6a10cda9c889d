//! A song by whose loudness one hears where it is, and what a player has played of it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tandem_music::wave;

pub const TITLE: &str = "Night drive";
pub const SECONDS: u32 = 60;
const RATE: u32 = 44_100;
/// Its samples rise by 1,000 a second from this.
const FIRST: i32 = -30_000;
/// Quieter is silence: the end of a fade, or what is told while nothing plays. So the song must not be begun near its middle.
const SILENCE: i16 = 500;
/// 16 bits, two channels.
const FRAME: u64 = 4;
/// A piece so long rises by ten.
const PIECE: usize = 441;

pub fn write(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let sample = |frame: u32| (FIRST + (u64::from(frame) * 1_000 / u64::from(RATE)) as i32) as i16;
    let rises = (0..SECONDS * RATE).flat_map(|frame| [sample(frame); 2]);
    Ok(std::fs::write(folder.join(format!("{TITLE}.wav")), wave::file(RATE, 2, rises))?)
}

/// What a player has played, as its sink wrote it.
pub struct Recording(pub PathBuf);

impl Recording {
    /// Bytes so far.
    pub fn end(&self) -> u64 {
        std::fs::metadata(&self.0).map_or(0, |facts| facts.len() / FRAME * FRAME)
    }

    /// What was played from a byte on, one channel of it.
    pub fn since(&self, from: u64) -> Result<Vec<i16>> {
        let mut file = File::open(&self.0)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let left = bytes.chunks_exact(FRAME as usize).filter_map(|frame| frame.first_chunk().copied());
        Ok(left.map(i16::from_le_bytes).collect())
    }
}

pub fn is_loud(sample: i16) -> bool {
    sample.saturating_abs() > SILENCE
}

/// The first place of the song that is heard in its own loudness, seconds: a fade does not rise as evenly.
pub fn first_place(samples: &[i16]) -> Result<f64> {
    let even =
        |(first, last): &(i16, i16)| is_loud(*first) && (8..=12).contains(&(i32::from(*last) - i32::from(*first)));
    let mut pieces = samples.iter().copied().zip(samples.iter().copied().skip(PIECE - 1));
    let (first, _) = pieces.find(even).context("nothing of the song was heard")?;
    Ok(f64::from(i32::from(first) - FIRST) / 1_000.0)
}

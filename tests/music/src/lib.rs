//! The music and the covers that come with Tandem: our own work, made from nothing but this source, the same samples on every machine.

pub mod cover;
pub mod encode;
pub mod hls;
mod master;
mod number;
mod pieces;
mod reverb;
mod score;
mod voice;
pub mod wave;

use anyhow::Context;

pub use pieces::{Piece, pieces};

/// Samples in a second.
pub const RATE: u32 = 44_100;

/// Left and right, -1 to 1.
pub type Frame = [f64; 2];

/// A piece as it is heard: 16 bits, left and right by turns.
pub struct Sound {
    pub samples: Vec<i16>,
    /// Loudness by ITU-R BS.1770, LUFS; of the whole for the parts of one that was cut.
    pub loudness: f64,
}

impl Sound {
    /// Samples of each channel.
    pub fn frames(&self) -> usize {
        self.samples.len() / 2
    }

    /// The largest sample, 0 to 1.
    pub fn peak(&self) -> f64 {
        let largest = self.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        f64::from(largest) / 32_768.0
    }

    /// FNV-1a of the samples, little-endian.
    pub fn hash(&self) -> u64 {
        let bytes = self.samples.iter().flat_map(|sample| sample.to_le_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// Plays every piece; those that belong together are made as one and then cut.
///
/// # Errors
/// A piece that is cut where it has already ended.
pub fn play() -> anyhow::Result<Vec<(Piece, Sound)>> {
    let mut played = Vec::new();
    for movements in pieces() {
        let whole = master::finish(movements.score.play());
        let mut rest = whole.samples.as_slice();
        for (piece, frames) in movements.parts {
            let (head, tail) = match frames {
                Some(frames) => rest.split_at_checked(2 * frames).context("the cut lies behind the end")?,
                None => (rest, [].as_slice()),
            };
            rest = tail;
            played.push((piece, Sound { samples: head.to_vec(), loudness: whole.loudness }));
        }
    }
    Ok(played)
}

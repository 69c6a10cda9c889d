//! Sound as a WAV file, for encoders and for whoever needs a file that sounds.

use std::f64::consts::TAU;
use std::ops::Range;

/// A WAV file of 16 bits; `samples` are those of the channels by turns.
pub fn file(rate: u32, channels: u16, samples: impl IntoIterator<Item = i16>) -> Vec<u8> {
    let data: Vec<u8> = samples.into_iter().flat_map(i16::to_le_bytes).collect();
    let size = data.len() as u32;
    let frame = channels * 2;
    let mut file = Vec::with_capacity(44 + data.len());
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM.
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(frame)).to_le_bytes());
    file.extend(frame.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    file
}

/// A sine of 440 Hz at a quarter of the loudest: the samples of one channel.
pub fn tone(rate: u32, frames: Range<u32>) -> impl Iterator<Item = i16> {
    frames.map(move |frame| ((f64::from(frame) / f64::from(rate) * 440.0 * TAU).sin() * 8_000.0) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_what_follows() {
        let wave = file(44_100, 2, [1, -1, 2, -2]);
        assert_eq!(&wave[..24], b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0");
        assert_eq!(&wave[24..44], b"\x44\xac\0\0\x10\xb1\x02\0\x04\0\x10\0data\x08\0\0\0");
        assert_eq!(&wave[44..], [1, 0, 255, 255, 2, 0, 254, 255]);
        // The second half begins where the first ends.
        assert!(tone(8_000, 0..100).skip(60).eq(tone(8_000, 60..100)));
    }
}

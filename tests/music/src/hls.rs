//! HLS as radio stations send it: pieces of MP3, each with its place in time in front.

/// Frames of MP3 in a piece, and samples in a frame.
const FRAMES: usize = 40;
const SAMPLES: u64 = 1_152;

/// Seconds of a whole piece, at 44.1 kHz.
pub const SECONDS: f64 = FRAMES as f64 * SAMPLES as f64 / 44_100.0;

/// The pieces of an MP3 file of 256 kbit/s at 44.1 kHz: of 40 frames, 835 or 836 bytes each.
pub fn pieces(mp3: &[u8]) -> Vec<Vec<u8>> {
    let (mut frames, mut rest) = (Vec::new(), mp3);
    while let [0xff, second, third, _, ..] = rest
        && second & 0xe0 == 0xe0
    {
        let (frame, after) = rest.split_at(rest.len().min(835 + usize::from(third >> 1 & 1)));
        frames.push(frame);
        rest = after;
    }
    let piece = |(number, frames): (usize, &[&[u8]])| {
        let mut owner = b"com.apple.streaming.transportStreamTimestamp\0".to_vec();
        owner.extend(((number * FRAMES) as u64 * SAMPLES * 90_000 / 44_100).to_be_bytes());
        let size = owner.len() as u8;
        let head = [b"ID3\x04\0\0\0\0\0".as_slice(), &[size + 10], b"PRIV\0\0\0", &[size, 0, 0]].concat();
        [head, owner, frames.concat()].concat()
    };
    frames.chunks(FRAMES).enumerate().map(piece).collect()
}

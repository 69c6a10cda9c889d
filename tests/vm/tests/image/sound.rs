//! What came out of the car's loudspeaker: two tones, one on each side, found by Goertzel's filter.

use std::f64::consts::TAU;

/// A quint and no octave, so that no harmonic of one is the other.
pub const LEFT_HZ: f64 = 800.0;
pub const RIGHT_HZ: f64 = 1_200.0;

/// As QEMU writes it: two channels of 16 bits.
const HEADER: usize = 44;
const RATE: f64 = 48_000.0;
/// 20 ms: whole waves of both tones, and short beside the time between two gaps of an emulated machine.
const WINDOW: usize = 960;
/// So much of a window's energy has its tone, if it is the tone that sounds.
const PURE: f64 = 0.9;
/// The square of this is the mean energy of what is still heard well: a hundredth of the loudest.
const QUIET: f64 = 327.0;

pub struct Tone;

impl Tone {
    /// The value of a tone at a time, -1 to 1.
    pub fn at(seconds: f64, hertz: f64) -> f64 {
        (seconds * hertz * TAU).sin()
    }

    /// How long the left tone came out on the left while the right one came out on the right. An emulated machine that is late leaves gaps: they do not count.
    pub fn seconds(wave: &[u8]) -> f64 {
        let frames: Vec<[f64; 2]> = wave
            .get(HEADER..)
            .unwrap_or_default()
            .chunks_exact(4)
            .map(|frame| [[frame[0], frame[1]], [frame[2], frame[3]]].map(|side| f64::from(i16::from_le_bytes(side))))
            .collect();
        let both = |window: &&[[f64; 2]]| share(window, 0, LEFT_HZ) > PURE && share(window, 1, RIGHT_HZ) > PURE;
        frames.chunks_exact(WINDOW).filter(both).count() as f64 * WINDOW as f64 / RATE
    }
}

/// How much of the energy of one side of a window is of this frequency, 0 to 1; 0 of silence.
fn share(window: &[[f64; 2]], side: usize, hertz: f64) -> f64 {
    let turn = 2.0 * (hertz / RATE * TAU).cos();
    let (mut last, mut before, mut energy) = (0.0, 0.0, 0.0);
    for sample in window.iter().map(|frame| frame[side]) {
        (last, before) = (sample + turn * last - before, last);
        energy += sample * sample;
    }
    let length = window.len() as f64;
    if energy < QUIET * QUIET * length {
        return 0.0;
    }
    (last * last + before * before - turn * last * before) * 2.0 / length / energy
}

#[cfg(test)]
mod tests {
    use tandem_music::wave;

    use super::*;

    /// A second of these two frequencies, this loud.
    fn sound(left: f64, right: f64, loud: f64) -> Vec<u8> {
        let samples = (0..48_000)
            .flat_map(|frame| [left, right].map(|hertz| (Tone::at(f64::from(frame) / RATE, hertz) * loud) as i16));
        wave::file(48_000, 2, samples)
    }

    #[test]
    fn a_tone_is_found_on_its_side_and_nothing_else_is_taken_for_it() {
        assert_eq!(Tone::seconds(&sound(LEFT_HZ, RIGHT_HZ, 8_000.0)), 1.0);
        let silence = wave::file(48_000, 2, [0; 96_000]);
        let second: Vec<u8> = [sound(LEFT_HZ, RIGHT_HZ, 8_000.0), silence[HEADER..].to_vec()].concat();
        assert_eq!(Tone::seconds(&second), 1.0);
        let others = [
            (LEFT_HZ, LEFT_HZ, 8_000.0),
            (RIGHT_HZ, LEFT_HZ, 8_000.0),
            (LEFT_HZ, 1_250.0, 8_000.0),
            (840.0, RIGHT_HZ, 8_000.0),
            (440.0, 440.0, 8_000.0),
            (LEFT_HZ, RIGHT_HZ, 100.0),
        ];
        for (left, right, loud) in others {
            assert_eq!(Tone::seconds(&sound(left, right, loud)), 0.0, "{left} and {right} Hz, {loud}");
        }
        assert_eq!(Tone::seconds(&silence), 0.0);
        assert_eq!(Tone::seconds(&[]), 0.0);
    }
}

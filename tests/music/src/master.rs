//! From a mix to 16 bits: one loudness for all pieces, no clipping, silence at both ends.

use std::collections::VecDeque;

use crate::number::{decibels, sine};
use crate::{Frame, RATE, Sound};

/// LUFS.
const LOUDNESS: f64 = -16.0;
/// dB below full scale: lossy coding may add a little.
const CEILING: f64 = -1.5;
/// Samples that the limiter looks ahead and back.
const WINDOW: usize = 300;

pub fn finish(mut mix: Vec<Frame>) -> Sound {
    without_offset(&mut mix);
    fade(&mut mix);
    // The limiter takes some loudness away: a second turn gives it back.
    for _ in 0..2 {
        let gain = decibels(LOUDNESS - loudness(&mix));
        for frame in &mut mix {
            *frame = frame.map(|sample| sample * gain);
        }
        limit(&mut mix);
    }
    let loudness = loudness(&mix);
    let samples = mix.iter().flatten().map(|sample| (sample * 32_767.0).round() as i16).collect();
    Sound { samples, loudness }
}

/// Nothing below 20 Hz.
fn without_offset(mix: &mut [Frame]) {
    let keep = 1.0 - 20.0 * std::f64::consts::TAU / f64::from(RATE);
    let (mut before, mut slow) = ([0.0; 2], [0.0; 2]);
    for frame in mix {
        for ((sample, before), slow) in frame.iter_mut().zip(&mut before).zip(&mut slow) {
            *slow = *sample - *before + keep * *slow;
            *before = *sample;
            *sample = *slow;
        }
    }
}

/// 5 ms in, 2.5 s out.
fn fade(mix: &mut [Frame]) {
    let (head, tail) = (RATE as usize / 200, RATE as usize * 5 / 2);
    let frames = mix.len();
    for (index, frame) in mix.iter_mut().enumerate() {
        if index >= head && index + tail < frames {
            continue;
        }
        let rise = (index as f64 / head as f64).min(1.0);
        let fall = ((frames - 1 - index) as f64 / tail as f64).min(1.0);
        let level = sine(rise / 4.0) * sine(fall / 4.0);
        *frame = frame.map(|sample| sample * level * level);
    }
}

/// Turns down what would be louder than the ceiling, softly and before it comes.
fn limit(mix: &mut [Frame]) {
    let ceiling = decibels(CEILING);
    let needed: Vec<f64> = mix
        .iter()
        .map(|[left, right]| {
            let peak = left.abs().max(right.abs());
            if peak > ceiling { ceiling / peak } else { 1.0 }
        })
        .collect();
    if needed.iter().all(|gain| *gain >= 1.0) {
        return;
    }
    let least = least_around(&needed);
    // The mean over the window, kept up to date sample by sample; before the start and after the end nothing is turned down.
    let at = |index: Option<usize>| index.and_then(|index| least.get(index)).copied().unwrap_or(1.0);
    let mut sum = WINDOW as f64 + (0..=WINDOW).map(|index| at(Some(index))).sum::<f64>();
    for (index, frame) in mix.iter_mut().enumerate() {
        let gain = sum / (2 * WINDOW + 1) as f64;
        *frame = frame.map(|sample| sample * gain);
        sum += at(Some(index + WINDOW + 1)) - at(index.checked_sub(WINDOW));
    }
}

/// The least of all that lies within the window of each value.
fn least_around(values: &[f64]) -> Vec<f64> {
    // Places whose values rise: the first is the least, and none behind a lower one can become it.
    let mut rising: VecDeque<(usize, f64)> = VecDeque::new();
    let mut coming = values.iter().copied().enumerate();
    (0..values.len())
        .map(|index| {
            let wanted = if index == 0 { WINDOW + 1 } else { 1 };
            for (place, value) in coming.by_ref().take(wanted) {
                while rising.back().is_some_and(|(_, last)| *last >= value) {
                    rising.pop_back();
                }
                rising.push_back((place, value));
            }
            while rising.front().is_some_and(|(place, _)| place + WINDOW < index) {
                rising.pop_front();
            }
            rising.front().map_or(1.0, |(_, value)| *value)
        })
        .collect()
}

/// A second-order filter: feed forward, then feed back.
struct Filter {
    b: [f64; 3],
    a: [f64; 2],
    x: [f64; 2],
    y: [f64; 2],
}

impl Filter {
    fn new(b: [f64; 3], a: [f64; 2]) -> Self {
        Self { b, a, x: [0.0; 2], y: [0.0; 2] }
    }

    fn hear(&mut self, x: f64) -> f64 {
        let [b0, b1, b2] = self.b;
        let y = b0 * x + b1 * self.x[0] + b2 * self.x[1] - self.a[0] * self.y[0] - self.a[1] * self.y[1];
        self.x = [x, self.x[0]];
        self.y = [y, self.y[0]];
        y
    }
}

/// The K-weighting of ITU-R BS.1770 at 44.1 kHz.
fn weighting() -> [Filter; 2] {
    [
        Filter::new(
            [1.530_841_230_050_348, -2.650_979_995_154_729_7, 1.169_079_079_921_587],
            [-1.663_655_113_256_020_2, 0.712_595_428_073_226_5],
        ),
        Filter::new([1.0, -2.0, 1.0], [-1.989_169_673_629_796_2, 0.989_199_035_787_038_8]),
    ]
}

/// The gated loudness of ITU-R BS.1770, LUFS.
fn loudness(mix: &[Frame]) -> f64 {
    let mut power = vec![0.0; mix.len()];
    for channel in 0..2 {
        let [mut shelf, mut pass] = weighting();
        for (sum, frame) in power.iter_mut().zip(mix) {
            let heard = pass.hear(shelf.hear(if channel == 0 { frame[0] } else { frame[1] }));
            *sum += heard * heard;
        }
    }
    let block = RATE as usize * 2 / 5;
    let means: Vec<f64> =
        power.windows(block).step_by(block / 4).map(|block| block.iter().sum::<f64>() / block.len() as f64).collect();
    let level = |mean: f64| -0.691 + 10.0 * mean.log10();
    let mean_above = |gate: f64| {
        let loud: Vec<f64> = means.iter().copied().filter(|mean| *mean > 0.0 && level(*mean) > gate).collect();
        loud.iter().sum::<f64>() / loud.len().max(1) as f64
    };
    level(mean_above(level(mean_above(-70.0)) - 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_as_loud_as_the_standard_says() {
        // 997 Hz at full scale in one channel is -3.01 LUFS.
        let tone: Vec<Frame> =
            (0..RATE * 3).map(|index| [sine(997.0 * f64::from(index) / f64::from(RATE)), 0.0]).collect();
        assert!((loudness(&tone) + 3.01).abs() < 0.02, "{}", loudness(&tone));
    }

    #[test]
    fn what_is_too_loud_is_turned_down_without_clipping() {
        let mut burst: Vec<Frame> = (0..20_000).map(|index| [if index == 10_000 { 4.0 } else { 0.1 }, 0.0]).collect();
        limit(&mut burst);
        let peak = burst.iter().map(|frame| frame[0].abs()).fold(0.0, f64::max);
        assert!(peak <= decibels(CEILING) + 1e-9, "{peak}");
        assert!((burst[100][0] - 0.1).abs() < 1e-12);
    }
}

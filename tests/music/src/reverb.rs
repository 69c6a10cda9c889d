//! A soft room: eight delays that feed each other.

use crate::number::{cosine, decibels, exp2};
use crate::{Frame, RATE};

/// Samples: primes, so that no echo falls on another.
const LENGTHS: [usize; 8] = [1_433, 1_601, 1_867, 2_053, 2_251, 2_399, 2_617, 2_797];
const BEFORE: usize = 900;

struct Delay {
    line: Vec<f64>,
    place: usize,
    /// What the walls swallow of the highs.
    dull: f64,
    kept: f64,
}

impl Delay {
    fn new(length: usize, seconds: f64) -> Self {
        Self {
            line: vec![0.0; length],
            place: 0,
            dull: 0.0,
            kept: decibels(-60.0 * length as f64 / (seconds * f64::from(RATE))),
        }
    }

    fn read(&mut self, brightness: f64) -> f64 {
        let heard = self.line.get(self.place).copied().unwrap_or_default() * self.kept;
        self.dull += (heard - self.dull) * brightness;
        self.dull
    }

    fn write(&mut self, value: f64) {
        if let Some(cell) = self.line.get_mut(self.place) {
            *cell = value;
        }
        self.place = (self.place + 1) % self.line.len();
    }
}

/// The echo of what is sent into a room that takes these seconds to fall silent (60 dB).
pub fn room(sent: &[Frame], seconds: f64) -> Vec<Frame> {
    let mut delays = LENGTHS.map(|length| Delay::new(length, seconds));
    let mut early = Delay::new(BEFORE, 1_000.0);
    let mut early_right = Delay::new(BEFORE + 131, 1_000.0);
    // A one-pole low-pass at 4.5 kHz in each round trip.
    let brightness = 1.0 - exp2(-4_500.0 / f64::from(RATE) * 9.064_720_283_654_388);
    sent.iter()
        .map(|[left, right]| {
            let (left_in, right_in) = (early.read(1.0), early_right.read(1.0));
            early.write(*left);
            early_right.write(*right);
            let heard = delays.each_mut().map(|delay| delay.read(brightness));
            let mean = heard.iter().sum::<f64>() / 4.0;
            let mut out = [0.0; 2];
            for (index, (delay, value)) in delays.iter_mut().zip(heard).enumerate() {
                let is_left = index % 2 == 0;
                delay.write(if is_left { left_in } else { right_in } + value - mean);
                // Each delay has its own place between the ears.
                let place = cosine(index as f64 / 16.0);
                let [near, far] = [0.35 * value, 0.35 * value * (1.0 - place * place)];
                out = if is_left { [out[0] + near, out[1] + far] } else { [out[0] + far, out[1] + near] };
            }
            out
        })
        .collect()
}

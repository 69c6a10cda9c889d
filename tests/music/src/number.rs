//! Sines and powers out of sums and products alone: the system's own differ by the last bit from machine to machine, and then the samples would.

use std::f64::consts::{LN_2, TAU};

/// The sine of an angle in turns.
pub fn sine(turns: f64) -> f64 {
    let turn = turns - turns.floor();
    let quarter = if turn < 0.25 {
        turn
    } else if turn < 0.75 {
        0.5 - turn
    } else {
        turn - 1.0
    };
    let x = quarter * TAU;
    let square = x * x;
    let mut sum = 0.0;
    for below in [156.0, 110.0, 72.0, 42.0, 20.0, 6.0] {
        sum = (1.0 + sum) * -square / below;
    }
    x * (1.0 + sum)
}

pub fn cosine(turns: f64) -> f64 {
    sine(turns + 0.25)
}

/// Two to the power of x.
pub fn exp2(x: f64) -> f64 {
    let whole = x.floor();
    let x = (x - whole) * LN_2;
    let mut power = 1.0;
    for step in (1..=16).rev() {
        power = 1.0 + power * x / f64::from(step);
    }
    let factor = if whole < 0.0 { 0.5 } else { 2.0 };
    for _ in 0..whole.abs().min(1100.0) as u32 {
        power *= factor;
    }
    power
}

/// Decibels as a factor.
pub fn decibels(db: f64) -> f64 {
    // log2(10) / 20
    exp2(db * 0.166_096_404_744_368_1)
}

/// What remains after each sample of something that falls to 1/e in these seconds.
pub fn decay(seconds: f64) -> f64 {
    exp2(-std::f64::consts::LOG2_E / (seconds * f64::from(crate::RATE)))
}

/// A sine that goes on by one product a sample: much cheaper than asking for each.
pub struct Wave {
    cosine: f64,
    sine: f64,
    step: (f64, f64),
}

impl Wave {
    /// From a phase, with a step a sample, both in turns; each sample is `keep` of the last one.
    pub fn new(phase: f64, step: f64, keep: f64) -> Self {
        Self { cosine: cosine(phase), sine: sine(phase), step: (keep * cosine(step), keep * sine(step)) }
    }

    /// The value now; then it goes on.
    pub fn next(&mut self) -> f64 {
        let now = self.sine;
        let (cosine, sine) = self.step;
        (self.cosine, self.sine) = (self.cosine * cosine - now * sine, now * cosine + self.cosine * sine);
        now
    }
}

/// The frequency of a MIDI note, Hz.
pub fn pitch(note: f64) -> f64 {
    440.0 * exp2((note - 69.0) / 12.0)
}

/// Noise from -1 to 1, the same each time.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_come_to_sines_and_powers() {
        for step in -2000..2000 {
            let x = f64::from(step) / 300.0;
            assert!((sine(x) - (x * TAU).sin()).abs() < 1e-9, "{x}");
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-12, "{x}");
        }
        assert!((pitch(60.0) - 261.625_565).abs() < 1e-6);
        assert!((decibels(-14.0) - 0.199_526_231).abs() < 1e-9);
    }
}

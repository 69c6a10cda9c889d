//! The instruments: sums of sines, with the noise of a brush beside them.

use crate::number::{Noise, Wave, decay, pitch as hertz, sine};
use crate::{Frame, RATE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Slow and wide.
    Pad,
    /// A short string, as of a synthesiser.
    Pluck,
    /// Bars of metal, as of a vibraphone.
    Bell,
    /// A plucked bass.
    Bass,
    /// An electric piano.
    Keys,
    /// A long zither.
    Zither,
    /// A brush on a drum.
    Brush,
    /// A soft drum.
    Drum,
}

/// One sine of a sound that dies away.
struct Partial {
    /// Of the note's frequency.
    ratio: f64,
    level: f64,
    /// Seconds to 1/e.
    fall: f64,
}

impl Voice {
    /// How much of it the room hears.
    pub fn send(self) -> f64 {
        match self {
            Self::Pad => 0.35,
            Self::Bell => 0.4,
            Self::Pluck | Self::Zither => 0.3,
            Self::Keys => 0.22,
            Self::Brush => 0.12,
            Self::Bass | Self::Drum => 0.04,
        }
    }

    /// A note of this length (seconds; what dies away by itself may sound on), without its place between the ears.
    pub fn sound(self, note: f64, seconds: f64, loud: f64) -> Vec<Frame> {
        match self {
            Self::Pad => pad(note, seconds, loud),
            Self::Keys => keys(note, seconds, loud),
            Self::Brush => brush(note, seconds, loud),
            Self::Drum => drum(loud),
            Self::Pluck => struck(note, seconds, 0.5 * loud, 0.002, &pluck_partials(loud)),
            Self::Zither => struck(note, seconds, 0.6 * loud, 0.0012, &zither_partials()),
            Self::Bass => struck(note, seconds, 0.8 * loud, 0.004, &bass_partials()),
            Self::Bell => trembling(struck(note, seconds, 0.5 * loud, 0.002, &bell_partials())),
        }
    }
}

fn frames(seconds: f64) -> usize {
    (seconds * f64::from(RATE)) as usize
}

/// From 0 to 1 as half a wave.
fn ease(share: f64) -> f64 {
    if share >= 1.0 {
        return 1.0;
    }
    let quarter = sine(share.clamp(0.0, 1.0) / 4.0);
    quarter * quarter
}

fn pluck_partials(loud: f64) -> Vec<Partial> {
    // What is struck harder is brighter.
    let bright = 0.5 + 0.9 * loud;
    (1..=9)
        .map(|k| {
            let k = f64::from(k);
            let level = if k > 1.0 { bright / (k * k.sqrt()) } else { 1.0 };
            Partial { ratio: k, level, fall: 0.55 / k.sqrt() }
        })
        .collect()
}

fn zither_partials() -> Vec<Partial> {
    (1..=14)
        .map(|k| {
            let k = f64::from(k);
            // Plucked at a seventh of a stiff string.
            let level = sine(k / 14.0).abs() / k;
            Partial { ratio: k * (1.0 + 0.000_12 * k * k), level: 1.6 * level, fall: 1.9 / (1.0 + 0.22 * k) }
        })
        .collect()
}

fn bass_partials() -> Vec<Partial> {
    [(1.0, 1.0, 0.9), (2.0, 0.55, 0.5), (3.0, 0.22, 0.3), (4.0, 0.12, 0.18), (6.0, 0.05, 0.08)]
        .map(|(ratio, level, fall)| Partial { ratio, level, fall })
        .into()
}

fn bell_partials() -> Vec<Partial> {
    [(1.0, 1.0, 1.5), (1.003, 0.25, 1.2), (4.0, 0.22, 0.45), (9.9, 0.07, 0.09)]
        .map(|(ratio, level, fall)| Partial { ratio, level, fall })
        .into()
}

/// Partials that begin together and die away, damped after the note's length.
fn struck(note: f64, seconds: f64, loud: f64, attack: f64, partials: &[Partial]) -> Vec<Frame> {
    let base = hertz(note);
    // Low strings sound longer.
    let stretch = (440.0 / base).sqrt().clamp(0.6, 1.6);
    let longest = partials.iter().map(|partial| partial.fall).fold(0.0, f64::max) * stretch;
    let damped = 0.25;
    let length = (seconds + damped).min(6.0 * longest);
    let mut sound = vec![[0.0; 2]; frames(length)];
    for partial in partials.iter().filter(|partial| partial.ratio * base < 16_000.0) {
        let step = partial.ratio * base / f64::from(RATE);
        let keep = decay(partial.fall * stretch);
        let level = partial.level * loud * loud.sqrt();
        let mut wave = Wave::new(0.0, step, keep);
        for frame in &mut sound {
            let value = level * wave.next();
            *frame = [frame[0] + value, frame[1] + value];
        }
    }
    for (index, frame) in sound.iter_mut().enumerate() {
        let time = index as f64 / f64::from(RATE);
        let level = ease(time / attack) * ease((length - time) / damped);
        *frame = frame.map(|value| value * level);
    }
    sound
}

/// The slow turning fans of a vibraphone.
fn trembling(mut sound: Vec<Frame>) -> Vec<Frame> {
    let mut fan = Wave::new(0.0, 4.6 / f64::from(RATE), 1.0);
    for frame in &mut sound {
        let turn = fan.next();
        *frame = [frame[0] * (1.0 - 0.14 * turn), frame[1] * (1.0 + 0.14 * turn)];
    }
    sound
}

fn pad(note: f64, seconds: f64, loud: f64) -> Vec<Frame> {
    let (rise, fall) = ((0.4 * seconds).min(1.4), 1.8);
    let length = seconds + fall;
    let mut sound = vec![[0.0; 2]; frames(length)];
    // Three of a kind, a few hundredths of a semitone apart: left, middle, right.
    for (detune, left, right, turn) in [(-0.045, 1.0, 0.25, 0.13), (0.0, 0.6, 0.6, 0.57), (0.04, 0.25, 1.0, 0.81)] {
        let base = hertz(note + detune) / f64::from(RATE);
        for k in 1..=7 {
            let k = f64::from(k);
            let mut breath = Wave::new(turn * k, (0.07 + 0.03 * k) / f64::from(RATE), 1.0);
            let mut tone = Wave::new(turn * k, base * k, 1.0);
            let level = 0.12 * loud / (k * k.sqrt());
            for frame in &mut sound {
                let value = level * (1.0 + 0.35 * breath.next()) * tone.next();
                *frame = [frame[0] + left * value, frame[1] + right * value];
            }
        }
    }
    for (index, frame) in sound.iter_mut().enumerate() {
        let time = index as f64 / f64::from(RATE);
        let level = ease(time / rise) * ease((length - time) / fall);
        *frame = frame.map(|value| value * level);
    }
    sound
}

/// Two operators for the body, two for the click of the tine.
fn keys(note: f64, seconds: f64, loud: f64) -> Vec<Frame> {
    let base = hertz(note) / f64::from(RATE);
    let (body, click, tone) = (decay(1.3), decay(0.07), decay(0.5));
    let damped = 0.3;
    let length = (seconds + damped).min(5.0);
    let (mut level, mut strike, mut colour) = (0.34 * loud, 0.05 * loud, 0.05 + 0.22 * loud);
    (0..frames(length))
        .map(|index| {
            let (time, at) = (index as f64, index as f64 / f64::from(RATE));
            let tine = strike * sine(base * 14.0 * time);
            let value = level * sine(base * time + colour * sine(base * time) + tine);
            level *= body;
            strike *= click;
            colour = 0.03 + (colour - 0.03) * tone;
            let value = value * ease(at / 0.003) * ease((length - at) / damped);
            let sway = 0.12 * sine(1.1 * at);
            [value * (1.0 - sway), value * (1.0 + sway)]
        })
        .collect()
}

fn brush(note: f64, seconds: f64, loud: f64) -> Vec<Frame> {
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15 ^ (note as u64));
    let keep = decay(0.045 * note / 60.0);
    let (mut level, mut low, mut lower) = (0.16 * loud, 0.0, 0.0);
    (0..frames(seconds.min(0.35)))
        .map(|index| {
            let at = index as f64 / f64::from(RATE);
            // What lies between 2 and 7 kHz of the noise.
            low += 0.6 * (noise.next() - low);
            lower += 0.25 * (low - lower);
            level *= keep;
            let value = level * (low - lower) * ease(at / 0.008) * ease((seconds.min(0.35) - at) / 0.05);
            [value; 2]
        })
        .collect()
}

fn drum(loud: f64) -> Vec<Frame> {
    let keep = decay(0.12);
    let fall = decay(0.03);
    let (mut level, mut above, mut phase) = (0.8 * loud, 90.0, 0.0);
    let length = 0.6;
    (0..frames(length))
        .map(|index| {
            let at = index as f64 / f64::from(RATE);
            phase += (46.0 + above) / f64::from(RATE);
            above *= fall;
            level *= keep;
            [level * sine(phase) * ease(at / 0.002) * ease((length - at) / 0.1); 2]
        })
        .collect()
}

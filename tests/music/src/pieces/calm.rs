//! The slow ones.

use crate::score::Score;
use crate::voice::Voice::{Bass, Bell, Keys, Pad, Pluck, Zither};

/// Where the second movement begins: six bars of four beats at 72 a minute.
pub const MOVEMENT_SECONDS: usize = 20;

/// Chords that come out of each other, and a bell now and then.
pub fn fog() -> Score {
    let mut score = Score::new(60.0, 3.2, 24.0);
    let chords: [(&[i32], f64); 4] = [
        (&[38, 50, 57, 61, 66], 4.6),
        (&[35, 47, 54, 57, 64], 4.6),
        (&[43, 50, 57, 59, 66], 4.6),
        (&[38, 50, 57, 62, 64], 5.2),
    ];
    let mut at = 0.0;
    for (pitches, length) in chords {
        score.chord(Pad, at, length + 0.6, pitches, 0.7);
        at += length;
    }
    let bells = [
        (2.4, 78, 0.34),
        (3.6, 81, 0.42),
        (6.4, 76, 0.36),
        (7.6, 74, 0.3),
        (10.6, 78, 0.36),
        (11.2, 83, 0.44),
        (12.8, 81, 0.32),
        (15.2, 76, 0.34),
        (16.4, 78, 0.3),
        (17.6, 74, 0.36),
    ];
    for (place, (at, pitch, loud)) in bells.into_iter().enumerate() {
        let pan = if place % 2 == 0 { -0.4 } else { 0.4 };
        score.place(Bell, at, 3.0, pitch, loud, pan);
    }
    score
}

/// Two movements over the same chords, joined in the middle of a breath.
pub fn two_lights() -> Score {
    let mut score = Score::new(72.0, 2.8, 45.0);
    // Root, then the chord from below.
    let chords: [(i32, [i32; 4]); 12] = [
        (40, [59, 62, 66, 67]),
        (36, [59, 60, 64, 67]),
        (43, [57, 59, 62, 66]),
        (38, [57, 62, 64, 66]),
        (45, [55, 59, 60, 64]),
        (47, [57, 61, 64, 66]),
        (40, [59, 62, 66, 67]),
        (36, [59, 60, 64, 67]),
        (43, [57, 59, 62, 66]),
        (38, [57, 62, 64, 66]),
        (36, [59, 62, 64, 67]),
        (43, [57, 59, 62, 67]),
    ];
    let last = chords.len() - 1;
    for (bar, (root, chord)) in chords.into_iter().enumerate() {
        let at = 4.0 * bar as f64;
        let second = bar >= 6;
        let ends = bar == last;
        score.chord(Pad, at, if ends { 5.0 } else { 4.3 }, &chord, if second { 0.42 } else { 0.3 });
        score.note(Pad, at, 4.3, root, 0.5);
        if ends {
            score.note(Bass, at, 4.0, root, 0.5);
            score.chord(Keys, at, 5.0, &[55, 62, 66, 71], 0.42);
            continue;
        }
        // Dusk: broken chords, slower first. Night: they move on while a bass walks under them.
        let [a, b, c, d] = chord;
        if second {
            for (step, pitch) in [a, c, d, b + 12, d, c, a + 12, c].into_iter().enumerate() {
                let accent = if step % 4 == 0 { 0.42 } else { 0.3 };
                score.echoed(Pluck, at + step as f64 / 2.0, 0.5, pitch, accent, 0.75);
            }
            for (beat, loud) in [(0.0, 0.6), (1.5, 0.42), (2.0, 0.48), (3.5, 0.36)] {
                score.note(Bass, at + beat, 0.9, root, loud);
            }
        } else {
            let pattern: &[(f64, i32)] = if bar < 2 {
                &[(0.0, a), (1.0, c), (2.0, d), (3.0, b)]
            } else {
                &[(0.0, a), (0.5, c), (1.0, d), (2.0, b + 12), (2.5, d), (3.0, c)]
            };
            for (beat, pitch) in pattern {
                score.place(Keys, at + beat, 1.6, *pitch, 0.4, if beat % 2.0 < 1.0 { -0.25 } else { 0.25 });
            }
            score.note(Keys, at, 3.6, root + 12, 0.34);
        }
    }
    // One tune for both, an octave higher by night, and begun again on the first beat of the second movement.
    let dusk = [(8.0, 74, 2.0), (10.5, 78, 1.0), (12.0, 76, 2.5), (16.0, 72, 1.5), (18.0, 76, 1.5), (20.0, 73, 1.0)];
    let eve = [(21.0, 74, 1.0), (22.0, 76, 1.0), (23.0, 78, 1.0)];
    let night = [(24.0, 79, 2.5), (27.0, 78, 1.0), (28.0, 76, 2.5), (32.0, 74, 1.5), (33.5, 78, 1.0), (34.5, 81, 1.5)];
    let close = [(36.0, 78, 2.0), (39.0, 76, 1.0), (40.0, 79, 2.0), (42.5, 83, 1.5), (44.0, 86, 4.0)];
    for (at, pitch, length) in dusk.into_iter().chain(eve).chain(night).chain(close) {
        score.place(Bell, at, length + 1.0, pitch, if at < 24.0 { 0.34 } else { 0.4 }, 0.15);
    }
    score
}

/// A zither alone with the water: five notes, and the ones that they touch on their way.
pub fn lake() -> Score {
    let mut score = Score::new(66.0, 3.4, 29.0);
    for (at, root, fifth) in [(0.0, 38, 57), (7.0, 35, 54), (13.0, 43, 57), (19.0, 38, 57)] {
        score.note(Pad, at, 6.8, root, 0.45);
        score.chord(Pad, at + 0.4, 6.4, &[root + 12, fifth, 62], 0.3);
        score.note(Zither, at, 5.0, root, 0.55);
    }
    // A sweep over the strings, upwards to begin with, and downwards at the end.
    for (step, pitch) in [50, 52, 54, 57, 59, 62, 64, 66, 69].into_iter().enumerate() {
        let share = step as f64 / 8.0;
        score.place(Zither, 0.1 + 0.75 * share, 2.0, pitch, 0.2 + 0.22 * share, share - 0.5);
    }
    let tune: [(f64, i32, f64); 27] = [
        (1.5, 74, 0.6),
        (3.0, 71, 0.44),
        (3.5, 69, 0.46),
        (4.0, 66, 0.54),
        (5.5, 69, 0.44),
        (6.0, 71, 0.5),
        (7.0, 74, 0.58),
        (8.0, 76, 0.5),
        (8.5, 74, 0.44),
        (9.0, 71, 0.54),
        (10.5, 69, 0.42),
        (11.0, 66, 0.46),
        (11.5, 64, 0.4),
        (12.0, 66, 0.52),
        (13.0, 69, 0.56),
        (14.5, 71, 0.46),
        (15.0, 74, 0.54),
        (15.5, 78, 0.5),
        (16.0, 76, 0.58),
        (17.0, 74, 0.44),
        (17.5, 71, 0.44),
        (18.0, 69, 0.5),
        (19.0, 66, 0.48),
        (20.0, 64, 0.44),
        (20.5, 66, 0.42),
        (21.0, 62, 0.56),
        (24.0, 74, 0.4),
    ];
    for (place, (at, pitch, loud)) in tune.into_iter().enumerate() {
        // A grace note from the string below, as a finger slides into every fourth one.
        if place % 4 == 0 {
            score.place(Zither, at - 0.11, 0.1, pitch - 2, loud * 0.5, 0.05);
        }
        score.place(Zither, at, 2.4, pitch, loud, 0.1);
        // The octave below answers softly.
        if place % 3 == 0 {
            score.place(Zither, at + 0.02, 2.0, pitch - 12, loud * 0.55, -0.3);
        }
    }
    for (step, pitch) in [86, 83, 81, 78, 76, 74, 71, 69, 66, 62].into_iter().enumerate() {
        let share = step as f64 / 9.0;
        score.place(Zither, 22.3 + 0.9 * share, 2.4, pitch, 0.32 - 0.14 * share, 0.5 - share);
    }
    score
}

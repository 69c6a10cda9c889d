//! The ones with a pulse.

use crate::score::Score;
use crate::voice::Voice::{Bass, Bell, Brush, Drum, Keys, Pad, Pluck};

/// Sixteenths that run over six strings, with echoes.
pub fn rain() -> Score {
    let mut score = Score::new(100.0, 2.2, 28.5);
    let a_minor = (45, [57, 60, 64, 67, 71, 76]);
    let f_major = (41, [57, 60, 64, 65, 69, 76]);
    let c_major = (36, [55, 60, 62, 64, 67, 74]);
    let g_major = (43, [55, 59, 62, 66, 69, 74]);
    let bars = [a_minor, f_major, c_major, g_major, a_minor, f_major, c_major, g_major, f_major, g_major];
    const ORDER: [usize; 16] = [0, 2, 4, 3, 5, 2, 4, 1, 0, 3, 5, 4, 2, 4, 3, 1];
    for (bar, (root, strings)) in bars.into_iter().enumerate() {
        let at = 4.0 * bar as f64;
        score.chord(Pad, at, 4.2, strings.get(..4).unwrap_or_default(), 0.24);
        for (step, string) in ORDER.into_iter().enumerate() {
            // The first bar lets the drops fall one by one.
            if bar == 0 && step % 2 == 1 && step < 12 {
                continue;
            }
            let accent = [0.44, 0.26, 0.32, 0.28].get(step % 4).copied().unwrap_or_default();
            let swell = 0.85 + 0.15 * (bar as f64 / 9.0);
            let pitch = strings.get(string).copied().unwrap_or(root);
            score.echoed(Pluck, at + step as f64 / 4.0, 0.3, pitch, accent * swell, 0.75);
        }
        if bar >= 2 {
            for (beat, loud) in [(0.0, 0.62), (1.5, 0.44), (2.5, 0.5), (3.5, 0.38)] {
                score.note(Bass, at + beat, 0.8, root, loud);
            }
        } else {
            score.note(Bass, at, 3.6, root, 0.5);
        }
        if bar >= 4 {
            for beat in [0.0, 2.0] {
                score.note(Drum, at + beat, 0.5, 36, 0.42);
            }
            for (beat, loud) in [(0.5, 0.3), (1.0, 0.5), (1.5, 0.3), (2.5, 0.3), (3.0, 0.5), (3.5, 0.34), (3.75, 0.2)] {
                score.place(Brush, at + beat, 0.25, 40, loud, 0.3);
            }
        }
    }
    let high = [(16.0, 76, 1.5), (17.5, 79, 1.0), (19.0, 83, 1.0), (20.0, 81, 3.0), (24.0, 79, 1.5), (25.5, 76, 1.0)];
    let higher = [(27.0, 74, 1.0), (28.0, 78, 3.0), (32.0, 81, 2.0), (34.5, 84, 1.5), (36.0, 83, 2.0), (38.5, 78, 1.0)];
    for (at, pitch, length) in high.into_iter().chain(higher) {
        score.place(Bell, at, length + 0.8, pitch, 0.36, 0.2);
    }
    score.chord(Pad, 40.0, 3.6, &[45, 57, 60, 64, 71], 0.34);
    score.chord(Keys, 40.0, 4.0, &[45, 57, 64, 71, 76], 0.36);
    score
}

/// Swing: the second half of a beat comes late.
fn swing(beat: f64) -> f64 {
    let whole = beat.floor();
    let part = beat - whole;
    if (part - 0.5).abs() < 1e-9 { whole + 0.64 } else { beat }
}

/// A walking bass, an electric piano beside the beat, bells above it.
pub fn drive() -> Score {
    let mut score = Score::new(116.0, 1.7, 28.0);
    let walk: [[i32; 4]; 12] = [
        [43, 45, 46, 47],
        [48, 46, 45, 43],
        [41, 43, 45, 48],
        [50, 48, 45, 42],
        [43, 46, 50, 47],
        [48, 46, 44, 42],
        [41, 45, 48, 50],
        [50, 48, 47, 45],
        [46, 50, 53, 48],
        [45, 48, 50, 42],
        [43, 46, 48, 40],
        [41, 41, 41, 41],
    ];
    let g_minor: [i32; 4] = [53, 58, 62, 69];
    let c_seven: [i32; 4] = [52, 58, 62, 69];
    let f_major: [i32; 4] = [52, 57, 60, 67];
    let d_seven: [i32; 4] = [54, 60, 63, 69];
    let b_flat: [i32; 4] = [53, 57, 60, 62];
    let a_minor: [i32; 4] = [52, 55, 60, 67];
    // The chords of both halves of each bar.
    let changes = [
        (g_minor, g_minor),
        (c_seven, c_seven),
        (f_major, f_major),
        (d_seven, d_seven),
        (g_minor, g_minor),
        (c_seven, c_seven),
        (f_major, f_major),
        (d_seven, d_seven),
        (b_flat, b_flat),
        (a_minor, d_seven),
        (g_minor, c_seven),
        (f_major, f_major),
    ];
    for (bar, (line, (first, second))) in walk.into_iter().zip(changes).enumerate() {
        let at = 4.0 * bar as f64;
        if bar == 11 {
            score.note(Bass, at, 3.8, 41, 0.62);
            score.chord(Keys, at, 5.0, &[57, 62, 67, 72], 0.4);
            score.place(Brush, at, 0.35, 60, 0.6, 0.2);
            continue;
        }
        for (beat, pitch) in line.into_iter().enumerate() {
            let loud = if beat % 2 == 0 { 0.66 } else { 0.58 };
            score.note(Bass, at + beat as f64, 0.92, pitch, loud);
        }
        // Two patterns by turns.
        let (one, two) = if bar % 2 == 0 { (0.0, 2.5) } else { (1.5, 3.0) };
        score.chord(Keys, at + swing(one), if bar % 2 == 0 { 1.2 } else { 0.6 }, &first, 0.34);
        score.chord(Keys, at + swing(two), 0.7, &second, 0.38);
        for (beat, loud, long) in
            [(0.0, 0.36, 50), (1.0, 0.6, 64), (1.5, 0.3, 40), (2.0, 0.36, 50), (3.0, 0.6, 64), (3.5, 0.32, 40)]
        {
            score.place(Brush, at + swing(beat), 0.35, long, loud, 0.25);
        }
        score.note(Drum, at, 0.5, 36, 0.26);
    }
    let tune: [(f64, i32, f64); 40] = [
        (1.0, 74, 0.5),
        (1.5, 77, 0.5),
        (2.0, 81, 2.0),
        (5.0, 79, 1.0),
        (6.0, 76, 1.0),
        (7.0, 74, 0.5),
        (7.5, 76, 0.5),
        (8.0, 72, 1.5),
        (9.5, 76, 0.5),
        (10.0, 79, 2.0),
        (13.0, 78, 0.5),
        (13.5, 75, 0.5),
        (14.0, 74, 1.0),
        (15.0, 72, 1.0),
        (16.0, 70, 0.5),
        (16.5, 74, 0.5),
        (17.0, 77, 1.0),
        (18.0, 81, 1.0),
        (19.0, 82, 1.0),
        (20.0, 81, 1.0),
        (21.0, 79, 1.5),
        (22.5, 76, 0.5),
        (23.0, 72, 1.0),
        (24.5, 74, 0.5),
        (25.0, 72, 1.0),
        (26.0, 69, 2.0),
        (29.0, 69, 0.5),
        (29.5, 72, 0.5),
        (30.0, 75, 1.0),
        (31.0, 78, 1.0),
        (32.0, 77, 1.5),
        (33.5, 74, 0.5),
        (34.0, 77, 1.0),
        (35.0, 81, 1.0),
        (36.0, 79, 1.0),
        (37.0, 76, 1.0),
        (38.0, 78, 1.0),
        (39.5, 74, 0.5),
        (40.0, 77, 1.5),
        (41.5, 74, 0.5),
    ];
    for (at, pitch, length) in
        tune.into_iter().chain([(42.0, 76, 1.0), (43.0, 79, 1.0), (44.0, 81, 3.0), (46.0, 84, 3.0)])
    {
        score.place(Bell, swing(at), length + 0.5, pitch, 0.44, -0.15);
    }
    score
}

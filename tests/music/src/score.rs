//! Notes in time, and how they become sound.

use crate::number::{cosine, sine};
use crate::reverb::room;
use crate::voice::Voice;
use crate::{Frame, RATE};

/// A note as it is written; times are beats.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    pub voice: Voice,
    pub at: f64,
    pub length: f64,
    /// A MIDI note: 60 is the middle C.
    pub pitch: f64,
    /// 0 to 1.
    pub loud: f64,
    /// -1 is left, 1 right.
    pub pan: f64,
}

pub struct Score {
    /// Beats in a minute.
    tempo: f64,
    /// Seconds until the room is silent.
    room: f64,
    /// Seconds of the whole.
    seconds: f64,
    notes: Vec<Note>,
}

impl Score {
    pub fn new(tempo: f64, room: f64, seconds: f64) -> Self {
        Self { tempo, room, seconds, notes: Vec::new() }
    }

    pub fn note(&mut self, voice: Voice, at: f64, length: f64, pitch: i32, loud: f64) {
        self.place(voice, at, length, pitch, loud, 0.0);
    }

    pub fn place(&mut self, voice: Voice, at: f64, length: f64, pitch: i32, loud: f64, pan: f64) {
        self.notes.push(Note { voice, at, length, pitch: f64::from(pitch), loud, pan });
    }

    /// Notes at once, spread from left to right.
    pub fn chord(&mut self, voice: Voice, at: f64, length: f64, pitches: &[i32], loud: f64) {
        let last = pitches.len().saturating_sub(1).max(1) as f64;
        for (index, pitch) in pitches.iter().enumerate() {
            let pan = index as f64 / last - 0.5;
            self.place(voice, at, length, *pitch, loud, pan);
        }
    }

    /// A note and its echoes, which go from side to side.
    pub fn echoed(&mut self, voice: Voice, at: f64, length: f64, pitch: i32, loud: f64, delay: f64) {
        for (turn, share) in [1.0, 0.34, 0.17, 0.08].into_iter().enumerate() {
            let side = if turn % 2 == 0 { -0.45 } else { 0.5 };
            let pan = if turn == 0 { -0.1 } else { side };
            self.place(voice, at + delay * turn as f64, length, pitch, loud * share, pan);
        }
    }

    pub fn play(&self) -> Vec<Frame> {
        let frames = (self.seconds * f64::from(RATE)) as usize;
        let (mut mix, mut sent) = (vec![[0.0; 2]; frames], vec![[0.0; 2]; frames]);
        let beat = 60.0 / self.tempo;
        for note in &self.notes {
            let sound = note.voice.sound(note.pitch, note.length * beat, note.loud);
            let start = (note.at * beat * f64::from(RATE)).round() as usize;
            let send = note.voice.send();
            // Constant power from side to side.
            let gains = [cosine((note.pan + 1.0) / 8.0), sine((note.pan + 1.0) / 8.0)];
            let places = mix.iter_mut().zip(&mut sent).skip(start);
            for (frame, (dry, wet)) in sound.into_iter().zip(places) {
                let heard = [gains[0] * frame[0], gains[1] * frame[1]];
                *dry = [dry[0] + heard[0], dry[1] + heard[1]];
                *wet = [wet[0] + send * heard[0], wet[1] + send * heard[1]];
            }
        }
        for (dry, wet) in mix.iter_mut().zip(room(&sent, self.room)) {
            *dry = [dry[0] + wet[0], dry[1] + wet[1]];
        }
        mix
    }
}

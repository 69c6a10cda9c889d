//! The keys and the knob of the steering wheel, as `car.toml` has them.

use tandem_signals::{InputKind, Profile};

use crate::folder::Bus;
use crate::model::STEP_NS;

/// No finger is faster: the slowest message that tells of keys says it once.
const SHORTEST_NS: u64 = 60_000_000;

#[derive(Clone, Debug, Default)]
pub struct Wheel {
    inputs: Vec<Input>,
}

#[derive(Clone, Debug)]
struct Input {
    name: &'static str,
    bus: usize,
    message: String,
    signal: String,
    moved: Moved,
}

#[derive(Clone, Debug)]
enum Moved {
    Key {
        /// What the signal says, in its unit.
        pressed: f64,
        /// For so long yet.
        left_ns: u64,
    },
    Knob {
        count: i64,
        /// The count wraps here.
        size: i64,
        /// Steps that it has yet to turn.
        owed: i64,
    },
}

impl Wheel {
    /// The inputs whose signals the DBC files have; the service says which it lacks.
    pub fn new(buses: &[Bus], profile: &Profile) -> Self {
        let bind = |input: &tandem_signals::InputProfile| {
            let message = buses.get(input.bus)?.database.message(&input.message)?;
            let (_, signal) = message.signal(&input.signal)?;
            let moved = match &input.kind {
                InputKind::Key { pressed, .. } => {
                    Moved::Key { pressed: *pressed as f64 * signal.factor + signal.offset, left_ns: 0 }
                }
                InputKind::Knob { .. } => Moved::Knob { count: 0, size: 1 << signal.size.min(32), owed: 0 },
            };
            let (message, signal) = (input.message.clone(), input.signal.clone());
            Some(Input { name: input.kind.name(), bus: input.bus, message, signal, moved })
        };
        Self { inputs: profile.inputs.iter().filter_map(bind).collect() }
    }

    /// The number of the input that a signal tells of.
    pub fn input(&self, bus: usize, message: &str, signal: &str) -> Option<usize> {
        self.inputs.iter().position(|input| input.bus == bus && input.message == message && input.signal == signal)
    }

    /// What its signal says, by its number.
    pub fn says(&self, at: usize) -> Option<f64> {
        Some(match self.inputs.get(at)?.moved {
            Moved::Key { pressed, left_ns } if left_ns > 0 => pressed,
            Moved::Key { pressed, .. } => f64::from(u8::from(pressed == 0.0)),
            Moved::Knob { count, .. } => count as f64,
        })
    }

    /// The keys, or the knobs.
    pub fn names(&self, knobs: bool) -> impl Iterator<Item = &'static str> {
        let kind = move |input: &&Input| matches!(input.moved, Moved::Knob { .. }) == knobs;
        self.inputs.iter().filter(kind).map(|input| input.name)
    }

    /// A finger stays on a key for so long; false if there is no such key.
    pub fn press(&mut self, key: &str, nanoseconds: u64) -> bool {
        self.find(key).is_some_and(|moved| match moved {
            Moved::Key { left_ns, .. } => {
                *left_ns = nanoseconds.max(SHORTEST_NS);
                true
            }
            Moved::Knob { .. } => false,
        })
    }

    /// A hand turns a knob, clockwise is positive; false if there is no such knob.
    pub fn turn(&mut self, knob: &str, steps: i32) -> bool {
        self.find(knob).is_some_and(|moved| match moved {
            Moved::Knob { owed, .. } => {
                *owed += i64::from(steps);
                true
            }
            Moved::Key { .. } => false,
        })
    }

    fn find(&mut self, name: &str) -> Option<&mut Moved> {
        self.inputs.iter_mut().find(|input| input.name == name).map(|input| &mut input.moved)
    }

    /// One step of the car: a knob turns no faster than a step in this time, so that its count never laps itself between two frames.
    pub fn step(&mut self) {
        for input in &mut self.inputs {
            match &mut input.moved {
                Moved::Key { left_ns, .. } => *left_ns = left_ns.saturating_sub(STEP_NS),
                Moved::Knob { count, size, owed } => {
                    *count = (*count + owed.signum()).rem_euclid(*size);
                    *owed -= owed.signum();
                }
            }
        }
    }
}

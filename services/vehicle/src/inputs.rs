//! Keys and knobs of the car: what their frames say, as numbered events. No frame is passed over between ticks.

use std::collections::VecDeque;

use tandem_contracts::input::{Action, InputEvent, KEPT};
use tandem_frame::{CanId, Frame};
use tandem_signals::InputKind;
use tandem_store::{Car, Probe, Store};
use tandem_units::Nanoseconds;

/// As for readings: silence of so many cycles, but no less than this.
const STALE_CYCLES: u64 = 5;
const STALE_FLOOR: Nanoseconds = Nanoseconds::from_millis(200);

/// All keys and knobs of a car.
#[derive(Default)]
pub struct Inputs {
    inputs: Vec<Input>,
    /// The newest, for who missed them.
    kept: VecDeque<InputEvent>,
    /// Not handed out yet.
    news: Vec<InputEvent>,
    /// Of the last event.
    number: u64,
}

struct Input {
    bus: usize,
    id: CanId,
    probe: Probe,
    /// None if the message is not cyclic: then its silence says nothing.
    stale_after: Option<Nanoseconds>,
    /// When its message was heard last; none if not, or not since it fell silent.
    heard: Option<Nanoseconds>,
    state: State,
}

enum State {
    Key { code: &'static str, pressed: i64, long_press: Nanoseconds, down: Option<Down> },
    Knob { axis: &'static str, size: i128, count: Option<i64> },
}

struct Down {
    since: Nanoseconds,
    told_long: bool,
}

impl Inputs {
    /// Those of a car, whose signals are watched from now on.
    pub fn new(car: &mut Car) -> Self {
        let profiles = car.profile.inputs.clone();
        let inputs = profiles.into_iter().filter_map(|profile| {
            let message = car.buses.get(profile.bus)?.database.message(&profile.message)?;
            let (id, cycle) = (message.id, message.cycle_ms);
            let size = message.signal(&profile.signal)?.1.size;
            let probe = car.watch(profile.bus, &profile.message, &profile.signal)?;
            let silence = |ms| Nanoseconds(Nanoseconds::from_millis(u64::from(ms)).0.saturating_mul(STALE_CYCLES));
            let stale_after = cycle.map(|ms| STALE_FLOOR.max(silence(ms)));
            let state = match profile.kind {
                InputKind::Key { code, pressed, long_press } => State::Key { code, pressed, long_press, down: None },
                InputKind::Knob { axis } => State::Knob { axis, size: 1 << size.min(64), count: None },
            };
            Some(Input { bus: profile.bus, id, probe, stale_after, heard: None, state })
        });
        Self { inputs: inputs.collect(), ..Self::default() }
    }

    /// Whether the car has any.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Takes in what the store made of a frame that it heard just now. One that it did not take, by its checksum say, changes nothing.
    pub fn hear(&mut self, frame: &Frame, store: &Store) {
        let now = Nanoseconds(frame.t_ns);
        let of_frame = |input: &&mut Input| input.bus == usize::from(frame.bus.0) && input.id == frame.id;
        let mut told = Vec::new();
        for input in self.inputs.iter_mut().filter(of_frame) {
            let Some((heard, raw)) = store.probe(input.probe).filter(|(heard, _)| *heard == now) else { continue };
            input.pass(now, &mut told);
            input.heard = Some(heard);
            match &mut input.state {
                State::Key { code, pressed, down, .. } => match (raw == *pressed, &down) {
                    (true, None) => {
                        *down = Some(Down { since: now, told_long: false });
                        told.push((now, *code, Action::Press, 0));
                    }
                    (false, Some(_)) => {
                        *down = None;
                        told.push((now, *code, Action::Release, 0));
                    }
                    _ => {}
                },
                State::Knob { axis, size, count } => {
                    let steps = count.map_or(0, |before| shorter_way(before, raw, *size));
                    *count = Some(raw);
                    if steps != 0 {
                        told.push((now, *axis, Action::Turn, steps));
                    }
                }
            }
        }
        self.tell(told);
    }

    /// Time has come to `now`: what is pressed for long is told so, and what fell silent is let go.
    pub fn tick(&mut self, now: Nanoseconds) {
        let mut told = Vec::new();
        self.inputs.iter_mut().for_each(|input| input.pass(now, &mut told));
        self.tell(told);
    }

    /// The car is gone, or its clock is another one: nothing is pressed any more, and no count goes on.
    pub fn lose_car(&mut self, now: Nanoseconds) {
        let mut told = Vec::new();
        self.inputs.iter_mut().for_each(|input| input.lose(now, &mut told));
        self.tell(told);
    }

    /// What has happened since this was asked last.
    pub fn news(&mut self) -> Vec<InputEvent> {
        std::mem::take(&mut self.news)
    }

    /// The number of the oldest event that is kept, and those behind a number.
    pub fn since(&self, number: u64) -> (u64, Vec<InputEvent>) {
        let oldest = self.kept.front().map_or(self.number + 1, |event| event.number);
        (oldest, self.kept.iter().filter(|event| event.number > number).cloned().collect())
    }

    fn tell(&mut self, told: Vec<(Nanoseconds, &'static str, Action, i32)>) {
        for (at, key, action, steps) in told {
            self.number += 1;
            let (key, action) = (key.to_owned(), action.word().to_owned());
            let event = InputEvent { number: self.number, t_ns: at.0, key, action, steps };
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(event.clone());
            self.news.push(event);
        }
    }
}

impl Input {
    fn pass(&mut self, now: Nanoseconds, told: &mut Vec<(Nanoseconds, &'static str, Action, i32)>) {
        let is_silent = |limit| self.heard.is_some_and(|heard| now.since(heard) > limit);
        if self.stale_after.is_some_and(is_silent) {
            return self.lose(now, told);
        }
        if let State::Key { code, long_press, down: Some(down), .. } = &mut self.state
            && !down.told_long
            && now.since(down.since) >= *long_press
        {
            down.told_long = true;
            told.push((now, *code, Action::LongPress, 0));
        }
    }

    fn lose(&mut self, now: Nanoseconds, told: &mut Vec<(Nanoseconds, &'static str, Action, i32)>) {
        self.heard = None;
        match &mut self.state {
            State::Key { code, down, .. } => {
                if down.take().is_some() {
                    told.push((now, *code, Action::Release, 0));
                }
            }
            State::Knob { count, .. } => *count = None,
        }
    }
}

/// From one count to another; half the way round counts as clockwise.
fn shorter_way(before: i64, after: i64, size: i128) -> i32 {
    let forward = (i128::from(after) - i128::from(before)).rem_euclid(size);
    let steps = if forward > size / 2 { forward - size } else { forward };
    i32::try_from(steps).unwrap_or(if steps > 0 { i32::MAX } else { i32::MIN })
}

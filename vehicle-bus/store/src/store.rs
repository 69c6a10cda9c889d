use tandem_dbc::{DecodeError, Raw};
use tandem_frame::Frame;
use tandem_signals::{SignalProfile, Value};
use tandem_units::{Nanoseconds, Quality};

use crate::car::{Binding, Car, MessagePlan, Probe};
use crate::integrity::Counters;
use crate::statistics::{BusCounts, Fault, Statistics};

/// What is known of a leaf at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub quality: Quality,
    /// When what it says was heard last; zero if never, or before this clock began.
    pub heard: Nanoseconds,
    /// There if the quality has one.
    pub value: Option<Value>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    heard: Nanoseconds,
    state: State,
}

/// What a leaf that is told at intervals has beside its slot, which holds what may be told.
#[derive(Clone, Debug, Default)]
struct Paced {
    /// When its message was last heard: what is held back does not make it stale.
    alive: Nanoseconds,
    /// When the slot changed last.
    changed: Nanoseconds,
    /// From when on `waiting` may be told.
    due: Nanoseconds,
    /// The latest, heard too soon after the one that was told.
    waiting: Option<Slot>,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum State {
    /// Nothing heard yet, or the car says that it does not measure this.
    #[default]
    Absent,
    Value(Value),
    /// The last one of another time, see [`Store::recall`].
    Recalled(Value),
    Invalid,
}

/// The latest value of every leaf of one car.
pub struct Store {
    car: Car,
    slots: Vec<Slot>,
    paced: Vec<Paced>,
    probes: Vec<Option<(Nanoseconds, i64)>>,
    counters: Counters,
    statistics: Statistics,
    /// Kept between frames so that hearing one allocates nothing.
    raws: Raws,
    immediate: Vec<usize>,
}

impl Store {
    pub fn new(car: Car) -> Self {
        let statistics = Statistics { buses: vec![BusCounts::default(); car.buses.len()], ..Statistics::default() };
        Self {
            slots: vec![Slot::default(); car.leaves.len()],
            paced: vec![Paced::default(); car.paced],
            probes: vec![None; car.probes],
            counters: Counters::new(&car),
            car,
            statistics,
            raws: Raws::default(),
            immediate: Vec::new(),
        }
    }

    pub fn car(&self) -> &Car {
        &self.car
    }

    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Counts a frame that was sent.
    pub fn sent(&mut self, frame: &Frame) {
        self.statistics.sent(frame);
    }

    /// Counts the time that a frame of ours took of its bus: it went out.
    pub fn echo(&mut self, frame: &Frame) {
        self.statistics.carry(frame);
    }

    /// Takes in a frame. Returns what is wrong with it, and how often that was seen on its id.
    pub fn hear(&mut self, frame: &Frame) -> Option<(Fault, u64)> {
        self.immediate.clear();
        let bus = self.car.buses.get(usize::from(frame.bus.0))?;
        let message = (!frame.flags.error && !frame.flags.remote).then(|| bus.codec.index(frame.id)).flatten();
        self.statistics.hear(frame, message.is_some());
        let message = message?;
        let plan = bus.plans.get(message)?;
        let heard = Nanoseconds(frame.t_ns);
        let mut fault = None;
        if let Some(integrity) = plan.integrity
            && let Some(found) = self.counters.check(bus, usize::from(frame.bus.0), message, integrity, frame)
        {
            let count = self.statistics.blame(frame, found.fault);
            if !found.usable {
                return Some((found.fault, count));
            }
            fault = Some((found.fault, count));
        }
        let raws = &mut self.raws;
        raws.0.clear();
        if let Err(DecodeError::TooShort { .. }) =
            bus.codec.decode_only(message, &plan.wanted, frame.data(), |sample| {
                raws.push(sample.signal, sample.raw, sample.physical)
            })
        {
            return Some((Fault::Short, self.statistics.blame(frame, Fault::Short)));
        }
        for (signal, probe) in &plan.probes {
            if let (Some((raw, _)), Some(slot)) = (raws.get(*signal), self.probes.get_mut(probe.0)) {
                *slot = raw_number(raw).map(|number| (heard, number));
            }
        }
        let spoken_of = |binding: &&Binding| binding.immediate && raws.get(binding.signal).is_some();
        self.immediate.extend(plan.bindings.iter().filter(spoken_of).map(|binding| binding.slot));
        if take(plan, &self.car, raws, heard, &mut self.slots, &mut self.paced) {
            fault = Some((Fault::Range, self.statistics.blame(frame, Fault::Range)));
        }
        fault
    }

    /// The slots marked immediate that the frame heard last spoke of.
    pub fn immediate(&self) -> &[usize] {
        &self.immediate
    }

    /// The reading of a slot at a moment.
    pub fn reading(&self, slot: usize, now: Nanoseconds) -> Reading {
        let (Some(found), Some(plan)) = (self.slots.get(slot), self.car.leaves.get(slot)) else {
            return Reading::default();
        };
        let paced = plan.pace.and_then(|at| self.paced.get(at));
        let alive = paced.map_or(found.heard, |paced| paced.alive);
        let due = paced.filter(|paced| now >= paced.due).and_then(|paced| paced.waiting.as_ref());
        let Slot { heard, state } = due.unwrap_or(found);
        let (quality, value) = match state {
            State::Absent => (Quality::Absent, None),
            State::Invalid => (Quality::Invalid, None),
            State::Recalled(value) => (Quality::Stale, Some(value.clone())),
            State::Value(value) if now.since(alive) > plan.stale_after => (Quality::Stale, Some(value.clone())),
            State::Value(value) => (Quality::Valid, Some(value.clone())),
        };
        Reading { quality, heard: *heard, value }
    }

    /// Puts back the last value of an earlier time: stale until the car says it anew.
    pub fn recall(&mut self, slot: usize, value: Value) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot { heard: Nanoseconds::ZERO, state: State::Recalled(value) };
        }
    }

    /// The raw value that a probe saw last, and when.
    pub fn probe(&self, probe: Probe) -> Option<(Nanoseconds, i64)> {
        self.probes.get(probe.0).copied().flatten()
    }

    /// Forgets every reading: the link is gone, and nothing may look alive. Counts stay; the next frame may come by another clock.
    pub fn forget(&mut self) {
        self.slots.fill(Slot::default());
        self.paced.fill(Paced::default());
        self.probes.fill(None);
        self.counters = Counters::new(&self.car);
        self.statistics.begin_clock();
    }
}

/// The decoded signals of one frame; few enough to search by hand.
#[derive(Default)]
struct Raws(Vec<(usize, Raw, f64)>);

impl Raws {
    fn push(&mut self, signal: usize, raw: Raw, physical: f64) {
        self.0.push((signal, raw, physical));
    }

    fn get(&self, signal: usize) -> Option<(Raw, f64)> {
        self.0.iter().find(|(at, ..)| *at == signal).map(|(_, raw, physical)| (*raw, *physical))
    }
}

/// Fills the slots of a message. True if a value had no meaning or was out of range.
fn take(
    plan: &MessagePlan,
    car: &Car,
    raws: &Raws,
    heard: Nanoseconds,
    slots: &mut [Slot],
    paced: &mut [Paced],
) -> bool {
    let mut out_of_range = false;
    for binding in &plan.bindings {
        let (Some(profile), Some(slot)) = (car.profile.signals.get(binding.profile), slots.get_mut(binding.slot))
        else {
            continue;
        };
        // A multiplexed signal that this frame does not carry says nothing about its leaf.
        let Some((raw, physical)) = raws.get(binding.signal) else { continue };
        let new = Slot { heard, state: state(binding, profile, car, raws, raw, physical) };
        out_of_range |= matches!(new.state, State::Invalid);
        match binding.pace.and_then(|(at, interval)| Some((paced.get_mut(at)?, interval))) {
            Some((paced, interval)) => paced.take(new, slot, interval, profile.on_change),
            None => *slot = new,
        }
    }
    out_of_range
}

impl Paced {
    /// Puts what was heard into the slot, or keeps it until the interval is over.
    fn take(&mut self, new: Slot, slot: &mut Slot, interval: Nanoseconds, on_change: bool) {
        let now = new.heard;
        self.alive = now;
        if let Some(waiting) = self.waiting.take_if(|_| now > self.due) {
            *slot = waiting;
            self.changed = self.due;
        }
        let same = slot.state == new.state;
        self.waiting = None;
        self.due = self.changed + interval;
        if on_change && same {
            slot.heard = now;
            return;
        }
        // That there is a value, or none any more, is told at once.
        let of_value = |state: &State| matches!(state, State::Value(_));
        if now >= self.due || !(of_value(&slot.state) && of_value(&new.state)) {
            (*slot, self.changed) = (new, now);
        } else {
            self.waiting = Some(new);
        }
    }
}

fn state(binding: &Binding, profile: &SignalProfile, car: &Car, raws: &Raws, raw: Raw, physical: f64) -> State {
    let number = raw_number(raw);
    if let Some((signal, equals)) = binding.valid_if
        && raws.get(signal).and_then(|(raw, _)| raw_number(raw)) != Some(equals)
    {
        return State::Absent;
    }
    if number.is_some_and(|number| profile.not_available.iter().any(|range| range.contains(&number))) {
        return State::Absent;
    }
    let value = if profile.values.is_empty() {
        car.catalogue.leaf(profile.leaf).value_from_number(binding.computed.of(physical)).ok()
    } else {
        profile.values.iter().find(|(raw, _)| Some(*raw) == number).map(|(_, value)| value.clone())
    };
    value.map_or(State::Invalid, State::Value)
}

pub(crate) fn raw_number(raw: Raw) -> Option<i64> {
    match raw {
        Raw::Signed(number) => Some(number),
        Raw::Unsigned(number) => i64::try_from(number).ok(),
        Raw::Float(_) => None,
    }
}

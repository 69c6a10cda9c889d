//! One actuator: what it may be asked for, who asked last, and what the car says to it.

use tandem_contracts::actuation::{ActuateError, RequestState};
use tandem_dbc::{EncodeError, Raw};
use tandem_signals::{ActuatorProfile, Leaf, LeafId};
use tandem_store::{Bus, Car, Probe, Store};
use tandem_units::{Nanoseconds, Quality, Said, Value, plain};

/// A wish and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Counts from 1, over all actuators.
    pub id: u64,
    pub path: String,
    pub value: Value,
    pub state: RequestState,
    /// Why it was refused or lapsed, one sentence; empty otherwise.
    pub reason: String,
    pub client: String,
}

pub(super) struct Actuator {
    pub leaf: LeafId,
    pub path: String,
    pub profile: ActuatorProfile,
    /// Index among the messages that leave.
    pub message: usize,
    /// Index in the message.
    pub signal: usize,
    slot: usize,
    refusal: Option<(Probe, i64)>,
    pub latest: Option<Wish>,
    pub pending: Option<Pending>,
    pub held: Option<Held>,
}

pub(super) struct Pending {
    pub asked: Nanoseconds,
    /// None while its message may not leave yet.
    pub sent: Option<Nanoseconds>,
    /// Only what the car says later is an answer; none until the frame is on the bus.
    pub left: Option<Nanoseconds>,
    /// The car still repeats its "no" to an earlier wish: only a new one counts.
    old_refusal: bool,
    /// What the car reported when it was asked.
    before: Option<Value>,
}

/// A value that goes out again and again.
pub(super) struct Held {
    pub until: Nanoseconds,
}

impl Actuator {
    /// Binds it to the car, and watches the car's refusal.
    pub fn bind(car: &mut Car, profile: ActuatorProfile, message: usize) -> Option<Self> {
        let path = car.catalogue.leaf(profile.leaf).path.clone();
        let slot = car.slot(&path)?;
        let (signal, _) = car.buses.get(profile.bus)?.database.message(&profile.message)?.signal(&profile.signal)?;
        let refusal = match &profile.refusal {
            Some((message, signal, says_no)) => Some((car.watch(profile.bus, message, signal)?, *says_no)),
            None => None,
        };
        let leaf = profile.leaf;
        Some(Self { leaf, path, profile, message, signal, slot, refusal, latest: None, pending: None, held: None })
    }

    /// The value in the leaf's type, if this car can be asked for it.
    ///
    /// # Errors
    /// [`ActuateError::OutOfRange`].
    pub fn admit(&self, leaf: &Leaf, value: Value) -> Result<Value, ActuateError> {
        let shown: String = value.to_string().chars().take(super::LONGEST_SHOWN).collect();
        let refused = |why: String| ActuateError::OutOfRange(format!("{}: {why}", self.path));
        let number = value.as_f64().filter(|number| !number.is_nan());
        if let (Some(range), Some(number)) = (self.profile.range, number) {
            let steps = (number - range.min) / range.step;
            if !(range.min..=range.max).contains(&number) || (steps - steps.round()).abs() > 1e-6 {
                let (min, max, step) = (range.min, range.max, range.step);
                return Err(refused(format!(
                    "{} {} cannot be asked for: {min} to {max} in steps of {step}",
                    Said(number),
                    leaf.unit
                )));
            }
        }
        let value = leaf.admit(value).map_err(|error| refused(error.to_string()))?;
        if !self.profile.values.is_empty() && self.raw(&value).is_none() {
            let known: Vec<String> = self.profile.values.iter().map(|(_, value)| value.to_string()).collect();
            return Err(refused(format!(
                "{} cannot be asked for: expected one of {}",
                plain(&shown),
                known.join(", ")
            )));
        }
        Ok(value)
    }

    fn raw(&self, value: &Value) -> Option<i64> {
        self.profile.values.iter().find(|(_, known)| known == value).map(|(raw, _)| *raw)
    }

    /// The least that two values differ, if they do.
    fn step(&self) -> f64 {
        self.profile.range.map_or(f64::MIN_POSITIVE, |range| range.step)
    }

    /// Writes what is asked for into its message's payload.
    pub fn write(&self, bus: &Bus, message: usize, payload: &mut [u8]) -> Result<(), EncodeError> {
        let Some(wish) = &self.latest else { return Ok(()) };
        if let Some(raw) = self.raw(&wish.value) {
            return match u64::try_from(raw) {
                Ok(raw) => bus.codec.set_raw(message, payload, self.signal, Raw::Unsigned(raw)),
                Err(_) => bus.codec.set_raw(message, payload, self.signal, Raw::Signed(raw)),
            };
        }
        let value = wish.value.as_f64().unwrap_or(f64::NAN);
        let conversion = self.profile.conversion;
        bus.codec.encode(message, payload, self.signal, (value - conversion.offset) / conversion.scale)
    }

    /// Whether its message's next frame has its value: that was not sent yet, or is kept up.
    pub fn is_said(&self, kept_up: bool) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.sent.is_none()) || (kept_up && self.holder().is_some())
    }

    /// The number of the newest wish.
    pub fn number(&self) -> Option<u64> {
        self.latest.as_ref().map(|wish| wish.id)
    }

    /// Who holds it.
    pub fn holder(&self) -> Option<&str> {
        let wish = self.latest.as_ref()?;
        (self.pending.is_some() || self.held.is_some()).then_some(wish.client.as_str())
    }

    /// A wish that was admitted.
    pub fn begin(&mut self, wish: Wish, store: &Store, now: Nanoseconds) {
        let old_refusal = self.says_no(store).is_some();
        let before = store.reading(self.slot, now).value;
        self.latest = Some(wish);
        self.held = None;
        self.pending = Some(Pending { asked: now, sent: None, left: None, old_refusal, before });
    }

    /// A frame with its value went out.
    pub fn sent(&mut self, now: Nanoseconds) {
        let Some(pending) = self.pending.as_mut().filter(|pending| pending.sent.is_none()) else { return };
        (pending.sent, pending.left) = (Some(now), Some(now));
        if self.held.is_none() {
            self.held = self.profile.hold.map(|hold| Held { until: now + hold });
        }
    }

    /// What the car made of the wish, if that is known now. The outcome is the wish in its new state.
    pub fn look(&mut self, store: &Store, now: Nanoseconds) -> Option<Wish> {
        let pending = self.pending.as_ref()?;
        let wished = self.latest.as_ref().map(|wish| wish.value.clone())?;
        let late = now.since(pending.sent.unwrap_or(pending.asked)) > self.profile.answer_within;
        let Some(left) = pending.left else {
            let why = if pending.sent.is_some() { "It did not get onto the bus." } else { "It could not be sent." };
            return late.then(|| self.settle(RequestState::Lapsed, why))?;
        };
        let echo = store.reading(self.slot, now);
        let heard = echo.value.filter(|_| echo.quality == Quality::Valid && echo.heard > left);
        if heard.as_ref().is_some_and(|value| self.same(value, &wished)) {
            return self.settle(RequestState::Confirmed, "");
        }
        let says_no = self.says_no(store);
        let pending = self.pending.as_mut()?;
        pending.old_refusal &= says_no.is_some();
        if !pending.old_refusal && says_no.is_some_and(|heard| heard > left) {
            return self.settle(RequestState::Refused, "The car said no.");
        }
        if !late {
            return None;
        }
        let other = heard.filter(|value| Some(value) != pending.before.as_ref());
        match other {
            Some(value) => self.settle(RequestState::Lapsed, &format!("The car reports {value} instead.")),
            None => self.settle(RequestState::Lapsed, "The car did not answer."),
        }
    }

    fn same(&self, one: &Value, other: &Value) -> bool {
        match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() < self.step() / 2.0,
            _ => one == other,
        }
    }

    /// When the car last said no, if that is what it says now.
    fn says_no(&self, store: &Store) -> Option<Nanoseconds> {
        let (probe, no) = self.refusal?;
        store.probe(probe).filter(|(_, raw)| *raw == no).map(|(heard, _)| heard)
    }

    /// Ends the wish, if one is on its way. What the car did not confirm is not held either.
    pub fn settle(&mut self, state: RequestState, reason: &str) -> Option<Wish> {
        if state != RequestState::Confirmed {
            self.held = None;
        }
        self.pending.take()?;
        let wish = self.latest.as_mut()?;
        (wish.state, wish.reason) = (state, reason.to_owned());
        Some(wish.clone())
    }
}

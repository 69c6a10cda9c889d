//! From a wish to the car's own echo: who may ask, what goes out and how often, and what became of it.

use std::collections::VecDeque;

use tandem_contracts::actuation::{self as wire, ActuateError, Control, ControlPath, RequestState};
use tandem_dbc::EncodeError;
use tandem_frame::{BusIndex, CanId, Frame, LengthError, MAX_LENGTH};
use tandem_gate::{Gate, Refusal, VehicleState};
use tandem_signals::{TransmitProfile, nearest, worst_word};
use tandem_store::{Car, Store};
use tandem_units::{Driving, Nanoseconds, Value, plain};

pub use self::actuator::Wish;
use self::actuator::{Actuator, Pending};

mod actuator;

/// No more of what a client wrote is written back to it.
const LONGEST_SHOWN: usize = 200;
/// An echo that has not come for so long does not come.
const LONGEST_WAY: Nanoseconds = Nanoseconds::from_millis(10_000);
/// Of so many frames of one message an echo is waited for; of older ones it is no longer.
const MOST_ON_THEIR_WAY: usize = 64;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// On the car's bus.
    Send(Frame),
    /// A wish has a new state.
    Told(Wish),
}

/// How things stand when something is asked, or time passes.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub store: &'a Store,
    pub state: VehicleState,
    pub now: Nanoseconds,
}

/// Everything that may be asked of one car.
pub struct Actuation {
    gate: Gate,
    /// Sorted by path.
    actuators: Vec<Actuator>,
    messages: Vec<Outgoing>,
    last_id: u64,
}

/// A message of the allow-list that something is asked by.
struct Outgoing {
    profile: TransmitProfile,
    bus: BusIndex,
    /// Index in the bus's database.
    message: usize,
    id: CanId,
    /// When it last went out, and whether it asked for something then.
    last: Option<(Nanoseconds, bool)>,
    /// The wishes that the latest frame says, by their numbers.
    said: Vec<u64>,
    /// The frames whose echo has not come, and the wishes that each says, oldest first: the next one may leave us before a full bus has taken the first.
    on_their_way: VecDeque<(Frame, Vec<u64>)>,
}

/// Why a message did not leave.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("the allow-list has no such message")]
    Unlisted,
    #[error(transparent)]
    Gate(#[from] Refusal),
    #[error("the message cannot carry it: {0}")]
    Encode(#[from] EncodeError),
    #[error("the message does not fit a frame: {0}")]
    Length(#[from] LengthError),
}

impl Actuation {
    /// What may be asked of a car, through its gate. Watches the car's refusals.
    pub fn new(car: &mut Car, gate: Gate) -> Self {
        let mut messages: Vec<Outgoing> = Vec::new();
        for profile in &car.profile.transmit {
            let Some(bus) = car.buses.get(profile.bus) else { continue };
            let Some(message) = bus.database.messages.iter().position(|one| one.name == profile.message) else {
                continue;
            };
            let Some(id) = bus.database.messages.get(message).map(|message| message.id) else { continue };
            let (profile, bus) = (profile.clone(), BusIndex(profile.bus as u8));
            let (said, on_their_way) = (Vec::new(), VecDeque::new());
            messages.push(Outgoing { profile, bus, message, id, last: None, said, on_their_way });
        }
        let mut actuators: Vec<Actuator> = Vec::new();
        for profile in car.profile.actuators.clone() {
            let by = |one: &Outgoing| one.profile.bus == profile.bus && one.profile.message == profile.message;
            let Some(message) = messages.iter().position(by) else { continue };
            actuators.extend(Actuator::bind(car, profile, message));
        }
        actuators.sort_by(|one, other| one.path.cmp(&other.path));
        Self { gate, actuators, messages, last_id: 0 }
    }

    /// The car's bus that an actuator is asked by.
    ///
    /// # Errors
    /// [`ActuateError::Unsupported`] if this car cannot be asked for it.
    pub fn bus(&self, path: &str) -> Result<BusIndex, ActuateError> {
        let at = self.find(path)?;
        let message = self.actuators.get(at).and_then(|actuator| self.messages.get(actuator.message));
        Ok(message.map(|message| message.bus).unwrap_or_default())
    }

    fn find(&self, path: &str) -> Result<usize, ActuateError> {
        self.actuators.binary_search_by(|one| one.path.as_str().cmp(path)).map_err(|_| {
            let near = nearest(path, self.actuators.iter().map(|one| one.path.as_str()));
            let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            let path: String = path.chars().take(LONGEST_SHOWN).collect();
            ActuateError::Unsupported(format!("this car cannot be asked for `{}`{near}", plain(&path)))
        })
    }

    /// Asks for a value of an actuator. Returns the wish's number, and what is to be done: the fate of a wish that this one replaces, then this one.
    ///
    /// # Errors
    /// [`ActuateError`] if it cannot be asked for, now, by this client. It leaves no trace then.
    pub fn wish(
        &mut self,
        client: &str,
        path: &str,
        value: Value,
        scene: Scene<'_>,
    ) -> Result<(u64, Vec<Outcome>), ActuateError> {
        let at = self.find(path)?;
        let Some(actuator) = self.actuators.get_mut(at) else { return Ok((0, Vec::new())) };
        let value = actuator.admit(scene.store.car().catalogue.leaf(actuator.leaf), value)?;
        let message = actuator.message;
        if let Some(message) = self.messages.get(message) {
            permitted(&message.profile, scene.state)?;
        }
        if let Some(holder) = actuator.holder().filter(|holder| *holder != client) {
            return Err(ActuateError::Held(format!("{path} is held by {holder}")));
        }
        // Asking again for what is held does not hold it for longer.
        let held = actuator.held.take().filter(|_| actuator.latest.as_ref().is_some_and(|wish| wish.value == value));
        let replaced = actuator.settle(RequestState::Lapsed, "A newer wish took its place.");
        self.last_id += 1;
        let (id, client) = (self.last_id, client.to_owned());
        let wish =
            Wish { id, path: path.to_owned(), value, state: RequestState::Pending, reason: String::new(), client };
        actuator.begin(wish.clone(), scene.store, scene.now);
        actuator.held = held;
        let mut outcomes: Vec<_> = replaced.into_iter().chain([wish]).map(Outcome::Told).collect();
        self.flush(message, scene, &mut outcomes);
        Ok((id, outcomes))
    }

    /// Lets go of what a client holds.
    ///
    /// # Errors
    /// [`ActuateError::Unsupported`] if there is no such actuator, [`ActuateError::Held`] if it is somebody else's.
    pub fn release(&mut self, client: &str, path: &str, scene: Scene<'_>) -> Result<Vec<Outcome>, ActuateError> {
        let at = self.find(path)?;
        let Some(actuator) = self.actuators.get_mut(at) else { return Ok(Vec::new()) };
        if let Some(holder) = actuator.holder().filter(|holder| *holder != client) {
            return Err(ActuateError::Held(format!("{path} is held by {holder}")));
        }
        Ok(self.drop_wishes(scene, "It was given up.", |one| one.path == path))
    }

    /// A client left the bus: what it held is let go.
    pub fn forget(&mut self, client: &str, scene: Scene<'_>) -> Vec<Outcome> {
        self.drop_wishes(scene, "The program that asked is gone.", |one| one.holder() == Some(client))
    }

    /// Lets go of everything, at the end.
    pub fn stop(&mut self, scene: Scene<'_>) -> Vec<Outcome> {
        self.drop_wishes(scene, "The vehicle service ended.", |_| true)
    }

    /// Whether nothing is held, and every message that was kept alive has said so.
    pub fn is_quiet(&self) -> bool {
        let busy = |at| self.actuators.iter().any(|one| one.message == at && one.holder().is_some());
        !self.messages.iter().enumerate().any(|(at, message)| busy(at) || message.must_end())
    }

    fn drop_wishes(&mut self, scene: Scene<'_>, why: &str, which: impl Fn(&Actuator) -> bool) -> Vec<Outcome> {
        let dropped = self.actuators.iter_mut().filter(|one| which(one));
        let mut outcomes: Vec<_> =
            dropped.filter_map(|one| one.settle(RequestState::Lapsed, why)).map(Outcome::Told).collect();
        (0..self.messages.len()).for_each(|message| self.flush(message, scene, &mut outcomes));
        outcomes
    }

    /// Time passes: looks for the car's answers, and sends what is due.
    pub fn tick(&mut self, scene: Scene<'_>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for actuator in &mut self.actuators {
            outcomes.extend(actuator.look(scene.store, scene.now).map(Outcome::Told));
            actuator.held.take_if(|held| held.until <= scene.now);
        }
        (0..self.messages.len()).for_each(|message| self.flush(message, scene, &mut outcomes));
        outcomes
    }

    /// Sends a message if that is due and the gate lets it out.
    fn flush(&mut self, at: usize, scene: Scene<'_>, outcomes: &mut Vec<Outcome>) {
        let asked = |one: &Actuator| one.message == at;
        let asks = match self.due(at, scene.now) {
            Some(asks) => asks,
            None => return,
        };
        match self.compose(at, asks, scene) {
            Ok(frame) => {
                if let Some(message) = self.messages.get_mut(at) {
                    let kept_up = message.profile.cycle.is_some();
                    let said = self.actuators.iter().filter(|one| asks && asked(one) && one.is_said(kept_up));
                    message.said = said.filter_map(Actuator::number).collect();
                    message.last = Some((scene.now, asks));
                }
                if asks {
                    self.actuators.iter_mut().filter(|one| asked(one)).for_each(|one| one.sent(scene.now));
                }
                outcomes.push(Outcome::Send(frame));
            }
            Err(Unsent::Gate(Refusal::TooSoon { .. })) => {}
            Err(why) => {
                let kept_up = self.messages.get(at).is_some_and(|message| message.profile.cycle.is_some());
                // What left before, and is not said again, is not what was refused.
                let said = |one: &&mut Actuator| one.message == at && one.is_said(kept_up);
                for actuator in self.actuators.iter_mut().filter(said) {
                    let unsent = actuator.pending.as_ref().is_some_and(|pending| pending.sent.is_none());
                    let state = if unsent { RequestState::Refused } else { RequestState::Lapsed };
                    outcomes.extend(actuator.settle(state, &format!("It stays in: {why}.")).map(Outcome::Told));
                }
                if !asks && let Some(message) = self.messages.get_mut(at) {
                    message.last = None;
                }
            }
        }
    }

    /// Whether a message is due, and if so, whether it asks for something or is the last one of its kind.
    fn due(&self, at: usize, now: Nanoseconds) -> Option<bool> {
        let message = self.messages.get(at)?;
        let mut of_it = self.actuators.iter().filter(|one| one.message == at).peekable();
        of_it.peek()?;
        let (mut new, mut asks) = (false, false);
        for actuator in of_it {
            new |= actuator.pending.as_ref().is_some_and(|pending| pending.sent.is_none());
            asks |= actuator.holder().is_some();
        }
        let cycle = message.profile.cycle;
        let again = |cycle| message.last.is_some_and(|(last, _)| now.since(last) >= cycle);
        match (new, asks) {
            (true, _) => Some(true),
            (false, true) => cycle.is_some_and(again).then_some(true),
            (false, false) => message.must_end().then_some(false),
        }
    }

    fn compose(&mut self, at: usize, asks: bool, scene: Scene<'_>) -> Result<Frame, Unsent> {
        let message = self.messages.get(at).ok_or(Unsent::Unlisted)?;
        let bus = scene.store.car().buses.get(usize::from(message.bus.0)).ok_or(Unsent::Unlisted)?;
        let blank = self.gate.blank(message.bus, message.id).ok_or(Unsent::Unlisted)?;
        let mut room = [0; MAX_LENGTH];
        let payload = room.get_mut(..blank.data().len()).unwrap_or_default();
        payload.copy_from_slice(blank.data());
        let kept_up = message.profile.cycle.is_some();
        for actuator in self.actuators.iter().filter(|one| asks && one.message == at) {
            if actuator.is_said(kept_up) {
                actuator.write(bus, message.message, payload)?;
            }
        }
        let wanted = Frame::with_flags(message.bus, message.id, scene.now.0, blank.flags, payload)?;
        Ok(self.gate.admit(&wanted, scene.state, scene.now)?)
    }

    /// A frame that was let out did not get onto the bus: what it asked for is asked again.
    pub fn not_sent(&mut self, frame: &Frame) {
        let by = |one: &Outgoing| one.bus == frame.bus && one.id == frame.id;
        let Some((at, message)) = self.messages.iter_mut().enumerate().find(|(_, one)| by(one)) else { return };
        let asked = message.last.take().is_some_and(|(_, asked)| asked);
        // The last one of its kind is owed still, and the car may have heard an earlier one that asked.
        message.last = message.profile.cycle.map(|_| (Nanoseconds(frame.t_ns), true));
        for actuator in self.actuators.iter_mut().filter(|one| asked && one.message == at) {
            if let Some(pending) = actuator.pending.as_mut().filter(|one| one.sent == Some(Nanoseconds(frame.t_ns))) {
                (pending.sent, pending.left) = (None, None);
            }
        }
    }

    /// A frame that was let out was handed over: what the car says up to `until` is no answer to it yet. None if its echo is to say so.
    pub fn handed_over(&mut self, frame: &Frame, until: Option<Nanoseconds>) {
        let by = |one: &Outgoing| one.bus == frame.bus && one.id == frame.id;
        let Some((at, message)) = self.messages.iter_mut().enumerate().find(|(_, one)| by(one)) else { return };
        let said = std::mem::take(&mut message.said);
        let sent = Nanoseconds(frame.t_ns);
        if until.is_none() {
            // One that got lost must not be taken for a later one of the same bytes.
            let lost = |(other, _): &mut (Frame, _)| sent.since(Nanoseconds(other.t_ns)) > LONGEST_WAY;
            while message.on_their_way.pop_front_if(lost).is_some() {}
            if message.on_their_way.len() >= MOST_ON_THEIR_WAY {
                message.on_their_way.pop_front();
            }
            message.on_their_way.push_back((*frame, said.clone()));
        }
        self.leave(at, &said, |one| one.sent == Some(sent), until.map(|until| until.max(sent)));
    }

    /// A bus is off, down or gone, and with it what was on its way there.
    pub fn lose_bus(&mut self, bus: BusIndex) {
        self.messages.iter_mut().filter(|one| one.bus == bus).for_each(|one| one.on_their_way.clear());
    }

    /// A frame of ours is on the bus, and so no older one of its message is on its way there.
    pub fn hear_echo(&mut self, echo: &Frame) {
        let by = |one: &Outgoing| one.bus == echo.bus && one.id == echo.id;
        let Some((at, message)) = self.messages.iter_mut().enumerate().find(|(_, one)| by(one)) else { return };
        let Some(last) = message.on_their_way.iter().position(|(frame, _)| frame.data() == echo.data()) else { return };
        let said = message.on_their_way.drain(..=last).next_back().map(|(_, said)| said).unwrap_or_default();
        self.leave(at, &said, |one| one.left.is_none(), Some(Nanoseconds(echo.t_ns)));
    }

    /// The wishes of a message that a frame says, and that are such ones, are on the bus since then.
    fn leave(&mut self, message: usize, said: &[u64], which: impl Fn(&Pending) -> bool, left: Option<Nanoseconds>) {
        let said = |one: &Actuator| one.message == message && one.number().is_some_and(|id| said.contains(&id));
        let of_it = self.actuators.iter_mut().filter(|one| said(one));
        of_it.filter_map(|one| one.pending.as_mut()).filter(|one| which(one)).for_each(|one| one.left = left);
    }

    /// A frame of somebody else, on a bus of the car.
    pub fn hear(&mut self, frame: &Frame) {
        self.gate.hear(frame);
    }

    /// No answer comes any more, for this reason.
    pub fn lose_car(&mut self, why: &str) -> Vec<Wish> {
        for message in &mut self.messages {
            message.last = None;
            message.on_their_way.clear();
        }
        self.gate.forget();
        self.actuators.iter_mut().filter_map(|one| one.settle(RequestState::Lapsed, why)).collect()
    }

    /// Another clock begins, at `now`: points in time of the old one mean nothing on it.
    pub fn begin_clock(&mut self, now: Nanoseconds) {
        self.gate.begin_clock(now);
        for message in &mut self.messages {
            message.last = message.last.map(|(_, asked)| (now, asked));
        }
        for actuator in &mut self.actuators {
            if let Some(pending) = &mut actuator.pending {
                (pending.asked, pending.sent) = (now, pending.sent.map(|_| now));
                pending.left = pending.left.map(|_| now);
            }
            let hold = actuator.profile.hold.unwrap_or_default();
            if let Some(held) = &mut actuator.held {
                held.until = now + hold;
            }
        }
    }

    /// The newest wish of each actuator, sorted by path.
    pub fn wishes(&self) -> impl Iterator<Item = &Wish> {
        self.actuators.iter().filter_map(|one| one.latest.as_ref())
    }

    /// What may be asked, sorted by path.
    pub fn list(&self, car: &Car) -> Vec<wire::Actuator> {
        let describe = |one: &Actuator| {
            let (leaf, Limits { min, max, step, allowed }) = (car.catalogue.leaf(one.leaf), one.limits());
            let profile = self.messages.get(one.message).map(|message| &message.profile);
            let power = profile.and_then(|profile| profile.power.as_ref()).into_iter().flatten();
            wire::Actuator {
                path: one.path.clone(),
                datatype: leaf.datatype.word().to_owned(),
                unit: leaf.unit.clone(),
                min,
                max,
                step,
                allowed,
                driving: profile.map(|profile| worst_word(profile.driving)).unwrap_or_default().to_owned(),
                power: power.map(|power| power.word().to_owned()).collect(),
                holder: one.holder().unwrap_or_default().to_owned(),
            }
        };
        self.actuators.iter().map(describe).collect()
    }

    /// What of these controls this car has.
    pub fn controls(&self, of: &[ControlPath]) -> Vec<Control> {
        let each = of.iter().flat_map(|control| control.paths().map(|(place, path)| (control.name, place, path)));
        each.filter_map(|(name, place, path)| {
            let Limits { min, max, step, allowed } = self.actuators.get(self.find(&path).ok()?)?.limits();
            Some(Control { name: name.to_owned(), place: place.to_owned(), path, min, max, step, allowed })
        })
        .collect()
    }
}

/// What an actuator may be asked for, as the contracts have it.
struct Limits {
    min: f64,
    max: f64,
    step: f64,
    allowed: Vec<String>,
}

impl Actuator {
    fn limits(&self) -> Limits {
        let texts = self.profile.values.iter().filter_map(|(_, value)| value.as_text());
        let allowed = texts.map(str::to_owned).collect();
        let range = self.profile.range;
        let (min, max, step) = range.map_or((0.0, 0.0, 0.0), |range| (range.min, range.max, range.step));
        Limits { min, max, step, allowed }
    }
}

impl Outgoing {
    /// It was kept alive and asked for something the last time: the car is owed one that asks for nothing.
    fn must_end(&self) -> bool {
        self.profile.cycle.is_some() && self.last.is_some_and(|(_, asked)| asked)
    }
}

/// Whether what the car does lets a message go out. The gate asks again; here the caller is told in its own words.
fn permitted(rule: &TransmitProfile, state: VehicleState) -> Result<(), ActuateError> {
    if state.driving > rule.driving {
        let while_ = if rule.driving == Driving::Parked { "the car is parked" } else { "the car stands" };
        return Err(ActuateError::Restricted(format!("only while {while_}; it is {} now", state.driving)));
    }
    match &rule.power {
        Some(states) if !state.power.is_some_and(|power| states.contains(&power)) => {
            let states: Vec<&str> = states.iter().map(|power| power.word()).collect();
            let now = state.power.map_or("not known", |power| power.word());
            Err(ActuateError::Restricted(format!("only while the car is {}; it is {now} now", states.join(" or "))))
        }
        _ => Ok(()),
    }
}

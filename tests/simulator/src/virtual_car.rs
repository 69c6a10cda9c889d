//! The whole car behind its buses: time in, frames out, frames in. No clock, no socket.

use std::str::FromStr;

use tandem_contracts::simulator::{BusState, PhoneState, State};
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::nearest;
use tracing::{debug, warn};

use crate::actuation::{Actuation, Answer};
use crate::broadcast::sources::Inside;
use crate::broadcast::{self, BroadcastError, Cyclic, Fault};
use crate::ear::{Ear, NoSuchRequest};
use crate::folder::{Bus, Folder};
use crate::model::{Car, Moves, STEP_NS};
use crate::scenario::Scenario;
use crate::setting::{Setting, SettingError};
use crate::wheel::Wheel;

/// A folder whose parts do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum CarError {
    #[error(transparent)]
    Broadcast(#[from] BroadcastError),
    #[error(transparent)]
    Request(#[from] NoSuchRequest),
}

/// ms that a key or a pedal is pressed, and steps that a knob is turned, with one order.
const LONGEST_PRESS_MS: u64 = 60_000;
const MOST_STEPS: u64 = 1_000;

/// What somebody who tests the service does to the car.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// How it answers wishes for an actuator from now on.
    Answer {
        path: String,
        answer: Answer,
        delay_ns: u64,
    },
    PressKey {
        key: String,
        hold_ns: u64,
    },
    TurnKnob {
        knob: String,
        steps: i32,
    },
    Mute {
        message: String,
        muted: bool,
    },
    Spoil {
        message: String,
        fault: Fault,
    },
    /// Percent each. Somebody drives by hand from now on.
    Pedals {
        accelerator: f64,
        brake: f64,
        hold_ns: u64,
    },
    Set(Setting),
    Begin(Box<Scenario>),
    TakeOver,
    DropBus {
        interface: String,
        dropped: bool,
    },
}

/// An order that this car cannot follow.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("the car sends no message {message}{}", hint(near))]
    NoSuchMessage { message: String, near: Option<String> },
    #[error("{message} has no {what} to spoil")]
    Unprotected { message: String, what: &'static str },
    #[error("this car cannot be asked for {path}{}", near.as_ref().map_or(": its car.toml lists what it can be asked for".to_owned(), |near| format!(", is it {near}?")))]
    NoSuchActuator { path: String, near: Option<String> },
    #[error("the car has no {what} {name}, expected {}", if known.is_empty() { "none: it has no such thing" } else { known })]
    NoSuchInput { what: &'static str, name: String, known: String },
    #[error("{what} is {found}, expected at most {most}")]
    TooMuch { what: &'static str, found: u64, most: u64 },
    #[error("\"{word}\" is unknown, expected {expected}")]
    Word { word: String, expected: &'static str },
    #[error("{what} is {found}, expected 0 to 100 %")]
    Pedal { what: &'static str, found: f64 },
    #[error("the car has no bus {interface}, expected {known}")]
    NoSuchBus { interface: String, known: String },
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error(transparent)]
    Moves(#[from] Moves),
}

fn hint(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!(", is it {near}?")).unwrap_or_default()
}

fn at_most(what: &'static str, found: u64, most: u64) -> Result<(), OrderError> {
    if found <= most { Ok(()) } else { Err(OrderError::TooMuch { what, found, most }) }
}

impl FromStr for Answer {
    type Err = OrderError;

    fn from_str(word: &str) -> Result<Self, OrderError> {
        let found = Self::ALL.into_iter().find(|answer| answer.word() == word);
        found.ok_or_else(|| unknown(word, "obey, refuse, silent, wrong or stuck"))
    }
}

impl FromStr for Fault {
    type Err = OrderError;

    fn from_str(word: &str) -> Result<Self, OrderError> {
        let found = Self::ALL.into_iter().find(|fault| fault.word() == word);
        found.ok_or_else(|| unknown(word, "checksum, counter, short or none"))
    }
}

fn unknown(word: &str, expected: &'static str) -> OrderError {
    OrderError::Word { word: word.to_owned(), expected }
}

/// The virtual car.
#[derive(Clone, Debug)]
pub struct VirtualCar {
    now_ns: u64,
    car: Car,
    actuation: Actuation,
    wheel: Wheel,
    buses: Vec<Bus>,
    /// Of each, whether it is cut.
    dropped: Vec<bool>,
    messages: Vec<Cyclic>,
    ear: Ear,
}

impl VirtualCar {
    /// The car at the beginning of a scenario, at time 0. `seed` takes the place of the scenario's own.
    ///
    /// # Errors
    /// [`CarError`] if the folder asks for what the model does not have.
    pub fn new(folder: Folder, scenario: Scenario, seed: Option<u64>) -> Result<Self, CarError> {
        let (ear, actuation) = Ear::new(&folder.buses, &folder.profile, &folder.catalogue)?;
        let wheel = Wheel::new(&folder.buses, &folder.profile);
        let car = Car::new(scenario, seed);
        let messages = broadcast::bind(&folder.buses, Inside { car: &car, actuation: &actuation, wheel: &wheel })?;
        let dropped = vec![false; folder.buses.len()];
        Ok(Self { now_ns: 0, car, actuation, wheel, buses: folder.buses, dropped, messages, ear })
    }

    /// Up to where the car has come, nanoseconds since it began.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    pub fn interfaces(&self) -> Vec<String> {
        self.buses.iter().map(|bus| bus.profile.interface.clone()).collect()
    }

    /// The ids that the car listens to, each on its bus.
    pub fn hears(&self) -> Vec<(BusIndex, CanId)> {
        self.ear.ids()
    }

    /// The car as it is at [`VirtualCar::now_ns`].
    pub fn car(&self) -> &Car {
        &self.car
    }

    pub fn buses(&self) -> &[Bus] {
        &self.buses
    }

    /// Ten milliseconds. Appends the frames of that time in the order of their stamps, which lie in it.
    ///
    /// # Errors
    /// [`BroadcastError`]: the DBC and the model do not fit after all.
    pub fn step(&mut self, frames: &mut Vec<Frame>) -> Result<(), BroadcastError> {
        self.actuation.step(&mut self.car, self.now_ns);
        self.wheel.step();
        let first = frames.len();
        let inside = Inside { car: &self.car, actuation: &self.actuation, wheel: &self.wheel };
        for message in &mut self.messages {
            frames.extend(message.frame(self.now_ns, &self.buses, inside)?);
        }
        if let Some(new) = frames.get_mut(first..) {
            arbitrate(&self.buses, new);
        }
        let mut at = 0;
        frames.retain(|frame| {
            at += 1;
            at <= first || !is_dropped(&self.dropped, frame)
        });
        let before = self.car.doing().map(str::to_owned);
        self.car.step();
        self.now_ns += STEP_NS;
        if self.car.doing() != before.as_deref() {
            debug!(t = self.car.seconds(), doing = self.car.doing(), "the driver goes on");
        }
        Ok(())
    }

    /// A frame that somebody else has sent.
    pub fn hear(&mut self, frame: &Frame) {
        if is_dropped(&self.dropped, frame) {
            return;
        }
        let heard = match self.ear.hear(frame, &self.buses) {
            Ok(heard) => heard,
            Err(error) => {
                warn!(id = %frame.id, error = &error as &dyn std::error::Error, "a request was not heard");
                return;
            }
        };
        for heard in heard {
            let Some(wished) = self.actuation.wished.get_mut(heard.wished) else { continue };
            match heard.physical {
                None => wished.release(&mut self.car),
                Some(physical) => {
                    let path = wished.actuator.as_ref().map(|asked| asked.path.as_str());
                    debug!(path, physical, "a wish");
                    wished.wish(physical, self.now_ns);
                }
            }
        }
    }

    /// Another head unit is at the other end from here on.
    pub fn meet(&mut self) {
        self.ear.forget();
    }

    /// Does what it is told.
    ///
    /// # Errors
    /// [`OrderError`] if there is no such message, or nothing in it to spoil.
    pub fn obey(&mut self, order: Order) -> Result<(), OrderError> {
        match order {
            Order::Answer { path, answer, delay_ns } => {
                let near = nearest(&path, self.actuation.paths()).map(str::to_owned);
                match self.actuation.named(&path) {
                    Some(wished) => wished.answer_with(answer, delay_ns),
                    None => return Err(OrderError::NoSuchActuator { path, near }),
                }
            }
            Order::PressKey { key, hold_ns } => {
                at_most("the time", hold_ns / 1_000_000, LONGEST_PRESS_MS)?;
                if !self.wheel.press(&key, hold_ns) {
                    return Err(self.no_input("key", key));
                }
            }
            Order::TurnKnob { knob, steps } => {
                at_most("the number of steps", steps.unsigned_abs().into(), MOST_STEPS)?;
                if !self.wheel.turn(&knob, steps) {
                    return Err(self.no_input("knob", knob));
                }
            }
            Order::Mute { message, muted } => self.message(&message)?.mute(muted),
            Order::Spoil { message, fault } => {
                let cyclic = self.message(&message)?;
                if !cyclic.can(fault) {
                    return Err(OrderError::Unprotected { message, what: fault.word() });
                }
                cyclic.spoil(fault);
            }
            Order::Pedals { accelerator, brake, hold_ns } => {
                at_most("the time", hold_ns / 1_000_000, LONGEST_PRESS_MS)?;
                for (what, found) in [("the accelerator", accelerator), ("the brake", brake)] {
                    if !(0.0..=100.0).contains(&found) {
                        return Err(OrderError::Pedal { what, found });
                    }
                }
                self.car.press(accelerator, brake, hold_ns);
            }
            Order::Set(setting) => self.car.set(&setting)?,
            Order::Begin(scenario) => self.car.begin(*scenario),
            Order::TakeOver => self.car.take_over(),
            Order::DropBus { interface, dropped } => {
                let place = self.buses.iter().position(|bus| bus.profile.interface == interface);
                match place.and_then(|place| self.dropped.get_mut(place)) {
                    Some(place) => *place = dropped,
                    None => return Err(OrderError::NoSuchBus { interface, known: self.interfaces().join(", ") }),
                }
            }
        }
        Ok(())
    }

    /// How it stands with who gives it orders.
    pub fn state(&self) -> State {
        let names = |knobs| self.wheel.names(knobs).map(str::to_owned).collect();
        State {
            scenario: self.car.scenario().map(|scenario| scenario.name.clone()).unwrap_or_default(),
            doing: self.car.doing().unwrap_or_default().to_owned(),
            messages: self.messages.iter().map(Cyclic::state).collect(),
            answers: self.actuation.states(),
            keys: names(false),
            knobs: names(true),
            buses: self.interfaces().into_iter().zip(&self.dropped).map(bus_state).collect(),
            // It is none of the car's.
            phone: PhoneState::default(),
        }
    }

    fn no_input(&self, what: &'static str, name: String) -> OrderError {
        let known = self.wheel.names(what == "knob").collect::<Vec<_>>().join(", ");
        OrderError::NoSuchInput { what, name, known }
    }

    fn message(&mut self, name: &str) -> Result<&mut Cyclic, OrderError> {
        let near = nearest(name, self.messages.iter().map(Cyclic::name)).map(str::to_owned);
        let found = self.messages.iter_mut().find(|message| message.name() == name);
        found.ok_or_else(|| OrderError::NoSuchMessage { message: name.to_owned(), near })
    }
}

fn bus_state((interface, dropped): (String, &bool)) -> BusState {
    BusState { interface, dropped: *dropped }
}

fn is_dropped(dropped: &[bool], frame: &Frame) -> bool {
    dropped.get(usize::from(frame.bus.0)).is_some_and(|dropped| *dropped)
}

/// Frames that are due at once go one after the other, each as long as its bits take; the lowest id goes first.
fn arbitrate(buses: &[Bus], frames: &mut [Frame]) {
    frames.sort_by_key(|frame| (frame.bus, priority(frame.id)));
    let mut sending = None;
    let mut idle_at = 0;
    for frame in frames.iter_mut() {
        if sending.replace(frame.bus) != Some(frame.bus) {
            idle_at = frame.t_ns;
        }
        let bitrate = buses.get(usize::from(frame.bus.0)).map_or(500_000, |bus| bus.profile.bitrate);
        idle_at += bits(frame) * 1_000_000_000 / u64::from(bitrate.max(1));
        frame.t_ns = idle_at;
    }
    frames.sort_by_key(|frame| (frame.t_ns, frame.bus));
}

/// About as long as it is on the wire. Not [`Frame::wire_bits`], which is exact: the times in the log of the repository were made by this.
fn bits(frame: &Frame) -> u64 {
    let header = if frame.id.is_extended() { 67 } else { 47 };
    header + 8 * frame.data().len() as u64
}

/// The lower wins: the first 11 bits, then a standard id before an extended one, then the rest.
fn priority(id: CanId) -> (u32, bool, u32) {
    match id.is_extended() {
        true => (id.number() >> 18, true, id.number() & 0x3_FFFF),
        false => (id.number(), false, 0),
    }
}

//! The plug, and what comes through it.

use serde::Deserialize;

use super::STEP_SECONDS;
use super::battery::{Battery, CAPACITY};
use super::body::Body;
use super::own::Own;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Charger {
    /// Three phases at home.
    Ac,
    /// A fast charger at the road.
    Dc,
}

impl Charger {
    /// W.
    pub fn power(self) -> f64 {
        match self {
            Self::Ac => 11_000.0,
            Self::Dc => 150_000.0,
        }
    }
}

/// What the car says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Unplugged = 0,
    Plugged = 1,
    Alternating = 2,
    Direct = 3,
    Complete = 4,
}

/// V between a phase and neutral.
const PHASE: f64 = 230.0;
/// What the charger on board makes heat of.
const LOSS: f64 = 0.07;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charging {
    /// The limit was reached; so it stays until the charging is over.
    complete: bool,
    plugged: bool,
    /// Whether the cable is locked in.
    pub cable: Own<bool>,
    charger: Option<Charger>,
    /// Through the plug, W.
    pub power: f64,
    /// Since the plug was put in: Wh and s.
    pub session: (f64, f64),
}

impl Charging {
    /// What the station offers in the step that begins, W; 0 if nothing is to flow.
    pub fn offers(&mut self, body: &Body, charge: f64) -> f64 {
        self.complete = body.charging && (self.complete || charge * 100.0 >= body.charge_limit_percent);
        let flows = body.charging && !self.complete;
        self.charger = flows.then_some(body.charger);
        if flows { body.charger.power() } else { 0.0 }
    }

    /// The step is done, and so much came through the plug, W.
    pub fn step(&mut self, plugged: bool, power: f64) {
        if plugged && !self.plugged {
            self.session = (0.0, 0.0);
        }
        (self.plugged, self.power) = (plugged, power);
        self.cable.follow(self.charger.is_some());
        if power > 0.0 {
            self.session = (self.session.0 + power * STEP_SECONDS / 3600.0, self.session.1 + STEP_SECONDS);
        }
    }

    pub fn is_charging(&self) -> bool {
        self.charger.is_some()
    }

    pub fn state(&self) -> State {
        match (self.charger, self.complete, self.plugged) {
            (Some(Charger::Ac), ..) => State::Alternating,
            (Some(Charger::Dc), ..) => State::Direct,
            (None, true, _) => State::Complete,
            (None, false, true) => State::Plugged,
            (None, false, false) => State::Unplugged,
        }
    }

    /// Through the plug, W; 0 with the other kind of charger.
    pub fn by(&self, charger: Charger) -> f64 {
        if self.charger == Some(charger) { self.power } else { 0.0 }
    }

    /// A, in each of the three phases.
    pub fn phase_current(&self) -> f64 {
        self.by(Charger::Ac) / 3.0 / PHASE
    }

    /// V, if a cable for alternating current brings them.
    pub fn phase_voltage(&self) -> f64 {
        if self.by(Charger::Ac) > 0.0 { PHASE } else { 0.0 }
    }

    /// What becomes heat on the way into the battery, W.
    pub fn loss(&self) -> f64 {
        self.by(Charger::Ac) * LOSS
    }

    /// W, since the plug was put in.
    pub fn average(&self) -> f64 {
        let (energy, seconds) = self.session;
        if seconds > 0.0 { energy * 3600.0 / seconds } else { 0.0 }
    }

    /// s until the limit at the present power; `None` if nothing flows.
    pub fn remaining(&self, body: &Body, battery: &Battery) -> Option<f64> {
        let missing = (body.charge_limit_percent / 100.0 - battery.charge()).max(0.0) * CAPACITY;
        (self.is_charging() && self.power > 0.0).then(|| missing * 3600.0 / self.power)
    }

    /// How fast the range grows, km/h.
    pub fn rate(&self, battery: &Battery) -> f64 {
        self.power / battery.consumption() / 1000.0
    }
}

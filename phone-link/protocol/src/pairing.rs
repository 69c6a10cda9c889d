//! How two devices come to know each other. The car is stricter than the protocol: nobody pairs but in a short window that a person opened at the screen of a parked
//! car, and nobody is paired before that person has confirmed the key and the peer has agreed. Time is an argument, measured from any start.

use std::time::Duration;

use crate::PairBody;

/// How long a person has.
const WINDOW: Duration = Duration::from_secs(60);
/// How long a peer waits for an answer to what it asked: Android for 25 s, desktops for 30.
const PATIENCE: Duration = Duration::from_secs(25);
/// How far two clocks may be apart, seconds.
const CLOCKS: u64 = 1800;

/// When a pairing may happen at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    parked: bool,
    until: Option<Duration>,
}

impl Window {
    /// Somebody at the screen wants to pair; false if the car is not parked.
    pub fn open(&mut self, now: Duration) -> bool {
        self.until = self.parked.then(|| now + WINDOW);
        self.parked
    }

    pub fn close(&mut self) {
        self.until = None;
    }

    /// What is not known to be parked is not.
    pub fn set_parked(&mut self, parked: bool) {
        self.parked = parked;
        if !parked {
            self.close();
        }
    }

    pub fn is_open(&self, now: Duration) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// When it closes by itself, if it was opened.
    pub fn closes_at(&self) -> Option<Duration> {
        self.until
    }
}

/// Why two devices are not paired, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Here or there, somebody said no.
    Refused,
    TimedOut,
    /// Nobody at the car's screen wants to pair, or it is moving.
    NoWindow,
    /// The clocks are more than half an hour apart, and the key would be old.
    Clocks {
        seconds_apart: u64,
    },
    /// A peer of protocol 8 asked without the time of its request.
    NoTime,
    /// They were paired, and one of them ended it.
    Unpaired,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Send(PairBody),
    /// Both keys make [`crate::verification_key`], with the time of the request.
    ShowKey {
        requested_at: Option<u64>,
    },
    /// The peer's certificate is to be kept.
    Paired,
    /// The peer's certificate is to be forgotten, if it was kept.
    Ended(Ended),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unpaired,
    /// We asked.
    Asking {
        since: Duration,
        agreed: bool,
        confirmed: bool,
    },
    /// The peer asked.
    Asked {
        since: Duration,
    },
    Paired,
}

/// What two devices that are about to be paired wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// We asked, and the peer has not answered.
    Asking,
    /// The peer agreed to what we asked: the key is to be confirmed here.
    Agreed,
    /// The peer asked: the key is to be confirmed here.
    Asked,
}

/// Pairing with one peer.
#[derive(Clone, Copy, Debug)]
pub struct Pairing {
    state: State,
    protocol: u8,
}

const YES: Step = Step::Send(PairBody { pair: true, timestamp: None });
const NO: Step = Step::Send(PairBody { pair: false, timestamp: None });

impl Pairing {
    /// `paired` if the peer's certificate is the one that was kept; `protocol` is what it speaks.
    pub fn new(paired: bool, protocol: u8) -> Self {
        Self { state: if paired { State::Paired } else { State::Unpaired }, protocol }
    }

    pub fn is_paired(&self) -> bool {
        self.state == State::Paired
    }

    /// Whether both screens show a key now, and who asked.
    pub fn talk(&self) -> Option<Talk> {
        match self.state {
            State::Asking { agreed: false, .. } => Some(Talk::Asking),
            State::Asking { agreed: true, .. } => Some(Talk::Agreed),
            State::Asked { .. } => Some(Talk::Asked),
            State::Unpaired | State::Paired => None,
        }
    }

    /// Somebody at the screen chose this peer. `unix` is the time of day, seconds since 1970.
    pub fn ask(&mut self, now: Duration, unix: u64, window: &Window) -> Vec<Step> {
        match self.state {
            // To ask a paired peer again would unpair it.
            State::Paired | State::Asking { .. } | State::Asked { .. } => Vec::new(),
            State::Unpaired if !window.is_open(now) => vec![Step::Ended(Ended::NoWindow)],
            State::Unpaired => {
                self.state = State::Asking { since: now, agreed: false, confirmed: false };
                let timestamp = (self.protocol >= 8).then_some(unix);
                vec![Step::Send(PairBody { pair: true, timestamp }), Step::ShowKey { requested_at: timestamp }]
            }
        }
    }

    /// The peer says something of it.
    pub fn hear(&mut self, now: Duration, unix: u64, window: &Window, said: PairBody) -> Vec<Step> {
        let late = self.tick(now, window);
        if !late.is_empty() {
            return late;
        }
        match (self.state, said.pair) {
            (State::Unpaired, false) => Vec::new(),
            (State::Paired, false) => self.end(Ended::Unpaired, false),
            (State::Asking { .. } | State::Asked { .. }, false) => self.end(Ended::Refused, false),
            (State::Asked { .. }, true) => Vec::new(),
            (State::Asking { since, confirmed, .. }, true) => {
                self.state = State::Asking { since, agreed: true, confirmed };
                self.settle()
            }
            (State::Unpaired, true) => self.be_asked(now, unix, window, said.timestamp),
            (State::Paired, true) => {
                // It has forgotten us: whoever it is now is a stranger.
                let mut steps = self.end(Ended::Unpaired, false);
                steps.extend(self.be_asked(now, unix, window, said.timestamp));
                steps
            }
        }
    }

    fn be_asked(&mut self, now: Duration, unix: u64, window: &Window, timestamp: Option<u64>) -> Vec<Step> {
        let modern = self.protocol >= 8;
        let trouble = match timestamp {
            _ if !window.is_open(now) => Some(Ended::NoWindow),
            None if modern => Some(Ended::NoTime),
            Some(at) if modern && at.abs_diff(unix) > CLOCKS => {
                Some(Ended::Clocks { seconds_apart: at.abs_diff(unix) })
            }
            _ => None,
        };
        if let Some(trouble) = trouble {
            return self.end(trouble, true);
        }
        self.state = State::Asked { since: now };
        vec![Step::ShowKey { requested_at: timestamp.filter(|_| modern) }]
    }

    /// Somebody at the screen says that both keys are the same.
    pub fn confirm(&mut self, now: Duration, window: &Window) -> Vec<Step> {
        let late = self.tick(now, window);
        if !late.is_empty() {
            return late;
        }
        match self.state {
            State::Asking { since, agreed, .. } => {
                self.state = State::Asking { since, agreed, confirmed: true };
                self.settle()
            }
            State::Asked { .. } => {
                self.state = State::Paired;
                vec![YES, Step::Paired]
            }
            State::Unpaired | State::Paired => Vec::new(),
        }
    }

    fn settle(&mut self) -> Vec<Step> {
        if let State::Asking { agreed: true, confirmed: true, .. } = self.state {
            self.state = State::Paired;
            return vec![Step::Paired];
        }
        Vec::new()
    }

    /// Somebody at the screen says no, or wants the peer forgotten.
    pub fn refuse(&mut self) -> Vec<Step> {
        match self.state {
            State::Unpaired => Vec::new(),
            State::Paired => self.end(Ended::Unpaired, true),
            State::Asking { .. } | State::Asked { .. } => self.end(Ended::Refused, true),
        }
    }

    /// When to call [`Pairing::tick`] next, beside whenever the window closes.
    pub fn due(&self) -> Option<Duration> {
        let (State::Asking { since, .. } | State::Asked { since }) = self.state else { return None };
        Some(since + PATIENCE)
    }

    /// Time passes, or the window was closed.
    pub fn tick(&mut self, now: Duration, window: &Window) -> Vec<Step> {
        let (State::Asking { since, .. } | State::Asked { since }) = self.state else { return Vec::new() };
        if !window.is_open(now) {
            self.end(Ended::NoWindow, true)
        } else if now >= since + PATIENCE {
            self.end(Ended::TimedOut, true)
        } else {
            Vec::new()
        }
    }

    fn end(&mut self, ended: Ended, says_so: bool) -> Vec<Step> {
        self.state = State::Unpaired;
        let mut steps = if says_so { vec![NO] } else { Vec::new() };
        steps.push(Step::Ended(ended));
        steps
    }
}

//! One phone: who it is, what it may do here, and what is known of it while it is connected.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Duration;

use tandem_kdeconnect::{Battery, DeviceId, DeviceKind, Message, Note, Pairing, Signal};
use tandem_link::LinkId;
use tandem_session::{Presence, Whereabouts};

use super::{Pace, Player};

/// What is kept of a paired phone.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// DER.
    pub certificate: Vec<u8>,
    /// The highest that it ever spoke: a lower one is somebody else's.
    pub protocol: u8,
    pub kind: DeviceKind,
    /// Of [`tandem_contracts::phones::GRANTS`].
    pub grants: Vec<String>,
    /// By [`tandem_contracts::phones::AUTOMATIC`]: `ask`, `always` or `never`.
    pub automatic: BTreeMap<String, String>,
    pub is_guest: bool,
    /// The smallest comes first.
    pub rank: u32,
    /// Seconds since 1970; 0 if never.
    pub seen_at: i64,
    /// Where it was reached last.
    pub address: Option<IpAddr>,
}

/// A connection to a phone that has proved to be who it says.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: LinkId,
    pub certificate: Vec<u8>,
    pub protocol: u8,
    pub our_key: Vec<u8>,
    pub their_key: Vec<u8>,
    pub address: IpAddr,
}

/// Whether the app at the other end is still there: a kernel keeps a connection alive for an app that hangs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pulse {
    /// It answers what it is asked: some do not.
    answers: bool,
    heard: Duration,
    asked: Option<Duration>,
}

impl Pulse {
    /// It said something.
    pub fn hear(&mut self, now: Duration) {
        self.heard = now;
    }

    /// It told its players; whether that was for somebody else than us here.
    pub fn answer(&mut self) -> bool {
        self.answers = true;
        self.asked.take().is_none()
    }

    /// Whether it told its players over this connection.
    pub fn has_answered(&self) -> bool {
        self.answers
    }

    /// Whether it is to be asked now.
    pub fn asks(&mut self, now: Duration) -> bool {
        let asks = self.answers && self.asked.is_none() && now >= self.heard + SILENT_FOR;
        if asks {
            self.asked = Some(now);
        }
        asks
    }

    pub fn is_dead(&self, now: Duration) -> bool {
        self.asked.is_some_and(|asked| self.heard <= asked && now >= asked + ANSWERS_WITHIN)
    }

    fn due(&self) -> Option<Duration> {
        match self.asked {
            Some(asked) if self.heard <= asked => Some(asked + ANSWERS_WITHIN),
            // It lives, and answers something else.
            Some(_) => None,
            None => self.answers.then_some(self.heard + SILENT_FOR),
        }
    }
}

/// A phone that has said nothing for so long is asked whether it is there.
const SILENT_FOR: Duration = Duration::from_secs(30);
/// And answers within this, or is let go.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct Phone {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    /// None for one that is not paired.
    pub kept: Option<Kept>,
    pub link: Option<Link>,
    pub pairing: Pairing,
    /// Both screens show it while they pair.
    pub key: String,
    /// Why the last pairing came to nothing: a word for a screen, and a sentence for a log.
    pub why: &'static str,
    pub reason: String,
    pub presence: Presence,
    pub pulse: Pulse,
    pub battery: Option<Battery>,
    pub signal: Option<Signal>,
    pub players: BTreeMap<String, Player>,
    pub notes: BTreeMap<String, (String, Note)>,
    /// What was shared lately, to know it when it comes twice.
    pub shares: Vec<(String, Duration)>,
    /// What it shares, and what it has the car's player do.
    pub shares_pace: Pace,
    pub orders_pace: Pace,
    /// What it says of its calls.
    pub calls_pace: Pace,
    /// How often it is asked for a cover.
    pub covers_pace: Pace,
    /// It can say what plays on it.
    pub tells_players: bool,
    /// It hands covers over.
    pub sends_art: bool,
    /// It asked for the car's player.
    pub follows_car: bool,
    /// What it said between its agreement and ours.
    pub early: Vec<Message>,
    /// Where it was when that was looked at last.
    pub was: Whereabouts,
    /// Somebody got in with it, and nothing of it has gone on in the car since.
    pub awaits: bool,
}

impl Phone {
    pub fn new(id: DeviceId, name: String, kind: DeviceKind) -> Self {
        Self {
            id,
            name,
            kind,
            kept: None,
            link: None,
            pairing: Pairing::new(false, 8),
            key: String::new(),
            why: "",
            reason: String::new(),
            presence: Presence::default(),
            pulse: Pulse::default(),
            battery: None,
            signal: None,
            players: BTreeMap::new(),
            notes: BTreeMap::new(),
            shares: Vec::new(),
            shares_pace: Pace::new(20, 1),
            orders_pace: Pace::new(20, 10),
            calls_pace: Pace::new(10, 2),
            covers_pace: Pace::new(8, 1),
            tells_players: false,
            sends_art: false,
            follows_car: false,
            early: Vec::new(),
            was: Whereabouts::Out,
            awaits: false,
        }
    }

    /// One that was paired before this start.
    pub fn kept(id: DeviceId, name: String, kept: Kept) -> Self {
        let mut phone = Self::new(id, name, kept.kind);
        phone.pairing = Pairing::new(true, kept.protocol);
        phone.kept = Some(kept);
        phone
    }

    pub fn may(&self, what: &str) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.grants.iter().any(|grant| grant == what))
    }

    /// What its owner wants done without being asked: `ask`, `always` or `never`.
    pub fn automatic(&self, kind: &str) -> &str {
        self.kept.as_ref().and_then(|kept| kept.automatic.get(kind)).map_or("ask", String::as_str)
    }

    pub fn rank(&self) -> u32 {
        self.kept.as_ref().map_or(u32::MAX, |kept| kept.rank)
    }

    pub fn due(&self) -> Vec<Duration> {
        let players = self.players.values().filter_map(|player| player.hand.due());
        let pulse = self.pulse.due().filter(|_| self.link.is_some() && self.kept.is_some());
        players.chain(pulse).chain(self.pairing.due()).chain(self.presence.due()).collect()
    }
}

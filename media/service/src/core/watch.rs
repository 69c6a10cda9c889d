//! The player as a process: alive, silent, hanging or dead; and the clock that notices.

use std::time::Duration;

use tandem_contracts::media::Trouble;
use tandem_player::protocol::{FILE_PATIENCE, Order};

use super::{Core, Effect, Stage, Start};
use crate::state::Status;
use crate::streams::wait_before_retry;
use crate::why::Why;

/// It is asked so often whether it lives.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Without an answer for so long it hangs; while it takes up a file it has [`STUCK`], because it looks at the file before it reads the next order.
const PATIENCE: Duration = Duration::from_secs(3);
/// And without progress of a file that should sound, though it answers: it has given up one that is only slow by then.
const STUCK: Duration = FILE_PATIENCE.saturating_add(Duration::from_secs(2));
/// The same for what comes from a server; then the connection is tried again.
const NETWORK_PATIENCE: Duration = Duration::from_secs(15);
/// A player that starts may load a shared library from a cold disk.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// Two deaths of the same entry within this are its fault: twice as long as the slowest of them takes, which is a player that gets stuck on it.
const SAME_FAULT: Duration = STUCK.saturating_mul(2);
/// A clock that comes later than this was not running: nobody is to blame for what did not happen meanwhile.
const LATE: Duration = Duration::from_secs(1);
/// A player that ran for less is not started anew at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// So long nothing sounds before a player that has become large is started anew.
const IDLE: Duration = Duration::from_secs(60);
/// The player tells its position so often.
const POSITION_EVERY: Duration = Duration::from_millis(250);
const SLOWEST: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Off { retry_at: Duration },
    Starting,
    Ready,
}

/// What is known of the player.
#[derive(Clone, Debug)]
pub struct Player {
    life: Life,
    network: bool,
    started_at: Duration,
    pings: u64,
    /// Since when a ping is not answered.
    unanswered: Option<Duration>,
    /// It told that a file is slow and has said nothing since: it may still wait for that file's disk.
    lingers: bool,
    ping_at: Duration,
    progress_at: Duration,
    /// When the clock should come.
    due: Duration,
    /// The entry that it died of last, and when.
    died_of: Option<(u64, Duration)>,
    failures: u32,
    device_failures: u32,
    filled: u8,
    /// It has loaded what it never gets rid of again.
    large: bool,
    /// Formats for which it does so.
    heavy: Vec<String>,
    /// What it said that it plays to, or the one before it; empty before the first has said it.
    pub(super) sink: String,
    /// Formats that it lacks.
    pub missing: Vec<String>,
}

impl Player {
    pub fn new(now: Duration) -> Self {
        Self {
            life: Life::Off { retry_at: now },
            network: false,
            started_at: now,
            pings: 0,
            unanswered: None,
            lingers: false,
            ping_at: now,
            progress_at: now,
            due: now,
            died_of: None,
            failures: 0,
            device_failures: 0,
            filled: 100,
            large: false,
            heavy: Vec::new(),
            sink: String::new(),
            missing: Vec::new(),
        }
    }

    pub fn is_ready(&self) -> bool {
        self.life == Life::Ready
    }

    /// When it is started again, if it is off.
    pub(super) fn off_until(&self) -> Option<Duration> {
        if let Life::Off { retry_at } = self.life { Some(retry_at) } else { None }
    }

    /// Whether it runs, or comes, with as much network as is needed.
    pub(super) fn serves(&self, network: bool) -> bool {
        self.network == network && !matches!(self.life, Life::Off { .. })
    }

    pub(super) fn progressed(&mut self, now: Duration) {
        self.progress_at = now;
    }

    /// Any word is a sign of life.
    pub(super) fn heard_from(&mut self, now: Duration) {
        self.unanswered = self.unanswered.map(|_| now);
        self.lingers = false;
    }

    pub(super) fn lingers(&mut self) {
        self.lingers = true;
    }

    pub(super) fn alive(&mut self, number: u64) {
        if number == self.pings {
            self.unanswered = None;
        }
    }

    /// It decodes this; GStreamer's names of codecs have the format in them.
    pub(super) fn decodes(&mut self, codec: &str) {
        self.large |= self.heavy.iter().any(|format| codec.contains(format));
    }

    /// Whether a buffer fills.
    pub(super) fn filled(&mut self, percent: u8) -> bool {
        std::mem::replace(&mut self.filled, percent) != percent
    }

    pub(super) fn next_device_delay(&mut self) -> Duration {
        self.device_failures += 1;
        Duration::from_secs(u64::from(self.device_failures)).min(SLOWEST)
    }

    pub(super) fn device_is_back(&mut self) {
        self.device_failures = 0;
    }
}

/// When a lost server is asked again: soon after a tunnel, rarely through a night.
#[derive(Clone, Debug, Default)]
pub struct Reconnect {
    attempts: u32,
    sounds_since: Option<Duration>,
}

impl Reconnect {
    /// What sounded for so long was well connected.
    const WELL: Duration = Duration::from_secs(10);

    pub(super) fn sounded(&mut self, now: Duration) {
        let since = *self.sounds_since.get_or_insert(now);
        if now.saturating_sub(since) >= Self::WELL {
            self.attempts = 0;
        }
    }

    pub(super) fn next_delay(&mut self) -> Duration {
        let delay = wait_before_retry(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        self.sounds_since = None;
        delay
    }
}

impl Core {
    pub(super) fn start_player(&mut self, now: Duration, network: bool) {
        self.player.life = Life::Starting;
        self.player.network = network;
        self.player.started_at = now;
        (self.player.unanswered, self.player.lingers) = (None, false);
        self.player.large = false;
        self.loud = false;
        self.out.push(Effect::StartPlayer { network });
    }

    pub(super) fn player_ready(&mut self, now: Duration, sink: String, missing: Vec<String>, heavy: Vec<String>) {
        let player = &mut self.player;
        (player.life, player.sink, player.missing, player.heavy) = (Life::Ready, sink, missing, heavy);
        (player.unanswered, player.ping_at) = (None, now + PING_EVERY);
        self.told_rate = 1.0;
        let (volume, mode) = (self.volume, self.gain);
        self.order(Order::Volume { volume });
        self.order(Order::Gain { mode });
        self.load(now);
    }

    /// The player has ended or did not start; `why` is for the log of whoever is told.
    pub fn player_died(&mut self, now: Duration, why: &str) {
        self.replace_player(now, Why::new(Trouble::Unreadable, format!("The player {why} on it twice")));
    }

    /// The player is given up: it does not answer, or gets nowhere.
    fn player_hangs(&mut self, now: Duration) {
        let why = if self.opens_a_file() {
            Why::new(Trouble::Slow, "This did not begin in time, twice; its disk or the head unit may be slow")
        } else {
            Why::new(Trouble::Unreadable, "The player hung on it twice")
        };
        self.replace_player(now, why);
    }

    /// The player was ordered to load a file, and has not said yet that it did.
    fn opens_a_file(&self) -> bool {
        matches!(self.stage, Stage::Opening { ordered: true, .. }) && self.subject().is_some_and(|facts| !facts.network)
    }

    /// Another player in the place of one that is lost; `why` is what is told of an entry that it was lost on twice.
    fn replace_player(&mut self, now: Duration, why: Why) {
        let was_ready = self.player.is_ready();
        let lived = now.saturating_sub(self.player.started_at);
        self.player.failures = if was_ready && lived > SHORT_LIFE { 0 } else { self.player.failures + 1 };
        self.player.unanswered = None;
        // One that still waits for the disk of what has failed has not taken up what it was told since.
        let blames = self.loud && !self.player.lingers;
        let victim = self.chain.first().map(|hearing| hearing.entry).filter(|_| blames);
        // What it told last; it may have hung since.
        let told = now.min(self.anchor.at + POSITION_EVERY);
        let position = self.jump.unwrap_or_else(|| self.position(told));
        self.anchor(now, position, false);
        self.loud = false;
        (self.jump, self.buffering) = (None, false);
        let again = self
            .player
            .died_of
            .is_some_and(|(entry, at)| Some(entry) == victim && now.saturating_sub(at) <= SAME_FAULT);
        self.player.died_of = victim.map(|entry| (entry, now));
        let delay = match self.player.failures {
            0 => Duration::ZERO,
            failures => Duration::from_secs(u64::from(failures)).min(SLOWEST),
        };
        if delay.is_zero() {
            let network = self.player.network;
            self.start_player(now, network);
        } else {
            self.player.life = Life::Off { retry_at: now + delay };
        }
        match victim {
            Some(entry) if again => {
                self.player.died_of = None;
                self.break_off(now, entry, why, false);
            }
            _ if matches!(self.stage, Stage::Opening { .. } | Stage::Loaded) => {
                if let Some(entry) = self.queue.current() {
                    self.open(now, entry);
                }
            }
            _ => {}
        }
    }

    /// When [`Core::tick`] has something to do.
    pub fn due(&self) -> Duration {
        let player = &self.player;
        let mut due = match player.life {
            Life::Off { retry_at } => retry_at,
            Life::Starting => player.started_at + START_PATIENCE,
            Life::Ready => player.ping_at,
        };
        if let Stage::Waiting(_, Some(at)) = self.stage {
            due = due.min(at);
        }
        if self.anchor.moves {
            due = due.min(self.save_at);
        }
        due
    }

    /// What time brings: to be called when [`Core::due`] says so; earlier does no harm.
    pub fn tick(&mut self, now: Duration) {
        if now > self.player.due + LATE {
            // The machine slept, or this process was stopped.
            self.player.unanswered = self.player.unanswered.map(|_| now);
            self.player.progressed(now);
            if self.player.life == Life::Starting {
                self.player.started_at = now;
            }
        }
        match self.player.life {
            Life::Off { retry_at } if now >= retry_at => {
                let network = self.player.network;
                self.start_player(now, network);
            }
            Life::Starting if now >= self.player.started_at + START_PATIENCE => self.player_died(now, "does not start"),
            Life::Ready => self.watch(now),
            _ => {}
        }
        if let Stage::Waiting(_, Some(at)) = self.stage
            && now >= at
        {
            self.retry(now);
        }
        if self.anchor.moves && now >= self.save_at {
            self.save_position(now);
        }
        self.player.due = self.due().max(now);
    }

    fn watch(&mut self, now: Duration) {
        let patience = if self.opens_a_file() && !self.player.lingers { STUCK } else { PATIENCE };
        if self.player.unanswered.is_some_and(|since| now.saturating_sub(since) >= patience) {
            return self.player_hangs(now);
        }
        let network = self.subject().is_some_and(|facts| facts.network);
        let should_sound = match self.stage {
            Stage::Opening { ordered, .. } => ordered,
            Stage::Loaded => self.wish == Status::Playing || self.jump.is_some(),
            _ => false,
        };
        let patience = if network { NETWORK_PATIENCE } else { STUCK };
        if should_sound && now.saturating_sub(self.player.progress_at) >= patience {
            return if network {
                self.reconnect(now, Why::new(Trouble::Network, "The server does not answer"));
            } else {
                self.player_hangs(now);
            };
        }
        if self.player.large && self.wish != Status::Playing && now.saturating_sub(self.player.progress_at) >= IDLE {
            return self.start_small(now);
        }
        if now >= self.player.ping_at {
            self.player.ping_at = now + PING_EVERY;
            self.player.pings += 1;
            self.player.unanswered = self.player.unanswered.or(Some(now));
            let number = self.player.pings;
            self.order(Order::Ping { number });
        }
    }

    /// Another player in the place of one that has become large. What was held loads again when somebody wants to hear it: sooner, it would make this one as large.
    fn start_small(&mut self, now: Duration) {
        if matches!(self.stage, Stage::Loaded | Stage::Opening { .. }) {
            self.chain.clear();
            (self.jump, self.buffering) = (None, false);
            self.stage = Stage::Idle(Start::At(self.anchor.micros));
        }
        // A stream asks for the network when it is played again.
        self.start_player(now, false);
    }
}

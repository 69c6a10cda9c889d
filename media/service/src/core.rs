//! What plays, what is wished, and what to do about what happens. Pure: time is an argument, measured from the start of the service; orders, questions and news
//! come out as [`Effect`]s, in their order.

mod edit;
mod fail;
mod follow;
mod hear;
mod load;
mod watch;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tandem_contracts::media::{Item, Trouble};
use tandem_library::{ItemId, Kind};
use tandem_player::protocol::{Order, ReplayGain};

use crate::queue::Queue;
use crate::state::{Happening, Playable, Status};
use crate::why::Why;

pub use watch::{Player, Reconnect};

/// "Previous" restarts what has played for longer.
const RESTART_AFTER: i64 = 3_000_000;
/// The position is saved so often, and how far an episode was heard.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// An episode heard to within this of its end begins anew.
const HEARD_OUT: i64 = 10_000_000;

/// A stick or a folder that holds what plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnVolume {
    pub id: String,
    /// What a driver reads.
    pub name: String,
    pub usb: bool,
}

/// What is known of something in the queue, as of the moment it was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub item: Item,
    /// Of the library; none for an address or a file that is not in it.
    pub id: Option<ItemId>,
    /// None while its stick is away, or if the library does not know it any more.
    pub uri: Option<String>,
    /// It comes from a server.
    pub network: bool,
    /// It has no end: a radio station.
    pub live: bool,
    /// Where it was left, microseconds; 0 but for episodes.
    pub resume_us: i64,
    pub volume: Option<OnVolume>,
    pub obstacle: Option<Obstacle>,
    /// A server is being asked where it plays from: another answer follows.
    pub unresolved: bool,
    /// Of `Media1`'s sources: id, kind, name.
    pub source: (String, String, String),
}

/// Why something cannot play, known before it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A server does not say where it is: asked again, it may.
    Passing(Why),
    /// Nothing would mend it.
    Lasting(Why),
}

/// From where something is to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From its beginning, or where it was left if it is an episode.
    Usual,
    At(i64),
}

/// Why something is about to play, which decides what is done if it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Somebody chose just this.
    Chosen,
    /// It was the next one.
    Onward,
    /// It was the one before.
    Back,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Stick,
    Network,
    Device,
    /// A player that starts.
    Player,
}

/// How far the current entry is on its way to the ear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing is loaded.
    Idle(Start),
    /// The library was asked what it is.
    Finding(Start, Choice),
    /// It failed; whether its stick is still here is being looked at.
    Checking {
        /// The library is to know that it is broken.
        marks: bool,
    },
    /// The player loads it, or will as soon as there is a player.
    Opening { ordered: bool, since: Duration },
    /// The player has it.
    Loaded,
    /// It cannot play now and will: by itself at a time, or when what it needs comes.
    Waiting(Wait, Option<Duration>),
}

/// Something that the player was told to sound, now or after what sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hearing {
    pub id: u64,
    pub entry: u64,
    /// The player wants to know what follows.
    pub asks: bool,
    /// It was told that nothing does.
    pub told_nothing: bool,
}

/// Where playback stood at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub micros: i64,
    pub at: Duration,
    pub moves: bool,
}

/// What the core wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Order(Order),
    /// End the player that there may be, and start one.
    StartPlayer {
        network: bool,
    },
    /// Ask the library; answered by [`Core::found`].
    Find {
        entry: u64,
        what: Playable,
    },
    /// See whether the volume of a file is still here; answered by [`Core::checked`].
    Check {
        entry: u64,
        volume: String,
    },
    Happened(Happening),
    Unplayable {
        id: ItemId,
        reason: String,
    },
    /// So far an item was heard, microseconds.
    Heard {
        id: ItemId,
        micros: i64,
    },
    SavePosition {
        entry: u64,
        micros: i64,
    },
}

/// See the module.
pub struct Core {
    pub(crate) queue: Queue,
    /// What is wished; what sounds follows.
    pub(crate) wish: Status,
    pub(crate) stage: Stage,
    pub(crate) why: Why,
    pub(crate) facts: HashMap<u64, Facts>,
    /// Entries that failed: passed over until somebody chooses them.
    broken: HashSet<u64>,
    /// What the player sounds, and what it was told to sound behind it.
    chain: Vec<Hearing>,
    /// The player may sound something.
    loud: bool,
    pub(crate) anchor: Anchor,
    /// A jump that the player has not answered.
    jump: Option<i64>,
    /// A jump to tell of once it sounds.
    tell_jump: bool,
    pub(crate) length_us: Option<i64>,
    seekable: bool,
    pub(crate) buffering: bool,
    pub(crate) stream_title: String,
    pub(crate) stream_artist: String,
    pub(crate) stream_album: String,
    pub(crate) station: String,
    pub(crate) volume: f64,
    /// How loud it was before it was muted.
    muted: Option<f64>,
    pub(crate) rate: f64,
    pub(crate) gain: ReplayGain,
    told_rate: f64,
    last_id: u64,
    /// Entries in a row that could not be played.
    streak: usize,
    /// Of these, those that were slow.
    slow: usize,
    /// The first of these whose stick is away.
    away: Option<u64>,
    /// A volume came while the library was asked: an answer that knows nothing of it is no answer.
    came: bool,
    pub(crate) player: Player,
    reconnect: Reconnect,
    save_at: Duration,
    out: Vec<Effect>,
}

impl Core {
    pub fn new(queue: Queue, now: Duration) -> Self {
        Self {
            queue,
            wish: Status::Stopped,
            stage: Stage::Idle(Start::Usual),
            why: Why::default(),
            facts: HashMap::new(),
            broken: HashSet::new(),
            chain: Vec::new(),
            loud: false,
            anchor: Anchor { micros: 0, at: now, moves: false },
            jump: None,
            tell_jump: false,
            length_us: None,
            seekable: false,
            buffering: false,
            stream_title: String::new(),
            stream_artist: String::new(),
            stream_album: String::new(),
            station: String::new(),
            volume: 1.0,
            muted: None,
            rate: 1.0,
            gain: ReplayGain::Off,
            told_rate: 1.0,
            last_id: 0,
            streak: 0,
            slow: 0,
            away: None,
            came: false,
            player: Player::new(now),
            reconnect: Reconnect::default(),
            save_at: now + SAVE_EVERY,
            out: Vec::new(),
        }
    }

    /// Starts the player and, if there is a queue, finds the current entry: held at its position, or playing.
    pub fn begin(&mut self, now: Duration, position_us: i64, playing: bool) {
        self.start_player(now, false);
        if let Some(entry) = self.queue.current() {
            self.wish = if playing { Status::Playing } else { Status::Paused };
            self.go(now, entry, Start::At(position_us.max(0)), Choice::Chosen);
        }
    }

    /// Tells something with the state, until something plays.
    pub fn remark(&mut self, why: Why) {
        self.why = why;
    }

    /// What is to be done, in this order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.out)
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The current entry is being looked up: what there is to tell of it is known in a moment.
    pub fn is_finding(&self) -> bool {
        matches!(self.stage, Stage::Finding(..)) && self.subject().is_none()
    }

    /// The facts of the current entry.
    pub(crate) fn subject(&self) -> Option<&Facts> {
        self.facts.get(&self.queue.current()?)
    }

    /// What it plays to, or `null` while the device is gone; empty before the first player has said it.
    pub(crate) fn sink(&self) -> &str {
        if self.why.trouble == Some(Trouble::Device) { "null" } else { &self.player.sink }
    }

    /// Microseconds into the current entry.
    pub fn position(&self, now: Duration) -> i64 {
        let passed = if self.anchor.moves {
            now.saturating_sub(self.anchor.at).as_secs_f64() * self.sounding_rate()
        } else {
            0.0
        };
        let micros = self.anchor.micros.saturating_add((passed * 1e6) as i64);
        self.length_us.map_or(micros, |length| micros.min(length.max(self.anchor.micros)))
    }

    /// A live stream has one speed.
    pub(crate) fn sounding_rate(&self) -> f64 {
        if self.subject().is_some_and(|facts| facts.live) { 1.0 } else { self.rate }
    }

    pub(crate) fn can_seek(&self) -> bool {
        let Some(facts) = self.subject() else { return false };
        !facts.live && self.length_us.is_some() && (self.seekable || self.stage != Stage::Loaded)
    }

    /// Whether there is an entry before the current one, and one behind it.
    pub(crate) fn neighbours(&self) -> (bool, bool) {
        let Some(current) = self.queue.current() else { return (false, false) };
        let plays = |entry| self.plays(entry);
        (self.queue.previous(current, plays).is_some(), self.queue.next(current, plays).is_some())
    }

    pub(crate) fn waits(&self) -> bool {
        matches!(self.stage, Stage::Waiting(..))
    }

    /// It comes from a server and does not sound yet, or not any more.
    pub(crate) fn fills(&self) -> bool {
        let opens = matches!(self.stage, Stage::Finding(..) | Stage::Opening { .. })
            && self.subject().is_some_and(|facts| facts.network);
        self.buffering || opens
    }

    fn order(&mut self, order: Order) {
        self.out.push(Effect::Order(order));
    }

    fn happened(&mut self, happening: Happening) {
        self.out.push(Effect::Happened(happening));
    }

    fn anchor(&mut self, now: Duration, micros: i64, moves: bool) {
        self.anchor = Anchor { micros: micros.max(0), at: now, moves };
    }

    fn plays(&self, entry: u64) -> bool {
        !self.broken.contains(&entry)
    }

    pub fn play(&mut self, now: Duration) {
        let Some(entry) = self.queue.current() else { return };
        let was = std::mem::replace(&mut self.wish, Status::Playing);
        match self.stage {
            Stage::Idle(start) => self.go(now, entry, start, Choice::Chosen),
            Stage::Loaded | Stage::Opening { ordered: true, .. } if was != Status::Playing => self.order(Order::Play),
            Stage::Waiting(Wait::Network | Wait::Device, _) => self.retry(now),
            _ => {}
        }
        self.player.progressed(now);
    }

    pub fn pause(&mut self, now: Duration) {
        if self.wish != Status::Playing {
            return;
        }
        self.wish = Status::Paused;
        let position = self.position(now);
        self.anchor(now, position, false);
        if self.subject().is_some_and(|facts| facts.live) {
            // Held, it would go on from what is long past: it is left, and found again as it is then.
            self.silence();
            self.stage = Stage::Idle(Start::Usual);
            self.why = Why::default();
        } else if matches!(self.stage, Stage::Loaded | Stage::Opening { ordered: true, .. }) {
            self.order(Order::Pause);
        } else if matches!(self.stage, Stage::Waiting(Wait::Network | Wait::Device | Wait::Player, _)) {
            // Nobody wants to hear it any more: it is tried again when somebody does.
            self.stage = Stage::Idle(Start::At(position));
            self.why = Why::default();
        }
        self.save_position(now);
    }

    pub fn play_or_pause(&mut self, now: Duration) {
        if self.shown_status() == Status::Playing { self.pause(now) } else { self.play(now) }
    }

    /// What is told as the state: what waits for a stick or a sound device is held.
    pub(crate) fn shown_status(&self) -> Status {
        match self.stage {
            Stage::Waiting(Wait::Stick | Wait::Device, _) if self.wish == Status::Playing => Status::Paused,
            _ => self.wish,
        }
    }

    pub fn stop(&mut self, now: Duration) {
        self.wish = Status::Stopped;
        self.save_heard(now);
        self.silence();
        self.stage = Stage::Idle(Start::Usual);
        self.why = Why::default();
        self.anchor(now, 0, false);
        self.save_position(now);
    }

    pub fn next(&mut self, now: Duration) {
        let Some(current) = self.queue.current() else { return };
        self.fresh_start(now);
        match self.queue.next(current, |entry| self.plays(entry)) {
            Some(entry) => self.go(now, entry, Start::Usual, Choice::Onward),
            None => self.end(now, Why::default()),
        }
    }

    pub fn previous(&mut self, now: Duration) {
        let Some(current) = self.queue.current() else { return };
        let before = self.queue.previous(current, |entry| self.plays(entry));
        match before {
            Some(entry) if self.position(now) <= RESTART_AFTER || !self.can_seek() => {
                self.fresh_start(now);
                self.go(now, entry, Start::Usual, Choice::Back);
            }
            _ if self.can_seek() => self.jump(now, 0),
            _ => {}
        }
    }

    /// Somebody chose: what failed before counts no more, and how far it was heard is kept.
    fn fresh_start(&mut self, now: Duration) {
        (self.streak, self.slow) = (0, 0);
        self.away = None;
        self.save_heard(now);
    }

    pub fn seek_by(&mut self, now: Duration, micros: i64) {
        if !self.can_seek() {
            return;
        }
        let target = self.jump.unwrap_or_else(|| self.position(now)).saturating_add(micros).max(0);
        if self.length_us.is_some_and(|length| target >= length) { self.next(now) } else { self.jump(now, target) }
    }

    pub fn seek_to(&mut self, now: Duration, entry: u64, micros: i64) {
        let inside = micros >= 0 && self.length_us.is_some_and(|length| micros <= length);
        if self.can_seek() && inside && self.queue.current() == Some(entry) {
            self.jump(now, micros);
        }
    }

    fn jump(&mut self, now: Duration, target: i64) {
        match &mut self.stage {
            Stage::Loaded => {
                self.jump = Some(target);
                self.order(Order::Seek { position_us: target });
            }
            // The player may not take it before it has loaded.
            Stage::Opening { ordered: true, .. } => self.jump = Some(target),
            stage => {
                if let Stage::Idle(start) | Stage::Finding(start, _) = stage {
                    *start = Start::At(target);
                }
                self.anchor(now, target, false);
                self.happened(Happening::Seeked(target));
            }
        }
        self.save_at = now;
    }

    /// Clamped to 0..=1; nothing for what is no number.
    pub fn set_volume(&mut self, volume: f64) {
        if volume.is_nan() {
            return;
        }
        self.volume = volume.clamp(0.0, 1.0);
        let volume = self.volume;
        self.order_if_ready(Order::Volume { volume });
    }

    /// Louder or quieter; what was muted sounds again.
    pub fn change_volume(&mut self, step: f64) {
        // It may have been turned up by somebody else since.
        let from = self.muted.take().filter(|_| self.volume == 0.0).unwrap_or(self.volume);
        // Steps of a hundredth, so that twenty of 0.05 lead from one end to the other.
        self.set_volume(((from + step) * 100.0).round() / 100.0);
    }

    /// Silent; or as loud as before, if it is.
    pub fn mute(&mut self) {
        match self.muted.take().filter(|_| self.volume == 0.0) {
            Some(volume) => self.set_volume(volume),
            None => {
                self.muted = Some(self.volume);
                self.set_volume(0.0);
            }
        }
    }

    /// Clamped to 0.5..=2; 0 and below pauses, nothing for what is no number.
    pub fn set_rate(&mut self, now: Duration, rate: f64) {
        if rate.is_nan() {
            return;
        }
        if rate <= 0.0 {
            return self.pause(now);
        }
        let position = self.position(now);
        self.anchor(now, position, self.anchor.moves);
        self.rate = rate.clamp(0.5, 2.0);
        self.tell_rate();
    }

    fn tell_rate(&mut self) {
        let rate = self.sounding_rate();
        if self.player.is_ready() && self.told_rate != rate {
            self.told_rate = rate;
            self.order(Order::Rate { rate });
        }
    }

    pub fn set_gain(&mut self, mode: ReplayGain) {
        self.gain = mode;
        self.order_if_ready(Order::Gain { mode });
    }

    fn order_if_ready(&mut self, order: Order) {
        if self.player.is_ready() {
            self.order(order);
        }
    }

    fn save_position(&mut self, now: Duration) {
        self.save_at = now + SAVE_EVERY;
        if let Some(entry) = self.queue.current() {
            let micros = self.position(now);
            self.out.push(Effect::SavePosition { entry, micros });
        }
        self.save_heard(now);
    }

    /// Keeps how far something was heard, if it sounded at all.
    fn save_heard(&mut self, now: Duration) {
        if self.stage != Stage::Loaded {
            return;
        }
        let micros = self.position(now);
        // Of the others it is known that they were heard, which is enough.
        if let Some(id) = self.subject().and_then(|facts| facts.id).filter(|id| id.kind == Kind::Episode) {
            self.out.push(Effect::Heard { id, micros });
        }
    }
}

#[cfg(test)]
mod tests;

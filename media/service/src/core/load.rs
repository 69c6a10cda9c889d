//! From an entry of the queue to an order for the player.

use std::time::Duration;

use tandem_contracts::media::Trouble;
use tandem_library::{ItemId, Kind};
use tandem_player::protocol::{Order, Track};

use super::{Choice, Core, Effect, Facts, HEARD_OUT, Hearing, Obstacle, Stage, Start, Wait};
use crate::state::{Playable, Status};
use crate::why::Why;

impl Core {
    /// Makes an entry the current one and asks what it is; it loads when the answer is there.
    pub(super) fn go(&mut self, now: Duration, entry: u64, start: Start, choice: Choice) {
        if self.queue.set_current(entry).is_err() {
            return;
        }
        self.chain.clear();
        self.came = false;
        self.forget_stream();
        self.why = Why::default();
        self.anchor(now, if let Start::At(micros) = start { micros } else { 0 }, false);
        self.stage = Stage::Finding(start, choice);
        self.ask(entry);
    }

    pub(super) fn forget_stream(&mut self) {
        self.jump = None;
        self.tell_jump = false;
        self.length_us = None;
        self.seekable = false;
        self.buffering = false;
        self.stream_title.clear();
        self.stream_artist.clear();
        self.stream_album.clear();
        self.station.clear();
    }

    /// Asks the library about an entry.
    pub(super) fn ask(&mut self, entry: u64) {
        self.facts.remove(&entry);
        if let Some(slot) = self.queue.get(entry) {
            self.out.push(Effect::Find { entry, what: slot.what.clone() });
        }
    }

    /// The library knows more of its tracks than before: what is heard now is asked for again, so that a cover that came late is shown.
    pub fn look_anew(&mut self) {
        let Some(entry) = self.queue.current().filter(|_| !matches!(self.stage, Stage::Finding(..))) else { return };
        let what = self.queue.get(entry).map(|slot| slot.what.clone());
        if let Some(what @ Playable::Item(ItemId { kind: Kind::Track, .. })) = what {
            self.out.push(Effect::Find { entry, what });
        }
    }

    /// The library's answer about an entry.
    pub fn found(&mut self, now: Duration, entry: u64, facts: Facts) {
        if self.queue.get(entry).is_none() {
            return;
        }
        if self.queue.current() == Some(entry) && facts.uri.is_none() && std::mem::take(&mut self.came) {
            return self.ask(entry);
        }
        self.facts.insert(entry, facts);
        match self.stage {
            Stage::Finding(start, choice) if self.queue.current() == Some(entry) => {
                self.take(now, entry, start, choice)
            }
            _ => self.settle(),
        }
        let kept: Vec<_> =
            self.chain.iter().map(|hearing| hearing.entry).chain(self.queue.current()).chain([entry]).collect();
        self.facts.retain(|entry, _| kept.contains(entry));
    }

    /// What was chosen is known: it loads, is held ready, waits, or is passed over.
    pub(super) fn take(&mut self, now: Duration, entry: u64, start: Start, choice: Choice) {
        let Some(facts) = self.facts.get(&entry).cloned() else { return };
        self.length_us = (facts.item.length_us > 0 && !facts.live).then_some(facts.item.length_us);
        let micros = match start {
            Start::At(micros) if !facts.live => self.length_us.map_or(micros, |length| micros.min(length)),
            Start::Usual if self.length_us.is_none_or(|length| facts.resume_us + HEARD_OUT < length) => facts.resume_us,
            _ => 0,
        };
        self.anchor(now, micros, false);
        self.stage = Stage::Idle(Start::At(micros));
        if self.wish == Status::Stopped {
            self.silence();
            self.stage = Stage::Idle(start);
        } else if let Some(Obstacle::Lasting(why)) = facts.obstacle {
            self.pass_over(now, entry, why, choice);
        } else if facts.uri.is_none() {
            self.miss(now, entry, choice);
        } else if !facts.item.available && choice != Choice::Chosen {
            self.pass_over(now, entry, Why::of(&facts.item), choice);
        } else if facts.live && self.wish == Status::Paused {
            self.silence();
        } else if facts.unresolved {
            self.stage = Stage::Finding(start, choice);
        } else if let Some(Obstacle::Passing(why)) = facts.obstacle {
            self.reconnect(now, why);
        } else {
            self.open(now, entry);
        }
    }

    /// Has the player load the current entry from where the position stands.
    pub(super) fn open(&mut self, now: Duration, entry: u64) {
        self.last_id += 1;
        self.chain = vec![Hearing { id: self.last_id, entry, asks: false, told_nothing: false }];
        self.stage = Stage::Opening { ordered: false, since: now };
        self.buffering = false;
        let network = self.facts.get(&entry).is_some_and(|facts| facts.network);
        if let Some(retry_at) = self.player.off_until().filter(|retry_at| *retry_at > now) {
            self.chain.clear();
            self.why = Why::new(Trouble::Player, "The player does not start");
            self.stage = Stage::Waiting(Wait::Player, Some(retry_at));
            return;
        }
        if !self.player.serves(network) {
            self.start_player(now, network);
        }
        self.load(now);
    }

    /// Gives the order to load, if there is a player to take it.
    pub(super) fn load(&mut self, now: Duration) {
        let (Stage::Opening { ordered: false, .. }, Some(hearing)) = (self.stage, self.chain.first().copied()) else {
            return;
        };
        let uri = self.facts.get(&hearing.entry).and_then(|facts| facts.uri.clone());
        let (true, Some(uri)) = (self.player.is_ready(), uri) else { return };
        self.tell_rate();
        let (position_us, playing) = (self.anchor.micros, self.wish == Status::Playing);
        self.order(Order::Load { track: Track { id: hearing.id, uri }, position_us, playing });
        self.loud = true;
        self.stage = Stage::Opening { ordered: true, since: now };
        self.player.progressed(now);
    }

    /// Has the player give up what it sounds.
    pub(super) fn silence(&mut self) {
        self.chain.clear();
        self.jump = None;
        self.buffering = false;
        self.anchor.moves = false;
        if std::mem::take(&mut self.loud) {
            self.order_if_ready(Order::Stop);
        }
    }

    /// The queue is at its end: stopped, and ready to begin anew.
    pub(super) fn end(&mut self, now: Duration, why: Why) {
        self.wish = Status::Stopped;
        self.silence();
        self.anchor(now, 0, false);
        match self.queue.first() {
            Some(first) => self.go(now, first, Start::Usual, Choice::Onward),
            None => self.stage = Stage::Idle(Start::Usual),
        }
        self.why = why;
        self.save_position(now);
    }
}

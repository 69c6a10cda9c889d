//! What the player says.

use std::time::Duration;

use tandem_contracts::media::Trouble;
use tandem_library::Kind;
use tandem_player::protocol::{Cause, Event, Order};

use super::{Choice, Core, Effect, Hearing, Stage, Start};
use crate::state::{Happening, Status};
use crate::why::Why;

/// A jump that ends so near to where it was to, in microseconds, is that jump.
const SAME_PLACE: i64 = 50_000;

impl Core {
    pub fn hear(&mut self, now: Duration, event: Event) {
        self.player.heard_from(now);
        match event {
            Event::Ready { sink, missing, heavy, .. } => self.player_ready(now, sink, missing, heavy),
            Event::Alive { number } => self.player.alive(number),
            Event::Loaded { id, duration_us, seekable } => {
                if self.sounds(id) {
                    // What cannot be jumped in begins at its start, also when a jump in it came to nothing.
                    if !seekable && self.anchor.micros > 0 {
                        self.jump = None;
                        self.anchor(now, 0, self.anchor.moves);
                        self.happened(Happening::Seeked(0));
                    }
                    self.loaded(now, duration_us, seekable);
                }
            }
            Event::Started { id, duration_us, seekable } => self.started(now, id, duration_us, seekable),
            Event::Sounding { id, playing } => {
                if self.sounds(id) && self.stage == Stage::Loaded {
                    let position = self.position(now);
                    self.anchor(now, position, playing && self.wish == Status::Playing);
                    self.player.progressed(now);
                }
            }
            Event::Position { id, position_us } => {
                if self.sounds(id) && self.stage == Stage::Loaded && self.jump.is_none() {
                    self.player.progressed(now);
                    self.reconnect.sounded(now);
                    let moves = self.wish == Status::Playing && !self.buffering;
                    self.anchor(now, position_us, moves);
                }
            }
            Event::Seeked { id, position_us } => {
                if self.sounds(id) {
                    self.seeked(now, position_us);
                }
            }
            Event::WantsNext { id } => {
                if let Some(hearing) = self.chain.iter_mut().find(|hearing| hearing.id == id) {
                    hearing.asks = true;
                    self.settle();
                }
            }
            Event::Tags { id, title, artist, album, station, codec, .. } => {
                self.player.decodes(&codec);
                if self.sounds(id) {
                    self.player.progressed(now);
                    (self.stream_title, self.stream_artist) = (title, artist);
                    (self.stream_album, self.station) = (album, station);
                }
            }
            Event::Buffering { id, percent } => {
                if self.sounds(id) {
                    self.buffer(now, percent);
                }
            }
            Event::Ended { id } => {
                if self.sounds(id) {
                    self.ended(now);
                }
            }
            Event::Failed { id, cause, sentence } => self.failed(now, id, cause, sentence),
        }
    }

    /// What is heard, or is to be heard next of all.
    fn sounds(&self, id: u64) -> bool {
        self.chain.first().is_some_and(|hearing| hearing.id == id)
    }

    fn loaded(&mut self, now: Duration, duration_us: Option<i64>, seekable: bool) {
        self.learn(duration_us, seekable);
        if !matches!(self.stage, Stage::Opening { .. }) {
            return;
        }
        self.stage = Stage::Loaded;
        self.why = Why::default();
        self.player.progressed(now);
        if let Some(position_us) = self.jump {
            self.order(Order::Seek { position_us });
        }
    }

    fn learn(&mut self, duration_us: Option<i64>, seekable: bool) {
        let Some(facts) = self.queue.current().and_then(|entry| self.facts.get_mut(&entry)) else { return };
        // An address of no library says only now that it has no end.
        facts.live |= facts.id.is_none() && facts.network && duration_us.is_none() && !seekable;
        if !facts.live {
            self.length_us = duration_us.filter(|length| *length > 0).or(self.length_us);
            self.seekable = seekable;
        }
    }

    fn started(&mut self, now: Duration, id: u64, duration_us: Option<i64>, seekable: bool) {
        let Some(place) = self.chain.iter().position(|hearing| hearing.id == id) else { return };
        if place > 0 {
            self.follow_on(now, place);
        }
        self.loaded(now, duration_us, seekable);
        (self.streak, self.slow) = (0, 0);
        self.away = None;
        self.player.device_is_back();
        self.why = Why::default();
        let position = if place > 0 { 0 } else { self.anchor.micros };
        self.anchor(now, position, self.wish == Status::Playing);
        self.player.progressed(now);
        if std::mem::take(&mut self.tell_jump) {
            self.happened(Happening::Seeked(position));
        }
        if let Some(id) = self.subject().and_then(|facts| facts.id).filter(|id| id.kind != Kind::Episode) {
            self.out.push(Effect::Heard { id, micros: position });
        }
        self.save_position(now);
        self.settle();
    }

    /// What was committed is heard: without a gap it took the place of what was before.
    fn follow_on(&mut self, now: Duration, place: usize) {
        let before = self.queue.current();
        self.heard_out();
        self.chain.drain(..place);
        let Some(Hearing { entry, .. }) = self.chain.first().copied() else { return };
        if self.queue.set_current(entry).is_err() {
            return;
        }
        self.forget_stream();
        self.stage = Stage::Opening { ordered: true, since: now };
        self.length_us = self.subject().map(|facts| facts.item.length_us).filter(|length| *length > 0);
        // The same entry from its beginning is, for whoever watches, a jump.
        self.tell_jump = before == Some(entry);
    }

    fn seeked(&mut self, now: Duration, position: i64) {
        let last = self.jump.is_none_or(|target| (target - position).abs() <= SAME_PLACE);
        if last {
            self.jump = None;
            let moves = self.stage == Stage::Loaded && self.wish == Status::Playing && !self.buffering;
            self.anchor(now, position, moves);
            self.happened(Happening::Seeked(position));
            self.save_position(now);
        }
        self.player.progressed(now);
    }

    fn buffer(&mut self, now: Duration, percent: u8) {
        let buffering = percent < 100;
        if buffering != self.buffering {
            let position = self.position(now);
            let moves = !buffering && self.stage == Stage::Loaded && self.wish == Status::Playing;
            self.anchor(now, position, moves);
            self.buffering = buffering;
        }
        if self.player.filled(percent) {
            self.player.progressed(now);
        }
    }

    fn ended(&mut self, now: Duration) {
        let Some(entry) = self.queue.current() else { return };
        if self.subject().is_some_and(|facts| facts.live) {
            // A station has no end: the connection has.
            return self.reconnect(now, Why::new(Trouble::Network, "The station was lost"));
        }
        self.heard_out();
        self.loud = false;
        self.stage = Stage::Idle(Start::Usual);
        match self.queue.following(entry, |entry| self.plays(entry)) {
            Some(next) => {
                self.go(now, next, Start::Usual, Choice::Onward);
                self.tell_jump = next == entry;
            }
            None => self.end(now, Why::default()),
        }
    }

    /// An episode that was heard to its end is done with.
    fn heard_out(&mut self) {
        let length = self.length_us.unwrap_or(0);
        if let Some(id) = self.subject().and_then(|facts| facts.id).filter(|id| id.kind == Kind::Episode) {
            self.out.push(Effect::Heard { id, micros: length });
        }
    }

    fn failed(&mut self, now: Duration, id: u64, cause: Cause, sentence: String) {
        let Some(place) = self.chain.iter().position(|hearing| hearing.id == id) else { return };
        let Some(entry) = self.chain.get(place).map(|hearing| hearing.entry) else { return };
        if cause == Cause::Slow {
            self.player.lingers();
        }
        if place > 0 {
            return self.next_failed(place, entry, cause, sentence);
        }
        let Some(facts) = self.facts.get(&entry).cloned() else { return };
        let why = why(cause, sentence);
        let started = self.stage == Stage::Loaded;
        let position = self.position(now);
        self.anchor(now, position, false);
        match (cause, facts.volume.filter(|volume| volume.usb)) {
            (Cause::Device, _) => self.wait_for_device(now),
            (Cause::Network, _) if facts.network => self.reconnect(now, why),
            (_, _) if facts.live && started => self.reconnect(now, why),
            // To look whether its stick is here would ask the very disk that is slow; one that is pulled is told by [`Core::volume_gone`].
            (Cause::Slow, _) => self.break_off(now, entry, why, false),
            (_, Some(volume)) => {
                self.silence();
                self.why = why;
                self.stage = Stage::Checking { marks: marks(cause) && !started };
                self.out.push(Effect::Check { entry, volume: volume.id });
            }
            (_, None) => self.break_off(now, entry, why, marks(cause) && !started),
        }
    }

    /// What was to follow cannot; what sounds is not disturbed.
    fn next_failed(&mut self, place: usize, entry: u64, cause: Cause, sentence: String) {
        let away = self.facts.get(&entry).is_some_and(|facts| facts.volume.as_ref().is_some_and(|volume| volume.usb));
        self.chain.truncate(place);
        if let Some(before) = self.chain.last_mut() {
            (before.asks, before.told_nothing) = (true, false);
        }
        if away || matches!(cause, Cause::Slow | Cause::Device | Cause::Network) {
            // Its stick may be gone, or its disk awake by then: when its time comes, it is looked at.
            if let Some(facts) = self.facts.get_mut(&entry) {
                facts.uri = None;
            }
        } else {
            self.tell_broken(entry, &why(cause, sentence), marks(cause));
        }
        self.settle();
    }
}

/// Whether a file that failed so does so until it is another file.
fn marks(cause: Cause) -> bool {
    matches!(cause, Cause::Unsupported | Cause::Damaged)
}

fn why(cause: Cause, sentence: String) -> Why {
    let trouble = match cause {
        Cause::NotFound => Trouble::Missing,
        Cause::NotAllowed | Cause::Unsupported | Cause::Damaged => Trouble::Unreadable,
        Cause::Slow => Trouble::Slow,
        Cause::Network => Trouble::Network,
        Cause::Device => Trouble::Device,
    };
    Why::new(trouble, sentence)
}

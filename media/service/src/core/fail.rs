//! What is done about what does not play: passed over, waited for, or tried again.

use std::time::Duration;

use super::{Choice, Core, Effect, Stage, Start, Wait};
use crate::state::Happening;

/// Entries in a row that are tried before playback gives up, whatever the length of the queue.
const MOST_TRIED: usize = 1000;
/// Of a row of entries whose stick is away, so many are told one by one.
const AWAY_TOLD: usize = 3;

impl Core {
    /// The current entry cannot be had now: waited for, if it was chosen, else passed over.
    pub(super) fn miss(&mut self, now: Duration, entry: u64, choice: Choice) {
        let reason = self.facts.get(&entry).map(|facts| facts.item.reason.clone()).unwrap_or_default();
        if choice == Choice::Chosen {
            return self.wait_for_stick(now, reason);
        }
        self.away = self.away.or(Some(entry));
        if self.streak < AWAY_TOLD {
            self.tell_skipped(entry, &reason);
        }
        self.move_on(now, entry, reason, choice);
    }

    /// The current entry does not play: it is passed over, and somebody is told why.
    pub(super) fn pass_over(&mut self, now: Duration, entry: u64, reason: &str, choice: Choice) {
        self.tell_broken(entry, reason, false);
        self.move_on(now, entry, reason.to_owned(), choice);
    }

    /// The same for one that the player gave up; `marks` if the library is to know.
    pub(super) fn break_off(&mut self, now: Duration, entry: u64, reason: &str, marks: bool) {
        self.silence();
        self.tell_broken(entry, reason, marks);
        self.move_on(now, entry, reason.to_owned(), Choice::Onward);
    }

    pub(super) fn tell_broken(&mut self, entry: u64, reason: &str, marks: bool) {
        self.broken.insert(entry, reason.to_owned());
        if let Some(id) = self
            .facts
            .get(&entry)
            .and_then(|facts| facts.id)
            .filter(|id| marks && id.kind == tandem_library::Kind::Track)
        {
            self.out.push(Effect::Unplayable { id, reason: reason.to_owned() });
        }
        self.tell_skipped(entry, reason);
    }

    fn tell_skipped(&mut self, entry: u64, reason: &str) {
        if let Some(facts) = self.facts.get(&entry) {
            let item = Box::new(facts.item.clone());
            self.happened(Happening::Skipped(item, reason.to_owned()));
        }
    }

    fn move_on(&mut self, now: Duration, entry: u64, reason: String, choice: Choice) {
        self.streak += 1;
        let back = if choice == Choice::Back { self.queue.previous(entry, |entry| self.plays(entry)) } else { None };
        let onward = back.map(|entry| (entry, Choice::Back)).or_else(|| {
            Some((self.queue.following(entry, |other| other != entry && self.plays(other))?, Choice::Onward))
        });
        match onward.filter(|_| self.streak < self.queue.len().min(MOST_TRIED)) {
            Some((next, choice)) => self.go(now, next, Start::Usual, choice),
            None => self.give_up(now, reason),
        }
    }

    /// Nothing that was tried plays: wait for the first whose stick is away, or stop.
    fn give_up(&mut self, now: Duration, reason: String) {
        self.streak = 0;
        match self.away.take() {
            Some(entry) if self.queue.set_current(entry).is_ok() => {
                self.anchor(now, 0, false);
                self.wait_for_stick(now, reason);
                self.ask(entry);
            }
            _ => self.end(now, reason),
        }
    }

    fn wait_for_stick(&mut self, now: Duration, reason: String) {
        self.silence();
        self.reason = reason;
        self.stage = Stage::Waiting(Wait::Stick, None);
        self.save_position(now);
    }

    /// Whether the volume of what failed is still here.
    pub fn checked(&mut self, now: Duration, entry: u64, present: bool) {
        let Stage::Checking { marks } = self.stage else { return };
        if self.queue.current() != Some(entry) {
            return;
        }
        let reason = self.reason.clone();
        if present {
            self.break_off(now, entry, &reason, marks);
        } else {
            let name = self.subject().and_then(|facts| facts.volume.as_ref()).map(|volume| volume.name.clone());
            self.wait_for_stick(now, taken_out(&name.unwrap_or_default()));
        }
    }

    /// A volume is gone: what plays from it is held where it is.
    pub fn volume_gone(&mut self, now: Duration, volume: &str) {
        let current = self.queue.current();
        let mut name = None;
        for (entry, facts) in &mut self.facts {
            let Some(on) = facts.volume.as_ref().filter(|on| on.id == volume) else { continue };
            facts.item.reason = taken_out(&on.name);
            if current == Some(*entry) {
                name = Some(on.name.clone());
            }
            facts.uri = None;
            facts.item.available = false;
        }
        match (name, self.stage) {
            (Some(name), Stage::Opening { .. } | Stage::Loaded | Stage::Checking { .. }) => {
                let position = self.jump.unwrap_or_else(|| self.position(now));
                self.anchor(now, position, false);
                self.wait_for_stick(now, taken_out(&name));
            }
            _ => self.settle(),
        }
    }

    /// A volume is here, again or for the first time: what waited for one is looked up anew.
    pub fn volume_came(&mut self, now: Duration) {
        if let (Stage::Waiting(Wait::Stick, _), Some(entry)) = (self.stage, self.queue.current()) {
            let position = self.anchor.micros;
            let reason = self.reason.clone();
            self.go(now, entry, Start::At(position), Choice::Chosen);
            // Another stick may have come than the one that is waited for.
            self.reason = reason;
        }
    }

    pub(super) fn wait_for_device(&mut self, now: Duration) {
        self.silence();
        self.reason = "The sound device is gone".into();
        let delay = self.player.next_device_delay();
        self.stage = Stage::Waiting(Wait::Device, Some(now + delay));
    }

    /// The connection to a server broke: it is tried again, for as long as nobody chooses otherwise.
    pub(super) fn reconnect(&mut self, now: Duration, reason: String) {
        self.silence();
        if self.wish != crate::state::Status::Playing {
            self.stage = Stage::Idle(Start::At(self.anchor.micros));
            return;
        }
        self.reason = reason;
        let delay = self.reconnect.next_delay();
        self.stage = Stage::Waiting(Wait::Network, Some(now + delay));
        self.save_position(now);
    }

    /// Tries the current entry again, from where the position stands.
    pub(super) fn retry(&mut self, now: Duration) {
        let Some(entry) = self.queue.current() else { return };
        let (reason, micros) = (self.reason.clone(), self.anchor.micros);
        self.go(now, entry, Start::At(micros), Choice::Chosen);
        self.reason = reason;
    }
}

fn taken_out(name: &str) -> String {
    format!("The stick {name} was taken out")
}

//! What is done about what does not play: passed over, waited for, or tried again.

use std::time::Duration;

use tandem_contracts::media::Trouble;

use super::{Choice, Core, Effect, OnVolume, Stage, Start, Wait};
use crate::state::{Happening, Status};
use crate::why::Why;

/// Entries in a row that are tried before playback gives up, whatever the length of the queue.
const MOST_TRIED: usize = 1000;
/// The same of those that are slow: each takes seconds of silence, and the disk that holds one mostly holds the next.
const MOST_SLOW: usize = 3;
/// Of a row of entries whose stick is away, so many are told one by one.
const AWAY_TOLD: usize = 3;

impl Core {
    /// The current entry cannot be had now: waited for, if it was chosen, else passed over.
    pub(super) fn miss(&mut self, now: Duration, entry: u64, choice: Choice) {
        let why = self.facts.get(&entry).map(|facts| Why::of(&facts.item)).unwrap_or_default();
        if choice == Choice::Chosen {
            return self.wait_for_stick(now, why);
        }
        self.away = self.away.or(Some(entry));
        if self.streak < AWAY_TOLD {
            self.tell_skipped(entry, &why);
        }
        self.move_on(now, entry, why, choice);
    }

    /// The current entry does not play: it is passed over, and somebody is told why.
    pub(super) fn pass_over(&mut self, now: Duration, entry: u64, why: Why, choice: Choice) {
        self.tell_broken(entry, &why, false);
        self.move_on(now, entry, why, choice);
    }

    /// The same for one that the player gave up; `marks` if the library is to know.
    pub(super) fn break_off(&mut self, now: Duration, entry: u64, why: Why, marks: bool) {
        self.silence();
        self.tell_broken(entry, &why, marks);
        self.move_on(now, entry, why, Choice::Onward);
    }

    pub(super) fn tell_broken(&mut self, entry: u64, why: &Why, marks: bool) {
        // What is only slow may play when its turn comes again.
        if why.trouble != Some(Trouble::Slow) {
            self.broken.insert(entry);
        }
        if let Some(id) = self
            .facts
            .get(&entry)
            .and_then(|facts| facts.id)
            .filter(|id| marks && id.kind == tandem_library::Kind::Track)
        {
            self.out.push(Effect::Unplayable { id, reason: why.sentence.clone() });
        }
        self.tell_skipped(entry, why);
    }

    fn tell_skipped(&mut self, entry: u64, why: &Why) {
        if let Some(facts) = self.facts.get(&entry) {
            let item = Box::new(why.on(facts.item.clone()));
            self.happened(Happening::Skipped(item, why.sentence.clone()));
        }
    }

    fn move_on(&mut self, now: Duration, entry: u64, why: Why, choice: Choice) {
        self.streak += 1;
        if why.trouble == Some(Trouble::Slow) {
            self.slow += 1;
            if self.slow >= MOST_SLOW {
                self.away = None;
            }
        }
        let back = if choice == Choice::Back { self.queue.previous(entry, |entry| self.plays(entry)) } else { None };
        let onward = back.map(|entry| (entry, Choice::Back)).or_else(|| {
            Some((self.queue.following(entry, |other| other != entry && self.plays(other))?, Choice::Onward))
        });
        let goes_on = self.streak < self.queue.len().min(MOST_TRIED) && self.slow < MOST_SLOW;
        match onward.filter(|_| goes_on) {
            Some((next, choice)) => self.go(now, next, Start::Usual, choice),
            None => self.give_up(now, why),
        }
    }

    /// Nothing that was tried plays: wait for the first whose stick is away, or stop.
    fn give_up(&mut self, now: Duration, why: Why) {
        (self.streak, self.slow) = (0, 0);
        match self.away.take() {
            Some(entry) if self.queue.set_current(entry).is_ok() => {
                self.anchor(now, 0, false);
                self.wait_for_stick(now, why);
                self.ask(entry);
            }
            _ => self.end_here(now, why),
        }
    }

    /// Stopped at what was tried last: the reason is told with what it is of.
    fn end_here(&mut self, now: Duration, why: Why) {
        self.wish = Status::Stopped;
        self.silence();
        self.forget_stream();
        self.anchor(now, 0, false);
        self.stage = Stage::Idle(Start::Usual);
        self.why = why;
        self.save_position(now);
    }

    fn wait_for_stick(&mut self, now: Duration, why: Why) {
        self.silence();
        self.why = why;
        self.stage = Stage::Waiting(Wait::Stick, None);
        self.save_position(now);
    }

    /// Whether the volume of what failed is still here.
    pub fn checked(&mut self, now: Duration, entry: u64, present: bool) {
        let Stage::Checking { marks } = self.stage else { return };
        if self.queue.current() != Some(entry) {
            return;
        }
        if present {
            let why = self.why.clone();
            self.break_off(now, entry, why, marks);
        } else {
            let why = self.subject().and_then(|facts| facts.volume.as_ref()).map(taken_out);
            self.wait_for_stick(now, why.unwrap_or_default());
        }
    }

    /// A volume is gone: what plays from it is held where it is.
    pub fn volume_gone(&mut self, now: Duration, volume: &str) {
        let current = self.queue.current();
        let mut held = None;
        for (entry, facts) in &mut self.facts {
            let Some(on) = facts.volume.as_ref().filter(|on| on.id == volume) else { continue };
            let why = taken_out(on);
            facts.item = why.on(std::mem::take(&mut facts.item));
            facts.uri = None;
            if current == Some(*entry) {
                held = Some(why);
            }
        }
        match (held, self.stage) {
            (Some(why), Stage::Opening { .. } | Stage::Loaded | Stage::Checking { .. }) => {
                let position = self.jump.unwrap_or_else(|| self.position(now));
                self.anchor(now, position, false);
                self.wait_for_stick(now, why);
            }
            _ => self.settle(),
        }
    }

    /// A volume is here, again or for the first time: what waited for one is looked up anew.
    pub fn volume_came(&mut self, now: Duration) {
        self.came = matches!(self.stage, Stage::Finding(..));
        if let (Stage::Waiting(Wait::Stick, _), Some(entry)) = (self.stage, self.queue.current()) {
            let position = self.anchor.micros;
            let why = self.why.clone();
            self.go(now, entry, Start::At(position), Choice::Chosen);
            // Another stick may have come than the one that is waited for.
            self.why = why;
        }
    }

    pub(super) fn wait_for_device(&mut self, now: Duration) {
        self.silence();
        self.why = Why::new(Trouble::Device, "The sound device is gone");
        let delay = self.player.next_device_delay();
        self.stage = Stage::Waiting(Wait::Device, Some(now + delay));
    }

    /// The connection to a server broke: it is tried again, for as long as nobody chooses otherwise.
    pub(super) fn reconnect(&mut self, now: Duration, why: Why) {
        self.silence();
        if self.wish != Status::Playing {
            self.stage = Stage::Idle(Start::At(self.anchor.micros));
            return;
        }
        self.why = why;
        let delay = self.reconnect.next_delay();
        self.stage = Stage::Waiting(Wait::Network, Some(now + delay));
        self.save_position(now);
    }

    /// Tries the current entry again, from where the position stands.
    pub(super) fn retry(&mut self, now: Duration) {
        let Some(entry) = self.queue.current() else { return };
        let (why, micros) = (self.why.clone(), self.anchor.micros);
        self.go(now, entry, Start::At(micros), Choice::Chosen);
        self.why = why;
    }
}

fn taken_out(volume: &OnVolume) -> Why {
    let OnVolume { name, usb, .. } = volume;
    Why::new(
        Trouble::Away,
        if *usb { format!("The stick {name} was taken out") } else { format!("The folder {name} is not there") },
    )
}

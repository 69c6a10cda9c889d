//! What the queue is asked, and what that means for what sounds.

use std::time::Duration;

use super::{Choice, Core, Start};
use crate::queue::QueueError;
use crate::state::{Place, Playable, Repeat, Status};
use crate::why::Why;

impl Core {
    pub fn set_shuffle(&mut self, shuffle: bool) {
        self.queue.set_shuffle(shuffle);
        self.settle();
    }

    pub fn set_repeat(&mut self, repeat: Repeat) {
        self.queue.repeat = repeat;
        self.settle();
    }

    /// Puts something into the queue; the first new entry, 0 if there is none.
    ///
    /// # Errors
    /// [`QueueError::Full`].
    pub fn enqueue(&mut self, now: Duration, playables: Vec<Playable>, place: Place) -> Result<u64, QueueError> {
        let was_empty = self.queue.is_empty();
        let entry = match place {
            Place::Instead { index, position_us } => {
                self.fresh_start(now);
                self.broken.clear();
                let Some(entry) = self.queue.replace(playables, index) else {
                    self.clear(now);
                    return Ok(0);
                };
                self.wish = Status::Playing;
                let start = if position_us < 0 { Start::Usual } else { Start::At(position_us) };
                self.go(now, entry, start, Choice::Chosen);
                return Ok(entry);
            }
            Place::Next => self.queue.insert_next(playables)?,
            Place::Last => self.queue.insert_last(playables)?,
        };
        if let (true, Some(entry)) = (was_empty, self.queue.current()) {
            self.go(now, entry, Start::Usual, Choice::Chosen);
        }
        self.settle();
        Ok(entry.unwrap_or(0))
    }

    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn jump_to(&mut self, now: Duration, entry: u64) -> Result<(), QueueError> {
        if self.queue.get(entry).is_none() {
            return Err(QueueError::NoSuchEntry(entry));
        }
        self.fresh_start(now);
        self.broken.remove(&entry);
        self.wish = Status::Playing;
        self.go(now, entry, Start::Usual, Choice::Chosen);
        Ok(())
    }

    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn move_entry(&mut self, entry: u64, to: u32) -> Result<(), QueueError> {
        self.queue.move_to(entry, to as usize)?;
        self.settle();
        Ok(())
    }

    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn remove(&mut self, now: Duration, entry: u64) -> Result<(), QueueError> {
        let was_current = self.queue.current() == Some(entry);
        let after = self.queue.next(entry, |other| other != entry && self.plays(other));
        if was_current {
            self.fresh_start(now);
        }
        self.queue.remove(entry)?;
        self.broken.remove(&entry);
        match (was_current, after) {
            (false, _) => self.settle(),
            (true, Some(after)) => self.go(now, after, Start::Usual, Choice::Onward),
            (true, None) if self.queue.is_empty() => self.clear(now),
            (true, None) => self.end(now, Why::default()),
        }
        Ok(())
    }

    pub fn clear(&mut self, now: Duration) {
        self.stop(now);
        self.queue.clear();
        self.facts.clear();
        self.broken.clear();
        self.forget_stream();
    }
}

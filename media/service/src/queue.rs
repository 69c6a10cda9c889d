//! The queue: what plays, in the order in which it plays. Pure.
//!
//! Shuffle is an order, not a dice throw at the end of each track: everything comes once, what follows is known early enough to join it without a gap, and
//! "previous" goes back over what was heard. Each entry keeps its rank, its place without shuffle, so that switching shuffle off finds the old order again.

use crate::state::{Playable, Repeat};

/// The most entries.
pub const MAX_ENTRIES: usize = 100_000;

/// A place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Names the entry for as long as the queue has it; never 0, never given twice.
    pub entry: u64,
    /// Its place without shuffle; no two are the same.
    pub rank: u32,
    pub what: Playable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("the queue has no entry {0}")]
    NoSuchEntry(u64),
    #[error("the queue holds {MAX_ENTRIES} entries at most")]
    Full,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Queue {
    slots: Vec<Slot>,
    current: Option<usize>,
    shuffle: bool,
    pub repeat: Repeat,
    last_entry: u64,
    generation: u64,
    random: u64,
}

impl Queue {
    /// An empty queue; the seed decides how it shuffles.
    pub fn new(seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            current: None,
            shuffle: false,
            repeat: Repeat::None,
            last_entry: 0,
            generation: 1,
            random: seed,
        }
    }

    /// A queue as it was saved; entries that are 0 or come twice, and those beyond the bound, are left out.
    pub fn restored(seed: u64, slots: Vec<Slot>, current: Option<u64>, shuffle: bool, repeat: Repeat) -> Self {
        let mut queue = Self { shuffle, repeat, ..Self::new(seed) };
        let mut seen = std::collections::HashSet::new();
        queue.slots = slots.into_iter().filter(|slot| slot.entry != 0 && seen.insert(slot.entry)).collect();
        queue.slots.truncate(MAX_ENTRIES);
        queue.last_entry = queue.slots.iter().map(|slot| slot.entry).max().unwrap_or(0);
        queue.close_ranks();
        queue.current = current.and_then(|entry| queue.place(entry)).or((!queue.slots.is_empty()).then_some(0));
        queue
    }

    /// Grows with every change that a page of the queue shows, but for the place that plays.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn shuffled(&self) -> bool {
        self.shuffle
    }

    /// All of it, in playing order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub fn get(&self, entry: u64) -> Option<&Slot> {
        self.slots.get(self.place(entry)?)
    }

    /// The entry that plays, or would; none only of an empty queue.
    pub fn current(&self) -> Option<u64> {
        Some(self.slots.get(self.current?)?.entry)
    }

    /// Its place, from 0.
    pub fn current_place(&self) -> Option<usize> {
        self.current
    }

    pub fn first(&self) -> Option<u64> {
        Some(self.slots.first()?.entry)
    }

    /// Makes an entry the one that plays.
    ///
    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn set_current(&mut self, entry: u64) -> Result<(), QueueError> {
        self.current = Some(self.place(entry).ok_or(QueueError::NoSuchEntry(entry))?);
        Ok(())
    }

    /// What plays after an entry when it has ended, if nobody intervenes and all of it plays but what the test refuses.
    pub fn following(&self, entry: u64, plays: impl Fn(u64) -> bool) -> Option<u64> {
        if self.repeat == Repeat::Track && plays(entry) {
            return self.place(entry).map(|_| entry);
        }
        self.onward(entry, self.repeat == Repeat::Playlist, plays)
    }

    /// The entry that "next" goes to: with any repeat the first one follows the last.
    pub fn next(&self, entry: u64, plays: impl Fn(u64) -> bool) -> Option<u64> {
        self.onward(entry, self.repeat != Repeat::None, plays)
    }

    /// The entry that "previous" goes to.
    pub fn previous(&self, entry: u64, plays: impl Fn(u64) -> bool) -> Option<u64> {
        let place = self.place(entry)?;
        let before = self.slots.get(..place)?.iter().rev();
        let wrapped = (self.repeat != Repeat::None).then(|| self.slots.get(place..)).flatten().unwrap_or_default();
        before.chain(wrapped.iter().rev()).map(|slot| slot.entry).find(|entry| plays(*entry))
    }

    fn onward(&self, entry: u64, wrap: bool, plays: impl Fn(u64) -> bool) -> Option<u64> {
        let place = self.place(entry)?;
        let after = self.slots.get(place + 1..)?.iter();
        let wrapped = wrap.then(|| self.slots.get(..=place)).flatten().unwrap_or_default();
        after.chain(wrapped).map(|slot| slot.entry).find(|entry| plays(*entry))
    }

    /// The queue becomes these, and the one at `index` (or the last, if there are fewer) is current. With shuffle it comes first and the rest in any order.
    /// What lies beyond the bound is left out, but never the chosen one.
    pub fn replace(&mut self, mut playables: Vec<Playable>, index: usize) -> Option<u64> {
        let mut index = index.min(playables.len().saturating_sub(1));
        if playables.len() > MAX_ENTRIES {
            let skipped = index.saturating_sub(MAX_ENTRIES - 1);
            playables.drain(..skipped);
            playables.truncate(MAX_ENTRIES);
            index -= skipped;
        }
        self.slots.clear();
        self.current = None;
        self.generation += 1;
        let slots: Vec<_> = (0..).zip(playables).map(|(rank, what)| self.slot(rank, what)).collect();
        self.slots = slots;
        self.current = (!self.slots.is_empty()).then_some(index);
        if self.shuffle {
            self.shuffle_rest();
        }
        self.current()
    }

    /// Puts entries right after the current one, with shuffle too. The first new one.
    ///
    /// # Errors
    /// [`QueueError::Full`]; the queue is as it was.
    pub fn insert_next(&mut self, playables: Vec<Playable>) -> Result<Option<u64>, QueueError> {
        let rank = self.current.and_then(|place| self.slots.get(place)).map_or(0, |slot| slot.rank + 1);
        let place = self.current.map_or(0, |place| place + 1);
        self.insert(playables, place, rank)
    }

    /// Puts entries at the end. The first new one.
    ///
    /// # Errors
    /// [`QueueError::Full`]; the queue is as it was.
    pub fn insert_last(&mut self, playables: Vec<Playable>) -> Result<Option<u64>, QueueError> {
        self.insert(playables, self.slots.len(), self.slots.len() as u32)
    }

    fn insert(&mut self, playables: Vec<Playable>, place: usize, rank: u32) -> Result<Option<u64>, QueueError> {
        if self.slots.len() + playables.len() > MAX_ENTRIES {
            return Err(QueueError::Full);
        }
        if playables.is_empty() {
            return Ok(None);
        }
        let more = playables.len() as u32;
        for slot in self.slots.iter_mut().filter(|slot| slot.rank >= rank) {
            slot.rank += more;
        }
        let new: Vec<_> = (rank..).zip(playables).map(|(rank, what)| self.slot(rank, what)).collect();
        let first = new.first().map(|slot| slot.entry);
        self.slots.splice(place..place, new);
        self.current = self.current.or(Some(0));
        self.generation += 1;
        Ok(first)
    }

    /// Moves an entry to a place, from 0; beyond the end is the end. What plays goes on playing.
    ///
    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn move_to(&mut self, entry: u64, to: usize) -> Result<(), QueueError> {
        let from = self.place(entry).ok_or(QueueError::NoSuchEntry(entry))?;
        let current = self.current();
        let slot = self.slots.remove(from);
        self.slots.insert(to.min(self.slots.len()), slot);
        self.current = current.and_then(|entry| self.place(entry));
        if !self.shuffle {
            self.rank_as_played();
        }
        self.generation += 1;
        Ok(())
    }

    /// Takes an entry out. If it was the current one, the one behind it is current, or the first if there is none behind.
    ///
    /// # Errors
    /// [`QueueError::NoSuchEntry`].
    pub fn remove(&mut self, entry: u64) -> Result<(), QueueError> {
        let place = self.place(entry).ok_or(QueueError::NoSuchEntry(entry))?;
        self.slots.remove(place);
        self.close_ranks();
        self.current = match self.current {
            _ if self.slots.is_empty() => None,
            Some(current) if place < current => Some(current - 1),
            Some(current) if current >= self.slots.len() => Some(0),
            current => current,
        };
        self.generation += 1;
        Ok(())
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.current = None;
        self.generation += 1;
    }

    /// On: the current entry first, then all others in any order. Off: the order of before.
    pub fn set_shuffle(&mut self, shuffle: bool) {
        if self.shuffle == shuffle {
            return;
        }
        self.shuffle = shuffle;
        if shuffle {
            self.shuffle_rest();
        } else {
            let current = self.current();
            self.slots.sort_by_key(|slot| slot.rank);
            self.current = current.and_then(|entry| self.place(entry));
        }
        self.generation += 1;
    }

    fn shuffle_rest(&mut self) {
        let Some(current) = self.current else { return };
        self.slots.swap(0, current);
        self.current = Some(0);
        for place in (2..self.slots.len()).rev() {
            let with = 1 + (self.draw() % place as u64) as usize;
            self.slots.swap(place, with);
        }
    }

    /// SplitMix64: even enough to shuffle songs, and the same for the same seed.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn slot(&mut self, rank: u32, what: Playable) -> Slot {
        self.last_entry += 1;
        Slot { entry: self.last_entry, rank, what }
    }

    fn place(&self, entry: u64) -> Option<usize> {
        // What is asked for is nearly always what plays or its neighbour.
        let near = self.current.unwrap_or(0);
        let beside =
            [near, near + 1].into_iter().find(|place| self.slots.get(*place).is_some_and(|s| s.entry == entry));
        beside.or_else(|| self.slots.iter().position(|slot| slot.entry == entry))
    }

    fn rank_as_played(&mut self) {
        for (rank, slot) in (0..).zip(&mut self.slots) {
            slot.rank = rank;
        }
    }

    /// Ranks from 0 without holes, in their order.
    fn close_ranks(&mut self) {
        if !self.shuffle {
            self.rank_as_played();
            return;
        }
        let mut by_rank: Vec<_> = self.slots.iter_mut().collect();
        by_rank.sort_by_key(|slot| slot.rank);
        for (rank, slot) in (0..).zip(by_rank) {
            slot.rank = rank;
        }
    }
}

#[cfg(test)]
mod tests;

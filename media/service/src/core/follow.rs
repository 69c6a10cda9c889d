//! What the player may sound after what it sounds, kept the same as the queue says: it may have been told of two entries ahead.

use super::{Core, Hearing};
use tandem_player::protocol::{Order, Track};

impl Core {
    /// Takes back what the queue does not say any more, and answers what the player wants to know.
    pub(super) fn settle(&mut self) {
        let mut place = 0;
        while let Some(here) = self.chain.get(place).copied() {
            let wanted =
                self.queue.get(here.entry).and_then(|_| self.queue.following(here.entry, |entry| self.plays(entry)));
            match self.chain.get(place + 1) {
                Some(next) if wanted == Some(next.entry) && self.joins(next.entry) => {
                    place += 1;
                    continue;
                }
                Some(_) => {
                    self.chain.truncate(place + 1);
                    self.answer(place, wanted, true);
                }
                None if here.asks => self.answer(place, wanted, false),
                None => {}
            }
            return;
        }
    }

    fn answer(&mut self, place: usize, wanted: Option<u64>, takes_back: bool) {
        let Some(here) = self.chain.get_mut(place) else { return };
        let (after, told_nothing) = (here.id, here.told_nothing && !takes_back);
        here.asks = true;
        let known = wanted.filter(|entry| self.facts.contains_key(entry));
        let joins = known.filter(|entry| self.joins(*entry));
        if let (Some(entry), None) = (wanted, known) {
            self.ask(entry);
        }
        if let Some((entry, uri)) = joins.and_then(|entry| Some((entry, self.facts.get(&entry)?.uri.clone()?))) {
            self.last_id += 1;
            let track = Track { id: self.last_id, uri };
            self.chain.push(Hearing { id: track.id, entry, asks: false, told_nothing: false });
            self.tell_nothing(place, false);
            self.order(Order::Follow { after, track: Some(track) });
        } else if !told_nothing && (takes_back || known.is_some() || wanted.is_none()) {
            self.tell_nothing(place, true);
            self.order(Order::Follow { after, track: None });
        }
    }

    fn tell_nothing(&mut self, place: usize, nothing: bool) {
        if let Some(here) = self.chain.get_mut(place) {
            here.told_nothing = nothing;
        }
    }

    /// Whether an entry can follow what sounds within the player that runs: it can be played, has an end, and needs as much network as this player has.
    fn joins(&self, entry: u64) -> bool {
        self.facts.get(&entry).is_some_and(|facts| {
            facts.uri.is_some()
                && !facts.unresolved
                && facts.item.available
                && facts.obstacle.is_none()
                && !facts.live
                && self.player.serves(facts.network)
        })
    }
}

//! What may be done with a row beside opening or playing it.

use slint::ComponentHandle;
use tandem_kit::MediaCommand;
use tandem_kit::media::{Item, Place, Row};

use super::{Music, rows};
use crate::{CentreWindow, Choosing, MediaAdapter, MediaTab};

/// What the driver chooses something for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Chosen {
    Item(Box<Item>),
    /// An entry of the queue.
    Entry(Box<Row>),
    /// The whole queue.
    Queue,
}

/// Where an entry of the queue stands, from 0.
#[derive(Clone, Copy)]
struct Standing {
    entry: u64,
    place: u32,
    total: u32,
    /// The place that plays.
    current: Option<u32>,
}

impl Standing {
    /// The place to move to, so that the entry stands right behind what plays: what lies before that moves up by one.
    fn next(self) -> Option<u32> {
        let current = self.current.filter(|current| *current != self.place)?;
        let next = if self.place < current { current } else { current + 1 };
        (next != self.place).then_some(next)
    }

    fn by(self, steps: i32) -> Option<u32> {
        self.place.checked_add_signed(steps).filter(|to| *to < self.total)
    }
}

impl Music {
    /// Offers choices, or none any more.
    pub fn choose(&mut self, window: &CentreWindow, chosen: Option<Chosen>) {
        self.chosen = chosen;
        self.show_choices(window);
    }

    /// Shows what may be chosen as things stand. An entry that has left the queue takes its choices along.
    pub fn show_choices(&mut self, window: &CentreWindow) {
        let standing = self.standing();
        if self.service.is_none() || matches!(self.chosen, Some(Chosen::Entry(_))) && standing.is_none() {
            self.chosen = None;
        }
        let adapter = window.global::<MediaAdapter>();
        let row = |row: &Row| rows::draw(row, &self.covers);
        let (choosing, chosen) = match &self.chosen {
            None => (Choosing::Nothing, None),
            Some(Chosen::Queue) => (Choosing::Queue, None),
            Some(Chosen::Entry(entry)) => (Choosing::Entry, Some(row(entry))),
            Some(Chosen::Item(item)) => {
                let choosing = if rows::holds(&item.kind) { Choosing::Holder } else { Choosing::Item };
                (choosing, Some(row(&Row { entry: 0, item: Item::clone(item) })))
            }
        };
        adapter.set_choosing(choosing);
        if let Some(chosen) = chosen {
            adapter.set_chosen(chosen);
        }
        adapter.set_can_play_next(standing.is_none_or(|standing| standing.next().is_some()));
        adapter.set_can_move_up(standing.is_some_and(|standing| standing.by(-1).is_some()));
        adapter.set_can_move_down(standing.is_some_and(|standing| standing.by(1).is_some()));
    }

    fn standing(&self) -> Option<Standing> {
        let Some(Chosen::Entry(row)) = &self.chosen else { return None };
        let queue = self.service.as_ref()?.queue;
        let place = self.queue.find(|other| other.entry == row.entry)?;
        Some(Standing { entry: row.entry, place, total: queue.total, current: queue.current })
    }

    /// Plays what is chosen from its first.
    pub fn play_chosen(&mut self, window: &CentreWindow) {
        let command = match self.chosen.take() {
            Some(Chosen::Item(item)) => MediaCommand::Play(item.id),
            Some(Chosen::Entry(_) | Chosen::Queue) | None => return self.show_choices(window),
        };
        window.global::<MediaAdapter>().set_tab(MediaTab::Now);
        self.ask(window, command);
        self.show_choices(window);
    }

    /// Puts what is chosen into the queue, or to another place in it.
    pub fn queue_chosen(&mut self, window: &CentreWindow, place: Place) {
        let standing = self.standing();
        match (self.chosen.take(), standing) {
            (Some(Chosen::Item(item)), _) => {
                let id = item.id.clone();
                self.queued = Some(item);
                self.ask(window, MediaCommand::Enqueue { id, place });
            }
            (Some(Chosen::Entry(_)), Some(standing)) => {
                let to = if place == Place::Next { standing.next() } else { standing.total.checked_sub(1) };
                if let Some(to) = to {
                    self.ask(window, MediaCommand::MoveEntry { entry: standing.entry, to });
                }
            }
            _ => {}
        }
        self.show_choices(window);
    }

    /// Moves the chosen entry by places; what may be chosen stays open for the next step.
    pub fn move_chosen(&mut self, window: &CentreWindow, steps: i32) {
        let Some(standing) = self.standing() else { return };
        if let Some(to) = standing.by(steps) {
            self.ask(window, MediaCommand::MoveEntry { entry: standing.entry, to });
        }
    }

    /// Takes the chosen entry out of the queue, or all of them.
    pub fn remove_chosen(&mut self, window: &CentreWindow) {
        match self.chosen.take() {
            Some(Chosen::Entry(row)) => self.ask(window, MediaCommand::RemoveEntry(row.entry)),
            Some(Chosen::Queue) => self.ask(window, MediaCommand::ClearQueue),
            Some(Chosen::Item(_)) | None => {}
        }
        self.show_choices(window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_moves_behind_what_plays_from_either_side() {
        let standing = |place, current| Standing { entry: 7, place, total: 10, current };
        // Taken out from before what plays, everything behind it moves up.
        assert_eq!(standing(1, Some(4)).next(), Some(4));
        assert_eq!(standing(8, Some(4)).next(), Some(5));
        assert_eq!(
            [(5, Some(4)), (4, Some(4)), (3, None)].map(|(place, current)| standing(place, current).next()),
            [None; 3]
        );
        assert_eq!([standing(0, None).by(-1), standing(0, None).by(1), standing(9, None).by(1)], [None, Some(1), None]);
    }
}

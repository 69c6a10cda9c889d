//! The car's music while somebody rings or talks: it waits, and goes on if nobody decided otherwise.

use std::time::Duration;

use crate::core::{CarPlays, Order};

/// A player that was told something has done it after this, or does not.
const OBEYS_WITHIN: Duration = Duration::from_secs(3);

#[derive(Default)]
enum Stage {
    /// Nobody rings or talks.
    #[default]
    Free,
    /// There is a call, and the music is as people want it.
    Left,
    /// It was told to pause, and has not been seen silent.
    Told { item: String },
    /// It waits.
    Waits { item: String },
    /// Nobody rings or talks any more, and it was told to go on: it may not sound yet.
    GoesOn { item: String, until: Duration },
    /// It was told to go on and to pause again: what is seen of it until then says nothing.
    Again { item: String, until: Duration },
}

/// See the module.
#[derive(Default)]
pub struct Music(Stage);

impl Music {
    /// What the car's player is to be told, when calls or the player are others than they were.
    pub fn follow(&mut self, now: Duration, is_call: bool, car: &CarPlays) -> Option<Order> {
        let is = |item: &String| car.item == *item;
        let before = match std::mem::take(&mut self.0) {
            Stage::GoesOn { until, .. } if now >= until => Stage::Free,
            Stage::Again { item, until } if now >= until => Stage::Told { item },
            before => before,
        };
        let until = now + OBEYS_WITHIN;
        let (next, order) = match (before, is_call) {
            (Stage::GoesOn { item, .. }, true) if is(&item) => (Stage::Again { item, until }, Some(Order::Pause)),
            (Stage::GoesOn { item, until }, false) if is(&item) => (Stage::GoesOn { item, until }, None),
            (Stage::Free | Stage::GoesOn { .. }, true) if car.sounding => {
                (Stage::Told { item: car.item.clone() }, Some(Order::Pause))
            }
            (Stage::Free | Stage::GoesOn { .. } | Stage::Left, true) => (Stage::Left, None),
            (Stage::Free | Stage::GoesOn { .. } | Stage::Left, false) => (Stage::Free, None),
            (Stage::Again { item, until }, true) if is(&item) => (Stage::Again { item, until }, None),
            (Stage::Told { item }, true) if is(&item) && car.sounding => (Stage::Told { item }, None),
            (Stage::Told { item } | Stage::Waits { item }, true) if is(&item) && !car.sounding => {
                (Stage::Waits { item }, None)
            }
            // It sounds again, or is something else: somebody wants that.
            (Stage::Told { .. } | Stage::Waits { .. } | Stage::Again { .. }, true) => (Stage::Left, None),
            // Orders are obeyed in their order: one that is not silent yet is told to go on behind the one to pause.
            (Stage::Told { item } | Stage::Waits { item } | Stage::Again { item, .. }, false) if is(&item) => {
                (Stage::GoesOn { item, until }, Some(Order::Play))
            }
            (Stage::Told { .. } | Stage::Waits { .. } | Stage::Again { .. }, false) => (Stage::Free, None),
        };
        self.0 = next;
        order
    }
}

//! The car's music while somebody rings or talks: it waits, and goes on if nobody decided otherwise.

use crate::core::{CarPlays, Order};

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
}

/// See the module.
#[derive(Default)]
pub struct Music(Stage);

impl Music {
    /// What the car's player is to be told, when calls or the player are others than they were.
    pub fn follow(&mut self, is_call: bool, car: &CarPlays) -> Option<Order> {
        let is = |item: &String| car.item == *item;
        let (next, order) = match (std::mem::take(&mut self.0), is_call) {
            (Stage::Free, true) if car.sounding => (Stage::Told { item: car.item.clone() }, Some(Order::Pause)),
            (Stage::Free, true) => (Stage::Left, None),
            (Stage::Free | Stage::Left, false) => (Stage::Free, None),
            (Stage::Left, true) => (Stage::Left, None),
            (Stage::Told { item }, true) if is(&item) && car.sounding => (Stage::Told { item }, None),
            (Stage::Told { item } | Stage::Waits { item }, true) if is(&item) && !car.sounding => {
                (Stage::Waits { item }, None)
            }
            // It sounds again, or is something else: somebody wants that.
            (Stage::Told { .. } | Stage::Waits { .. }, true) => (Stage::Left, None),
            // Orders are obeyed in their order: one that is not silent yet is told to go on behind the one to pause.
            (Stage::Told { item } | Stage::Waits { item }, false) => (Stage::Free, is(&item).then_some(Order::Play)),
        };
        self.0 = next;
        order
    }
}

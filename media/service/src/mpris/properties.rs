//! What is told of a snapshot, and of two of them.

use std::collections::HashMap;

use zbus::Variant;

use super::face::Face;
use super::player::Player;
use crate::state::Snapshot;

/// What a change of the queue tells in any case: clients keep for ever what they read before there was one.
const WITH_THE_QUEUE: [&str; 5] = ["CanGoNext", "CanGoPrevious", "CanPlay", "CanPause", "CanSeek"];

/// Every property of the player that is told.
pub fn everything(snapshot: &Snapshot) -> HashMap<&'static str, Variant<'static>> {
    let told = Player::PROPERTIES.iter().filter(|property| property.told);
    told.map(|property| (property.name, (property.read)(snapshot))).collect()
}

/// The properties that are not what they were.
pub fn difference(before: &Snapshot, now: &Snapshot) -> HashMap<&'static str, Variant<'static>> {
    let before_told = everything(before);
    let is_other_queue = before.queue_generation != now.queue_generation;
    let mut changed = everything(now);
    changed
        .retain(|name, value| before_told.get(name) != Some(value) || is_other_queue && WITH_THE_QUEUE.contains(name));
    changed
}

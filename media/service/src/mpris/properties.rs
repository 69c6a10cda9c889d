//! What is told of two snapshots.

use std::collections::HashMap;

use tandem_contracts::mpris::face;
use zbus::Variant;

use super::player::Player;
use crate::state::Snapshot;

/// What a change of the queue tells in any case: clients keep for ever what they read before there was one.
const WITH_THE_QUEUE: [&str; 5] = ["CanGoNext", "CanGoPrevious", "CanPlay", "CanPause", "CanSeek"];

/// The properties that are not what they were.
pub fn difference(before: &Snapshot, now: &Snapshot) -> HashMap<&'static str, Variant<'static>> {
    let mut changed = face::difference::<Player>(before, now);
    if before.queue_generation != now.queue_generation {
        let all = face::everything::<Player>(now);
        changed.extend(all.into_iter().filter(|(name, _)| WITH_THE_QUEUE.contains(name)));
    }
    changed
}

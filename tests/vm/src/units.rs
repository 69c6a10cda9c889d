//! The units that a car starts, under a systemd of their own: what becomes of a part that is killed, hangs, cannot start or is imitated, and what no part can do.

mod ends;
mod inside;
mod part;
mod strangers;
mod whole;

pub use inside::{INSIDE, tell_what_is_refused};

use crate::Story;

/// In this order: a story leaves every part running, and the last ones end them.
pub fn stories() -> Vec<Story> {
    [whole::STORIES, inside::STORIES, strangers::STORIES, ends::STORIES, whole::LAST].concat()
}

//! A stage for stories: runs the shipped binaries as a person would, on a bus of their own, for a bounded time, and leaves nothing behind.
//! It panics rather than returns errors: whatever goes wrong on the stage is the story's failure.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bus;
mod daemon;
mod forged;
pub mod modem;
pub mod phones;
mod picture;
mod process;
mod shown;
mod skip;
mod sources;
pub mod tagged;

pub use bus::{Bus, Listener, within};
pub use daemon::{Daemon, tied};
pub use forged::answers;
pub use picture::{Pixels, Region};
pub use process::{Outcome, Tandem, binary, child_of, processes};
pub use shown::{MINUS, PLUS, Shown, can_raise, is_stale, speed};
pub use skip::skip_even_in_ci;
pub use sources::{corpus, demo_log, first_of, peer_python, root};

/// Says loudly that a test does not try something here, and what to do about it.
///
/// # Panics
/// In CI (`CI` is set, as every CI and `.ci/run` do): what passes there was tried.
pub fn skip(why: &str) {
    skip::skip(why).unwrap_or_else(|untried| panic!("{untried}"));
}

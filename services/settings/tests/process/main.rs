//! The shipped service: on a disk that loses its power, breaks, fills up and is read only, and on a bus with people who lie.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broken;
mod disk;
mod driving;
mod follow;
mod full;
mod hangs;
mod kill;
mod power;
mod stage;
mod trace;

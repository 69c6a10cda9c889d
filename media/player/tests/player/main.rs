//! The player's process against real files, made by real encoders of sound of our own; and against what is none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aac;
mod bad_input;
mod gapless;
mod harness;
mod lossless;
mod loudness;
mod network;
mod process;
mod sound;
mod steering;

//! The player's process against real files, made by real encoders of sound of our own; and against what is none.

mod bad_input;
mod gapless;
mod harness;
mod loudness;
mod network;
mod process;
mod sound;
mod steering;

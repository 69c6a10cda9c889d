//! The cluster as a driver, a screen reader and a camera meet it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod calls;
mod check;
mod drawing;
mod guidance;
mod han;
mod health;
mod instructions;
mod limit;
mod matrix;
mod measured;
mod music;
mod pictures;
mod replay;
mod tape;
mod warnings;
mod words;

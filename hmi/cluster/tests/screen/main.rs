//! The cluster as a driver, a screen reader and a camera meet it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod check;
mod drawing;
mod guidance;
mod han;
mod limit;
mod music;
mod pictures;
mod warnings;
mod words;

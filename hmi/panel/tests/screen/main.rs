//! The panel as a finger, a screen reader and a camera meet it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod drawing;
mod gallery;
mod orders;
mod stage;

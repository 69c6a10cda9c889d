//! The centre display as a driver, a screen reader and a camera meet it.

mod pictures;
mod stage;
mod words;

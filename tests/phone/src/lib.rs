//! A phone that is none: it speaks KDE Connect with a car, plays a story from a TOML file, and misbehaves when told to.
//!
//! [`player`], [`core`] and [`script`] have no clock and no socket: time is an argument. [`air`] is the way to the car, which can break, [`phone`] all of it together, and
//! what the program and tests hold; [`options`] and [`command`] are the program.

pub mod air;
pub mod command;
pub mod core;
pub mod deed;
pub mod event;
pub mod memory;
pub mod options;
pub mod phone;
pub mod player;
pub mod script;
pub mod story;

//! A virtual car. [`model`] is the car itself, [`broadcast`] its control units on the bus, [`virtual_car`] both together:
//! time in, frames out, frames in, with no clock and no socket, so that one seed always gives the same drive.
//! [`link`] puts it on a socket, [`log`] into a candump log, [`hand`] lets tests make it misbehave.

pub mod actuation;
pub mod broadcast;
pub mod deeds;
pub mod ear;
pub mod folder;
pub mod hand;
pub mod link;
pub mod log;
pub mod model;
pub mod options;
pub mod phone;
pub mod random;
pub mod scenario;
pub mod setting;
#[cfg(test)]
mod tests;
pub mod virtual_car;
pub mod wheel;

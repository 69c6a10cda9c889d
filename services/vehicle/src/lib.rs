//! The only process on the car's buses: what the car says becomes readings on D-Bus, and what a client may wish becomes frames.

pub mod actor;
pub mod actuation;
pub mod bus;
mod callers;
pub mod core;
pub mod driving;
mod health;
pub mod inputs;
mod keeper;
mod last_values;
pub mod link;
pub mod memory;
pub mod region;
mod seldom;
pub mod start;
pub mod subscriptions;

#[cfg(test)]
mod tests;

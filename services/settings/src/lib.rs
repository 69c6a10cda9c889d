//! `tandem-settings`: what people set in their car, on the disk before it is in force.

pub mod bus;
pub mod core;
pub mod start;
pub mod store;

//! The latest value of every leaf: when it was heard, what it is worth, and which frames spoke of it.
//!
//! [`Car`] binds a car's profile to its DBC files; [`Store`] hears frames and answers readings. Time is always an argument.

mod car;
mod integrity;
mod load;
mod statistics;
mod store;

pub use car::{Bus, Car, Probe};
pub use load::{LoadError, Places, Warning, catalogue, load};
pub use statistics::{Bitrates, Bits, BusCounts, Fault, IdCounts, Statistics};
pub use store::{Reading, Store};

#[cfg(test)]
mod tests;

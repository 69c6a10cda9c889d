//! `tandem-phone-link`: the phones that were let in, what plays on them, and what of it is in the car.

pub mod actor;
pub mod announce;
pub mod bus;
pub mod car;
pub mod core;
pub mod covers;
pub mod files;
pub mod mpris;
pub mod ofono;
pub mod start;
pub mod store;
pub mod vehicle;

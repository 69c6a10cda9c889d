//! `tandem-lifecycle`: how every part of Tandem is, and what to do about what is not well.

pub mod bus;
pub mod core;
mod machine;
mod parts;
pub mod start;

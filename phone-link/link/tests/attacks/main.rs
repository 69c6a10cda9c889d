//! Peers that lie, flood, stall and vanish, over loopback; and honest ones, of both protocols, in all roles.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod flood;
mod lines;
mod payloads;
mod person;
mod proof;
mod victim;

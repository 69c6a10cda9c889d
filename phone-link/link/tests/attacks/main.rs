//! Peers that lie, flood, stall and vanish, over loopback; and honest ones, of both protocols, in all roles.

mod flood;
mod lines;
mod payloads;
mod person;
mod proof;
mod victim;

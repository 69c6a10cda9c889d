//! `tandem-media`: what plays, from where, and what comes next. It owns the queue and the library, and drives the player, which is a process of its own.

pub mod fetch;
pub mod mpris;
pub mod players;
pub mod podcasts;
pub mod state;
pub mod streams;

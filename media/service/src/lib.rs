//! `tandem-media`: what plays, from where, and what comes next. It owns the queue and the library, and drives the player, which is a process of its own.

pub mod actor;
pub mod announce;
pub mod bus;
pub mod cameras;
pub mod child;
pub mod core;
pub mod facts;
pub mod fetch;
pub mod finder;
pub mod keeper;
pub mod keys;
pub mod mounts;
pub mod mpris;
pub mod players;
pub mod podcasts;
pub mod queue;
pub mod sources;
pub mod start;
pub mod state;
pub mod streams;
pub mod tell;
pub mod volumes;
pub mod why;

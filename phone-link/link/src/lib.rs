//! The way to a phone, and from one: found, dialled, proved, and read line by line. What is said there is `tandem-kdeconnect`'s; who may say it is for whoever
//! holds [`Links`] to decide.
//!
//! A peer that is not proved costs at most one of eight sockets, for at most five seconds. Whoever is pinned is known by its certificate, byte for byte.

mod budget;
mod certificate;
mod dial;
mod discovery;
mod door;
mod link;
mod links;
mod mdns;
mod meet;
mod payload;
mod shared;
mod table;
mod tls;

pub use certificate::{CertificateError, Own, OwnError};
pub use link::Ended;
pub use links::{Gone, Links, StartError, start};
pub use payload::PayloadError;
pub use shared::{News, Options};
pub use table::{LinkId, Pin};

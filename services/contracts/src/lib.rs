//! Every bus name, object path, wire type, error, interface and proxy of Tandem. Server and client use the same declaration.
//!
//! A well-known name, its object path and its interface all carry the version: `org.tandem.Climate1`, `/org/tandem/Climate1`.
//! A reading is `(value, quality, time)`; where the quality has no value (absent, invalid) the variant is an empty array.

pub mod actuation;
pub mod body;
pub mod bus;
pub mod calls;
pub mod camera;
pub mod charging;
pub mod climate;
pub mod connect;
pub mod driving;
mod following;
pub mod health;
pub mod input;
pub mod media;
pub mod mpris;
pub mod part;
pub mod phones;
pub mod screen;
pub mod seats;
pub mod sessions;
pub mod settings;
pub mod signals;
pub mod simulator;
pub mod subscription;
pub mod unheard;
pub mod wire;

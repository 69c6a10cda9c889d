//! The library as its users see it: on a disk that breaks, fills up and loses its power, with what people own and what they type.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod asked;
mod broken;
mod cast;
mod counts;
mod feeds;
mod found;
mod full;
mod made;
mod power;
mod saved;
mod seen;

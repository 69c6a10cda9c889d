//! The library as its users see it: on a disk that breaks, fills up and loses its power, with what people own and what they type.

mod asked;
mod broken;
mod cast;
mod feeds;
mod found;
mod full;
mod made;
mod power;
mod saved;
mod seen;

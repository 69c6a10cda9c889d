//! The shipped service, with a car, a player and a real phone's program: Debian's kdeconnectd at the other end of a virtual cable.

#[path = "../../../link/tests/kdeconnectd/stage.rs"]
mod far;
mod places;
mod songs;
mod stage;

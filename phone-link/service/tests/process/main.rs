//! The shipped service, with a car, a player and a real phone's program: Debian's kdeconnectd at the other end of a virtual cable.
#![cfg(test)]

// Its stage has cables to pull, too.
mod disk;
#[allow(dead_code)]
#[path = "../../../link/tests/kdeconnectd/stage.rs"]
mod far;
mod places;
#[path = "../../../link/tests/kdeconnectd/player.rs"]
mod player;
mod players;
#[allow(dead_code)]
#[path = "../../../../media/service/src/fetch/server.rs"]
mod server;
mod songs;
mod stage;

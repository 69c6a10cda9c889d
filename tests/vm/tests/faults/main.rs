//! Boots the image of a car and takes something away: the power, the processor's time, a bus, the clock, the disk.

#![cfg(test)]

mod bus;
mod clock;
mod disk;
mod hang;
mod power;
mod stage;

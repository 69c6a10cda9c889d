//! What goes from the phone to the car and back, and whose it is at any time. No I/O: time is an argument.

mod destination;
mod point;

pub use destination::{Destination, Target};
pub use point::Point;

//! What goes from the phone to the car and back, and whose it is at any time. No I/O: time is an argument.

mod destination;
mod hand_over;
mod link;
mod point;
mod presence;

pub use destination::{Destination, Target};
pub use hand_over::{CarSeen, Effect, HandOver, PhoneSeen, Record, Stage, Step, Why};
pub use link::Link;
pub use point::Point;
pub use presence::{Cabin, Presence, Whereabouts};

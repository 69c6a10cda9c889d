//! What may be sent to the car, and nothing else: a wanted frame, the car's allow-list, what the car does and the time go in; a frame or a [`Refusal`] comes out.
//!
//! What it promises, of every frame that comes out:
//!
//! * a `[[transmit]]` of the car's `car.toml` names its message on its bus; id (standard or extended), format and length are that message's;
//! * each listed signal lies in its range or has its start value; every other bit is as in [`Gate::blank`], but for counter and checksum, which the gate fills in itself;
//! * the car drives no worse than the line allows and is switched on as it says; nobody knowing counts as moving, and as no power state;
//! * in any span of time there were at most `burst` frames of the message and one more each `min_period_ms`, on any clock that begins;
//! * and a car without such a line is read-only.
//!
//! A line that cannot be kept to the letter is no line: floats, multiplexed messages, signals that share bits, ranges without a raw number or past the bits, and start values that do not fit are
//! mistakes of the car.toml ([`bind`]). Ranges become raw integers there, by decimal arithmetic: no float is compared when a frame is judged. A decision allocates nothing,
//! and a refusal leaves no trace.
//!
//! What it does not promise: that what may leave is wise, for the list is the car's owner's to write; that [`VehicleState`] is true; that what was heard
//! (`others = "received"`) was not forged, if its checksum fits; that nobody else on the bus sends the same id. It knows no signal's history but the pace: unlike
//! the safety code of opendbc and panda it limits no rate of change (steering, braking and driving are not what a head unit asks for), does not compare what it sends with what
//! the driver does, does not watch for the relay of a bus falling silent, and runs in a process and not on a microcontroller of its own. Who needs that puts such a device
//! between.

mod bucket;
mod decimal;
mod gate;
mod refusal;
mod rule;

pub use gate::{Gate, bind};
pub use refusal::Refusal;
pub use rule::{BindError, Limit, Rule};
use tandem_units::{Driving, Power};

/// What the car is known to do. The default is the strictest: it moves, and nobody knows how it is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct VehicleState {
    pub driving: Driving,
    /// `None` if the car does not say, or not any more.
    pub power: Option<Power>,
}

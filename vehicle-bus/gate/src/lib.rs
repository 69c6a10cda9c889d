//! What may be sent to the car, and nothing else.

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

use tandem_frame::{BusIndex, CanId};
use tandem_units::{Driving, Nanoseconds, Power};

/// Why a frame stays in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this car's allow-list has no message {id} on its bus {}", bus.0)]
    NotListed { bus: BusIndex, id: CanId },
    #[error("only data frames leave, and each in the one format of its message")]
    WrongKind,
    #[error("the message has {expected} bytes, the frame {got}")]
    WrongLength { expected: usize, got: usize },
    /// Bits that no listed signal covers, as ones, that are not as in [`Gate::blank`](crate::Gate::blank).
    #[error("this car's allow-list does not let bits {bits:#04X} of byte {byte} be set")]
    NotOurs { byte: usize, bits: u8 },
    /// `signal` is its index in the message; the numbers are raw.
    #[error("signal {signal} is {value} raw, which lies outside the allow-list's {least} to {most}")]
    OutOfRange { signal: usize, value: i128, least: i128, most: i128 },
    #[error("it may not leave while the car is {is}, only while it is {}", or_better(*worst))]
    Driving { is: Driving, worst: Driving },
    #[error("it may not leave while {}", is.map_or("nobody knows how the car is switched on".to_owned(), |power| format!("the car is switched to {power}")))]
    Power { is: Option<Power> },
    #[error("too soon after the last one: {} ms to wait", wait.as_millis().max(1))]
    TooSoon { wait: Nanoseconds },
}

fn or_better(worst: Driving) -> &'static str {
    match worst {
        Driving::Parked => "parked",
        _ => "idling or parked",
    }
}

use tandem_contracts::climate::{ClimateError, TemperatureRange, TemperatureRequest};

use tandem_contracts::driving::Status;

use crate::readings::Link;
use crate::{Media, PhoneNews};

/// What a screen is told. The readings themselves stand in [`crate::Readings`], already up to date.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The newest batch of the vehicle service, or several merged: some readings, or the time alone.
    Batch,
    /// The link to the vehicle service is another one now. Unless it is up, every reading is absent.
    Link(Link),
    Climate(Climate),
    /// Whether the car is parked, idling or moving, and what is restricted. Before the first, and while nobody says so: moving, and everything.
    Driving(Box<Status>),
    Media(Media),
    /// Comes to a face with [`crate::Face::FOLLOWS_PHONES`].
    Phone(PhoneNews),
    /// A point in time that [`crate::Face::wakes_at`] asked for, or a new look: nothing was heard.
    Time,
}

/// What the climate service says.
#[derive(Clone, Debug, PartialEq)]
pub enum Climate {
    /// The service is there, and this is what may be asked for in this car.
    Available(TemperatureRange),
    /// There is no climate service: nothing can be asked for.
    Gone,
    /// The newest wish, of this screen or another, has a new state.
    Request(TemperatureRequest),
    /// A wish of this screen did not get through.
    Refused(Refusal),
}

/// Why a wish did not get through.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The temperature asked for, degrees Celsius.
    pub celsius: f64,
    pub cause: RefusalCause,
    /// One sentence, in English, from the service.
    pub sentence: String,
}

/// The kinds of [`Refusal`]: for a sentence of the screen's own, in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// Outside what this car takes.
    OutOfRange,
    /// Not while the car drives or is switched as it is.
    Restricted,
    /// Somebody else is at it.
    Held,
    /// There is no car to send it to.
    NotAvailable,
    /// The service does not answer, or there is none.
    NoAnswer,
}

impl Refusal {
    pub(crate) fn new(celsius: f64, error: &ClimateError) -> Self {
        let (cause, sentence) = match error {
            ClimateError::OutOfRange(why) => (RefusalCause::OutOfRange, why.clone()),
            ClimateError::Restricted(why) => (RefusalCause::Restricted, why.clone()),
            ClimateError::Held(why) => (RefusalCause::Held, why.clone()),
            ClimateError::NotAvailable(why) | ClimateError::Unsupported(why) => {
                (RefusalCause::NotAvailable, why.clone())
            }
            ClimateError::Bus(error) => (RefusalCause::NoAnswer, error.to_string()),
        };
        Self { celsius, cause, sentence }
    }

    pub(crate) fn unconnected(celsius: f64) -> Self {
        Self { celsius, cause: RefusalCause::NoAnswer, sentence: "There is no connection to the bus.".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_cause_and_its_sentence() {
        let refused = |error| {
            let refusal = Refusal::new(22.5, &error);
            (refusal.cause, refusal.sentence)
        };
        let why = || "why".to_owned();
        assert_eq!(refused(ClimateError::OutOfRange(why())), (RefusalCause::OutOfRange, why()));
        assert_eq!(refused(ClimateError::Restricted(why())), (RefusalCause::Restricted, why()));
        assert_eq!(refused(ClimateError::Held(why())), (RefusalCause::Held, why()));
        assert_eq!(refused(ClimateError::Unsupported(why())), (RefusalCause::NotAvailable, why()));
        assert_eq!(refused(ClimateError::NotAvailable(why())), (RefusalCause::NotAvailable, why()));
        assert_eq!(refused(ClimateError::Bus(zbus::Error::Failure(why()))).0, RefusalCause::NoAnswer);
    }
}

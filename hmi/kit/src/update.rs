use tandem_contracts::actuation::{Actuator, RequestState};
use tandem_contracts::driving::Status;
use tandem_contracts::input::InputEvent;
use tandem_contracts::signals::SignalsError;
use tandem_units::Value;

use crate::readings::Link;
use crate::{CallsNews, CameraNews, HealthNews, Media, PhoneNews, SettingsNews};

/// What a screen is told. The readings themselves stand in [`crate::Readings`], already up to date.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The newest batch of the vehicle service, or several merged: some readings, or the time alone.
    Batch,
    /// The link to the vehicle service is another one now. Unless it is up, every reading is absent.
    Link(Link),
    /// Comes to a face with [`crate::Face::ASKS`].
    Actuation(Actuation),
    /// Whether the car is parked, idling or moving, and what is restricted. Before the first, and while nobody says so: moving, and everything.
    Driving(Box<Status>),
    Media(Media),
    /// Comes to a face with [`crate::Face::FOLLOWS_PHONES`].
    Phone(PhoneNews),
    /// Comes to a face with [`crate::Face::FOLLOWS_CALLS`].
    Calls(CallsNews),
    /// What is set, already in force as far as it is the look of every screen.
    Settings(SettingsNews),
    /// How the parts are, live only.
    Health(HealthNews),
    /// Comes to a face with [`crate::Face::FOLLOWS_CAMERAS`].
    Camera(CameraNews),
    /// Comes to a face with [`crate::Face::FOLLOWS_KEYS`].
    Input(InputEvent),
    /// A point in time that [`crate::Face::wakes_at`] asked for, or a new look: nothing was heard.
    Time,
}

/// What there is to ask of the car, and what becomes of what was asked. [`crate::Wishes`] keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Actuation {
    /// The service is there, and this is what may be asked for in this car.
    Actuators(Vec<Actuator>),
    /// There is no service: nothing can be asked for, and what was asked is not known any more.
    Gone,
    /// A wish, of this screen or another client, has a new state.
    Request(Fate),
    /// A wish of this screen was not taken.
    Refused(Refusal),
}

impl Actuation {
    /// Whether this makes an earlier one worthless that nobody has read yet.
    pub(crate) fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Gone, _) | (Self::Actuators(_), Self::Actuators(_)) => true,
            (Self::Request(one), Self::Request(other)) => one.path == other.path,
            (Self::Refused(one), Self::Refused(other)) => one.path == other.path,
            _ => false,
        }
    }
}

/// How far a wish has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    pub id: u64,
    /// The VSS path of the actuator.
    pub path: String,
    /// What was asked for; none if it cannot be read.
    pub value: Option<Value>,
    pub state: RequestState,
    /// This screen asked.
    pub mine: bool,
}

/// Why a wish was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The VSS path of the actuator.
    pub path: String,
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
    /// There is no car to send it to, or it has no such actuator.
    NotAvailable,
    /// The service does not answer, or there is none.
    NoAnswer,
}

impl Refusal {
    pub(crate) fn new(path: &str, error: &SignalsError) -> Self {
        let cause = match error {
            SignalsError::OutOfRange(_) => RefusalCause::OutOfRange,
            SignalsError::Restricted(_) => RefusalCause::Restricted,
            SignalsError::Held(_) => RefusalCause::Held,
            SignalsError::NotAvailable(_) | SignalsError::Unsupported(_) | SignalsError::UnknownPath(_) => {
                RefusalCause::NotAvailable
            }
            SignalsError::Bus(_) | SignalsError::LimitExceeded(_) | SignalsError::UnknownSubscription(_) => {
                RefusalCause::NoAnswer
            }
        };
        Self { path: path.to_owned(), cause, sentence: error.to_string() }
    }

    pub(crate) fn unconnected(path: &str) -> Self {
        let sentence = "There is no connection to the bus.".to_owned();
        Self { path: path.to_owned(), cause: RefusalCause::NoAnswer, sentence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_cause_and_its_sentence() {
        let refused = |error| {
            let refusal = Refusal::new("Vehicle.Body.Horn.IsActive", &error);
            assert!(refusal.sentence.contains("why"), "{refusal:?}");
            refusal.cause
        };
        let why = || "why".to_owned();
        assert_eq!(refused(SignalsError::OutOfRange(why())), RefusalCause::OutOfRange);
        assert_eq!(refused(SignalsError::Restricted(why())), RefusalCause::Restricted);
        assert_eq!(refused(SignalsError::Held(why())), RefusalCause::Held);
        assert_eq!(refused(SignalsError::Unsupported(why())), RefusalCause::NotAvailable);
        assert_eq!(refused(SignalsError::NotAvailable(why())), RefusalCause::NotAvailable);
        assert_eq!(refused(SignalsError::LimitExceeded(why())), RefusalCause::NoAnswer);
        assert_eq!(refused(SignalsError::Bus(zbus::Error::Failure(why()))), RefusalCause::NoAnswer);
    }

    #[test]
    fn what_nobody_read_is_kept_once_for_each_actuator() {
        let fate = |path: &str, id| {
            Actuation::Request(Fate { id, path: path.into(), value: None, state: RequestState::Pending, mine: false })
        };
        assert!(fate("a", 2).replaces(&fate("a", 1)) && !fate("a", 2).replaces(&fate("b", 1)));
        assert!(Actuation::Gone.replaces(&fate("a", 1)) && !fate("a", 1).replaces(&Actuation::Gone));
        assert!(!Actuation::Actuators(Vec::new()).replaces(&Actuation::Gone), "the end of the one before counts");
    }
}

//! The way from a command to the services that run.

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::anyhow;
use tandem_contracts::calls::CallsError;
use tandem_contracts::camera::CameraError;
use tandem_contracts::climate::ClimateError;
use tandem_contracts::connect::{METHOD_TIMEOUT, builder};
use tandem_contracts::media::MediaError;
use tandem_contracts::phones::PhoneLinkError;
use tandem_contracts::screen::ScreenError;
use tandem_contracts::sessions::SessionsError;
use tandem_contracts::settings::SettingsError;
use tandem_contracts::signals::SignalsError;
use tandem_contracts::simulator::SimulatorError;
use tokio::time::timeout;
use zbus::{Connection, fdo};

use crate::failure::{NotKnown, set_up};
use crate::published;

/// Of a call that may take long.
const PATIENCE: Duration = Duration::from_secs(600);
/// What starts the media service.
pub const MEDIA: &str = "`tandem sim` starts it, unless --no-media says otherwise";
const PHONES: &str = "`tandem sim --phones` starts it";
pub const HINT: &str =
    "start `tandem sim` in another shell, or set TANDEM_BUS to the address of the bus; in a car that is `system`";

/// A connection to the bus that `TANDEM_BUS` names; without it, to the simulation that runs, else to the session's bus.
///
/// # Errors
/// No bus: a wrong set-up.
pub async fn connect() -> anyhow::Result<Connection> {
    connect_within(METHOD_TIMEOUT).await
}

/// The same, for calls that take as long as they take: a large file, a slow phone.
///
/// # Errors
/// No bus: a wrong set-up.
pub async fn patient() -> anyhow::Result<Connection> {
    connect_within(PATIENCE).await
}

async fn connect_within(answers: Duration) -> anyhow::Result<Connection> {
    let named = std::env::var_os("TANDEM_BUS").is_some_and(|name| !name.is_empty());
    if let (false, Some(address)) = (named, published::address()) {
        let simulation = zbus::connection::Builder::address(address.as_str()).method_timeout(answers);
        // One that was killed leaves its address behind.
        if let Ok(Ok(connection)) = timeout(METHOD_TIMEOUT, simulation.build()).await {
            return Ok(connection);
        }
    }
    let built = timeout(METHOD_TIMEOUT, builder().method_timeout(answers).build()).await;
    built.map_err(|_| set_up(format!("the bus does not answer: {HINT}")))?.map_err(|error| {
        // The kernel's own words are at the end of a chain that says the same three times.
        set_up(format!("there is no bus ({}): {HINT}", root(&error)))
    })
}

/// A service that is not there, and how it comes: one sentence, whether it was never started or is just coming back.
pub fn absent(service: &str, starts: &str) -> String {
    format!("the {service} is not on this bus: {starts}; one that has just died is back in a moment")
}

/// An error that a call comes back with.
pub trait CallError: std::error::Error + Send + Sync + 'static {
    /// Whose it is, as people call it, and what starts that.
    const SERVICE: (&'static str, &'static str);

    /// What the bus itself said, if it was not the service.
    fn of_the_bus(&self) -> Option<&zbus::Error>;
}

macro_rules! call_errors {
    ($($error:ty: $variant:path, $service:literal $starts:expr;)*) => {$(
        impl CallError for $error {
            const SERVICE: (&'static str, &'static str) = ($service, $starts);

            fn of_the_bus(&self) -> Option<&zbus::Error> {
                if let $variant(error) = self { Some(error) } else { None }
            }
        }
    )*};
}

call_errors! {
    SignalsError: SignalsError::Bus, "vehicle service" HINT;
    ClimateError: ClimateError::Bus, "vehicle service" HINT;
    MediaError: MediaError::Bus, "media service" MEDIA;
    CameraError: CameraError::Bus, "media service" MEDIA;
    ScreenError: ScreenError::Bus, "screen" HINT;
    PhoneLinkError: PhoneLinkError::Bus, "phone service" PHONES;
    CallsError: CallsError::Bus, "phone service" PHONES;
    SessionsError: SessionsError::Bus, "phone service" PHONES;
    SettingsError: SettingsError::Bus, "settings service" HINT;
    SimulatorError: SimulatorError::Bus, "virtual car" HINT;
    fdo::Error: fdo::Error::ZBus, "service" HINT;
}

impl CallError for zbus::Error {
    const SERVICE: (&'static str, &'static str) = ("service", HINT);

    fn of_the_bus(&self) -> Option<&zbus::Error> {
        Some(self)
    }
}

/// The error of a call, in words that say what to do.
pub fn explain<E: CallError>(error: E) -> anyhow::Error {
    match error.of_the_bus() {
        Some(zbus::Error::FDO(said)) if is_absence(said) || is_lost(said) => nobody::<E>(),
        Some(zbus::Error::InputOutput(cause)) if cause.kind() == ErrorKind::TimedOut => {
            anyhow!("the {} does not answer, and has timed out: `tandem doctor` says how it is", E::SERVICE.0)
        }
        // The error around it says no more than where it came from.
        Some(bus) => bus.clone().into(),
        // A typed error says its D-Bus name first; people want the sentence behind it.
        None => match error.to_string().split_once(": ") {
            Some((name, sentence)) if name.starts_with("org.") => anyhow!("{sentence}"),
            _ => error.into(),
        },
    }
}

/// As [`explain`], for a call that changes something: where its answer is late or lost, nobody knows `whether` it was done, and somebody can `look`.
pub fn explain_wish(error: impl CallError, whether: &str, look: &str) -> anyhow::Error {
    let why = match error.of_the_bus() {
        Some(zbus::Error::InputOutput(error)) if error.kind() == ErrorKind::TimedOut => "the answer is late",
        Some(zbus::Error::InputOutput(_)) => "the bus went before the answer came",
        Some(zbus::Error::FDO(said)) if is_lost(said) => "the service went before it answered",
        _ => return explain(error),
    };
    NotKnown(format!("{why}: nobody knows whether {whether}. {look}")).into()
}

/// As [`explain`], for a call that has no errors of its own.
pub fn explain_plain(error: fdo::Error) -> anyhow::Error {
    if is_absence(&error) || is_lost(&error) { nobody::<fdo::Error>() } else { explain(error) }
}

fn nobody<E: CallError>() -> anyhow::Error {
    let (service, starts) = E::SERVICE;
    set_up(absent(service, starts))
}

pub fn is_absence(said: &fdo::Error) -> bool {
    matches!(said, fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_))
}

/// The answer will not come, and what was asked for may be done or not.
fn is_lost(said: &fdo::Error) -> bool {
    matches!(
        said,
        fdo::Error::NoReply(_) | fdo::Error::Timeout(_) | fdo::Error::TimedOut(_) | fdo::Error::Disconnected(_)
    )
}

fn root(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::SetUp;

    #[test]
    fn an_error_of_a_service_is_told_in_its_sentence() {
        let refused = SignalsError::UnknownPath("this car has no `Vehicle.Spee`".into());
        assert_eq!(format!("{:#}", explain(refused)), "this car has no `Vehicle.Spee`");
    }

    #[test]
    fn a_wish_without_an_answer_is_neither_done_nor_not() {
        let late = || zbus::Error::from(std::io::Error::from(ErrorKind::TimedOut));
        let died = || zbus::Error::FDO(Box::new(fdo::Error::NoReply("it disconnected".into())));
        let gone = || zbus::Error::from(std::io::Error::from(ErrorKind::BrokenPipe));
        for error in [late(), died(), gone()] {
            let told = explain_wish(SettingsError::Bus(error), "it is set", "`get` tells.");
            assert!(told.downcast_ref::<NotKnown>().is_some(), "{told:#}");
            assert!(told.to_string().ends_with(": nobody knows whether it is set. `get` tells."), "{told:#}");
        }
        let absent = zbus::Error::FDO(Box::new(fdo::Error::ServiceUnknown("no such name".into())));
        for error in [SettingsError::Bus(absent), SettingsError::Storage("the disk is full".into())] {
            let told = explain_wish(error, "it is set", "");
            assert!(told.downcast_ref::<NotKnown>().is_none(), "{told:#}");
        }
    }

    #[test]
    fn a_service_that_is_not_there_is_a_wrong_set_up() {
        let unknown = || fdo::Error::ServiceUnknown("no such name".into());
        assert!(explain_plain(unknown()).downcast_ref::<SetUp>().is_some());
        let behind = |said| explain(SettingsError::Bus(zbus::Error::FDO(Box::new(said))));
        assert!(behind(unknown()).downcast_ref::<SetUp>().is_some());
        let (before, meanwhile) = (behind(unknown()), behind(fdo::Error::NoReply("it disconnected".into())));
        assert_eq!(before.to_string(), meanwhile.to_string(), "it is just coming back, whenever it died");
        assert_eq!(before.to_string(), absent("settings service", HINT));
    }
}

//! The way from a command to the services that run.

use anyhow::anyhow;
use tandem_contracts::connect::{METHOD_TIMEOUT, builder};
use zbus::Connection;

use crate::failure::{SetUp, set_up};
use crate::published;

const HINT: &str = "start `tandem sim` in another shell, or set TANDEM_BUS to the address of the bus";

/// A connection to the bus that `TANDEM_BUS` names; without it, to the simulation that runs, else to the session's bus.
///
/// # Errors
/// No bus: a wrong set-up.
pub async fn connect() -> anyhow::Result<Connection> {
    let named = std::env::var_os("TANDEM_BUS").is_some_and(|name| !name.is_empty());
    if let (false, Some(address)) = (named, published::address()) {
        let simulation = zbus::connection::Builder::address(address.as_str()).method_timeout(METHOD_TIMEOUT);
        // One that was killed leaves its address behind.
        if let Ok(connection) = simulation.build().await {
            return Ok(connection);
        }
    }
    builder().build().await.map_err(|error| {
        // The kernel's own words are at the end of a chain that says the same three times.
        set_up(format!("there is no bus ({}): {HINT}", root(&error)))
    })
}

/// The error of a call, in words that say what to do.
pub fn explain(error: impl std::error::Error + Send + Sync + 'static) -> anyhow::Error {
    let text = error.to_string();
    let gone = ["org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"];
    if gone.iter().any(|name| text.contains(name)) {
        return anyhow::Error::new(SetUp(format!("nobody on this bus answers: {HINT}")));
    }
    // A typed error says its D-Bus name first; people want the sentence behind it.
    match text.split_once(": ") {
        Some((name, sentence)) if name.starts_with("org.tandem.") => anyhow!("{sentence}"),
        _ => error.into(),
    }
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
    use tandem_contracts::signals::SignalsError;

    use super::*;

    #[test]
    fn an_error_of_a_service_is_told_in_its_sentence() {
        let refused = SignalsError::UnknownPath("this car has no `Vehicle.Spee`".into());
        assert_eq!(format!("{:#}", explain(refused)), "this car has no `Vehicle.Spee`");
    }

    #[test]
    fn a_service_that_is_not_there_is_a_wrong_set_up() {
        let unknown = zbus::fdo::Error::ServiceUnknown("no such name".into());
        assert!(explain(unknown).downcast_ref::<SetUp>().is_some());
    }
}

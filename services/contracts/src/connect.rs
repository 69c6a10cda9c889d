//! How every process of Tandem reaches the bus.

use std::ffi::{OsStr, OsString};
use std::io;
use std::time::Duration;

use tokio::time::timeout;
use zbus::Connection;
use zbus::address::Address;
use zbus::connection::Builder;
use zbus::fdo::RequestNameFlags;
use zbus::message::Header;

use crate::part::{self, Part1};

/// The longest that a call may take: a peer that hangs must not hang its callers.
pub const METHOD_TIMEOUT: Duration = Duration::from_secs(3);

/// Calls of one connection that the vehicle service has on their way at a time, over all its interfaces. One that comes beyond gets
/// `org.freedesktop.DBus.Error.LimitsExceeded` at once and is not done. `Signals1.Acknowledge` is neither counted nor refused.
pub const MAX_CALLS: usize = 16;
/// So many calls of one connection a second may come while another one is on its way, under the same penalty. Who waits for each answer may call as often as it likes.
pub const MAX_ALONGSIDE: u32 = 64;

/// So long a bus may take to let a process in, on a machine that starts. One that takes the connection and hangs must not hang a service, which its supervisor then takes for one
/// that starts.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A builder for the bus that `TANDEM_BUS` names: `session` (the default), `system`, or an address such as `unix:path=/run/bus`. What is no text is no bus, and `build` says so.
/// [`reach`] builds it in time.
pub fn builder() -> Builder<'static> {
    builder_for(std::env::var_os("TANDEM_BUS").as_deref()).method_timeout(METHOD_TIMEOUT)
}

fn builder_for(named: Option<&OsStr>) -> Builder<'static> {
    match named.map(|named| named.to_str().ok_or(named)) {
        None | Some(Ok("" | "session")) => Builder::session(),
        Some(Ok("system")) => Builder::system(),
        Some(Ok(address)) => Builder::address(address),
        Some(Err(named)) => Builder::address(NoText(named.to_owned())),
    }
}

/// A name that is no text, where an address is to be.
struct NoText(OsString);

impl TryFrom<NoText> for Address {
    type Error = zbus::Error;

    fn try_from(NoText(named): NoText) -> zbus::Result<Self> {
        Err(zbus::Error::Address(format!("TANDEM_BUS is {named:?}, which is not UTF-8")))
    }
}

/// The connection of a builder, if the bus lets it in within [`CONNECT_TIMEOUT`].
///
/// # Errors
/// No bus, or one that refuses us or says nothing.
pub async fn reach(builder: Builder<'static>) -> zbus::Result<Connection> {
    reach_within(CONNECT_TIMEOUT, builder).await
}

async fn reach_within(limit: Duration, builder: Builder<'static>) -> zbus::Result<Connection> {
    timeout(limit, builder.build()).await.unwrap_or_else(|_| {
        let silent = format!("the bus took the connection and has said nothing for {} s", limit.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, silent).into())
    })
}

/// A connection with the time limit set. Signals and calls belong on connections of their own: a queue of unread signals blocks the calls behind it.
///
/// # Errors
/// No bus, or one that refuses us.
pub async fn open() -> zbus::Result<Connection> {
    reach(builder()).await
}

/// Owns names in this order: first the one by which the bus's policy knows who may be asked, for until somebody has it nobody hears us. Whoever finds the last
/// one finds the others too. Who is there first stays: a second service ends, and nobody speaks in our place. From then on the connection says which program this is.
///
/// # Errors
/// [`zbus::Error::NameTaken`]: a name is somebody else's. Or no bus, or one that refuses us.
pub async fn own(connection: &Connection, names: impl IntoIterator<Item = &'static str>) -> zbus::Result<()> {
    connection.object_server().at(part::PATH, Part1).await?;
    for name in names {
        connection.request_name_with_flags(name, RequestNameFlags::DO_NOT_QUEUE).await?;
    }
    Ok(())
}

/// The unique name of who called, as the bus says; empty without a bus.
pub(crate) fn sender(header: &Header<'_>) -> String {
    header.sender().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn a_bus_whose_name_is_no_text_is_not_the_sessions() {
        let error = builder_for(Some(OsStr::from_bytes(b"unix:path=/\xff"))).build().await.unwrap_err();
        assert_eq!(error.to_string(), "address error: TANDEM_BUS is \"unix:path=/\\xFF\", which is not UTF-8");
    }

    #[tokio::test]
    async fn a_bus_that_says_nothing_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("bus");
        let _silent = UnixListener::bind(&socket).unwrap();
        let builder = builder_for(Some(OsStr::new(&format!("unix:path={}", socket.display()))));
        let reached = reach_within(Duration::from_secs(1), builder);
        let error = timeout(Duration::from_secs(10), reached).await.expect("an end").unwrap_err();
        assert_eq!(error.to_string(), "I/O error: the bus took the connection and has said nothing for 1 s");
    }
}

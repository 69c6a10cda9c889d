//! How every process of Tandem reaches the bus.

use std::time::Duration;

use zbus::Connection;
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

/// A builder for the bus that `TANDEM_BUS` names: `session` (the default), `system`, or an address such as `unix:path=/run/bus`.
pub fn builder() -> Builder<'static> {
    let builder = match std::env::var("TANDEM_BUS").as_deref() {
        Err(_) | Ok("" | "session") => Builder::session(),
        Ok("system") => Builder::system(),
        Ok(address) => Builder::address(address),
    };
    builder.method_timeout(METHOD_TIMEOUT)
}

/// A connection with the time limit set. Signals and calls belong on connections of their own: a queue of unread signals blocks the calls behind it.
///
/// # Errors
/// No bus, or one that refuses us.
pub async fn open() -> zbus::Result<Connection> {
    builder().build().await
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

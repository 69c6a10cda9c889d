//! Dialling a peer that told us where it listens.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tandem_kdeconnect::Identity;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::discovery;
use crate::door::Door;
use crate::meet;
use crate::shared::{Ticket, locked};
use crate::table::place;

const CONNECT: Duration = Duration::from_secs(2);

/// Waits, dials, meets and runs the link. If nobody answers, the peer is asked to dial us.
pub(crate) async fn dial(ticket: Ticket, wait: Duration, to: SocketAddr, heard: Identity, door: Door) {
    sleep(wait).await;
    let shared = ticket.shared();
    if locked(&shared.table).is_linked(&heard.id, ticket.address)
        || locked(&shared.budget).doorway.is_coming(ticket.address)
    {
        return;
    }
    debug!(device = meet::short(&heard), "dialling");
    match timeout(CONNECT, connect(to, &door)).await {
        Ok(Ok(stream)) => meet::dialled(ticket, stream, heard).await,
        failed => {
            debug!(?failed, "nobody answers");
            discovery::tell(ticket.shared(), &door, place(to));
        }
    }
}

async fn connect(to: SocketAddr, door: &Door) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(device) = &door.device {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    if let Some(at) = door.at {
        socket.bind(SocketAddr::new(at, 0))?;
    }
    socket.connect(to).await
}

//! Datagrams: who is near, and that we are.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tandem_kdeconnect::MAX_STRANGER_LINE;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, trace};

use crate::budget::{Way, is_near};
use crate::dial;
use crate::door::Door;
use crate::meet::{self, MeetError};
use crate::shared::{Shared, Ticket, locked};
use crate::table::{Scope, place, socket_address};

/// Peers drop what comes from one device within a second.
const PACE: Duration = Duration::from_millis(1500);
/// Who was told of us less than this ago may be dialling, and has so long to come.
const RECENT: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_millis(150);
const BREATH: Duration = Duration::from_millis(100);

/// Reads the datagrams of a door.
pub(crate) async fn hear(shared: &Arc<Shared>, datagrams: &UdpSocket, door: &Door) {
    let mut bytes = vec![0; MAX_STRANGER_LINE + 1];
    loop {
        match datagrams.recv_from(&mut bytes).await {
            Ok((size, from)) if size <= MAX_STRANGER_LINE => {
                if let Err(error) = heard(shared, bytes.get(..size).unwrap_or_default(), place(from), door) {
                    trace!(error = &error as &dyn std::error::Error, "a datagram is passed over");
                }
            }
            Ok(_) => {}
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// Dials whoever is admitted and not here yet.
fn heard(shared: &Arc<Shared>, datagram: &[u8], from: (IpAddr, Scope), door: &Door) -> Result<(), MeetError> {
    let (address, scope) = from;
    if !is_near(address) || !locked(&shared.budget).datagrams.may(shared.now(), address) {
        return Ok(());
    }
    let identity = meet::identity(datagram)?;
    let is_here = {
        let table = locked(&shared.table);
        table.greet(shared.own.id(), &identity)?;
        table.is_linked(&identity.id, address)
    };
    let Some(port) = identity.port.filter(|_| !is_here) else { return Ok(()) };
    // Who is on the way in comes in.
    if locked(&shared.budget).doorway.is_coming(address) {
        return Ok(());
    }
    let Some(ticket) = Ticket::take(shared, address, Way::Dialled) else { return Ok(()) };
    let now = shared.now();
    let mut budget = locked(&shared.budget);
    // Who hears of us while we hear of it dials too; of two connections at once, each side may well keep another one. So we wait for it, and of two of our own
    // kind, one waits longer.
    let both = budget.announced.is_some_and(|announced| now < announced + RECENT);
    let grace = match both {
        false => Duration::ZERO,
        true if shared.own.id() < &identity.id => GRACE,
        true => 2 * GRACE,
    };
    let wait = budget.dials.wait(now, address);
    drop(budget);
    if let Some(wait) = wait {
        let wait = wait.max(grace);
        shared.spawn(dial::dial(ticket, wait, socket_address(address, scope, port), identity, door.clone()));
    }
    Ok(())
}

/// Announces us, whenever asked, and never more often than peers listen.
pub(crate) async fn announce(shared: Arc<Shared>) {
    loop {
        shared.announce.notified().await;
        let doors = locked(&shared.doors).clone();
        if doors.is_empty() {
            // The first one that opens asks again.
            continue;
        }
        let next = Instant::now() + PACE;
        let addresses = std::mem::take(&mut *locked(&shared.to_announce));
        let everybody = addresses.contains(&IpAddr::V4(Ipv4Addr::BROADCAST));
        let to_all = everybody || shared.options.broadcast || locked(&shared.table).admits_strangers;
        for door in doors {
            if to_all {
                locked(&shared.budget).announced = Some(shared.now());
                door.tell_all(&shared);
            }
            for address in addresses.iter().filter(|address| is_near(**address)) {
                tell(&shared, &door, (*address, 0));
            }
        }
        sleep_until(next).await;
    }
}

/// Sends our identity to one address.
pub(crate) fn tell(shared: &Shared, door: &Door, to: (IpAddr, Scope)) {
    locked(&shared.budget).announced = Some(shared.now());
    if let Err(error) = door.tell(shared, to) {
        debug!(%error, "not announced to an address");
    }
}

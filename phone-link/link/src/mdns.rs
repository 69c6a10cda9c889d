//! mDNS: we are shown as `_kdeconnect._udp.local`, and whoever is seen there is told of us. Nobody dials on a hit: that is the protocol.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mdns_sd::{IfKind, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use tandem_kdeconnect::DeviceId;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::budget::is_near;
use crate::discovery;
use crate::shared::{Shared, locked};

const SERVICE: &str = "_kdeconnect._udp.local.";
/// Who was found by a datagram too is on the way by then.
const GRACE: Duration = Duration::from_millis(500);
/// Of one device.
const MAX_ADDRESSES: usize = 4;
/// How often it is looked whether there is a door to show.
const LOOK: Duration = Duration::from_secs(2);

/// The thread of the library that does this; it ends when this is dropped.
pub(crate) struct Mdns(ServiceDaemon);

impl Drop for Mdns {
    fn drop(&mut self) {
        // It is ending already, or it does not listen any more.
        drop(self.0.shutdown());
    }
}

impl Mdns {
    pub fn start(shared: &Arc<Shared>) -> Result<Self, mdns_sd::Error> {
        let daemon = Self(ServiceDaemon::new()?);
        let options = &shared.options;
        if options.at.is_some() || !options.interfaces.is_empty() {
            daemon.0.disable_interface(IfKind::All)?;
            daemon.0.enable_interface(options.interfaces.iter().cloned().map(IfKind::Name).collect::<Vec<_>>())?;
            daemon.0.enable_interface(options.at.map(IfKind::Addr).into_iter().collect::<Vec<_>>())?;
        }
        let found = daemon.0.browse(SERVICE)?;
        let (shared, registrar) = (Arc::clone(shared), daemon.0.clone());
        let task = Arc::clone(&shared);
        shared.spawn(async move {
            show(&task, &registrar).await;
            while let Ok(event) = found.recv_async().await {
                if let ServiceEvent::ServiceResolved(service) = event {
                    see(&task, &service);
                }
            }
        });
        Ok(daemon)
    }
}

/// Shows us, as soon as there is a port to show.
async fn show(shared: &Shared, daemon: &ServiceDaemon) {
    let port = loop {
        let first = locked(&shared.doors).first().map(|door| door.port);
        match first {
            Some(port) => break port,
            None => sleep(LOOK).await,
        }
    };
    let id = shared.own.id().as_str();
    let kind = format!("{:?}", shared.options.kind).to_lowercase();
    let protocol = shared.options.protocol.to_string();
    let words = [("id", id), ("name", &shared.name), ("type", &kind), ("protocol", &protocol)];
    let at = shared.options.at.map(|at| at.to_string()).unwrap_or_default();
    let own = ServiceInfo::new(SERVICE, id, &format!("{id}.local."), at.as_str(), port, &words[..]);
    let own = own.map(|own| if at.is_empty() { own.enable_addr_auto() } else { own });
    let registered = own.and_then(|own| daemon.register(own));
    if let Err(error) = registered {
        warn!(error = &error as &dyn std::error::Error, "not shown by mDNS");
    }
}

fn see(shared: &Arc<Shared>, service: &ResolvedService) {
    let id = service.get_property_val_str("id").and_then(|id| id.parse::<DeviceId>().ok());
    let Some(id) = id.filter(|id| id != shared.own.id()) else { return };
    let addresses = service.get_addresses_v4().into_iter().map(IpAddr::V4).filter(|address| is_near(*address));
    for address in addresses.take(MAX_ADDRESSES) {
        let is_wanted = {
            let table = locked(&shared.table);
            (table.admits_strangers || table.pins.contains_key(&id)) && !table.is_linked(&id, address)
        };
        if !is_wanted || !locked(&shared.budget).datagrams.may(shared.now(), address) {
            continue;
        }
        debug!("seen by mDNS");
        let (task, id) = (Arc::clone(shared), id.clone());
        shared.spawn(async move {
            sleep(GRACE).await;
            let is_coming =
                locked(&task.budget).doorway.is_coming(address) || locked(&task.table).is_linked(&id, address);
            if !is_coming {
                let doors = locked(&task.doors).clone();
                doors.iter().for_each(|door| discovery::tell(&task, door, (address, 0)));
            }
        });
    }
}

//! Who is known, who is here, and who is let in.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use tandem_kdeconnect::{DeviceId, Identity};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::link::{Ended, Orders};

/// Links of peers that are not paired: of all, and of one address.
const STRANGERS: usize = 8;
const STRANGERS_OF_ONE: usize = 2;

/// One connection of one device. The next one of the same device has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// What a paired device is known by.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin {
    /// DER.
    pub certificate: Vec<u8>,
    /// The highest protocol that it spoke: a lower one is refused.
    pub protocol: u8,
}

/// Why a peer is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TurnedAway {
    #[error("it is ourselves")]
    Ours,
    #[error("it is not paired, and strangers are not let in")]
    Stranger,
    #[error("it spoke protocol {pinned} before, and now {said}")]
    Older { pinned: u8, said: u8 },
    #[error("it shows another certificate than before")]
    Certificate,
    #[error("there are too many strangers")]
    Crowded,
}

/// A peer that holds the key of its certificate.
pub(crate) struct Proved {
    pub identity: Identity,
    pub certificate: Vec<u8>,
    pub address: IpAddr,
    /// Our own end.
    pub local: IpAddr,
    pub scope: Scope,
}

/// The interface of a link-local address of IPv6, by number, as the same one is on every interface; 0 of any other.
pub(crate) type Scope = u32;

/// The whole of an address.
pub(crate) fn socket_address(address: IpAddr, scope: Scope, port: u16) -> SocketAddr {
    match address {
        IpAddr::V4(address) => SocketAddrV4::new(address, port).into(),
        IpAddr::V6(address) => SocketAddrV6::new(address, port, 0, scope).into(),
    }
}

/// A socket's end without its port.
pub(crate) fn place(end: SocketAddr) -> (IpAddr, Scope) {
    let scope = match end {
        SocketAddr::V6(end) if end.ip().is_unicast_link_local() => end.scope_id(),
        _ => 0,
    };
    (end.ip().to_canonical(), scope)
}

/// A link, as others reach it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub id: DeviceId,
    pub certificate: Arc<Vec<u8>>,
    pub address: IpAddr,
    pub local: IpAddr,
    pub scope: Scope,
    pub lines: mpsc::Sender<String>,
    pub orders: watch::Sender<Orders>,
    /// Payloads at a time.
    pub payloads: Arc<Semaphore>,
}

impl Entry {
    fn is_paired(&self) -> bool {
        self.orders.borrow().paired
    }

    pub fn end(&self, why: Ended) {
        self.orders.send_modify(|orders| {
            orders.end.get_or_insert(why);
        });
    }
}

#[derive(Default)]
pub(crate) struct Table {
    pub pins: HashMap<DeviceId, Pin>,
    pub admits_strangers: bool,
    pub links: HashMap<LinkId, Entry>,
    last: u64,
}

impl Table {
    /// Whether somebody who says this is worth a handshake, and the certificate that it has to show.
    pub fn greet(&self, own: &DeviceId, said: &Identity) -> Result<Option<&[u8]>, TurnedAway> {
        if said.id == *own {
            return Err(TurnedAway::Ours);
        }
        match self.pins.get(&said.id) {
            Some(pin) if said.protocol < pin.protocol => {
                Err(TurnedAway::Older { pinned: pin.protocol, said: said.protocol })
            }
            Some(pin) => Ok(Some(&pin.certificate)),
            None if self.admits_strangers => Ok(None),
            None => Err(TurnedAway::Stranger),
        }
    }

    pub fn is_linked(&self, device: &DeviceId, address: IpAddr) -> bool {
        self.links.values().any(|link| link.id == *device && link.address == address)
    }

    /// Lets a proved peer in, in the place of an older link of the same device; says whether it is pinned. All may have changed since it was greeted.
    pub fn admit(
        &mut self,
        own: &DeviceId,
        peer: &Proved,
        lines: mpsc::Sender<String>,
    ) -> Result<(LinkId, watch::Receiver<Orders>), TurnedAway> {
        let device = &peer.identity.id;
        let pinned = self.greet(own, &peer.identity)?;
        if pinned.is_some_and(|pinned| pinned != peer.certificate) {
            return Err(TurnedAway::Certificate);
        }
        let paired = pinned.is_some();
        if self.links.values().any(|link| link.id == *device && *link.certificate != peer.certificate) {
            return Err(TurnedAway::Certificate);
        }
        let strangers = || self.links.values().filter(|link| !link.is_paired() && link.id != *device);
        let of_one = strangers().filter(|link| link.address == peer.address).count();
        if !paired && (strangers().count() >= STRANGERS || of_one >= STRANGERS_OF_ONE) {
            return Err(TurnedAway::Crowded);
        }
        for older in self.links.values().filter(|link| link.id == *device) {
            older.end(Ended::Replaced);
        }
        if let Some(pin) = self.pins.get_mut(device) {
            pin.protocol = peer.identity.protocol;
        }
        self.last += 1;
        let (orders, told) = watch::channel(Orders { paired, end: None });
        let entry = Entry {
            id: device.clone(),
            certificate: Arc::new(peer.certificate.clone()),
            address: peer.address,
            local: peer.local,
            scope: peer.scope,
            lines,
            orders,
            payloads: Arc::new(Semaphore::new(4)),
        };
        self.links.insert(LinkId(self.last), entry);
        Ok((LinkId(self.last), told))
    }

    /// From now on only the pinned are let in; strangers that are here have to go.
    pub fn close_to_strangers(&mut self) {
        self.admits_strangers = false;
        for stranger in self.links.values().filter(|link| !link.is_paired()) {
            stranger.end(Ended::Closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tandem_kdeconnect::DeviceKind;

    const OWN: &str = "00000000000000000000000000000000";

    fn peer(id: u8, certificate: u8, protocol: u8, address: u8) -> Proved {
        let identity = Identity {
            id: format!("{id:032}").parse().unwrap(),
            name: "Phone".into(),
            kind: DeviceKind::Phone,
            protocol,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            port: None,
            target: None,
            target_protocol: None,
        };
        let address = IpAddr::from([10, 0, 0, address]);
        Proved { identity, certificate: vec![certificate], address, local: address, scope: 0 }
    }

    fn admit(table: &mut Table, peer: &Proved) -> Result<(LinkId, watch::Receiver<Orders>), TurnedAway> {
        table.admit(&OWN.parse().unwrap(), peer, mpsc::channel(1).0)
    }

    fn end(told: &watch::Receiver<Orders>) -> Option<Ended> {
        told.borrow().end.clone()
    }

    #[test]
    fn only_the_pinned_come_in_and_only_as_they_were() {
        let mut table = Table::default();
        let refused = |table: &mut Table, peer: &Proved| admit(table, peer).err();
        assert_eq!(refused(&mut table, &peer(1, 7, 8, 1)), Some(TurnedAway::Stranger));
        assert_eq!(refused(&mut table, &peer(0, 7, 8, 1)), Some(TurnedAway::Ours));
        table.pins.insert(peer(1, 7, 8, 1).identity.id, Pin { certificate: vec![7], protocol: 7 });
        assert!(admit(&mut table, &peer(1, 7, 7, 1)).unwrap().1.borrow().paired);
        assert!(admit(&mut table, &peer(1, 7, 8, 1)).is_ok());
        let older = TurnedAway::Older { pinned: 8, said: 7 };
        assert_eq!(refused(&mut table, &peer(1, 7, 7, 1)), Some(older), "once 8, never 7 again");
        assert_eq!(refused(&mut table, &peer(1, 8, 8, 1)), Some(TurnedAway::Certificate));
        assert_eq!(refused(&mut table, &peer(2, 7, 8, 1)), Some(TurnedAway::Stranger));
    }

    #[test]
    fn the_newer_link_replaces_the_older_only_with_the_same_certificate() {
        let mut table = Table { admits_strangers: true, ..Table::default() };
        let (first, told_first) = admit(&mut table, &peer(1, 7, 8, 1)).unwrap();
        assert_eq!(admit(&mut table, &peer(1, 8, 8, 2)).err(), Some(TurnedAway::Certificate));
        assert_eq!(end(&told_first), None);
        let (second, told_second) = admit(&mut table, &peer(1, 7, 8, 2)).unwrap();
        assert_eq!((end(&told_first), end(&told_second)), (Some(Ended::Replaced), None));
        assert_ne!(first, second);
    }

    #[test]
    fn strangers_are_few_and_go_when_the_door_closes() {
        let mut table = Table { admits_strangers: true, ..Table::default() };
        let of_one = (1..20).filter(|id| admit(&mut table, &peer(*id, *id, 8, 1)).is_ok()).count();
        let of_all = (20..90).filter(|id| admit(&mut table, &peer(*id, *id, 8, *id)).is_ok()).count();
        assert_eq!((of_one, of_all), (STRANGERS_OF_ONE, STRANGERS - STRANGERS_OF_ONE));
        let pinned = peer(99, 9, 8, 1);
        table.pins.insert(pinned.identity.id.clone(), Pin { certificate: vec![9], protocol: 8 });
        let (_, told) = admit(&mut table, &pinned).unwrap();
        assert!(admit(&mut table, &peer(1, 1, 8, 1)).is_ok(), "a stranger may take its own place");
        table.close_to_strangers();
        assert_eq!(end(&told), None);
        assert_eq!(table.links.values().filter(|link| link.orders.borrow().end.is_some()).count(), STRANGERS + 1);
        assert_eq!(admit(&mut table, &peer(1, 1, 8, 1)).err(), Some(TurnedAway::Stranger));
    }
}

//! Where we listen, and where our datagrams leave: at all addresses, at one, or at some interfaces, which come and go.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use if_addrs::IfAddr;
use socket2::{Domain, Protocol, Socket, Type};
use tandem_kdeconnect::LINK_PORTS;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tracing::{debug, info};

use crate::budget::{Way, is_near};
use crate::shared::{Shared, Ticket, locked};
use crate::table::{Scope, socket_address};
use crate::{discovery, meet};

/// Of datagrams.
pub(crate) const PORT: u16 = 1716;
/// How often it is looked whether an interface has come or gone.
const LOOK: Duration = Duration::from_secs(2);
/// When the system has no more sockets, asking again at once would not help.
const BREATH: Duration = Duration::from_millis(100);

/// A place that we listen at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    /// Only there.
    pub device: Option<String>,
    pub at: Option<IpAddr>,
    /// Of TCP.
    pub port: u16,
}

/// A door with its sockets.
pub(crate) struct Open {
    door: Door,
    listener: TcpListener,
    datagrams: UdpSocket,
}

impl Open {
    pub fn new(device: Option<&str>, at: Option<IpAddr>) -> io::Result<Self> {
        match at {
            Some(at) => Self::at(device, Some(at), at),
            // One socket of IPv6 hears both, where there is IPv6.
            None => Self::at(device, None, Ipv6Addr::UNSPECIFIED.into())
                .or_else(|_| Self::at(device, None, Ipv4Addr::UNSPECIFIED.into())),
        }
    }

    fn at(device: Option<&str>, at: Option<IpAddr>, address: IpAddr) -> io::Result<Self> {
        let datagrams = socket(device, address, Type::DGRAM)?;
        datagrams.bind(&SocketAddr::new(address, PORT).into())?;
        let mut ports = LINK_PORTS;
        let (listener, port) = loop {
            let Some(port) = ports.next() else { return Err(io::ErrorKind::AddrInUse.into()) };
            let listener = socket(device, address, Type::STREAM)?;
            let bound = listener.bind(&SocketAddr::new(address, port).into()).and_then(|()| listener.listen(16));
            match bound {
                Ok(()) => break (listener, port),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            door: Door { device: device.map(str::to_owned), at, port },
            listener: TcpListener::from_std(listener.into())?,
            datagrams: UdpSocket::from_std(datagrams.into())?,
        })
    }

    /// Puts the door up, so that it is announced; [`Open::serve`] has to follow.
    pub fn put_up(&self, shared: &Shared) {
        locked(&shared.doors).push(self.door.clone());
    }

    pub async fn serve(self, shared: Arc<Shared>) {
        let accept = async {
            loop {
                match self.listener.accept().await {
                    Ok((stream, from)) => enter(&shared, stream, from),
                    Err(_) => sleep(BREATH).await,
                }
            }
        };
        tokio::join!(accept, discovery::hear(&shared, &self.datagrams, &self.door));
    }
}

/// An empty socket that waits for nothing.
fn socket(device: Option<&str>, address: IpAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(SocketAddr::new(address, 0)), kind, None::<Protocol>)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    if address == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    socket.bind_device(device.map(str::as_bytes))?;
    Ok(socket)
}

fn enter(shared: &Arc<Shared>, stream: TcpStream, from: SocketAddr) {
    let address = from.ip().to_canonical();
    if !is_near(address) {
        return;
    }
    match Ticket::take(shared, address, Way::Accepted) {
        Some(ticket) => {
            shared.spawn(meet::accepted(ticket, stream));
        }
        None => debug!("too many stand in the door"),
    }
}

/// Opens and closes doors as the interfaces come and go.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let mut open: Vec<(String, u32, AbortHandle)> = Vec::new();
    loop {
        let here = if_addrs::get_if_addrs().unwrap_or_default();
        let index = |name: &str| here.iter().find(|it| it.name == name).and_then(|it| it.index);
        open.retain(|(name, number, serving)| {
            let stays = index(name) == Some(*number);
            if !stays {
                info!(interface = name, "an interface is gone");
                serving.abort();
                locked(&shared.doors).retain(|door| door.device.as_ref() != Some(name));
            }
            stays
        });
        for name in &shared.options.interfaces {
            let Some(number) = index(name).filter(|_| !open.iter().any(|(other, ..)| other == name)) else { continue };
            match Open::new(Some(name), None) {
                Ok(door) => {
                    info!(interface = name, port = door.door.port, "listening");
                    door.put_up(&shared);
                    let Some(serving) = shared.spawn(door.serve(Arc::clone(&shared))) else { return };
                    open.push((name.clone(), number, serving));
                    shared.announce_to(&[]);
                }
                Err(error) => debug!(interface = name, %error, "cannot listen yet"),
            }
        }
        sleep(LOOK).await;
    }
}

/// The interfaces that have a link-local address of IPv6.
fn links() -> BTreeSet<Scope> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    let linked =
        interfaces.filter(|interface| matches!(&interface.addr, IfAddr::V6(own) if own.ip.is_unicast_link_local()));
    linked.filter_map(|interface| interface.index).collect()
}

impl Door {
    /// An empty socket that leaves through this door.
    fn out(&self, from: IpAddr) -> io::Result<Socket> {
        let socket = socket(self.device.as_deref(), from, Type::DGRAM)?;
        socket.set_broadcast(true)?;
        socket.bind(&SocketAddr::new(from, 0).into())?;
        Ok(socket)
    }

    /// Sends our identity to one address. A link-local one of nobody knows which interface is told on each that there is.
    pub fn tell(&self, shared: &Shared, (to, scope): (IpAddr, Scope)) -> io::Result<()> {
        let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = self.out(self.at.unwrap_or(any))?;
        let is_on_one = scope != 0 || self.device.is_some();
        let scopes = match to {
            IpAddr::V6(to) if to.is_unicast_link_local() && !is_on_one => links(),
            _ => BTreeSet::from([scope]),
        };
        let sent = scopes.into_iter().map(|scope| self.send(shared, &socket, (to, scope)));
        sent.reduce(Result::or).unwrap_or_else(|| Err(io::ErrorKind::NetworkUnreachable.into()))
    }

    fn send(&self, shared: &Shared, socket: &Socket, (to, scope): (IpAddr, Scope)) -> io::Result<()> {
        let to = socket_address(to, scope, PORT).into();
        let send = |with_types| socket.send_to(shared.identity(Some(self.port), None, with_types).as_bytes(), &to);
        // A network that carries no such long datagram carries one without the types.
        send(true).or_else(|_| send(false)).map(drop)
    }

    /// Sends our identity to everybody, from each address of this door.
    pub fn tell_all(&self, shared: &Shared) {
        for interface in if_addrs::get_if_addrs().unwrap_or_default() {
            let IfAddr::V4(own) = &interface.addr else { continue };
            let is_ours = self.device.as_ref().is_none_or(|device| *device == interface.name)
                && self.at.is_none_or(|at| at == own.ip);
            if own.ip.is_loopback() || !is_ours {
                continue;
            }
            let Ok(socket) = self.out(own.ip.into()) else { continue };
            // One of them only: whoever hears both dials twice.
            let told = self.send(shared, &socket, (Ipv4Addr::BROADCAST.into(), 0));
            let told = told.or_else(|error| self.send(shared, &socket, (own.broadcast.ok_or(error)?.into(), 0)));
            if let Err(error) = told {
                debug!(interface = interface.name, %error, "not announced");
            }
        }
    }
}

//! Buses without a kernel's CAN: programs of this machine connect over TCP and speak as [cannelloni](https://github.com/mguentner/cannelloni) does. With PyPI's
//! `can-cannelloni`, everything that is made of python-can is then on our bus.
//!
//! Each bus listens at an address of its own and is a bus to all who connect to it: what one says, the others and we hear. Times are nanoseconds on the boot clock.
//!
//! Nobody is trusted. Who says what makes no sense or does not read is dropped, and the others hear nothing of it. Who says more than a bus could carry is
//! read no faster than that.

mod peer;
#[cfg(test)]
mod tests;
pub mod wire;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use tandem_frame::{BusIndex, Frame};

use crate::socket::{GRID, News, SendError, boot};
use crate::{Event, Hello, Pace};
pub use peer::Fault;
use peer::Peer;

/// So many may be on one bus.
const MOST_PEERS: usize = 16;
/// A full bus carries some 20,000 frames a second: so many on the grid of 20 ms.
const CAPACITY: usize = 400;
/// So many are let in, or refused, on one bus before the others have their turn.
const TURN: usize = 16;
/// Own frames that may wait for the thread that reads.
const OWN: usize = 1024;
/// A kernel without room for a further peer is asked again after this.
const PATIENCE: u64 = 1_000_000_000;

/// A bus, and where it listens. Its place in the list is its frames' bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Such as `can0`.
    pub name: String,
    pub address: SocketAddr,
    /// Whether CAN FD frames are let on it. A program that knows nothing of them loses its place at the first one.
    pub fd: bool,
}

/// What is heard of such buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Frame(Frame),
    /// All frames up to this time, nanoseconds, are told.
    Advance(u64),
    Peer(BusIndex, SocketAddr, PeerNews),
    /// [`News::Up`] once somebody has greeted, [`News::Down`] with `NETDOWN` while nobody has, and [`News::Lost`] of frames that found no room: of ours, or with somebody
    /// who does not read.
    News(BusIndex, News),
}

/// What became of somebody on a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerNews {
    Joined,
    Left,
    Dropped(Fault),
    /// There were too many already.
    Refused,
}

impl Told {
    /// As the events of every link have it; none for what only such a bus says.
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Frame(frame) => Some(Event::Frame(frame)),
            Self::Advance(t_ns) => Some(Event::Advance(t_ns)),
            Self::Peer(..) | Self::News(..) => None,
        }
    }
}

/// Nobody can connect.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("cannot listen at {address} (is another program there?)")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the kernel gives no event counter")]
    Wake(#[source] io::Error),
}

struct Shared {
    own: Mutex<VecDeque<Frame>>,
    wake: OwnedFd,
    buses: Vec<SharedBus>,
}

struct SharedBus {
    fd: bool,
    /// Somebody has greeted.
    up: AtomicBool,
    /// Frames that found no room, and were not told yet.
    lost: AtomicU32,
}

/// Sends frames to the buses of a [`Cannelloni`], from any thread.
#[derive(Clone)]
pub struct PeerSender {
    shared: Arc<Shared>,
}

impl PeerSender {
    /// Gives a frame to everybody who is on its bus, never waiting.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Down`] if nobody has greeted. The frame is not sent then.
    pub fn try_send(&self, frame: &Frame) -> Result<(), SendError> {
        let bus = self.shared.buses.get(usize::from(frame.bus.0)).ok_or(SendError::NoBus(frame.bus))?;
        if frame.flags.error || (frame.flags.fd && !bus.fd) {
            return Err(SendError::Kind);
        }
        if !bus.up.load(Ordering::Relaxed) {
            return Err(SendError::Down);
        }
        let mut own = self.shared.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() >= OWN {
            bus.lost.fetch_add(1, Ordering::Relaxed);
            return Err(SendError::Full);
        }
        own.push_back(*frame);
        drop(own);
        match rustix::io::write(&self.shared.wake, &1u64.to_ne_bytes()) {
            // It is awake as often as can be counted.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(cause) => Err(SendError::Kernel(cause)),
        }
    }
}

struct Bus {
    port: Port,
    listener: TcpListener,
    /// Nobody is let in before this time.
    closed_until: u64,
    /// Whether it is up, as was told.
    told: Option<bool>,
}

/// Some buses, read by one thread.
pub struct Cannelloni {
    buses: Vec<Bus>,
    peers: Vec<Peer>,
    shared: Arc<Shared>,
    told: VecDeque<Told>,
    next_advance: u64,
}

impl Cannelloni {
    /// Buses at these addresses, at most 256. An address with port 0 gets one that is free.
    ///
    /// # Errors
    /// [`ListenError`] if one of them cannot be had.
    pub fn new(ports: Vec<Port>) -> Result<Self, ListenError> {
        let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC);
        let wake = wake.map_err(|cause| ListenError::Wake(cause.into()))?;
        let mut buses = Vec::new();
        for port in ports {
            let listen = || {
                let listener = TcpListener::bind(port.address)?;
                listener.set_nonblocking(true)?;
                Ok(listener)
            };
            let listener = listen().map_err(|source| ListenError::Listen { address: port.address, source })?;
            buses.push(Bus { port, listener, closed_until: 0, told: None });
        }
        let shared = |bus: &Bus| SharedBus { fd: bus.port.fd, up: AtomicBool::default(), lost: AtomicU32::default() };
        let shared = buses.iter().map(shared).collect();
        let shared = Arc::new(Shared { own: Mutex::default(), wake, buses: shared });
        Ok(Self { buses, peers: Vec::new(), shared, told: VecDeque::new(), next_advance: 0 })
    }

    /// What a link says first.
    pub fn hello(&self) -> Hello {
        Hello { pace: Pace::Live, interfaces: self.buses.iter().map(|bus| bus.port.name.clone()).collect() }
    }

    /// Where a bus listens.
    pub fn address(&self, bus: BusIndex) -> Option<SocketAddr> {
        self.buses.get(usize::from(bus.0))?.listener.local_addr().ok()
    }

    pub fn sender(&self) -> PeerSender {
        PeerSender { shared: self.shared.clone() }
    }

    /// Waits for what is told next: a frame, news of a peer, or that time goes on, each 20 ms.
    ///
    /// # Errors
    /// The kernel does not let us wait. Nothing that a peer does is an error.
    pub fn receive(&mut self) -> io::Result<Told> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Ok(told);
            }
            self.turn();
            if self.told.is_empty() {
                self.wait()?;
            }
        }
    }

    /// One turn: everything that can be had and given without waiting.
    fn turn(&mut self) {
        let now = boot();
        let tick = now >= self.next_advance;
        self.let_in(now);
        self.send_own();
        for at in 0..self.peers.len() {
            let share = CAPACITY / self.peers_of(at).max(1);
            let Some(peer) = self.peers.get_mut(at) else { break };
            if tick {
                peer.grant(share);
            }
            peer.hear(now);
            let heard = std::mem::take(&mut peer.heard);
            let bus = peer.bus;
            for frame in heard {
                self.told.push_back(Told::Frame(frame));
                self.pass_on(&frame, bus, Some(at));
            }
        }
        for peer in &mut self.peers {
            peer.flush();
        }
        self.let_go(now);
        self.tell_of_buses();
        if tick {
            self.next_advance = now - now % GRID + GRID;
            self.told.push_back(Told::Advance(now));
        }
    }

    fn peers_of(&self, at: usize) -> usize {
        let Some(bus) = self.peers.get(at).map(|peer| peer.bus) else { return 0 };
        self.peers.iter().filter(|peer| peer.bus == bus).count()
    }

    /// Gives a frame to all who are on its bus but the one who said it.
    fn pass_on(&mut self, frame: &Frame, bus: BusIndex, from: Option<usize>) {
        let Some((bytes, length)) = wire::write(frame) else { return };
        let bytes = bytes.get(..length).unwrap_or_default();
        let mut lost = 0;
        for (at, peer) in self.peers.iter_mut().enumerate() {
            if peer.bus == bus && Some(at) != from {
                lost += u32::from(!peer.give(bytes));
            }
        }
        if let Some(bus) = self.shared.buses.get(usize::from(bus.0)) {
            bus.lost.fetch_add(lost, Ordering::Relaxed);
        }
    }

    fn send_own(&mut self) {
        let mut count = [0; 8];
        // Nothing to count is no failure.
        let _ = rustix::io::read(&self.shared.wake, &mut count);
        let own = std::mem::take(&mut *self.shared.own.lock().unwrap_or_else(PoisonError::into_inner));
        for frame in own {
            self.pass_on(&frame, frame.bus, None);
        }
    }

    fn let_in(&mut self, now: u64) {
        for (at, bus) in self.buses.iter_mut().enumerate() {
            let index = BusIndex(u8::try_from(at).unwrap_or(u8::MAX));
            for _ in 0..TURN {
                if now < bus.closed_until {
                    break;
                }
                match bus.listener.accept() {
                    Ok((stream, address)) => {
                        let there = self.peers.iter().filter(|peer| peer.bus == index).count();
                        let peer =
                            if there < MOST_PEERS { Peer::new(stream, address, index, bus.port.fd, now) } else { None };
                        let news = if peer.is_some() { PeerNews::Joined } else { PeerNews::Refused };
                        self.peers.extend(peer);
                        self.told.push_back(Told::Peer(index, address, news));
                    }
                    Err(cause) if cause.kind() == ErrorKind::WouldBlock => break,
                    Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                    Err(_) => bus.closed_until = now + PATIENCE,
                }
            }
        }
    }

    fn let_go(&mut self, now: u64) {
        let told = &mut self.told;
        self.peers.retain(|peer| {
            let Some(end) = peer.end(now) else { return true };
            let news = end.map_or(PeerNews::Left, PeerNews::Dropped);
            told.push_back(Told::Peer(peer.bus, peer.address, news));
            false
        });
    }

    fn tell_of_buses(&mut self) {
        for (at, (bus, shared)) in self.buses.iter_mut().zip(&self.shared.buses).enumerate() {
            let index = BusIndex(u8::try_from(at).unwrap_or(u8::MAX));
            let up = self.peers.iter().any(|peer| peer.bus == index && peer.greeted);
            shared.up.store(up, Ordering::Relaxed);
            if bus.told.replace(up) != Some(up) {
                let news = if up { News::Up } else { News::Down(Errno::NETDOWN) };
                self.told.push_back(Told::News(index, news));
            }
            if let lost @ 1.. = shared.lost.swap(0, Ordering::Relaxed) {
                self.told.push_back(Told::News(index, News::Lost(lost)));
            }
        }
    }

    fn wait(&self) -> io::Result<()> {
        let now = boot();
        let due = self.next_advance.saturating_sub(now);
        let timeout = Timespec { tv_sec: (due / 1_000_000_000) as _, tv_nsec: (due % 1_000_000_000) as _ };
        let mut waited = vec![PollFd::new(&self.shared.wake, PollFlags::IN)];
        let open = self.buses.iter().filter(|bus| now >= bus.closed_until);
        waited.extend(open.map(|bus| PollFd::from_borrowed_fd(bus.listener.as_fd(), PollFlags::IN)));
        let busy = self.peers.iter().map(|peer| (peer, peer.waits_for())).filter(|(_, flags)| !flags.is_empty());
        waited.extend(busy.map(|(peer, flags)| PollFd::from_borrowed_fd(peer.as_fd(), flags)));
        match poll(&mut waited, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }
}

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect,
    listen, recv, send, shutdown, socket_with, socketpair,
};

use crate::packet::{self, Event, PacketError};

/// The largest packet we make; the kernel's own limit is about 200 kB.
const PACKET: usize = 48 * 1024;
/// A peer that reads nothing for so long is taken for dead.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a link ended or did not come to be.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("cannot {doing} {}", path.display())]
    Socket { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("the link broke")]
    Broken(#[source] io::Error),
    #[error("the other end does not read")]
    Stuck,
    #[error("the other end sent a packet that makes no sense")]
    Packet(#[from] PacketError),
}

/// The car's side of a link: the service connects to it, and again after a restart.
pub struct Listener {
    socket: OwnedFd,
    path: PathBuf,
}

impl Listener {
    /// Listens at a path in the file system; an old socket there is replaced. Whoever sees the new one can connect to it.
    ///
    /// # Errors
    /// [`LinkError::Socket`] if the path, or the same with a `~` behind it, cannot be used.
    pub fn bind(path: &Path) -> Result<Self, LinkError> {
        let fail =
            |source: Errno| LinkError::Socket { doing: "listen at", path: path.to_owned(), source: source.into() };
        let replace = |source: io::Error| LinkError::Socket { doing: "replace", path: path.to_owned(), source };
        // Between `bind` and `listen` the kernel refuses whoever comes.
        let mut aside = path.as_os_str().to_owned();
        aside.push("~");
        let aside = Path::new(&aside);
        match std::fs::remove_file(aside) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(replace(cause)),
            _ => {}
        }
        let socket = seqpacket().map_err(fail)?;
        bind(&socket, &SocketAddrUnix::new(aside).map_err(fail)?).map_err(fail)?;
        listen(&socket, 1).map_err(fail)?;
        std::fs::rename(aside, path).map_err(replace)?;
        Ok(Self { socket, path: path.to_owned() })
    }

    /// Waits for the service.
    ///
    /// # Errors
    /// [`LinkError::Socket`] if the socket is gone.
    pub fn accept(&self) -> Result<Local, LinkError> {
        loop {
            match accept_with(&self.socket, SocketFlags::CLOEXEC) {
                Ok(peer) => return Local::over(peer),
                Err(Errno::INTR) => {}
                Err(cause) => {
                    return Err(LinkError::Socket {
                        doing: "accept at",
                        path: self.path.clone(),
                        source: cause.into(),
                    });
                }
            }
        }
    }
}

/// One end of a link over a Unix SEQPACKET socket. Clones share the socket, so that one thread reads while another sends.
#[derive(Clone)]
pub struct Local {
    socket: Arc<OwnedFd>,
    heard: VecDeque<Event>,
    packet: Vec<u8>,
    latest: u64,
}

impl Local {
    /// Connects to a [`Listener`].
    ///
    /// # Errors
    /// [`LinkError::Socket`] if nobody listens there.
    pub fn connect(path: &Path) -> Result<Self, LinkError> {
        let fail =
            |source: Errno| LinkError::Socket { doing: "connect to", path: path.to_owned(), source: source.into() };
        let socket = seqpacket().map_err(fail)?;
        connect(&socket, &SocketAddrUnix::new(path).map_err(fail)?).map_err(fail)?;
        Self::over(socket)
    }

    /// Two ends in one process.
    ///
    /// # Errors
    /// [`LinkError::Broken`] if the kernel refuses.
    pub fn pair() -> Result<(Self, Self), LinkError> {
        let (one, other) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .map_err(|cause| LinkError::Broken(cause.into()))?;
        Ok((Self::over(one)?, Self::over(other)?))
    }

    fn over(socket: OwnedFd) -> Result<Self, LinkError> {
        set_socket_timeout(socket.as_fd(), Timeout::Send, Some(SEND_TIMEOUT))
            .map_err(|cause| LinkError::Broken(cause.into()))?;
        Ok(Self { socket: Arc::new(socket), heard: VecDeque::new(), packet: Vec::new(), latest: 0 })
    }

    /// The next event; `None` once the other end has closed.
    ///
    /// # Errors
    /// [`LinkError::Packet`] if it makes no sense: the link is of no use any more. [`LinkError::Broken`] if the socket fails.
    pub fn receive(&mut self) -> Result<Option<Event>, LinkError> {
        loop {
            if let Some(event) = self.heard.pop_front() {
                return Ok(Some(event));
            }
            self.packet.resize(PACKET, 0);
            let length = match recv(&*self.socket, self.packet.as_mut_slice(), RecvFlags::empty()) {
                Ok((0, _)) | Err(Errno::CONNRESET) => return Ok(None),
                Ok((_, length)) if length > PACKET => return Err(PacketError::Cut.into()),
                Ok((length, _)) => length,
                Err(Errno::INTR) => continue,
                Err(cause) => return Err(LinkError::Broken(cause.into())),
            };
            let mut reader = packet::Reader(self.packet.get(..length).unwrap_or_default());
            while let Some(event) = reader.next()? {
                self.latest = event.time().unwrap_or(self.latest);
                self.heard.push_back(event);
            }
        }
    }

    /// The time of the last event that came in by this end, whether it was handed out already or not; 0 before any.
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Sends events in their order, in as few packets as may be. Blocks while the other end is behind.
    ///
    /// # Errors
    /// [`LinkError::Broken`] if the other end is gone, [`LinkError::Stuck`] if it does not read.
    pub fn send(&self, events: &[Event]) -> Result<(), LinkError> {
        let mut packet = Vec::new();
        for event in events {
            packet::write(event, &mut packet);
            // The longest event, a hello of 255 names aside, is far below this reserve.
            if packet.len() > PACKET - 1024 {
                self.send_packet(&packet, SendFlags::NOSIGNAL)?;
                packet.clear();
            }
        }
        if packet.is_empty() { Ok(()) } else { self.send_packet(&packet, SendFlags::NOSIGNAL) }
    }

    /// Sends one event without ever blocking.
    ///
    /// # Errors
    /// As [`Local::send`]; [`LinkError::Stuck`] at once if the other end is behind.
    pub fn try_send(&self, event: &Event) -> Result<(), LinkError> {
        let mut packet = Vec::new();
        packet::write(event, &mut packet);
        self.send_packet(&packet, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)
    }

    fn send_packet(&self, packet: &[u8], flags: SendFlags) -> Result<(), LinkError> {
        loop {
            match send(&*self.socket, packet, flags) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(LinkError::Stuck),
                Err(cause) => return Err(LinkError::Broken(cause.into())),
            }
        }
    }

    /// Ends the link for both ends; a thread that waits in [`Local::receive`] gets `None`.
    pub fn close(&self) {
        // A socket that is closed already is what was asked for.
        let _ = shutdown(&*self.socket, Shutdown::Both);
    }
}

fn seqpacket() -> Result<OwnedFd, Errno> {
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

#[cfg(test)]
mod tests {
    use tandem_frame::{BusIndex, CanId, Flags, Frame};

    use super::*;
    use crate::{Hello, Pace};

    fn events() -> Vec<Event> {
        let id = CanId::extended(0x18FE_CA00).unwrap();
        let flags = Flags { fd: true, brs: true, ..Flags::default() };
        vec![
            Event::Hello(Hello { pace: Pace::Lockstep, interfaces: vec!["can0".into(), "can1".into()] }),
            Event::Frame(Frame::with_flags(BusIndex(1), id, 7, flags, &[9; 64]).unwrap()),
            Event::Frame(Frame::remote(BusIndex(0), CanId::standard(1).unwrap(), 8, 4).unwrap()),
            Event::Advance(20_000_000),
            Event::Reached(20_000_000),
            Event::End,
        ]
    }

    #[test]
    fn events_arrive_as_they_left_and_then_the_end() {
        let (car, mut service) = Local::pair().unwrap();
        car.send(&events()).unwrap();
        car.close();
        let heard: Vec<_> = std::iter::from_fn(|| service.receive().unwrap()).collect();
        assert_eq!(heard, events());
    }

    #[test]
    fn a_flood_is_split_into_packets_and_arrives_whole() {
        let (car, mut service) = Local::pair().unwrap();
        let frame = Event::Frame(Frame::new(BusIndex(0), CanId::standard(0x123).unwrap(), 0, &[1; 8]).unwrap());
        let flood = vec![frame; 20_000];
        let sender = std::thread::spawn(move || {
            car.send(&flood).unwrap();
            car.close();
        });
        let heard = std::iter::from_fn(|| service.receive().unwrap()).count();
        sender.join().unwrap();
        assert_eq!(heard, 20_000);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_refused_or_read_and_never_panics() {
        let mut packet = Vec::new();
        events().iter().for_each(|event| packet::write(event, &mut packet));
        for end in 0..packet.len() {
            let mut reader = packet::Reader(&packet[..end]);
            while let Ok(Some(_)) = reader.next() {}
        }
        for at in 0..packet.len() {
            let mut spoiled = packet.clone();
            spoiled[at] ^= 0xFF;
            let mut reader = packet::Reader(&spoiled);
            while let Ok(Some(_)) = reader.next() {}
        }
        assert_eq!(packet::Reader(&[9]).next(), Err(PacketError::Kind(9)));
        assert_eq!(packet::Reader(&[HELLO_KIND, 9, 0, 0]).next(), Err(PacketError::Version(9)));
    }

    #[test]
    fn how_far_the_other_end_has_come_is_known_before_its_events_are_handed_out() {
        let (car, mut service) = Local::pair().unwrap();
        assert_eq!(service.latest(), 0);
        car.send(&events()).unwrap();
        service.receive().unwrap();
        assert_eq!(service.latest(), 20_000_000, "all of the packet is here");
        let hello = Event::Hello(Hello { pace: Pace::Live, interfaces: Vec::new() });
        car.send(&[hello, Event::Advance(5)]).unwrap();
        while service.receive().unwrap() != Some(Event::Advance(5)) {}
        assert_eq!(service.latest(), 5, "another clock");
    }

    const HELLO_KIND: u8 = 1;

    #[test]
    fn a_service_finds_the_car_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link");
        assert!(matches!(Local::connect(&path), Err(LinkError::Socket { doing: "connect to", .. })));
        let listener = Listener::bind(&path).unwrap();
        for round in 0..2 {
            let service = Local::connect(&path).unwrap();
            let mut car = listener.accept().unwrap();
            service.send(&[Event::Reached(round)]).unwrap();
            assert_eq!(car.receive().unwrap(), Some(Event::Reached(round)));
            service.close();
            assert_eq!(car.receive().unwrap(), None);
        }
    }
}

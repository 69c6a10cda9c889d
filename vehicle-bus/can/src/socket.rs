//! Real CAN interfaces: the kernel's raw sockets.
//!
//! Times are nanoseconds on the boot clock. The kernel stamps each frame on the wall's clock as it comes in; [`clock`] says how the one becomes the other.

mod backoff;
mod clock;
mod filter;
mod health;
mod netlink;
mod recvmsg;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use socketcan::{CanAddr, CanFdSocket, CanFilter, Socket, SocketOptions};
use tandem_frame::{BusIndex, Frame};

use backoff::Backoff;
pub use clock::boot;
use clock::{Moment, Stamps};
pub use filter::Wanted;
use health::Health;
pub use health::{BusState, Condition, ErrorCounts};
use netlink::Watch;
use wire::Read;

use crate::{Event, Hello, Pace};

/// [`Heard::Advance`] is told on this grid when no frame brings the time.
pub(crate) const GRID: u64 = 20_000_000;
/// A bus is read for so many frames before the others have their turn.
const TURN: usize = 64;
/// So many bytes may wait in a socket: some 5,000 frames, more than a second of a full bus. The kernel gives less to those who may not force it.
const ROOM: i32 = 4 << 20;
/// A controller that was not bus-off for so long has settled: its next bus-off is a new story.
const SETTLED: u64 = 10_000_000_000;

/// One interface, and what is wanted of it. Its place in the list is its frames' bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Such as `can0`.
    pub name: String,
    pub wanted: Wanted,
}

/// What is heard of real interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody else's frame; another program of this machine is somebody else, too.
    Frame(Frame),
    /// Our own frame is on the wire, at this time.
    Echo(Frame),
    /// All frames up to this time, nanoseconds, are told.
    Advance(u64),
    /// A controller's own frame, if they are asked for by [`SocketCan::tell_errors`]. What it says of the bus's state is news all the same.
    Error(Frame),
    News(BusIndex, News),
}

/// What became of a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The interface is there and up. Its state is [`BusState::Active`] until something else is said: at once, if the kernel says so.
    Up,
    /// It is not, and why: `NODEV` that there is none of the name, `NETDOWN` that it is there and down. It is tried again at each change of an interface, and after
    /// 100 ms, 200 ms and so on up to 5 s.
    Down(Errno),
    State(BusState),
    /// The bus is off and the kernel was asked to restart its controller; if it did not want to, why: `PERM` without `CAP_NET_ADMIN`, `INVAL` if the controller restarts
    /// by itself (`restart-ms`), `OPNOTSUPP` if its driver cannot. It is asked again after a while that doubles from 100 ms to 5 s.
    Restart(Result<(), Errno>),
    /// So many frames were lost, here, for want of room.
    Lost(u32),
}

impl News {
    /// How it says that the interface is; none if it says nothing of that.
    pub fn condition(self) -> Option<Condition> {
        match self {
            Self::Up => Some(Condition::Up(BusState::Active)),
            Self::State(state) => Some(Condition::Up(state)),
            Self::Down(Errno::NETDOWN) => Some(Condition::Down),
            Self::Down(Errno::NODEV) => Some(Condition::Absent),
            Self::Down(_) => Some(Condition::Unreadable),
            Self::Restart(_) | Self::Lost(_) => None,
        }
    }
}

impl Heard {
    /// As the events of every link have it; none for what only a real interface says.
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Frame(frame) => Some(Event::Frame(frame)),
            Self::Advance(t_ns) => Some(Event::Advance(t_ns)),
            Self::Echo(_) | Self::Error(_) | Self::News(..) => None,
        }
    }
}

/// Why a frame was not sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SendError {
    #[error("bus {} is none of the link's", .0.0)]
    NoBus(BusIndex),
    #[error("the interface is down or gone")]
    Down,
    #[error("the interface's queue is full: the bus does not take what is sent")]
    Full,
    #[error(
        "the frame cannot be sent: it is an error frame, or an FD frame to an interface without FD (its mtu must be 72)"
    )]
    Kind,
    #[error("the kernel did not send the frame")]
    Kernel(#[source] Errno),
}

/// The sockets as both ends see them: the reader opens and closes, senders look.
type Sockets = Arc<[Mutex<Option<Arc<CanFdSocket>>>]>;

/// Sends frames to the interfaces of a [`SocketCan`], from any thread.
#[derive(Clone)]
pub struct Sender {
    sockets: Sockets,
}

impl Sender {
    /// Gives a frame to the kernel, never waiting. That it is on the wire is told by its echo.
    ///
    /// # Errors
    /// [`SendError`]; the frame is not sent then.
    pub fn try_send(&self, frame: &Frame) -> Result<(), SendError> {
        let slot = self.sockets.get(usize::from(frame.bus.0)).ok_or(SendError::NoBus(frame.bus))?;
        let socket = slot.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(SendError::Down)?;
        let (bytes, length) = wire::write(frame).ok_or(SendError::Kind)?;
        match send(&*socket, bytes.get(..length).unwrap_or_default(), SendFlags::DONTWAIT) {
            Ok(_) => Ok(()),
            Err(Errno::NOBUFS | Errno::AGAIN) => Err(SendError::Full),
            Err(Errno::NETDOWN | Errno::NODEV | Errno::NXIO) => Err(SendError::Down),
            Err(Errno::INVAL | Errno::MSGSIZE) => Err(SendError::Kind),
            Err(cause) => Err(SendError::Kernel(cause)),
        }
    }
}

/// A socket that is open.
struct Open {
    socket: Arc<CanFdSocket>,
    index: u32,
    stamps: Stamps,
    dropped: u32,
}

struct Bus {
    name: String,
    wanted: Wanted,
    open: Option<Open>,
    /// Why it is not open, as was told.
    told: Option<Errno>,
    health: Health,
    reopen: Backoff,
    reopen_at: u64,
    restart: Backoff,
    restart_at: Option<u64>,
    off_until: Option<u64>,
}

/// Some interfaces, read by one thread. An interface that is not there, goes, or comes is told and never ends the link.
pub struct SocketCan {
    buses: Vec<Bus>,
    sockets: Sockets,
    watch: Watch,
    heard: VecDeque<Heard>,
    next_advance: u64,
    tells_errors: bool,
}

impl SocketCan {
    /// A link to these interfaces, at most 256. None of them needs to be there yet.
    ///
    /// # Errors
    /// The kernel gives us no socket at all.
    pub fn new(interfaces: Vec<Interface>) -> io::Result<Self> {
        let buses: Vec<_> = interfaces
            .into_iter()
            .map(|interface| Bus {
                name: interface.name,
                wanted: interface.wanted.sorted(),
                open: None,
                told: None,
                health: Health::default(),
                reopen: Backoff::default(),
                reopen_at: 0,
                restart: Backoff::default(),
                restart_at: None,
                off_until: None,
            })
            .collect();
        let sockets = buses.iter().map(|_| Mutex::default()).collect();
        Ok(Self { buses, sockets, watch: Watch::new()?, heard: VecDeque::new(), next_advance: 0, tells_errors: false })
    }

    /// Tells error frames, too, from now on.
    pub fn tell_errors(&mut self) {
        self.tells_errors = true;
    }

    /// What a link says first.
    pub fn hello(&self) -> Hello {
        Hello { pace: Pace::Live, interfaces: self.buses.iter().map(|bus| bus.name.clone()).collect() }
    }

    pub fn sender(&self) -> Sender {
        Sender { sockets: self.sockets.clone() }
    }

    /// The state of a bus that is up.
    pub fn state(&self, bus: BusIndex) -> Option<BusState> {
        self.buses.get(usize::from(bus.0)).filter(|bus| bus.open.is_some()).map(|bus| bus.health.state())
    }

    /// The error frames of a bus, counted since the link was made.
    pub fn errors(&self, bus: BusIndex) -> Option<ErrorCounts> {
        self.buses.get(usize::from(bus.0)).map(|bus| bus.health.counts())
    }

    /// Waits for what is heard next: a frame, some news, or that time goes on, each 20 ms.
    ///
    /// # Errors
    /// The kernel does not let us wait. Nothing that an interface does is an error.
    pub fn receive(&mut self) -> io::Result<Heard> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            self.read();
            if self.heard.is_empty() {
                self.wait()?;
            }
        }
    }

    /// One turn: everything that can be had without waiting.
    fn read(&mut self) {
        let now = Moment::now();
        let changed = self.watch.changed();
        let mut all_read = true;
        for (at, bus) in self.buses.iter_mut().enumerate() {
            let index = BusIndex(u8::try_from(at).unwrap_or(u8::MAX));
            let mut tell = |news| self.heard.push_back(Heard::News(index, news));
            if bus.open.is_none() && (changed || now.boot >= bus.reopen_at) {
                bus.try_open(now, &mut tell);
            }
            if bus.restart_at.is_some_and(|due| now.boot >= due) {
                bus.ask_restart(now.boot, &mut tell);
            }
            all_read &= bus.read(index, now, self.tells_errors, &mut self.heard);
            if let Some(slot) = self.sockets.get(at) {
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                if slot.is_some() != bus.open.is_some() {
                    *slot = bus.open.as_ref().map(|open| open.socket.clone());
                }
            }
        }
        // What came in after `now` may be told already, but nothing from before it is missing.
        if all_read && now.boot >= self.next_advance {
            self.next_advance = now.boot - now.boot % GRID + GRID;
            self.heard.push_back(Heard::Advance(now.boot));
        }
    }

    fn wait(&self) -> io::Result<()> {
        let reopen = self.buses.iter().filter(|bus| bus.open.is_none()).map(|bus| bus.reopen_at);
        let restart = self.buses.iter().filter_map(|bus| bus.restart_at);
        let due = reopen.chain(restart).fold(self.next_advance, u64::min).saturating_sub(clock::boot());
        let timeout = Timespec { tv_sec: (due / 1_000_000_000) as _, tv_nsec: (due % 1_000_000_000) as _ };
        let sockets = self.buses.iter().filter_map(|bus| bus.open.as_ref()).map(|open| open.socket.as_fd());
        let mut waited: Vec<_> =
            sockets.chain([self.watch.as_fd()]).map(|socket| PollFd::from_borrowed_fd(socket, PollFlags::IN)).collect();
        match poll(&mut waited, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }
}

impl Bus {
    fn try_open(&mut self, now: Moment, tell: &mut impl FnMut(News)) {
        match open(&self.name, &self.wanted) {
            Ok((socket, index)) => {
                let stamps = Stamps::new(now);
                self.open = Some(Open { socket: Arc::new(socket), index, stamps, dropped: 0 });
                self.told = None;
                self.reopen.reset();
                self.health.begin();
                tell(News::Up);
                // Asked after the socket is there, which hears what changes from here on.
                self.learn(netlink::state(index), now.boot, tell);
            }
            Err(cause) => self.close(cause, now.boot, tell),
        }
    }

    fn close(&mut self, cause: Errno, now: u64, tell: &mut impl FnMut(News)) {
        self.open = None;
        self.restart_at = None;
        self.reopen_at = self.reopen.next(now);
        if self.told.replace(cause) != Some(cause) {
            tell(News::Down(cause));
        }
    }

    /// Takes in what the kernel says of the controller.
    fn learn(&mut self, state: Option<BusState>, now: u64, tell: &mut impl FnMut(News)) {
        if let Some(state) = self.health.learn(state) {
            tell(News::State(state));
            schedule(state, now, &mut self.restart, &mut self.restart_at, &mut self.off_until);
        }
    }

    fn ask_restart(&mut self, now: u64, tell: &mut impl FnMut(News)) {
        let Some(index) = self.open.as_ref().map(|open| open.index) else { return };
        // That it is back may have been said by a frame that there was no room for.
        self.learn(netlink::state(index), now, tell);
        if self.health.state() == BusState::BusOff {
            self.restart_at = Some(self.restart.next(now));
            tell(News::Restart(netlink::restart(index)));
        }
    }

    /// Reads one turn; whether everything was read.
    fn read(&mut self, index: BusIndex, now: Moment, tells_errors: bool, heard: &mut VecDeque<Heard>) -> bool {
        let Some(open) = &mut self.open else { return true };
        open.stamps.read_at(now);
        let mut bytes = [0; wire::FD];
        for _ in 0..TURN {
            let said = match recvmsg::recvmsg(open.socket.as_fd(), &mut bytes) {
                Ok(said) => said,
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                    open.stamps.read_empty();
                    return true;
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => {
                    let cause = Errno::from_io_error(&cause).unwrap_or(Errno::IO);
                    self.close(cause, now.boot, &mut |news| heard.push_back(Heard::News(index, news)));
                    return true;
                }
            };
            if let Some(dropped) = said.dropped
                && let lost @ 1.. = dropped.wrapping_sub(open.dropped)
            {
                open.dropped = dropped;
                heard.push_back(Heard::News(index, News::Lost(lost)));
            }
            let t_ns = open.stamps.heard(said.stamp);
            match wire::read(bytes.get(..said.length).unwrap_or_default(), index, t_ns) {
                Some(Read::Frame(frame)) if self.wanted.has(frame.id, frame.flags.remote) => {
                    heard.push_back(if said.own { Heard::Echo(frame) } else { Heard::Frame(frame) });
                }
                Some(Read::Error(classes, payload)) => {
                    if tells_errors && let Some(frame) = wire::error_frame(classes, &payload, index, t_ns) {
                        heard.push_back(Heard::Error(frame));
                    }
                    if let Some(state) = self.health.hear(classes, &payload) {
                        heard.push_back(Heard::News(index, News::State(state)));
                        schedule(state, now.boot, &mut self.restart, &mut self.restart_at, &mut self.off_until);
                    }
                }
                _ => {}
            }
        }
        false
    }
}

/// When a restart is to be asked for, now that the state is another one.
fn schedule(state: BusState, now: u64, restart: &mut Backoff, at: &mut Option<u64>, off_until: &mut Option<u64>) {
    if state == BusState::BusOff {
        if off_until.is_some_and(|until| now.saturating_sub(until) >= SETTLED) {
            restart.reset();
        }
        *at = Some(restart.next(now));
    } else if at.take().is_some() {
        *off_until = Some(now);
    }
}

/// Opens a socket on an interface that is there and up.
fn open(name: &str, wanted: &Wanted) -> Result<(CanFdSocket, u32), Errno> {
    let errno = |cause: io::Error| Errno::from_io_error(&cause).unwrap_or(Errno::IO);
    let address = CanAddr::from_iface(name).map_err(errno)?;
    let socket = CanFdSocket::open_addr(&address).map_err(errno)?;
    // Bound to an interface that is down, it has that as its first error.
    if let Some(cause) = socket.as_raw_socket().take_error().map_err(errno)? {
        return Err(errno(cause));
    }
    let filters: Vec<_> = wanted.filters().into_iter().map(CanFilter::from).collect();
    let options = || {
        socket.set_filters(&filters)?;
        socket.set_error_filter_accept_all()?;
        socket.set_recv_own_msgs(true)?;
        socket.set_recv_timestamp(true)?;
        socket.set_socket_option_int(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
        socket
            .set_socket_option_int(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, ROOM)
            .or_else(|_| socket.set_socket_option_int(libc::SOL_SOCKET, libc::SO_RCVBUF, ROOM))
    };
    options().map_err(errno)?;
    Ok((socket, address.ifindex()))
}

#[cfg(test)]
mod tests {
    use tandem_frame::CanId;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_controller_that_goes_off_again_and_again_is_restarted_ever_more_seldom_until_it_settles() {
        let (mut restart, mut at, mut off_until) = (Backoff::default(), None, None);
        let mut go = |state, now| {
            schedule(state, now, &mut restart, &mut at, &mut off_until);
            at
        };
        assert_eq!(go(BusState::BusOff, SECOND), Some(SECOND + 100_000_000));
        assert_eq!(go(BusState::Active, 2 * SECOND), None);
        assert_eq!(go(BusState::Warning, 3 * SECOND), None);
        assert_eq!(go(BusState::BusOff, 4 * SECOND), Some(4 * SECOND + 200_000_000));
        assert_eq!(go(BusState::Active, 5 * SECOND), None);
        // Ten seconds after it came back.
        assert_eq!(go(BusState::BusOff, 15 * SECOND), Some(15 * SECOND + 100_000_000));
    }

    #[test]
    fn a_bus_that_the_kernel_says_is_back_is_so_though_nobody_heard_it() {
        let interface = Interface { name: "no-such-can".into(), wanted: Wanted::All };
        let mut link = SocketCan::new(vec![interface]).unwrap();
        let bus = &mut link.buses[0];
        let mut learn = |state, now| {
            let mut told = Vec::new();
            bus.learn(state, now, &mut |news| told.push(news));
            (told, bus.restart_at.is_some())
        };
        assert_eq!(learn(Some(BusState::BusOff), SECOND), (vec![News::State(BusState::BusOff)], true));
        assert_eq!(learn(None, 2 * SECOND), (vec![], true), "a driver that says nothing");
        assert_eq!(learn(Some(BusState::BusOff), 3 * SECOND), (vec![], true));
        assert_eq!(learn(Some(BusState::Passive), 4 * SECOND), (vec![News::State(BusState::Passive)], false));
    }

    #[test]
    fn an_interface_that_is_not_there_is_told_once_and_time_goes_on() {
        let interface = Interface { name: "no-such-can".into(), wanted: Wanted::All };
        let mut link = SocketCan::new(vec![interface]).unwrap();
        assert_eq!(link.hello(), Hello { pace: Pace::Live, interfaces: vec!["no-such-can".into()] });
        assert_eq!(link.receive().unwrap(), Heard::News(BusIndex(0), News::Down(Errno::NODEV)));
        let mut last = 0;
        for _ in 0..10 {
            let Heard::Advance(now) = link.receive().unwrap() else { panic!("something else than time") };
            assert!(now > last);
            last = now;
        }
        let frame = |bus| Frame::new(BusIndex(bus), CanId::standard(1).unwrap(), 0, &[]).unwrap();
        assert_eq!(link.sender().try_send(&frame(0)), Err(SendError::Down));
        assert_eq!(link.sender().try_send(&frame(1)), Err(SendError::NoBus(BusIndex(1))));
    }

    #[test]
    fn an_interface_that_is_not_there_is_not_tried_again_before_its_time() {
        let interface = Interface { name: "no-such-can".into(), wanted: Wanted::All };
        let mut link = SocketCan::new(vec![interface]).unwrap();
        for wait in [100_000_000, 200_000_000] {
            let before = clock::boot();
            link.buses[0].reopen_at = 0;
            link.read();
            assert!(link.buses[0].reopen_at >= before + wait);
        }
    }

    #[test]
    fn frames_and_time_are_events_of_every_link_and_the_rest_is_not() {
        let frame = Frame::new(BusIndex(0), CanId::standard(1).unwrap(), 0, &[]).unwrap();
        assert_eq!(Heard::Frame(frame).event(), Some(Event::Frame(frame)));
        assert_eq!(Heard::Advance(5).event(), Some(Event::Advance(5)));
        assert_eq!(Heard::Echo(frame).event(), None);
        assert_eq!(Heard::News(BusIndex(0), News::Up).event(), None);
    }
}

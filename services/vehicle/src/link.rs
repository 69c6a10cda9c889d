//! A thread that keeps the link to the car: it connects, reads, and connects again; or it reads real interfaces, or buses of this machine, where others come and go as they like.

use std::collections::VecDeque;
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tandem_can::{
    Cannelloni, ErrorCounts, Event, Heard, Hello, Interface, LinkError, Local, News, PeerNews, PeerSender, SendError,
    Sender as Frames, SocketCan, Told, boot,
};
use tandem_frame::{BusIndex, Frame};
use tokio::sync::mpsc::Sender;
use tracing::info;

/// How long to wait before knocking again.
const RETRY: Duration = Duration::from_millis(100);

/// What the link tells the service.
pub enum LinkNews {
    /// Connected; this end sends.
    Up(Outlet),
    Heard(Event),
    /// A frame of ours is on the wire.
    Echo(Frame),
    /// Of a real interface.
    Interface {
        /// Of the car.
        bus: String,
        /// Of this machine.
        name: String,
        news: News,
    },
    /// Error frames on a bus of the car, all of them so far.
    Errors {
        bus: String,
        counts: ErrorCounts,
    },
    /// Of a bus of this machine.
    Bus {
        bus: String,
        news: News,
    },
    /// Of a program on a bus of this machine.
    Peer {
        bus: String,
        peer: SocketAddr,
        news: PeerNews,
    },
    Down(Option<Box<dyn Error + Send + Sync>>),
}

/// Where frames go out.
pub enum Outlet {
    /// There is none: the car is only listened to.
    Shut,
    /// And how far the car had come that is at the other end, when its latest packet was taken in.
    Local(Local, Arc<AtomicU64>),
    Can(Frames),
    Peers(PeerSender),
}

/// Why something did not go out.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum OutletError {
    Local(#[from] LinkError),
    Can(#[from] SendError),
}

impl Outlet {
    /// Sends without ever waiting. A real bus takes frames only: nobody there waits for us. Returns up to when, nanoseconds of the link's time, the car has
    /// spoken without having heard this, as far as we have taken in what it said: what lies in the socket still is taken for later. None if an echo is to say so.
    ///
    /// # Errors
    /// [`OutletError`]; it is not sent then.
    pub fn try_send(&self, event: &Event) -> Result<Option<u64>, OutletError> {
        match (self, event) {
            (Self::Local(link, latest), event) => {
                // Not after it: an answer may be quicker.
                let until = latest.load(Ordering::Acquire);
                link.try_send(event)?;
                Ok(Some(until))
            }
            (Self::Can(sender), Event::Frame(frame)) => {
                sender.try_send(frame)?;
                Ok(None)
            }
            (Self::Peers(sender), Event::Frame(frame)) => {
                let until = boot();
                sender.try_send(frame)?;
                Ok(Some(until))
            }
            (Self::Shut | Self::Can(_) | Self::Peers(_), _) => Ok(None),
        }
    }
}

/// Where the car is.
pub enum Place {
    /// The socket that a virtual car or a recording listens at.
    Socket(PathBuf),
    /// Real interfaces, each with the bus of the car that it is.
    Interfaces(Vec<(String, Interface)>),
    /// Buses that programs of this machine connect to.
    Peers(Cannelloni),
}

/// Starts the thread. It ends when nobody listens to it any more. A car that is only listened to gets no way out, but for the words of lockstep
/// that a virtual car or a recording waits for.
///
/// # Errors
/// The kernel gives us no thread, or no socket.
pub fn spawn(place: Place, news: Sender<LinkNews>, listen_only: bool) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("link".into());
    match place {
        Place::Socket(path) => thread.spawn(move || run(&path, &news)).map(drop),
        Place::Interfaces(interfaces) => {
            let (buses, interfaces): (Vec<_>, _) = interfaces.into_iter().unzip();
            let mut link = SocketCan::new(interfaces)?;
            let hear = move || {
                while hear_interfaces(&mut link, &buses, &news, listen_only).is_some() {
                    std::thread::sleep(RETRY);
                }
            };
            thread.spawn(hear).map(drop)
        }
        Place::Peers(mut link) => {
            for (at, bus) in (0..).zip(link.hello().interfaces) {
                // Whoever asked for port 0 is told here which one it is.
                info!(bus, address = link.address(BusIndex(at)).map(tracing::field::display), "listening");
            }
            let hear = move || {
                while hear_peers(&mut link, &news, listen_only).is_some() {
                    std::thread::sleep(RETRY);
                }
            };
            thread.spawn(hear).map(drop)
        }
    }
}

/// Reads real interfaces until they cannot be waited for. `None` if the service has gone.
fn hear_interfaces(link: &mut SocketCan, buses: &[String], news: &Sender<LinkNews>, listen_only: bool) -> Option<()> {
    // The car's own names for its buses, which are what the service knows.
    let hello = Hello { interfaces: buses.to_owned(), ..link.hello() };
    let names = link.hello().interfaces;
    let named = |names: &[String], bus: BusIndex| names.get(usize::from(bus.0)).cloned().unwrap_or_default();
    let mut counted = vec![ErrorCounts::default(); buses.len()];
    let mut waiting = VecDeque::new();
    let outlet = if listen_only { Outlet::Shut } else { Outlet::Can(link.sender()) };
    hear(news, outlet, hello, || {
        if let Some(told) = waiting.pop_front() {
            return Ok(Some(told));
        }
        Ok(match link.receive()? {
            Heard::News(bus, news) => {
                Some(LinkNews::Interface { bus: named(buses, bus), name: named(&names, bus), news })
            }
            Heard::Advance(t_ns) => {
                // Once for all the error frames of some milliseconds: a bus in distress has thousands a second.
                for (at, (bus, counted)) in (0..).zip(buses.iter().zip(&mut counted)) {
                    let counts = link.errors(BusIndex(at)).unwrap_or_default();
                    if std::mem::replace(counted, counts) != counts {
                        waiting.push_back(LinkNews::Errors { bus: bus.clone(), counts });
                    }
                }
                Some(LinkNews::Heard(Event::Advance(t_ns)))
            }
            Heard::Echo(frame) => Some(LinkNews::Echo(frame)),
            heard => heard.event().map(LinkNews::Heard),
        })
    })
}

/// Reads buses of this machine until they cannot be waited for. `None` if the service has gone.
fn hear_peers(link: &mut Cannelloni, news: &Sender<LinkNews>, listen_only: bool) -> Option<()> {
    let hello = link.hello();
    let names = hello.interfaces.clone();
    let name = |bus: BusIndex| names.get(usize::from(bus.0)).cloned().unwrap_or_default();
    let outlet = if listen_only { Outlet::Shut } else { Outlet::Peers(link.sender()) };
    hear(news, outlet, hello, || {
        Ok(match link.receive()? {
            Told::News(bus, news) => Some(LinkNews::Bus { bus: name(bus), news }),
            Told::Peer(bus, peer, news) => Some(LinkNews::Peer { bus: name(bus), peer, news }),
            told => told.event().map(LinkNews::Heard),
        })
    })
}

fn hear(
    news: &Sender<LinkNews>,
    outlet: Outlet,
    hello: Hello,
    mut next: impl FnMut() -> std::io::Result<Option<LinkNews>>,
) -> Option<()> {
    news.blocking_send(LinkNews::Up(outlet)).ok()?;
    news.blocking_send(LinkNews::Heard(Event::Hello(hello))).ok()?;
    let reason = loop {
        match next() {
            Ok(Some(told)) => news.blocking_send(told).ok()?,
            Ok(None) => {}
            Err(cause) => break cause,
        }
    };
    news.blocking_send(LinkNews::Down(Some(reason.into()))).ok()
}

fn run(path: &Path, news: &Sender<LinkNews>) {
    let mut told = false;
    while !news.is_closed() {
        match Local::connect(path) {
            Ok(link) => {
                told = false;
                if listen(link, news).is_none() {
                    return;
                }
            }
            // The car is not there yet, or not there any more.
            Err(cause) => {
                if !std::mem::replace(&mut told, true) {
                    info!(error = &cause as &dyn Error, "no car yet; knocking on");
                }
                std::thread::sleep(RETRY);
            }
        }
    }
}

/// Reads until the link ends. `None` if the service has gone.
fn listen(mut link: Local, news: &Sender<LinkNews>) -> Option<()> {
    let latest = Arc::new(AtomicU64::new(0));
    news.blocking_send(LinkNews::Up(Outlet::Local(link.clone(), Arc::clone(&latest)))).ok()?;
    let reason = loop {
        match link.receive() {
            Ok(Some(event)) => {
                // Before it waits for its turn.
                latest.store(link.latest(), Ordering::Release);
                news.blocking_send(LinkNews::Heard(event)).ok()?;
            }
            Ok(None) => break None,
            Err(cause) => break Some(cause.into()),
        }
    };
    link.close();
    news.blocking_send(LinkNews::Down(reason)).ok()
}

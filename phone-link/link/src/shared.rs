//! What all tasks of one [`crate::Links`] share.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_kdeconnect::{DeviceId, DeviceKind, Identity, Message, Packet, PacketError};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::budget::{Doorway, Pace, Way};
use crate::certificate::Own;
use crate::door::Door;
use crate::link::Ended;
use crate::table::{LinkId, Table};

/// How a device shows itself, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// What people read; signs that the protocol forbids are left out, and all after the 32nd.
    pub name: String,
    pub kind: DeviceKind,
    /// Packet types that are taken, and those that are sent.
    pub incoming: Vec<String>,
    pub outgoing: Vec<String>,
    /// The only network interfaces to listen, dial and announce on, by name; they may come and go. Empty: all.
    pub interfaces: Vec<String>,
    /// The only address to listen at and to send from, instead of interfaces: as a second device on one machine does.
    pub at: Option<IpAddr>,
    /// Every announcement is broadcast too, and not only while strangers are let in.
    pub broadcast: bool,
    /// Shown and found by mDNS.
    pub mdns: bool,
    /// 8, or 7 for an older device.
    pub protocol: u8,
}

impl Options {
    /// A device that speaks protocol 8, at all addresses, and tells nobody of itself.
    pub fn new(name: impl Into<String>, kind: DeviceKind) -> Self {
        Self {
            name: name.into(),
            kind,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            interfaces: Vec::new(),
            at: None,
            broadcast: false,
            mdns: false,
            protocol: 8,
        }
    }
}

/// What happens on the links.
#[derive(Debug)]
pub enum News {
    /// A device is here, and holds the key of its certificate. If it had a link, that one's [`News::Down`] follows.
    Up {
        link: LinkId,
        identity: Identity,
        /// DER.
        certificate: Vec<u8>,
        /// SubjectPublicKeyInfo, DER, of [`tandem_kdeconnect::verification_key`].
        our_key: Vec<u8>,
        their_key: Vec<u8>,
        address: IpAddr,
        /// Its certificate is the one that was pinned. If not, it is a stranger, and nothing that it says is to be trusted.
        pinned: bool,
    },
    Packet {
        link: LinkId,
        packet: Packet,
    },
    /// A line that is no packet; the first eight of a link are told.
    Refused {
        link: LinkId,
        why: PacketError,
    },
    /// The last of a link.
    Down {
        link: LinkId,
        why: Ended,
    },
}

/// Addresses that wait for an announcement, at most.
const WAITING: usize = 64;

pub(crate) struct Budget {
    pub doorway: Doorway,
    /// Dials of an address, and datagrams of an address that are read.
    pub dials: Pace<IpAddr>,
    pub datagrams: Pace<IpAddr>,
    /// Lines in the log that others can cause.
    pub warnings: Pace<()>,
    /// When others were told of us last.
    pub announced: Option<Duration>,
}

pub(crate) struct Shared {
    pub own: Arc<Own>,
    pub options: Options,
    pub name: String,
    pub news: mpsc::Sender<News>,
    pub table: Mutex<Table>,
    pub budget: Mutex<Budget>,
    pub doors: Mutex<Vec<Door>>,
    /// None when the last handle is gone.
    tasks: Mutex<Option<JoinSet<()>>>,
    pub to_announce: Mutex<BTreeSet<IpAddr>>,
    pub announce: Notify,
    start: Instant,
}

/// The tasks hold nothing that a panic could leave half done.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(own: Arc<Own>, options: Options, name: String, news: mpsc::Sender<News>) -> Self {
        let second = Duration::from_secs(1);
        let budget = Budget {
            doorway: Doorway::default(),
            dials: Pace::new(1, second, 256),
            datagrams: Pace::new(4, second, 256),
            warnings: Pace::new(1, 600 * second, 1),
            announced: None,
        };
        Self {
            own,
            options,
            name,
            news,
            table: Mutex::default(),
            budget: Mutex::new(budget),
            doors: Mutex::default(),
            tasks: Mutex::new(Some(JoinSet::new())),
            to_announce: Mutex::default(),
            announce: Notify::new(),
            start: Instant::now(),
        }
    }

    /// Since this began.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Runs a task until it ends, or until the last [`crate::Links`] is dropped; none is begun after that.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Option<AbortHandle> {
        let mut tasks = locked(&self.tasks);
        let tasks = tasks.as_mut()?;
        while tasks.try_join_next().is_some() {}
        Some(tasks.spawn(task))
    }

    pub fn end(&self) {
        let tasks = locked(&self.tasks).take();
        // Without the lock: what the tasks held is dropped here.
        drop(tasks);
    }

    /// Our identity as a line. A datagram carries the port that we listen on; whoever dials says whom it means.
    pub fn identity(&self, port: Option<u16>, target: Option<(&DeviceId, u8)>, with_types: bool) -> String {
        let types = |types: &Vec<String>| if with_types { types.clone() } else { Vec::new() };
        let identity = Identity {
            id: self.own.id().clone(),
            name: self.name.clone(),
            kind: self.options.kind,
            protocol: self.options.protocol,
            incoming: types(&self.options.incoming),
            outgoing: types(&self.options.outgoing),
            port,
            target: target.map(|(id, _)| id.clone()),
            target_protocol: target.map(|(_, protocol)| protocol),
        };
        Packet::new(Message::Identity(identity)).line(unix_ms())
    }

    pub fn announce_to(&self, addresses: &[IpAddr]) {
        let mut waiting = locked(&self.to_announce);
        let room = WAITING.saturating_sub(waiting.len());
        waiting.extend(addresses.iter().take(room));
        self.announce.notify_one();
    }
}

/// Milliseconds since 1970.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A place in the doorway, for as long as it is held.
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    pub address: IpAddr,
    way: Way,
}

impl Ticket {
    pub fn take(shared: &Arc<Shared>, address: IpAddr, way: Way) -> Option<Self> {
        let enters = locked(&shared.budget).doorway.enter(address, way);
        enters.then(|| Self { shared: Arc::clone(shared), address, way })
    }

    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        locked(&self.shared.budget).doorway.leave(self.address, self.way);
    }
}

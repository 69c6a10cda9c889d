//! The way to the car, and how it breaks.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::{SockFilter, SockRef};
use tandem_kdeconnect::{DeviceId, DeviceKind, Packet, Payload, Share};
use tandem_link::{LinkId, Links, News, Options, Own, Pin, StartError, start};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::event::What;

/// What Android's app takes, as far as this phone does.
const INCOMING: [&str; 10] = [
    "kdeconnect.mpris",
    "kdeconnect.mpris.request",
    "kdeconnect.share.request",
    "kdeconnect.share.request.update",
    "kdeconnect.notification.request",
    "kdeconnect.runcommand",
    "kdeconnect.findmyphone.request",
    "kdeconnect.telephony.request_mute",
    "kdeconnect.ping",
    "kdeconnect.battery",
];
const OUTGOING: [&str; 10] = [
    "kdeconnect.mpris",
    "kdeconnect.mpris.request",
    "kdeconnect.share.request",
    "kdeconnect.share.request.update",
    "kdeconnect.notification",
    "kdeconnect.telephony",
    "kdeconnect.runcommand.request",
    "kdeconnect.battery",
    "kdeconnect.connectivity_report",
    "kdeconnect.ping",
];
/// A file that is longer is not taken, bytes.
const LONGEST: u64 = 256 << 20;

/// How a phone shows itself, and where.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: String,
    pub protocol: u8,
    /// The only address to listen at and to send from.
    pub at: Option<IpAddr>,
    /// Whom it tells that it is there; none: everybody on the network.
    pub car: Option<IpAddr>,
}

/// The car at the other end.
#[derive(Clone)]
pub struct Way {
    pub link: LinkId,
    pub car: DeviceId,
    pub pin: Pin,
    pub address: IpAddr,
}

/// An app that runs: it listens, and speaks with at most one car.
pub struct Air {
    place: Place,
    links: Links,
    news: mpsc::Receiver<News>,
    /// Files under way.
    files: JoinSet<()>,
    sender: JoinHandle<()>,
    queue: mpsc::UnboundedSender<(Instant, LinkId, Packet)>,
    pub way: Option<Way>,
    /// The app stands still.
    frozen: watch::Sender<bool>,
    /// Our own ends of connections that let nothing in.
    cut: Vec<OwnedFd>,
}

impl Air {
    /// # Errors
    /// [`StartError`]
    pub async fn open(
        own: Arc<Own>,
        place: Place,
        cars: impl Iterator<Item = (DeviceId, Pin)>,
    ) -> Result<Self, StartError> {
        let mut options = Options::new(place.name.clone(), DeviceKind::Phone);
        options.incoming = INCOMING.map(str::to_owned).to_vec();
        options.outgoing = OUTGOING.map(str::to_owned).to_vec();
        options.at = place.at;
        options.broadcast = place.car.is_none();
        options.protocol = place.protocol;
        let (links, news) = start(own, options).await?;
        for (id, pin) in cars {
            links.pin(id, pin);
        }
        links.admit_strangers(true);
        let (queue, waiting) = mpsc::unbounded_channel();
        let (frozen, is_frozen) = watch::channel(false);
        let sender = tokio::spawn(send_in_order(links.clone(), waiting, is_frozen));
        let (files, cut) = (JoinSet::new(), Vec::new());
        Ok(Self { place, links, news, files, sender, queue, way: None, frozen, cut })
    }

    /// What comes; nothing while it is frozen.
    pub async fn news(&mut self) -> Option<News> {
        if self.is_frozen() {
            return std::future::pending().await;
        }
        self.news.recv().await
    }

    fn is_frozen(&self) -> bool {
        *self.frozen.borrow()
    }

    /// Tells the car that the phone is there, unless it knows, or the app stands still.
    pub fn announce(&self) {
        if self.way.is_none() && !self.is_frozen() {
            self.links.announce(self.place.car.as_slice());
        }
    }

    pub fn close(&self, link: LinkId) {
        self.links.close(link);
    }

    pub fn trust(&self, way: &Way) {
        self.links.pin(way.car.clone(), way.pin.clone());
        self.links.set_paired(way.link, true);
    }

    pub fn distrust(&self, way: &Way) {
        self.links.unpin(&way.car);
        self.links.set_paired(way.link, false);
    }

    /// Sends it then, behind everything that was to be sent before. An app that stands still says it later.
    pub fn send(&self, then: Instant, packet: Packet) {
        if let Some(way) = &self.way {
            // The task that takes it lives as long as this does.
            drop(self.queue.send((then, way.link, packet)));
        }
    }

    pub fn send_file(&mut self, path: std::path::PathBuf, name: String, done: mpsc::UnboundedSender<What>) {
        let Some(link) = self.way.as_ref().map(|way| way.link) else { return };
        let links = self.links.clone();
        self.files.spawn(async move {
            let sent = async {
                let file = tokio::fs::File::open(&path).await.map_err(|error| error.to_string())?;
                let bytes = file.metadata().await.map_err(|error| error.to_string())?.len();
                let share = Share::File { name: name.clone(), files: Some(1), all_bytes: Some(bytes) };
                let packet = Packet::new(tandem_kdeconnect::Message::Share(share));
                links.send_with_payload(link, packet, file, bytes).await.map_err(|error| error.to_string())
            };
            let told = match sent.await {
                Ok(()) => What::Sent { file: name },
                Err(why) => What::Failed { file: name, why },
            };
            drop(done.send(told));
        });
    }

    /// Takes a file into a folder.
    pub fn fetch(
        &mut self,
        payload: Payload,
        name: String,
        folder: std::path::PathBuf,
        done: mpsc::UnboundedSender<What>,
    ) {
        let Some(link) = self.way.as_ref().map(|way| way.link) else { return };
        let links = self.links.clone();
        self.files.spawn(async move {
            let path = folder.join(&name);
            let fetched = async {
                tokio::fs::create_dir_all(&folder).await.map_err(|error| error.to_string())?;
                let mut file = tokio::fs::File::create(&path).await.map_err(|error| error.to_string())?;
                links.fetch(link, payload, &mut file, LONGEST).await.map_err(|error| error.to_string())
            };
            let told = match fetched.await {
                Ok(bytes) => What::Received { kind: "file", content: path.display().to_string(), bytes },
                Err(why) => What::Failed { file: name, why },
            };
            drop(done.send(told));
        });
    }

    /// The app stands still: it reads and says nothing, meets nobody, and its connection stays.
    pub async fn hang(&mut self) {
        if let Some(way) = &self.way {
            // Whoever is not paired would be closed with the door.
            self.links.set_paired(way.link, true);
            self.links.unpin(&way.car);
        }
        self.links.admit_strangers(false);
        self.frozen.send_replace(true);
        self.files.shutdown().await;
    }

    /// Goes on where it hung or vanished.
    ///
    /// # Errors
    /// The kernel.
    pub fn wake(&mut self, cars: impl Iterator<Item = (DeviceId, Pin)>) -> io::Result<()> {
        for socket in self.cut.drain(..) {
            let socket = SockRef::from(&socket);
            socket.detach_filter()?;
            socket.set_tcp_user_timeout(Some(LOST))?;
            socket.set_keepalive(true)?;
        }
        for (id, pin) in cars {
            self.links.pin(id, pin);
        }
        self.links.admit_strangers(true);
        self.frozen.send_replace(false);
        Ok(())
    }

    /// Nothing reaches the car any more, and nothing comes from it: not even what the systems of both say to each other.
    ///
    /// # Errors
    /// A kernel that does not let a program have its own sockets twice.
    pub async fn vanish(&mut self) -> io::Result<()> {
        self.hang().await;
        let Some(way) = &self.way else { return Ok(()) };
        let own = pidfd_open(getpid(), PidfdFlags::empty())?;
        for entry in fs::read_dir("/proc/self/fd")? {
            let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // One that was closed meanwhile, such as that of this folder, is none.
            let Ok(copy) = pidfd_getfd(&own, number, PidfdGetfdFlags::empty()) else { continue };
            let socket = SockRef::from(&copy);
            let address = |end: io::Result<socket2::SockAddr>| end.ok()?.as_socket().map(|it| it.ip().to_canonical());
            let is_ours = self.place.at.is_none_or(|at| address(socket.local_addr()) == Some(at));
            if is_ours && address(socket.peer_addr()) == Some(way.address) {
                // Without this our own system would take the car for lost, and say so.
                socket.set_keepalive(false)?;
                socket.set_tcp_user_timeout(None)?;
                socket.attach_filter(&[NOTHING])?;
                self.cut.push(copy);
            }
        }
        Ok(())
    }

    /// The app is killed: its connections end without a word.
    pub async fn die(mut self) {
        self.sender.abort();
        // It holds the links, too.
        let _ = (&mut self.sender).await;
        self.files.shutdown().await;
    }
}

/// Lets no byte of any segment in (`BPF_RET` of 0), so that none is acknowledged either.
const NOTHING: SockFilter = SockFilter::new(6, 0, 0, 0);

/// As links have it: a car that does not answer for so long is gone.
const LOST: Duration = Duration::from_secs(6);

async fn send_in_order(
    links: Links,
    mut waiting: mpsc::UnboundedReceiver<(Instant, LinkId, Packet)>,
    mut frozen: watch::Receiver<bool>,
) {
    while let Some((then, link, packet)) = waiting.recv().await {
        sleep_until(then).await;
        if frozen.wait_for(|frozen| !frozen).await.is_err() {
            return;
        }
        // A link that is gone takes nothing; its end is told.
        let _ = links.send(link, packet).await;
    }
}

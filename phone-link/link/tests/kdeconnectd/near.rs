//! Our side of the cable.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_kdeconnect::{DeviceId, DeviceKind, Identity, Message, Packet, Pairing, Step, Window, verification_key};
use tandem_link::{Ended, LinkId, Links, News, Options, Own, Pin, start};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::stage::PATIENCE;

/// A device that is here.
pub struct Here {
    pub link: LinkId,
    pub identity: Identity,
    pub certificate: Vec<u8>,
    pub keys: (Vec<u8>, Vec<u8>),
    pub address: IpAddr,
    pub pinned: bool,
}

impl Here {
    pub fn id(&self) -> &DeviceId {
        &self.identity.id
    }
}

pub struct Near {
    pub own: Arc<Own>,
    pub links: Links,
    pub news: mpsc::Receiver<News>,
    pub window: Window,
    _folder: TempDir,
}

pub fn types() -> Vec<String> {
    ["ping", "share.request", "mpris", "mpris.request", "battery", "runcommand", "notification"]
        .map(|kind| format!("kdeconnect.{kind}"))
        .to_vec()
}

impl Near {
    pub async fn start() -> Self {
        Self::start_as(Options::new("Near", DeviceKind::Tv)).await
    }

    pub async fn start_as(mut options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Arc::new(Own::open(folder.path()).unwrap());
        (options.incoming, options.outgoing) = (types(), types());
        let (links, news) = start(own.clone(), options).await.unwrap();
        let mut window = Window::default();
        window.set_parked(true);
        window.open(Duration::ZERO);
        Self { own, links, news, window, _folder: folder }
    }

    pub fn id(&self) -> &str {
        self.own.id().as_str()
    }

    pub async fn next(&mut self) -> News {
        let news = timeout(PATIENCE, self.news.recv()).await.unwrap_or_else(|_| panic!("no news")).unwrap();
        // What a failure is understood by.
        eprintln!("{}", format!("{news:?}").chars().take(200).collect::<String>());
        news
    }

    pub async fn up(&mut self) -> Here {
        loop {
            if let News::Up { link, identity, certificate, our_key, their_key, address, pinned } = self.next().await {
                return Here { link, identity, certificate, keys: (our_key, their_key), address, pinned };
            }
        }
    }

    pub async fn down(&mut self) -> (LinkId, Ended) {
        loop {
            if let News::Down { link, why } = self.next().await {
                return (link, why);
            }
        }
    }

    /// The next packet that is wished for; those before it are passed over.
    pub async fn packet<T>(&mut self, wished: impl Fn(&Packet) -> Option<T>) -> T {
        loop {
            match self.next().await {
                News::Packet { packet, .. } => {
                    if let Some(wished) = wished(&packet) {
                        return wished;
                    }
                }
                News::Refused { why, .. } => panic!("{why}"),
                News::Down { why, .. } => panic!("{why:?}"),
                News::Up { .. } => {}
            }
        }
    }

    pub async fn send(&self, here: &Here, message: Message) {
        self.links.send(here.link, Packet::new(message)).await.unwrap();
    }

    /// Does what a pairing asks for; says the key if it is shown, and whether they are paired.
    pub async fn follow(&self, here: &Here, steps: Vec<Step>) -> Option<String> {
        let mut key = None;
        for step in steps {
            match step {
                Step::Send(body) => self.send(here, Message::Pair(body)).await,
                Step::ShowKey { requested_at } => {
                    key = Some(verification_key(&here.keys.0, &here.keys.1, requested_at));
                }
                Step::Paired => {
                    let pin = Pin { certificate: here.certificate.clone(), protocol: here.identity.protocol };
                    self.links.pin(here.id().clone(), pin);
                    self.links.set_paired(here.link, true);
                }
                Step::Ended(_) => {
                    self.links.set_paired(here.link, false);
                    self.links.unpin(here.id());
                }
            }
        }
        key
    }

    pub async fn hear_pair(&mut self, here: &Here, pairing: &mut Pairing) -> Option<String> {
        let said = self.packet(|packet| if let Message::Pair(pair) = packet.message { Some(pair) } else { None }).await;
        let steps = pairing.hear(Duration::ZERO, unix(), &self.window, said);
        self.follow(here, steps).await
    }
}

pub fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Whether a link of ours stands that was accepted, and one that was dialled: our end has a port of the protocol's, or the other has.
pub fn ways() -> (bool, bool) {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap());
    let port = |end: &str| u16::from_str_radix(end.rsplit(':').next().unwrap(), 16).unwrap();
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let ends = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields[3] == "01").then(|| (port(fields[1]), port(fields[2])))
    });
    let ends: Vec<_> = ends.collect();
    (ends.iter().any(|ends| ends.0 == 1716), ends.iter().any(|ends| ends.1 == 1716))
}

//! A bare peer that plays the car, and a phone beside it, each at an address of its own.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_kdeconnect::{DeviceId, DeviceKind, Message, Packet, Pairing, Step, Window, verification_key};
use tandem_link::{Ended, LinkId, Links, News, Options, Own, Pin, start};
use tandem_phone_sim::command::Command;
use tandem_phone_sim::event::{Event, What};
use tandem_phone_sim::phone::{Phone, Setup};
use tandem_phone_sim::story::Story;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Ends what hangs, and nothing else.
const PATIENCE: Duration = Duration::from_secs(60);

/// An address of loopback that no other test has.
fn address() -> IpAddr {
    static NEXT: AtomicU8 = AtomicU8::new(2);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high, low, NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

pub async fn soon<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Who is connected to the car.
pub struct Meeting {
    pub link: LinkId,
    id: DeviceId,
    pub certificate: Vec<u8>,
    pub pinned: bool,
    pub protocol: u8,
    keys: (Vec<u8>, Vec<u8>),
}

pub struct Car {
    pub links: Links,
    pub address: IpAddr,
    news: mpsc::Receiver<News>,
    _folder: TempDir,
}

impl Car {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new("Car", DeviceKind::Tablet);
        let address = address();
        options.at = Some(address);
        let (links, news) = start(Arc::new(Own::open(folder.path()).unwrap()), options).await.unwrap();
        links.admit_strangers(true);
        Self { links, address, news, _folder: folder }
    }

    async fn next(&mut self, what: &str) -> News {
        soon(what, self.news.recv()).await.unwrap()
    }

    /// The next phone that comes.
    pub async fn meets(&mut self) -> Meeting {
        loop {
            if let News::Up { link, identity, certificate, our_key, their_key, pinned, .. } = self.next("a phone").await
            {
                let (protocol, keys) = (identity.protocol, (our_key, their_key));
                if pinned {
                    self.links.set_paired(link, true);
                }
                return Meeting { link, id: identity.id, certificate, pinned, protocol, keys };
            }
        }
    }

    pub async fn loses(&mut self, meeting: &Meeting) -> Ended {
        loop {
            if let News::Down { link, why } = self.next("the end of a link").await
                && link == meeting.link
            {
                return why;
            }
        }
    }

    pub async fn says(&self, meeting: &Meeting, message: Message) {
        self.links.send(meeting.link, Packet::new(message)).await.unwrap();
    }

    /// The next packet that this is looking for; others pass by.
    pub async fn hears<T>(&mut self, what: &str, find: impl Fn(&Packet) -> Option<T>) -> T {
        loop {
            match self.next(what).await {
                News::Packet { packet, .. } => {
                    if let Some(found) = find(&packet) {
                        return found;
                    }
                }
                News::Down { why, .. } => panic!("{what}: the link ended: {why:?}"),
                News::Refused { why, .. } => panic!("{what}: {why}"),
                News::Up { .. } => {}
            }
        }
    }

    /// Does what pairing wants, and gives the key if it wants one shown.
    pub async fn follows(&self, meeting: &Meeting, steps: Vec<Step>) -> Option<String> {
        let mut key = None;
        for step in steps {
            match step {
                Step::Send(body) => self.says(meeting, Message::Pair(body)).await,
                Step::ShowKey { requested_at } => {
                    key = Some(verification_key(&meeting.keys.0, &meeting.keys.1, requested_at));
                }
                Step::Paired => {
                    let pin = Pin { certificate: meeting.certificate.clone(), protocol: meeting.protocol };
                    self.links.pin(meeting.id.clone(), pin);
                    self.links.set_paired(meeting.link, true);
                }
                Step::Ended(why) => panic!("pairing ended: {why:?}"),
            }
        }
        key
    }

    pub async fn hears_pairing(&mut self) -> tandem_kdeconnect::PairBody {
        let pair = |packet: &Packet| if let Message::Pair(body) = packet.message { Some(body) } else { None };
        self.hears("a word of pairing", pair).await
    }

    /// Asks the phone, which accepts.
    pub async fn pairs(&mut self, meeting: &Meeting) -> String {
        let window = window();
        let mut pairing = Pairing::new(false, meeting.protocol);
        let key = self.follows(meeting, pairing.ask(Duration::ZERO, unix(), &window)).await.unwrap();
        let said = self.hears_pairing().await;
        self.follows(meeting, pairing.hear(Duration::ZERO, unix(), &window, said)).await;
        self.follows(meeting, pairing.confirm(Duration::ZERO, &window)).await;
        assert!(pairing.is_paired());
        key
    }
}

pub fn window() -> Window {
    let mut window = Window::default();
    window.set_parked(true);
    window.open(Duration::ZERO);
    window
}

pub fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A phone with what it has told.
pub struct Held {
    pub phone: Phone,
    pub folder: TempDir,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Held {
    /// A phone that knows where the car is.
    pub async fn start(car: &Car, story: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let story = Story::parse(story, "story").unwrap();
        let setup = Setup { story, at: Some(address()), car: Some(car.address), state: folder.path().to_owned() };
        let (phone, events) = Phone::start(setup).await.unwrap();
        Self { phone, folder, events }
    }

    pub fn does(&self, line: &str) {
        match Command::parse(line).unwrap() {
            Some(Command::Do(deed)) => self.phone.order(deed).unwrap(),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// The next thing that this is looking for; others pass by.
    pub async fn tells<T>(&mut self, what: &str, mut find: impl FnMut(&What) -> Option<T>) -> T {
        loop {
            let event = soon(what, self.events.recv()).await.unwrap();
            assert!(!matches!(event.what, What::NotDone { .. }), "{event}");
            if let Some(found) = find(&event.what) {
                return found;
            }
        }
    }

    pub async fn tells_this(&mut self, what: &What) {
        self.tells(&what.to_string(), |told| (told == what).then_some(())).await;
    }
}

//! Somebody who owns every name of our services.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::signals::{self, Change, Handle};
use tandem_contracts::{calls, camera, driving, health, input, media, mpris, phones, sessions, settings, simulator};
use tandem_scenes::Daemon;
use tokio::task::JoinHandle;
use zbus::message::{Message, Type};
use zbus::{Connection, MessageStream, OwnedVariant, Variant};

use super::words::{Body, Chance, Interface, interface};

const NAMES: [&str; 12] = [
    signals::NAME,
    driving::NAME,
    input::NAME,
    media::NAME,
    mpris::NAME,
    camera::NAME,
    phones::NAME,
    calls::NAME,
    sessions::NAME,
    settings::NAME,
    health::NAME,
    simulator::NAME,
];

/// How it is hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malice {
    /// Every answer and every signal is of another type.
    WrongTypes,
    /// The right types, with texts of 64 KiB, letters that turn the line, numbers that are none.
    WrongWords,
    /// Lists of 20,000 rows.
    Endless,
    /// Every call is refused, with a sentence of 64 KiB.
    Refusing,
    /// No call is answered.
    Silent,
}

impl Malice {
    pub const ALL: [Self; 5] = [Self::WrongTypes, Self::WrongWords, Self::Endless, Self::Refusing, Self::Silent];
}

pub struct Hostile {
    connection: Connection,
    tasks: [JoinHandle<()>; 2],
    /// Calls that came.
    called: Arc<AtomicUsize>,
    /// Rounds of signals that were sent.
    rounds: Arc<AtomicUsize>,
}

/// Who listens for batches, and the handles that he was given.
type Subscribers = Arc<tokio::sync::Mutex<Vec<(String, u32)>>>;

impl Hostile {
    pub async fn start(bus: &Daemon, malice: Malice) -> Self {
        let connection = bus.connect().await;
        let stream = MessageStream::from(&connection);
        let shapes: Arc<BTreeMap<&str, Interface>> = Arc::new(
            NAMES.into_iter().filter(|name| *name != mpris::NAME).map(|name| (name, interface(name))).collect(),
        );
        let (called, rounds, subscribers) = (Arc::default(), Arc::default(), Subscribers::default());
        let answers = Answers {
            connection: connection.clone(),
            malice,
            shapes: Arc::clone(&shapes),
            subscribers: Arc::clone(&subscribers),
            called: Arc::clone(&called),
        };
        let signals =
            Signals { connection: connection.clone(), malice, shapes, subscribers, rounds: Arc::clone(&rounds) };
        let tasks = [tokio::spawn(answers.give(stream)), tokio::spawn(signals.send())];
        // Calls come with the first name: somebody has to read them, or no answer of the bus is read either.
        for name in NAMES {
            connection.request_name(name).await.unwrap();
        }
        Self { connection, tasks, called, rounds }
    }

    /// Waits until it was asked for something so often, and has said everything so often.
    pub async fn goes_on(&self, calls: usize, rounds: usize) {
        while self.called.load(Ordering::Relaxed) < calls || self.rounds.load(Ordering::Relaxed) < rounds {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn leaves(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.connection.close().await.unwrap();
    }
}

struct Answers {
    connection: Connection,
    malice: Malice,
    shapes: Arc<BTreeMap<&'static str, Interface>>,
    subscribers: Subscribers,
    called: Arc<AtomicUsize>,
}

impl Answers {
    async fn give(self, mut stream: MessageStream) {
        let mut seed = 0;
        while let Some(Ok(message)) = stream.next().await {
            if message.message_type() == Type::MethodCall {
                seed += 1;
                self.answer(&message, seed).await;
                self.called.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn answer(&self, call: &Message, seed: u64) {
        let header = call.header();
        let member = header.member().map(|member| member.as_str().to_owned()).unwrap_or_default();
        let interface = header.interface().map(|name| name.as_str().to_owned()).unwrap_or_default();
        let mut chance = Chance::new(seed * 0x9E37_79B9);
        // Who is gone by now misses nothing.
        let _ = match self.malice {
            Malice::Silent => Ok(()),
            Malice::WrongTypes => self.connection.reply(&header, &(1_u8, "x")).await,
            Malice::Refusing => {
                let error = "org.tandem.Signals1.Error.Restricted";
                self.connection.reply_error(&header, error, &"no ".repeat(22_000)).await
            }
            _ if member == "Subscribe" => {
                let (paths, ..): (Vec<String>, u32, u32) = call.body().deserialize().unwrap();
                let count = paths.len() as u32;
                let handles: Vec<_> = paths
                    .into_iter()
                    .zip(0..)
                    .map(|(path, handle)| Handle { handle, path, unit: "x".repeat(5_000), datatype: String::new() })
                    .collect();
                let sender = header.sender().unwrap().to_string();
                self.subscribers.lock().await.push((sender, count));
                self.connection.reply(&header, &(7_u32, handles)).await
            }
            _ if member == "GetAll" => {
                let (of,): (String,) = call.body().deserialize().map(|of: String| (of,)).unwrap();
                self.connection.reply(&header, &self.properties(&of, &mut chance)).await
            }
            _ if member == "Get" && interface.ends_with("Properties") => {
                self.connection.reply(&header, &chance.variant(true)).await
            }
            _ => match self.shapes.get(interface.as_str()).and_then(|shapes| shapes.methods.get(&member)) {
                Some(shape) => {
                    let body = Body::new(shape, chance, self.malice == Malice::Endless);
                    self.connection.reply(&header, &body).await
                }
                None => self.connection.reply(&header, &()).await,
            },
        };
    }

    fn properties(&self, of: &str, chance: &mut Chance) -> BTreeMap<String, Variant<'static>> {
        if let Some(shapes) = self.shapes.get(of) {
            return shapes.properties.iter().map(|name| (name.clone(), chance.variant(true))).collect();
        }
        let names = ["PlaybackStatus", "LoopStatus", "Rate", "Shuffle", "Metadata", "Volume", "Position", "CanGoNext"];
        let mut all: BTreeMap<_, _> = names.into_iter().map(|name| (name.to_owned(), chance.variant(true))).collect();
        all.insert("PlaybackStatus".to_owned(), Variant::from("Playing"));
        let texts = ["xesam:title", "xesam:album", "mpris:artUrl", "xesam:url", "mpris:trackid", "mpris:length"];
        let metadata: BTreeMap<String, Variant<'static>> =
            texts.into_iter().map(|name| (name.to_owned(), chance.variant(true))).collect();
        all.insert("Metadata".to_owned(), Variant::from(metadata));
        all
    }
}

struct Signals {
    connection: Connection,
    malice: Malice,
    shapes: Arc<BTreeMap<&'static str, Interface>>,
    subscribers: Subscribers,
    rounds: Arc<AtomicUsize>,
}

impl Signals {
    async fn send(self) {
        let mut chance = Chance::new(0x5EED);
        for round in 1_u64.. {
            for (sender, handles) in self.subscribers.lock().await.clone() {
                let changes: Vec<_> = (0..handles + 2).map(|handle| self.change(handle, &mut chance)).collect();
                let sequence = if round % 11 == 0 { u64::MAX } else { round };
                let now_ns = if round % 7 == 0 { u64::MAX } else { round * 20_000_000 };
                let body = (7_u32, round / 5, sequence, now_ns, changes);
                self.emit(Some(&sender), signals::PATH, signals::NAME, "Batch", &body).await;
            }
            for (name, shapes) in self.shapes.iter() {
                let path = format!("/{}", name.replace('.', "/"));
                for (member, shape) in &shapes.signals {
                    if self.malice == Malice::WrongTypes {
                        self.emit(None, &path, name, member, &(true, "x")).await;
                    } else {
                        let seed = chance.below(usize::MAX) as u64;
                        // A list without an end is answered; told again and again it would be the bus's to stop.
                        let body = Body::new(shape, Chance::new(seed), false);
                        self.emit(None, &path, name, member, &body).await;
                    }
                }
            }
            self.rounds.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn change(&self, handle: u32, chance: &mut Chance) -> Change {
        let value = OwnedVariant::try_from(chance.variant(true)).unwrap();
        Change { handle, quality: chance.below(6) as u8, heard_ns: u64::MAX - u64::from(handle), value }
    }

    async fn emit<B: serde::Serialize + zbus::DynamicType>(
        &self,
        to: Option<&str>,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) {
        // A bus that has enough of it says so by closing the connection; the story sees that.
        let _ = self.connection.emit_signal(to, path, interface, member, body).await;
    }
}

//! The one task that owns the core: phones, the vehicle, the car's player, people's wishes and the clock come in by turns. What the core wants is done in its order, and
//! nothing before what it wrote down is on the disk.

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_kdeconnect::DeviceId;
use tandem_link::{LinkId, Links, News, Pin};
use tandem_runtime::Watchdog;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::car::{Car, FADES, Reading};
use crate::core::{
    Arrival, CallOrder, Change, Core, Deed, Effect, Found, HandsFree, Landed, Moment, Order, Refusal, Snapshot, Vehicle,
};
use crate::store::Store;
use crate::{covers, files};

/// Wishes that may wait; a client beyond that waits at its own end.
const REQUESTS: usize = 64;
const WORDS: usize = 64;
/// A disk that does not answer for so long holds up nobody.
const WRITES_WITHIN: Duration = Duration::from_secs(1);
/// Changes that wait for the disk.
const UNWRITTEN: usize = 256;
/// How often and for how long paired phones are told that the car is here, after something has happened.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(1_500);
const ANNOUNCE_FOR: u32 = 20;
/// Otherwise.
const ANNOUNCE_SELDOM: Duration = Duration::from_secs(30);

pub type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// What the car's player is told, one after the other: what is told later is done later.
enum Turn {
    Play { item: String, position_ms: i64 },
    Pause { session: String, item: String, number: u64 },
    Steer(Order),
}

async fn obey(car: Car, mut orders: mpsc::UnboundedReceiver<Turn>, words: mpsc::Sender<Word>) {
    while let Some(order) = orders.recv().await {
        match order {
            Turn::Play { item, position_ms } => {
                tokio::time::sleep(FADES).await;
                car.play(item, position_ms).await;
            }
            Turn::Pause { session, item, number } => {
                if let Some(reading) = car.pause(&item).await {
                    drop(words.send(Word::Paused { session, number, reading }).await);
                }
            }
            Turn::Steer(order) => car.steer(order).await,
        }
    }
}

/// An answer that waits to be given, until it is known whether the disk took what was to be kept.
type Reply = Box<dyn FnOnce(bool) + Send>;

fn later<T: Send + 'static>(answer: Answer<T>, result: Result<T, Refusal>) -> Reply {
    // A client that does not wait for its answer any more is no error.
    Box::new(move |_| drop(answer.send(result)))
}

/// For what has to be there after a restart, too.
fn lasting<T: Send + 'static>(answer: Answer<T>, result: Result<T, Refusal>) -> Reply {
    let unwritten = "it is done, and would be undone by a restart: the disk does not take it, which is tried again";
    let told = move |kept: bool| if kept { result } else { result.and(Err(Refusal::NotKept(unwritten.to_owned()))) };
    Box::new(move |kept| drop(answer.send(told(kept))))
}

/// What people want.
pub enum Request {
    OpenPairing(Answer<u32>),
    ClosePairing(Answer<()>),
    Pair(String, Answer<()>),
    Confirm(String, Answer<()>),
    Refuse(String, Answer<()>),
    Forget(String, Answer<()>),
    ForgetAll(Answer<u32>),
    Grant(String, String, bool, Answer<()>),
    Automatic(String, String, String, Answer<()>),
    Guest(String, bool, Answer<()>),
    Prefer(String, Answer<()>),
    Ring(String, Answer<()>),
    Share(String, String, Answer<()>),
    /// The way to a phone, for a file.
    Way(String, Answer<(DeviceId, LinkId)>),
    Claim(String, Answer<()>),
    Release(String, Answer<()>),
    Steer(String, String, Answer<()>),
    Dismiss(String, Answer<()>),
    /// What a hands-free phone is then to be told.
    Call(String, Deed, Answer<Option<CallOrder>>),
    /// What a player of a phone is to do; MPRIS answers nothing.
    Order(String, Order),
}

/// What tasks of the service tell.
pub enum Word {
    Resolved {
        session: String,
        track: String,
        found: Option<Found>,
    },
    Paused {
        session: String,
        number: u64,
        reading: Reading,
    },
    Received(DeviceId, Landed),
    Covered {
        phone: DeviceId,
        session: String,
        url: String,
        address: Option<String>,
    },
    Sent(DeviceId),
    /// The phone of this call was to decline it, and did not take that.
    NotDeclined(String),
}

/// The way to the actor.
#[derive(Clone)]
pub struct Handle {
    pub requests: mpsc::Sender<Request>,
    pub words: mpsc::Sender<Word>,
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Whether the disk took everything that was to be kept.
    pub is_written: Arc<AtomicBool>,
    began: Instant,
}

impl Handle {
    /// The core's time.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

/// What the actor works with.
pub struct Tools {
    pub links: Links,
    pub news: mpsc::Receiver<News>,
    pub store: Arc<Store>,
    pub car: Car,
    pub plays: watch::Receiver<Reading>,
    pub vehicle: watch::Receiver<Vehicle>,
    pub hands_free: watch::Receiver<Vec<HandsFree>>,
    /// Where files of phones, and their covers, have folders.
    pub folder: PathBuf,
}

/// See the module.
pub struct Actor {
    core: Core,
    began: Instant,
    tools: Tools,
    requests: mpsc::Receiver<Request>,
    words: (mpsc::Sender<Word>, mpsc::Receiver<Word>),
    /// Few at any time: a session has one order under way, and a phone that steers is held to its pace by its link.
    orders: mpsc::UnboundedSender<Turn>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    announce: Instant,
    announcements: u32,
    /// Places for files that come in.
    landing: Arc<Semaphore>,
    /// Places for covers.
    hanging: Arc<Semaphore>,
    /// What the disk did not take, in its order.
    unwritten: VecDeque<Change>,
    is_written: Arc<AtomicBool>,
    /// Pauses of the car's player that are heard.
    pauses: u64,
}

/// Both clocks, as the core reads them.
pub fn moment(began: Instant) -> Moment {
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    Moment { now: began.elapsed(), unix_ms }
}

impl Actor {
    pub fn new(mut core: Core, began: Instant, tools: Tools) -> (Self, Handle) {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let words = mpsc::channel(WORDS);
        let (snapshot, watcher) = watch::channel(Arc::new(core.snapshot()));
        let (orders, obeyed) = mpsc::unbounded_channel();
        tokio::spawn(obey(tools.car.clone(), obeyed, words.0.clone()));
        let is_written = Arc::new(AtomicBool::new(true));
        let handle = Handle { requests: sender, words: words.0.clone(), snapshot: watcher, is_written, began };
        let actor = Self {
            core,
            began,
            tools,
            requests,
            words,
            orders,
            snapshot,
            announce: Instant::now(),
            announcements: ANNOUNCE_FOR,
            landing: Arc::new(Semaphore::new(files::AT_ONCE)),
            hanging: Arc::new(Semaphore::new(covers::AT_ONCE)),
            unwritten: VecDeque::new(),
            is_written: Arc::clone(&handle.is_written),
            pauses: 0,
        };
        (actor, handle)
    }

    /// Runs until told to stop, or until nobody is left who could ask for anything.
    pub async fn run(mut self, mut watchdog: Watchdog, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        self.perform().await;
        loop {
            let due = self.core.due().map(|due| self.began + due);
            let mut reply: Option<Reply> = None;
            tokio::select! {
                () = &mut stop => return,
                () = watchdog.turn() => continue,
                request = self.requests.recv() => match request {
                    Some(request) => reply = Some(self.answer(request)),
                    None => return,
                },
                news = self.tools.news.recv() => match news {
                    Some(news) => self.hear(news),
                    None => return,
                },
                Some(word) = self.words.1.recv() => self.take(word),
                Ok(()) = self.tools.vehicle.changed() => {
                    let vehicle = *self.tools.vehicle.borrow_and_update();
                    self.core.vehicle(moment(self.began), vehicle);
                }
                Ok(()) = self.tools.plays.changed() => {
                    let Reading { pauses, plays } = self.tools.plays.borrow_and_update().clone();
                    // What it did before it fell silent is told already, and is asked again.
                    if pauses >= self.pauses {
                        self.core.car(moment(self.began), plays);
                    }
                }
                Ok(()) = self.tools.hands_free.changed() => {
                    let calls = self.tools.hands_free.borrow_and_update().clone();
                    self.core.hands_free(moment(self.began), &calls);
                }
                () = tokio::time::sleep_until(due.unwrap_or(self.announce)), if due.is_some() => {
                    self.core.tick(moment(self.began));
                }
                () = tokio::time::sleep_until(self.announce) => {
                    self.announce_now();
                    self.write_down().await;
                }
            }
            self.perform().await;
            let is_written = self.unwritten.is_empty();
            self.is_written.store(is_written, Ordering::Relaxed);
            if let Some(reply) = reply {
                reply(is_written);
            }
        }
    }

    fn announce_now(&mut self) {
        self.announcements = self.announcements.saturating_sub(1);
        self.announce = Instant::now() + if self.announcements > 0 { ANNOUNCE_EVERY } else { ANNOUNCE_SELDOM };
        let away = self.core.away();
        // Who hears of us dials, also those that are connected: nobody is told for nothing.
        if self.core.awaits_strangers() || away.is_some() {
            // Where a phone was is the first guess; it may have another address today.
            let mut known = away.unwrap_or_default();
            known.extend(self.core.is_alone().then_some(IpAddr::V4(Ipv4Addr::BROADCAST)));
            self.tools.links.announce(&known);
        }
    }

    fn hear(&mut self, news: News) {
        let at = moment(self.began);
        match news {
            News::Up { link, identity, certificate, our_key, their_key, address, pinned, .. } => {
                info!(pinned, protocol = identity.protocol, "a phone is connected");
                let arrival = Arrival { link, identity, certificate, our_key, their_key, address, pinned };
                self.core.link_up(at, arrival);
            }
            News::Packet { link, packet } => {
                debug!(?packet, "a phone says");
                self.core.packet(at, link, packet);
            }
            News::Refused { why, .. } => debug!(why = %why, "a phone said something that is not understood"),
            News::Down { link, why } => {
                info!(?why, "a phone is gone");
                self.core.link_down(at, link);
                // It may be back in a moment.
                (self.announcements, self.announce) = (ANNOUNCE_FOR, Instant::now() + ANNOUNCE_EVERY);
            }
        }
    }

    fn take(&mut self, word: Word) {
        let at = moment(self.began);
        match word {
            Word::Resolved { session, track, found } => self.core.resolved(at, &session, &track, found),
            Word::Paused { session, number, reading } => {
                self.pauses = reading.pauses;
                self.core.car_paused(at, &session, number, reading.plays.seen());
            }
            Word::Received(phone, landed) => self.core.received(at, &phone, landed),
            Word::Covered { phone, session, url, address } => self.core.covered(at, &phone, &session, &url, address),
            Word::Sent(phone) => self.core.sent(at, &phone),
            Word::NotDeclined(call) => self.core.not_declined(&call),
        }
    }

    /// Does what somebody wishes; the answer is for after it is done and to be seen.
    fn answer(&mut self, request: Request) -> Reply {
        let at = moment(self.began);
        let core = &mut self.core;
        match request {
            Request::OpenPairing(answer) => later(answer, core.open_pairing(at)),
            Request::ClosePairing(answer) => {
                core.close_pairing(at);
                later(answer, Ok(()))
            }
            Request::Pair(id, answer) => later(answer, core.pair(at, &id)),
            Request::Confirm(id, answer) => lasting(answer, core.confirm(at, &id)),
            Request::Refuse(id, answer) => later(answer, core.refuse(at, &id)),
            Request::Forget(id, answer) => lasting(answer, core.forget(at, &id)),
            Request::ForgetAll(answer) => lasting(answer, core.forget_all(at)),
            Request::Grant(id, what, granted, answer) => lasting(answer, core.grant(at, &id, &what, granted)),
            Request::Automatic(id, kind, word, answer) => lasting(answer, core.set_automatic(at, &id, &kind, &word)),
            Request::Guest(id, is_guest, answer) => lasting(answer, core.set_guest(at, &id, is_guest)),
            Request::Prefer(id, answer) => lasting(answer, core.prefer(at, &id)),
            Request::Ring(id, answer) => later(answer, core.ring(at, &id)),
            Request::Share(id, text, answer) => later(answer, core.share(at, &id, &text)),
            Request::Way(id, answer) => later(answer, core.way_to(&id)),
            Request::Claim(id, answer) => later(answer, core.claim(at, &id)),
            Request::Release(id, answer) => later(answer, core.release(at, &id)),
            Request::Steer(id, order, answer) => later(answer, core.steer(at, &id, &order)),
            Request::Dismiss(id, answer) => later(answer, core.dismiss(at, &id)),
            Request::Call(id, deed, answer) => later(answer, core.call(at, &id, deed)),
            Request::Order(id, order) => {
                let refused = core.order(at, &id, order).err();
                Box::new(move |_| {
                    if let Some(why) = refused {
                        debug!(?why, "a phone's player is not told")
                    }
                })
            }
        }
    }

    /// Does what the core wants, and tells what has changed.
    async fn perform(&mut self) {
        loop {
            let effects = self.core.take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.do_one(effect).await;
            }
        }
        let snapshot = self.core.snapshot();
        self.snapshot.send_if_modified(|told| {
            let is_other = **told != snapshot;
            if is_other {
                *told = Arc::new(snapshot);
            }
            is_other
        });
    }

    /// Writes down what is to be kept. What the disk does not take is tried again: a phone that was forgotten has to stay forgotten. The driver goes on hearing meanwhile.
    async fn write_down(&mut self) {
        while let Some(change) = self.unwritten.front() {
            let why = match tokio::time::timeout(WRITES_WITHIN, self.tools.store.keep(change)).await {
                Ok(Ok(())) => {
                    self.unwritten.pop_front();
                    continue;
                }
                Ok(Err(why)) => why.to_string(),
                Err(_) => "the disk does not answer".to_owned(),
            };
            if self.unwritten.len() == 1 {
                warn!(why, "what is done now is not kept until the disk takes it");
            }
            if self.unwritten.len() > UNWRITTEN {
                // What was, is of less interest than who is known.
                let least = |change: &Change| matches!(change, Change::Ledger(_) | Change::Step { .. });
                let place = self.unwritten.iter().position(least).unwrap_or(0);
                self.unwritten.remove(place);
            }
            return;
        }
    }

    async fn do_one(&mut self, effect: Effect) {
        let Tools { links, car, folder, .. } = &self.tools;
        let words = self.words.0.clone();
        match effect {
            Effect::Keep(change) => {
                self.unwritten.push_back(change);
                self.write_down().await;
            }
            // One that takes nothing is let go, and nobody waits for it; its end is told.
            Effect::Send(link, packet) => drop(links.try_send(link, &packet)),
            Effect::Close(link) => links.close(link),
            Effect::Trust(link, paired) => links.set_paired(link, paired),
            Effect::Pin(id, certificate, protocol) => links.pin(id, Pin { certificate, protocol }),
            Effect::Unpin(id) => links.unpin(&id),
            Effect::Admit(open) => links.admit_strangers(open),
            Effect::Announce => (self.announcements, self.announce) = (ANNOUNCE_FOR, Instant::now()),
            Effect::Resolve { session, track, wanted } => {
                let car = car.clone();
                tokio::spawn(async move {
                    let found = car.resolve(wanted).await;
                    drop(words.send(Word::Resolved { session, track, found }).await);
                });
            }
            // Who obeys ends with this.
            Effect::Play { item, position_ms, .. } => drop(self.orders.send(Turn::Play { item, position_ms })),
            Effect::Pause { session, item, number } => {
                drop(self.orders.send(Turn::Pause { session, item, number }));
            }
            Effect::AskCar => car.ask(),
            Effect::Steer(order) => drop(self.orders.send(Turn::Steer(order))),
            Effect::Receive { phone, link, payload, name } => {
                let (links, folder) = (links.clone(), folder.clone());
                let Ok(place) = Arc::clone(&self.landing).try_acquire_owned() else {
                    return warn!("too many files at once: one is not taken");
                };
                tokio::spawn(async move {
                    let _place = place;
                    let landed = files::receive(&links, link, payload, &folder, &phone, &name).await;
                    drop(words.send(Word::Received(phone, landed)).await);
                });
            }
            Effect::ReceiveCover { phone, link, payload, session, url } => {
                let (links, folder) = (links.clone(), folder.clone());
                let places = Arc::clone(&self.hanging);
                tokio::spawn(async move {
                    // Whoever waits here waits in the phone's own time: it offers a payload for some seconds only.
                    let _place = places.acquire_owned().await;
                    let address = covers::receive(&links, link, payload, &folder, &phone).await;
                    drop(words.send(Word::Covered { phone, session, url, address }).await);
                });
            }
            Effect::Wipe(phone) => files::wipe(folder, &phone),
        }
    }
}

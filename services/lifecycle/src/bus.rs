//! `org.tandem.Health1` over the core: who comes and goes on the bus, and what each part answers within its time. What comes from the bus is bounded here.

use std::collections::BTreeSet;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tandem_contracts::bus::Bus1Proxy;
#[cfg(doc)]
use tandem_contracts::connect::METHOD_TIMEOUT;
use tandem_contracts::health::{Health1, HealthBackend, PATH, Report};
use tandem_contracts::media::{Media1Proxy, MediaError};
use tandem_contracts::mpris;
use tandem_contracts::part::Part1Proxy;
use tandem_contracts::phones::{PhoneLink1Proxy, PhoneLinkError};
use tandem_contracts::screen::Screen1Proxy;
use tandem_contracts::settings::Settings1Proxy;
use tandem_contracts::unheard::Unheard;
use tandem_runtime::Watchdog;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use zbus::fdo::{self, DBusProxy};
use zbus::object_server::SignalEmitter;
use zbus::proxy::CacheProperties;
use zbus::{Connection, MatchRule, MessageStream};

use crate::core::{Answer, Car, Core, Machine, Told, Who, Why};
use crate::machine::{self, Places};

/// A part that has not answered by then does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often everybody is asked when nobody wants to know: what no signal tells, such as a bus that is off or a disk that is full.
const EVERY: Duration = Duration::from_secs(10);
/// Who wants to know while so many do is refused.
const MAX_ASKING: usize = 16;
/// After so many names that came or went, whoever asked for a report has his turn.
const MAX_CHANGES: u32 = 32;
/// News are told at once, and more of them not before this is over: a name that comes and goes without end wakes no screen more often.
const BETWEEN_NEWS: Duration = Duration::from_millis(100);
/// So long somebody waits for a report while a part comes and goes before it can be heard. Shorter than [`METHOD_TIMEOUT`].
const WAIT: Duration = Duration::from_millis(2500);
/// Of what a part answers.
const MAX_ROWS: usize = 16;
const MAX_CHARACTERS: usize = 300;

/// The backend of the interface.
pub struct Door(mpsc::Sender<Reply>);

/// To whom a report goes.
pub type Reply = oneshot::Sender<fdo::Result<Report>>;

impl HealthBackend for Door {
    async fn report(&self) -> fdo::Result<Report> {
        let (reply, report) = oneshot::channel();
        self.0.try_send(reply).map_err(|_| too_many())?;
        report.await.map_err(|_| fdo::Error::Failed("the service is ending".to_owned()))?
    }
}

fn too_many() -> fdo::Error {
    fdo::Error::LimitsExceeded(format!("{MAX_ASKING} others are asking"))
}

/// Somebody whom or which to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Part(Who),
    Machine,
}

enum Heard {
    Part(Who, u64, Answer),
    Machine(Machine),
}

/// Looks at the machine, one look at its disks at a time: one that hangs keeps one thread and no caller.
#[derive(Clone)]
struct Look {
    places: Places,
    turn: Arc<Semaphore>,
}

impl Look {
    async fn look(self) -> Machine {
        let Self { places: Places { interfaces, folders }, turn } = self;
        let interfaces = interfaces.map(|folder| machine::interfaces(&folder)).unwrap_or_default();
        let looked = async {
            let turn = turn.acquire_owned().await.ok()?;
            let (found, rooms) = oneshot::channel();
            let folders = folders.clone();
            let look = move || {
                let _turn = turn;
                // Who asked may have lost patience.
                let _ = found.send(machine::rooms(&folders));
            };
            // A thread of nobody's: the runtime waits for its own when the process is told to end.
            std::thread::Builder::new().name("disks".to_owned()).spawn(look).ok()?;
            rooms.await.ok()
        };
        let rooms = timeout(PATIENCE, looked).await.ok().flatten().unwrap_or_else(|| machine::hung(&folders));
        Machine { interfaces, rooms }
    }
}

/// Somebody who waits for a report until all of these were heard.
struct Waiting {
    of: BTreeSet<Asked>,
    until: Instant,
    reply: Reply,
}

/// The one task that does the work.
pub struct Watch {
    /// Asked for reports and told who comes and goes, in the order in which that happened.
    connection: Connection,
    /// By which parts are asked: a queue of names that come and go keeps no answer back.
    calls: Connection,
    /// All that comes over it; its end is the connection's.
    answers: MessageStream,
    core: Core,
    look: Look,
    began: Instant,
    reports: mpsc::Receiver<Reply>,
    /// What comes and goes: names of ours, and the one that is not.
    changes: [MessageStream; 2],
    asked: BTreeSet<Asked>,
    asking: FuturesUnordered<BoxFuture<'static, (Asked, Heard)>>,
    waiting: Vec<Waiting>,
    quiet_until: Instant,
    /// News that are to be told, and not before then.
    news: Option<Report>,
}

impl Watch {
    /// The interface's backend and the task behind it.
    pub fn doors() -> (Door, mpsc::Receiver<Reply>) {
        let (sender, receiver) = mpsc::channel(MAX_ASKING);
        (Door(sender), receiver)
    }

    /// Begins to follow who comes and goes, and sees who is there.
    ///
    /// # Errors
    /// The bus refuses.
    pub async fn begin(
        connection: Connection,
        calls: Connection,
        mut core: Core,
        places: Places,
        reports: mpsc::Receiver<Reply>,
    ) -> zbus::Result<Self> {
        let rule = || {
            let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal);
            rule.sender("org.freedesktop.DBus").interface("org.freedesktop.DBus").member("NameOwnerChanged")
        };
        let mut ours = MessageStream::for_match_rule(rule().arg0ns("org.tandem").build()?, &connection, None).await?;
        let other = {
            let mut other = pin!(MessageStream::for_match_rule(rule().arg(0, mpris::NAME).build()?, &connection, None));
            loop {
                // A queue that nobody reads would keep the bus's answer back.
                tokio::select! {
                    other = &mut other => break other?,
                    Some(change) = ours.next() => hear_of(&mut core, change),
                }
            }
        };
        for name in DBusProxy::new(&calls).await?.list_names().await? {
            core.name(&name, true);
        }
        let answers = MessageStream::from(&calls);
        Ok(Self {
            connection,
            calls,
            answers,
            core,
            look: Look { places, turn: Arc::new(Semaphore::new(1)) },
            began: Instant::now(),
            reports,
            changes: [ours, other],
            asked: BTreeSet::new(),
            asking: FuturesUnordered::new(),
            waiting: Vec::new(),
            quiet_until: Instant::now(),
            news: None,
        })
    }

    /// Looks after everybody until the bus is gone.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn run(mut self, mut watchdog: Watchdog) -> zbus::Result<()> {
        let mut turns = interval(EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes_in_a_row = 0;
        loop {
            let [ours, other] = &mut self.changes;
            let patience_ends = self.core.patience_ends(self.began.elapsed()).map(|end| self.began + end);
            let news_at = self.news.as_ref().map(|_| self.quiet_until);
            let wait_ends = self.waiting.iter().map(|waiting| waiting.until).min();
            let change = tokio::select! {
                // However many ask, the turns come; and who came or went before somebody asked is known when the question is taken.
                biased;
                () = watchdog.turn() => continue,
                _ = turns.tick() => {
                    self.ask_all();
                    None
                }
                () = at(patience_ends) => None,
                () = at(news_at) => None,
                () = at(wait_ends) => {
                    self.tell_who_waits();
                    None
                }
                Some((asked, heard)) = self.asking.next(), if !self.asking.is_empty() => {
                    self.hear(asked, heard);
                    None
                }
                answer = self.answers.next() => match answer {
                    Some(_) => continue,
                    None => return Ok(()),
                },
                change = ours.next(), if changes_in_a_row < MAX_CHANGES => Some(change),
                change = other.next(), if changes_in_a_row < MAX_CHANGES => Some(change),
                Some(reply) = self.reports.recv() => {
                    changes_in_a_row = 0;
                    self.look_for(reply);
                    None
                }
                () = ready(()), if changes_in_a_row >= MAX_CHANGES => {
                    changes_in_a_row = 0;
                    continue;
                }
            };
            match change {
                Some(Some(change)) => {
                    changes_in_a_row += 1;
                    hear_of(&mut self.core, change);
                    self.ask_the_unheard();
                }
                Some(None) => return Ok(()),
                None => {}
            }
            self.tell_news().await?;
        }
    }

    /// What is news is so before anybody is told otherwise: two reports of one sequence are alike.
    fn note_news(&mut self) {
        if let Some(report) = self.core.news(self.began.elapsed()) {
            self.news = Some(report);
        }
    }

    async fn tell_news(&mut self) -> zbus::Result<()> {
        self.note_news();
        let now = Instant::now();
        if let Some(report) = self.news.take_if(|_| now >= self.quiet_until) {
            self.quiet_until = now + BETWEEN_NEWS;
            let emitter = SignalEmitter::new(&self.connection, PATH)?;
            Health1::<Door>::changed(&emitter, report).await?;
        }
        Ok(())
    }

    fn hear(&mut self, asked: Asked, heard: Heard) {
        self.asked.remove(&asked);
        match heard {
            Heard::Part(who, era, answer) => self.core.hear(who, era, answer),
            Heard::Machine(machine) => self.core.see(machine),
        }
        // Who has come or gone since is asked anew, one question at a time, and whoever waits for it goes on waiting.
        self.ask_the_unheard();
        if !self.asked.contains(&asked) {
            for waiting in &mut self.waiting {
                waiting.of.remove(&asked);
            }
        }
        self.tell_who_waits();
    }

    fn look_for(&mut self, reply: Reply) {
        if self.waiting.len() >= MAX_ASKING {
            // Who asked may have gone.
            let _ = reply.send(Err(too_many()));
            return;
        }
        let of = self.ask_all();
        self.waiting.push(Waiting { of, until: Instant::now() + WAIT, reply });
        self.tell_who_waits();
    }

    fn tell_who_waits(&mut self) {
        self.note_news();
        let now = Instant::now();
        let is_done = |one: &Waiting| one.of.is_empty() || one.until <= now;
        let (done, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(is_done);
        self.waiting = waiting;
        for one in done {
            let _ = one.reply.send(Ok(self.core.report(self.began.elapsed())));
        }
    }

    /// Asks everybody who is there and is not being asked already; who is asked now.
    fn ask_all(&mut self) -> BTreeSet<Asked> {
        let present: Vec<_> = self.core.present().collect();
        for (who, era) in &present {
            self.ask(*who, *era);
        }
        if self.asked.insert(Asked::Machine) {
            let look = self.look.clone();
            self.asking.push(async move { (Asked::Machine, Heard::Machine(look.look().await)) }.boxed());
        }
        present.into_iter().map(|(who, _)| Asked::Part(who)).chain([Asked::Machine]).collect()
    }

    fn ask_the_unheard(&mut self) {
        let unheard: Vec<_> = self.core.unheard().collect();
        for (who, era) in unheard {
            self.ask(who, era);
        }
    }

    fn ask(&mut self, who: Who, era: u64) {
        if self.asked.insert(Asked::Part(who)) {
            let calls = self.calls.clone();
            let ask = async move { (Asked::Part(who), Heard::Part(who, era, ask(&calls, who).await)) };
            self.asking.push(ask.boxed());
        }
    }
}

/// Somebody came or went.
fn hear_of(core: &mut Core, change: zbus::Result<zbus::Message>) {
    let message = match change {
        Ok(message) => message,
        // The connection has failed: its end comes next, and is told where the service ends.
        Err(error) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "the bus says no more who comes and goes");
            return;
        }
    };
    match message.body().deserialize::<(String, String, String)>() {
        Ok((name, _, owner)) => core.name(&name, !owner.is_empty()),
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "an owner that cannot be read"),
    }
}

async fn at(point: Option<Instant>) {
    match point {
        Some(point) => sleep_until(point).await,
        None => std::future::pending().await,
    }
}

/// Asks a part what it alone knows, and which program it is.
async fn ask(connection: &Connection, who: Who) -> Answer {
    let Some(name) = who.names().first().copied() else {
        return Answer { version: String::new(), told: Err(Why::Nameless) };
    };
    let told = async {
        match timeout(PATIENCE, told(connection, who, name)).await {
            Ok(told) => told,
            Err(_) => Err(Why::Late(PATIENCE)),
        }
    };
    let version = async { timeout(PATIENCE, version(connection, name)).await.ok().and_then(Result::ok) };
    let (told, version) = join(told, version).await;
    Answer { version: short(version.unwrap_or_default()), told }
}

async fn version(connection: &Connection, name: &'static str) -> zbus::Result<String> {
    let part = Part1Proxy::builder(connection).destination(name).cache_properties(CacheProperties::No).build().await?;
    part.version().await
}

async fn told(connection: &Connection, who: Who, name: &'static str) -> Result<Told, Why> {
    Ok(match who {
        Who::Vehicle => {
            let bus =
                Bus1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await.map_err(why)?;
            let mut buses = bus.buses().await.map_err(why)?;
            buses.truncate(MAX_ROWS);
            for bus in &mut buses {
                (bus.name, bus.state) = (short(std::mem::take(&mut bus.name)), short(std::mem::take(&mut bus.state)));
            }
            let mut silences = bus.silences().await.map_err(why)?;
            silences.truncate(MAX_ROWS);
            let silences = silences.into_iter().map(|(name, silence)| (short(name), silence)).collect();
            Told::Car(Car { buses, silences, power: short(bus.power().await.map_err(why)?) })
        }
        Who::Settings => {
            let settings = Settings1Proxy::builder(connection).cache_properties(CacheProperties::No);
            let settings = settings.build().await.map_err(why)?;
            let (mut notice, is_kept) = (settings.notice().await.map_err(why)?, settings.is_kept().await.map_err(why)?);
            (notice.file, notice.reason) = (short(notice.file), short(notice.reason));
            Told::Settings { notice, is_kept }
        }
        Who::Media => {
            let media = Media1Proxy::builder(connection).cache_properties(CacheProperties::No);
            let media = media.build().await.map_err(why)?;
            let sources = media.sources().await.map_err(why_media)?.len();
            // The one call that reads the library's database and nothing else.
            let library = media.resume_points(1).await.map(drop).map_err(|error| short(why_media(error).to_string()));
            let device = short(media.sound_device().await.map_err(why)?);
            Told::Media { sources, library, is_kept: media.is_kept().await.map_err(why)?, device }
        }
        Who::PhoneLink => {
            let link = PhoneLink1Proxy::builder(connection).cache_properties(CacheProperties::No);
            let link = link.build().await.map_err(why)?;
            let phones = link.phones().await.map_err(why_phones)?.len();
            Told::Phones { phones, is_kept: link.is_kept().await.map_err(why)? }
        }
        Who::Cluster | Who::Centre => {
            let screen = Screen1Proxy::builder(connection).destination(name).cache_properties(CacheProperties::No);
            let wrong = screen.build().await.map_err(why)?.misdrawn().await.map_err(why)?;
            Told::Misdrawn(wrong.into_iter().take(MAX_ROWS).map(short).collect())
        }
    })
}

/// Why a call came to nothing.
fn why(error: impl Into<zbus::Error>) -> Why {
    let error = error.into();
    Unheard::of(&error).map_or_else(|| said(&error), Why::Unheard)
}

fn why_media(error: MediaError) -> Why {
    if let MediaError::Bus(error) = error { why(error) } else { said(&error) }
}

fn why_phones(error: PhoneLinkError) -> Why {
    if let PhoneLinkError::Bus(error) = error { why(error) } else { said(&error) }
}

fn said(error: &impl std::error::Error) -> Why {
    Why::Said(short(sentence(error)))
}

/// The sentence of an error: a typed one says its D-Bus name first.
fn sentence(error: &impl std::error::Error) -> String {
    let sentence = error.to_string();
    match sentence.split_once(": ") {
        Some((name, said)) if name.starts_with("org.") => said.to_owned(),
        _ => sentence,
    }
}

fn short(text: String) -> String {
    if text.chars().nth(MAX_CHARACTERS).is_none() { text } else { text.chars().take(MAX_CHARACTERS).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_disk_that_hangs_hides_no_interface() {
        let folder = tempfile::tempdir().unwrap();
        let can = folder.path().join("can0");
        std::fs::create_dir(&can).unwrap();
        std::fs::write(can.join("type"), "280\n").unwrap();
        std::fs::write(can.join("operstate"), "up\n").unwrap();
        let places = Places { interfaces: Some(folder.path().into()), folders: vec!["/var/lib/tandem-media".into()] };
        let turn = Arc::new(Semaphore::new(1));
        let look = Look { places, turn: Arc::clone(&turn) };
        // An earlier look that has not ended.
        let hangs = turn.acquire_owned().await.unwrap();
        let seen = look.clone().look().await;
        assert_eq!(seen.interfaces[0].name, "can0");
        assert_eq!(seen.rooms[0].space.as_ref().unwrap_err(), "it hangs");
        drop(hangs);
        let seen = look.look().await;
        assert_eq!(seen.interfaces[0].state, "up");
        assert!(seen.rooms[0].space.is_ok());
    }
}

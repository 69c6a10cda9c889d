//! `org.tandem.Health1` over the core: who comes and goes on the bus, and what each part answers within its time. What comes from the bus is bounded here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::health::{Health1, HealthBackend, PATH, Report};
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::mpris;
use tandem_contracts::part::Part1Proxy;
use tandem_contracts::phones::PhoneLink1Proxy;
use tandem_contracts::screen::Screen1Proxy;
use tandem_contracts::settings::Settings1Proxy;
use tandem_runtime::Watchdog;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use zbus::fdo::{self, DBusProxy};
use zbus::object_server::SignalEmitter;
use zbus::proxy::CacheProperties;
use zbus::{Connection, MatchRule, MessageStream};

use crate::core::{Answer, Core, Machine, Told, Who};
use crate::machine::{self, Places};

/// A part that has not answered by then does not answer. Shorter than any caller's own patience with us.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often everybody is asked when nobody wants to know: what no signal tells, such as a bus that is off or a disk that is full.
const EVERY: Duration = Duration::from_secs(10);
/// Who wants to know while so many do is refused.
const MAX_ASKING: usize = 16;
/// Of what a part answers.
const MAX_BUSES: usize = 16;
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
    Part(Who, u64),
    Machine,
}

enum Heard {
    Part(Who, u64, Answer),
    Machine(Machine),
}

/// Looks at the machine, one look at a time: a disk that hangs keeps one thread and no caller.
#[derive(Clone)]
struct Look {
    places: Places,
    turn: Arc<Semaphore>,
}

impl Look {
    async fn look(self) -> Machine {
        let Self { places, turn } = self;
        let looked = async {
            let turn = turn.acquire_owned().await.ok()?;
            let places = places.clone();
            let look = move || {
                let _turn = turn;
                machine::look(&places)
            };
            tokio::task::spawn_blocking(look).await.ok()
        };
        timeout(PATIENCE, looked).await.ok().flatten().unwrap_or_else(|| machine::hung(&places))
    }
}

/// Somebody who waits for a report until all of these were heard.
struct Waiting {
    of: BTreeSet<Asked>,
    reply: Reply,
}

/// The one task that does the work.
pub struct Watch {
    connection: Connection,
    core: Core,
    look: Look,
    began: Instant,
    reports: mpsc::Receiver<Reply>,
    /// What comes and goes: names of ours, and the one that is not.
    changes: [MessageStream; 2],
    asked: BTreeSet<Asked>,
    asking: FuturesUnordered<BoxFuture<'static, (Asked, Heard)>>,
    waiting: Vec<Waiting>,
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
        mut core: Core,
        places: Places,
        reports: mpsc::Receiver<Reply>,
    ) -> zbus::Result<Self> {
        let rule = || {
            let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal);
            rule.sender("org.freedesktop.DBus").interface("org.freedesktop.DBus").member("NameOwnerChanged")
        };
        let changes = [
            MessageStream::for_match_rule(rule().arg0ns("org.tandem").build()?, &connection, None).await?,
            MessageStream::for_match_rule(rule().arg(0, mpris::NAME).build()?, &connection, None).await?,
        ];
        for name in DBusProxy::new(&connection).await?.list_names().await? {
            core.name(&name, true);
        }
        Ok(Self {
            connection,
            core,
            look: Look { places, turn: Arc::new(Semaphore::new(1)) },
            began: Instant::now(),
            reports,
            changes,
            asked: BTreeSet::new(),
            asking: FuturesUnordered::new(),
            waiting: Vec::new(),
        })
    }

    /// Looks after everybody until the bus is gone.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn run(mut self, mut watchdog: Watchdog) -> zbus::Result<()> {
        let mut turns = interval(EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let [ours, other] = &mut self.changes;
            let patience_ends = self.core.patience_ends(self.began.elapsed()).map(|end| self.began + end);
            tokio::select! {
                // However many ask, the turns come; and who came or went before somebody asked is known when the question is taken.
                biased;
                () = watchdog.turn() => continue,
                _ = turns.tick() => drop(self.ask_all()),
                () = at(patience_ends) => {}
                change = ours.next() => match change {
                    Some(change) => self.change(change),
                    None => return Ok(()),
                },
                change = other.next() => match change {
                    Some(change) => self.change(change),
                    None => return Ok(()),
                },
                Some((asked, heard)) = self.asking.next(), if !self.asking.is_empty() => self.hear(asked, heard),
                Some(reply) = self.reports.recv() => self.look_for(reply),
            }
            if let Some(report) = self.core.news(self.began.elapsed()) {
                let emitter = SignalEmitter::new(&self.connection, PATH)?;
                Health1::<Door>::changed(&emitter, report).await?;
            }
        }
    }

    fn change(&mut self, change: zbus::Result<zbus::Message>) {
        let read = change.and_then(|message| {
            let (name, _, owner): (String, String, String) = message.body().deserialize()?;
            Ok((name, !owner.is_empty()))
        });
        match read {
            Ok((name, is_owned)) => self.core.name(&name, is_owned),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "an owner that cannot be read"),
        }
        let unheard: Vec<_> = self.core.unheard().collect();
        for (who, era) in unheard {
            self.ask(Asked::Part(who, era));
        }
    }

    fn hear(&mut self, asked: Asked, heard: Heard) {
        self.asked.remove(&asked);
        match heard {
            Heard::Part(who, era, answer) => self.core.hear(who, era, answer),
            Heard::Machine(machine) => self.core.see(machine),
        }
        for waiting in &mut self.waiting {
            waiting.of.remove(&asked);
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
        self.waiting.push(Waiting { of, reply });
        self.tell_who_waits();
    }

    fn tell_who_waits(&mut self) {
        let (done, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|one: &Waiting| one.of.is_empty());
        self.waiting = waiting;
        for one in done {
            let _ = one.reply.send(Ok(self.core.report(self.began.elapsed())));
        }
    }

    /// Asks everybody who is there and is not being asked already; who is asked now.
    fn ask_all(&mut self) -> BTreeSet<Asked> {
        let present = self.core.present().map(|(who, era)| Asked::Part(who, era));
        let all: BTreeSet<_> = present.chain([Asked::Machine]).collect();
        for asked in &all {
            self.ask(*asked);
        }
        all
    }

    fn ask(&mut self, asked: Asked) {
        if !self.asked.insert(asked) {
            return;
        }
        self.asking.push(match asked {
            Asked::Part(who, era) => {
                let connection = self.connection.clone();
                async move { (asked, Heard::Part(who, era, ask(&connection, who).await)) }.boxed()
            }
            Asked::Machine => {
                let look = self.look.clone();
                async move { (asked, Heard::Machine(look.look().await)) }.boxed()
            }
        });
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
        return Answer { version: String::new(), told: Err("it has no name".to_owned()) };
    };
    let told = async {
        match timeout(PATIENCE, told(connection, who, name)).await {
            Ok(told) => told,
            Err(_) => Err(format!("nothing came within {} s", PATIENCE.as_secs())),
        }
    };
    let version = async { timeout(PATIENCE, version(connection, name)).await.ok().and_then(Result::ok) };
    let (told, version) = join(told, version).await;
    Answer { version: short(version.unwrap_or_default()), told: told.map_err(short) }
}

async fn version(connection: &Connection, name: &'static str) -> zbus::Result<String> {
    let part = Part1Proxy::builder(connection).destination(name).cache_properties(CacheProperties::No).build().await?;
    part.version().await
}

async fn told(connection: &Connection, who: Who, name: &'static str) -> Result<Told, String> {
    Ok(match who {
        Who::Vehicle => {
            let bus =
                Bus1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await.map_err(why)?;
            let mut buses = bus.buses().await.map_err(why)?;
            buses.truncate(MAX_BUSES);
            for bus in &mut buses {
                (bus.name, bus.state) = (short(std::mem::take(&mut bus.name)), short(std::mem::take(&mut bus.state)));
            }
            Told::Buses(buses)
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
            let sources = media.sources().await.map_err(why)?.len();
            // The one call that reads the library's database and nothing else.
            let library = media.resume_points(1).await.map(drop).map_err(|error| short(why(error)));
            let device = short(media.sound_device().await.map_err(why)?);
            Told::Media { sources, library, device }
        }
        Who::PhoneLink => {
            let link = PhoneLink1Proxy::builder(connection).cache_properties(CacheProperties::No);
            Told::Phones(link.build().await.map_err(why)?.phones().await.map_err(why)?.len())
        }
        Who::Cluster | Who::Centre => {
            let screen = Screen1Proxy::builder(connection).destination(name).cache_properties(CacheProperties::No);
            let wrong = screen.build().await.map_err(why)?.misdrawn().await.map_err(why)?;
            Told::Misdrawn(wrong.into_iter().take(MAX_BUSES).map(short).collect())
        }
    })
}

/// The sentence of an error: a typed one says its D-Bus name first.
fn why(error: impl std::error::Error) -> String {
    let sentence = error.to_string();
    match sentence.split_once(": ") {
        Some((name, said)) if name.starts_with("org.") => said.to_owned(),
        _ => sentence,
    }
}

fn short(text: String) -> String {
    if text.chars().nth(MAX_CHARACTERS).is_none() { text } else { text.chars().take(MAX_CHARACTERS).collect() }
}

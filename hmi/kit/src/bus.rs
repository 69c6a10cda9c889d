//! The bus thread: one for a screen. Signals have a connection of their own; calls, both ways, have another. Either is rebuilt in place when it breaks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use tandem_contracts::connect;
use tandem_contracts::driving::{Follower, Status};
use tandem_contracts::signals::{LOCKSTEP, Signals1Proxy};
use tandem_contracts::subscription::{Batch, News, Subscription, Wish};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use zbus::Connection;

use crate::beat::Beat;
use crate::calls::Calls;
use crate::camera::CameraLine;
use crate::commands::Receivers;
use crate::health;
use crate::keys;
use crate::knob;
use crate::line;
use crate::mailbox::{Heard, Mailbox};
use crate::media::{MediaLine, art};
use crate::phone::PhoneLine;
use crate::settings::SettingsLine;
use crate::stage::Applied;
use crate::telephone::CallsLine;
use crate::{Link, Reading};

/// No batch for this long: the service is silent, and nothing that it said counts any more. It sends one every 200 ms at least.
pub(crate) const SILENCE: Duration = Duration::from_millis(500);
/// Silent for this long on top: the subscription may be lost, so it is made anew.
const PATIENCE: Duration = Duration::from_secs(2);
/// Readings come with the ticks, which are rarer than frames; a lamp that comes between two of them is not to wait.
const MIN_INTERVAL_MS: u32 = 0;
/// Live, one batch may be on the way while another is drawn. So a car that flickers is heard no faster than the screen takes it in.
const WINDOW: u32 = 2;

/// What the bus thread needs to know of its screen.
pub(crate) struct Setup {
    pub bus_name: &'static str,
    pub paths: &'static [&'static str],
    pub asks: bool,
    pub follows_phones: bool,
    pub follows_calls: bool,
    pub follows_cameras: bool,
    pub follows_keys: bool,
    pub has_knob: bool,
    pub lockstep: bool,
    pub mailbox: Arc<Mailbox>,
    pub beat: Arc<Beat>,
    pub receivers: Receivers,
    pub applied: watch::Receiver<Applied>,
    /// Told once: whether there is a bus at all.
    pub reached: std::sync::mpsc::Sender<zbus::Result<()>>,
}

/// Starts the thread. It ends with the process; a signal to end makes the event loop quit.
pub(crate) fn start(setup: Setup) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (beat, mailbox) = (Arc::clone(&setup.beat), Arc::clone(&setup.mailbox));
    let work = move || beat.accompany(&runtime, &mailbox, run(setup));
    thread::Builder::new().name("bus".to_owned()).spawn(work)?;
    Ok(())
}

async fn run(setup: Setup) {
    let Setup {
        bus_name,
        paths,
        asks,
        follows_phones,
        follows_calls,
        follows_cameras,
        follows_keys,
        has_knob,
        lockstep,
        mailbox,
        beat: _,
        receivers,
        applied,
        reached,
    } = setup;
    let Receivers { commands, media, phone: wishes, calls: answers, settings, pictures, camera } = receivers;
    let connections = tokio::try_join!(connect::open(), connect::open());
    let (signals, calls) = match connections {
        Ok((signals, calls)) => {
            let _ = reached.send(Ok(()));
            (Some(signals), Some(calls))
        }
        Err(error) => {
            let _ = reached.send(Err(error));
            (None, None)
        }
    };
    let listener = Listener { paths, lockstep, mailbox: Arc::clone(&mailbox), applied, epoch: 0 };
    let caller = Calls::new(bus_name, asks, Arc::clone(&mailbox), commands);
    tokio::join!(
        listener.run(signals),
        caller.run(calls),
        line::run(MediaLine, Arc::clone(&mailbox), media),
        async {
            if follows_phones {
                line::run(PhoneLine { lockstep }, Arc::clone(&mailbox), wishes).await;
            }
        },
        async {
            if follows_calls {
                line::run(CallsLine { lockstep }, Arc::clone(&mailbox), answers).await;
            }
        },
        async {
            // In lockstep a picture is a function of the readings alone.
            if !lockstep {
                line::run(SettingsLine, Arc::clone(&mailbox), settings).await;
            }
        },
        async {
            // A picture of a replay is none of how this machine is.
            if !lockstep {
                health::run(|news| mailbox.health(news)).await;
            }
        },
        async {
            if follows_cameras && !lockstep {
                line::run(CameraLine::new(Arc::clone(&mailbox)), Arc::clone(&mailbox), camera).await;
            }
        },
        async {
            if follows_keys && !lockstep {
                keys::run(|event| mailbox.input(event)).await;
            }
        },
        async {
            if has_knob && !lockstep {
                knob::run(Arc::clone(&mailbox)).await;
            }
        },
        art::run(Arc::clone(&mailbox), pictures),
        end_when_told()
    );
}

async fn end_when_told() {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return tracing::error!("signals to end cannot be heard");
    };
    loop {
        tokio::select! {
            Some(()) = term.recv() => {}
            Some(()) = int.recv() => {}
        }
        // Before the event loop runs there is nothing to quit: the process has not finished starting.
        if slint::quit_event_loop().is_err() {
            std::process::exit(0);
        }
    }
}

/// Twice as long after each failure, from 100 ms to 2 s.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub const fn new() -> Self {
        Self(Duration::from_millis(100))
    }

    pub fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Duration::from_secs(2));
        now
    }
}

/// Why a session with the vehicle service ended.
enum End {
    /// Rebuild after a pause.
    Down(Link),
    /// Ask again, for these paths.
    Narrowed(Vec<String>),
}

struct Listener {
    paths: &'static [&'static str],
    lockstep: bool,
    mailbox: Arc<Mailbox>,
    applied: watch::Receiver<Applied>,
    epoch: u64,
}

impl Listener {
    async fn run(mut self, mut first: Option<Connection>) {
        let everything: Vec<String> = self.paths.iter().map(|path| (*path).to_owned()).collect();
        let mut wanted = everything.clone();
        let mut backoff = Backoff::new();
        loop {
            let epoch = self.epoch;
            let end = match first.take() {
                Some(connection) => self.session(&connection, &wanted).await,
                None => match connect::open().await {
                    Ok(connection) => self.session(&connection, &wanted).await,
                    Err(_) => End::Down(Link::NoBus),
                },
            };
            // The next session asks anew; until then nobody says that the car stands.
            self.mailbox.driving(Status::default());
            match end {
                End::Narrowed(paths) => wanted = paths,
                End::Down(link) => {
                    tracing::info!(?link, "the link to the vehicle service is down");
                    self.mailbox.link(link);
                    wanted.clone_from(&everything);
                    if self.epoch != epoch {
                        backoff = Backoff::new();
                    }
                    sleep(backoff.next()).await;
                }
            }
        }
    }

    /// One subscription after another over one connection.
    async fn session(&mut self, connection: &Connection, wanted: &[String]) -> End {
        let window = if self.lockstep { LOCKSTEP } else { WINDOW };
        let wish = Wish { paths: wanted.to_vec(), min_interval_ms: MIN_INTERVAL_MS, window };
        let Ok(mut subscription) = Subscription::open(connection, wish).await else { return End::Down(Link::NoBus) };
        let Ok(mut driving) = Follower::open(connection).await else { return End::Down(Link::NoBus) };
        let mut slots = HashMap::new();
        let mut starts_anew = true;
        let mut deadline = Deadline::new(self.lockstep);
        loop {
            let news = tokio::select! {
                // The driving state first: it was told before the readings of its tick, and is shown with them.
                biased;
                status = driving.next() => {
                    let Some(status) = status else { return End::Down(Link::NoBus) };
                    self.mailbox.driving(status);
                    continue;
                }
                changed = self.applied.changed() => {
                    let applied = *self.applied.borrow_and_update();
                    if changed.is_err() {
                        std::future::pending::<()>().await;
                    }
                    if applied.epoch == self.epoch && subscription.acknowledge(applied.sequence).await.is_err() {
                        return End::Down(Link::NoBus);
                    }
                    continue;
                }
                news = deadline.until(subscription.next()) => news,
            };
            match news {
                Some(Some(News::Subscribed(handles))) => {
                    self.epoch += 1;
                    starts_anew = true;
                    slots =
                        handles.iter().filter_map(|handle| Some((handle.handle, self.slot(&handle.path)?))).collect();
                    deadline.reset();
                }
                Some(Some(News::Batch(batch))) => {
                    self.mailbox.heard(heard(self.epoch, std::mem::take(&mut starts_anew), &slots, batch));
                    deadline.reset();
                }
                Some(Some(News::Undecodable(count))) => {
                    if count.is_power_of_two() {
                        tracing::warn!(count, "batches that cannot be read");
                    }
                }
                Some(Some(News::Lost)) => {
                    self.mailbox.link(Link::NoService);
                    // The next one may know other paths.
                    if wanted.len() < self.paths.len() {
                        return End::Down(Link::NoService);
                    }
                    deadline.stop();
                }
                Some(Some(News::Refused(sentence))) => {
                    return match narrow(connection, wanted).await {
                        Some(paths) => End::Narrowed(paths),
                        None => End::Down(Link::Refused(sentence)),
                    };
                }
                Some(None) => return End::Down(Link::NoBus),
                // Nothing came in time.
                None if deadline.first => {
                    let present = is_owned(connection, tandem_contracts::signals::NAME).await;
                    self.mailbox.link(if present { Link::Silent } else { Link::NoService });
                    if present { deadline.extend() } else { deadline.stop() }
                }
                None => return End::Down(Link::Silent),
            }
        }
    }

    fn slot(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| *known == path)
    }
}

/// When the service counts as silent; in lockstep never, for then time comes with the batches.
struct Deadline {
    at: Option<Instant>,
    first: bool,
    lockstep: bool,
}

impl Deadline {
    fn new(lockstep: bool) -> Self {
        let mut deadline = Self { at: None, first: true, lockstep };
        deadline.reset();
        deadline
    }

    fn reset(&mut self) {
        self.first = true;
        self.at = (!self.lockstep).then(|| Instant::now() + SILENCE);
    }

    fn extend(&mut self) {
        self.first = false;
        self.at = Some(Instant::now() + PATIENCE);
    }

    fn stop(&mut self) {
        self.at = None;
    }

    async fn until<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        match self.at {
            Some(at) => timeout_at(at, future).await.ok(),
            None => Some(future.await),
        }
    }
}

fn heard(epoch: u64, starts_anew: bool, slots: &HashMap<u32, usize>, batch: Batch) -> Heard {
    if batch.spoiled > 0 {
        tracing::warn!(spoiled = batch.spoiled, sequence = batch.sequence, "readings did not decode");
    }
    let changes = batch
        .changes
        .into_iter()
        .filter_map(|change| {
            let reading = Reading { quality: change.quality, value: change.value, heard: change.heard };
            Some((*slots.get(&change.handle)?, reading))
        })
        .collect();
    Heard { epoch, sequence: batch.sequence, now: batch.now, starts_anew, changes }
}

/// Whether somebody has this name on the bus.
pub(crate) async fn is_owned(connection: &Connection, name: &'static str) -> bool {
    let Ok(name) = name.try_into() else { return false };
    match zbus::fdo::DBusProxy::new(connection).await {
        Ok(bus) => bus.name_has_owner(name).await.unwrap_or(false),
        Err(_) => false,
    }
}

/// A car need not have every leaf that a screen reads: what it has of those wanted, if that is less than all and more than none.
async fn narrow(connection: &Connection, wanted: &[String]) -> Option<Vec<String>> {
    let leaves = Signals1Proxy::new(connection).await.ok()?.list().await.ok()?;
    let paths: Vec<_> = wanted.iter().filter(|path| leaves.iter().any(|leaf| leaf.path == **path)).cloned().collect();
    (!paths.is_empty() && paths.len() < wanted.len()).then_some(paths)
}

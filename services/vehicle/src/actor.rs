//! The one task that owns the core: link events and requests come in by turns, effects go out in their order.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_can::{BusState, Errno, Event, News, Pace, PeerNews};
use tandem_runtime::{Supervisor, Watchdog};
use tandem_units::Nanoseconds;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::bus::{Request, Serving, answer};
use crate::core::{Core, Effect};
use crate::keeper::Keeper;
use crate::link::{LinkNews, Outlet};
use crate::seldom::Seldom;
use crate::subscriptions::HEARTBEAT;

/// A lockstep subscriber that does not acknowledge for so long is taken for dead: time must not stand still for ever.
const LOCKSTEP_PATIENCE: Duration = Duration::from_secs(2);
/// By its own pace a car says what time it is many times a second. After this long without a word its time stands still and its readings would count as fresh for
/// ever: they are absent, and what was asked of it lapses. Screens show dashes before, for no batch comes for 500 ms; here it is longer, since a car that was silent
/// begins anew, reading by reading, and a virtual one on a busy machine is late at times. With real interfaces time is our own, and goes on whatever the bus does.
const SILENCE: Duration = Duration::from_secs(2);

/// How long the car may take to be told that what is held is let go.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum ActorError {
    #[error("the bus is gone")]
    BusGone,
    #[error("the bus failed")]
    Bus(#[from] zbus::Error),
    #[error("cannot listen for the word to stop")]
    Stop(#[source] std::io::Error),
}

/// The service in motion.
pub struct Actor {
    core: Core,
    serving: Serving,
    /// None if nothing outlives this service.
    keeper: Option<Keeper>,
    supervisor: Supervisor,
    watchdog: Watchdog,
    link: Option<Outlet>,
    pace: Pace,
    /// When the car will have been silent for too long; none while nothing is expected of it.
    silent_at: Option<Instant>,
    /// It was, and has said nothing since.
    silent: bool,
    /// What the car did not take.
    refused: Seldom,
    /// What programs on buses of this machine did.
    peers: PeersDid,
    /// The car comes first now: it is told to let go even if the bus is gone.
    ending: bool,
}

/// Each kind by itself: who comes in masses does not hide why another was put off.
#[derive(Default)]
struct PeersDid {
    joined: Seldom,
    left: Seldom,
    dropped: Seldom,
    refused: Seldom,
}

impl Actor {
    pub fn new(core: Core, serving: Serving, keeper: Option<Keeper>, supervisor: Supervisor) -> Self {
        Self {
            core,
            serving,
            keeper,
            watchdog: supervisor.watchdog(),
            supervisor,
            link: None,
            pace: Pace::Live,
            silent_at: None,
            silent: false,
            refused: Seldom::default(),
            peers: PeersDid::default(),
            ending: false,
        }
    }

    /// Runs until it is told to stop. Last values are on the disk then.
    ///
    /// # Errors
    /// The bus is gone: a service without one is of no use, and its supervisor starts it anew.
    pub async fn run(
        mut self,
        mut news: mpsc::Receiver<LinkNews>,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> Result<(), ActorError> {
        let mut ended = tokio::select! {
            stopped = stop => stopped.map_err(ActorError::Stop),
            ended = self.serve(&mut news) => ended,
        };
        self.ending = true;
        self.supervisor.stopping();
        if let Ok(finished) = tokio::time::timeout(LAST_WORDS, self.finish(&mut news)).await {
            ended = ended.and(finished);
        }
        if let Some(keeper) = self.keeper.take() {
            keeper.end(self.core.last_values()).await;
        }
        ended
    }

    /// Lets go of what is held, and goes on with the car until it was told so: a message may not leave before its time.
    async fn finish(&mut self, news: &mut mpsc::Receiver<LinkNews>) -> Result<(), ActorError> {
        let effects = self.core.stop();
        self.perform(effects).await?;
        while !self.core.is_quiet() && self.link.is_some() {
            match news.recv().await {
                Some(LinkNews::Heard(event)) => self.hear(event).await?,
                Some(LinkNews::Down(_)) | None => return Ok(()),
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn serve(&mut self, news: &mut mpsc::Receiver<LinkNews>) -> Result<(), ActorError> {
        let mut heartbeat = tokio::time::interval(Duration::from_millis(HEARTBEAT.as_millis()));
        loop {
            // By turns, whoever is first: no flood of requests keeps the car's frames waiting.
            tokio::select! {
                request = self.serving.requests.recv() => {
                    self.answer(request.ok_or(ActorError::BusGone)?).await?;
                }
                change = self.serving.owners.next() => {
                    let change = change.ok_or(ActorError::BusGone)?;
                    if let Some(client) = left(&change) {
                        let effects = self.core.forget_client(&client);
                        self.perform(effects).await?;
                    }
                }
                event = news.recv() => match event {
                    Some(LinkNews::Up(link)) => {
                        info!("a car is there");
                        self.link = Some(link);
                    }
                    Some(LinkNews::Heard(event)) => self.hear(event).await?,
                    Some(LinkNews::Echo(frame)) => self.core.hear_echo(&frame),
                    Some(LinkNews::Interface { bus, name, news }) => {
                        tell_of_interface(&name, news);
                        self.core.hear_of_interface(&bus, news);
                    }
                    Some(LinkNews::Errors { bus, counts }) => self.core.count_errors(&bus, counts),
                    // What its programs do is told already.
                    Some(LinkNews::Bus { bus, news }) => self.core.hear_of_interface(&bus, news),
                    Some(LinkNews::Peer { bus, peer, news }) => {
                        if let Some(times) = self.peers.did(news).happened(Instant::now()) {
                            tell_of_peer(&bus, peer, news, times);
                        }
                    }
                    Some(LinkNews::Down(reason)) => self.lose_link(reason.as_deref()).await?,
                    None => return Err(ActorError::BusGone),
                },
                () = tokio::time::sleep_until(self.silent_at.unwrap_or_else(Instant::now)), if self.silent_at.is_some() => {
                    self.miss_the_car().await?;
                }
                () = self.watchdog.turn() => {}
                _ = heartbeat.tick(), if self.link.is_none() || self.silent => {
                    let effects = self.core.heartbeat();
                    self.perform(effects).await?;
                }
            }
        }
    }

    async fn answer(&mut self, request: Request) -> Result<(), ActorError> {
        let effects = answer(&mut self.core, request);
        self.perform(effects).await
    }

    async fn miss_the_car(&mut self) -> Result<(), ActorError> {
        warn!("the car is silent: its readings are absent until it speaks");
        (self.silent_at, self.silent) = (None, true);
        let effects = self.core.disconnect();
        self.perform(effects).await
    }

    async fn hear(&mut self, event: Event) -> Result<(), ActorError> {
        if std::mem::take(&mut self.silent) {
            self.core.resume();
        }
        match event {
            Event::Hello(hello) => {
                debug!(interfaces = ?hello.interfaces, pace = ?hello.pace, "hello");
                self.pace = hello.pace;
                self.expect_a_word();
                let effects = self.core.connect(&hello);
                self.perform(effects).await?;
            }
            Event::Frame(frame) => {
                while self.core.tick_before(Nanoseconds(frame.t_ns)) {
                    self.tick().await?;
                }
                let effects = self.core.hear(&frame);
                self.tell(effects).await?;
            }
            Event::Advance(t_ns) => {
                while self.core.tick_due(Nanoseconds(t_ns)) {
                    self.tick().await?;
                }
                if self.pace == Pace::Lockstep {
                    self.send(&Event::Reached(t_ns));
                }
                self.expect_a_word();
            }
            Event::End => {
                debug!("the log is at its end");
                self.silent_at = None;
                let effects = self.core.end();
                self.perform(effects).await?;
            }
            // Only we say this.
            Event::Reached(_) => {}
        }
        Ok(())
    }

    /// In lockstep the car may take its time.
    fn expect_a_word(&mut self) {
        self.silent_at = (self.pace == Pace::Live).then(|| Instant::now() + SILENCE);
    }

    async fn tick(&mut self) -> Result<(), ActorError> {
        let effects = self.core.tick();
        self.tell(effects).await
    }

    /// Does what time or a frame brought. In lockstep no more of either comes in before everybody has worked it off.
    async fn tell(&mut self, effects: Vec<Effect>) -> Result<(), ActorError> {
        if effects.is_empty() {
            return Ok(());
        }
        self.perform(effects).await?;
        match self.pace {
            Pace::Lockstep => self.wait_for_all().await,
            Pace::Live => Ok(()),
        }
    }

    /// Waits until every lockstep subscriber has acknowledged; the dead are dropped.
    async fn wait_for_all(&mut self) -> Result<(), ActorError> {
        let deadline = Instant::now() + LOCKSTEP_PATIENCE;
        while self.core.subscriptions().waited_for().next().is_some() {
            match tokio::time::timeout_at(deadline, self.serving.requests.recv()).await {
                Ok(request) => self.answer(request.ok_or(ActorError::BusGone)?).await?,
                Err(_) => {
                    let dead: Vec<_> =
                        self.core.subscriptions().waited_for().map(|(id, client)| (id, client.to_owned())).collect();
                    for (id, client) in dead {
                        warn!(id, client, "a lockstep subscriber fell silent: dropped");
                        self.core.unsubscribe(&client, id);
                    }
                }
            }
        }
        Ok(())
    }

    async fn lose_link(&mut self, reason: Option<&(dyn Error + Send + Sync + 'static)>) -> Result<(), ActorError> {
        if let Some(times) = self.refused.rest() {
            warn!(times, "the car did not take what we sent");
        }
        match reason {
            Some(cause) => warn!(error = cause as &dyn Error, "the link to the car broke"),
            None => info!("the car is gone"),
        }
        (self.link, self.silent_at, self.silent) = (None, None, false);
        self.core.forget_interfaces();
        let effects = self.core.disconnect();
        self.perform(effects).await
    }

    async fn perform(&mut self, effects: Vec<Effect>) -> Result<(), ActorError> {
        // The car comes before all who are told.
        for effect in &effects {
            if let Effect::Send(frame) = effect {
                match self.send(&Event::Frame(*frame)) {
                    Some(until) => self.core.handed_over(frame, until.map(Nanoseconds)),
                    None => self.core.not_sent(frame),
                }
            }
        }
        for effect in effects {
            match self.tell_of(effect).await {
                Err(cause) if !self.ending => return Err(cause.into()),
                _ => {}
            }
        }
        Ok(())
    }

    async fn tell_of(&self, effect: Effect) -> zbus::Result<()> {
        match effect {
            Effect::Tell(batch) => self.serving.tell(batch, self.core.generation()).await?,
            Effect::Send(_) => {}
            Effect::Keep(values) => {
                if let Some(keeper) = &self.keeper {
                    keeper.keep(values);
                }
            }
            Effect::Told(wish) => {
                debug!(id = wish.id, path = wish.path, value = %wish.value, state = %wish.state, client = wish.client, "wish");
                self.serving.request_changed(&wish).await?;
            }
            Effect::Input(event) => self.serving.input(event).await?,
            Effect::Driving(status) => {
                debug!(state = status.state, reading = status.reading, why = status.why, "driving");
                self.serving.driving_changed(status).await?;
            }
            Effect::Dropped { id, client } => warn!(id, client, "a subscriber fell silent: dropped"),
            Effect::Fault { frame, fault } => {
                warn!(id = %frame.id, fault = fault.word(), "frames of this id have a fault; counted from here on")
            }
        }
        Ok(())
    }

    /// None if it did not get out; else what [`Outlet::try_send`] says.
    fn send(&mut self, event: &Event) -> Option<Option<u64>> {
        let cause = match self.link.as_ref()?.try_send(event) {
            Ok(until) => return Some(until),
            Err(cause) => cause,
        };
        if let Some(times) = self.refused.happened(Instant::now()) {
            warn!(times, error = &cause as &dyn Error, "the car did not take what we sent");
        }
        None
    }
}

/// Readings of a bus that says nothing go stale by themselves: time goes on, as the machine's own clock says. So what becomes of an interface is for those who look
/// after the car.
fn tell_of_interface(interface: &str, news: News) {
    match news {
        News::Up => info!(interface, "the interface is up"),
        News::Down(Errno::NETDOWN) => {
            warn!(interface, "the interface is down: `ip link set {interface} up` lets it be heard")
        }
        News::Down(Errno::NODEV) => {
            warn!(interface, "there is no such interface: is its driver loaded, and is its name right? Waiting for it")
        }
        News::Down(cause) => warn!(interface, error = &cause as &dyn Error, "the interface cannot be read; trying on"),
        News::State(BusState::Active) => info!(interface, "the bus is well again"),
        News::State(state) => warn!(interface, ?state, "the bus is not well"),
        News::Restart(Ok(())) => info!(interface, "the controller was restarted"),
        // It does so by itself (`restart-ms`).
        News::Restart(Err(Errno::INVAL)) => debug!(interface, "the controller is left to restart"),
        News::Restart(Err(cause)) => warn!(
            interface,
            error = &cause as &dyn Error,
            "the bus is off and its controller is not restarted: it needs `restart-ms`, or this service CAP_NET_ADMIN"
        ),
        News::Lost(frames) => warn!(interface, frames, "frames were lost: they came faster than they were read"),
    }
}

impl PeersDid {
    fn did(&mut self, news: PeerNews) -> &mut Seldom {
        match news {
            PeerNews::Joined => &mut self.joined,
            PeerNews::Left => &mut self.left,
            PeerNews::Dropped(_) => &mut self.dropped,
            PeerNews::Refused => &mut self.refused,
        }
    }
}

/// Whoever is on a bus of this machine, the last of `times` since the line before.
fn tell_of_peer(bus: &str, peer: SocketAddr, news: PeerNews, times: u64) {
    match news {
        PeerNews::Joined => info!(bus, %peer, times, "a program is on the bus"),
        PeerNews::Left => info!(bus, %peer, times, "a program left the bus"),
        PeerNews::Dropped(fault) => {
            warn!(bus, %peer, times, error = &fault as &dyn Error, "a program was put off the bus")
        }
        PeerNews::Refused => warn!(bus, %peer, times, "a program was not let on the bus: there are too many"),
    }
}

/// The unique name that left the bus, if that is what changed.
fn left(change: &zbus::fdo::NameOwnerChanged) -> Option<String> {
    let args = change.args().ok()?;
    let gone = args.new_owner.is_none() && args.name.starts_with(':');
    gone.then(|| args.name.to_string())
}

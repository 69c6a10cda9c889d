//! A phone in motion: its story, its car, its clock and whoever holds it come in by turns.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_kdeconnect::{DeviceId, Message, Packet};
use tandem_link::{News, Own, Pin, StartError};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::air::{Air, Place, Way};
use crate::core::{Arrival, Core, Moment, Out};
use crate::deed::{Deed, Simple};
use crate::event::{Event, What};
use crate::memory::{Memory, MemoryError};
use crate::script::Script;
use crate::story::Story;

/// How often a car that is away is told that the phone is there.
const ANNOUNCE: Duration = Duration::from_millis(1_600);

/// What a phone is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub story: Story,
    /// The only address to listen at and to send from, as a second device on one machine has to.
    pub at: Option<IpAddr>,
    /// Where the car is; none: everybody on the network is told of the phone.
    pub car: Option<IpAddr>,
    /// Who the phone is, its cars, and files that it received.
    pub state: PathBuf,
}

/// Why there is no phone.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error("cannot listen for cars")]
    Air(#[from] StartError),
}

/// The phone is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the phone is gone")]
pub struct Gone;

/// A phone in motion. When this is dropped it dies.
pub struct Phone {
    id: DeviceId,
    /// None: it was told to end.
    deeds: Option<mpsc::UnboundedSender<Deed>>,
    task: AbortHandle,
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Phone {
    /// Switches a phone on, within a tokio runtime. What happens to it is told in order.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub async fn start(setup: Setup) -> Result<(Self, mpsc::UnboundedReceiver<Event>), PhoneError> {
        let memory = Memory::open(&setup.state)?;
        let own = Arc::new(memory.own()?);
        let id = own.id().clone();
        let about = &setup.story.phone;
        let place = Place { name: about.name.clone(), protocol: about.protocol, at: setup.at, car: setup.car };
        let air = Air::open(Arc::clone(&own), place.clone(), memory.cars()).await?;
        let (events, told) = mpsc::unbounded_channel();
        let (deeds, orders) = mpsc::unbounded_channel();
        let core = Core::new(Moment::default(), &setup.story);
        let mut script = Script::new(setup.story.steps.clone());
        setup.story.players.iter().filter(|plan| plan.playing).for_each(|plan| script.sounds(&plan.name));
        let began = Instant::now();
        let mut actor = Actor {
            core,
            story_runs: !script.is_over(),
            script,
            memory,
            own,
            place,
            air: Some(air),
            received: setup.state.join("received"),
            files: setup.story.folder,
            events,
            words: mpsc::unbounded_channel(),
            began,
            announce: began,
            packets: 0,
        };
        let (name, protocol) = (actor.place.name.clone(), actor.place.protocol);
        actor.tell(What::Ready { id: id.to_string(), name, protocol });
        let task = tokio::spawn(actor.run(orders)).abort_handle();
        Ok((Self { id, deeds: Some(deeds), task }, told))
    }

    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// Makes it do something; [`What::Done`] or [`What::NotDone`] follows.
    ///
    /// # Errors
    /// [`Gone`]
    pub fn order(&self, deed: Deed) -> Result<(), Gone> {
        self.deeds.as_ref().and_then(|deeds| deeds.send(deed).ok()).ok_or(Gone)
    }

    /// Ends it when it has done what it was told until now: then its events end, too.
    pub fn end(&mut self) {
        self.deeds = None;
    }
}

struct Actor {
    core: Core,
    script: Script,
    story_runs: bool,
    memory: Memory,
    own: Arc<Own>,
    place: Place,
    /// None: switched off.
    air: Option<Air>,
    received: PathBuf,
    files: PathBuf,
    events: mpsc::UnboundedSender<Event>,
    /// What tasks tell.
    words: (mpsc::UnboundedSender<What>, mpsc::UnboundedReceiver<What>),
    began: Instant,
    announce: Instant,
    /// Of those that may be dropped.
    packets: u64,
}

async fn news(air: &mut Option<Air>) -> Option<News> {
    match air {
        Some(air) => air.news().await,
        None => std::future::pending().await,
    }
}

impl Actor {
    fn at(&self) -> Moment {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        Moment { now: self.began.elapsed(), unix_ms }
    }

    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Deed>) {
        loop {
            self.perform().await;
            let due = self.core.due().into_iter().chain(self.script.due()).min();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(deed) => self.core.deed(self.at(), deed),
                    None => return,
                },
                Some(news) = news(&mut self.air) => self.hear(news),
                Some(what) = self.words.1.recv() => self.tell(what),
                () = sleep_until(due.map_or(self.announce, |due| self.began + due)), if due.is_some() => {
                    let at = self.at();
                    self.core.tick(at);
                    self.perform().await;
                    if let Some(deed) = self.script.take(at.now) {
                        self.core.deed(self.at(), deed);
                    }
                }
                () = sleep_until(self.announce) => {
                    self.announce = Instant::now() + ANNOUNCE;
                    self.air.iter().for_each(Air::announce);
                }
            }
        }
    }

    fn tell(&mut self, what: What) {
        let at = self.at().now;
        self.script.hear(at, &what);
        // Nobody may listen.
        drop(self.events.send(Event { at, what }));
        if self.story_runs && self.script.is_over() {
            self.story_runs = false;
            self.tell(What::StoryEnd);
        }
    }

    fn hear(&mut self, news: News) {
        let at = self.at();
        let Some(air) = &mut self.air else { return };
        let is_current = |link| air.way.as_ref().is_some_and(|way| way.link == link);
        match news {
            News::Up { link, identity, certificate, our_key, their_key, address, pinned } => {
                if air.way.as_ref().is_some_and(|way| way.car != identity.id) {
                    // One car is enough.
                    return air.close(link);
                }
                let protocol = identity.protocol.min(self.place.protocol);
                let pin = Pin { certificate, protocol: identity.protocol };
                air.way = Some(Way { link, car: identity.id, pin, address });
                let name = identity.name;
                self.core.up(at, Arrival { name, protocol, our_key, their_key, paired: pinned });
            }
            News::Packet { link, packet } if is_current(link) => self.core.packet(at, packet),
            News::Down { link, why } if is_current(link) => {
                air.way = None;
                self.core.down(at, format!("{why:?}"));
            }
            News::Refused { why, .. } => tracing::warn!(%why, "the car said something that is not understood"),
            // Of a link that was replaced.
            News::Packet { .. } | News::Down { .. } => {}
        }
    }

    async fn perform(&mut self) {
        loop {
            let out = self.core.take();
            if out.is_empty() {
                return;
            }
            for out in out {
                self.carry_out(out).await;
            }
        }
    }

    async fn carry_out(&mut self, out: Out) {
        let words = self.words.0.clone();
        match out {
            Out::Tell(what) => self.tell(what),
            Out::Air(simple) => self.move_air(simple).await,
            Out::Send(packet) => self.send(packet),
            Out::SendFile { path, name } => {
                let path = self.files.join(path);
                if let Some(air) = &mut self.air {
                    air.send_file(path, name, words);
                }
            }
            Out::Fetch { payload, name } => {
                let folder = self.received.clone();
                if let Some(air) = &mut self.air {
                    air.fetch(payload, name, folder, words);
                }
            }
            Out::Keep => self.remember(true),
            Out::Forget => self.remember(false),
        }
    }

    fn remember(&mut self, keep: bool) {
        let Some((air, way)) = self.air.as_ref().and_then(|air| Some((air, air.way.clone()?))) else { return };
        let kept = match keep {
            true => {
                air.trust(&way);
                self.memory.keep(&way.car, &way.pin)
            }
            false => {
                air.distrust(&way);
                self.memory.forget(&way.car)
            }
        };
        if let Err(error) = kept {
            tracing::error!(error = &error as &dyn std::error::Error, "the pairing is not kept");
        }
    }

    /// Sends, as the faults have it.
    fn send(&mut self, packet: Packet) {
        let Some(air) = &self.air else { return };
        let now = Instant::now();
        if matches!(packet.message, Message::Pair(_)) {
            return air.send(now, packet);
        }
        let faults = &self.core.faults;
        self.packets += 1;
        if faults.drop_every > 0 && self.packets.is_multiple_of(faults.drop_every) {
            return;
        }
        let then = now + Duration::from_millis(faults.answer_delay_ms);
        if faults.twice {
            air.send(then, packet.clone());
        }
        air.send(then, packet);
    }

    async fn move_air(&mut self, simple: Simple) {
        let moved = match simple {
            Simple::Die => {
                if let Some(air) = self.air.take() {
                    air.die().await;
                }
                Ok("died")
            }
            Simple::Hang => {
                if let Some(air) = &mut self.air {
                    air.hang().await;
                }
                Ok("hung")
            }
            Simple::Vanish => match &mut self.air {
                Some(air) => air.vanish().await.map(|()| "vanished").map_err(|error| error.to_string()),
                None => Ok("vanished"),
            },
            Simple::Wake => match &mut self.air {
                Some(air) => air.wake(self.memory.cars()).map(|()| "woke").map_err(|error| error.to_string()),
                None => Err("it is dead".to_owned()),
            },
            Simple::Come => self.come(false).await.map(|()| "came"),
            Simple::ComeAsAnother => self.come(true).await.map(|()| "came-as-another"),
            _ => return,
        };
        match moved {
            Ok(is) => self.tell(What::Air { is }),
            Err(why) => self.tell(What::NotDone { deed: Deed::Simple(simple).to_string(), why }),
        }
    }

    async fn come(&mut self, as_another: bool) -> Result<(), String> {
        if let Some(air) = self.air.take() {
            air.die().await;
        }
        let said = |error: &dyn std::error::Error| error.to_string();
        let own = match as_another {
            true => Arc::new(self.memory.another(self.own.id()).map_err(|error| said(&error))?),
            false => Arc::clone(&self.own),
        };
        let air = Air::open(own, self.place.clone(), self.memory.cars()).await;
        self.air = Some(air.map_err(|error| said(&error))?);
        self.announce = Instant::now();
        Ok(())
    }
}

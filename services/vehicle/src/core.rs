use std::collections::VecDeque;

use tandem_can::{ErrorCounts, Hello, News};
use tandem_contracts::actuation::ActuateError;
use tandem_contracts::driving::Status;
use tandem_contracts::input::InputEvent;
use tandem_frame::{BusIndex, Frame};
use tandem_gate::{Gate, VehicleState};
use tandem_store::{Car, Fault, Reading, Store};
use tandem_units::{Driving, Nanoseconds, Power, Value};

use crate::actuation::{Actuation, Outcome, Scene, Wish};
use crate::driving::Watch;
use crate::health::Health;
use crate::inputs::Inputs;
use crate::memory::{LastValues, Memory};
use crate::region::Region;
use crate::subscriptions::{Batch, Opened, SubscribeError, Subscriptions};

/// Readings are told on this grid of the link's time.
pub const TICK: Nanoseconds = Nanoseconds::from_millis(20);
/// A gap in a log is walked through tick by tick up to this long; what is longer is jumped over.
const LONGEST_GAP: Nanoseconds = Nanoseconds::from_millis(600_000);
/// The link's time ends here, 146 years on: behind it there would be no next tick, and the walk towards a later point no end.
const LATEST: Nanoseconds = Nanoseconds(1 << 62);

/// A client that left has no more than its queue of requests behind it.
const MOST_GONE: usize = 256;

/// What the outside is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Tell(Batch),
    /// On the link's bus.
    Send(Frame),
    /// A wish has a new state.
    Told(Wish),
    /// The driving state is another one, or another reading decides.
    Driving(Status),
    /// A key or a knob.
    Input(InputEvent),
    /// These are to be written down.
    Keep(LastValues),
    /// A subscriber fell silent and was dropped.
    Dropped {
        id: u32,
        client: String,
    },
    /// The first frame of its id with this fault; those that follow are counted only.
    Fault {
        frame: Frame,
        fault: Fault,
    },
}

/// The vehicle service without a socket, a bus or a clock.
pub struct Core {
    store: Store,
    subscriptions: Subscriptions,
    /// None if the car is only listened to.
    actuation: Option<Actuation>,
    /// None if nothing outlives this service.
    memory: Option<Memory>,
    driving: Watch,
    inputs: Inputs,
    region: Region,
    /// What everybody was told last.
    driving_told: Status,
    /// From a bus of the link to a bus of the car.
    buses: Vec<Option<BusIndex>>,
    /// Of each bus of the car.
    health: Vec<Health>,
    connected: bool,
    /// The last tick.
    now: Nanoseconds,
    /// The latest that the link said.
    clock: Nanoseconds,
    next_tick: Option<Nanoseconds>,
    /// The time of the last batch between ticks: none goes back behind it.
    told_at: Nanoseconds,
    generation: u64,
    /// Clients that left, the newest last: a request of theirs may still lie in wait, and their names come to nobody else.
    gone: VecDeque<String>,
    stopping: bool,
    /// The link's time is at its end.
    ended: bool,
}

impl Core {
    /// A service for one car, and the way out to it; without one the car is only listened to. `generation` differs at every start.
    pub fn new(mut car: Car, gate: Option<Gate>, generation: u64) -> Self {
        let actuation = gate.map(|gate| Actuation::new(&mut car, gate));
        let driving = Watch::new(&car);
        let inputs = Inputs::new(&mut car);
        let health = vec![Health::default(); car.buses.len()];
        Self {
            store: Store::new(car),
            subscriptions: Subscriptions::default(),
            actuation,
            memory: None,
            driving,
            inputs,
            region: Region::default(),
            driving_told: Status::default(),
            buses: Vec::new(),
            health,
            connected: false,
            now: Nanoseconds::ZERO,
            clock: Nanoseconds::ZERO,
            next_tick: None,
            told_at: Nanoseconds::ZERO,
            generation,
            gone: VecDeque::new(),
            stopping: false,
            ended: false,
        }
    }

    /// From now on last values are handed out to be kept; these are the ones that were.
    pub fn remember(&mut self, last: LastValues) {
        let memory = Memory::new(self.store.car(), last);
        memory.recall(&mut self.store);
        self.memory = Some(memory);
    }

    /// What was not handed out yet, at the end.
    pub fn last_values(&mut self) -> Option<LastValues> {
        self.memory.as_mut()?.rest(&self.store, self.now)
    }

    /// The rules of this region hold from now on; until then everything is restricted.
    pub fn set_region(&mut self, region: Region) {
        self.region = region;
        self.driving_told = self.driving_status();
    }

    /// Parked, idling or moving, as of the last tick.
    pub fn driving(&self) -> Driving {
        self.driving.known().driving
    }

    /// How far the car is switched on, as of the last tick; none if nobody knows.
    pub fn power(&self) -> Option<Power> {
        self.driving.known().power
    }

    /// How far the car said last that it is switched on, however long ago; none if it never has, or only before the last power cut.
    pub fn last_power(&self) -> Option<Power> {
        self.driving.last_power(&self.store, self.now)
    }

    /// The driving state and what it restricts, as of the last tick.
    pub fn driving_status(&self) -> Status {
        self.region.status(self.driving.known())
    }

    fn tell_driving(&mut self) -> Option<Effect> {
        let status = self.driving_status();
        (status != self.driving_told).then(|| {
            self.driving_told = status.clone();
            Effect::Driving(status)
        })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn now(&self) -> Nanoseconds {
        self.now
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// A car is there. Its clock is ours from now on; if it runs behind the one we had, a new generation begins. What was asked of another one lapses.
    pub fn connect(&mut self, hello: &Hello) -> Vec<Effect> {
        self.buses = hello
            .interfaces
            .iter()
            .map(|name| {
                let at = self.store.car().buses.iter().position(|bus| bus.interface == *name)?;
                u8::try_from(at).ok().map(BusIndex)
            })
            .collect();
        (self.connected, self.ended) = (true, false);
        self.next_tick = None;
        self.let_lapse("Another car was connected.")
    }

    /// The link's time is at its end: it stands still, and no answer comes any more.
    pub fn end(&mut self) -> Vec<Effect> {
        self.ended = true;
        self.let_lapse("The recording is at its end.")
    }

    fn let_lapse(&mut self, why: &str) -> Vec<Effect> {
        let wishes = self.actuation.as_mut().map(|actuation| actuation.lose_car(why)).unwrap_or_default();
        wishes.into_iter().map(Effect::Told).collect()
    }

    /// The car is gone: every reading is absent but those that are remembered, and everybody hears so.
    pub fn disconnect(&mut self) -> Vec<Effect> {
        self.connected = false;
        let last = self.memory.as_mut().and_then(|memory| memory.lose_car(&self.store, self.now));
        self.forget();
        let mut effects: Vec<_> = last.map(Effect::Keep).into_iter().collect();
        effects.extend(self.let_lapse("The connection to the car was lost."));
        effects.extend(self.tell_driving());
        effects.extend(self.tell_inputs());
        effects.extend(self.tell());
        effects
    }

    /// What became of the interface of a bus of the car, by the bus's name.
    pub fn hear_of_interface(&mut self, bus: &str, news: News) {
        let Some((at, health)) = self.health_of(bus) else { return };
        health.hear(news);
        if health.obstacle().is_some()
            && let Some(actuation) = &mut self.actuation
        {
            actuation.lose_bus(at);
        }
    }

    /// How many error frames there were on a bus of the car, by the bus's name.
    pub fn count_errors(&mut self, bus: &str, errors: ErrorCounts) {
        self.health_of(bus).into_iter().for_each(|(_, health)| health.errors = errors);
    }

    /// Nobody watches the interfaces any more.
    pub fn forget_interfaces(&mut self) {
        self.health.iter_mut().for_each(Health::forget);
    }

    fn health_of(&mut self, bus: &str) -> Option<(BusIndex, &mut Health)> {
        let at = self.store.car().buses.iter().position(|known| known.interface == bus)?;
        Some((BusIndex(u8::try_from(at).ok()?), self.health.get_mut(at)?))
    }

    /// Of each bus of the car, in its order.
    pub fn health(&self) -> &[Health] {
        &self.health
    }

    /// A car that was taken for gone speaks again on the same link.
    pub fn resume(&mut self) {
        self.connected = true;
    }

    /// A heartbeat while no car brings the time, which stands still: the service is alive, its readings are not.
    pub fn heartbeat(&mut self) -> Vec<Effect> {
        self.subscriptions.heartbeat(&self.store, self.told_until()).into_iter().map(Effect::Tell).collect()
    }

    /// The tick that must happen before a frame of this time is heard, if any.
    pub fn tick_before(&mut self, t: Nanoseconds) -> bool {
        let t = t.min(LATEST);
        self.prepare(t);
        let due = self.next_tick.is_some_and(|next| next < t);
        self.reach(t, due)
    }

    /// Whether a tick is due when time has come to `t`.
    pub fn tick_due(&mut self, t: Nanoseconds) -> bool {
        let t = t.min(LATEST);
        self.prepare(t);
        let due = self.next_tick.is_some_and(|next| next <= t);
        self.reach(t, due)
    }

    /// The clock does not run ahead of ticks that are still to come.
    fn reach(&mut self, t: Nanoseconds, tick_first: bool) -> bool {
        if !tick_first {
            self.clock = self.clock.max(t);
        }
        tick_first
    }

    fn prepare(&mut self, t: Nanoseconds) {
        let grid = Nanoseconds(t.0 - t.0 % TICK.0);
        match self.next_tick {
            Some(next) if grid.since(next) <= LONGEST_GAP => return,
            None if grid < self.now => self.begin_generation(grid),
            // What is heard from here on must not lie further ahead than the next tick.
            _ => {
                self.now = self.now.max(grid - TICK);
                self.subscriptions.wait_from(self.now);
            }
        }
        // Who stood before a gap may have driven in it.
        self.driving.lose_sight();
        self.next_tick = Some(grid);
    }

    fn begin_generation(&mut self, now: Nanoseconds) {
        self.generation += 1;
        if let Some(memory) = &mut self.memory {
            memory.begin_clock(self.now, now);
        }
        (self.now, self.told_at, self.clock) = (now, now, now);
        self.subscriptions.renew(now);
        self.forget();
        if let Some(actuation) = &mut self.actuation {
            actuation.begin_clock(now);
        }
    }

    fn forget(&mut self) {
        self.store.forget();
        self.driving.lose_sight();
        self.inputs.lose_car(self.told_until());
        if let Some(memory) = &self.memory {
            memory.recall(&mut self.store);
        }
    }

    /// Takes in a frame of the link; call [`Core::tick`] first while [`Core::tick_before`] says so. What it says of leaves marked immediate is told
    /// with the frame's own time, a batch a frame, whatever else lies in wait: so the same frames give the same batches.
    pub fn hear(&mut self, frame: &Frame) -> Vec<Effect> {
        let Some(frame) = self.of_the_car(frame) else { return Vec::new() };
        let fault = self.store.hear(&frame).filter(|(_, count)| *count == 1);
        if let Some(actuation) = &mut self.actuation {
            actuation.hear(&frame);
        }
        self.inputs.hear(&frame, &self.store);
        let mut effects: Vec<_> = fault.map(|(fault, _)| Effect::Fault { frame, fault }).into_iter().collect();
        effects.extend(self.tell_inputs());
        if !self.store.immediate().is_empty() {
            self.told_at = self.told_until().max(Nanoseconds(frame.t_ns));
            let batches = self.subscriptions.tell_at_once(self.store.immediate(), &self.store, self.told_at);
            effects.extend(batches.into_iter().map(Effect::Tell));
        }
        effects
    }

    /// A frame of ours went out on the wire.
    pub fn hear_echo(&mut self, frame: &Frame) {
        if let Some(frame) = self.of_the_car(frame) {
            self.store.echo(&frame);
            if let Some(actuation) = &mut self.actuation {
                actuation.hear_echo(&frame);
            }
        }
    }

    /// A frame of the link as one of the car's bus and of our time, if the car has such a bus.
    fn of_the_car(&self, frame: &Frame) -> Option<Frame> {
        let mut frame = *frame;
        frame.bus = self.buses.get(usize::from(frame.bus.0)).copied().flatten()?;
        // Ticks that were told are past: a frame cannot be heard before them, nor at 0, which says never.
        frame.t_ns = frame.t_ns.min(LATEST.0).max(self.now.0).max(1);
        Some(frame)
    }

    /// The next tick of the grid.
    pub fn tick(&mut self) -> Vec<Effect> {
        let Some(now) = self.next_tick else { return Vec::new() };
        self.now = now;
        self.next_tick = Some(now + TICK);
        let last = self.memory.as_mut().and_then(|memory| memory.notice(&self.store, now));
        let mut effects: Vec<_> = last.map(Effect::Keep).into_iter().collect();
        self.driving.tick(&self.store, now);
        self.inputs.tick(now);
        effects.extend(self.actuate(|actuation, scene| actuation.tick(scene)));
        // Before the readings of the same tick, so that who hears both has them in this order.
        effects.extend(self.tell_driving());
        effects.extend(self.tell_inputs());
        effects.extend(self.tell());
        effects
    }

    /// The keys and knobs of this car.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn tell_inputs(&mut self) -> impl Iterator<Item = Effect> + use<> {
        self.inputs.news().into_iter().map(Effect::Input)
    }

    /// The latest moment that anybody was told of.
    fn told_until(&self) -> Nanoseconds {
        self.now.max(self.told_at)
    }

    fn tell(&mut self) -> Vec<Effect> {
        let (batches, dropped) = self.subscriptions.tick(&self.store, self.told_until());
        let dropped = dropped.into_iter().map(|(id, client)| Effect::Dropped { id, client });
        dropped.chain(batches.into_iter().map(Effect::Tell)).collect()
    }

    /// The reading of a leaf of this car.
    pub fn reading(&self, path: &str) -> Option<Reading> {
        self.store.car().slot(path).map(|slot| self.store.reading(slot, self.now))
    }

    /// # Errors
    /// [`SubscribeError`] if the car lacks a path or the wish is over a limit.
    pub fn subscribe(
        &mut self,
        client: &str,
        paths: &[String],
        min_interval: Nanoseconds,
        window: u32,
    ) -> Result<Opened, SubscribeError> {
        self.subscriptions.open(client, paths, min_interval, window, &self.store, self.told_until())
    }

    pub fn acknowledge(&mut self, client: &str, id: u32, sequence: u64) {
        self.subscriptions.acknowledge(client, id, sequence, self.told_until());
    }

    pub fn unsubscribe(&mut self, client: &str, id: u32) -> bool {
        self.subscriptions.close(client, id)
    }

    /// A client left the bus: it is told nothing more, and what it held is let go.
    pub fn forget_client(&mut self, client: &str) -> Vec<Effect> {
        self.subscriptions.forget(client);
        if self.gone.len() == MOST_GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(client.to_owned());
        self.actuate(|actuation, scene| actuation.forget(client, scene))
    }

    /// What may be asked of this car; none if it is only listened to.
    pub fn actuation(&self) -> Option<&Actuation> {
        self.actuation.as_ref()
    }

    /// Asks for a value of an actuator. Returns the wish's number, and what is to be done.
    ///
    /// # Errors
    /// [`ActuateError`] if the car cannot be asked for this, now, by this client.
    pub fn wish(&mut self, client: &str, path: &str, value: Value) -> Result<(u64, Vec<Effect>), ActuateError> {
        let missing = |what: &str| ActuateError::NotAvailable(what.to_owned());
        let scene = self.scene();
        let actuation = self.actuation.as_mut().ok_or_else(|| missing("the car is only listened to"))?;
        let bus = actuation.bus(path)?;
        if !self.connected {
            return Err(missing("no car is connected"));
        }
        if self.ended {
            return Err(missing("the recording is at its end"));
        }
        if self.next_tick.is_none() {
            return Err(missing("the car has not said what time it is, so nobody could tell when an answer is late"));
        }
        if self.stopping || self.gone.iter().any(|gone| gone == client) {
            return Err(missing("the vehicle service or its client is ending"));
        }
        // A link that lacks the command's bus must not leave a wish behind that nobody was told of.
        if !self.buses.contains(&Some(bus)) {
            return Err(missing("the car's bus is not connected"));
        }
        let at = usize::from(bus.0);
        if let Some(why) = self.health.get(at).and_then(Health::obstacle) {
            let bus = self.store.car().buses.get(at).map_or("", |bus| bus.interface.as_str());
            return Err(missing(&format!("the car's bus {bus} {why}")));
        }
        let (id, outcomes) = actuation.wish(client, path, value, scene.of(&self.store))?;
        Ok((id, self.effects(outcomes)))
    }

    /// Lets go of an actuator that a client holds.
    ///
    /// # Errors
    /// [`ActuateError`] if there is no such, or it is somebody else's.
    pub fn release(&mut self, client: &str, path: &str) -> Result<Vec<Effect>, ActuateError> {
        let scene = self.scene();
        let none = || ActuateError::NotAvailable("the car is only listened to".to_owned());
        let actuation = self.actuation.as_mut().ok_or_else(none)?;
        let outcomes = actuation.release(client, path, scene.of(&self.store))?;
        Ok(self.effects(outcomes))
    }

    /// A frame of ours, on the link's bus, did not get out.
    pub fn not_sent(&mut self, frame: &Frame) {
        self.of_ours(frame, Actuation::not_sent);
    }

    /// A frame of ours, on the link's bus, got out: what the car says up to `until` it may have said without having heard it. None if its echo is to say so.
    pub fn handed_over(&mut self, frame: &Frame, until: Option<Nanoseconds>) {
        self.of_ours(frame, |actuation, frame| actuation.handed_over(frame, until));
    }

    fn of_ours(&mut self, frame: &Frame, act: impl FnOnce(&mut Actuation, &Frame)) {
        let mut frame = *frame;
        if let (Some(bus), Some(actuation)) =
            (self.buses.get(usize::from(frame.bus.0)).copied().flatten(), &mut self.actuation)
        {
            frame.bus = bus;
            act(actuation, &frame);
        }
    }

    /// The service ends: what is held is let go. It may end once [`Core::is_quiet`].
    pub fn stop(&mut self) -> Vec<Effect> {
        self.stopping = true;
        self.actuate(|actuation, scene| actuation.stop(scene))
    }

    /// Whether the car is owed no frame that ends what was begun.
    pub fn is_quiet(&self) -> bool {
        !self.connected || self.actuation.as_ref().is_none_or(Actuation::is_quiet)
    }

    fn actuate(&mut self, act: impl FnOnce(&mut Actuation, Scene<'_>) -> Vec<Outcome>) -> Vec<Effect> {
        let scene = self.scene();
        let Some(actuation) = self.actuation.as_mut() else { return Vec::new() };
        let outcomes = act(actuation, scene.of(&self.store));
        self.effects(outcomes)
    }

    fn effects(&mut self, outcomes: Vec<Outcome>) -> Vec<Effect> {
        let effect = |outcome| match outcome {
            Outcome::Told(wish) => Some(Effect::Told(wish)),
            Outcome::Send(mut frame) => {
                let at = self.buses.iter().position(|bus| *bus == Some(frame.bus));
                let Some(at) = at.and_then(|at| u8::try_from(at).ok()) else {
                    self.actuation.as_mut()?.not_sent(&frame);
                    return None;
                };
                self.store.sent(&frame);
                frame.bus = BusIndex(at);
                Some(Effect::Send(frame))
            }
        };
        outcomes.into_iter().filter_map(effect).collect()
    }

    fn scene(&self) -> Moment {
        Moment { state: VehicleState { driving: self.driving(), power: self.power() }, now: self.clock.max(self.now) }
    }
}

/// A [`Scene`] without the store, which is borrowed beside what acts.
#[derive(Clone, Copy)]
struct Moment {
    state: VehicleState,
    now: Nanoseconds,
}

impl Moment {
    fn of(self, store: &Store) -> Scene<'_> {
        Scene { store, state: self.state, now: self.now }
    }
}

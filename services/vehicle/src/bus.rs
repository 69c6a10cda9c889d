//! D-Bus: the interfaces ask the actor, and the actor's effects are emitted here and nowhere else.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tandem_contracts::actuation::{
    self as wire, ActuateError, Actuator, CommandBackend, Control, ControlPath, RequestState,
};
use tandem_contracts::body::Body1;
use tandem_contracts::bus::{Bus1, BusBackend, BusStatistics, IdStatistics};
use tandem_contracts::charging::Charging1;
use tandem_contracts::climate::{Climate1, ClimateBackend, TemperatureRange, TemperatureRequest};
use tandem_contracts::driving::{Driving1, DrivingBackend, Status};
use tandem_contracts::input::{Input1, InputBackend, InputEvent};
use tandem_contracts::part::{self, Part1};
use tandem_contracts::seats::Seats1;
use tandem_contracts::signals::{Change, Handle, Leaf, MAX_PATHS, PathReading, Signals1, SignalsBackend, SignalsError};
use tandem_contracts::wire::to_variant;
use tandem_contracts::{body, bus, charging, climate, connect, driving, input, seats, signals};
use tandem_store::Reading;
use tandem_units::{Value, plain};
use tokio::sync::{mpsc, oneshot};
use zbus::fdo::{DBusProxy, NameOwnerChangedStream};
use zbus::names::BusName;
use zbus::object_server::{Interface, SignalEmitter};
use zbus::{Connection, OwnedVariant};

use crate::actuation::Wish;
use crate::callers::{Bounded, Callers, standard};
use crate::core::Core;
use crate::subscriptions::{Batch, SubscribeError};

/// Requests that may wait for the actor; what comes then waits behind them, no more of one client than [`crate::callers`] admits.
pub const QUEUE: usize = 256;
const MILLISECOND_NS: u64 = 1_000_000;

/// What a client asks of the actor.
pub enum Request {
    List(oneshot::Sender<Vec<Leaf>>),
    Get(Vec<String>, oneshot::Sender<Result<Vec<PathReading>, SignalsError>>),
    Subscribe {
        client: String,
        paths: Vec<String>,
        min_interval_ms: u32,
        window: u32,
        answer: oneshot::Sender<Result<(u32, Vec<Handle>), SignalsError>>,
    },
    Acknowledge {
        client: String,
        id: u32,
        sequence: u64,
    },
    Unsubscribe {
        client: String,
        id: u32,
        answer: oneshot::Sender<bool>,
    },
    Actuate {
        client: String,
        path: String,
        value: Value,
        answer: oneshot::Sender<Result<u64, ActuateError>>,
    },
    Release {
        client: String,
        path: String,
        answer: oneshot::Sender<Result<(), ActuateError>>,
    },
    Actuators(oneshot::Sender<Vec<Actuator>>),
    Wishes(oneshot::Sender<Vec<wire::Request>>),
    Buses(oneshot::Sender<Vec<BusStatistics>>),
    Ids(oneshot::Sender<Vec<IdStatistics>>),
    Silences(oneshot::Sender<Vec<(String, u64)>>),
    Power(oneshot::Sender<String>),
    Driving(oneshot::Sender<Status>),
    Inputs(u64, oneshot::Sender<(u64, Vec<InputEvent>)>),
}

/// The backend of every interface: a way to the actor, and what may be read without asking it.
#[derive(Clone)]
pub struct Door {
    requests: mpsc::Sender<Request>,
    /// Of every typed interface.
    controls: Arc<[Control]>,
    driver_temperature: Arc<Mutex<TemperatureRequest>>,
}

/// The service's connection and the way in for its clients.
pub struct Serving {
    pub connection: Connection,
    pub requests: mpsc::Receiver<Request>,
    /// Who comes and goes, since before anybody could know our names.
    pub owners: NameOwnerChangedStream,
    driver_temperature: Arc<Mutex<TemperatureRequest>>,
}

/// Serves `Signals1`, `Bus1`, `Driving1` and those of the typed interfaces for whose controls this car can be asked, and owns their names. Who floods them is
/// refused ([`crate::callers`]).
///
/// # Errors
/// No bus, or a name that somebody else owns.
pub async fn serve(builder: zbus::connection::Builder<'static>, core: &Core) -> zbus::Result<Serving> {
    let (sender, requests) = mpsc::channel(QUEUE);
    let idle = TemperatureRequest { state: RequestState::Idle.word().to_owned(), ..TemperatureRequest::default() };
    let driver_temperature = Arc::new(Mutex::new(idle));
    let all = [climate::CONTROLS, body::CONTROLS, seats::CONTROLS, charging::CONTROLS].concat();
    let controls = core.actuation().map(|actuation| actuation.controls(&all)).unwrap_or_default();
    let (controls, latest) = (controls.into(), Arc::clone(&driver_temperature));
    let door = Door { requests: sender, controls, driver_temperature: latest };
    let front = Front { builder, callers: Callers::default(), names: Vec::new(), objects: BTreeMap::new() };
    let mut front = front.offer(signals::PATH, signals::NAME, Signals1(door.clone())).offer(
        bus::PATH,
        bus::NAME,
        Bus1(door.clone()),
    );
    if !core.inputs().is_empty() {
        front = front.offer(input::PATH, input::NAME, Input1(door.clone()));
    }
    if !door.controls(climate::CONTROLS).is_empty() {
        front = front.offer(climate::PATH, climate::NAME, Climate1(door.clone()));
    }
    if !door.controls(body::CONTROLS).is_empty() {
        front = front.offer(body::PATH, body::NAME, Body1(door.clone()));
    }
    if !door.controls(seats::CONTROLS).is_empty() {
        front = front.offer(seats::PATH, seats::NAME, Seats1(door.clone()));
    }
    if !door.controls(charging::CONTROLS).is_empty() {
        front = front.offer(charging::PATH, charging::NAME, Charging1(door.clone()));
    }
    // Last, whatever else this car has: who waits for all of them waits for this one.
    let front = front.offer(driving::PATH, driving::NAME, Driving1(door)).serve(part::PATH, Part1);
    let (connection, owners) = front.open().await?;
    Ok(Serving { connection, requests, owners, driver_temperature })
}

/// What is served, and under which names.
struct Front {
    builder: zbus::connection::Builder<'static>,
    callers: Callers,
    names: Vec<&'static str>,
    /// By path: what its introspection says.
    objects: BTreeMap<&'static str, String>,
}

impl Front {
    fn offer<I: Interface>(self, path: &'static str, name: &'static str, interface: I) -> Self {
        let mut front = self.serve(path, interface);
        front.names.push(name);
        front
    }

    fn serve<I: Interface>(mut self, path: &'static str, interface: I) -> Self {
        interface.introspect_to_writer(self.objects.entry(path).or_default(), 2);
        self.builder = self.builder.serve_at(path, Bounded::new(interface, &self.callers));
        self
    }

    /// Listens to who leaves before it has a name that anybody could call: whoever calls and leaves is heard of.
    async fn open(self) -> zbus::Result<(Connection, NameOwnerChangedStream)> {
        let connection = connect::reach(self.builder).await?;
        standard::bound(connection.object_server(), &self.objects, &self.callers).await?;
        let owners = DBusProxy::new(&connection).await?.receive_name_owner_changed().await?;
        connect::own(&connection, self.names).await?;
        Ok((connection, owners))
    }
}

impl Serving {
    /// Tells one subscriber its batch.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn tell(&self, batch: Batch, generation: u64) -> zbus::Result<()> {
        let client = BusName::try_from(batch.client)?;
        let emitter = SignalEmitter::new(&self.connection, signals::PATH)?.set_destination(client);
        let changes = batch
            .changes
            .into_iter()
            .map(|(handle, reading)| Change {
                handle,
                quality: reading.quality as u8,
                heard_ns: reading.heard.0,
                value: to_variant(reading.value.as_ref()),
            })
            .collect();
        Signals1::<Door>::batch(&emitter, batch.id, generation, batch.sequence, batch.now.0, changes).await
    }

    /// Tells every watcher what became of a wish.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn request_changed(&self, wish: &Wish) -> zbus::Result<()> {
        let emitter = SignalEmitter::new(&self.connection, signals::PATH)?;
        Signals1::<Door>::request_changed(&emitter, described(wish)).await?;
        let (climate::DRIVER_TEMPERATURE, Some(celsius)) = (wish.path.as_str(), wish.value.as_f64()) else {
            return Ok(());
        };
        let (id, state, reason) = (wish.id, wish.state.word().to_owned(), wish.reason.clone());
        let request = TemperatureRequest { id, celsius, state, reason };
        *self.driver_temperature.lock().unwrap_or_else(PoisonError::into_inner) = request.clone();
        let emitter = SignalEmitter::new(&self.connection, climate::PATH)?;
        Climate1::<Door>::request_changed(&emitter, request).await
    }

    /// Tells everybody the driving state.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn driving_changed(&self, status: Status) -> zbus::Result<()> {
        let emitter = SignalEmitter::new(&self.connection, driving::PATH)?;
        Driving1::<Door>::changed(&emitter, status).await
    }

    /// Tells everybody of a key or a knob.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn input(&self, event: InputEvent) -> zbus::Result<()> {
        let emitter = SignalEmitter::new(&self.connection, input::PATH)?;
        Input1::<Door>::event(&emitter, event).await
    }
}

fn described(wish: &Wish) -> wire::Request {
    wire::Request {
        id: wish.id,
        path: wish.path.clone(),
        value: to_variant(Some(&wish.value)),
        state: wish.state.word().to_owned(),
        reason: wish.reason.clone(),
        client: wish.client.clone(),
    }
}

/// Answers one request. Returns what the core wants done beside the answer.
pub fn answer(core: &mut Core, request: Request) -> Vec<crate::core::Effect> {
    use crate::core::Effect;
    // A client that does not wait for its answer any more is no error.
    match request {
        Request::List(answer) => drop(answer.send(leaves(core))),
        Request::Get(paths, answer) => drop(answer.send(readings(core, paths))),
        Request::Subscribe { client, paths, min_interval_ms, window, answer } => {
            let interval = tandem_units::Nanoseconds::from_millis(u64::from(min_interval_ms));
            let opened = core.subscribe(&client, &paths, interval, window);
            let (reply, first) = match opened {
                Ok(opened) => (Ok((opened.id, handles(core, &opened.slots))), opened.first),
                Err(refusal) => (Err(refused(refusal)), None),
            };
            drop(answer.send(reply));
            return first.map(Effect::Tell).into_iter().collect();
        }
        Request::Acknowledge { client, id, sequence } => core.acknowledge(&client, id, sequence),
        Request::Unsubscribe { client, id, answer } => drop(answer.send(core.unsubscribe(&client, id))),
        Request::Actuate { client, path, value, answer } => {
            let (reply, effects) = match core.wish(&client, &path, value) {
                Ok((id, effects)) => (Ok(id), effects),
                Err(refusal) => (Err(refusal), Vec::new()),
            };
            drop(answer.send(reply));
            return effects;
        }
        Request::Release { client, path, answer } => {
            let (reply, effects) = match core.release(&client, &path) {
                Ok(effects) => (Ok(()), effects),
                Err(refusal) => (Err(refusal), Vec::new()),
            };
            drop(answer.send(reply));
            return effects;
        }
        Request::Actuators(answer) => {
            let list = core.actuation().map(|actuation| actuation.list(core.store().car()));
            drop(answer.send(list.unwrap_or_default()));
        }
        Request::Wishes(answer) => {
            let wishes = core.actuation().map(|actuation| actuation.wishes().map(described).collect());
            drop(answer.send(wishes.unwrap_or_default()));
        }
        Request::Buses(answer) => drop(answer.send(buses(core))),
        Request::Ids(answer) => drop(answer.send(ids(core))),
        Request::Silences(answer) => drop(answer.send(silences(core))),
        Request::Power(answer) => {
            drop(answer.send(core.last_power().map(|power| power.word().to_owned()).unwrap_or_default()));
        }
        Request::Inputs(number, answer) => drop(answer.send(core.inputs().since(number))),
        Request::Driving(answer) => drop(answer.send(core.driving_status())),
    }
    Vec::new()
}

fn leaves(core: &Core) -> Vec<Leaf> {
    let car = core.store().car();
    car.leaves()
        .map(|id| {
            let leaf = car.catalogue.leaf(id);
            let mut details: HashMap<String, OwnedVariant> = HashMap::new();
            let mut add = |key: &str, value: zbus::Variant<'static>| {
                if let Ok(value) = OwnedVariant::try_from(value) {
                    details.insert(key.to_owned(), value);
                }
            };
            add("description", leaf.description.clone().into());
            leaf.min.into_iter().for_each(|min| add("min", min.into()));
            leaf.max.into_iter().for_each(|max| add("max", max.into()));
            if !leaf.allowed.is_empty() {
                add("allowed", leaf.allowed.clone().into());
            }
            if leaf.private {
                add("private", true.into());
            }
            Leaf {
                path: leaf.path.clone(),
                kind: leaf.kind.word().to_owned(),
                datatype: leaf.datatype.word().to_owned(),
                unit: leaf.unit.clone(),
                details,
            }
        })
        .collect()
}

fn readings(core: &Core, mut paths: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
    if paths.len() > MAX_PATHS {
        let asked = paths.len();
        return Err(SignalsError::LimitExceeded(format!("{asked} paths are more than the {MAX_PATHS} of one call")));
    }
    let car = core.store().car();
    if paths.is_empty() {
        paths = car.leaves().map(|id| car.catalogue.leaf(id).path.clone()).collect();
    }
    paths
        .into_iter()
        .map(|path| {
            let Reading { quality, heard, value } = core
                .reading(&path)
                .ok_or_else(|| SignalsError::UnknownPath(format!("this car has no `{}`", plain(&path))))?;
            let value = to_variant(value.as_ref());
            Ok(PathReading { path, quality: quality as u8, heard_ns: heard.0, value })
        })
        .collect()
}

fn handles(core: &Core, slots: &[usize]) -> Vec<Handle> {
    let car = core.store().car();
    let leaves: Vec<_> = car.leaves().map(|id| car.catalogue.leaf(id)).collect();
    (0u32..)
        .zip(slots)
        .filter_map(|(handle, slot)| {
            let leaf = leaves.get(*slot)?;
            Some(Handle {
                handle,
                path: leaf.path.clone(),
                unit: leaf.unit.clone(),
                datatype: leaf.datatype.word().to_owned(),
            })
        })
        .collect()
}

fn refused(refusal: SubscribeError) -> SignalsError {
    match refusal {
        SubscribeError::UnknownPath(_) => SignalsError::UnknownPath(refusal.to_string()),
        _ => SignalsError::LimitExceeded(refusal.to_string()),
    }
}

fn buses(core: &Core) -> Vec<BusStatistics> {
    let store = core.store();
    store
        .car()
        .buses
        .iter()
        .zip(&store.statistics().buses)
        .zip(core.health())
        .map(|((bus, counts), health)| BusStatistics {
            name: bus.interface.clone(),
            frames: counts.frames,
            unknown: counts.unknown,
            sent: counts.sent,
            rate: counts.rate(),
            load: counts.load(bus.bitrates),
            load_last_second: counts.recent_load(bus.bitrates, core.now().0),
            state: health.word().to_owned(),
            lost: health.lost,
            error_frames: health.errors.frames + counts.error_frames,
            restarts: health.restarts,
        })
        .collect()
}

fn silences(core: &Core) -> Vec<(String, u64)> {
    let store = core.store();
    let buses = store.car().buses.iter().zip(&store.statistics().buses);
    let silence = |(bus, counts): (&tandem_store::Bus, &tandem_store::BusCounts)| {
        Some((bus.interface.clone(), counts.silence_ns(core.now().0)? / MILLISECOND_NS))
    };
    buses.filter_map(silence).collect()
}

fn ids(core: &Core) -> Vec<IdStatistics> {
    let store = core.store();
    store
        .statistics()
        .ids
        .iter()
        .filter_map(|((bus, id), counts)| {
            let bus = store.car().buses.get(usize::from(*bus))?;
            let message = bus.codec.index(*id).and_then(|at| bus.database.messages.get(at));
            Some(IdStatistics {
                bus: bus.interface.clone(),
                id: id.raw(),
                message: message.map(|message| message.name.clone()).unwrap_or_default(),
                frames: counts.frames,
                errors: counts.faults.iter().map(|(fault, count)| (fault.word().to_owned(), *count)).collect(),
            })
        })
        .collect()
}

impl Door {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (answer, reply) = oneshot::channel();
        self.requests.send(request(answer)).await.ok()?;
        reply.await.ok()
    }
}

/// The actor ends only with the process: a client that asks in that moment gets an error, not silence.
fn ending() -> zbus::Error {
    zbus::Error::Failure("the vehicle service is ending".into())
}

impl SignalsBackend for Door {
    async fn list(&self) -> Result<Vec<Leaf>, SignalsError> {
        self.ask(Request::List).await.ok_or_else(|| ending().into())
    }

    async fn get(&self, paths: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
        self.ask(|answer| Request::Get(paths, answer)).await.unwrap_or_else(|| Err(ending().into()))
    }

    async fn subscribe(
        &self,
        client: String,
        paths: Vec<String>,
        min_interval_ms: u32,
        window: u32,
    ) -> Result<(u32, Vec<Handle>), SignalsError> {
        self.ask(|answer| Request::Subscribe { client, paths, min_interval_ms, window, answer })
            .await
            .unwrap_or_else(|| Err(ending().into()))
    }

    async fn acknowledge(&self, client: String, id: u32, sequence: u64) {
        // There is no reply that could tell of a failure.
        let _ = self.requests.send(Request::Acknowledge { client, id, sequence }).await;
    }

    async fn unsubscribe(&self, client: String, id: u32) -> Result<(), SignalsError> {
        match self.ask(|answer| Request::Unsubscribe { client, id, answer }).await {
            Some(true) => Ok(()),
            Some(false) => Err(SignalsError::UnknownSubscription(format!("you have no subscription {id}"))),
            None => Err(ending().into()),
        }
    }

    async fn release(&self, client: String, path: String) -> Result<(), SignalsError> {
        let answer = self.ask(|answer| Request::Release { client, path, answer }).await;
        Ok(answer.ok_or_else(ending)??)
    }

    async fn actuators(&self) -> Result<Vec<Actuator>, SignalsError> {
        self.ask(Request::Actuators).await.ok_or_else(|| ending().into())
    }

    async fn requests(&self) -> Result<Vec<wire::Request>, SignalsError> {
        self.ask(Request::Wishes).await.ok_or_else(|| ending().into())
    }
}

impl BusBackend for Door {
    async fn buses(&self) -> zbus::fdo::Result<Vec<BusStatistics>> {
        self.ask(Request::Buses).await.ok_or_else(|| ending().into())
    }

    async fn ids(&self) -> zbus::fdo::Result<Vec<IdStatistics>> {
        self.ask(Request::Ids).await.ok_or_else(|| ending().into())
    }

    async fn silences(&self) -> zbus::fdo::Result<Vec<(String, u64)>> {
        self.ask(Request::Silences).await.ok_or_else(|| ending().into())
    }

    async fn power(&self) -> zbus::fdo::Result<String> {
        self.ask(Request::Power).await.ok_or_else(|| ending().into())
    }
}

impl DrivingBackend for Door {
    async fn status(&self) -> zbus::fdo::Result<Status> {
        self.ask(Request::Driving).await.ok_or_else(|| ending().into())
    }
}

impl CommandBackend for Door {
    async fn actuate(&self, client: String, path: String, value: Value) -> Result<u64, ActuateError> {
        let answer = self.ask(|answer| Request::Actuate { client, path, value, answer }).await;
        answer.unwrap_or_else(|| Err(ActuateError::NotAvailable("the vehicle service is ending".to_owned())))
    }

    fn controls(&self, of: &'static [ControlPath]) -> Vec<Control> {
        let paths = of.iter().flat_map(ControlPath::paths);
        paths.filter_map(|(_, path)| self.controls.iter().find(|control| control.path == path).cloned()).collect()
    }
}

impl ClimateBackend for Door {
    fn driver_temperature_range(&self) -> TemperatureRange {
        let control = self.controls.iter().find(|control| control.path == climate::DRIVER_TEMPERATURE);
        let (min, max, step) = control.map_or((0.0, 0.0, 0.0), |control| (control.min, control.max, control.step));
        TemperatureRange { min, max, step }
    }

    fn driver_temperature_request(&self) -> TemperatureRequest {
        self.driver_temperature.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl InputBackend for Door {
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        self.ask(|answer| Request::Inputs(number, answer)).await.ok_or_else(|| ending().into())
    }
}

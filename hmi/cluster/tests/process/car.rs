//! A vehicle service of a screenful: it has some leaves, and says what a test makes it say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tandem_cluster::Leaf;
use tandem_contracts::actuation::{ActuateError, Actuator, CommandBackend, Control, ControlPath, Request};
use tandem_contracts::input::{self, Input1, InputBackend, InputEvent};
use tandem_contracts::signals::{self, Change, Handle, PathReading, Signals1, SignalsBackend, SignalsError};
use tandem_contracts::wire;
use tandem_kit::Key;
use tandem_units::{Quality, Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::Connection;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;

/// A subscription as it was asked for.
#[derive(Debug)]
pub struct Asked {
    pub client: String,
    pub id: u32,
    pub paths: Vec<String>,
    pub window: u32,
}

#[derive(Clone)]
struct Door {
    /// The paths that this car lacks.
    lacks: &'static [&'static str],
    next: Arc<Mutex<u32>>,
    asked: UnboundedSender<Asked>,
    acknowledged: UnboundedSender<(u32, u64)>,
}

impl SignalsBackend for Door {
    async fn list(&self) -> Result<Vec<signals::Leaf>, SignalsError> {
        let known = Leaf::PATHS.iter().filter(|path| !self.lacks.contains(path));
        let leaf = |path: &&str| signals::Leaf {
            path: (*path).to_owned(),
            kind: "sensor".to_owned(),
            datatype: String::new(),
            unit: String::new(),
            details: HashMap::new(),
        };
        Ok(known.map(leaf).collect())
    }

    async fn get(&self, _paths: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
        Ok(Vec::new())
    }

    async fn subscribe(
        &self,
        client: String,
        paths: Vec<String>,
        _min_interval_ms: u32,
        window: u32,
    ) -> Result<(u32, Vec<Handle>), SignalsError> {
        if let Some(unknown) = paths.iter().find(|path| self.lacks.contains(&path.as_str())) {
            return Err(SignalsError::UnknownPath(unknown.clone()));
        }
        let id = {
            let mut next = self.next.lock().unwrap();
            *next += 1;
            *next
        };
        let handle = |path: &String| {
            let slot = Leaf::PATHS.iter().position(|known| known == path).unwrap();
            // Handles are the service's own numbers.
            Handle { handle: 1_000 + slot as u32, path: path.clone(), unit: String::new(), datatype: String::new() }
        };
        let handles = paths.iter().map(handle).collect();
        self.asked.send(Asked { client, id, paths, window }).unwrap();
        Ok((id, handles))
    }

    async fn acknowledge(&self, _client: String, id: u32, sequence: u64) {
        self.acknowledged.send((id, sequence)).unwrap();
    }

    async fn unsubscribe(&self, _client: String, _id: u32) -> Result<(), SignalsError> {
        Ok(())
    }

    async fn release(&self, _client: String, path: String) -> Result<(), SignalsError> {
        Err(SignalsError::Unsupported(path))
    }

    async fn actuators(&self) -> Result<Vec<Actuator>, SignalsError> {
        Ok(Vec::new())
    }

    async fn requests(&self) -> Result<Vec<Request>, SignalsError> {
        Ok(Vec::new())
    }
}

impl CommandBackend for Door {
    async fn actuate(&self, _client: String, path: String, _value: Value) -> Result<u64, ActuateError> {
        Err(ActuateError::Unsupported(path))
    }

    fn controls(&self, _of: &'static [ControlPath]) -> Vec<Control> {
        Vec::new()
    }
}

/// Keys that nobody has pressed before.
struct Keys;

impl InputBackend for Keys {
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        Ok((number + 1, Vec::new()))
    }
}

/// The service, with at most one subscriber: the newest.
pub struct Car {
    connection: Connection,
    pub asked: UnboundedReceiver<Asked>,
    pub acknowledged: UnboundedReceiver<(u32, u64)>,
    subscriber: Option<Asked>,
    pub sequence: u64,
}

impl Car {
    pub async fn start(address: &str, lacks: &'static [&'static str]) -> Self {
        let (asked_sender, asked) = unbounded_channel();
        let (acknowledged_sender, acknowledged) = unbounded_channel();
        let door = Door { lacks, next: Arc::default(), asked: asked_sender, acknowledged: acknowledged_sender };
        let connection = zbus::connection::Builder::address(address)
            .serve_at(signals::PATH, Signals1(door))
            .serve_at(input::PATH, Input1(Keys))
            .name(input::NAME)
            .name(signals::NAME)
            .build()
            .await
            .unwrap();
        Self { connection, asked, acknowledged, subscriber: None, sequence: 0 }
    }

    /// Waits for a screen to subscribe.
    pub async fn subscriber(&mut self) -> &Asked {
        self.sequence = 0;
        self.subscriber.insert(self.asked.recv().await.unwrap())
    }

    /// Sends the next batch, 20 ms of the car's time after the last one.
    pub async fn says(&mut self, readings: &[(Leaf, Quality, Value)]) -> u64 {
        self.sequence += 1;
        let now_ns = 1_000_000_000 + self.sequence * 20_000_000;
        let changes = readings
            .iter()
            .map(|(leaf, quality, value)| Change {
                handle: 1_000 + leaf.slot() as u32,
                quality: *quality as u8,
                heard_ns: now_ns,
                value: wire::to_variant(quality.has_value().then_some(value)),
            })
            .collect();
        let subscriber = self.subscriber.as_ref().unwrap();
        let emitter = SignalEmitter::new(&self.connection, signals::PATH)
            .unwrap()
            .set_destination(BusName::try_from(subscriber.client.clone()).unwrap());
        Signals1::<Door>::batch(&emitter, subscriber.id, 1, self.sequence, now_ns, changes).await.unwrap();
        self.sequence
    }

    /// Sends a batch and waits until the screen has acknowledged it.
    pub async fn tells(&mut self, readings: &[(Leaf, Quality, Value)]) -> u64 {
        let sequence = self.says(readings).await;
        let id = self.subscriber.as_ref().unwrap().id;
        while self.acknowledged.recv().await.unwrap() != (id, sequence) {}
        sequence
    }

    /// Somebody presses a key for the `number`th time.
    pub async fn presses(&self, number: u64, key: &str) {
        let emitter = SignalEmitter::new(&self.connection, input::PATH).unwrap();
        let event = InputEvent { number, t_ns: number, key: key.to_owned(), action: "press".to_owned(), steps: 0 };
        Input1::<Keys>::event(&emitter, event).await.unwrap();
    }

    pub async fn leaves(self) {
        self.connection.graceful_shutdown().await;
    }
}

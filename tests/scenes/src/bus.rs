use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use rustix::process::Pid;
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::climate::Climate1Proxy;
use tandem_contracts::screen::{Picture, Screen1Proxy};
use tandem_contracts::signals::Signals1Proxy;
use tandem_contracts::simulator::Simulator1Proxy;
use tandem_contracts::subscription::{News, Reading, Subscription, Wish};
use tandem_contracts::wire;
use tandem_units::{Quality, Value};
use zbus::Connection;
use zbus::connection::Builder;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::Pixels;

/// By then whatever was waited for does not come, and the story fails. No story passes or fails by a shorter time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something, but not for ever.
#[track_caller]
pub fn within<F: Future>(what: &'static str, work: F) -> impl Future<Output = F::Output> {
    let at = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => panic!("{at}: {what} did not come"),
        }
    }
}

/// The private bus of a run, as a stranger meets it.
pub struct Bus {
    pub address: String,
    pub connection: Connection,
}

impl Bus {
    pub async fn open(address: &str) -> Self {
        let connect = Builder::address(address).method_timeout(PATIENCE).build();
        let connection = within("the bus", connect).await.unwrap_or_else(|error| panic!("{address}: {error}"));
        Self { address: address.to_owned(), connection }
    }

    pub async fn signals(&self) -> Signals1Proxy<'static> {
        Signals1Proxy::builder(&self.connection).cache_properties(CacheProperties::No).build().await.expect("a proxy")
    }

    pub async fn climate(&self) -> Climate1Proxy<'static> {
        Climate1Proxy::builder(&self.connection).cache_properties(CacheProperties::No).build().await.expect("a proxy")
    }

    pub async fn statistics(&self) -> Bus1Proxy<'static> {
        Bus1Proxy::new(&self.connection).await.expect("a proxy")
    }

    pub async fn simulator(&self) -> Simulator1Proxy<'static> {
        Simulator1Proxy::new(&self.connection).await.expect("a proxy")
    }

    pub async fn screen(&self, name: &'static str) -> Screen1Proxy<'static> {
        Screen1Proxy::builder(&self.connection).destination(name).build().await.expect("a proxy")
    }

    pub async fn capture(&self, screen: &'static str) -> (Picture, Pixels) {
        let picture = self.screen(screen).await.capture(0).await.unwrap_or_else(|error| panic!("{screen}: {error}"));
        let pixels = Pixels::of_png(&picture.png);
        (picture, pixels)
    }

    /// A reading as the service tells it now.
    pub async fn reading(&self, path: &str) -> (Quality, Option<Value>) {
        let readings = self.signals().await.get(vec![path.to_owned()]).await.expect("a reading");
        let reading = readings.first().expect("one reading for one path");
        wire::from_variant(reading.quality, &reading.value).expect("a value")
    }

    /// The number of a reading, which must be valid.
    #[track_caller]
    pub fn number(&self, path: &'static str) -> impl Future<Output = f64> {
        let at = std::panic::Location::caller();
        async move {
            let (quality, value) = self.reading(path).await;
            value.as_ref().and_then(Value::as_f64).unwrap_or_else(|| panic!("{at}: {path} is {quality}: {value:?}"))
        }
    }

    /// The process that owns a name; `None` if nobody does.
    pub async fn owner(&self, name: &'static str) -> Option<Pid> {
        let bus = DBusProxy::new(&self.connection).await.expect("a proxy");
        let pid = bus.get_connection_unix_process_id(name.try_into().expect("a name")).await.ok()?;
        Pid::from_raw(i32::try_from(pid).ok()?)
    }
}

/// Hears readings as a screen does, on a connection of its own.
pub struct Listener {
    subscription: Subscription,
    paths: BTreeMap<u32, String>,
    readings: BTreeMap<String, Reading>,
}

impl Listener {
    pub async fn new(bus: &Bus, paths: &[&str]) -> Self {
        let connection = Bus::open(&bus.address).await.connection;
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let wish = Wish { paths, min_interval_ms: 0, window: 4 };
        let subscription = Subscription::open(&connection, wish).await.expect("a subscription");
        Self { subscription, paths: BTreeMap::new(), readings: BTreeMap::new() }
    }

    /// The next news, acknowledged if it is a batch.
    pub async fn next(&mut self) -> News {
        let news = self.subscription.next().await.expect("the bus is there");
        match &news {
            News::Subscribed(handles) => {
                self.readings.clear();
                self.paths = handles.iter().map(|handle| (handle.handle, handle.path.clone())).collect();
            }
            News::Batch(batch) => {
                for change in &batch.changes {
                    self.readings.insert(self.paths[&change.handle].clone(), change.clone());
                }
                self.subscription.acknowledge(batch.sequence).await.expect("the bus is there");
            }
            News::Undecodable(_) => {}
            News::Lost => self.readings.clear(),
            News::Refused(why) => panic!("the subscription was refused: {why}"),
        }
        news
    }

    /// The reading as last heard.
    pub fn reading(&self, path: &str) -> Option<&Reading> {
        self.readings.get(path)
    }

    /// Listens until a reading is as wished.
    pub async fn until(&mut self, path: &'static str, is_so: impl Fn(&Reading) -> bool) {
        while !self.reading(path).is_some_and(&is_so) {
            self.next().await;
        }
    }
}

//! One program floods the shipped service with calls and waits for no answer: it is refused, the others are served in turn, and the service does not grow.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use tandem_can::{Event, Hello, Listener, Local, Pace};
use tandem_contracts::{bus, climate, driving, input, signals, wire};
use tandem_scenes::{Bus, Daemon, root, tied, within};
use tandem_units::Value;
use zbus::fdo::DBusProxy;
use zbus::message::{Builder, Type};
use zbus::{Connection, Message, MessageStream};

const FLOOD: usize = 20_000;
const AT_ONCE: usize = 200;
/// A task, its call and its answer kept for each would be a hundred megabytes and more; a service that keeps none grows by one at most.
const GROWTH_KB: u64 = 40_000;
const FAN: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";

const DBC: &str = "BO_ 800 FanCommand: 1 X\n SG_ Fan : 0|8@1+ (1,0) [0|100] \"%\" X\n\n\
                   BO_ 801 FanStatus: 1 X\n SG_ Fan : 0|8@1+ (1,0) [0|100] \"%\" X\n";
const CAR: &str = r#"
name = "Fan"
description = "A car whose fan anybody may ask for."
[buses.can0]
dbc = "car.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
bus = "can0"
message = "FanStatus"
signal = "Fan"
cycle_ms = 100
[[actuators]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
bus = "can0"
message = "FanCommand"
signal = "Fan"
min = 0
max = 100
answer_within_ms = 1000
[[transmit]]
bus = "can0"
message = "FanCommand"
signals = { Fan = { min = 0, max = 100 } }
min_period_ms = 100
power = "any"
"#;

struct Stage {
    daemon: Daemon,
    child: Child,
    bus: Bus,
    /// Stays connected.
    _car: Local,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A car whose time stands still: what is asked of it is taken, and waits.
    async fn new(car: impl FnOnce(&Path) -> PathBuf) -> Self {
        let (daemon, folder) = (Daemon::start(), tempfile::tempdir().unwrap());
        let listener = Listener::bind(&folder.path().join("link")).unwrap();
        let child = tied(env!("CARGO_BIN_EXE_tandem-vehicle"))
            .arg("--car")
            .arg(car(folder.path()))
            .arg("--link")
            .arg(folder.path().join("link"))
            .env("TANDEM_BUS", daemon.address())
            .env("TANDEM_ASSETS", root().join("assets"))
            .env("TANDEM_LOG", "warn")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let car = listener.accept().unwrap();
        let interfaces = ["can0", "can1", "can2"].map(str::to_owned).to_vec();
        car.send(&[Event::Hello(Hello { pace: Pace::Lockstep, interfaces }), Event::Advance(20_000_000)]).unwrap();
        let bus = Bus::open(daemon.address()).await;
        within("the service", async { while bus.owner(signals::NAME).await.is_none() {} }).await;
        Self { daemon, child, bus, _car: car, _folder: folder }
    }

    async fn of_a_fan() -> Self {
        let car = |folder: &Path| {
            std::fs::write(folder.join("car.dbc"), DBC).unwrap();
            std::fs::write(folder.join("car.toml"), CAR).unwrap();
            folder.to_owned()
        };
        Self::new(car).await
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// So many calls of one connection lie before the service when it goes on. Waits until all are answered, and says how many were refused.
    async fn burst(&self, call: impl Fn() -> Message, calls: usize) -> usize {
        let flooder = self.daemon.connect().await;
        let answers = Arc::new(Answers::default());
        let counting = tokio::spawn(count(flooder.clone(), Arc::clone(&answers), calls + 1));
        kill_process(self.pid(), Signal::STOP).unwrap();
        for _ in 0..calls / AT_ONCE {
            let calls: Vec<_> = (0..AT_ONCE).map(|_| call()).collect();
            flooder.send_all(&calls).await.unwrap();
        }
        DBusProxy::new(&flooder).await.unwrap().get_id().await.unwrap();
        kill_process(self.pid(), Signal::CONT).unwrap();
        within("every answer", counting).await.unwrap();
        answers.refused.load(Ordering::Relaxed)
    }

    /// A figure of the service's memory, kB.
    fn memory(&self, of: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn call(name: &'static str, path: &'static str, member: &'static str) -> Builder<'static> {
    Message::method_call(path, member).destination(name).interface(name)
}

fn actuate() -> Message {
    call(signals::NAME, signals::PATH, "Actuate").build(&(FAN, wire::to_variant(Some(&Value::Int(50))))).unwrap()
}

/// What answers a connection got.
#[derive(Default)]
struct Answers {
    all: AtomicUsize,
    refused: AtomicUsize,
}

/// Counts answers, those that say that there were too many calls apart, until there are so many.
async fn count(connection: Connection, answers: Arc<Answers>, wanted: usize) {
    let mut stream = MessageStream::from(&connection);
    while answers.all.load(Ordering::Relaxed) < wanted {
        let message = stream.next().await.unwrap().unwrap();
        match message.message_type() {
            Type::Error => {
                let header = message.header();
                // The bus has limits of its own.
                assert!(header.sender().is_some_and(|sender| sender != "org.freedesktop.DBus"), "{message:?}");
                let refused = header.error_name().is_some_and(|name| name.ends_with(".LimitsExceeded"));
                answers.refused.fetch_add(usize::from(refused), Ordering::Relaxed);
            }
            Type::MethodReturn => {}
            Type::MethodCall | Type::Signal => continue,
        }
        answers.all.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_floods_is_refused_and_the_others_are_served_in_turn() {
    let stage = Stage::of_a_fan().await;
    let signals = stage.bus.signals().await;
    signals.get(vec![FAN.to_owned()]).await.unwrap();
    let before = stage.memory("VmRSS");

    let flooder = stage.daemon.connect().await;
    let answers = Arc::new(Answers::default());
    let counting = tokio::spawn(count(flooder.clone(), Arc::clone(&answers), FLOOD));
    let flood = tokio::spawn(async move {
        for _ in 0..FLOOD / AT_ONCE {
            let calls: Vec<_> = (0..AT_ONCE).map(|_| actuate()).collect();
            flooder.send_all(&calls).await.unwrap();
        }
        flooder
    });
    let so_far = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    let others = async {
        let mut served = 0;
        while !counting.is_finished() {
            let has_begun = so_far(&answers.refused) > 0;
            signals.get(vec![FAN.to_owned()]).await.unwrap();
            served += usize::from(has_begun && so_far(&answers.all) < FLOOD);
        }
        served
    };
    let served = within("the end of the flood", others).await;
    let grown = stage.memory("VmHWM").saturating_sub(before);
    let (all, refused) = (so_far(&answers.all), so_far(&answers.refused));
    println!("{refused} of {all} refused, {served} of others served, {grown} kB grown");
    assert_eq!(all, FLOOD, "every call is answered");
    assert!(refused > 0 && refused < all, "{refused} of {all} were refused");
    assert!(served > 0, "nobody else was answered while the flood lasted");
    assert!(grown < GROWTH_KB, "it grew by {grown} kB");

    let flooder = flood.await.unwrap();
    let again = flooder.call_method(Some(signals::NAME), signals::PATH, Some(signals::NAME), "Requests", &()).await;
    assert!(again.is_ok(), "who stops is served again: {again:?}");
    signals.get(vec![FAN.to_owned()]).await.unwrap();
}

#[tokio::test]
async fn no_method_that_has_to_wait_is_without_a_bound() {
    let stage = Stage::new(|_| "demo".into()).await;
    const NOTHING: [&str; 0] = [];
    let calls: [fn() -> Message; 13] = [
        || call(signals::NAME, signals::PATH, "List").build(&()).unwrap(),
        || call(signals::NAME, signals::PATH, "Actuators").build(&()).unwrap(),
        || call(signals::NAME, signals::PATH, "Requests").build(&()).unwrap(),
        || call(signals::NAME, signals::PATH, "Get").build(&NOTHING.as_slice()).unwrap(),
        || call(signals::NAME, signals::PATH, "Subscribe").build(&(NOTHING.as_slice(), 0u32, 1u32)).unwrap(),
        || call(signals::NAME, signals::PATH, "Unsubscribe").build(&7u32).unwrap(),
        || call(signals::NAME, signals::PATH, "Release").build(&FAN).unwrap(),
        actuate,
        || call(climate::NAME, climate::PATH, "SetDriverTemperature").build(&21.5).unwrap(),
        || call(bus::NAME, bus::PATH, "Buses").build(&()).unwrap(),
        || call(bus::NAME, bus::PATH, "Ids").build(&()).unwrap(),
        || call(driving::NAME, driving::PATH, "Status").build(&()).unwrap(),
        || call(input::NAME, input::PATH, "Since").build(&0u64).unwrap(),
    ];
    for call in calls {
        const CALLS: usize = 1000;
        let refused = stage.burst(call, CALLS).await;
        let member = call().header().member().unwrap().to_string();
        println!("{member}: {refused} of {CALLS} refused");
        assert!(refused > 0, "{member} has no bound");
    }
}

#[tokio::test]
async fn what_every_object_has_and_acknowledgements_cost_no_memory() {
    let stage = Stage::new(|_| "demo".into()).await;
    let standard = |path, of: &str, member| {
        Message::method_call(path, member).destination(signals::NAME).interface(format!("org.freedesktop.DBus.{of}"))
    };
    let ping = || standard("/", "Peer", "Ping").build(&()).unwrap();
    let introspect = || standard(signals::PATH, "Introspectable", "Introspect").build(&()).unwrap();
    let get = || {
        let property = (climate::NAME, "DriverTemperatureRange");
        standard(climate::PATH, "Properties", "Get").build(&property).unwrap()
    };
    let get_all = || standard(climate::PATH, "Properties", "GetAll").build(&climate::NAME).unwrap();
    let acknowledge = || call(signals::NAME, signals::PATH, "Acknowledge").build(&(1u32, 1u64)).unwrap();
    let bursts: [(&dyn Fn() -> Message, usize); 5] =
        [(&ping, FLOOD), (&introspect, FLOOD / 2), (&get, FLOOD), (&get_all, FLOOD), (&acknowledge, FLOOD)];
    let before = stage.memory("VmRSS");
    for (call, calls) in bursts {
        let refused = stage.burst(call, calls).await;
        let grown = stage.memory("VmHWM").saturating_sub(before);
        let member = call().header().member().unwrap().to_string();
        println!("{member}: {refused} of {calls} refused, {grown} kB grown");
        assert!(grown < GROWTH_KB, "{member}: it grew by {grown} kB");
    }
}

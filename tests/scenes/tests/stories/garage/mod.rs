//! The virtual car and the vehicle service alone, on a bus of their own, and somebody between them who writes down what the service sends.

use std::future::Future;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use tandem_can::{Event, Listener, Local};
use tandem_contracts::actuation::Request;
use tandem_contracts::driving::{self, Driving1Proxy};
use tandem_contracts::signals::{self, RequestChangedStream};
use tandem_contracts::{simulator, wire};
use tandem_frame::Frame;
use tandem_scenes::{Bus, Daemon, binary, root, tied, within};
use tandem_units::{Quality, Value};
use zbus::fdo::DBusProxy;

/// What tells how the car is switched: once it is there, the car can be asked.
const POWER: &str = "Vehicle.LowVoltageSystemState";

pub struct Garage {
    pub bus: Bus,
    sent: Arc<Mutex<Vec<Frame>>>,
    service: Tied,
    /// It ends when the service has said its last.
    between: Option<JoinHandle<()>>,
    // What is gone first is not missed by what comes after it.
    _car: Tied,
    _folder: tempfile::TempDir,
    _daemon: Daemon,
}

/// A program that ends with its story.
struct Tied(Child);

impl Drop for Tied {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Garage {
    /// The demo car, driving a scenario, once it can be asked.
    pub async fn new(scenario: &str) -> Self {
        let (daemon, folder) = (Daemon::start(), tempfile::tempdir().unwrap());
        let bus = Bus::open(daemon.address()).await;
        let [car_socket, own_socket] = ["car", "service"].map(|name| folder.path().join(name));
        let program = |name: &str| {
            let mut command = tied(binary(name));
            command.env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root().join("assets"));
            command.env("TANDEM_LOG", "warn").args(["--car"]).arg(root().join("assets/cars/demo")).arg("--link");
            command
        };
        let car = program("tandem-sim").arg(&car_socket).args(["--scenario", scenario]).spawn().unwrap();
        let car = Tied(car);
        // It has its name before it listens at its socket, and is asked only once it has both.
        owned(&bus, simulator::NAME).await;
        within("the car's socket", async {
            while !car_socket.exists() {
                tokio::task::yield_now().await
            }
        })
        .await;
        let listener = Listener::bind(&own_socket).unwrap();
        let service = Tied(program("tandem-vehicle").arg(&own_socket).spawn().unwrap());
        let sent = Arc::default();
        let between = Some(between(listener, Local::connect(&car_socket).unwrap(), Arc::clone(&sent)));
        owned(&bus, driving::NAME).await;
        within("the car", async { while bus.reading(POWER).await.0 != Quality::Valid {} }).await;
        Self { bus, sent, service, between, _car: car, _folder: folder, _daemon: daemon }
    }

    /// How the car answers wishes for an actuator from now on.
    pub async fn answers(&self, path: &str, answer: &str) {
        self.bus.simulator().await.answer(path.to_owned(), answer.to_owned(), 100).await.unwrap();
    }

    /// Everything that the service has sent so far under this id.
    pub fn sent(&self, id: u32) -> Vec<Frame> {
        self.sent.lock().unwrap().iter().filter(|frame| frame.id.number() == id).copied().collect()
    }

    pub fn nothing_was_sent(&self) -> bool {
        self.sent.lock().unwrap().is_empty()
    }

    /// Waits until the service has heard so many frames of a bus.
    pub async fn bus_counts(&self, interface: &'static str, frames: u64) {
        let statistics = self.bus.statistics().await;
        let counted = async {
            while !statistics.buses().await.unwrap().iter().any(|bus| bus.name == interface && bus.frames >= frames) {}
        };
        within(interface, counted).await;
    }

    /// Ends the service as its supervisor would, and waits until all that it said is written down.
    pub fn stop_service(&mut self) {
        kill_process(Pid::from_child(&self.service.0), Signal::TERM).unwrap();
        assert!(self.service.0.wait().unwrap().success(), "it ends well");
        self.between.take().unwrap().join().unwrap();
    }

    /// Waits until the service knows that the car is parked.
    pub async fn is_parked(&self) {
        let driving = Driving1Proxy::new(&self.bus.connection).await.unwrap();
        within("a parked car", async { while driving.status().await.unwrap().state != "parked" {} }).await;
    }

    /// Waits until a reading has this value.
    pub async fn reads(&self, path: &'static str, value: Value) {
        within(path, async { while self.bus.reading(path).await != (Quality::Valid, Some(value.clone())) {} }).await;
    }
}

/// Waits until somebody has a name.
async fn owned(bus: &Bus, name: &'static str) {
    let names = DBusProxy::new(&bus.connection).await.unwrap();
    within(name, async { while !names.name_has_owner(name.try_into().unwrap()).await.unwrap() {} }).await;
}

/// Stands between the service and the car, and writes down what the service sends.
fn between(listener: Listener, car: Local, sent: Arc<Mutex<Vec<Frame>>>) -> JoinHandle<()> {
    let service = listener.accept().unwrap();
    let (mut from_car, to_service) = (car.clone(), service.clone());
    thread::spawn(move || {
        while let Ok(Some(event)) = from_car.receive() {
            if to_service.send(&[event]).is_err() {
                break;
            }
        }
        to_service.close();
    });
    let mut from_service = service;
    thread::spawn(move || {
        while let Ok(Some(event)) = from_service.receive() {
            if let Event::Frame(frame) = &event {
                sent.lock().unwrap().push(*frame);
            }
            if car.send(&[event]).is_err() {
                break;
            }
        }
        car.close();
    })
}

/// Whether a frame of the horn has its start value, and so lets go of it.
pub fn asks_for_nothing(horn: &Frame) -> bool {
    horn.data().first().is_some_and(|byte| byte & 3 == 3)
}

/// Somebody on the bus who asks for things, and hears what becomes of every wish.
pub struct Client {
    pub bus: Bus,
    news: RequestChangedStream,
}

impl Client {
    pub async fn new(garage: &Garage) -> Self {
        let bus = Bus::open(&garage.bus.address).await;
        // Its wishes have a connection of their own: unread news would block the answers behind them.
        let listening = Bus::open(&garage.bus.address).await;
        let news = listening.signals().await.receive_request_changed().await.unwrap();
        Self { bus, news }
    }

    pub fn name(&self) -> String {
        self.bus.connection.unique_name().unwrap().to_string()
    }

    /// Asks for something by its VSS path; the number of the wish.
    pub async fn actuate(&self, path: &str, value: Value) -> Result<u64, signals::SignalsError> {
        self.bus.signals().await.actuate(path.to_owned(), wire::to_variant(Some(&value))).await
    }

    /// The next news of a wish, which must be of this state.
    #[track_caller]
    pub fn hears(&mut self, id: u64, state: &'static str) -> impl Future<Output = Request> {
        let at = std::panic::Location::caller();
        async move {
            loop {
                let news = within(state, self.news.next()).await.unwrap();
                let request = news.args().unwrap().request;
                if request.id == id {
                    assert_eq!(request.state, state, "{at}: {request:?}");
                    return request;
                }
            }
        }
    }

    /// The next wish of anybody that is settled.
    pub async fn next_settled(&mut self) -> Request {
        loop {
            let news = within("the end of a wish", self.news.next()).await.unwrap();
            let request = news.args().unwrap().request;
            if request.state != "pending" {
                return request;
            }
        }
    }

    /// What became of a wish in the end.
    pub async fn settled(&mut self, id: u64) -> Request {
        loop {
            let request = self.next_settled().await;
            if request.id == id {
                return request;
            }
        }
    }
}

//! From a wish on D-Bus to its frame on the link, and from the car's echo to `confirmed` at the client. This process is the client at one end and the car at the other;
//! between them are the shipped service and a dbus-daemon.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use tandem_can::{Event, Local};
use tandem_contracts::signals::{Signals1Proxy, SignalsError};
use tandem_contracts::wire;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_scenes::Bus;
use tandem_units::Value;
use zbus::proxy::CacheProperties;

use crate::figure::Figure;
use crate::process::quantile;
use crate::service::Service;

const ROUNDS: u32 = 1000;
/// A car that answers nothing for so long is broken.
const PATIENCE: Duration = Duration::from_secs(5);
const PATH: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";
const COMMAND: u32 = 0x320;
const STATUS: u32 = 0x321;

const DBC: &str = "BO_ 800 FanCommand: 1 X\n SG_ Fan : 0|8@1+ (1,0) [0|100] \"%\" X\n\n\
                   BO_ 801 FanStatus: 1 X\n SG_ Fan : 0|8@1+ (1,0) [0|100] \"%\" X\n";
const CAR: &str = "name = \"Fan\"\ndescription = \"A car with a fan.\"\n\
    [buses.can0]\ndbc = \"fan.dbc\"\nbitrate = 500_000\n\
    [[signals]]\nleaf = \"Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed\"\nbus = \"can0\"\nmessage = \"FanStatus\"\nsignal = \"Fan\"\ncycle_ms = 1000\n\
    [[actuators]]\nleaf = \"Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed\"\nbus = \"can0\"\nmessage = \"FanCommand\"\nsignal = \"Fan\"\nmin = 0\nmax = 100\nanswer_within_ms = 2000\n\
    [[transmit]]\nbus = \"can0\"\nmessage = \"FanCommand\"\nsignals = { Fan = { min = 0, max = 100 } }\nmin_period_ms = 1\npower = \"any\"\n";

/// When a command was heard, and when the echo went out.
type Answered = (Instant, Instant);

pub fn figures() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("fan.dbc"), DBC)?;
    std::fs::write(folder.path().join("car.toml"), CAR)?;
    let service = Service::start(folder.path(), &["can0"])?;
    let (begun, ended) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let clock = std::thread::spawn({
        let (link, ended) = (service.link.clone(), Arc::clone(&ended));
        move || bring_time(&link, begun, &ended)
    });
    let (tell, answered) = channel();
    let car = std::thread::spawn({
        let link = service.link.clone();
        move || obey(link, begun, &tell)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(ask(&service, &answered));
    ended.store(true, Ordering::Relaxed);
    service.link.close();
    let panicked = |_| anyhow::anyhow!("a thread panicked");
    clock.join().map_err(panicked)?;
    car.join().map_err(panicked)?;
    let (mut out, mut back) = asked?;
    let figure = |name, times: &mut Vec<f64>, share, bar: Option<f64>| {
        let figure = Figure::new(name, quantile(times, share).context("no wishes")?, "ms");
        anyhow::Ok(bar.map_or(figure.clone(), |bar| figure.at_most(bar)))
    };
    Ok(vec![
        figure("command to its frame on the link, p50", &mut out, 0.5, None)?,
        figure("command to its frame on the link, p99", &mut out, 0.99, Some(5.0))?,
        figure("echo on the link to confirmed, p50", &mut back, 0.5, None)?,
        figure("echo on the link to confirmed, p99", &mut back, 0.99, Some(25.0))?,
    ])
}

/// Asks for one value after the other. How long each took to be a frame, and its echo to be heard of; milliseconds.
async fn ask(service: &Service, answered: &Receiver<Answered>) -> Result<(Vec<f64>, Vec<f64>)> {
    let (calls, signals) =
        (Bus::open(service.daemon.address()).await.connection, Bus::open(service.daemon.address()).await.connection);
    let listening = Signals1Proxy::builder(&signals).cache_properties(CacheProperties::No).build().await?;
    let mut changes = listening.receive_request_changed().await?;
    let asking = Signals1Proxy::builder(&calls).cache_properties(CacheProperties::No).build().await?;
    let (mut out, mut back) = (Vec::new(), Vec::new());
    let started = Instant::now();
    for round in 0..ROUNDS {
        let value = wire::to_variant(Some(&Value::Int(i64::from(round % 100))));
        let (begun, id) = loop {
            let begun = Instant::now();
            match asking.actuate(PATH.into(), value.clone()).await {
                // A car takes no wishes before it has said what time it is.
                Err(SignalsError::NotAvailable(_)) if round == 0 && started.elapsed() < PATIENCE => {}
                asked => break (begun, asked?),
            }
        };
        let confirmed = loop {
            let change = changes.next().await.context("the bus is gone")?;
            let request = change.args()?.request;
            if request.id == id && request.state != "pending" {
                ensure!(request.state == "confirmed", "{}: {}", request.state, request.reason);
                break Instant::now();
            }
        };
        let (heard, echoed) = answered.recv_timeout(PATIENCE)?;
        out.push((heard - begun).as_secs_f64() * 1e3);
        back.push((confirmed - echoed).as_secs_f64() * 1e3);
    }
    Ok((out, back))
}

/// A car says what time it is each millisecond.
fn bring_time(link: &Local, begun: Instant, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
        if link.send(&[Event::Advance(begun.elapsed().as_nanos() as u64)]).is_err() {
            return;
        }
    }
}

/// Echoes each command at once.
fn obey(mut link: Local, begun: Instant, tell: &Sender<Answered>) {
    let (Ok(command), Ok(status)) = (CanId::standard(COMMAND), CanId::standard(STATUS)) else { return };
    while let Ok(Some(event)) = link.receive() {
        let heard = Instant::now();
        let Event::Frame(frame) = event else { continue };
        if frame.id != command {
            continue;
        }
        let echo = Frame::new(BusIndex(0), status, begun.elapsed().as_nanos() as u64, frame.data());
        let sent = echo.ok().is_some_and(|echo| link.send(&[Event::Frame(echo)]).is_ok());
        if !sent || tell.send((heard, Instant::now())).is_err() {
            return;
        }
    }
}

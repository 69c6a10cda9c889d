//! From frames on the link through D-Bus to a client's hands, for signals marked immediate: as many values as go through, and how late the values of a calm car are.
//! This process is the car at one end and the client at the other; between them are the shipped service and a dbus-daemon.
//!
//! The peer is kuksa-databroker 0.7.1, measured once by its own kuksa-perf on a machine like this one: 17,800 signals a second saturated, and with 55 signals at their
//! cycle times, 1,035 a second, 0.26 ms at p50 and 0.69 ms at p99. It is told values by a provider, we are told frames.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tandem_can::{Event, Local};
use tandem_contracts::subscription::{News, Subscription, Wish};
use tandem_frame::{BusIndex, CanId, Flags, Frame};
use tandem_scenes::{Bus, binary};
use tandem_signals::{Catalogue, Datatype};

use crate::figure::Figure;
use crate::process::{Kept, quantile};
use crate::service::Service;

/// kuksa-databroker's own.
const PEER: &str = "kuksa (recorded)";
const PEER_SATURATED: f64 = 17_800.0;
const PEER_P50: f64 = 0.26;
const PEER_P99: f64 = 0.69;

const SIGNALS: usize = 55;
/// Cycle times in milliseconds, and how many signals have each: 1,034 frames a second.
const CYCLES: [(usize, usize); 5] = [(10, 8), (20, 3), (100, 4), (200, 1), (1000, 39)];
const WARM_UP: Duration = Duration::from_secs(1);
const PACED: Duration = Duration::from_secs(8);
const SATURATED: Duration = Duration::from_secs(4);
/// Batches between two words of the client that it has them.
const ACKNOWLEDGED: u64 = 16;

pub fn figures() -> Result<Vec<Figure>> {
    let (mut late, _) = run(Shape::Apart, PACED, 1, false)?;
    let (p50, p99) = (quantile(&mut late, 0.5), quantile(&mut late, 0.99).context("no values")?);
    let (mut beside, dropped) = run(Shape::Apart, PACED, 1, true)?;
    let beside = quantile(&mut beside, 0.99).context("no values")?;
    let (late, _) = run(Shape::Together, SATURATED, ACKNOWLEDGED, false)?;
    let saturated = late.len() as f64 / SATURATED.as_secs_f64();
    Ok(vec![
        Figure::new("55 immediate at their cycles, p50", p50.context("no values")?, "ms")
            .at_most(PEER_P50)
            .against(PEER, PEER_P50),
        Figure::new("55 immediate at their cycles, p99", p99, "ms").at_most(PEER_P99).against(PEER, PEER_P99),
        Figure::new("the same beside one that hangs, p99", beside, "ms").against("without it", p99),
        Figure::new("a client that hangs is dropped, worst", dropped, "ms").at_most(2020.0),
        Figure::new("55 immediate in a frame, flat out", saturated, "values/s")
            .at_least(5e5)
            .against(PEER, PEER_SATURATED),
    ])
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Each signal in a frame of its own, sent at its cycle time; each at another moment of it, as the modules of a car are.
    Apart,
    /// All in one CAN FD frame, sent as fast as the service takes it. It changes every value.
    Together,
}

/// Drives a car for a time, beside one client after the other that hangs or beside none. How late each value was, and the longest that one that hangs was
/// waited for; milliseconds.
fn run(shape: Shape, time: Duration, acknowledged: u64, hanging: bool) -> Result<(Vec<f64>, f64)> {
    let folder = tempfile::tempdir()?;
    let paths = write_car(shape, folder.path())?;
    let mut service = Service::start(folder.path(), &["can0"])?;
    let (begun, ended) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let heard_enough = Arc::new(AtomicBool::new(false));
    let stderr = BufReader::new(service.stderr.take().context("the service's words")?);
    let hanging = hanging.then(|| {
        let (address, heard) = (service.daemon.address().to_owned(), Arc::clone(&heard_enough));
        std::thread::spawn(move || hang(&address, stderr, &heard))
    });
    let car = std::thread::spawn({
        let (link, ended) = (service.link.clone(), Arc::clone(&ended));
        move || drive(shape, &link, begun, &ended)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let heard = runtime.block_on(async {
        let connection = Bus::open(service.daemon.address()).await.connection;
        let mut subscription = Subscription::open(&connection, Wish { paths, min_interval_ms: 0, window: 64 }).await?;
        let mut late = Vec::new();
        let (mut first, mut last) = (None, begun);
        while first.is_none_or(|first| last - first < WARM_UP + time) {
            let Some(News::Batch(batch)) = subscription.next().await else { continue };
            last = Instant::now();
            let first = *first.get_or_insert(last);
            if batch.sequence % acknowledged == 0 {
                subscription.acknowledge(batch.sequence).await?;
            }
            let sent_at = |heard: u64| begun + Duration::from_nanos(heard);
            let late_by = |heard| last.saturating_duration_since(sent_at(heard)).as_secs_f64() * 1e3;
            // The first batch says what there was before.
            if last - first >= WARM_UP {
                late.extend(batch.changes.iter().map(|change| late_by(change.heard.0)));
            }
        }
        anyhow::Ok(late)
    });
    let panicked = |_| anyhow::anyhow!("a thread panicked");
    // The last one that hangs is dropped while the car still brings the time.
    heard_enough.store(true, Ordering::Relaxed);
    let dropped = hanging.map(|hanging| hanging.join().map_err(panicked)?).transpose()?;
    ended.store(true, Ordering::Relaxed);
    car.join().map_err(panicked)??;
    Ok((heard?, dropped.unwrap_or_default()))
}

/// Lets clients that watch every signal hang, one after the other. The longest time from the stop to the end of a subscription, milliseconds.
fn hang(address: &str, service: impl BufRead, ended: &AtomicBool) -> Result<f64> {
    let (mut complaints, mut longest) = (service.lines(), 0.0f64);
    while !ended.load(Ordering::Relaxed) {
        let mut client = Command::new(binary("tandem"));
        client.args(["signals", "watch", "--private"]).env("TANDEM_BUS", address).stdout(Stdio::piped());
        let mut client = Kept(client.spawn()?);
        // Its first line says that it hears us.
        BufReader::new(client.0.stdout.take().context("stdout")?).read_line(&mut String::new())?;
        let stopped = Instant::now();
        kill_process(Pid::from_child(&client.0), Signal::STOP)?;
        let is_so = |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.contains("fell silent"));
        complaints.find(is_so).context("the service dropped nobody")??;
        longest = longest.max(stopped.elapsed().as_secs_f64() * 1e3);
    }
    Ok(longest)
}

/// Every frame carries the other of two values.
fn drive(shape: Shape, link: &Local, begun: Instant, ended: &AtomicBool) -> Result<()> {
    let flags = Flags { fd: true, ..Flags::default() };
    let cycles: Vec<usize> = CYCLES.iter().flat_map(|(cycle, signals)| std::iter::repeat_n(*cycle, *signals)).collect();
    for step in 0.. {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        let now = || u64::try_from(begun.elapsed().as_nanos());
        if shape == Shape::Together {
            let data = [(step % 2) as u8; 64];
            link.send(&[Event::Frame(Frame::with_flags(BusIndex(0), id(0)?, now()?, flags, &data)?)])?;
            continue;
        }
        let due = Duration::from_millis(step as u64);
        std::thread::sleep((begun + due).saturating_duration_since(Instant::now()));
        for (signal, cycle) in cycles.iter().enumerate().filter(|(signal, cycle)| step % **cycle == signal % **cycle) {
            let data = [(step / cycle % 2) as u8];
            link.send(&[Event::Frame(Frame::new(BusIndex(0), id(signal)?, now()?, &data)?)])?;
        }
        link.send(&[Event::Advance(now()?)])?;
    }
    link.close();
    Ok(())
}

fn id(message: usize) -> Result<CanId> {
    Ok(CanId::standard(0x100 + u32::try_from(message)?)?)
}

/// A car whose leaves are the first of our catalogue that a bit can stand for, all of them immediate. Their paths.
fn write_car(shape: Shape, folder: &Path) -> Result<Vec<String>> {
    let mut car = "name = \"All at once\"\ndescription = \"Every signal is immediate.\"\n\
                   [buses.can0]\ndbc = \"all.dbc\"\nbitrate = 500_000\n"
        .to_owned();
    let mut dbc = String::new();
    if shape == Shape::Together {
        writeln!(dbc, "BO_ 256 M0: 64 X")?;
    }
    let leaves = Catalogue::ours().iter().map(|(_, leaf)| leaf);
    let leaves: Vec<_> = leaves.filter(|leaf| leaf.datatype != Datatype::String || leaf.allowed.len() > 1).collect();
    let leaves = leaves.get(..SIGNALS).context("the catalogue has too few leaves")?;
    for (at, leaf) in leaves.iter().enumerate() {
        let (message, bit) = if shape == Shape::Together { (0, 8 * at) } else { (at, 0) };
        if shape == Shape::Apart {
            writeln!(dbc, "BO_ {} M{at}: 1 X", 0x100 + at)?;
        }
        writeln!(dbc, " SG_ S{at} : {bit}|8@1+ (1,0) [0|0] \"\" X")?;
        writeln!(
            car,
            "[[signals]]\nleaf = \"{}\"\nbus = \"can0\"\nmessage = \"M{message}\"\nsignal = \"S{at}\"",
            leaf.path
        )?;
        writeln!(car, "cycle_ms = 1000\nimmediate = true")?;
        if let [zero, one, ..] = leaf.allowed.as_slice() {
            writeln!(car, "values = {{ 0 = \"{zero}\", 1 = \"{one}\" }}")?;
        } else if let Some(min) = leaf.min.filter(|min| *min > 0.0) {
            writeln!(car, "offset = {min:.1}")?;
        }
    }
    std::fs::write(folder.join("all.dbc"), dbc)?;
    std::fs::write(folder.join("car.toml"), car)?;
    Ok(leaves.iter().map(|leaf| leaf.path.clone()).collect())
}

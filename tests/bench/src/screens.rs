//! How soon a screen stands there, and how soon it stops showing what nobody vouches for.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_contracts::signals;
use tandem_scenes::{Bus, Daemon, Pixels, Shown, Tandem, binary, speed};

use crate::figure::Figure;
use crate::process::{Kept, quantile};
use crate::running::{FrameTimes, frame_times};

/// The middle of the dock's first page, and how far it is to the next one, pixels.
const FIRST_TAB: (f64, f64) = (624.0, 1016.0);
const NEXT_TAB: f64 = 112.0;
const TABS: u32 = 7;
const CHANGES: u32 = 42;
/// A page has come up by then.
const BETWEEN: Duration = Duration::from_millis(350);
const STARTS: usize = 7;
const KILLS: usize = 3;
const SETTLED: Duration = Duration::from_secs(1);
const STILL: Duration = Duration::from_secs(3);

pub fn figures() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            starts.push(start_to_first_frame().await?);
        }
        let start = quantile(&mut starts, 0.5).context("no start")?;
        // What is drawn while a screen comes up is in both.
        let still = frames_drawn(SETTLED + STILL).await? - frames_drawn(SETTLED).await?;
        let mut hangs = Vec::new();
        let mut deaths = Vec::new();
        let mut returns = Vec::new();
        for _ in 0..KILLS {
            returns.push(until_it_is_back().await?);
            hangs.push(until_dashes(Signal::STOP).await?);
            deaths.push(until_dashes(Signal::KILL).await?);
        }
        let changes = page_changes().await?;
        Ok(vec![
            Figure::new("centre changes pages, frame p50", changes.p50, "ms"),
            Figure::new("centre changes pages, frame p99", changes.p99, "ms").at_most(10.0),
            Figure::new("still screen, frames drawn in 3 s", still, "frames").at_most(0.0),
            Figure::new("cluster, start to first frame", start, "ms").at_most(300.0),
            Figure::new("service hangs to dashes, worst", quantile(&mut hangs, 1.0).context("no hang")?, "ms"),
            Figure::new("service dies to dashes, worst", quantile(&mut deaths, 1.0).context("no death")?, "ms")
                .at_most(500.0),
            Figure::new(
                "cluster dies to a speed again, worst",
                quantile(&mut returns, 1.0).context("no return")?,
                "ms",
            )
            .at_most(1_000.0),
        ])
    })
}

/// The frames of a centre whose pages are opened one after the other.
async fn page_changes() -> Result<FrameTimes> {
    let mut tandem = Tandem::start_with(
        ["sim", "--headless", "--no-media", "--scenario", "parked"],
        &[("TANDEM_LOG", "info".as_ref()), ("NO_COLOR", "1".as_ref())],
    );
    tandem.hears("Everything is up.");
    let bus = tandem.bus().await;
    let centre = bus.screen(CENTRE).await;
    for turn in 0..CHANGES {
        centre.touch(FIRST_TAB.0 + f64::from(turn % TABS) * NEXT_TAB, FIRST_TAB.1).await?;
        tokio::time::sleep(BETWEEN).await;
    }
    tandem.signal(Signal::TERM);
    let told = tandem.finish();
    // The cluster of a car that is parked draws far less.
    let times = frame_times(&format!("{}{}", told.stdout, told.stderr));
    times.into_iter().max_by_key(|times| times.drawn).context("no screen told its frame times")
}

/// A cluster on a bus without a service: it shows dashes, and nothing moves.
struct Alone {
    // In this order: the screen goes before its bus.
    screen: Kept,
    bus: Bus,
    _daemon: Daemon,
}

impl Alone {
    async fn start() -> Result<(Self, Instant)> {
        let daemon = Daemon::start();
        let bus = Bus::open(daemon.address()).await;
        let begun = Instant::now();
        let mut cluster = Command::new(binary("tandem-cluster"));
        cluster
            .arg("--headless")
            .env("TANDEM_BUS", daemon.address())
            .env("TANDEM_LOG", "info")
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped());
        let screen = Kept(cluster.spawn()?);
        while bus.owner(CLUSTER).await.is_none() {}
        Ok((Self { screen, bus, _daemon: daemon }, begun))
    }
}

async fn start_to_first_frame() -> Result<f64> {
    let (alone, begun) = Alone::start().await?;
    alone.bus.screen(CLUSTER).await.capture(0).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// Frames that a screen with nothing to show drew in a time.
async fn frames_drawn(time: Duration) -> Result<f64> {
    let (mut alone, _) = Alone::start().await?;
    tokio::time::sleep(time).await;
    kill_process(Pid::from_child(&alone.screen.0), Signal::TERM)?;
    let mut told = String::new();
    alone.screen.0.stderr.take().context("it is piped")?.read_to_string(&mut told)?;
    let drawn = frame_times(&told).first().context("the cluster did not tell what it drew")?.drawn;
    Ok(drawn as f64)
}

/// From a signal to the vehicle service to the first picture of the cluster with a dash for the speed.
async fn until_dashes(signal: Signal) -> Result<f64> {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    while speed(&bus.capture(CLUSTER).await.1) != Shown::Number {}
    let service = bus.owner(signals::NAME).await.context("no vehicle service")?;
    let begun = Instant::now();
    kill_process(service, signal)?;
    loop {
        if speed(&bus.capture(CLUSTER).await.1) == Shown::Dash {
            return Ok(begun.elapsed().as_secs_f64() * 1e3);
        }
        anyhow::ensure!(begun.elapsed().as_secs() < 20, "no dash came");
    }
}

/// From the cluster's death to the first picture of its successor with a number for the speed.
async fn until_it_is_back() -> Result<f64> {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    while speed(&bus.capture(CLUSTER).await.1) != Shown::Number {}
    let before = bus.owner(CLUSTER).await.context("no cluster")?;
    let begun = Instant::now();
    kill_process(before, Signal::KILL)?;
    while bus.owner(CLUSTER).await.is_none_or(|owner| owner == before) {
        anyhow::ensure!(begun.elapsed().as_secs() < 20, "no cluster came back");
    }
    let screen = bus.screen(CLUSTER).await;
    loop {
        let is_there = screen.capture(1).await.is_ok_and(|it| speed(&Pixels::of_png(&it.png)) == Shown::Number);
        if is_there {
            return Ok(begun.elapsed().as_secs_f64() * 1e3);
        }
        anyhow::ensure!(begun.elapsed().as_secs() < 20, "no speed came");
    }
}

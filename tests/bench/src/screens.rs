//! How soon a screen stands there, and how soon it stops showing what nobody vouches for.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::screen::{CENTRE, CLUSTER, PANEL};
use tandem_contracts::signals;
use tandem_library::{Library, Volume, VolumeId, VolumeKind};
use tandem_scenes::{Bus, Daemon, Pixels, Shown, Tandem, binary, speed};

use crate::crowd::{self, CROWD};
use crate::figure::Figure;
use crate::process::{Kept, proportional_set, quantile};
use crate::running::{FrameTimes, frame_times};

/// The middle of the dock's first page, and how far it is to the next one, pixels.
const FIRST_TAB: (f64, f64) = (624.0, 1016.0);
const NEXT_TAB: f64 = 112.0;
const TABS: u32 = 7;
/// A screen tells of its newest thousand frames: those of its start are not among them.
const CHANGES: u32 = 119;
const LEAST_FRAMES: u64 = 1_050;
/// A page has come up by then.
const BETWEEN: Duration = Duration::from_millis(350);
/// The page, its tab, and what it lists.
const MUSIC: (f64, f64) = (1072.0, 1016.0);
const LIBRARY: (f64, f64) = (416.0, 112.0);
const SONGS: (f64, f64) = (144.0, 440.0);
/// As many as a knob turns at once, a step every 10 ms.
const ROWS: i32 = 1_000;
const PATIENCE: Duration = Duration::from_secs(20);
const SCROLLED: Duration = Duration::from_secs(11);
const TURNS: u32 = 6;
const STARTS: usize = 7;
const KILLS: usize = 3;
const SETTLED: Duration = Duration::from_secs(1);
const STILL: Duration = Duration::from_secs(3);

pub fn figures() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut starts = Vec::new();
        for (program, name) in [("tandem-cluster", CLUSTER), ("tandem-centre", CENTRE), ("tandem-panel", PANEL)] {
            let mut took = Vec::new();
            for _ in 0..STARTS {
                took.push(start_to_first_frame(program, name).await?);
            }
            starts.push(quantile(&mut took, 0.5).context("no start")?);
        }
        let [cluster, centre, panel] = starts[..] else { anyhow::bail!("three screens") };
        let panel_memory = memory_of("tandem-panel", PANEL).await?;
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
        let scrolled = scrolling().await?;
        let mut figures = sizes()?;
        figures.extend([
            Figure::new("centre scrolls 100,000 songs, frame p50", scrolled.p50, "ms"),
            Figure::new("centre scrolls 100,000 songs, frame p99", scrolled.p99, "ms").at_most(10.0),
            Figure::new("centre changes pages, frame p50", changes.p50, "ms"),
            Figure::new("centre changes pages, frame p99", changes.p99, "ms").at_most(10.0),
            Figure::new("still screen, frames drawn in 3 s", still, "frames").at_most(0.0),
            Figure::new("cluster, start to first frame", cluster, "ms").at_most(300.0),
            Figure::new("centre, start to first frame", centre, "ms").at_most(300.0),
            Figure::new("panel, start to first frame", panel, "ms").at_most(300.0),
            Figure::new("panel, PSS", panel_memory, "MB").at_most(45.0),
            Figure::new("service hangs to dashes, worst", quantile(&mut hangs, 1.0).context("no hang")?, "ms"),
            Figure::new("service dies to dashes, worst", quantile(&mut deaths, 1.0).context("no death")?, "ms")
                .at_most(500.0),
            Figure::new(
                "cluster dies to a speed again, worst",
                quantile(&mut returns, 1.0).context("no return")?,
                "ms",
            )
            .at_most(1_000.0),
        ]);
        Ok(figures)
    })
}

/// What a screen's program takes on the disk; one for development has names in it that nobody ships.
fn sizes() -> Result<Vec<Figure>> {
    if cfg!(debug_assertions) {
        return Ok(Vec::new());
    }
    let size = |name: &str| -> Result<Figure> {
        let bytes = std::fs::metadata(binary(&format!("tandem-{name}")))?.len();
        Ok(Figure::new(format!("{name}, its program"), bytes as f64 / 1e6, "MB").at_most(30.0))
    };
    ["cluster", "centre", "panel"].into_iter().map(size).collect()
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
    let centre = times.into_iter().max_by_key(|times| times.drawn).context("no screen told its frame times")?;
    ensure!(centre.drawn > LEAST_FRAMES, "only {} frames: too few to tell", centre.drawn);
    Ok(centre)
}

/// The frames of a centre in whose list of songs the ring goes on and on, a hundred rows a second.
async fn scrolling() -> Result<FrameTimes> {
    let scraps = tempfile::tempdir()?;
    let (state, music) = (scraps.path().join("state"), scraps.path().join("music"));
    std::fs::create_dir(&music)?;
    let root = music.canonicalize()?;
    let mut seen = Vec::with_capacity(CROWD);
    for number in 0..CROWD {
        // Nothing is in them: whoever looks finds them as they are known.
        let file = root.join(crowd::path(number));
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        let known = std::fs::File::create(&file)?.metadata()?;
        seen.push((known.len(), known.mtime() * 1_000_000_000 + known.mtime_nsec()));
    }
    let id = VolumeId(format!("folder:{}", root.display()));
    let volume = Volume { id, kind: VolumeKind::Local, name: "music".to_owned(), root };
    let (library, _) = Library::open(&state).await?;
    crowd::fill(&library, &volume, |number| seen.get(number).copied().unwrap_or_default()).await?;
    library.close().await?;

    let arguments = ["sim", "--headless", "--scenario", "parked", "--media-state"].map(OsStr::new);
    let arguments = arguments.into_iter().chain([state.as_os_str(), "--music".as_ref(), music.as_os_str()]);
    let environment = [("TANDEM_LOG", "info".as_ref()), ("NO_COLOR", "1".as_ref())];
    let mut tandem = Tandem::start_with(arguments, &environment);
    tandem.hears("Everything is up.");
    let bus = tandem.bus().await;
    let (centre, simulator) = (bus.screen(CENTRE).await, bus.simulator().await);
    let media = Media1Proxy::new(&bus.connection).await?;
    let begun = Instant::now();
    // A car of which nobody knows yet that it is parked shows a few.
    while media.page("tracks".to_owned(), String::new(), 0, 0).await?.total as usize != CROWD
        || media.scan_progress().await?.state != "done"
    {
        ensure!(begun.elapsed() < PATIENCE, "the songs do not come");
        tokio::time::sleep(BETWEEN).await;
    }
    for (x, y) in [MUSIC, LIBRARY, SONGS] {
        centre.touch(x, y).await?;
        tokio::time::sleep(BETWEEN).await;
    }
    for _ in 0..TURNS {
        simulator.turn_knob("REL_DIAL".to_owned(), ROWS).await?;
        tokio::time::sleep(SCROLLED).await;
    }
    tandem.signal(Signal::TERM);
    let told = tandem.finish();
    let times = frame_times(&format!("{}{}", told.stdout, told.stderr));
    let centre = times.into_iter().max_by_key(|times| times.drawn).context("no screen told its frame times")?;
    ensure!(centre.drawn > LEAST_FRAMES, "only {} frames: too few to tell", centre.drawn);
    Ok(centre)
}

/// A screen on a bus without a service: it shows dashes, and nothing moves.
struct Alone {
    // In this order: the screen goes before its bus.
    screen: Kept,
    bus: Bus,
    _daemon: Daemon,
}

impl Alone {
    async fn start(program: &str, name: &'static str) -> Result<(Self, Instant)> {
        let daemon = Daemon::start();
        let bus = Bus::open(daemon.address()).await;
        let begun = Instant::now();
        let mut screen = Command::new(binary(program));
        screen
            .arg("--headless")
            .env("TANDEM_BUS", daemon.address())
            .env("TANDEM_LOG", "info")
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped());
        let screen = Kept(screen.spawn()?);
        while bus.owner(name).await.is_none() {}
        Ok((Self { screen, bus, _daemon: daemon }, begun))
    }
}

async fn start_to_first_frame(program: &str, name: &'static str) -> Result<f64> {
    let (alone, begun) = Alone::start(program, name).await?;
    alone.bus.screen(name).await.capture(0).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// What a screen alone takes once it has settled, megabytes.
async fn memory_of(program: &str, name: &'static str) -> Result<f64> {
    let (alone, _) = Alone::start(program, name).await?;
    tokio::time::sleep(SETTLED).await;
    Ok(proportional_set(Pid::from_child(&alone.screen.0))? as f64 / 1e6)
}

/// Frames that a screen with nothing to show drew in a time.
async fn frames_drawn(time: Duration) -> Result<f64> {
    let (mut alone, _) = Alone::start("tandem-cluster", CLUSTER).await?;
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
        ensure!(begun.elapsed() < PATIENCE, "no dash came");
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
        ensure!(begun.elapsed() < PATIENCE, "no cluster came back");
    }
    let screen = bus.screen(CLUSTER).await;
    loop {
        let is_there = screen.capture(1).await.is_ok_and(|it| speed(&Pixels::of_png(&it.png)) == Shown::Number);
        if is_there {
            return Ok(begun.elapsed().as_secs_f64() * 1e3);
        }
        ensure!(begun.elapsed() < PATIENCE, "no speed came");
    }
}

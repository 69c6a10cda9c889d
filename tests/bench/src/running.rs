//! What a running simulation costs: the six processes of `tandem sim --headless`, over ten seconds of the city drive.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tandem_scenes::Tandem;

use crate::figure::Figure;
use crate::process::{cpu_time, proportional_set, scheduled_time};

const WARM_UP: Duration = Duration::from_secs(3);
const WATCHED: Duration = Duration::from_secs(10);
const STILL: Duration = Duration::from_secs(10);

pub fn figures() -> Result<Vec<Figure>> {
    // The screens tell their frame times when they end.
    let mut tandem =
        Tandem::start_with(["sim", "--headless"], &[("TANDEM_LOG", "info".as_ref()), ("NO_COLOR", "1".as_ref())]);
    tandem.hears("Everything is up.");
    std::thread::sleep(WARM_UP);
    let cast = tandem.processes();
    let shares = shares(&cast, WATCHED, cpu_time)?;
    let memory = cast.iter().map(|(pid, _)| proportional_set(*pid)).sum::<Result<u64>>()? as f64 / 1e6;
    let screen_memory = |name: &str| -> Result<f64> {
        let (pid, _) = cast.iter().find(|(_, other)| other == name).with_context(|| format!("no {name} runs"))?;
        Ok(proportional_set(*pid)? as f64 / 1e6)
    };
    let of = |name: &str| shares.get(name).copied().with_context(|| format!("no {name} runs"));
    let mut figures = vec![
        Figure::new("vehicle service, CPU", of("tandem-vehicle")?, "% core").at_most(5.0),
        Figure::new("cluster while driving, CPU", of("tandem-cluster")?, "% core"),
        Figure::new("centre while driving, CPU", of("tandem-centre")?, "% core"),
        Figure::new("all processes, CPU", shares.values().sum(), "% core"),
        Figure::new("all processes, PSS", memory, "MB").at_most(150.0),
        Figure::new("cluster, PSS", screen_memory("tandem-cluster")?, "MB").at_most(45.0),
        Figure::new("centre, PSS", screen_memory("tandem-centre")?, "MB").at_most(45.0),
    ];

    // A car that says nothing more: the time stands, and so do the screens.
    let car = cast.iter().find(|(_, name)| name == "tandem-sim").context("no tandem-sim runs")?.0;
    kill_process(car, Signal::STOP)?;
    std::thread::sleep(Duration::from_secs(1));
    let still = self::shares(&cast, STILL, scheduled_time)?;
    kill_process(car, Signal::CONT)?;
    for (name, screen) in [("cluster", "tandem-cluster"), ("centre", "tandem-centre")] {
        let share = *still.get(screen).with_context(|| format!("no {screen} runs"))?;
        figures.push(Figure::new(format!("{name} while the car is silent, CPU"), share, "% core").at_most(0.3));
    }

    tandem.signal(Signal::TERM);
    let told = tandem.finish();
    let times = frame_times(&format!("{}{}", told.stdout, told.stderr));
    let cluster = times.iter().max_by_key(|times| times.drawn).context("no screen told its frame times")?;
    figures.push(Figure::new("cluster frame while driving, p50", cluster.p50, "ms"));
    figures.push(Figure::new("cluster frame while driving, p99", cluster.p99, "ms").at_most(6.0));
    Ok(figures)
}

/// CPU of each process by name over a time, percent of a core.
fn shares(cast: &[(Pid, String)], time: Duration, clock: fn(Pid) -> Result<Duration>) -> Result<BTreeMap<String, f64>> {
    let used = || cast.iter().map(|(pid, _)| clock(*pid)).collect::<Result<Vec<_>>>();
    let (before, begun) = (used()?, Instant::now());
    std::thread::sleep(time);
    let (after, wall) = (used()?, begun.elapsed().as_secs_f64());
    let share = |(before, after): (&Duration, &Duration)| after.saturating_sub(*before).as_secs_f64() / wall * 100.0;
    let names = cast.iter().map(|(_, name)| name.clone());
    Ok(names.zip(before.iter().zip(&after).map(share)).collect())
}

/// How many frames a screen drew, and how long they took, milliseconds.
pub struct FrameTimes {
    pub drawn: u64,
    pub p50: f64,
    pub p99: f64,
}

/// The lines `... frames drawn=532 p50=Some(1.2ms) p99=Some(3ms)`; the cluster, which draws more often than the centre, told one of them.
pub fn frame_times(log: &str) -> Vec<FrameTimes> {
    log.lines()
        .filter(|line| line.contains(" frames "))
        .filter_map(|line| {
            let after = |key: &str| line.split_once(key).map(|(_, rest)| rest);
            let time = |key: &str| milliseconds(after(key)?.split_once(')')?.0);
            let drawn = after("drawn=")?.split(' ').next()?.parse().ok()?;
            Some(FrameTimes { drawn, p50: time("p50=Some(")?, p99: time("p99=Some(")? })
        })
        .collect()
}

/// A duration as Rust prints it, in milliseconds.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("ns", 1e-6), ("µs", 1e-3), ("ms", 1.0), ("s", 1e3)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}

//! How soon a screen stands there, and how soon it stops showing what nobody vouches for.

use std::process::{Child, Command};
use std::time::Instant;

use anyhow::{Context, Result};
use rustix::process::{Signal, kill_process};
use tandem_contracts::screen::CLUSTER;
use tandem_contracts::signals;
use tandem_scenes::{Bus, Shown, Tandem, binary, speed};

use crate::figure::Figure;
use crate::process::quantile;

const STARTS: usize = 7;
const KILLS: usize = 3;

pub fn figures() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            starts.push(start_to_first_frame().await?);
        }
        let start = quantile(&mut starts, 0.5).context("no start")?;
        let mut hangs = Vec::new();
        let mut deaths = Vec::new();
        for _ in 0..KILLS {
            hangs.push(until_dashes(Signal::STOP).await?);
            deaths.push(until_dashes(Signal::KILL).await?);
        }
        Ok(vec![
            Figure::new("cluster, start to first frame", start, "ms").at_most(500.0),
            Figure::new("service hangs to dashes, worst", quantile(&mut hangs, 1.0).context("no hang")?, "ms"),
            Figure::new("service dies to dashes, worst", quantile(&mut deaths, 1.0).context("no death")?, "ms")
                .at_most(500.0),
        ])
    })
}

struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// On a bus without a service: the first frame is all dashes.
async fn start_to_first_frame() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("bus");
    let address = format!("unix:path={}", socket.display());
    let daemon = ["--session", "--nofork", "--nopidfile", "--nosyslog"];
    let _daemon = Kept(Command::new("dbus-daemon").args(daemon).arg(format!("--address={address}")).spawn()?);
    while !socket.exists() {
        tokio::task::yield_now().await;
    }
    let bus = Bus::open(&address).await;
    let begun = Instant::now();
    let _cluster = Kept(Command::new(binary("tandem-cluster")).arg("--headless").env("TANDEM_BUS", &address).spawn()?);
    while bus.owner(CLUSTER).await.is_none() {}
    bus.screen(CLUSTER).await.capture(0).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
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

//! The camera behind the car: how soon it is there, what its pictures cost, and how soon the last one goes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::screen::CENTRE;
use tandem_scenes::{Bus, Pixels, Tandem};

use crate::figure::Figure;
use crate::process::{cpu_time, quantile};
use crate::running::frame_times;

const TURNS: usize = 7;
const WATCHED: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);
/// What is around a picture of a camera, and instead of one.
const GROUND: [u8; 3] = [0x0B, 0x0E, 0x12];

pub fn figures() -> Result<Vec<Figure>> {
    let mut tandem = Tandem::start_with(
        ["sim", "--headless", "--scenario", "parked"],
        &[("TANDEM_LOG", "info".as_ref()), ("NO_COLOR", "1".as_ref())],
    );
    tandem.hears("Everything is up.");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = runtime.block_on(async {
        let bus = tandem.bus().await;
        let mut starts = Vec::new();
        for _ in 0..TURNS {
            starts.push(until(&bus, "R", is_picture).await?);
            until(&bus, "P", |centre| !is_picture(centre) && !is_lacking(centre)).await?;
            while process(&tandem, "tandem-camera").is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        until(&bus, "R", is_picture).await?;
        let (centre, camera) = (
            process(&tandem, "tandem-centre").context("no centre")?,
            process(&tandem, "tandem-camera").context("no camera")?,
        );
        let (before, begun) = ((cpu_time(centre)?, cpu_time(camera)?), Instant::now());
        tokio::time::sleep(WATCHED).await;
        let wall = begun.elapsed().as_secs_f64();
        let share = |now: Duration, before: Duration| now.saturating_sub(before).as_secs_f64() / wall * 100.0;
        let (centre, camera_share) = (share(cpu_time(centre)?, before.0), share(cpu_time(camera)?, before.1));
        kill_process(camera, Signal::STOP)?;
        let stopped = Instant::now();
        while !is_lacking(&bus.capture(CENTRE).await.1) {
            ensure!(stopped.elapsed() < PATIENCE, "the last picture stayed");
        }
        let lacking = stopped.elapsed().as_secs_f64() * 1e3;
        let median = quantile(&mut starts, 0.5).context("no start")?;
        let worst = quantile(&mut starts, 1.0).context("no start")?;
        Ok::<_, anyhow::Error>(vec![
            Figure::new("gear R to first camera picture, p50", median, "ms").at_most(300.0),
            Figure::new("gear R to first camera picture, worst", worst, "ms").at_most(2_000.0),
            Figure::new("camera hangs to the sentence", lacking, "ms"),
            Figure::new("centre with 30 pictures a second, CPU", centre, "% core"),
            Figure::new("camera of 30 pictures a second, CPU", camera_share, "% core"),
        ])
    })?;
    tandem.signal(Signal::TERM);
    let told = tandem.finish();
    let times = frame_times(&format!("{}{}", told.stdout, told.stderr));
    let centre = times.into_iter().max_by_key(|times| times.drawn).context("no screen told its frame times")?;
    figures.push(Figure::new("centre with 30 pictures a second, frame p50", centre.p50, "ms"));
    figures.push(Figure::new("centre with 30 pictures a second, frame p99", centre.p99, "ms").at_most(16.0));
    Ok(figures)
}

/// From a gear to the first look at the centre that is so; a look takes some of the time itself.
async fn until(bus: &Bus, gear: &str, is_so: impl Fn(&Pixels) -> bool) -> Result<f64> {
    let (simulator, screen) = (bus.simulator().await, bus.screen(CENTRE).await);
    let begun = Instant::now();
    simulator.set("gear".to_owned(), gear.to_owned()).await?;
    loop {
        let picture = screen.capture(0).await?;
        let seen = begun.elapsed();
        if is_so(&Pixels::of_png(&picture.png)) {
            return Ok(seen.as_secs_f64() * 1e3);
        }
        ensure!(seen < PATIENCE, "gear {gear} changed nothing");
    }
}

fn process(tandem: &Tandem, name: &str) -> Option<Pid> {
    tandem.processes().into_iter().find(|(_, other)| other == name).map(|(pid, _)| pid)
}

/// The plate in the corner is there, and what is around it is no ground.
fn is_picture(centre: &Pixels) -> bool {
    is_layer(centre) && centre.at(20, 540) != GROUND
}

fn is_lacking(centre: &Pixels) -> bool {
    is_layer(centre) && centre.at(20, 540) == GROUND && centre.at(1900, 540) == GROUND
}

/// The plate with its words, where a page has none.
fn is_layer(centre: &Pixels) -> bool {
    let plate = centre.at(50, 985);
    [0x15, 0xF7].contains(&plate[0]) && centre.at(50, 1030) == plate && centre.at(400, 1012) == plate
}

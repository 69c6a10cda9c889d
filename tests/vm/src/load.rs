//! The vehicle service on buses that are as full as they can be.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tandem_frame::BusIndex;
use tandem_frame::text::{parse_line, write_line};

use crate::Story;
use crate::car::{Running, Stage, drive};
use crate::peers::{PATIENCE, Vcan, run, write};

pub const STORIES: &[Story] = &[
    ("the vehicle service loses nothing at four fifths of the rate that candump alone keeps", as_fast_as_candump),
    ("a flood of id 0 keeps no frame from the vehicle service that it needs", a_flood_of_id_zero),
];

/// The rates that candump is tried at, frames a second: from this one on by half again. A bus of 1 Mbit/s carries 9,000 frames of eight bytes.
const SLOWEST: f64 = 2_000.0;
const FASTEST: f64 = 50_000.0;
/// A machine that is busy elsewhere may take a moment from candump; then it is asked once more.
const TRIES: u32 = 2;

/// So many frames of a real drive, on the car's bus can0, at this rate.
fn write_log(path: &Path, frames: usize, rate: f64) -> Result<()> {
    let (drive, ..) = drive()?;
    let drive: Vec<_> = drive.lines().map(|line| parse_line(line.as_bytes())).collect::<Result<_, _>>()?;
    let drive: Vec<_> = drive.iter().filter(|line| line.interface == "can0").collect();
    ensure!(!drive.is_empty(), "the drive has no frame of can0");
    let mut log = String::new();
    for (at, line) in drive.iter().cycle().take(frames).enumerate() {
        let mut frame = line.frame(BusIndex(0));
        frame.t_ns = 1_000_000_000 + (at as f64 / rate * 1e6) as u64 * 1_000;
        write_line(&mut log, &frame, "can0")?;
    }
    write(path, &log)
}

/// Plays a log on a bus; frames a second, as they came.
fn play(path: &Path, frames: usize, bus: &Vcan) -> Result<f64> {
    let begun = Instant::now();
    run("canplayer", &["-I", &path.to_string_lossy(), &format!("{}=can0", bus.0)])?;
    Ok(frames as f64 / begun.elapsed().as_secs_f64())
}

/// How many of a log's frames candump hears, alone.
fn heard_by_candump(folder: &Path, log: &Path, frames: usize, bus: &Vcan) -> Result<(usize, f64)> {
    let told = folder.join("candump");
    let mut candump = Command::new("candump");
    candump.args(["-L", bus.0]).stdout(std::fs::File::create(&told)?);
    let _candump = Running(bus.listens(&mut candump)?);
    let rate = play(log, frames, bus)?;
    // It has heard everything that it hears once it has heard what comes after it.
    for _ in 0..PATIENCE {
        bus.send(&["7FF#"])?;
        std::thread::sleep(Duration::from_millis(20));
        let told = std::fs::read_to_string(&told)?;
        if told.contains("7FF#") {
            return Ok((told.lines().filter(|line| !line.contains("7FF#")).count(), rate));
        }
    }
    anyhow::bail!("candump hears nothing")
}

/// The highest rate that candump keeps, frames a second; none if it is too busy here to keep any.
fn kept_by_candump(folder: &Path, bus: &Vcan) -> Result<Option<f64>> {
    let log = folder.join("candump.log");
    let mut kept: Option<f64> = None;
    let mut asked = SLOWEST;
    while asked < FASTEST {
        let frames = (asked / 2.0) as usize;
        write_log(&log, frames, asked)?;
        let mut tries = 0..TRIES;
        let rate = loop {
            let (heard, rate) = heard_by_candump(folder, &log, frames, bus)?;
            if heard == frames {
                break rate;
            }
            if tries.next().is_none() {
                return Ok(kept);
            }
        };
        // Faster than that canplayer is not, or the kernel's clock does not wake it.
        if kept.is_some_and(|kept| rate <= kept) {
            break;
        }
        kept = Some(rate);
        asked *= 1.5;
    }
    Ok(kept)
}

fn as_fast_as_candump() -> Result<()> {
    let bus = Vcan::new("load")?;
    let folder = tempfile::tempdir()?;
    let kept = kept_by_candump(folder.path(), &bus)?;
    match kept {
        Some(rate) => println!("   candump keeps {rate:.0} frames/s"),
        None => println!("   this machine is too busy for candump: it loses frames even at {SLOWEST} a second"),
    }
    let rate = kept.unwrap_or(SLOWEST) * 0.8;
    // More than our socket has room for, so that it must be read as fast as they come.
    let frames = 15_000;
    let log = folder.path().join("service.log");
    write_log(&log, frames, rate)?;
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", "can0=load"])?;
    stage.speed("absent")?;
    let came = play(&log, frames, &bus)?;
    println!("   the vehicle service was told {frames} frames at {came:.0} a second");
    stage.has_counted(frames as u64)
}

fn a_flood_of_id_zero() -> Result<()> {
    const FRAMES: usize = 3_000;
    let bus = Vcan::new("zero")?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("needed.log");
    write_log(&log, FRAMES, 1_000.0)?;
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", "can0=zero"])?;
    stage.speed("absent")?;
    let (used, begun) = (stage.cpu_seconds()?, Instant::now());
    let mut flood = Command::new("cangen");
    let flood = Running::start(flood.args(["-g", "0", "-I", "000", "-L", "8", bus.0]))?;
    std::thread::scope(|scope| {
        let playing = scope.spawn(|| play(&log, FRAMES, &bus));
        // It has time for those who ask, too.
        let asked = stage.speed("valid");
        playing.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))?;
        asked
    })?;
    drop(flood);
    let flood = bus.sent()?.saturating_sub(FRAMES);
    ensure!(flood > FRAMES, "no flood: {flood} frames");
    let (used, since) = (stage.cpu_seconds()? - used, begun.elapsed().as_secs_f64());
    println!(
        "   {FRAMES} needed frames among {flood} of id 0; the service took {:.0} % of a core",
        used / since * 100.0
    );
    stage.has_counted(FRAMES as u64)
}

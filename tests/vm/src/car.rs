//! The shipped programs on real interfaces.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tandem_frame::CanId;
use tandem_frame::text::parse_line;

use crate::Story;
use crate::peers::{Vcan, run, write};

pub const STORIES: &[Story] = &[("the vehicle service reads a car's real buses, and writes to them", the_service)];

/// How often something is asked for, each time by a program that is started for it, before it never comes.
const TRIES: u32 = 200;

/// A program that ends with its story.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("{command:?}"))?;
        Ok(Self(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bus of our own, and the service on it.
pub struct Stage {
    address: String,
    // The service goes first: without its bus it would complain.
    service: Running,
    _daemon: Running,
}

impl Stage {
    pub fn new(folder: &Path, arguments: &[&str]) -> Result<Self> {
        let address = format!("unix:path={}/bus", folder.display());
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--print-address", "--address", &address]);
        let mut daemon = Running::start(daemon.stdout(Stdio::piped()))?;
        let told = daemon.0.stdout.take().context("its output is piped")?;
        BufReader::new(told).read_line(&mut String::new())?;
        let service = Running::start(ours("tandem-vehicle", &address)?.args(arguments))?;
        Ok(Self { address, _daemon: daemon, service })
    }

    /// The service is told to stop, and ends.
    pub fn end(&mut self) -> Result<ExitStatus> {
        run("kill", &["-TERM", &self.service.0.id().to_string()])?;
        Ok(self.service.0.wait()?)
    }

    /// `tandem` with these arguments, run to its end.
    pub fn tandem(&self, arguments: &[&str]) -> Result<Output> {
        Ok(ours("tandem", &self.address)?.args(arguments).output()?)
    }

    /// One of our programs, on this bus.
    pub fn program(&self, name: &str) -> Result<Command> {
        ours(name, &self.address)
    }

    /// What the service has used of a core so far, seconds.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.service.0.id()))?;
        // Behind the name, which may have spaces: user and system, in hundredths.
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = [11, 12].map(|at| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default());
        Ok(ticks.iter().sum::<f64>() / 100.0)
    }

    /// Waits until the car's speed is of this quality; the value then, km/h.
    pub fn speed(&self, quality: &str) -> Result<Option<f64>> {
        let is_so = |reading: &Value| reading.get("quality").and_then(Value::as_str) == Some(quality);
        let reading = self.waits(&["signals", "get", "Vehicle.Speed", "--json"], "/0", is_so)?;
        Ok(reading.get("value").and_then(Value::as_f64))
    }

    /// Waits until the car's speed is this, km/h; it may be stale by then.
    pub fn has_speed(&self, speed: f64) -> Result<()> {
        let is_so = |value: &Value| value.as_f64().is_some_and(|value| (value - speed).abs() < 0.005);
        self.waits(&["signals", "get", "Vehicle.Speed", "--json"], "/0/value", is_so).map(drop)
    }

    /// Waits until the service's account of the car's bus can0 is so.
    pub fn bus(&self, is_so: impl FnMut(&Value) -> bool) -> Result<Value> {
        self.waits(&["bus", "show", "--json"], "/buses/0", is_so)
    }

    /// The service has counted so many frames on the car's bus can0, knows all of them, and has lost none. Nobody must send any more.
    pub fn has_counted(&self, frames: u64) -> Result<()> {
        let mut before = Value::Null;
        // What has not come when it tells the same twice does not come.
        let bus = self.bus(|bus| std::mem::replace(&mut before, bus.clone()) == *bus)?;
        let counts = ["frames", "unknown", "lost"].map(|what| bus.get(what).and_then(Value::as_u64));
        ensure!(counts == [Some(frames), Some(0), Some(0)], "{frames} frames were sent, and the service has {bus}");
        Ok(())
    }

    /// Asks `tandem` until this place of what it tells is so.
    pub fn waits(&self, arguments: &[&str], place: &str, mut is_so: impl FnMut(&Value) -> bool) -> Result<Value> {
        let mut last = String::new();
        for _ in 0..TRIES {
            // The service may not have its name yet.
            let output = self.tandem(arguments)?;
            if output.status.success() {
                let told: Value = serde_json::from_slice(&output.stdout)?;
                if let Some(value) = told.pointer(place)
                    && is_so(value)
                {
                    return Ok(value.clone());
                }
                last = told.to_string();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("`tandem {}` says for ever {last}", arguments.join(" "))
    }
}

/// One of our programs; it lies beside this one.
pub fn ours(name: &str, address: &str) -> Result<Command> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "no {name} beside this program: cargo build --workspace --bins");
    let mut command = Command::new(path);
    command.env("TANDEM_BUS", address).env("TANDEM_ASSETS", root().join("assets")).env("TANDEM_LOG", "error");
    Ok(command)
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The speed in a frame of the demo car's brakes, km/h.
pub fn speed(id: CanId, payload: &[u8]) -> Option<f64> {
    match (id.number(), payload) {
        (0x101, &[low, high, ..]) => Some(f64::from(u16::from_le_bytes([low, high])) * 0.01),
        _ => None,
    }
}

/// Two seconds of a drive, and the lowest and the highest speed in them, km/h.
pub fn drive() -> Result<(String, f64, f64)> {
    let path = root().join("tests/fixtures/can/demo-city.log");
    let log = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines = log.lines().filter(|line| ("(1750000010".."(1750000012").contains(line));
    let part: String = lines.map(|line| format!("{line}\n")).collect();
    let mut speeds = Vec::new();
    for line in part.lines() {
        let line = parse_line(line.as_bytes())?;
        speeds.extend(speed(line.id, line.data()));
    }
    let (low, high) = (speeds.iter().copied().fold(f64::MAX, f64::min), speeds.iter().copied().fold(0.0, f64::max));
    ensure!(speeds.len() > 100 && low > 1.0, "no drive: {} speeds from {low} to {high}", speeds.len());
    Ok((part, low - 0.01, high + 0.01))
}

fn the_service() -> Result<()> {
    let (powertrain, body) = (Vcan::new("car0")?, Vcan::new("car1")?);
    let folder = tempfile::tempdir()?;
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", "can0=car0", "--can", "can1=car1"])?;
    stage.speed("absent")?;

    let (log, low, high) = drive()?;
    let path = folder.path().join("drive.log");
    write(&path, &log)?;
    let play = || {
        let mut canplayer = Command::new("canplayer");
        canplayer.args(["-l", "i", "-I"]).arg(&path).args(["car0=can0", "car1=can1"]);
        Running::start(&mut canplayer)
    };
    let playing = play()?;
    let speed = stage.speed("valid")?.context("a valid speed without a value")?;
    ensure!((low..=high).contains(&speed), "{speed} km/h, where the drive has {low} to {high}");
    drop(playing);
    // The bus is silent, and time goes on all the same.
    stage.speed("stale")?;

    // An interface that goes and comes takes nothing with it.
    powertrain.delete()?;
    powertrain.add()?;
    let playing = play()?;
    stage.speed("valid")?;
    stage
        .waits(&["signals", "get", "Vehicle.LowVoltageSystemState", "--json"], "/0/quality", |told| told == "valid")?;

    // A wish goes out as the frame that the car's DBC file says. The car goes on saying how it is switched, without which nobody may ask.
    let dump = body.dump_of(0x460, 1)?;
    let asked = stage.tandem(&["climate", "set-driver-temperature", "21.5"])?;
    drop(playing);
    let told = String::from_utf8_lossy(&asked.stdout).into_owned();
    ensure!(asked.status.code() == Some(1) && told.contains("lapsed"), "no car answers, and {asked:?}");
    let seen = dump.frames()?;
    ensure!(seen.iter().all(|frame| frame.starts_with("460#2B") && frame.len() == 10), "candump saw {seen:?}");

    // And somebody who has nothing of ours reads the same.
    let mut busctl = Command::new("busctl");
    busctl.arg(format!("--address={}", stage.address));
    busctl.args([
        "call",
        "org.tandem.Signals1",
        "/org/tandem/Signals1",
        "org.tandem.Signals1",
        "Get",
        "as",
        "1",
        "Vehicle.Speed",
    ]);
    let told = busctl.output().context("busctl")?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let value = told.split_whitespace().last().and_then(|word| word.parse::<f64>().ok());
    let read = value.is_some_and(|speed| (low..=high).contains(&speed));
    ensure!(told.starts_with("a(sytv) 1 \"Vehicle.Speed\"") && read, "busctl: {told}");
    Ok(())
}

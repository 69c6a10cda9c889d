//! Wishes over real buses: from a command to the virtual car, and its echo back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Story;
use crate::car::{Running, Stage, root};
use crate::peers::{Cable, PATIENCE, Vcan};

pub const STORIES: &[Story] = &[
    ("a wish goes out over a real bus, and the car's echo confirms it", confirmed),
    ("a car on a real bus says no", refused),
    ("silence, a wrong echo and a stuck actuator on a real bus let a wish lapse", lapsed),
    ("the horn falls silent with the client that held it", let_go),
];

pub const WINDOW: &str = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";
pub const DOME: &str = "Vehicle.Cabin.Light.IsDomeOn";
pub const HORN: &str = "Vehicle.Body.Horn.IsActive";

/// What a frame asks of the horn.
#[derive(Debug, PartialEq, Eq)]
pub enum Horn {
    Sound,
    Silence,
    NoWish,
}

/// The demo car, parked, on a virtual bus and, for its body, at the far end of a cable, with the service at the near one.
pub struct Parked {
    pub stage: Stage,
    pub body: Cable,
    /// What candump sees at the car's end.
    seen: PathBuf,
    _dump: Running,
    _car: Running,
    _powertrain: Vcan,
    _folder: tempfile::TempDir,
}

impl Parked {
    pub fn new() -> Result<Self> {
        Self::of(&root().join("assets/cars/demo"), &[])
    }

    /// A car like it, and a service that was told more.
    pub fn of(car: &Path, more: &[&str]) -> Result<Self> {
        let (powertrain, body) = (Vcan::new("cmd0")?, Cable::new("cmd1", "car1")?);
        let folder = tempfile::tempdir()?;
        let seen = folder.path().join("seen.log");
        let mut candump = Command::new("candump");
        candump.args(["-L", body.far.0]).stdout(std::fs::File::create(&seen)?);
        let dump = Running(body.far.listens(&mut candump)?);
        let shown = car.to_string_lossy();
        let service = ["--car", &shown, "--can", "can0=cmd0", "--can", "can1=cmd1"];
        let stage = Stage::new(folder.path(), &[&service, more].concat())?;
        let mut sim = stage.program("tandem-sim")?;
        sim.arg("--car").arg(car).args(["--scenario", "parked", "--can", "can0=cmd0", "--can", "can1=car1"]);
        let parked = Self {
            _car: Running::start(&mut sim)?,
            stage,
            body,
            seen,
            _dump: dump,
            _powertrain: powertrain,
            _folder: folder,
        };
        parked.is_known()?;
        // How it drives takes a speed, which the other bus says.
        parked.stage.waits(&["driving", "--json"], "/state", |state| state == "parked")?;
        Ok(parked)
    }

    /// Waits until the service knows how it is switched.
    pub fn is_known(&self) -> Result<()> {
        let power = ["signals", "get", "Vehicle.LowVoltageSystemState", "--json"];
        self.stage.waits(&power, "/0/quality", |quality| quality == "valid").map(drop)
    }

    /// What becomes of a wish: `confirmed`, `refused` or `lapsed`, and the reading then.
    pub fn asks(&self, path: &str, value: &str) -> Result<(String, Value)> {
        let told = self.stage.tandem(&["signals", "actuate", path, value, "--json"])?;
        let wish: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
        let state = wish.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
        ensure!(told.status.success() == (state == "confirmed"), "{told:?}");
        Ok((state, self.reads(path)?))
    }

    pub fn reads(&self, path: &str) -> Result<Value> {
        self.stage.waits(&["signals", "get", path, "--json"], "/0/value", |_| true)
    }

    /// How the car answers from now on.
    pub fn answers(&self, path: &str, answer: &str) -> Result<()> {
        let told = self.stage.tandem(&["sim", "ctl", "answer", path, answer])?;
        ensure!(told.status.success(), "{told:?}");
        Ok(())
    }

    /// What candump saw of a message so far: its payloads, as text.
    pub fn payloads(&self, id: &str) -> Result<Vec<String>> {
        let marks = |text: &str| text.matches(" 7FF#").count();
        let before = marks(&std::fs::read_to_string(&self.seen)?);
        // What is sent now is seen after everything that is there already.
        self.body.far.send(&["7FF#"])?;
        let mut tries = 0..PATIENCE;
        let text = loop {
            let text = std::fs::read_to_string(&self.seen)?;
            if marks(&text) > before {
                break text;
            }
            ensure!(tries.next().is_some(), "candump sees nothing any more");
            std::thread::sleep(Duration::from_millis(5));
        };
        let of = |line: &str| Some(line.split_once(&format!(" {id}#"))?.1.trim_end().to_owned());
        Ok(text.lines().filter_map(of).collect())
    }

    /// What candump saw of the horn's requests so far.
    pub fn horn(&self) -> Result<Vec<Horn>> {
        let asks = |frame: &String| match frame.chars().nth(1).and_then(|digit| digit.to_digit(16))? & 3 {
            0 => Some(Horn::Silence),
            1 => Some(Horn::Sound),
            _ => Some(Horn::NoWish),
        };
        Ok(self.payloads("65C")?.iter().filter_map(asks).collect())
    }
}

fn confirmed() -> Result<()> {
    let parked = Parked::new()?;
    let asked = parked.asks(WINDOW, "28")?;
    ensure!(asked == ("confirmed".to_owned(), 28.into()), "{asked:?}");
    let seen = parked.payloads("655")?;
    // The driver's window in the lowest seven bits; the others ask for nothing.
    ensure!(matches!(seen.as_slice(), [frame] if frame.starts_with("9CFFFF")), "candump saw {seen:?}");
    let asked = parked.asks(DOME, "true")?;
    ensure!(asked == ("confirmed".to_owned(), true.into()), "{asked:?}");
    Ok(())
}

fn refused() -> Result<()> {
    let parked = Parked::new()?;
    parked.answers(WINDOW, "refuse")?;
    let asked = parked.asks(WINDOW, "28")?;
    ensure!(asked == ("refused".to_owned(), 0.into()), "{asked:?}");
    // The car has its own mind, too: there is no cable.
    let (state, _) = parked.asks("Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging", "START")?;
    ensure!(state == "refused", "{state}");
    Ok(())
}

fn lapsed() -> Result<()> {
    let parked = Parked::new()?;
    for (answer, value) in [("silent", false), ("stuck", false), ("wrong", false)] {
        parked.answers(DOME, answer)?;
        let asked = parked.asks(DOME, "true")?;
        ensure!(asked == ("lapsed".to_owned(), value.into()), "{answer}: {asked:?}");
    }
    let fan = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";
    parked.answers(fan, "wrong")?;
    let asked = parked.asks(fan, "64")?;
    ensure!(asked == ("lapsed".to_owned(), 65.into()), "{asked:?}");
    Ok(())
}

fn let_go() -> Result<()> {
    let parked = Parked::new()?;
    // The command ends as soon as the horn sounds, and with it whoever held the horn.
    let told = parked.stage.tandem(&["signals", "actuate", HORN, "true"])?;
    ensure!(told.status.success(), "{told:?}");
    parked.stage.waits(&["signals", "get", HORN, "--json"], "/0/value", |value| value == false)?;
    let seen = parked.horn()?;
    ensure!(seen.first() == Some(&Horn::Sound) && seen.last() == Some(&Horn::NoWish), "candump saw {seen:?}");
    ensure!(seen.len() < 9, "the horn's second was not over: {seen:?}");
    Ok(())
}

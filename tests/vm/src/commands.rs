//! Wishes over real buses: from a command to the virtual car, and its echo back.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Story;
use crate::car::{Running, Stage, root};
use crate::peers::Vcan;

pub const STORIES: &[Story] = &[
    ("a wish goes out over a real bus, and the car's echo confirms it", confirmed),
    ("a car on a real bus says no", refused),
    ("silence, a wrong echo and a stuck actuator on a real bus let a wish lapse", lapsed),
    ("the horn falls silent with the client that held it", let_go),
];

const WINDOW: &str = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";
const DOME: &str = "Vehicle.Cabin.Light.IsDomeOn";
const HORN: &str = "Vehicle.Body.Horn.IsActive";

/// The demo car, parked, on two virtual buses, with the service on them.
struct Parked {
    stage: Stage,
    /// What candump sees on the body's bus.
    seen: PathBuf,
    _dump: Running,
    _car: Running,
    _folder: tempfile::TempDir,
    _buses: [Vcan; 2],
}

impl Parked {
    fn new() -> Result<Self> {
        let buses = [Vcan::new("cmd0")?, Vcan::new("cmd1")?];
        let folder = tempfile::tempdir()?;
        let seen = folder.path().join("seen.log");
        let mut candump = Command::new("candump");
        candump.args(["-L", "cmd1"]).stdout(std::fs::File::create(&seen)?);
        let [_, body] = &buses;
        let dump = Running(body.listens(&mut candump)?);
        let at = ["--can", "can0=cmd0", "--can", "can1=cmd1"];
        let stage = Stage::new(folder.path(), &[&["--car", "demo"], &at[..]].concat())?;
        let mut car = stage.program("tandem-sim")?;
        car.arg("--car").arg(root().join("assets/cars/demo")).args(["--scenario", "parked"]).args(at);
        let car = Running::start(&mut car)?;
        let power = ["signals", "get", "Vehicle.LowVoltageSystemState", "--json"];
        stage.waits(&power, "/0/quality", |quality| quality == "valid")?;
        Ok(Self { stage, seen, _dump: dump, _car: car, _folder: folder, _buses: buses })
    }

    /// What becomes of a wish: `confirmed`, `refused` or `lapsed`, and the reading then.
    fn asks(&self, path: &str, value: &str) -> Result<(String, Value)> {
        let told = self.stage.tandem(&["signals", "actuate", path, value, "--json"])?;
        let wish: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
        let state = wish.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
        ensure!(told.status.success() == (state == "confirmed"), "{told:?}");
        Ok((state, self.reads(path)?))
    }

    fn reads(&self, path: &str) -> Result<Value> {
        self.stage.waits(&["signals", "get", path, "--json"], "/0/value", |_| true)
    }

    /// How the car answers from now on.
    fn answers(&self, path: &str, answer: &str) -> Result<()> {
        let told = self.stage.tandem(&["sim", "ctl", "answer", path, answer])?;
        ensure!(told.status.success(), "{told:?}");
        Ok(())
    }

    /// What candump saw of a message so far: its payloads, as text.
    fn payloads(&self, id: &str) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(&self.seen)?;
        let of = |line: &str| Some(line.split_once(&format!(" {id}#"))?.1.trim_end().to_owned());
        Ok(text.lines().filter_map(of).collect())
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
    let asks = |frame: &String| frame.chars().nth(1).and_then(|digit| digit.to_digit(16)).map(|digit| digit & 3);
    let seen = parked.payloads("65C")?;
    ensure!(seen.first().and_then(asks) == Some(1) && seen.last().and_then(asks) == Some(3), "candump saw {seen:?}");
    ensure!(seen.len() < 9, "the horn's second was not over: {seen:?}");
    Ok(())
}

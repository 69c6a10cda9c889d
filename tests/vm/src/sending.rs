//! Wishes on a bus that takes nothing, and how they end.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Story;
use crate::car::{Running, root};
use crate::commands::{DOME, HORN, Horn, Parked, WINDOW};
use crate::peers::{PATIENCE, run};

pub const STORIES: &[Story] = &[
    ("what a full queue refuses is sent again once there is room", again_once_there_is_room),
    ("what a full queue keeps in lapses, and is not done late", not_done_late),
    ("a bus that is off or down takes no wish, says why, and takes them again once it is back", off_and_down),
    ("a service that only listens takes no wish and sends not one frame", not_one_frame),
    ("a service that is told to stop lets go of the horn before it ends", the_last_word),
];

/// The dome light's request.
const DOME_REQUEST: &str = "659";
const BUS_OFF: &str = "20000040#0000000000000000";
const RESTARTED: &str = "20000100#0000000000000000";

/// The demo car, but it has twenty seconds to sound its horn, and sounds it for so long: however busy this machine is, nothing is over before its story wants it.
fn patient(folder: &Path) -> Result<()> {
    run("cp", &["-r", &format!("{}/.", root().join("assets/cars/demo").display()), &folder.to_string_lossy()])?;
    let path = folder.join("car.toml");
    let text = std::fs::read_to_string(&path)?;
    let (short, long) = ("answer_within_ms = 500\nhold_ms = 1000", "answer_within_ms = 20_000\nhold_ms = 20_000");
    ensure!(text.matches(short).count() == 1, "the demo car's horn is not what it was");
    Ok(std::fs::write(&path, text.replace(short, long))?)
}

/// `tandem`, which asks for the horn and waits for what becomes of it.
fn asks_for_the_horn(parked: &Parked) -> Result<Child> {
    let mut tandem = parked.stage.program("tandem")?;
    tandem.args(["signals", "actuate", HORN, "true", "--json"]).stdin(Stdio::null());
    Ok(tandem.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

/// Waits until candump has seen the horn's requests so.
fn sees(parked: &Parked, is_so: impl Fn(&[Horn]) -> bool) -> Result<Vec<Horn>> {
    let mut seen = Vec::new();
    for _ in 0..PATIENCE {
        seen = parked.horn()?;
        if is_so(&seen) {
            return Ok(seen);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    anyhow::bail!("candump sees for ever {seen:?}")
}

fn again_once_there_is_room() -> Result<()> {
    let car = tempfile::tempdir()?;
    patient(car.path())?;
    let parked = Parked::of(car.path(), &[])?;
    parked.answers(HORN, "silent")?;
    parked.body.near.shut(2)?;
    let asking = asks_for_the_horn(&parked)?;
    parked.body.near.refuses(3)?;
    // The service has time for others, and what it hears is none the worse.
    parked.is_known()?;
    ensure!(parked.horn()?.is_empty(), "the queue let something out");
    parked.body.near.open()?;
    // Two of them had waited.
    let seen = sees(&parked, |seen| seen.len() > 4)?;
    ensure!(seen.iter().all(|asked| *asked == Horn::Sound), "candump saw {seen:?}");
    drop(Running(asking));
    let before = sees(&parked, |seen| seen.last() == Some(&Horn::NoWish))?.len();

    parked.answers(HORN, "obey")?;
    parked.body.near.shut(0)?;
    let asking = asks_for_the_horn(&parked)?;
    parked.body.near.refuses(3)?;
    parked.body.near.open()?;
    let told = asking.wait_with_output()?;
    let wish: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
    ensure!(wish.get("state").is_some_and(|state| state == "confirmed"), "{wish}");
    let seen = sees(&parked, |seen| seen.len() > before && seen.last() == Some(&Horn::NoWish))?;
    ensure!(seen.get(before) == Some(&Horn::Sound), "candump saw {seen:?}");
    Ok(())
}

fn not_done_late() -> Result<()> {
    let parked = Parked::new()?;
    parked.body.near.shut(0)?;
    for path in [DOME, HORN] {
        let told = parked.stage.tandem(&["signals", "actuate", path, "true", "--json"])?;
        let wish: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
        let is = |what: &str, word: &str| wish.get(what).is_some_and(|told| told == word);
        ensure!(is("state", "lapsed") && is("reason", "It could not be sent."), "{wish}");
    }
    parked.body.near.open()?;
    let asked = parked.asks(WINDOW, "28")?;
    ensure!(asked == ("confirmed".to_owned(), 28.into()), "{asked:?}");
    // The car may have heard that the horn was asked for, so it is told that nobody asks any more.
    let seen = sees(&parked, |seen| !seen.is_empty())?;
    ensure!(seen == [Horn::NoWish], "candump saw {seen:?}");
    let late = parked.payloads(DOME_REQUEST)?;
    ensure!(late.is_empty(), "candump saw {late:?}");
    Ok(())
}

fn off_and_down() -> Result<()> {
    let parked = Parked::new()?;
    let near = &parked.body.near;
    let is = |word: &'static str| parked.stage.waits(&["bus", "show", "--json"], "/buses/1/state", |told| told == word);
    let refused = |why: &str| {
        let told = parked.stage.tandem(&["signals", "actuate", WINDOW, "28"])?;
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        ensure!(!told.status.success() && said.contains(why), "{told:?}");
        Ok(())
    };
    near.send(&[BUS_OFF])?;
    is("bus-off")?;
    refused("the car's bus can1 is off")?;
    near.send(&[RESTARTED])?;
    is("active")?;
    let asked = parked.asks(WINDOW, "28")?;
    ensure!(asked == ("confirmed".to_owned(), 28.into()), "{asked:?}");

    near.set("down")?;
    is("down")?;
    refused("the car's bus can1 is down")?;
    near.set("up")?;
    is("active")?;
    parked.is_known()?;
    let asked = parked.asks(WINDOW, "64")?;
    ensure!(asked == ("confirmed".to_owned(), 64.into()), "{asked:?}");
    // What was refused went nowhere.
    let seen = parked.payloads("655")?;
    ensure!(seen.len() == 2, "candump saw {seen:?}");
    Ok(())
}

fn not_one_frame() -> Result<()> {
    let mut parked = Parked::of(&root().join("assets/cars/demo"), &["--listen-only"])?;
    for path in [HORN, DOME] {
        let told = parked.stage.tandem(&["signals", "actuate", path, "true"])?;
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        ensure!(!told.status.success() && said.contains("only listened to"), "{told:?}");
    }
    let ended = parked.stage.end()?;
    ensure!(ended.success(), "the service {ended}");
    let sent = parked.body.near.sent()?;
    ensure!(sent == 0, "{sent} frames went out");
    Ok(())
}

fn the_last_word() -> Result<()> {
    let car = tempfile::tempdir()?;
    patient(car.path())?;
    let mut parked = Parked::of(car.path(), &[])?;
    parked.answers(HORN, "silent")?;
    let asking = asks_for_the_horn(&parked)?;
    sees(&parked, |seen| seen.len() > 2)?;
    let ended = parked.stage.end()?;
    ensure!(ended.success(), "the service {ended}");
    let seen = parked.horn()?;
    let end = seen.iter().position(|asked| *asked == Horn::NoWish).context("the horn was not let go")?;
    ensure!(end > 2 && end + 1 == seen.len(), "candump saw {seen:?}");
    let told = asking.wait_with_output()?;
    ensure!(!told.status.success(), "{told:?}");
    Ok(())
}

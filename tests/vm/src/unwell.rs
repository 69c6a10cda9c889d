//! Buses that are not well, and frames that are not what they should be, as the vehicle service has them.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tandem_can::{BusState, Heard, News, Wanted};
use tandem_frame::text::parse_line;

use crate::Story;
use crate::car::{Running, Stage, drive, speed};
use crate::peers::{Ear, PATIENCE, Vcan, write};
use crate::traffic::uptime;

pub const STORIES: &[Story] = &[
    ("that a bus is off is told before time goes on", off_at_once),
    ("the vehicle service tells that a bus is off, its readings grow stale, and they come again with it", off_and_back),
    ("frames too short or too long are counted and move nothing, a remote one is none, one of FD is read", odd_frames),
];

const BUS_OFF: &str = "20000040#0000000000000000";
const RESTARTED: &str = "20000100#0000000000000000";
const PASSIVE: &str = "20000004#0020000000000000";
const LOST_ARBITRATION: &str = "20000002#0000000000000000";
const OVERRUN: &str = "20000004#0001000000000000";

fn off_at_once() -> Result<()> {
    let vcan = Vcan::new("atonce")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    vcan.send(&[BUS_OFF])?;
    let sent = uptime()?;
    for _ in 0..PATIENCE {
        match ear.link.receive()? {
            Heard::Advance(now) => {
                ensure!(now <= sent, "at {now} ns it is not told yet, and it was sent before {sent}")
            }
            Heard::News(_, News::State(BusState::BusOff)) => return Ok(()),
            other => bail!("{other:?}"),
        }
    }
    bail!("it is never told")
}

fn off_and_back() -> Result<()> {
    let vcan = Vcan::new("unwell")?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("drive.log");
    write(&log, &drive()?.0)?;
    let play = || {
        let mut canplayer = Command::new("canplayer");
        Running::start(canplayer.args(["-l", "i", "-I"]).arg(&log).arg("unwell=can0"))
    };
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", "can0=unwell"])?;
    let is = |state: &'static str| move |bus: &Value| bus.get("state").is_some_and(|told| told == state);
    stage.bus(is("active"))?;
    let playing = play()?;
    stage.speed("valid")?;
    vcan.send(&[LOST_ARBITRATION, OVERRUN, PASSIVE])?;
    // Worse for the bus is nothing yet for its readings.
    stage.bus(is("passive"))?;
    stage.speed("valid")?;
    // A bus that is off says nothing more.
    drop(playing);
    vcan.send(&[BUS_OFF])?;
    stage.bus(is("bus-off"))?;
    stage.speed("stale")?;
    vcan.send(&[RESTARTED])?;
    let bus = stage.bus(is("active"))?;
    let _playing = play()?;
    stage.speed("valid")?;
    // Each of them, and nothing else, was counted; what is lost in the controller is not lost here.
    let counts = ["error_frames", "lost"].map(|what| bus.get(what).and_then(Value::as_u64));
    ensure!(counts == [Some(5), Some(0)], "{bus}");
    Ok(())
}

fn odd_frames() -> Result<()> {
    let vcan = Vcan::new("odd")?;
    let folder = tempfile::tempdir()?;
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", "can0=odd"])?;
    stage.speed("absent")?;
    let (drive, ..) = drive()?;
    let lines: Vec<_> = drive.lines().map(|line| parse_line(line.as_bytes())).collect::<Result<_, _>>()?;
    let motion = lines.iter().filter_map(|line| Some((line, speed(line.id, line.data())?)));
    let mut motion = motion.map(|(line, speed)| {
        let data: String = line.data().iter().map(|byte| format!("{byte:02X}")).collect();
        (data, speed)
    });
    let (first, first_speed) = motion.next().context("the drive has no speed")?;
    let (second, second_speed) = motion.find(|(_, speed)| *speed != first_speed).context("it has one speed")?;

    vcan.send(&[&format!("101##0{first}")])?;
    stage.has_speed(first_speed)?;
    // The checksum of one that is too long does not fit.
    vcan.send(&["101#00", "101#", "101#R8", &format!("101##0{second}00000000")])?;
    stage.has_counted(4)?;
    stage.has_speed(first_speed)?;
    let errors = stage.waits(&["bus", "show", "--json"], "/ids/0/errors", |_| true)?;
    ensure!(errors == json!({"short": 2, "checksum": 1}), "{errors}");
    vcan.send(&[&format!("101##0{second}")])?;
    stage.has_speed(second_speed)?;
    stage.has_counted(5)
}

//! The command line's tools for those who live with buses, beside can-utils.

use std::path::Path;
use std::process::{Child, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tandem_frame::text::parse_line;
use tandem_frame::{BusIndex, Frame};

use crate::Story;
use crate::car::ours;
use crate::peers::{PATIENCE, Vcan, run};

pub const STORIES: &[Story] = &[
    ("a recording has the frames that candump saw, in their order, and error frames as candump writes them", recorded),
    ("a recording that is interrupted has everything that was sent before", interrupted),
    ("what is sent is what candump sees, and an interface that is down says so", sent),
];

fn tandem(arguments: &[&str]) -> Result<Output> {
    Ok(ours("tandem", "")?.args(arguments).stdin(Stdio::null()).output()?)
}

/// `tandem bus record`, once it listens.
fn record(vcan: &Vcan, arguments: &[&str]) -> Result<Child> {
    let before = vcan.listeners()?;
    let mut tandem = ours("tandem", "")?;
    tandem.args(["bus", "record", vcan.0, "--json"]).args(arguments);
    let child = tandem.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    for _ in 0..PATIENCE {
        if vcan.listeners()? > before {
            return Ok(child);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    anyhow::bail!("tandem bus record does not listen to {}", vcan.0)
}

fn frames(text: &str) -> Result<Vec<Frame>> {
    let frame = |line: &str| {
        let read = parse_line(line.as_bytes()).with_context(|| line.to_owned())?;
        let mut frame = read.frame(BusIndex(0));
        frame.t_ns = 0;
        Ok(frame)
    };
    text.lines().map(frame).collect()
}

/// What was counted, and how it ended.
fn counted(output: &Output) -> Result<Value> {
    ensure!(output.status.success(), "{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn of(count: &Value, what: &str) -> u64 {
    count.get(what).and_then(Value::as_u64).unwrap_or(u64::MAX)
}

fn recorded() -> Result<()> {
    // At a pace that candump keeps: its socket has room for some two hundred.
    const COUNT: usize = 400;
    let vcan = Vcan::new("record")?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("drive.log");
    let shown = path.to_string_lossy();
    let child = record(&vcan, &["-o", &shown, "--frames", &(COUNT + 1).to_string()])?;
    let dump = vcan.dump(u32::try_from(COUNT)?)?;
    run("cangen", &[vcan.0, "-g", "1", "-n", &COUNT.to_string(), "-m"])?;
    let seen = dump.frames()?;
    vcan.send(&["20000004#0008000000000000"])?;
    let count = counted(&child.wait_with_output()?)?;
    ensure!([of(&count, "frames"), of(&count, "error_frames"), of(&count, "lost")] == [400, 1, 0], "{count}");
    let text = std::fs::read_to_string(&path)?;
    let seen: String = seen.iter().map(|frame| format!("(0.0) any {frame}\n")).collect();
    let (mut ours, theirs) = (frames(&text)?, frames(&seen)?);
    let error = ours.pop().context("nothing recorded")?;
    ensure!(error.flags.error && text.trim_end().ends_with(" record 20000004#0008000000000000"), "{error:?}");
    ensure!(ours.len() == theirs.len(), "{} recorded of {}", ours.len(), theirs.len());
    for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        ensure!(ours == theirs, "frame {at}: recorded {ours:?}, candump {theirs:?}");
    }
    let again = tandem(&["bus", "record", vcan.0, "-o", &shown])?;
    ensure!(again.status.code() == Some(2), "it wrote over a recording: {again:?}");
    Ok(())
}

fn interrupted() -> Result<()> {
    const COUNT: u32 = 3000;
    let vcan = Vcan::new("stopped")?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("drive.log.gz");
    let child = record(&vcan, &["-o", &path.to_string_lossy()])?;
    vcan.flood(COUNT, &["-I", "123"])?;
    run("kill", &["-INT", &child.id().to_string()])?;
    let count = counted(&child.wait_with_output()?)?;
    ensure!([of(&count, "frames"), of(&count, "lost")] == [u64::from(COUNT), 0], "{count}");
    ensure!(unpacked(&path)?.lines().count() == COUNT as usize, "the file has not what was counted");
    Ok(())
}

fn unpacked(path: &Path) -> Result<String> {
    let output = std::process::Command::new("gzip").args(["-dc"]).arg(path).output().context("gzip")?;
    ensure!(output.status.success(), "{output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

fn sent() -> Result<()> {
    let vcan = Vcan::new("send")?;
    let dump = vcan.dump(4)?;
    let done = tandem(&["bus", "send", vcan.0, "18FEF100#1122"])?;
    ensure!(done.status.success() && done.stdout == b"send 18FEF100#1122: 1 sent\n", "{done:?}");
    let message =
        ["--car", "demo", "--message", "VehicleMotion", "Speed=72.5", "--every", "5", "--count", "3", "--json"];
    let done = tandem(&[&["bus", "send", vcan.0][..], &message].concat())?;
    let told = counted(&done)?;
    ensure!([of(&told, "sent"), of(&told, "on_the_wire")] == [3, 3], "{told}");
    let seen = dump.frames()?;
    let [plain, counting @ ..] = seen.as_slice() else { anyhow::bail!("candump saw nothing") };
    ensure!(plain == "18FEF100#1122", "candump saw {seen:?}");
    // The speed, then the counter in the high nibble of the seventh byte, and a checksum that goes with it.
    for (at, frame) in counting.iter().enumerate() {
        ensure!(frame.starts_with("101#521C") && frame.get(16..17) == Some(&at.to_string()), "candump saw {seen:?}");
    }
    let checksums: std::collections::BTreeSet<_> = counting.iter().map(|frame| frame.get(18..)).collect();
    ensure!(checksums.len() == 3, "candump saw {seen:?}");

    vcan.set("down")?;
    let refused = tandem(&["bus", "send", vcan.0, "123#00"])?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(2) && said.contains("is down: `sudo ip link set"), "{refused:?}");
    Ok(())
}

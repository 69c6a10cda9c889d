//! All parts together: how they start, and how they end.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Story;
use crate::units::part::{Part, SCREENS, done, everybody, others, parts, tandem, until};

pub const STORIES: &[Story] = &[
    ("every part is ready at its first start, under an account of its own", ready),
    ("the instruments wait for nothing that they do not need", chain),
    ("the doctor finds every part well in its version, and misses who is away", missed),
];

pub const LAST: &[Story] = &[
    ("a service that floods the log is held, and the disk is not filled by it", flood),
    ("whoever is told to end ends by itself, and what was set before is there afterwards", end),
];

fn ready() -> Result<()> {
    everybody()?;
    let mut users = Vec::new();
    for part in parts() {
        ensure!(part.number("NRestarts")? == 0, "{} needed more than one start", part.0);
        ensure!(part.property("WatchdogTimestampMonotonic")? != "0", "nobody watches {}", part.0);
        users.push(part.property("User")?);
    }
    ensure!(users.iter().zip(parts()).all(|(user, part)| user == part.0), "{users:?}");
    // Microseconds since the kernel began, which is this machine's and began long ago.
    let began =
        done("systemctl", &["show", "--property=UserspaceTimestampMonotonic", "--value"])?.trim().parse::<u64>()?;
    for part in parts() {
        let [start, active] =
            ["ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"].map(|at| part.number(at));
        let (start, active) = (start?, active?);
        println!(
            "# {}: started after {} ms, ready {} ms later",
            part.0,
            (start - began) / 1000,
            (active - start) / 1000
        );
    }
    Ok(())
}

/// All that may come before the instruments, and why they need it. What is to be added here makes them wait.
const NEEDED: [(&str, &str); 5] = [
    ("tandem-cluster.service", "themselves"),
    ("-.mount", "the root has their program, their letters and their configuration"),
    ("-.slice", "systemd's own group of everything, there before any unit"),
    ("system.slice", "the group of services, which limits are counted in"),
    ("systemd-journald.socket", "what they say goes into it; systemd opens it itself, the log is read from it later"),
];

/// What the doctor finds of each part; without CAN not all is well.
fn doctor() -> Result<Vec<Value>> {
    let told = Command::new("tandem").args(["doctor", "--json"]).env("TANDEM_BUS", "system").output()?;
    let report: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
    report.get("parts").and_then(Value::as_array).cloned().context("no parts")
}

fn word<'a>(part: &'a Value, key: &str) -> &'a str {
    part.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn missed() -> Result<()> {
    everybody()?;
    let is_well = |part: &Value| word(part, "health") == "well";
    let all_well = || {
        let found = doctor()?;
        Ok(found.iter().all(is_well).then_some(found))
    };
    let found = until("a report of well parts", all_well)?;
    let names: Vec<_> = found.iter().map(|part| word(part, "name")).collect();
    ensure!(parts().all(|part| names.contains(&part.0.trim_start_matches("tandem-"))), "{names:?}");
    let version = env!("CARGO_PKG_VERSION");
    ensure!(found.iter().all(|part| word(part, "version") == version), "{found:?}");
    done("systemctl", &["stop", "tandem-settings.service"])?;
    let ill = doctor()?.into_iter().find(|part| !is_well(part)).context("nobody is missed")?;
    done("systemctl", &["start", "tandem-settings.service"])?;
    ensure!(
        word(&ill, "name") == "settings"
            && word(&ill, "health") == "ill"
            && word(&ill, "remedy").contains("journalctl -b -u tandem-settings"),
        "{ill}"
    );
    until("a report of well parts", all_well).map(drop)
}

/// What was started before a part, and before that, down to nothing.
fn chain() -> Result<()> {
    let needed = NEEDED.map(|(unit, _)| unit);
    let ask = ["critical-chain", "--no-pager", "--fuzz=1h", "tandem-cluster.service"];
    // It tells nothing before the boot is over.
    let told = until("the end of the boot", || Ok(done("systemd-analyze", &ask).ok()))?;
    let word = |line: &str| Some(line.trim_start_matches(['└', '─', '├', '│', ' ']).split(' ').next()?.to_owned());
    let units: Vec<_> =
        told.lines().filter_map(word).filter(|word| word.contains('.') && !word.ends_with("...")).collect();
    let others: Vec<_> = units.iter().filter(|unit| !needed.contains(&unit.as_str())).collect();
    ensure!(!units.is_empty() && others.is_empty(), "it waits for {others:?}:\n{told}");
    // The chain tells the slowest of them; this is all.
    let after = Part("tandem-cluster").property("After")?;
    let others: Vec<_> = after.split_whitespace().filter(|unit| !needed.contains(unit)).collect();
    ensure!(others.is_empty(), "it is after {others:?}");
    Ok(())
}

fn flood() -> Result<()> {
    const LINES: usize = 100_000;
    let flood = format!("yes from a part that has gone wild | head -n {LINES}");
    let change = Part("tandem-settings")
        .change(&format!("[Service]\nExecStartPre=/bin/sh -c '{flood}'\nTimeoutStartSec=300\n"))?;
    done("systemctl", &["restart", "tandem-settings.service"])?;
    drop(change);
    let kept = done("journalctl", &["--boot", "--output=cat", "--unit=tandem-settings.service"])?.lines().count();
    ensure!(kept < LINES / 10, "the log has {kept} lines of it");
    let configured = done("systemd-analyze", &["cat-config", "systemd/journald.conf"])?;
    ensure!(configured.contains("\nSystemMaxUse=48M"), "the log may take as much of the disk as it likes");
    everybody().map(drop)
}

fn end() -> Result<()> {
    tandem(&["settings", "set", "display.theme", "day"])?;
    let units: Vec<String> = parts().map(Part::unit).collect();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    done("systemctl", &[&["stop"], &units[..]].concat())?;
    for part in parts() {
        let (state, result) = (part.property("ActiveState")?, part.property("Result")?);
        ensure!((state.as_str(), result.as_str()) == ("inactive", "success"), "{}: {state}, {result}", part.0);
    }
    done("systemctl", &["start", "tandem.target"])?;
    done("systemctl", &[&["start"], &units[..]].concat())?;
    let started = everybody()?;
    let told = tandem(&["settings", "get", "display.theme"])?;
    ensure!(told.contains("day"), "{told}");
    for screen in SCREENS {
        ensure!(screen.property("ActiveState")? == "active", "{}", screen.0);
    }
    // Longer than any watchdog waits: a part that is started by hand feeds it as well, and is not ended by it.
    std::thread::sleep(Duration::from_secs(11));
    let ended = others(&started)?;
    ensure!(ended.is_empty(), "they were ended, and started again: {ended:?}");
    Ok(())
}

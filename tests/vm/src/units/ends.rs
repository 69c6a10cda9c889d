//! Parts that die, hang, cannot start, or lose their bus.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::Story;
use crate::units::part::{Part, SCREENS, SERVICES, done, everybody, others, parts, tandem, until};

pub const STORIES: &[Story] = &[
    ("a part that is killed is back, and the others go on", killed),
    ("a part that hangs is ended by its watchdog, and is back", hangs),
    ("a part that cannot start is tried again for as long as it takes", crash_loop),
    ("parts that stood still for half a minute and are not ended go on as if nothing had been", held),
    ("services whose bus is gone end and are back, and the screens stay", bus_gone),
];

fn killed() -> Result<()> {
    for part in parts() {
        let before = everybody()?;
        part.signal("KILL")?;
        part.comes_back(before.get(&part).copied())?;
        ensure!(others(&before)? == [part], "{}: others ended with it: {:?}", part.0, others(&before)?);
    }
    Ok(())
}

fn hangs() -> Result<()> {
    let before = everybody()?;
    for part in parts() {
        part.signal("STOP")?;
    }
    for part in parts() {
        let restarts = || Ok((part.pid()? != before.get(&part).copied()).then_some(()));
        until(&format!("the end of {}", part.0), restarts)?;
        part.comes_back(before.get(&part).copied())?;
        let said = done("journalctl", &["--boot", "--output=cat", "--unit", &part.unit()])?;
        ensure!(said.contains("Watchdog timeout"), "{}: {said}", part.0);
    }
    Ok(())
}

fn crash_loop() -> Result<()> {
    // systemd gives up after five starts within ten seconds, unless it is told not to.
    const STARTS: u64 = 12;
    let part = Part("tandem-settings");
    let before = everybody()?;
    let change = part.change("[Service]\nExecStartPre=/bin/false\n")?;
    part.signal("KILL")?;
    until("a dozen starts", || {
        let shown = part.shown()?;
        let state = shown.get("ActiveState").map(String::as_str).unwrap_or_default();
        ensure!(state != "failed", "systemd has given up");
        let starts: u64 = shown.get("NRestarts").map_or(Ok(0), |count| count.parse())?;
        Ok((starts >= STARTS).then_some(()))
    })?;
    drop(change);
    part.comes_back(before.get(&part).copied())?;
    ensure!(others(&before)? == [part], "others ended with it: {:?}", others(&before)?);
    Ok(())
}

/// As in a machine that was held as a whole: nobody counts the time against them.
fn held() -> Result<()> {
    done("systemctl", &["service-watchdogs", "no"])?;
    let before = everybody()?;
    for part in parts() {
        part.signal("STOP")?;
    }
    sleep(Duration::from_secs(30));
    for part in parts() {
        part.signal("CONT")?;
    }
    let told = until("an answer", || Ok(tandem(&["driving", "--json"]).ok()));
    done("systemctl", &["service-watchdogs", "yes"])?;
    told?;
    ensure!(others(&before)?.is_empty(), "ended: {:?}", others(&before)?);
    Ok(())
}

fn bus_gone() -> Result<()> {
    let before = everybody()?;
    done("systemctl", &["kill", "--signal=KILL", "dbus.service"])?;
    for part in SERVICES {
        part.comes_back(before.get(&part).copied())?;
    }
    let after: BTreeMap<_, _> = everybody()?;
    for screen in SCREENS {
        ensure!(after.get(&screen) == before.get(&screen), "{} ended with the bus", screen.0);
    }
    Ok(())
}

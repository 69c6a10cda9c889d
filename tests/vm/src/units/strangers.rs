//! What somebody else may not do on the system's bus, and to a part. Signals that are forged are refused in silence: the policy's own tests listen for them.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::Story;
use crate::units::part::{Part, SERVICES, done, everybody, others, parts, tandem};

pub const STORIES: &[Story] = &[
    ("nobody owns a part's name but the part, not even another part", own),
    ("nobody asks a part for anything that is not theirs to ask", ask),
    ("nobody ends, reads or writes another part", touch),
];

const STRANGERS: [&str; 3] = ["nobody", "tandem-media", "tandem-cluster"];

fn as_user(user: &str, program: &[&str]) -> Result<Output> {
    let mut become_user = Command::new("setpriv");
    become_user.args(["--reuid", user, "--regid", "nogroup", "--clear-groups", "--"]).args(program);
    become_user.output().context("setpriv")
}

#[track_caller]
fn refused(user: &str, program: &[&str]) -> Result<()> {
    let output = as_user(user, program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_refused = ["denied", "not allowed", "not permitted", "Rejected"].iter().any(|word| said.contains(word));
    let is_refused = !output.status.success() && is_refused;
    ensure!(is_refused, "{user}: {}: {output:?}", program.join(" "));
    Ok(())
}

fn own() -> Result<()> {
    let before = everybody()?;
    let bus = ["busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"];
    for part in parts() {
        for user in STRANGERS.iter().filter(|user| **user != part.0) {
            // Whether it is to replace the owner, to wait for it, or neither.
            for flags in ["2", "0", "4"] {
                refused(user, &[&bus[..], &["RequestName", "su", part.name(), flags]].concat())?;
            }
        }
    }
    // While it is away, too.
    let settings = Part("tandem-settings");
    done("systemctl", &["stop", &settings.unit()])?;
    refused("nobody", &[&bus[..], &["RequestName", "su", settings.name(), "0"]].concat())?;
    done("systemctl", &["start", &settings.unit()])?;
    ensure!(others(&before)? == [settings], "{:?}", others(&before)?);
    Ok(())
}

fn ask() -> Result<()> {
    let climate = ["busctl", "call", "org.tandem.Signals1", "/org/tandem/Climate1", "org.tandem.Climate1"];
    let settings = ["busctl", "call", "org.tandem.Settings1", "/org/tandem/Settings1", "org.tandem.Settings1"];
    for user in STRANGERS {
        refused(user, &[&climate[..], &["SetDriverTemperature", "d", "21"]].concat())?;
    }
    for user in ["nobody", "tandem-media"] {
        refused(user, &[&settings[..], &["Set", "sv", "display.theme", "s", "day"]].concat())?;
    }
    // The same is done for somebody who may.
    tandem(&["settings", "set", "display.theme", "day"])?;
    ensure!(tandem(&["settings", "get", "display.theme"])?.contains("day"), "it is not set");
    tandem(&["settings", "reset", "display.theme"]).map(drop)
}

fn touch() -> Result<()> {
    for (part, pid) in everybody()? {
        let state = format!("/var/lib/{}", part.0);
        let pid = pid.to_string();
        for user in STRANGERS.iter().filter(|user| **user != part.0) {
            refused(user, &["kill", "-TERM", &pid])?;
            refused(user, &["cat", &format!("/proc/{pid}/environ")])?;
            // The screens keep nothing, and neither does who looks after the others.
            if SERVICES.contains(&part) && part.0 != "tandem-lifecycle" {
                refused(user, &["ls", &state])?;
            }
        }
    }
    Ok(())
}

//! One part of a car, as systemd knows it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// By then whatever was waited for does not come, and the story fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// A state is looked at so often.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part(pub &'static str);

/// Services first: a screen outlives its bus.
pub const SERVICES: [Part; 5] = [
    Part("tandem-vehicle"),
    Part("tandem-media"),
    Part("tandem-phone-link"),
    Part("tandem-settings"),
    Part("tandem-lifecycle"),
];
pub const SCREENS: [Part; 2] = [Part("tandem-cluster"), Part("tandem-centre")];

pub fn parts() -> impl Iterator<Item = Part> {
    SERVICES.into_iter().chain(SCREENS)
}

impl Part {
    pub fn unit(self) -> String {
        format!("{}.service", self.0)
    }

    /// The name on the bus by which others find it.
    pub fn name(self) -> &'static str {
        match self.0 {
            "tandem-vehicle" => "org.tandem.Signals1",
            "tandem-media" => "org.tandem.Media1",
            "tandem-phone-link" => "org.tandem.PhoneLink1",
            "tandem-settings" => "org.tandem.Settings1",
            "tandem-lifecycle" => "org.tandem.Health1",
            "tandem-cluster" => "org.tandem.Screen1.cluster",
            _ => "org.tandem.Screen1.centre",
        }
    }

    /// What systemd says of it, by property.
    pub fn shown(self) -> Result<BTreeMap<String, String>> {
        let told = done("systemctl", &["show", &self.unit()])?;
        Ok(told
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.into(), value.into()))
            .collect())
    }

    pub fn property(self, name: &str) -> Result<String> {
        self.shown()?.remove(name).with_context(|| format!("{} has no {name}", self.0))
    }

    pub fn number(self, name: &str) -> Result<u64> {
        let value = self.property(name)?;
        value.parse().with_context(|| format!("{}: {name}={value}", self.0))
    }

    /// Its process; none while it has none.
    pub fn pid(self) -> Result<Option<u64>> {
        Ok(Some(self.number("MainPID")?).filter(|pid| *pid > 0))
    }

    /// Sends its main process a signal.
    pub fn signal(self, signal: &str) -> Result<()> {
        done("systemctl", &["kill", "--kill-who=main", "--signal", signal, &self.unit()]).map(drop)
    }

    /// Waits until it is ready with another process than that one, and is found on the bus.
    pub fn comes_back(self, instead_of: Option<u64>) -> Result<u64> {
        until(&format!("{} anew", self.0), || {
            let shown = self.shown()?;
            let is_active = shown.get("ActiveState").is_some_and(|state| state == "active");
            let pid = shown.get("MainPID").and_then(|pid| pid.parse().ok()).filter(|pid| *pid > 0);
            Ok(pid.filter(|pid| is_active && Some(*pid) != instead_of && owner(self.name()) == Some(*pid)))
        })
    }

    /// A drop-in for this run of the system.
    pub fn change(self, text: &str) -> Result<Change> {
        let folder = PathBuf::from(format!("/run/systemd/system/{}.d", self.unit()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("99-story.conf"), text)?;
        done("systemctl", &["daemon-reload"])?;
        Ok(Change(folder))
    }
}

/// What a story has changed of a unit, until it is over.
pub struct Change(PathBuf);

impl Drop for Change {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        let _ = done("systemctl", &["daemon-reload"]);
    }
}

/// The process that owns a name.
pub fn owner(name: &str) -> Option<u64> {
    let ask = ["call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", name];
    done("busctl", &ask).ok()?.trim().strip_prefix("u ")?.parse().ok()
}

/// Every part with its process, all of them ready and on the bus.
pub fn everybody() -> Result<BTreeMap<Part, u64>> {
    parts().map(|part| Ok((part, part.comes_back(None)?))).collect()
}

/// Those who are another process now.
pub fn others(before: &BTreeMap<Part, u64>) -> Result<Vec<Part>> {
    let now = everybody()?;
    Ok(before.iter().filter(|(part, pid)| now.get(part) != Some(pid)).map(|(part, _)| *part).collect())
}

/// Looks until there is something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if begun.elapsed() > PATIENCE {
            bail!("{what} did not come");
        }
        sleep(LOOK);
    }
}

pub fn output(program: &str, arguments: &[&str]) -> Result<Output> {
    Command::new(program).args(arguments).output().with_context(|| program.to_owned())
}

/// What a program prints, which must succeed.
pub fn done(program: &str, arguments: &[&str]) -> Result<String> {
    let told = output(program, arguments)?;
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    ensure!(told.status.success(), "{program} {}: {}: {said}", arguments.join(" "), told.status);
    Ok(String::from_utf8_lossy(&told.stdout).into_owned())
}

/// `tandem` as an administrator types it.
pub fn tandem(arguments: &[&str]) -> Result<String> {
    let told = Command::new("tandem").args(arguments).env("TANDEM_BUS", "system").output().context("tandem")?;
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    ensure!(told.status.success(), "tandem {}: {}: {said}", arguments.join(" "), told.status);
    Ok(String::from_utf8_lossy(&told.stdout).into_owned())
}

pub fn text(path: impl AsRef<Path>) -> Result<String> {
    fs::read_to_string(path.as_ref()).with_context(|| path.as_ref().display().to_string())
}

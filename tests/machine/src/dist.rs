//! What the crates' `dist` folders hold, and where in a car each of it belongs. Nobody keeps a second list of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Where units lie, below the root.
pub const UNITS: &str = "usr/lib/systemd/system";
/// Programs that no unit names: children of services, the command line, and the virtual car.
const BESIDE: [&str; 4] = ["tandem", "tandem-player", "tandem-camera", "tandem-sim"];
/// A drop-in for a machine that lets a service at its devices; the emulated one has a server for sound, and no camera.
const DEVICES: &str = "-devices.conf";
/// A drop-in for a machine whose sound server is its own.
const PIPEWIRE: &str = "-pipewire.conf";

/// A file of ours, and its place below the root.
#[derive(Debug, PartialEq, Eq)]
pub struct Placed {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// Every file of every `dist` folder that git knows of and that this machine is for.
///
/// # Errors
/// git does not say, or one of them is of a kind that has no place.
pub fn files(root: &Path) -> Result<Vec<Placed>> {
    let mut ask = Command::new("git");
    ask.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ":(glob)**/dist/**"]);
    let told = ask.current_dir(root).output().context("cannot run git")?;
    ensure!(told.status.success(), "git ls-files: {}", String::from_utf8_lossy(&told.stderr).trim_end());
    let mut placed = Vec::new();
    for path in
        String::from_utf8_lossy(&told.stdout).split('\0').filter(|path| !path.is_empty() && !path.ends_with(DEVICES))
    {
        let from = root.join(path);
        let (_, name) = path.rsplit_once("dist/").context("a file of a dist folder")?;
        let text = fs::read_to_string(&from).with_context(|| format!("cannot read {path}"))?;
        let to = place(name, &text).with_context(|| format!("{path} has no place in an image"))?;
        placed.push(Placed { from, to });
    }
    ensure!(!placed.is_empty(), "no crate has a dist folder");
    Ok(placed)
}

/// Where a file of this name and content belongs.
fn place(name: &str, text: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    if let Some(service) = name.strip_suffix(PIPEWIRE) {
        return Ok(Path::new(UNITS).join(format!("{service}.service.d/pipewire.conf")));
    }
    if name.contains(".d/") {
        return Ok(Path::new(UNITS).join(name));
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(match path.extension().unwrap_or_default().to_string_lossy().as_ref() {
        "service" | "target" | "socket" | "timer" | "path" | "mount" => Path::new(UNITS).join(name),
        "conf" if text.contains("<busconfig>") => Path::new("usr/share/dbus-1/system.d").join(name),
        "sysusers" => format!("usr/lib/sysusers.d/{stem}.conf").into(),
        "tmpfiles" => format!("usr/lib/tmpfiles.d/{stem}.conf").into(),
        "journald" => format!("usr/lib/systemd/journald.conf.d/{stem}.conf").into(),
        "manager" => format!("usr/lib/systemd/system.conf.d/{stem}.conf").into(),
        "sysctl" => format!("usr/lib/sysctl.d/50-{stem}.conf").into(),
        "rules" => Path::new("usr/lib/udev/rules.d").join(name),
        "network" | "link" => Path::new("usr/lib/systemd/network").join(name),
        "env" => Path::new("etc/tandem").join(name),
        _ => bail!(
            "expected a unit, a policy of the bus, sysusers, tmpfiles, sysctl, journald, manager, rules, network or env"
        ),
    })
}

/// The programs that these units start, and those that no unit names.
///
/// # Errors
/// A unit cannot be read.
pub fn programs(files: &[Placed]) -> Result<BTreeSet<String>> {
    let mut programs: BTreeSet<_> = BESIDE.iter().map(|name| (*name).to_owned()).collect();
    for file in files.iter().filter(|file| file.to.extension().is_some_and(|end| end == "service")) {
        let text = fs::read_to_string(&file.from).with_context(|| format!("cannot read {}", file.from.display()))?;
        programs.extend(started(&text).map(str::to_owned));
    }
    Ok(programs)
}

fn started(unit: &str) -> impl Iterator<Item = &str> {
    let commands = unit.lines().filter_map(|line| line.trim().strip_prefix("ExecStart="));
    let programs =
        commands.filter_map(|command| command.trim_start_matches(['-', '@', ':', '+', '!']).split(' ').next());
    programs.filter_map(|program| program.strip_prefix("/usr/bin/")).filter(|name| name.starts_with("tandem"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_file_has_its_place_and_one_of_no_kind_is_refused() {
        let at = |name: &str, text: &str| place(name, text).unwrap().display().to_string();
        assert_eq!(at("tandem-a.service", ""), "usr/lib/systemd/system/tandem-a.service");
        assert_eq!(at("tandem-.service.d/10-x.conf", ""), "usr/lib/systemd/system/tandem-.service.d/10-x.conf");
        assert_eq!(at("tandem-a.conf", "<busconfig>"), "usr/share/dbus-1/system.d/tandem-a.conf");
        assert_eq!(at("tandem.sysusers", ""), "usr/lib/sysusers.d/tandem.conf");
        assert_eq!(at("vehicle.env", ""), "etc/tandem/vehicle.env");
        assert_eq!(
            at("tandem-media-pipewire.conf", "[Service]"),
            "usr/lib/systemd/system/tandem-media.service.d/pipewire.conf"
        );
        assert!(place("tandem-a.conf", "[Service]").is_err());
        assert!(place("README.md", "").is_err());
    }

    #[test]
    fn a_unit_names_its_program() {
        let unit = "[Service]\nExecStart=/usr/bin/tandem-a --x $Y\nExecStartPre=/bin/true\n ExecStart=-/usr/bin/tandem-b\nExecStart=/bin/sh";
        assert_eq!(started(unit).collect::<Vec<_>>(), ["tandem-a", "tandem-b"]);
    }

    #[test]
    fn all_of_this_checkout_has_a_place_and_each_service_its_program() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let files = files(root).unwrap();
        let programs = programs(&files).unwrap();
        for name in ["tandem-vehicle", "tandem-cluster", "tandem-centre", "tandem-media", "tandem-player"] {
            assert!(programs.contains(name), "{name} of {programs:?}");
        }
    }
}

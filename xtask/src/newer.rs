//! A newer Debian in a folder: its kdeconnect speaks protocol 8, Debian 12's does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::chores::{self, Workspace};

/// Where kdeconnect is looked for, the steadier one first.
const SUITES: &[&str] = &["trixie", "sid"];
/// For all of it; takes two minutes where the mirror is near.
const LIMIT: Duration = Duration::from_secs(330);
/// What no daemon reads.
const LEFT_OUT: &[&str] = &["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/icons/*"];

/// Where it could not be had it is not looked for again within this.
const REST: Duration = Duration::from_secs(12 * 3600);

/// The root, made unless it stands; none if it may not or cannot be had, which is said.
///
/// # Errors
/// The folder that it belongs into cannot be made or locked.
pub fn provide(workspace: &Workspace, may_install: bool) -> Result<Option<PathBuf>> {
    let folder = workspace.target.join("roots");
    let home = folder.join("kdeconnect-8");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock")).with_context(|| format!("cannot lock {}", folder.display()))?;
    lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
    if home.is_dir() {
        return Ok(Some(home));
    }
    let failed = folder.join("kdeconnect-8.failed");
    let age = fs::metadata(&failed).and_then(|facts| facts.modified()).ok().and_then(|at| at.elapsed().ok());
    let made = if !may_install {
        Err(anyhow::anyhow!("it would have to be fetched, and --no-install asks for nothing new"))
    } else if age.is_some_and(|age| age < REST) {
        Err(anyhow::anyhow!("it could not be had lately; remove {} to try at once", failed.display()))
    } else {
        make(&home).inspect_err(|_| drop(fs::write(&failed, "")))
    };
    match made {
        Ok(()) => Ok(Some(home)),
        Err(why) => {
            eprintln!("==\n== SKIPPED: no kdeconnect of protocol 8, so the stories with it are not told: {why:#}\n==");
            Ok(None)
        }
    }
}

/// Beside its place, and moved there when it is whole.
fn make(home: &Path) -> Result<()> {
    if !chores::succeeds(Command::new("sh").args(["-c", "test \"$(id -u)\" = 0"])) {
        anyhow::bail!("this needs root, as do the stories");
    }
    let mirror = mirror().context("apt's own sources name no mirror of Debian; `apt-get update` may help")?;
    let begun = Instant::now();
    let part = home.with_extension("part");
    let mut last = None;
    for suite in SUITES {
        let left = LIMIT.saturating_sub(begun.elapsed());
        if left < Duration::from_secs(30) {
            break;
        }
        eprintln!(
            "making {} of {suite}, once; takes some minutes, 190 MB to fetch and 650 MB on the disk",
            home.display()
        );
        remove(&part)?;
        match fetch(suite, &part, &mirror, left) {
            Ok(()) => return fs::rename(&part, home).with_context(|| format!("cannot make {}", home.display())),
            Err(why) => {
                eprintln!("{suite}: {why:#}");
                last = Some(why);
            }
        }
    }
    remove(&part)?;
    Err(last.context("there was no time for it")?)
}

fn fetch(suite: &str, part: &Path, mirror: &str, limit: Duration) -> Result<()> {
    let mut fetch = Command::new("timeout");
    fetch.args(["--kill-after=10", &limit.as_secs().to_string(), "mmdebstrap"]);
    // Unpacked and not set up: a program that runs needs its files, no more.
    fetch.args(["--variant=extract", "--include=kdeconnect", "--aptopt=APT::Install-Recommends \"false\""]);
    // Mirrors that stand still, and machines whose clock does not go right.
    fetch.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    fetch.args(LEFT_OUT.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
    fetch.arg(suite).arg(part).arg(mirror).stdin(Stdio::null());
    chores::run(&mut fetch)?;
    anyhow::ensure!(part.join("usr/bin/kdeconnectd").exists(), "it has no kdeconnectd where one was awaited");
    Ok(())
}

/// Where this machine itself has Debian from.
fn mirror() -> Option<String> {
    let mut ask = Command::new("apt-get");
    ask.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"]);
    let told = ask.output().ok()?;
    String::from_utf8_lossy(&told.stdout).lines().next().map(str::to_owned)
}

/// Removes a root that was begun, and nothing that is still mounted in it.
fn remove(part: &Path) -> Result<()> {
    chores::run(Command::new("rm").args(["-rf", "--one-file-system", "--"]).arg(part))
}

//! A newer Debian in a folder: its kdeconnect speaks protocol 8, Debian 12's does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::chores::Workspace;
use crate::fetched::{self, Bootstrap};

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
    let home = workspace.target.join("roots/kdeconnect-8");
    let missed = "no kdeconnect of protocol 8, so the stories with it are not told";
    fetched::provide(&home, missed, fetched::pass, may_install, |part| {
        let failed = home.with_extension("failed");
        let age = fs::metadata(&failed).and_then(|facts| facts.modified()).ok().and_then(|at| at.elapsed().ok());
        anyhow::ensure!(
            age.is_none_or(|age| age >= REST),
            "it could not be had lately; remove {} to try at once",
            failed.display()
        );
        make(&home, part).inspect_err(|_| drop(fs::write(&failed, "")))
    })
}

fn make(home: &Path, part: &Path) -> Result<()> {
    fetched::ensure_root()?;
    let begun = Instant::now();
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
        let root = Bootstrap {
            variant: "extract",
            log: None,
            suite,
            packages: &["kdeconnect"],
            picked: &[],
            left_out: LEFT_OUT,
            limit: left,
        };
        match root.make(part) {
            Ok(()) => {
                anyhow::ensure!(
                    part.join("usr/bin/kdeconnectd").exists(),
                    "it has no kdeconnectd where one was awaited"
                );
                return Ok(());
            }
            Err(why) => {
                eprintln!("{suite}: {why:#}");
                last = Some(why);
            }
        }
    }
    fetched::remove(part)?;
    Err(last.context("there was no time for it")?)
}

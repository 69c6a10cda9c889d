//! A kernel for a guest with CAN: Debian's user-mode-linux, which runs as a program, needs no KVM, and is unpacked, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::chores::{self, Workspace};

/// For each of the two steps, seconds; takes some seconds where the mirror is near.
const LIMIT: &str = "120";

/// The folder that it is unpacked in, made unless it stands; none if it may not or cannot be had, which is said.
///
/// # Errors
/// The folder that it belongs into cannot be made or locked.
pub fn provide(workspace: &Workspace, may_install: bool) -> Result<Option<PathBuf>> {
    let folder = workspace.target.join("guest");
    let home = folder.join("user-mode-linux");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock")).with_context(|| format!("cannot lock {}", folder.display()))?;
    lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
    if home.is_dir() {
        return Ok(Some(home));
    }
    let made = if may_install {
        make(&home)
    } else {
        Err(anyhow::anyhow!("it would have to be fetched, and --no-install asks for nothing new"))
    };
    match made {
        Ok(()) => Ok(Some(home)),
        Err(why) => {
            eprintln!("==\n== SKIPPED: no kernel for a guest, so nothing is tested on real CAN: {why:#}\n==");
            Ok(None)
        }
    }
}

/// Beside its place, and moved there when it is whole.
fn make(home: &Path) -> Result<()> {
    eprintln!("getting a kernel for the guest, once; 41 MB to fetch and 115 MB on the disk");
    let part = home.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part).with_context(|| format!("cannot remove {}", part.display()))?;
    }
    fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
    // As the one who calls: apt's own user may not write there.
    limited(&["apt-get", "-o", "APT::Sandbox::User=root", "download", "user-mode-linux"], &part)?;
    let package = fs::read_dir(&part)?.next().context("apt-get download left no file")??.path();
    limited(&["dpkg", "-x", &package.to_string_lossy(), "."], &part)?;
    fs::remove_file(&package).with_context(|| format!("cannot remove {}", package.display()))?;
    anyhow::ensure!(part.join("usr/bin/linux.uml").exists(), "it has no linux.uml where one was awaited");
    fs::rename(&part, home).with_context(|| format!("cannot make {}", home.display()))
}

fn limited(command: &[&str], folder: &Path) -> Result<()> {
    let mut limited = Command::new("timeout");
    limited.args(["--kill-after=10", LIMIT]).args(command).current_dir(folder).stdin(Stdio::null());
    chores::run(&mut limited)
}

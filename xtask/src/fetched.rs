//! What is fetched once into the build folder, and never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::chores;
use crate::skip::skip_even_in_ci;

/// The folder `home`, made unless it stands: beside its place, by `make`, and moved there when it is whole. None if it may not or cannot be had, which `say` says
/// with what that means, `missed`.
///
/// # Errors
/// The folder that it belongs into cannot be made or locked, or there must be one and is none.
pub fn provide(
    home: &Path,
    missed: &str,
    say: impl FnOnce(&str) -> Result<()>,
    may_install: bool,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<Option<PathBuf>> {
    let folder = home.parent().context("a folder belongs into another one")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock")).with_context(|| format!("cannot lock {}", folder.display()))?;
    lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
    if home.is_dir() {
        return Ok(Some(home.to_owned()));
    }
    let part = home.with_extension("part");
    let whole = || {
        anyhow::ensure!(may_install, "it would have to be fetched, and --no-install asks for nothing new");
        remove(&part)?;
        make(&part)?;
        fs::rename(&part, home).with_context(|| format!("cannot make {}", home.display()))
    };
    match whole() {
        Ok(()) => Ok(Some(home.to_owned())),
        Err(why) => {
            say(&format!("{missed}: {why:#}"))?;
            Ok(None)
        }
    }
}

/// Of what a CI, too, need not have.
pub fn pass(why: &str) -> Result<()> {
    skip_even_in_ci(why);
    Ok(())
}

/// Packages of Debian, with all that they need and without what no program reads.
pub struct Bootstrap<'a> {
    pub suite: &'a str,
    /// mmdebstrap's: `extract` unpacks and sets nothing up, for a program that runs needs its files, no more; `essential` is a system.
    pub variant: &'a str,
    pub packages: &'a [&'a str],
    /// Files of other packages: what each is for, its package, and its place.
    pub picked: &'a [(&'a str, &'a str, &'a str)],
    /// As dpkg's `path-exclude` has it.
    pub left_out: &'a [&'a str],
    /// For all of it.
    pub limit: Duration,
    /// Where it says how it goes; without one, to the terminal.
    pub log: Option<&'a Path>,
}

impl Bootstrap<'_> {
    /// # Errors
    /// Nobody names a mirror, it has no such package, or there was no time for it.
    pub fn make(&self, part: &Path) -> Result<()> {
        let mirror = mirror().context("apt's own sources name no mirror of Debian; `apt-get update` may help")?;
        remove(part)?;
        let mut fetch = Command::new("timeout");
        fetch.args(["--kill-after=10", &self.limit.as_secs().to_string(), "mmdebstrap"]);
        fetch.args(["--mode=root", &format!("--variant={}", self.variant)]);
        fetch.arg(format!("--include={}", self.packages.join(",")));
        fetch.arg("--aptopt=APT::Install-Recommends \"false\"");
        if self.variant != "extract" {
            // Otherwise Debian comes with a program that does what was done here before, and perl for it.
            fetch.arg("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr");
        }
        // Mirrors that stand still, and machines whose clock does not go right.
        fetch.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
        fetch.args(self.left_out.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
        fetch.args(self.picked.iter().map(|(_, package, file)| format!("--customize-hook={}", pick(package, file))));
        fetch.arg(self.suite).arg(part).arg(mirror).stdin(Stdio::null());
        let Some(log) = self.log else { return chores::run(&mut fetch) };
        let file = fs::File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        fetch.stdout(file.try_clone()?).stderr(file);
        let status = fetch.status().context("cannot run timeout")?;
        if status.success() {
            return Ok(());
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        let errors = said.lines().filter(|line| line.starts_with("E:")).map(|line| line.chars().take(200).collect());
        let errors: Vec<String> = errors.collect();
        anyhow::bail!("mmdebstrap ended with {status}: {} (all of it stands in {})", errors.join("; "), log.display())
    }
}

/// A hook of mmdebstrap's, which has the new root as `$1` and tells apt by which lists and keys it was made.
fn pick(package: &str, file: &str) -> String {
    format!(
        "set -e; cd \"$(mktemp -d)\"; \
         APT_CONFIG=\"$MMDEBSTRAP_APT_CONFIG\" apt-get -o APT::Sandbox::User=root download {package}; \
         dpkg-deb --fsys-tarfile {package}_*.deb | tar -x -C \"$1\" ./{file}; rm -r \"$PWD\""
    )
}

/// # Errors
/// We are somebody else.
pub fn ensure_root() -> Result<()> {
    let root = chores::succeeds(Command::new("sh").args(["-c", "test \"$(id -u)\" = 0"]));
    anyhow::ensure!(root, "this needs root, as do the stories");
    Ok(())
}

/// Where this machine itself has Debian from.
fn mirror() -> Option<String> {
    let mut ask = Command::new("apt-get");
    ask.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"]);
    let told = ask.output().ok()?;
    String::from_utf8_lossy(&told.stdout).lines().next().map(str::to_owned)
}

/// Removes what was begun, and nothing that is still mounted in it.
///
/// # Errors
/// It cannot be removed.
pub fn remove(part: &Path) -> Result<()> {
    chores::run(Command::new("rm").args(["-rf", "--one-file-system", "--"]).arg(part))
}

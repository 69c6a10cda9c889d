//! The workspace, and how cargo is called in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::{self, Holder};
use crate::coverage;

pub struct Workspace {
    pub root: PathBuf,
    /// Where everything but `xtask` itself is built.
    pub target: PathBuf,
}

impl Workspace {
    pub fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask lies in no workspace")?.to_path_buf();
        let target = match std::env::var_os("TANDEM_TARGET_DIR").filter(|dir| !dir.is_empty()) {
            Some(dir) => std::path::absolute(dir)?,
            None => cache()?.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A cargo command in this workspace.
    pub fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.root);
        leave_cargo(&mut command);
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Makes the build folder ours. If another checkout used it last, our own crates in it are built anew.
    pub fn claim(&self) -> Result<()> {
        let from = match checkout::holder(&self.target, &self.root).context("the build folder")? {
            Holder::Us => return Ok(()),
            Holder::Nobody => None,
            Holder::Other(path) => Some(format!("{} used", path.display())),
            Holder::Unknown => Some("nobody knows which checkout used".to_owned()),
        };
        if let Some(from) = from {
            eprintln!("{from} {} last: our own crates are built anew", self.target.display());
            run(&mut self.cargo(&["clean", "--workspace", "--quiet", "--locked"]))?;
            self.forget_fuzzers()?;
            coverage::forget(self)?;
        }
        checkout::claim(&self.target, &self.root).context("the build folder")
    }

    /// Removes what the fuzzers were built into, a workspace of its own. What they found stays.
    fn forget_fuzzers(&self) -> Result<()> {
        let Ok(entries) = self.target.join("fuzz").read_dir() else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "corpus") {
                std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Builds every binary. The whole workspace, never one package: a part of it would have other features, and Slint would be built again.
    pub fn build(&self) -> Result<()> {
        self.claim()?;
        run(&mut self.cargo(&["build", "--workspace", "--bins", "--locked"]))
    }

    /// Where the programs lie.
    pub fn binaries(&self) -> PathBuf {
        self.target.join("debug")
    }
}

/// `~/.cache/tandem`, or below `$XDG_CACHE_HOME`.
pub fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| Path::new(dir).is_absolute()) {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(&std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    Ok(base.join("tandem"))
}

/// Takes away what `cargo run` sets for xtask, so that a child sees what it would see from the shell.
pub fn leave_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "CARGO"
            || name == "LD_LIBRARY_PATH"
            || name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(&*name);
        }
    }
}

/// Installs `cargo NAME`, unless it is there. Built quickly, for such tools only start other programs.
///
/// # Errors
/// It cannot be built.
pub fn provide_tool(workspace: &Workspace, name: &str, version: &str, features: &[&str]) -> Result<()> {
    if succeeds(&mut workspace.cargo(&[name, "--version"])) {
        return Ok(());
    }
    eprintln!("installing cargo-{name} {version}; takes some minutes, once");
    let mut install = workspace.cargo(&["install", "--locked", &format!("cargo-{name}"), "--version", version]);
    install.args(features).env_remove("CARGO_TARGET_DIR");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
    run(&mut install)
}

pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command whose words matter only if it fails.
///
/// # Errors
/// It does; its words are told.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", line(command), output.status, said.trim_end());
    }
    Ok(())
}

/// Says loudly that something is not tried, and what to do about it.
///
/// # Errors
/// This is CI: what passes there was tried.
pub fn skip(why: &str) -> Result<()> {
    crate::skip::skip(why).map_err(anyhow::Error::msg)
}

/// Whether a command runs and succeeds, with its output hushed.
pub fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// A command as one would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

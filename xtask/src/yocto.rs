//! The layer for Yocto: its list of crates, and whether a build would get through it.

mod check;
mod crates;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result};

pub use check::run as check;

/// The list of crates, which BitBake fetches each by itself. It says what Cargo.lock says, so it is not committed.
const CRATES: &str = "yocto/meta-tandem/recipes-tandem/tandem/tandem-crates.inc";

/// Writes the list of crates anew.
///
/// # Errors
/// Cargo.lock is not there, or has what BitBake cannot fetch.
pub fn write_crates(root: &Path) -> Result<()> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock")?;
    let list = crates::list(&lock).context("Cargo.lock")?;
    let path = root.join(CRATES);
    std::fs::write(&path, list).with_context(|| format!("cannot write {}", path.display()))
}

/// # Errors
/// As [`write_crates`].
pub fn tell_crates(root: &Path) -> Result<()> {
    write_crates(root)?;
    eprintln!("{CRATES}");
    Ok(())
}

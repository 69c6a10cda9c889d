//! Debian's kernel as it lies in its package, unpacked somewhere.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// How its compressed part begins.
const XZ: &[u8] = b"\xfd7zXZ\0";

/// The one entry of a folder whose name begins so.
///
/// # Errors
/// There is none.
pub fn only(folder: &Path, begin: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin));
    found.find(named).with_context(|| format!("{} has no {begin}*", folder.display()))
}

/// The files of these modules and of all that they need, in the order in which they load; `root` has the kernel's package unpacked in it.
///
/// # Errors
/// kmod is missing, or the kernel has no such module.
pub fn modules(root: &Path, names: &[&str]) -> Result<Vec<PathBuf>> {
    let version = only(&root.join("lib/modules"), "")?;
    let mut ask = Command::new("modprobe");
    ask.arg("-d").arg(root).arg("-S").arg(version.file_name().unwrap_or_default());
    ask.args(["--show-depends", "-a"]).args(names);
    let told = ask.output().context("cannot run modprobe (the Debian package kmod)")?;
    ensure!(told.status.success(), "modprobe: {}", String::from_utf8_lossy(&told.stderr).trim_end());
    let mut files: Vec<PathBuf> = Vec::new();
    for path in String::from_utf8_lossy(&told.stdout).lines().filter_map(|line| line.strip_prefix("insmod ")) {
        let path = PathBuf::from(path.trim_end());
        // Several of them may need the same one.
        if !files.contains(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Writes the kernel as an ELF file, which QEMU starts at once: the emulated processor would take seconds to decompress it.
///
/// # Errors
/// It is compressed in another way than by xz, or xz is missing.
pub fn uncompressed(kernel: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(kernel).with_context(|| format!("cannot read {}", kernel.display()))?;
    let begin = bytes.windows(XZ.len()).position(|word| word == XZ).context("the kernel is not compressed by xz")?;
    let out = File::create(to).with_context(|| format!("cannot make {}", to.display()))?;
    // Behind the stream stands more, which is none of it.
    let mut xz = Command::new("xz");
    xz.args(["--decompress", "--stdout", "--single-stream"]).stdin(Stdio::piped()).stdout(out);
    let mut xz = xz.spawn().context("cannot run xz (the Debian package xz-utils)")?;
    if let (Some(mut into), Some(payload)) = (xz.stdin.take(), bytes.get(begin..)) {
        // It stops reading where the stream ends.
        let _ = into.write_all(payload);
    }
    let ended = xz.wait().context("xz")?;
    ensure!(ended.success(), "xz ended with {ended}");
    let begins = fs::read(to).with_context(|| to.display().to_string())?;
    ensure!(begins.starts_with(b"\x7fELF"), "what was compressed in {} is no ELF file", kernel.display());
    Ok(())
}

//! Reads the layer as BitBake would. oe-core itself is nowhere to be had in a CI without the network; its parser is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::chores;

/// What of oelint's rules we do not go by, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("oelint.vars.homepageping", "it asks the network"),
    ("oelint.var.mandatoryvar.HOMEPAGE", "Tandem has none yet"),
    ("oelint.var.filesoverride", "each package has what we say, and no more"),
    ("oelint.vars.inconspaces", "the list of crates has oe-core's own form"),
    ("oelint.vars.srcurifile", "the crates stand in a file of their own"),
    ("oelint.var.order", "what is of one package stands together"),
];

/// # Errors
/// What is wrong stands on the standard output, a line each.
pub fn run(root: &Path, python: &Path) -> Result<()> {
    super::write_crates(root)?;
    let read = read(root, &root.join("tests/yocto"), python)?.status().context("cannot run the layer's checker")?;
    let linted = lint(root, &root.join("tests/yocto"), python)?.status().context("cannot run oelint-adv")?;
    ensure!(read.success() && linted.success(), "the layer in yocto has faults: they stand above");
    Ok(())
}

/// The parser of BitBake over every file of the layer in `root`, and what it installs.
pub fn read(root: &Path, tools: &Path, python: &Path) -> Result<Command> {
    let mut command = Command::new(python);
    // Nothing is left beside the sources.
    command.args(["-B"]).arg(tools.join("peer/layer.py")).arg(root.join("yocto")).arg(tools.join("stub")).arg(root);
    // BitBake refuses to read under another locale.
    command.env("LC_ALL", "C.UTF-8");
    chores::leave_cargo(&mut command);
    Ok(command)
}

/// oelint over every recipe and configuration.
pub fn lint(root: &Path, tools: &Path, python: &Path) -> Result<Command> {
    let mut command = Command::new(python.with_file_name("oelint-adv"));
    command.args(["--release", "wrynose", "--quiet", "--hide", "info", "--mode", "all", "--relpaths"]);
    command.arg(format!("--constantmods=+{}", tools.join("oelint.json").display()));
    for (rule, _) in NOT_OURS {
        command.args(["--suppress", rule]);
    }
    let mut files = Vec::new();
    gather(&root.join("yocto/meta-tandem"), &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "the layer has no recipe");
    command.args(files).current_dir(root);
    Ok(command)
}

/// What oelint reads: everything but the list of crates, which has a form of its own.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if path.is_dir() {
            // What a recipe installs is none.
            if path.file_name().is_some_and(|name| name != "files") {
                gather(&path, files)?;
            }
        } else if ["bb", "bbappend", "inc", "conf"].contains(&end)
            && path.file_name() != Path::new(super::CRATES).file_name()
        {
            files.push(path);
        }
    }
    Ok(())
}

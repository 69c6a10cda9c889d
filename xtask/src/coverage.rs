//! That the tests of the gate run every line of it and take every branch of it both ways. LLVM counts, of this crate alone, by its own unit tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::chores::{self, Workspace};

const PACKAGE: &str = "tandem-gate";
const SOURCES: &str = "vehicle-bus/gate/src";
/// The gate has more of both; fewer were not counted at all.
const LEAST_LINES: usize = 200;
const LEAST_BRANCHES: usize = 40;

/// # Errors
/// Every line that no test runs and every branch that none takes, or what keeps them from being counted.
pub fn run(workspace: &Workspace, may_install: bool) -> Result<()> {
    if !chores::succeeds(Command::new("rustup").args(["run", "nightly", "cargo", "--version"])) {
        return chores::skip(
            "branches are counted by the nightly tool chain: rustup toolchain install nightly --profile minimal",
        );
    }
    let Some(tools) = llvm(may_install)? else {
        return chores::skip("branches are counted by llvm-tools: rustup component add llvm-tools --toolchain nightly");
    };
    let folder = workspace.target.join("coverage");
    let tests = build(workspace, &folder)?;
    let (raw, counts) = (folder.join("gate.profraw"), folder.join("gate.profdata"));
    // At its end, whatever other tests left there.
    chores::run(Command::new(&tests).arg("--quiet").env("LLVM_PROFILE_FILE", &raw).stdout(Stdio::null()))?;
    chores::run(Command::new(tools.join("llvm-profdata")).args(["merge", "-sparse", "-o"]).args([&counts, &raw]))?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export.args(["export", "--format=lcov", "--instr-profile"]).arg(&counts).arg(&tests).arg("--sources");
    let output = export.arg(workspace.root.join(SOURCES)).stderr(Stdio::inherit()).output().context("llvm-cov")?;
    ensure!(output.status.success(), "{} ended with {}", chores::line(&export), output.status);
    let told = Coverage::read(&String::from_utf8_lossy(&output.stdout))?;
    eprintln!("{PACKAGE}: {} lines and {} branches", told.lines, told.branches);
    ensure!(told.lines >= LEAST_LINES && told.branches >= LEAST_BRANCHES, "that is not all of it");
    ensure!(told.missed.is_empty(), "the tests of the gate leave out:\n  {}", told.missed.join("\n  "));
    Ok(())
}

/// The folder of LLVM's tools, of the tool chain's own version.
fn llvm(may_install: bool) -> Result<Option<PathBuf>> {
    let output = Command::new("rustup").args(["run", "nightly", "rustc", "--print", "target-libdir"]).output()?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let tools = libraries.parent().context("rustc names no folder")?.join("bin");
    let there = || tools.join("llvm-cov").is_file();
    if !there() && may_install {
        let mut add = Command::new("rustup");
        // Without a network the answer is that it is not there.
        chores::succeeds(add.args(["component", "add", "llvm-tools", "--toolchain", "nightly"]));
    }
    Ok(there().then_some(tools))
}

/// Builds the tests. The flags are the gate's alone: what it needs is built once and kept.
fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let mut build = Command::new("rustup");
    build.args(["run", "nightly", "cargo", "rustc", "--locked", "--package", PACKAGE, "--lib", "--profile", "test"]);
    build.args(["--message-format", "json", "--target-dir"]).arg(folder);
    build.args(["--", "-Cinstrument-coverage", "-Zcoverage-options=branch"]);
    chores::leave_cargo(&mut build);
    build.current_dir(&workspace.root).env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR").stderr(Stdio::inherit());
    let output = build.output().context("cannot run rustup")?;
    ensure!(output.status.success(), "{} ended with {}", chores::line(&build), output.status);
    let told = String::from_utf8_lossy(&output.stdout);
    let path = told.split("\"executable\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(PathBuf::from(path.context("cargo names no program of the tests")?))
}

#[derive(Debug, Default, PartialEq)]
struct Coverage {
    lines: usize,
    branches: usize,
    /// As compilers name a place.
    missed: Vec<String>,
}

impl Coverage {
    /// Of a report in lcov's form. What the tests' own files say does not count.
    fn read(report: &str) -> Result<Self> {
        let mut told = Self::default();
        let mut file = None;
        for line in report.lines() {
            let (kind, rest) = line.split_once(':').unwrap_or((line, ""));
            match (kind, file) {
                ("SF", _) => file = Some(rest).filter(|path| !path.ends_with("tests.rs")),
                ("DA", Some(file)) => {
                    let [line, count] = numbers(rest)?;
                    told.lines += 1;
                    if count == "0" {
                        told.missed.push(format!("{file}:{line}: no test runs this line"));
                    }
                }
                ("BRDA", Some(file)) => {
                    let [line, _, branch, count] = numbers(rest)?;
                    told.branches += 1;
                    if matches!(count, "0" | "-") {
                        let outcome = if branch == "0" { "true" } else { "false" };
                        told.missed.push(format!("{file}:{line}: no test finds this {outcome}"));
                    }
                }
                _ => {}
            }
        }
        Ok(told)
    }
}

fn numbers<const N: usize>(text: &str) -> Result<[&str; N]> {
    let numbers: Vec<&str> = text.split(',').take(N).collect();
    match numbers.try_into() {
        Ok(numbers) => Ok(numbers),
        Err(_) => bail!("`{text}` is no line of lcov's"),
    }
}

/// Removes what another checkout's gate was built into.
///
/// # Errors
/// It cannot be removed.
pub fn forget(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("coverage");
    if !folder.is_dir() {
        return Ok(());
    }
    let clean = ["clean", "--workspace", "--quiet", "--locked", "--target-dir"];
    chores::run(workspace.cargo(&clean).arg(&folder))?;
    fs::remove_file(folder.join("gate.profdata")).or(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_branches_that_no_test_runs_are_told() {
        let report = "SF:a/gate.rs\nDA:1,5\nDA:2,0\nBRDA:3,0,0,7\nBRDA:3,0,1,0\nBRDA:4,1,0,-\nBRDA:4,1,1,-\nLF:2\nend_of_record\nSF:a/tests.rs\nDA:1,0\nBRDA:1,0,0,0\nend_of_record\n";
        let told = Coverage::read(report).unwrap();
        assert_eq!((told.lines, told.branches), (2, 4));
        assert_eq!(
            told.missed,
            [
                "a/gate.rs:2: no test runs this line",
                "a/gate.rs:3: no test finds this false",
                "a/gate.rs:4: no test finds this true",
                "a/gate.rs:4: no test finds this false",
            ]
        );
        assert!(Coverage::read("SF:a.rs\nDA:1\n").is_err());
    }
}

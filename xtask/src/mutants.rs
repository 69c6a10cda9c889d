//! That the tests of the gate notice every change to it: cargo-mutants changes one thing after the other, and each time a test has to fail.

use anyhow::Result;

use crate::chores::{self, Workspace};

const MUTANTS: &str = "27.1.0";

/// # Errors
/// A change that no test notices, all of which are told, or what keeps them from being tried.
pub fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    chores::provide_tool(workspace, "mutants", MUTANTS, &[])?;
    let mut mutants = workspace.cargo(&["mutants", "--package", "tandem-gate", "--no-shuffle", "--timeout", "60"]);
    mutants.arg("--output").arg(workspace.target.join("mutants-told")).args(args);
    // It works on a copy of the sources; what they need is built once.
    mutants.env("CARGO_TARGET_DIR", workspace.target.join("mutants"));
    chores::run(&mut mutants)
}

//! The phone link: how soon a song goes on in the car and where, how soon a loss is seen and mended, and what it costs. The phone is kdeconnectd at the other end of
//! a virtual cable where that can be had, and a simulated one on this machine.

mod car;
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the stage of the link's tests")]
#[path = "../../../phone-link/link/tests/kdeconnectd/stage.rs"]
mod far;
mod real;
mod simulated;
mod song;

use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::figure::Figure;
use far::Peer;

/// Claims of each phone.
const CLAIMS: usize = 40;

pub fn figures() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if far::is_apart(Peer::Own) {
        return runtime.block_on(real::figures());
    }
    let mut figures = match far::missing(Peer::Own) {
        None => with_a_cable()?,
        Some(why) => {
            eprintln!("==\n== LEFT OUT: all figures with kdeconnectd: {why}\n==");
            Vec::new()
        }
    };
    figures.extend(runtime.block_on(simulated::figures())?);
    Ok(figures)
}

/// The same program once more, where there is a cable to pull.
fn with_a_cable() -> Result<Vec<Figure>> {
    let mut inner = far::apart(&std::env::current_exe()?);
    let output = inner.args(["phone", "--json"]).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the figures with kdeconnectd ended with {}", output.status);
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| serde_json::from_str(line).context("a figure")).collect()
}

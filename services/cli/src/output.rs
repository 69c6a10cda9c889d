use std::io::Write;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

/// How the answer is printed.
#[derive(Args, Clone, Copy, Debug)]
pub struct Output {
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

impl Output {
    /// Prints an answer to standard output, as text or as one JSON document.
    pub fn print(self, answer: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let shown = if self.json {
            serde_json::to_string_pretty(answer).context("the answer is no JSON")? + "\n"
        } else {
            text()
        };
        let mut output = std::io::stdout().lock();
        let written = output.write_all(shown.as_bytes()).and_then(|()| output.flush());
        written.context("cannot write the answer to standard output")
    }
}

use std::path::Path;

use anyhow::Context;
use tandem_logs::{LogError, Reader};

use crate::failure::SetUp;
use crate::table::counted;

/// Opens a recording; `-` is standard input.
///
/// # Errors
/// A wrong set-up: it cannot be read.
pub fn open(path: &Path) -> anyhow::Result<Reader> {
    let opened = if path == Path::new("-") { Reader::new(std::io::stdin()) } else { tandem_logs::open(path) };
    opened.with_context(|| SetUp(format!("cannot read the recording {}", path.display())))
}

/// What of a recording was left out.
#[derive(Debug, Default)]
pub struct Skipped {
    pub count: u64,
    /// The first few, each with its place.
    pub first: Vec<String>,
    /// Where the recording breaks off before its end.
    broken: Option<LogError>,
}

/// How many are told of.
const TOLD: usize = 5;

impl Skipped {
    pub fn hear(&mut self, error: LogError) {
        if error.breaks_off() {
            self.broken = Some(error);
        } else {
            self.note(error.to_string());
        }
    }

    /// Asked when what was read is told: half a recording is no success.
    ///
    /// # Errors
    /// The recording breaks off before its end.
    pub fn finish(self) -> anyhow::Result<()> {
        self.broken.map_or(Ok(()), |error| Err(error.into()))
    }

    pub fn note(&mut self, what: String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(what);
        }
    }

    /// For people: nothing if nothing was left out, else a line of its own and one for each that is told of.
    pub fn text(&self) -> String {
        if self.count == 0 {
            return String::new();
        }
        let first: String = self.first.iter().map(|what| format!("\n  {what}")).collect();
        format!("\n{} without a frame, the first of them:{first}", counted(self.count, "part"))
    }
}

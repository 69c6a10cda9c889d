use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::json;
use tandem_dbc::{Database, Repair};
use tandem_units::plain;

use crate::failure::{Status, set_up};
use crate::table::counted;

/// Prints the defects of one DBC file.
pub fn run(file: &Path, json: bool) -> anyhow::Result<Status> {
    let name = file.display().to_string();
    let text = std::fs::File::open(file)
        .and_then(tandem_dbc::read)
        .map_err(|error| set_up(format!("cannot read the DBC file {name}: {error}")))?;
    let database = Database::parse(&text).map_err(|error| set_up(format!("{name}: {error}")))?;
    let found = database.lint();
    let shown =
        if json { document(&name, &found).context("the findings are no JSON")? } else { text_of(&name, &found) };
    std::io::stdout().write_all(shown.as_bytes())?;
    Ok(if found.is_empty() { Status::OK } else { Status::FAILED })
}

fn text_of(file: &str, found: &[Repair]) -> String {
    let line = |found: &Repair| format!("{file}:{}: {} [{}]", found.line, found.what, found.defect.name());
    let lines = found.iter().map(|found| plain(&line(found)).into_owned() + "\n");
    lines.chain([counted(found.len() as u64, "finding") + "\n"]).collect()
}

fn document(file: &str, found: &[Repair]) -> serde_json::Result<String> {
    let found: Vec<_> = found
        .iter()
        .map(|found| json!({"line": found.line, "kind": found.defect.name(), "what": found.what}))
        .collect();
    Ok(serde_json::to_string_pretty(&json!({"file": file, "findings": found}))? + "\n")
}

//! The configuration of the system's bus, as the table of who may say what to whom has it.

use anyhow::{Context, Result};
use tandem_policy::{TABLE, Table, named, written};

use crate::chores::Workspace;

/// Writes a file for each role. `tests/house` says when one differs.
pub fn write(workspace: &Workspace) -> Result<()> {
    let table = Table::read(TABLE).context("services/policy/table.toml")?;
    for (file, text) in written(&table, named) {
        let path = workspace.root.join(&file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("{file}");
    }
    Ok(())
}

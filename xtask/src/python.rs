//! The Python peer: cantools in a virtual environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::chores;

const CANTOOLS: &str = "cantools==45.1.0";

/// Makes the environment unless it stands, and returns its interpreter.
pub fn provide() -> Result<PathBuf> {
    let home = chores::cache()?.join("python");
    let python = home.join("bin/python3");
    let works = "import importlib.metadata as m, sys; sys.exit(m.version('cantools') != sys.argv[1].split('==')[1])";
    if chores::succeeds(Command::new(&python).args(["-c", works, CANTOOLS])) {
        return Ok(python);
    }
    eprintln!("making {} with {CANTOOLS}", home.display());
    // Debian's own interpreter: the package python3-venv belongs to it.
    let system = if std::path::Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" };
    chores::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))?;
    chores::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", CANTOOLS]))?;
    Ok(python)
}

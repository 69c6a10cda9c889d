//! The Python peers, in a virtual environment of their own: cantools decodes, python-can reads recordings and speaks on our buses, and with it ISO-TP and UDS.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::chores;

const PINNED: [&str; 5] =
    ["cantools==45.1.0", "python-can==4.6.1", "can-cannelloni==0.1.0", "can-isotp==2.0.7", "udsoncan==1.26.1"];

/// Makes the environment unless it stands, and returns its interpreter.
pub fn provide() -> Result<PathBuf> {
    let home = chores::cache()?.join("python");
    let python = home.join("bin/python3");
    let has_all = "import importlib.metadata as m, sys\n\
                   sys.exit(any(m.version(name) != pin for name, pin in (one.split('==') for one in sys.argv[1:])))";
    if chores::succeeds(Command::new(&python).args(["-c", has_all]).args(PINNED)) {
        return Ok(python);
    }
    eprintln!("making {} with {}", home.display(), PINNED.join(", "));
    // Debian's own interpreter: the package python3-venv belongs to it.
    let system = if std::path::Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" };
    chores::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))?;
    chores::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PINNED))?;
    Ok(python)
}

//! Python's packages that ours is compared with or read by, each set in a virtual environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::chores;

/// A virtual environment, by the name of its folder in the cache.
pub struct Environment {
    folder: &'static str,
    pinned: &'static [&'static str],
}

/// cantools decodes, python-can reads recordings and speaks on our buses, and with it ISO-TP and UDS.
pub const PEERS: Environment = Environment {
    folder: "python",
    pinned: &["cantools==45.1.0", "python-can==4.6.1", "can-cannelloni==0.1.0", "can-isotp==2.0.7", "udsoncan==1.26.1"],
};

/// BitBake's own parser, which its setup tool brings along, a linter of recipes, and kas with the schema of its files.
pub const YOCTO: Environment =
    Environment { folder: "yocto", pinned: &["bitbake-setup==2.19.0", "oelint-adv==9.11.2", "kas==5.5"] };

/// Makes the environment unless it stands, and returns its interpreter.
pub fn provide(environment: &Environment) -> Result<PathBuf> {
    let home = chores::cache()?.join(environment.folder);
    let python = home.join("bin/python3");
    let has_all = "import importlib.metadata as m, sys\n\
                   sys.exit(any(m.version(name) != pin for name, pin in (one.split('==') for one in sys.argv[1:])))";
    if chores::succeeds(Command::new(&python).args(["-c", has_all]).args(environment.pinned)) {
        return Ok(python);
    }
    eprintln!("making {} with {}", home.display(), environment.pinned.join(", "));
    // Debian's own interpreter: the package python3-venv belongs to it.
    let system = if std::path::Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" };
    chores::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))?;
    chores::run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(environment.pinned))?;
    Ok(python)
}

//! A Debian whose systemd runs in name spaces of this machine's kernel, at native speed, with the units that a car starts. It has no CAN, which the vehicle service
//! waits for, and no display, so the screens draw into memory, and music plays to nowhere.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::dist::{self, UNITS};

/// What a Debian starts that a car has no use for.
const NOBODYS: [&str; 3] = ["console-getty.service", "systemd-networkd.service", "systemd-resolved.service"];
const OWN_UNITS: &str = "etc/systemd/system";

pub struct Spaces {
    home: TempDir,
    programs: Vec<PathBuf>,
    assets: PathBuf,
}

impl Spaces {
    /// A copy of a Debian with all that the checkout `root` has for a car; its programs are in the folder `programs`. `unit` is one more, which starts with the rest:
    /// its name and its text.
    ///
    /// # Errors
    /// There is no room, a tool of systemd's is missing, or a program is.
    pub fn make(debian: &Path, root: &Path, programs: &Path, unit: (&str, &str)) -> Result<Self> {
        let files = dist::files(root)?;
        let names = dist::programs(&files)?;
        let programs: Vec<_> = names.iter().map(|name| programs.join(name)).collect();
        for program in &programs {
            ensure!(program.is_file(), "there is no {}", program.display());
        }
        let made = Self { home: tempfile::tempdir()?, programs, assets: root.join("assets") };
        let system = made.system();
        does(Command::new("cp").args(["-a", "--reflink=auto"]).args([debian, &system]))?;
        let mut ours = Vec::new();
        for placed in &files {
            // It has no devices to let a part at, and no sound server.
            if ["devices.conf", "pipewire.conf"].map(OsStr::new).map(Some).contains(&placed.to.file_name()) {
                continue;
            }
            made.put(&placed.to, &fs::read(&placed.from).with_context(|| placed.from.display().to_string())?)?;
            if placed.to.parent() == Some(Path::new(UNITS)) {
                ours.extend(placed.to.file_name());
            }
        }
        for screen in ["cluster", "centre"] {
            let text = format!("TANDEM_{}=--headless\n", screen.to_uppercase());
            made.put(Path::new(&format!("etc/tandem/{screen}.env")), text.as_bytes())?;
        }
        let (name, text) = unit;
        made.put(&Path::new(OWN_UNITS).join(name), text.as_bytes())?;
        does(Command::new("systemd-sysusers").arg(format!("--root={}", system.display())))?;
        let mut enable = Command::new("systemctl");
        does(enable.arg(format!("--root={}", system.display())).arg("enable").args(ours))?;
        let own = system.join(OWN_UNITS);
        std::os::unix::fs::symlink(format!("../{name}"), own.join("multi-user.target.wants").join(name))?;
        for nobodys in NOBODYS {
            let _ = std::os::unix::fs::symlink("/dev/null", own.join(nobodys));
        }
        Ok(made)
    }

    fn system(&self) -> PathBuf {
        self.home.path().join("system")
    }

    /// # Errors
    /// It cannot be written.
    pub fn put(&self, place: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.system().join(place);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(&path, bytes).with_context(|| path.display().to_string())
    }

    /// What starts it. It sees `told`, and may write to it, as /told.
    pub fn command(&self, told: &Path) -> Command {
        let mut command = Command::new("systemd-nspawn");
        command.args(["--quiet", "--register=no", "--keep-unit", "--boot", "--private-network", "--console=pipe"]);
        command.args(["--machine=tandem-units", "--resolv-conf=off", "--timezone=off"]);
        command.arg("--directory").arg(self.system());
        command.arg(format!("--bind={}:/told", told.display()));
        command.arg(format!("--bind-ro={}:/usr/share/tandem", self.assets.display()));
        for program in &self.programs {
            let name = program.file_name().unwrap_or_default().display();
            command.arg(format!("--bind-ro={}:/usr/bin/{name}", program.display()));
        }
        command
    }
}

fn does(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    Ok(())
}

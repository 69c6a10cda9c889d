//! The shipped vehicle service on a bus of its own, with this process as its car.

use std::path::Path;
use std::process::{ChildStderr, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::Pid;
use tandem_can::{Event, Hello, Listener, Local, Pace};
use tandem_scenes::{Daemon, binary, root};

use crate::process::Kept;

pub struct Service {
    pub daemon: Daemon,
    pub link: Local,
    /// What it has to complain of.
    pub stderr: Option<ChildStderr>,
    process: Kept,
    _folder: tempfile::TempDir,
}

impl Service {
    /// Starts it for a car by its name or folder, and says hello as that car, which lives by the clock.
    pub fn start(car: impl AsRef<Path>, interfaces: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("link");
        let daemon = Daemon::start();
        let listener = Listener::bind(&path)?;
        let mut child = Command::new(binary("tandem-vehicle"))
            .arg("--car")
            .arg(car.as_ref())
            .arg("--link")
            .arg(&path)
            .env("TANDEM_BUS", daemon.address())
            .env("TANDEM_ASSETS", root().join("assets"))
            .env("TANDEM_LOG", "warn")
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take();
        let process = Kept(child);
        let link = listener.accept()?;
        let interfaces = interfaces.iter().map(|name| (*name).to_owned()).collect();
        link.send(&[Event::Hello(Hello { pace: Pace::Live, interfaces })])?;
        Ok(Self { daemon, link, stderr, process, _folder: folder })
    }

    pub fn pid(&self) -> Result<Pid> {
        Pid::from_raw(i32::try_from(self.process.0.id())?).context("a process id")
    }
}

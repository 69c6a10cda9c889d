//! A D-Bus daemon of the test's own, which can be stopped and started again at the same address.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

pub struct Bus {
    folder: TempDir,
    daemon: Child,
}

impl Bus {
    /// None, and said so, where there is no dbus-daemon.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let configuration = format!(
            "<busconfig><type>session</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            folder.path().display()
        );
        std::fs::write(folder.path().join("bus.conf"), configuration).unwrap();
        match daemon(&folder) {
            Ok(daemon) => Some(Self { folder, daemon }),
            Err(error) => {
                eprintln!("SKIPPED: dbus-daemon does not start ({error}): install the Debian package dbus-daemon");
                None
            }
        }
    }

    pub fn address(&self) -> String {
        format!("unix:path={}/bus", self.folder.path().display())
    }

    pub fn stop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.daemon = daemon(&self.folder).unwrap();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Starts the daemon and waits until it listens: then it prints its address.
fn daemon(folder: &TempDir) -> std::io::Result<Child> {
    let _ = std::fs::remove_file(folder.path().join("bus"));
    let mut daemon = Command::new("dbus-daemon")
        .arg(format!("--config-file={}/bus.conf", folder.path().display()))
        .args(["--nofork", "--nopidfile", "--print-address"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut line)?;
    Ok(daemon)
}

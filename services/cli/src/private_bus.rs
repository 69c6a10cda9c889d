use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::time::timeout;
use zbus::Connection;

use crate::failure::{SetUp, set_up};
use crate::places;
use crate::supervisor::{Program, Role};

/// A Unix socket's path has 107 bytes at most.
const LONGEST_SOCKET_PATH: usize = 107;
/// A daemon that comes back after its death stays away for 5 s at most.
const START_UP: Duration = Duration::from_secs(20);
/// Headless pictures are drawn by the processor, which may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// A D-Bus of our own: nobody else's programs are on it, and it goes when we go.
pub struct PrivateBus {
    folder: TempDir,
    daemon: PathBuf,
    address: String,
}

impl PrivateBus {
    /// Makes the folder and the configuration. The daemon itself is a program to start.
    ///
    /// # Errors
    /// No dbus-daemon, or no folder that we can write to.
    pub fn prepare() -> anyhow::Result<Self> {
        let daemon = places::system_program("dbus-daemon", "dbus-daemon")?;
        let folder = private_folder()?;
        let socket = folder.path().join("bus");
        if socket.as_os_str().len() > LONGEST_SOCKET_PATH {
            return Err(set_up(format!("{} is too long for a socket: set TMPDIR to a shorter path", socket.display())));
        }
        let address = format!("unix:path={}", escape(&socket));
        fs::write(folder.path().join("bus.conf"), configuration(&address)).context("cannot configure the bus")?;
        Ok(Self { folder, daemon, address })
    }

    /// The daemon.
    pub fn program(&self) -> Program {
        let mut configuration = std::ffi::OsString::from("--config-file=");
        configuration.push(self.folder.path().join("bus.conf"));
        Program {
            name: "dbus-daemon",
            role: Role::Bus,
            path: self.daemon.clone(),
            arguments: vec![configuration, "--nofork".into(), "--nopidfile".into(), "--syslog-only".into()],
            environment: Vec::new(),
        }
    }

    /// The D-Bus address, such as `unix:path=/run/user/1000/tandem-x/bus`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the car's link listens.
    pub fn link(&self) -> PathBuf {
        self.folder.path().join("link")
    }

    /// Where a media service keeps what ends with this bus.
    pub fn media_state(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    /// Where a settings service keeps what ends with this bus.
    pub fn settings_state(&self) -> PathBuf {
        self.folder.path().join("settings")
    }

    /// Where a phone service keeps what ends with this bus.
    pub fn phone_state(&self) -> PathBuf {
        self.folder.path().join("phones")
    }

    /// Where no bus of a system is.
    pub fn no_system_bus(&self) -> OsString {
        let mut address = OsString::from("unix:path=");
        address.push(self.folder.path().join("no-system-bus"));
        address
    }

    /// A connection, as soon as the daemon listens.
    ///
    /// # Errors
    /// It does not come up, or refuses us.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let listens = async {
            while UnixStream::connect(self.folder.path().join("bus")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(START_UP, listens)
            .await
            .context("the private D-Bus does not come up; what it says is in the system's log")?;
        let builder = zbus::connection::Builder::address(self.address.as_str()).method_timeout(PATIENCE);
        builder.build().await.context("the private D-Bus refuses us")
    }
}

fn private_folder() -> anyhow::Result<TempDir> {
    let base = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
    let base = base.unwrap_or_else(env::temp_dir);
    tempfile::Builder::new()
        .prefix("tandem-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&base)
        .with_context(|| {
            SetUp(format!("cannot make a folder in {}: set TMPDIR to one that can be written", base.display()))
        })
}

/// The bytes that a D-Bus address may not hold, as `%20`.
fn escape(path: &Path) -> String {
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'/' | b'.' | b'*' => text.push(char::from(*byte)),
            other => {
                let _ = write!(text, "%{other:02x}");
            }
        }
        text
    })
}

/// A bus for one user, without services that it would start by itself. Who may listen in (`eavesdrop`) could also be told replies that nobody asked for, which clients
/// take for answers.
fn configuration(address: &str) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_escapes_what_it_may_not_hold() {
        assert_eq!(escape(Path::new("/run/user/1000/tandem-aZ9_x/bus")), "/run/user/1000/tandem-aZ9_x/bus");
        assert_eq!(escape(Path::new("/tmp/a b;ü<&/bus")), "/tmp/a%20b%3b%c3%bc%3c%26/bus");
    }

    #[test]
    fn the_folder_is_ours_alone() {
        let folder = private_folder().unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

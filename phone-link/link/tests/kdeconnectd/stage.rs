//! A network of two machines for one test, and Debian's kdeconnectd (protocol 7) on the far one. All of it goes when the test does, also when it is killed.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use zbus::zvariant::DynamicType;
use zbus::{Connection, Message, OwnedVariant};

const INSIDE: &str = "TANDEM_STAGE";
/// For what takes a moment; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Where Debian has it, whatever the processor.
fn daemon() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    folders.map(|folder| folder.path().join("libexec/kdeconnectd")).find(|path| path.exists())
}

/// Runs a test again, in a network and with process ids of its own: true there. Outside it says that the test has run, or loudly why it has not.
pub fn is_alone(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        run(Command::new("ip").args(["link", "set", "lo", "up"]));
        return true;
    }
    let unshare = |program: &Path| {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", "unshare", "--net", "--pid", "--fork"]);
        command.args(["--kill-child", "--mount-proc", "--"]).arg(program);
        command
    };
    let may = unshare(Path::new("true")).output().is_ok_and(|ran| ran.status.success());
    if !may || daemon().is_none() {
        let why = if may { "the Debian package kdeconnect is not installed" } else { "this needs root" };
        eprintln!("==\n== SKIPPED {test}: {why}\n==");
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let status = unshare(&own).args(["--exact", test, "--nocapture"]).env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "{test}: {status}");
    false
}

pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn ip(arguments: &str) {
    run(Command::new("ip").args(arguments.split(' ')));
}

/// The machine at the other end of the cable: 10.77.0.2, and we are 10.77.0.1.
pub struct Far {
    holder: Child,
}

impl Far {
    pub fn new() -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "--", "sh", "-c", "ip link set lo up; echo; exec sleep infinity"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let far = Self { holder };
        ip(&format!("link add near type veth peer name far netns {}", far.holder.id()));
        ip("addr add 10.77.0.1/24 brd + dev near");
        ip("link set near up");
        // It broadcasts without saying from where.
        for arguments in ["addr add 10.77.0.2/24 brd + dev far", "link set far up", "route add 255.255.255.255 dev far"]
        {
            run(far.command("ip").args(arguments.split(' ')));
        }
        far
    }

    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.holder.id().to_string(), "--"]).arg(program);
        command
    }

    /// Between 10.88.0.1, ours, and 10.88.0.2.
    pub fn lay_another_cable(&self) {
        ip(&format!("link add uplink type veth peer name uplink netns {}", self.holder.id()));
        ip("addr add 10.88.0.1/24 dev uplink");
        ip("link set uplink up");
        for arguments in ["addr add 10.88.0.2/24 dev uplink", "link set uplink up"] {
            run(self.command("ip").args(arguments.split(' ')));
        }
    }

    /// Whether one of our addresses takes a connection of it.
    pub fn reaches(&self, address: &str) -> bool {
        let mut command = self.command("bash");
        command.args(["-c", &format!("exec 3<>/dev/tcp/{address}/1716")]).stderr(Stdio::null());
        command.status().unwrap().success()
    }

    pub fn pull_the_cable(&self) {
        run(self.command("ip").args(["link", "set", "far", "down"]));
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        // The kernel would take its time to.
        let _ = Command::new("ip").args(["link", "del", "near"]).status();
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// kdeconnectd with a home and a bus of its own.
pub struct Daemon<'a> {
    far: &'a Far,
    home: TempDir,
    bus: Child,
    child: Option<Child>,
    pub connection: Connection,
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        self.kill();
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

impl<'a> Daemon<'a> {
    /// Its bus stands; the daemon itself is yet to be started.
    pub async fn new(far: &'a Far) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir_all(home.path().join("config/kdeconnect")).unwrap();
        fs::write(home.path().join("config/kdeconnect/config"), "[General]\nname=Far\n").unwrap();
        let address = format!("unix:path={}/bus", home.path().display());
        // No service is started by it: the daemon runs when the test says so.
        let config = format!(
            "<busconfig><type>session</type><listen>{address}</listen><policy context='default'>\
             <allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
        );
        fs::write(home.path().join("bus.conf"), config).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}/bus.conf", home.path().display()))
            .args(["--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let connection = zbus::connection::Builder::address(address.as_str()).build().await.unwrap();
        Self { far, home, bus, child: None, connection }
    }

    /// Its address.
    pub fn bus(&self) -> String {
        format!("unix:path={}", self.file("bus").display())
    }

    pub fn start(&mut self) {
        let home = self.home.path();
        let log = fs::File::create(home.join("log")).unwrap();
        let child = self
            .far
            .command(daemon().unwrap())
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus())
            .env("QT_LOGGING_RULES", "kdeconnect.*=true")
            .env("QT_QPA_PLATFORM", "offscreen")
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    async fn ask<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + DynamicType + Sync,
    {
        let path = format!("/modules/kdeconnect{path}");
        self.connection.call_method(Some("org.kde.kdeconnect"), path, Some(interface), method, body).await
    }

    /// A method of a device, or of one of its plugins; it may still be loading.
    pub async fn tell<B: serde::Serialize + DynamicType + Sync>(
        &self,
        device: &str,
        plugin: Option<&str>,
        method: &str,
        body: &B,
    ) {
        let path = plugin.map_or_else(String::new, |plugin| format!("/{plugin}"));
        let interface = plugin.map_or_else(String::new, |plugin| format!(".{plugin}"));
        let told = async {
            while let Err(error) = self
                .ask(
                    &format!("/devices/{device}{path}"),
                    &format!("org.kde.kdeconnect.device{interface}"),
                    method,
                    body,
                )
                .await
            {
                eprintln!("{method}: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(PATIENCE, told).await.unwrap_or_else(|_| panic!("{method}:\n{}", self.log()));
    }

    /// Waits until a property of a device, or of one of its plugins, is as wished.
    pub async fn wait_for<T>(
        &self,
        device: &str,
        plugin: Option<&str>,
        property: &str,
        wished: impl Fn(&T) -> bool,
    ) -> T
    where
        T: TryFrom<OwnedVariant>,
    {
        let path = plugin.map_or_else(String::new, |plugin| format!("/{plugin}"));
        let interface = plugin.map_or_else(
            || "org.kde.kdeconnect.device".to_owned(),
            |plugin| format!("org.kde.kdeconnect.device.{plugin}"),
        );
        let got = async {
            loop {
                let reply = self
                    .ask(
                        &format!("/devices/{device}{path}"),
                        "org.freedesktop.DBus.Properties",
                        "Get",
                        &(interface.as_str(), property),
                    )
                    .await;
                let value = reply.ok().and_then(|reply| reply.body().deserialize::<OwnedVariant>().ok());
                if let Some(value) = value.and_then(|value| T::try_from(value).ok()).filter(&wished) {
                    return value;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, got).await.unwrap_or_else(|_| panic!("{property}:\n{}", self.log()))
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

//! A network of two machines for one test, and a kdeconnectd on the far one. All of it goes when the test does, also when it is killed.

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
/// The root of a newer Debian with kdeconnect, from `cargo xtask test`.
const NEWER: &str = "TANDEM_KDECONNECT_8";
const NO_ROOT: &str = "there is no root of a newer Debian; `cargo xtask test` makes one, or has said why not";
/// For what takes a moment; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Who plays the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// This Debian's kdeconnectd: protocol 7.
    Own,
    /// A newer Debian's, which lives in a root of its own: protocol 8.
    Newer,
}

impl Peer {
    pub fn protocol(self) -> u8 {
        match self {
            Self::Own => 7,
            Self::Newer => 8,
        }
    }

    fn root(self) -> Option<PathBuf> {
        match self {
            Self::Own => Some("/".into()),
            Self::Newer => std::env::var_os(NEWER).filter(|root| !root.is_empty()).map(PathBuf::from),
        }
    }

    /// The program, as it is called in its root; or why there is none.
    fn program(self) -> Result<PathBuf, &'static str> {
        let missing = match self {
            Self::Own => "the Debian package kdeconnect is not installed",
            Self::Newer => NO_ROOT,
        };
        let root = self.root().ok_or(missing)?;
        // Where Debian 12 has it, whatever the processor, and where later ones have it.
        let folders = fs::read_dir(root.join("usr/lib")).into_iter().flatten().flatten();
        let places = folders.map(|folder| folder.path().join("libexec/kdeconnectd"));
        let place = places.chain([root.join("usr/bin/kdeconnectd")]).find(|path| path.exists()).ok_or(missing)?;
        Ok(Path::new("/").join(place.strip_prefix(&root).unwrap_or(&place)))
    }

    /// Makes its root ready to be lived in, for this test alone: nothing is written into it.
    fn move_in(self) {
        let Some(root) = self.root().filter(|_| self == Self::Newer) else { return };
        let mount = |options: &[&str], from: &Path, to: PathBuf| {
            run(Command::new("mount").args(options).arg(from).arg(to));
        };
        mount(&["--bind"], &root, root.clone());
        run(Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&root));
        mount(&["-t", "tmpfs"], Path::new("tmpfs"), root.join("tmp"));
        mount(&["-t", "proc"], Path::new("proc"), root.join("proc"));
        mount(&["--bind"], Path::new("/dev"), root.join("dev"));
    }

    /// Shows it a folder of /tmp, at the same place.
    fn show(self, folder: &Path) {
        let Some(root) = self.root().filter(|_| self == Self::Newer) else { return };
        let there = root.join(folder.strip_prefix("/").unwrap());
        fs::create_dir(&there).unwrap();
        run(Command::new("mount").arg("--bind").arg(folder).arg(there));
    }
}

/// Runs a test again, apart from everything: true there. Outside it says that the test has run, or loudly why it has not.
pub fn is_alone(test: &str, peer: Peer) -> bool {
    if is_apart(peer) {
        return true;
    }
    match missing(peer) {
        None => {}
        // Its mirror may be out of reach, in CI too.
        Some(why) if why == NO_ROOT => {
            tandem_scenes::skip_even_in_ci(&format!("{test}: {why}"));
            return false;
        }
        Some(why) => {
            tandem_scenes::skip(&format!("{test}: {why}"));
            return false;
        }
    }
    let own = std::env::current_exe().unwrap();
    let status = apart(&own).args(["--exact", test, "--nocapture"]).status().unwrap();
    assert!(status.success(), "{test}: {status}");
    false
}

/// Whether this was started by [`apart`]; then it is made ready.
pub fn is_apart(peer: Peer) -> bool {
    let is_apart = std::env::var_os(INSIDE).is_some();
    if is_apart {
        run(Command::new("ip").args(["link", "set", "lo", "up"]));
        peer.move_in();
    }
    is_apart
}

/// Why there can be no stage here.
pub fn missing(peer: Peer) -> Option<&'static str> {
    let may = apart(Path::new("true")).output().is_ok_and(|ran| ran.status.success());
    if may { peer.program().err() } else { Some("this needs root") }
}

/// A program in a network, with mounts and with process ids of its own.
pub fn apart(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "unshare", "--net", "--pid", "--fork"]);
    command.args(["--kill-child", "--mount-proc", "--"]).arg(program).env(INSIDE, "1");
    command
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
        let far = Self::bare();
        ip("link add near type veth peer name cable");
        ip("addr add 10.77.0.1/24 brd + dev near");
        ip("link set near up");
        far.takes("cable");
        far
    }

    /// One without a cable yet.
    pub fn bare() -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "--", "sh", "-c", "ip link set lo up; echo; exec sleep infinity"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        Self { holder }
    }

    /// An interface of this machine becomes that one's: its end of the cable.
    pub fn takes(&self, end: &str) {
        ip(&format!("link set {end} netns {} name far", self.holder.id()));
        run(self.command("ip").args("addr add 10.77.0.2/24 brd + dev far".split(' ')));
        self.plug_the_cable_in();
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

    pub fn plug_the_cable_in(&self) {
        // It broadcasts without saying from where, and so it does with what mDNS says.
        for arguments in ["link set far up", "route add 255.255.255.255 dev far", "route add 224.0.0.0/4 dev far"] {
            run(self.command("ip").args(arguments.split(' ')));
        }
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
    peer: Peer,
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
    pub async fn new(far: &'a Far, peer: Peer) -> Self {
        let home = tempfile::tempdir_in("/tmp").unwrap();
        peer.show(home.path());
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
        Self { far, peer, home, bus, child: None, connection }
    }

    /// Its address.
    pub fn bus(&self) -> String {
        format!("unix:path={}", self.file("bus").display())
    }

    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// With more in its environment.
    pub fn start_with(&mut self, more: &[(&str, &str)]) {
        let home = self.home.path();
        let log = fs::File::create(home.join("log")).unwrap();
        let mut command = self.far.command("chroot");
        command.arg(self.peer.root().unwrap()).arg(self.peer.program().unwrap());
        let child = command
            .envs(more.iter().copied())
            .env("LC_ALL", "C.UTF-8")
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

    /// The ids of those that it knows.
    pub async fn devices(&self) -> Vec<String> {
        let told = self.ask("", "org.kde.kdeconnect.daemon", "devices", &()).await;
        told.ok().and_then(|told| told.body().deserialize().ok()).unwrap_or_default()
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

    /// Waits until it knows that it was asked to pair.
    pub async fn is_asked(&self, device: &str) {
        let property = match self.peer {
            Peer::Own => "hasPairingRequests",
            Peer::Newer => "isPairRequestedByPeer",
        };
        self.wait_for(device, None, property, |asked: &bool| *asked).await;
    }

    /// Waits until it takes a device for paired, or for a stranger.
    pub async fn is_paired(&self, device: &str, wished: bool) {
        let property = match self.peer {
            Peer::Own => "isTrusted",
            Peer::Newer => "isPaired",
        };
        self.wait_for(device, None, property, |paired: &bool| *paired == wished).await;
    }

    pub async fn ask_to_pair(&self, device: &str) {
        let method = match self.peer {
            Peer::Own => "requestPair",
            Peer::Newer => "requestPairing",
        };
        self.tell(device, None, method, &()).await;
    }

    /// The key that it shows, if it shows one on its bus.
    pub async fn key(&self, device: &str) -> Option<String> {
        match self.peer {
            Peer::Own => None,
            Peer::Newer => Some(self.wait_for(device, None, "verificationKey", |key: &String| !key.is_empty()).await),
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

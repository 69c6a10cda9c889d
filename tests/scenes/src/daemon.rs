use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use zbus::Connection;
use zbus::connection::Builder;

use crate::Bus;
use crate::bus::PATIENCE;
use crate::process::is_ready;

/// A dbus-daemon that nobody else is on. It ends with this, or with the thread that started it, however that one ends.
pub struct Daemon {
    folder: TempDir,
    address: String,
    child: Child,
}

impl Daemon {
    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// There is none, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::of("dbus-daemon", "<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>")
    }

    /// One where anybody may listen in, as the stock configuration of a session's bus has it.
    ///
    /// # Panics
    /// There is none, or it does not start.
    #[must_use]
    pub fn where_anybody_listens_in() -> Self {
        Self::of("dbus-daemon", "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>")
    }

    /// One with the policy of a system's bus, to which every user comes: the system's own, and these files.
    ///
    /// # Panics
    /// There is none, or it does not start.
    #[must_use]
    pub fn of_a_system(files: impl IntoIterator<Item = String>) -> Self {
        let stock = std::fs::read_to_string("/usr/share/dbus-1/system.conf")
            .expect("of the Debian package dbus-system-bus-common");
        let (_, policy) = stock.split_once("<policy context=\"default\">").expect("the policy for everybody");
        let (policy, _) = policy.split_once("<include").expect("the files that are included");
        let folder = tempfile::Builder::new().prefix("bus-").tempdir().expect("a folder for the bus");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("our own folder");
        std::fs::create_dir(folder.path().join("system.d")).expect("a folder in our own folder");
        for (number, file) in files.into_iter().enumerate() {
            std::fs::write(folder.path().join(format!("system.d/{number}.conf")), file)
                .expect("a file in our own folder");
        }
        let address = format!("unix:path={}/bus", folder.path().display());
        let configuration = format!(
            "<busconfig><type>system</type><listen>{address}</listen><auth>EXTERNAL</auth><policy context=\"default\">{policy}\
             <includedir>system.d</includedir></busconfig>"
        );
        Self::configured("dbus-daemon", folder, address, configuration)
    }

    fn of(program: &str, rules: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("bus-").tempdir().expect("a folder for the bus");
        let address = format!("unix:path={}/bus", folder.path().display());
        // A bus for one user, as `tandem sim` makes one, with bounds that no test comes near unless it has gone wild.
        let configuration = format!(
            "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             {rules}<allow own=\"*\"/></policy>\
             <limit name=\"max_incoming_bytes\">67108864</limit><limit name=\"max_outgoing_bytes\">67108864</limit>\
             <limit name=\"max_replies_per_connection\">50000</limit><limit name=\"max_completed_connections\">256</limit></busconfig>"
        );
        Self::configured(program, folder, address, configuration)
    }

    fn configured(program: &str, folder: TempDir, address: String, configuration: String) -> Self {
        std::fs::write(folder.path().join("bus.conf"), configuration).expect("a file in our own folder");
        let child = listening(program, folder.path());
        Self { folder, address, child }
    }

    /// Its folder, which goes with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The D-Bus address, such as `unix:path=/run/bus-x/bus`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A connection to be, with a time limit on every call.
    pub fn builder(&self) -> Builder<'static> {
        Builder::address(self.address()).method_timeout(PATIENCE)
    }

    pub async fn connect(&self) -> Connection {
        Bus::open(&self.address).await.connection
    }

    /// Ends it, as a crash would; its address stays its own.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it, as a crash would, and starts another one at the same address.
    pub fn start_again(&mut self) {
        self.stop();
        let _ = std::fs::remove_file(self.folder.path().join("bus"));
        self.child = listening("dbus-daemon", self.folder.path());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listening(program: &str, folder: &Path) -> Child {
    let mut child = tied(program)
        .arg(format!("--config-file={}/bus.conf", folder.display()))
        .args(["--nofork", "--nopidfile", "--nosyslog", "--print-address"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // One with a policy says of everything that it refuses, and a test has it refuse a thousand things.
        .stderr(std::fs::File::create(folder.join("log")).expect("a file in our own folder"))
        .spawn()
        .expect("setpriv, of the Debian package util-linux");
    let stdout = child.stdout.take().expect("it is piped");
    // It prints its address when it listens.
    let mut line = String::new();
    let told = is_ready(&stdout, PATIENCE) && BufReader::new(stdout).read_line(&mut line).is_ok_and(|size| size > 0);
    if !told {
        let _ = child.kill();
        let ended = child.wait();
        panic!("no bus for this test ({ended:?}): {program} is in the Debian package dbus-daemon");
    }
    child
}

/// A program that the kernel kills when the thread that started it is gone: a test that is killed leaves nothing behind.
pub fn tied(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::Pid;

    use super::*;
    use crate::process::wait_for;

    #[test]
    #[should_panic(expected = "is in the Debian package dbus-daemon")]
    fn a_bus_that_is_not_there_fails_and_says_what_to_install() {
        let _ = Daemon::of("dbus-daemon-of-nowhere", "");
    }

    #[test]
    fn it_comes_back_at_its_address() {
        let mut daemon = Daemon::start();
        let address = daemon.address().to_owned();
        let before = daemon.child.id();
        daemon.start_again();
        assert!(daemon.child.id() != before && daemon.address() == address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(daemon.connect());
        assert!(connection.unique_name().is_some());
    }

    /// The other half of the next one: it is run by it, and killed.
    #[test]
    #[ignore = "waits until it is killed"]
    fn holds_a_bus_for_ever() {
        let daemon = Daemon::start();
        println!("bus of {}", daemon.child.id());
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_test_that_is_killed_leaves_no_bus() {
        let mut test = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "daemon::tests::holds_a_bus_for_ever", "--ignored", "--nocapture"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(test.stdout.take().unwrap()).lines();
        let pid = lines.map_while(Result::ok).find_map(|line| line.split_once("bus of ")?.1.trim().parse().ok());
        let pid = Pid::from_raw(pid.unwrap()).unwrap();
        assert!(!wait_for(pid, Duration::ZERO), "it runs");
        test.kill().unwrap();
        test.wait().unwrap();
        assert!(wait_for(pid, PATIENCE), "the bus outlives its test");
    }
}

//! Each part as its unit starts it, under a supervisor that only listens.

use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tandem_house::{Unit, units};
use tandem_scenes::{Daemon, binary, root, tied, within};
use zbus::Connection;
use zbus::fdo::DBusProxy;

/// How long a supervisor of these stories takes silence for work.
const PATIENCE: Duration = Duration::from_millis(300);
const READY: &str = "READY=1\nWATCHDOG=1";
const FED: &str = "WATCHDOG=1";

/// Each part, the name by which it is found once it is ready, and what keeps it off this machine's networks. The screens have theirs when there is a bus; they are ready before.
const SERVICES: [(&str, &str, &[&str]); 5] = [
    ("tandem-vehicle", "org.tandem.Signals1", &[]),
    ("tandem-media", "org.tandem.Media1", &[]),
    ("tandem-phone-link", "org.tandem.PhoneLink1", &["--at", "127.0.0.1", "--no-mdns"]),
    ("tandem-settings", "org.tandem.Settings1", &[]),
    ("tandem-lifecycle", "org.tandem.Health1", &[]),
];
const SCREENS: [(&str, &str); 2] =
    [("tandem-cluster", "org.tandem.Screen1.cluster"), ("tandem-centre", "org.tandem.Screen1.centre")];

struct Part {
    child: Child,
    ear: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Part {
    fn start(name: &str, bus: &str, more: &[&str]) -> Self {
        let unit = unit(name);
        let command = unit.command();
        assert_eq!(command[0], format!("/usr/bin/{name}"));
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("notify");
        let ear = UnixDatagram::bind(&socket).unwrap();
        ear.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let child = tied(binary(name))
            .args(&command[1..])
            .args(more)
            .env_clear()
            .envs(unit.environment())
            .env("TANDEM_ASSETS", root().join("assets"))
            .env("TANDEM_BUS", bus)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("STATE_DIRECTORY", folder.path().join("state"))
            .env("GST_REGISTRY", folder.path().join("registry"))
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", PATIENCE.as_micros().to_string())
            .spawn()
            .unwrap();
        Self { child, ear, _folder: folder }
    }

    #[track_caller]
    fn says(&self) -> String {
        let mut word = [0; 256];
        let size = self.ear.recv(&mut word).expect("a word for the supervisor");
        String::from_utf8(word[..size].to_vec()).unwrap()
    }

    /// Whether nothing comes for ten times as long as the supervisor has patience, beside what was said already.
    fn falls_silent(&self) -> bool {
        self.ear.set_nonblocking(true).unwrap();
        while self.ear.recv(&mut [0; 256]).is_ok() {}
        self.ear.set_nonblocking(false).unwrap();
        self.ear.set_read_timeout(Some(PATIENCE * 10)).unwrap();
        let silent = self.ear.recv(&mut [0; 256]).is_err();
        self.ear.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        silent
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), signal).unwrap();
    }

    /// Until the kernel has stopped it: before that it may say a word more.
    fn hold(&self) {
        self.signal(Signal::STOP);
        let begun = Instant::now();
        let path = format!("/proc/{}/stat", self.child.id());
        // The state stands behind the name, which is in brackets.
        while !std::fs::read_to_string(&path).unwrap().rsplit(") ").next().unwrap().starts_with('T') {
            assert!(begun.elapsed() < Duration::from_secs(60), "it is not held");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Feeds while it runs, not while it is held, and says that it ends.
    fn lives_and_ends(mut self, name: &str) {
        for _ in 0..3 {
            assert_eq!(self.says(), FED, "{name}");
        }
        self.hold();
        assert!(self.falls_silent(), "{name}: somebody else says that it works");
        self.signal(Signal::CONT);
        assert_eq!(self.says(), FED, "{name}");
        self.signal(Signal::TERM);
        let last = loop {
            let word = self.says();
            if word != FED {
                break word;
            }
        };
        assert_eq!(last, "STOPPING=1", "{name}");
        assert!(self.child.wait().unwrap().success(), "{name}");
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unit(name: &str) -> Unit {
    units().remove(&format!("{name}.service")).unwrap()
}

async fn is_there(connection: &Connection, name: &str) -> bool {
    DBusProxy::new(connection).await.unwrap().name_has_owner(name.try_into().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_service_is_ready_when_it_can_be_asked_and_feeds_its_watchdog_until_it_ends() {
    for (name, known, more) in SERVICES {
        let bus = Daemon::start();
        let connection = bus.connect().await;
        let part = Part::start(name, bus.address(), more);
        assert_eq!(part.says(), READY, "{name}");
        let path = format!("/{}", known.replace('.', "/"));
        let interface = Some("org.freedesktop.DBus.Peer");
        let answer = connection.call_method(Some(known), path.as_str(), interface, "Ping", &());
        within("an answer", answer).await.unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        part.lives_and_ends(name);
    }
}

#[tokio::test]
async fn a_screen_is_ready_without_a_bus_and_joins_it_when_there_is_one() {
    for (name, known) in SCREENS {
        let mut bus = Daemon::start();
        bus.stop();
        let part = Part::start(name, bus.address(), &["--headless"]);
        assert_eq!(part.says(), READY, "{name}");
        bus.start_again();
        let connection = bus.connect().await;
        within("the screen on the bus", async {
            while !is_there(&connection, known).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        part.lives_and_ends(name);
    }
}

#[test]
fn the_programs_know_every_word_that_a_unit_says_to_them() {
    for name in SERVICES.map(|service| service.0).into_iter().chain(SCREENS.map(|screen| screen.0)) {
        let words = unit(name).command();
        let told = tied(binary(name)).arg("--help").output().unwrap();
        let help = String::from_utf8(told.stdout).unwrap();
        let options: Vec<_> = words.iter().filter(|word| word.starts_with("--")).collect();
        let unknown: Vec<_> = options.iter().filter(|option| !help.contains(option.as_str())).collect();
        assert!(told.status.success() && unknown.is_empty(), "{name}: {unknown:?}");
    }
}

//! Last values of the shipped service, which is killed at any moment.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tandem_can::{Event, Hello, Listener, Local, Pace};
use tandem_contracts::signals;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_scenes::{Bus, Daemon, tied, within};
use tandem_units::{Quality, Value};

const ODOMETER: &str = "Vehicle.TraveledDistance";
const DBC: &str = "BO_ 100 Dash: 4 X\n SG_ Odometer : 0|32@1+ (1,0) [0|0] \"m\" X\n";
const CAR: &str = r#"
name = "Killed"
description = "A car for this test."

[buses.can0]
dbc = "car.dbc"
bitrate = 500_000

[[signals]]
leaf = "Vehicle.TraveledDistance"
bus = "can0"
message = "Dash"
signal = "Odometer"
cycle_ms = 100
"#;
/// By then the odometer is due to be written again.
const LATER: u64 = 61_000_000_000;
const DEATHS: u32 = 25;

/// A car in a folder, a bus, and a place for the state.
struct Stage {
    daemon: Daemon,
    folder: tempfile::TempDir,
    listener: Listener,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("car.toml"), CAR).unwrap();
        std::fs::write(folder.path().join("car.dbc"), DBC).unwrap();
        Self { daemon: Daemon::start(), listener: Listener::bind(&folder.path().join("link")).unwrap(), folder }
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    /// Whether anything was written down whole: what is being written has another name.
    fn has_kept(&self) -> bool {
        let entries = std::fs::read_dir(self.state()).into_iter().flatten();
        entries.flatten().any(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
    }

    async fn start(&self, state: &Path) -> Running {
        let mut child = tied(env!("CARGO_BIN_EXE_tandem-vehicle"))
            .arg("--car")
            .arg(self.folder.path())
            .arg("--link")
            .arg(self.folder.path().join("link"))
            .arg("--state")
            .arg(state)
            .env("TANDEM_BUS", self.daemon.address())
            .env("TANDEM_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let bus = Bus::open(self.daemon.address()).await;
        let pid = Pid::from_child(&child);
        within("the service", async {
            while bus.owner(signals::NAME).await != Some(pid) {
                assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            }
        })
        .await;
        Running { child, bus, car: self.listener.accept().unwrap() }
    }
}

struct Running {
    child: Child,
    bus: Bus,
    car: Local,
}

impl Running {
    /// The odometer, which must not be said to be of now unless the car says it.
    async fn recalls(&self) -> Option<i64> {
        let (quality, value) = self.bus.reading(ODOMETER).await;
        let heard = self.bus.signals().await.get(vec![ODOMETER.to_owned()]).await.unwrap()[0].heard_ns;
        match (quality, value, heard) {
            (Quality::Stale, Some(Value::Int(metres)), 0) => Some(metres),
            (Quality::Absent, None, 0) => None,
            other => panic!("{other:?}"),
        }
    }

    fn comes(&self) {
        self.car.send(&[Event::Hello(Hello { pace: Pace::Live, interfaces: vec!["can0".into()] })]).unwrap();
    }

    fn drives(&self, t_ns: u64, metres: i64) {
        let odometer = (metres as u32).to_le_bytes();
        let frame = Frame::new(BusIndex(0), CanId::standard(100).unwrap(), t_ns, &odometer).unwrap();
        self.car.send(&[Event::Frame(frame), Event::Advance(t_ns)]).unwrap();
    }

    async fn hears(&self, metres: i64) {
        let valid = (Quality::Valid, Some(Value::Int(metres)));
        within("the odometer", async { while self.bus.reading(ODOMETER).await != valid {} }).await;
    }

    /// Ends it; what it said.
    fn ends(mut self, signal: Signal) -> String {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        self.child.wait().unwrap();
        log
    }
}

#[tokio::test]
async fn a_service_that_is_killed_at_any_moment_knows_a_whole_value_and_never_an_older_one() {
    let stage = Stage::new();
    let (mut known, mut sent) = (None, 0);
    let mut random: u32 = 0x7A4D_E305;
    for death in 0..DEATHS {
        let service = stage.start(&stage.state()).await;
        let recalled = service.recalls().await;
        assert!(recalled >= known && recalled.is_none_or(|metres| metres <= sent), "{recalled:?} after {known:?}");
        // The first death waited for the disk; the others race it.
        assert!(death == 0 || recalled.is_some(), "nothing was kept");
        known = recalled;
        (0..3).for_each(|shift| random ^= if shift == 1 { random >> 17 } else { random << [13, 0, 5][shift] });
        service.comes();
        for frame in 0..u64::from(random % 40) {
            sent += 1;
            service.drives(frame * LATER, sent);
        }
        if death == 0 {
            let until_kept = async {
                while !stage.has_kept() {
                    sent += 1;
                    service.drives((40 + sent as u64) * LATER, sent);
                    service.bus.reading(ODOMETER).await;
                }
            };
            within("a file", until_kept).await;
        }
        // Each answer is a moment later.
        for _ in 0..random >> 8 & 7 {
            service.bus.reading(ODOMETER).await;
        }
        let log = service.ends(Signal::KILL);
        assert!(!log.contains("not taken") && !log.contains("not kept"), "death {death}: {log}");
    }
}

#[tokio::test]
async fn a_service_that_is_told_to_stop_keeps_everything() {
    let stage = Stage::new();
    let service = stage.start(&stage.state()).await;
    service.comes();
    for metres in 1..=3 {
        service.drives(metres as u64 * 1_000_000_000, metres);
    }
    service.hears(3).await;
    service.ends(Signal::TERM);
    assert_eq!(stage.start(&stage.state()).await.recalls().await, Some(3));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_once_and_the_service_goes_on() {
    let stage = Stage::new();
    // A file where the folder should be, for root writes even where nobody may.
    let state = stage.folder.path().join("car.dbc");
    let service = stage.start(&state).await;
    service.comes();
    for metres in 1..=5 {
        service.drives(metres as u64 * LATER, metres);
        service.hears(metres).await;
    }
    let log = service.ends(Signal::TERM);
    assert_eq!(log.matches("are not kept").count(), 1, "{log}");
}

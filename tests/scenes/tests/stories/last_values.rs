//! The power goes while the car drives. After it is back, and before the car says a word, the odometer stands where it was, dimmed; nothing else of that drive does.

use std::process::{Child, Stdio};

use tandem_contracts::screen::CLUSTER;
use tandem_contracts::signals;
use tandem_scenes::{Bus, Daemon, Pixels, Region, Shown, Tandem, binary, root, speed, tied, within};
use tandem_units::{Quality, Value};

const ODOMETER: &str = "Vehicle.TraveledDistance";
/// Where the cluster has it, without its unit.
const DIGITS: Region = Region { x: 1680, y: 636, width: 130, height: 40 };
/// Bright ink of a valid number; a dimmed one has none.
const BRIGHT: u8 = 170;
const DIM: u8 = 90;
/// A digit is as high at least, a dash is not.
const DIGIT: usize = 18;

fn starts(name: &str, arguments: &[&str], daemon: &Daemon) -> Running {
    let mut command = tied(binary(name));
    command.args(arguments).env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root().join("assets"));
    Running(command.stderr(Stdio::null()).spawn().unwrap())
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}

/// The cluster, once its odometer is a number.
async fn with_a_number(bus: &Bus) -> Pixels {
    within("the odometer", async {
        loop {
            let (_, picture) = bus.capture(CLUSTER).await;
            if picture.ink_height(DIGITS, DIM) >= DIGIT {
                break picture;
            }
        }
    })
    .await
}

#[tokio::test]
async fn the_odometer_outlives_a_power_cut_and_says_that_it_is_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").to_string_lossy().into_owned();
    let mut tandem = Tandem::sim(&["--vehicle-state", &state, "--no-media"]);
    let bus = tandem.bus().await;
    let valid = async {
        loop {
            if let (Quality::Valid, Some(Value::Int(metres))) = bus.reading(ODOMETER).await {
                break metres;
            }
        }
    };
    let driven = within("the odometer", valid).await;
    let kept = || {
        std::fs::read_dir(&state)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|file| file.path().extension().is_some_and(|it| it == "json"))
            .any(|file| std::fs::read_to_string(file.path()).is_ok_and(|text| text.contains(ODOMETER)))
    };
    within("its file", async {
        while !kept() {
            bus.reading(ODOMETER).await;
        }
    })
    .await;
    let bright = with_a_number(&bus).await;
    assert!(bright.ink_height(DIGITS, BRIGHT) >= DIGIT, "of now, and drawn so");
    let driven = driven..=bus.number(ODOMETER).await as i64;
    // Dropped, it is killed, and the kernel kills everything that it started.
    drop(tandem);

    let daemon = Daemon::start();
    let link = folder.path().join("nobody").to_string_lossy().into_owned();
    let _service = starts("tandem-vehicle", &["--car", "demo", "--link", &link, "--state", &state], &daemon);
    let bus = Bus::open(daemon.address()).await;
    within("the service", async { while bus.owner(signals::NAME).await.is_none() {} }).await;
    let readings = bus.signals().await.get(Vec::new()).await.unwrap();
    let known: Vec<_> = readings.iter().filter(|reading| reading.quality != Quality::Absent as u8).collect();
    assert!(known.iter().all(|reading| (reading.quality, reading.heard_ns) == (Quality::Stale as u8, 0)), "{known:?}");
    let leaves = bus.signals().await.list().await.unwrap();
    let attributes = leaves.iter().filter(|leaf| leaf.kind == "attribute").count();
    assert!((2..=attributes + 1).contains(&known.len()), "the odometer and attributes: {known:?}");
    assert_eq!(bus.reading("Vehicle.Speed").await.0, Quality::Absent);
    let (Quality::Stale, Some(Value::Int(metres))) = bus.reading(ODOMETER).await else { panic!("{known:?}") };
    assert!(driven.contains(&metres), "{metres} of {driven:?}");

    let _cluster = starts("tandem-cluster", &["--headless"], &daemon);
    within("the cluster", async { while bus.owner(CLUSTER).await.is_none() {} }).await;
    let dimmed = with_a_number(&bus).await;
    assert_eq!(dimmed.ink_height(DIGITS, BRIGHT), 0, "of before, and drawn so");
    assert_eq!(speed(&dimmed), Shown::Dash);
}

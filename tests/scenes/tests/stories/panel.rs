//! The virtual car's panel: a finger drives the car, opens its doors and breaks what runs, and the car itself says so.

use std::time::Duration;

use rustix::process::{Signal, kill_process};
use tandem_contracts::screen::{CLUSTER, PANEL};
use tandem_contracts::{signals, simulator};
use tandem_scenes::{Bus, Region, Tandem, within};
use tandem_units::{Quality, Value};

const GEAR: &str = "Vehicle.Powertrain.Transmission.SelectedGear";
const PARKING_BRAKE: &str = "Vehicle.Chassis.ParkingBrake.IsEngaged";
const SPEED: &str = "Vehicle.Speed";
const DOOR: &str = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen";

/// Where a finger finds them on the panel.
const DRIVE: (f64, f64) = (590.0, 424.0);
const RELEASE: (f64, f64) = (1_104.0, 412.0);
const ACCELERATOR: (f64, f64) = (1_020.0, 596.0);
const BODY_TAB: (f64, f64) = (554.0, 56.0);
const DRIVERS_DOOR: (f64, f64) = (548.0, 164.0);
const FAILURES_TAB: (f64, f64) = (1_160.0, 56.0);
const MOTORWAY: (f64, f64) = (430.0, 288.0);
const KILL_CLUSTER: (f64, f64) = (782.0, 404.0);

/// The cluster's lamp of an open door.
const DOOR_LAMP: Region = Region { x: 192, y: 24, width: 56, height: 56 };

/// A finger is no faster: of what would be tapped faster than the car's hand does it, no more waits than 32.
const FINGER: Duration = Duration::from_millis(100);

async fn touch(bus: &Bus, (x, y): (f64, f64)) {
    bus.screen(PANEL).await.touch(x, y).await.unwrap();
    tokio::time::sleep(FINGER).await;
}

/// Waits until the car says something else of a leaf than it did.
async fn until(bus: &Bus, path: &'static str, wanted: impl Fn(&Value) -> bool) {
    let says = async {
        loop {
            match bus.reading(path).await {
                (Quality::Valid, Some(value)) if wanted(&value) => break,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    within(path, says).await;
}

#[tokio::test]
async fn a_finger_on_the_panel_drives_the_car_and_the_car_says_so() {
    let mut tandem = Tandem::sim(&["--panel", "--no-media", "--scenario", "parked"]);
    let bus = tandem.bus().await;
    // Until the hand has said how it stands, the panel asks for nothing.
    let selected = async {
        while bus.reading(GEAR).await.1.and_then(|gear| gear.as_f64()) != Some(127.0) {
            touch(&bus, DRIVE).await;
        }
    };
    within("gear D", selected).await;
    touch(&bus, RELEASE).await;
    until(&bus, PARKING_BRAKE, |engaged| engaged.as_bool() == Some(false)).await;
    assert_eq!(bus.simulator().await.state().await.unwrap().scenario, "", "who selects a gear drives by hand");
    let driven = async {
        while bus.number(SPEED).await < 5.0 {
            touch(&bus, ACCELERATOR).await;
        }
    };
    within("a speed", driven).await;

    let dark = bus.capture(CLUSTER).await.1.cut(DOOR_LAMP);
    touch(&bus, BODY_TAB).await;
    touch(&bus, DRIVERS_DOOR).await;
    until(&bus, DOOR, |open| open.as_bool() == Some(true)).await;
    let lit = async { while bus.capture(CLUSTER).await.1.cut(DOOR_LAMP) == dark {} };
    within("the lamp of an open door", lit).await;
}

#[tokio::test]
async fn a_car_that_dies_and_comes_back_is_steered_again() {
    let mut tandem = Tandem::sim(&["--panel", "--no-media", "--scenario", "parked"]);
    let bus = tandem.bus().await;
    let begun = async |scenario: &str| {
        // Between its death and its return nobody answers.
        while bus.simulator().await.state().await.is_ok_and(|state| state.scenario == scenario) {
            touch(&bus, MOTORWAY).await;
        }
    };
    within("another scenario", begun("parked")).await;
    let before = bus.owner(simulator::NAME).await.unwrap();
    kill_process(before, Signal::KILL).unwrap();
    let back = async { while bus.owner(simulator::NAME).await.is_none_or(|owner| owner == before) {} };
    within("another car", back).await;
    within("another scenario of another car", begun("parked")).await;
    assert_eq!(bus.simulator().await.state().await.unwrap().scenario, "motorway");
}

#[tokio::test]
async fn a_program_that_is_killed_comes_back_and_the_command_line_gives_the_same_orders() {
    let mut tandem = Tandem::sim(&["--panel", "--no-media", "--scenario", "parked"]);
    let bus = tandem.bus().await;
    let hand = bus.simulator().await;
    let address = bus.address.clone();
    let ctl = move |words: &[&str]| {
        let arguments = ["sim", "ctl"].iter().chain(words).map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let address = address.clone();
        async move {
            let run = move || Tandem::start_with(arguments, &[("TANDEM_BUS", address.as_ref())]).finish();
            tokio::task::spawn_blocking(run).await.unwrap()
        }
    };
    touch(&bus, FAILURES_TAB).await;
    let before = bus.owner(CLUSTER).await.unwrap();
    let killed = async {
        while bus.owner(CLUSTER).await == Some(before) {
            touch(&bus, KILL_CLUSTER).await;
        }
        while bus.owner(CLUSTER).await.is_none() {}
    };
    within("another cluster", killed).await;
    let before = bus.owner(signals::NAME).await.unwrap();
    ctl(&["kill", "vehicle"]).await.well();
    let back = async { while bus.owner(signals::NAME).await.is_none_or(|owner| owner == before) {} };
    within("another vehicle service", back).await;

    assert!(ctl(&["scenarios"]).await.well().stdout.lines().any(|name| name == "night-rain"));
    ctl(&["begin", "night-rain"]).await.well();
    assert!(ctl(&["state"]).await.well().stdout.starts_with("scenario night-rain: "));
    ctl(&["take-over"]).await.well();
    ctl(&["drop-bus", "can1"]).await.well();
    ctl(&["spoil", "VehicleMotion", "counter"]).await.well();
    let told = ctl(&["state"]).await.well().stdout;
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines, ["driven by hand", "can1 is dropped", "VehicleMotion is sent with a fault: counter"]);
    ctl(&["drop-bus", "can1", "--off"]).await.well();
    let wrong = ctl(&["set", "rain_percent", "-3"]).await;
    assert_eq!((wrong.code(), wrong.complaint()), (Some(1), "tandem: set.rain_percent is -3, expected 0 to 100"));
    ctl(&["pedals", "--brake", "100", "--for", "30000"]).await.well();
    until(&bus, SPEED, |speed| speed.as_f64() == Some(0.0)).await;
    ctl(&["set", "gear", "R"]).await.well();
    until(&bus, GEAR, |gear| gear.as_f64() == Some(-1.0)).await;
    assert_eq!(hand.state().await.unwrap().scenario, "");
}

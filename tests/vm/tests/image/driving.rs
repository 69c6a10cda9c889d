//! A car that drives: its speed on the cluster, and a finger on its climate control.

use std::time::{Duration, Instant};

use serde_json::Value;
use tandem_machine::Display;
use tandem_scenes::{PLUS, can_raise};

use crate::car::{Car, SOON};
use crate::numbers;

const STEADY_KMH: f64 = 72.0;
/// A finger that was felt has warmed the car by then.
const FELT: Duration = Duration::from_secs(20);
pub const SPEED: &str = "Vehicle.Speed";
pub const DRIVER: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";

/// The value of a path, if this line tells it as valid.
fn told(line: &str, path: &str) -> Option<f64> {
    let json: Value = serde_json::from_str(line.split_once(": ")?.1).ok()?;
    (json["path"] == path && json["quality"] == "valid").then(|| json["value"].as_f64())?
}

/// The instruments show the very number that the car says.
pub fn the_cluster_shows_its_speed(car: &mut Car) {
    car.hears("72 km/h", |line| told(line, SPEED).filter(|speed| (speed - STEADY_KMH).abs() < 0.05));
    let cluster = car.shows(Display::Cluster, "72 on the cluster", |picture| numbers::shows(picture, 72));
    assert_eq!(cluster.size(), (1920, 720));
    for other in [71, 73, 27, 172] {
        assert!(!numbers::shows(&cluster, other), "what shows 72 is taken for {other}, too");
    }
}

/// Who runs a unit, by his name.
fn account(car: &mut Car, unit: &str) -> String {
    car.does(&format!("stat -c %U /proc/$(systemctl show --property=MainPID --value {unit})"))
}

/// The car is another account's process, and what it says goes through the driver of a controller.
pub fn it_is_somebody_elses_on_real_can(car: &mut Car) {
    let accounts = ["virtual-car.service", "tandem-vehicle.service"].map(|unit| account(car, unit));
    assert_eq!(accounts, ["virtual-car", "tandem-vehicle"]);
    for bus in ["can0", "can1"] {
        let driver = car.does(&format!("basename $(readlink /sys/class/net/{bus}/device/driver)"));
        assert_eq!(driver, "kvaser_pci", "{bus}");
    }
    let are_active = |told: &Value| {
        let state = |bus: &str| Some(&told["buses"].as_array()?.iter().find(|it| it["name"] == bus)?["state"]);
        ["can0", "can1"].iter().all(|bus| state(bus).is_some_and(|state| state == "active")).then_some(())
    };
    car.until_told("two controllers that are active", "tandem bus show --json", are_active);
}

/// A touch goes all the way to the car and back.
pub fn a_finger_warms_the_driver(car: &mut Car) {
    let before = car.until_told("a temperature", &format!("tandem signals get --json {DRIVER}"), |told| {
        (told[0]["quality"] == "valid").then(|| told[0]["value"].as_f64())?
    });
    // An emulated machine beside builds is silent now and then for half a second: then nothing can be touched, and a finger that comes then is refused.
    let until = Instant::now() + SOON;
    let after = loop {
        let centre = car.shows(Display::Centre, "a driver's plus that can be touched", can_raise);
        assert_eq!(centre.size(), (1920, 1080));
        car.tap(Display::Centre, PLUS);
        if let Some(after) = car.hears_soon(FELT, |line| told(line, DRIVER).filter(|now| *now > before)) {
            break after;
        }
        assert!(Instant::now() < until, "no finger was felt within {} s", SOON.as_secs());
    };
    assert_eq!(after - before, 0.5, "one step, by the car's own word");
}

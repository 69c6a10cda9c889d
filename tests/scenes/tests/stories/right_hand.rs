//! A car whose own message says that its driver sits on the right: the drawn door that opens is the one on that side.

use std::fs;
use std::path::Path;

use tandem_scenes::{Pixels, Region, Tandem, root};

/// The driver's door is open here, and shut at the end.
const OPEN: &str = "4";
const SHUT: &str = "8";
/// Beside the drawn car, where a front door stands that is open; the nose is on the left.
const RIGHT: Region = Region { x: 1_120, y: 80, width: 280, height: 80 };
const LEFT: Region = Region { x: 1_120, y: 750, width: 280, height: 80 };

fn centre(car: &Path, at: &str) -> (Pixels, serde_json::Value) {
    let (folder, log) = (tempfile::tempdir().unwrap(), root().join("tests/fixtures/can/demo-get-out.log"));
    let [log, car, pictures] = [&log, car, folder.path()].map(|path| path.to_string_lossy().into_owned());
    let words = ["replay", &log, "--car", &car, "--speed", "max", "--json", "--screenshot-at", at, "--screenshots"];
    let outcome = Tandem::run(words.into_iter().chain([pictures.as_str()])).well();
    (Pixels::of_file(&folder.path().join("centre.png")), outcome.json())
}

#[test]
fn the_drivers_door_is_drawn_where_the_driver_sits() {
    let demo = root().join("assets/cars/demo");
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("right");
    fs::create_dir(&other).unwrap();
    for file in fs::read_dir(&demo).unwrap().map(Result::unwrap).filter(|file| file.file_type().unwrap().is_file()) {
        fs::copy(file.path(), other.join(file.file_name())).unwrap();
    }
    let told = fs::read_to_string(demo.join("car.toml")).unwrap();
    let turned = told.replace(r#"values = { 0 = "LEFT", 1 = "RIGHT" }"#, r#"values = { 0 = "RIGHT", 1 = "LEFT" }"#);
    assert_ne!(told, turned);
    fs::write(other.join("car.toml"), turned).unwrap();

    for (car, side) in [(&demo, "LEFT"), (&other, "RIGHT")] {
        let ((open, _), (shut, summary)) = (centre(car, OPEN), centre(car, SHUT));
        let readings = summary["readings"].as_array().unwrap();
        let position = readings.iter().find(|reading| reading["path"] == "Vehicle.Cabin.DriverPosition").unwrap();
        assert_eq!(position["value"], side);
        let moved = [LEFT, RIGHT].map(|region| open.cut(region) != shut.cut(region));
        assert_eq!(moved, [side == "LEFT", side == "RIGHT"], "{side}");
    }
}

//! What outlives a power cut, as the core sees it.

use tandem_can::{Hello, Pace};
use tandem_units::Value;

use super::*;
use crate::memory::LastValues;

const DBC: &str = r#"
BO_ 100 Dash: 6 X
 SG_ Odometer : 0|32@1+ (1,0) [0|0] "m" X
 SG_ Vin : 32|8@1+ (1,0) [0|0] "" X
 SG_ Speed : 40|8@1+ (1,0) [0|0] "km/h" X
"#;
const CAR: &str = r#"
name = "Test"
description = "A car for these tests."

[buses.can0]
dbc = "test.dbc"
bitrate = 500_000

[[signals]]
leaf = "Vehicle.TraveledDistance"
bus = "can0"
message = "Dash"
signal = "Odometer"
cycle_ms = 100

[[signals]]
leaf = "Vehicle.VehicleIdentification.VIN"
bus = "can0"
message = "Dash"
signal = "Vin"
values = { 1 = "TANDEM00000000001", 2 = "TANDEM00000000002" }
cycle_ms = 100

[[signals]]
leaf = "Vehicle.Speed"
bus = "can0"
message = "Dash"
signal = "Speed"
cycle_ms = 100
"#;
const ODOMETER: &str = "Vehicle.TraveledDistance";
const VIN: &str = "Vehicle.VehicleIdentification.VIN";
const MINUTE: u64 = 60_000;

struct Drive(Core);

impl Drive {
    fn new(car: &str, last: LastValues) -> Self {
        let profile = Profile::parse("car.toml", car, Catalogue::ours()).unwrap();
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let mut core = Core::new(Car::bind("car.toml", profile, vec![database], Catalogue::ours()).unwrap(), None, 7);
        core.remember(last);
        Self(core)
    }

    fn connects(&mut self) {
        self.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into()] });
    }

    /// Drives to a point in time. What is handed out to be kept on the way.
    fn drives(&mut self, ms: u64, odometer: u32, vin: u8) -> Vec<LastValues> {
        let [a, b, c, d] = odometer.to_le_bytes();
        let at = ms * 1_000_000;
        let frame = Frame::new(BusIndex(0), CanId::standard(100).unwrap(), at, &[a, b, c, d, vin, 50]).unwrap();
        let mut effects = Vec::new();
        while self.0.tick_before(Nanoseconds(at)) {
            effects.extend(self.0.tick());
        }
        effects.extend(self.0.hear(&frame));
        while self.0.tick_due(Nanoseconds(at)) {
            effects.extend(self.0.tick());
        }
        kept(effects)
    }

    fn says(&self, path: &str) -> (Quality, u64, Option<Value>) {
        let reading = self.0.reading(path).unwrap();
        (reading.quality, reading.heard.0, reading.value)
    }
}

fn kept(effects: Vec<Effect>) -> Vec<LastValues> {
    let kept = |effect| if let Effect::Keep(values) = effect { Some(values) } else { None };
    effects.into_iter().filter_map(kept).collect()
}

fn values(odometer: i64, vin: Option<&str>) -> LastValues {
    let vin = vin.map(|vin| (VIN.to_owned(), Value::Text(vin.into())));
    [(ODOMETER.to_owned(), Value::Int(odometer))].into_iter().chain(vin).collect()
}

fn both(odometer: i64, last: u8) -> LastValues {
    values(odometer, Some(&format!("TANDEM0000000000{last}")))
}

#[test]
fn last_values_are_stale_until_the_car_says_them_anew() {
    let mut drive = Drive::new(CAR, both(1000, 1));
    assert_eq!(drive.says(ODOMETER), (Quality::Stale, 0, Some(Value::Int(1000))));
    assert_eq!(drive.says("Vehicle.Speed"), (Quality::Absent, 0, None), "a speed of another day is nobody's");
    drive.connects();
    assert_eq!(drive.says(ODOMETER).0, Quality::Stale);
    drive.drives(MINUTE, 1001, 1);
    assert_eq!(drive.says(ODOMETER), (Quality::Valid, MINUTE * 1_000_000, Some(Value::Int(1001))));
    assert_eq!(kept(drive.0.disconnect()).len(), 0, "it was written down as it came");
    assert_eq!(drive.says(ODOMETER), (Quality::Stale, 0, Some(Value::Int(1001))));
    assert_eq!(drive.says("Vehicle.Speed").0, Quality::Absent);
}

#[test]
fn a_subscriber_is_told_of_them_as_of_any_other_reading() {
    let mut drive = Drive::new(CAR, both(1000, 1));
    let opened = drive.0.subscribe(":1.5", &[ODOMETER.to_owned()], Nanoseconds::ZERO, 8).unwrap();
    let (_, first) = &opened.first.unwrap().changes[0];
    assert_eq!(
        (first.quality, first.heard, first.value.clone()),
        (Quality::Stale, Nanoseconds::ZERO, Some(Value::Int(1000)))
    );
    drive.connects();
    drive.drives(100, 1000, 1);
    let told = drive.0.disconnect();
    assert_eq!(batches(&told)[0].changes[0].1.quality, Quality::Stale, "the last value, and no dash");
}

#[test]
fn the_odometer_is_written_once_a_minute_and_an_attribute_at_once() {
    let mut drive = Drive::new(CAR, LastValues::new());
    drive.connects();
    assert_eq!(drive.drives(0, 1000, 0), [values(1000, None)], "raw 0 is no VIN");
    for second in 1..60 {
        assert_eq!(drive.drives(second * 1000, 1000 + second as u32, 0), Vec::<LastValues>::new());
    }
    assert_eq!(drive.drives(MINUTE, 1060, 0), [values(1060, None)]);
    assert_eq!(drive.drives(MINUTE + 1000, 1061, 1), [both(1061, 1)], "a VIN is not waited with");
    assert_eq!(drive.drives(2 * MINUTE, 1062, 1), Vec::<LastValues>::new(), "which was the next minute's write");
    assert_eq!(drive.drives(3 * MINUTE, 1063, 1), [both(1062, 1)], "when it was due");
    drive.drives(3 * MINUTE + 500, 1064, 1);
    assert_eq!(kept(drive.0.disconnect()), [both(1064, 1)], "the car goes");
    assert_eq!(drive.0.last_values(), None);
}

#[test]
fn attributes_that_come_one_by_one_keep_no_odometer_waiting() {
    let mut drive = Drive::new(CAR, LastValues::new());
    drive.connects();
    let written: usize = (1..=8).map(|turn| drive.drives(turn * 100, 1000, 1 + (turn % 2) as u8).len()).sum();
    assert_eq!(written, 8);
    assert_eq!(drive.drives(MINUTE + 1000, 1060, 1), [both(1060, 1)], "a minute later all the same");
}

#[test]
fn a_car_that_stands_is_not_written_down_again() {
    let mut drive = Drive::new(CAR, both(1000, 1));
    drive.connects();
    let written: usize = (0..600).map(|second| drive.drives(second * 1000, 1000, 1).len()).sum();
    assert_eq!((written, drive.0.last_values()), (0, None));
}

#[test]
fn a_car_whose_vin_never_rests_wears_no_disk_out() {
    let mut drive = Drive::new(CAR, LastValues::new());
    drive.connects();
    let hour = 60 * MINUTE;
    let written: usize = (0..hour / 100).map(|at| drive.drives(at * 100, 1000, 1 + (at % 2) as u8).len()).sum();
    assert!((60..=69).contains(&written), "{written} in an hour");
    // A link that comes and goes, and its clock with it, is no way around that.
    let written: usize = (0..100)
        .map(|at| {
            let gone = kept(drive.0.disconnect()).len();
            drive.connects();
            gone + drive.drives(0, 1000, 1 + (at % 2) as u8).len()
        })
        .sum();
    assert!(written <= 1, "{written}");
}

#[test]
fn the_end_of_the_service_keeps_what_was_not_due_yet() {
    let mut drive = Drive::new(CAR, LastValues::new());
    drive.connects();
    drive.drives(0, 1000, 1);
    drive.drives(500, 1001, 1);
    assert_eq!(drive.0.last_values(), Some(both(1001, 1)));
    assert_eq!(drive.0.last_values(), None, "once");
}

#[test]
fn the_profile_says_what_is_kept() {
    let other = CAR.replace("signal = \"Odometer\"", "signal = \"Odometer\"\nkeep = false");
    let other = other.replace("signal = \"Speed\"", "signal = \"Speed\"\nkeep = true");
    let mut drive = Drive::new(&other, both(1000, 1));
    assert_eq!(drive.says(ODOMETER).0, Quality::Absent, "it is kept no more");
    assert_eq!(drive.says(VIN).0, Quality::Stale);
    drive.connects();
    let speed = ("Vehicle.Speed".to_owned(), Value::Float(50.0));
    let vin = (VIN.to_owned(), Value::Text("TANDEM00000000001".into()));
    assert_eq!(drive.drives(0, 1000, 1), [[speed, vin]]);
}

#[test]
fn what_this_car_cannot_mean_is_not_recalled() {
    let last = vec![
        (ODOMETER.to_owned(), Value::Int(-1)),
        (VIN.to_owned(), Value::Bool(true)),
        ("Vehicle.Speed".to_owned(), Value::Int(50)),
        ("Vehicle.NoSuchLeaf".to_owned(), Value::Int(1)),
    ];
    let drive = Drive::new(CAR, last);
    for path in [ODOMETER, VIN, "Vehicle.Speed"] {
        assert_eq!(drive.says(path).0, Quality::Absent, "{path}");
    }
}

#[test]
fn nothing_is_remembered_unless_asked_for() {
    let mut car = Bench::new();
    car.hears(100, &[0, 1], 0);
    assert_eq!(kept(car.advances(MINUTE)).len() + kept(car.0.disconnect()).len(), 0);
    assert_eq!((car.0.last_values(), car.0.reading(SPEED).unwrap().quality), (None, Quality::Absent));
}

//! From a physical value to what subscribers are told: units, expressions, codes, intervals.

use super::*;

const DBC: &str = r#"
BO_ 1 Motion: 8 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|0] "m/s" X
 SG_ Distance : 16|16@1+ (0.1,0) [0|0] "miles" X
 SG_ Outside : 32|8@1+ (1,0) [0|0] "degF" X
 SG_ Pedal : 40|8@1+ (0.4,0) [0|0] "" X
 SG_ Charge : 48|16@1+ (0.1,0) [0|0] "V" X

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_ "GenMsgCycleTime" BO_ 1 20;
"#;

const SPEED: &str = "Vehicle.Speed";
const DISTANCE: &str = "Vehicle.TraveledDistance";
const OUTSIDE: &str = "Vehicle.Exterior.AirTemperature";
const PEDAL: &str = "Vehicle.Chassis.Brake.PedalPosition";
const CHARGE: &str = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current";

/// A car with one entry for each of these leaves, signals and further keys.
fn bind(entries: &[(&str, &str, &str)]) -> Result<Car, Vec<tandem_signals::Mistake>> {
    let head = "name = \"Test\"\ndescription = \"Maps.\"\n[buses.can0]\ndbc = \"test.dbc\"\nbitrate = 500_000\n";
    let entry = |(leaf, signal, more): &(&str, &str, &str)| {
        format!("[[signals]]\nleaf = \"{leaf}\"\nbus = \"can0\"\nmessage = \"Motion\"\nsignal = \"{signal}\"\n{more}\n")
    };
    let text = head.to_owned() + &entries.iter().map(entry).collect::<String>();
    let profile = Profile::parse("car.toml", &text, Catalogue::ours())?;
    Car::bind("car.toml", profile, vec![Database::parse(DBC.as_bytes()).unwrap()], Catalogue::ours())
}

fn bench(entries: &[(&str, &str, &str)]) -> Bench {
    let car = bind(entries).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(car.warnings, []);
    Bench(Store::new(car))
}

impl Bench {
    /// Raw speed, distance, outside and pedal.
    fn raw(&mut self, speed: u16, distance: u16, outside: u8, pedal: u8, ms: u64) -> Option<Fault> {
        let mut data = [0; 8];
        data[..2].copy_from_slice(&speed.to_le_bytes());
        data[2..4].copy_from_slice(&distance.to_le_bytes());
        (data[4], data[5]) = (outside, pedal);
        self.hears(1, &data, ms)
    }
}

#[test]
fn a_unit_is_converted_whether_the_profile_or_the_dbc_file_names_it() {
    let mut car = bench(&[
        (SPEED, "Speed", "unit = \"m/s\""),
        (DISTANCE, "Distance", "unit = \"dbc\""),
        (OUTSIDE, "Outside", "unit = \"dbc\""),
    ]);
    car.raw(1000, 10, 212, 0, 0);
    assert_eq!(car.says(SPEED, 0), "36 valid");
    assert_eq!(car.says(DISTANCE, 0), "1609 valid", "1609.344 m in a whole number");
    assert_eq!(car.says(OUTSIDE, 0), "100 valid");
}

#[test]
fn a_whole_number_leaf_rounds_half_away_from_zero_and_never_saturates() {
    let mut car = bench(&[(PEDAL, "Pedal", "expression = \"x\"")]);
    for (raw, expected) in [(6, "2 valid"), (7, "3 valid"), (250, "100 valid"), (251, "100 valid"), (252, "invalid")] {
        let fault = car.raw(0, 0, 0, raw, 0);
        assert_eq!(car.says(PEDAL, 0), expected, "{} %", f64::from(raw) * 0.4);
        assert_eq!(fault.is_some(), expected == "invalid");
    }
    let mut half = bench(&[(PEDAL, "Outside", "expression = \"x / 2\"")]);
    half.raw(0, 0, 5, 0, 0);
    assert_eq!(half.says(PEDAL, 0), "3 valid");
}

#[test]
fn an_expression_gives_the_leafs_value_and_invalid_where_it_has_none() {
    let mut car =
        bench(&[(SPEED, "Speed", "expression = \"100 / (x - 1)\""), (PEDAL, "Pedal", "expression = \"floor(x)\"")]);
    car.raw(300, 0, 0, 99, 0);
    assert_eq!((car.says(SPEED, 0), car.says(PEDAL, 0)), ("50 valid".into(), "39 valid".into()));
    assert_eq!(car.raw(100, 0, 0, 99, 20), Some(Fault::Range));
    assert_eq!((car.says(SPEED, 20), car.says(PEDAL, 20)), ("invalid".into(), "39 valid".into()));
}

#[test]
fn a_raw_code_that_means_not_measured_is_absent_before_anything_is_computed() {
    let codes = "not_available = [7, \"0xFE00..0xFFFF\"]\n";
    for way in ["unit = \"m/s\"", "scale = 0.001", "expression = \"1 / (x - 0.07)\""] {
        let mut car = bench(&[(SPEED, "Speed", &format!("{codes}{way}"))]);
        for (raw, absent) in [(6, false), (7, true), (0xFDFF, false), (0xFE00, true), (0xFF12, true), (0xFFFF, true)] {
            assert_eq!(car.raw(raw, 0, 0, 0, 0), None, "{way}: {raw} is no fault");
            assert_eq!(car.says(SPEED, 0) == "absent", absent, "{way}: {raw}");
        }
    }
}

#[test]
fn a_dbc_file_that_names_no_unit_or_another_kind_is_no_source_of_one() {
    let told = |entry| bind(&[entry]).err().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        told((CHARGE, "Pedal", "unit = \"dbc\"")),
        ["car.toml:6:1: `unit = \"dbc\"`: the DBC file names no unit for `Pedal`: say which it is"]
    );
    assert_eq!(
        told((CHARGE, "Charge", "unit = \"dbc\"")),
        ["car.toml:6:1: `unit = \"dbc\"`: `V` is a voltage, `percent` is a share: expected percent, ratio, permille"]
    );
}

#[test]
fn a_unit_that_nobody_converts_is_a_warning_until_somebody_says_that_it_is_right() {
    let warnings = |entries: &[_]| bind(entries).unwrap().warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        warnings(&[(CHARGE, "Charge", ""), (SPEED, "Speed", ""), (PEDAL, "Pedal", "")]),
        [
            "car.toml:6:1: `Charge` is a voltage (`V`) by its DBC file, `Vehicle.Powertrain.TractionBattery.StateOfCharge.Current` is a share \
             (`percent`): `unit = \"percent\"` says that it is right as it is",
            "car.toml:12:1: `Speed` is in `m/s` by its DBC file, `Vehicle.Speed` in `km/h`: `unit = \"dbc\"` converts, `unit = \"km/h\"` says that \
             it is right as it is",
        ]
    );
    for said in ["scale = 3.6", "offset = 1", "unit = \"dbc\"", "unit = \"km/h\"", "expression = \"x * 3.6\""] {
        assert_eq!(warnings(&[(SPEED, "Speed", said)]), [""; 0], "{said}");
    }
}

#[test]
fn within_its_interval_a_leaf_keeps_its_value_and_then_has_the_latest() {
    let mut car = bench(&[(SPEED, "Speed", "scale = 100\ninterval_ms = 100")]);
    car.raw(1, 0, 0, 0, 10);
    assert_eq!(car.says(SPEED, 10), "1 valid", "the first comes at once");
    for (ms, raw) in [(30, 2), (50, 3), (70, 4)] {
        car.raw(raw, 0, 0, 0, ms);
        assert_eq!(car.says(SPEED, ms), "1 valid");
    }
    assert_eq!(car.says(SPEED, 109), "1 valid");
    assert_eq!(car.says(SPEED, 110), "4 valid", "no further frame is needed");
    car.raw(5, 0, 0, 0, 120);
    assert_eq!(car.says(SPEED, 209), "4 valid", "the interval began when the 4 was told");
    assert_eq!(car.says(SPEED, 210), "5 valid");
    car.raw(6, 0, 0, 0, 400);
    assert_eq!(car.says(SPEED, 400), "6 valid", "after a rest the next comes at once");
    assert_eq!(car.says(SPEED, 601), "6 stale");
}

#[test]
fn what_is_held_back_is_neither_stale_nor_told_with_another_values_time() {
    let mut car = bench(&[(SPEED, "Speed", "scale = 100\ninterval_ms = 1000")]);
    let slot = car.0.car().slot(SPEED).unwrap();
    let heard = |car: &Bench, ms| car.0.reading(slot, Nanoseconds::from_millis(ms)).heard.as_millis();
    for ms in (0..=900).step_by(20) {
        car.raw(1 + ms as u16, 0, 0, 0, ms);
    }
    assert_eq!((car.says(SPEED, 900), heard(&car, 900)), ("1 valid".into(), 0));
    assert_eq!((car.says(SPEED, 1000), heard(&car, 1000)), ("901 valid".into(), 900));
    assert_eq!(car.says(SPEED, 1101), "901 stale", "silence is told however long the interval is");
}

#[test]
fn a_value_that_goes_or_comes_does_not_wait() {
    let entry = (SPEED, "Speed", "scale = 100\ninterval_ms = 1000\nnot_available = [0xFFFF]");
    let mut car = bench(&[entry]);
    car.raw(1, 0, 0, 0, 0);
    assert_eq!(car.says(SPEED, 0), "1 valid");
    car.raw(2, 0, 0, 0, 20);
    car.raw(0xFFFF, 0, 0, 0, 40);
    assert_eq!(car.says(SPEED, 40), "absent");
    assert_eq!(car.says(SPEED, 1000), "absent", "the 2 is not the latest any more");
    car.raw(3, 0, 0, 0, 1020);
    assert_eq!(car.says(SPEED, 1020), "3 valid");
    car.0.forget();
    assert_eq!(car.says(SPEED, 1020), "absent");
    car.raw(4, 0, 0, 0, 1040);
    assert_eq!(car.says(SPEED, 1040), "4 valid");
}

#[test]
fn a_value_that_is_the_same_again_begins_no_interval_unless_every_frame_counts() {
    for (on_change, expected) in [(true, "2 valid"), (false, "1 valid")] {
        let keys = format!("scale = 100\ninterval_ms = 100\non_change = {on_change}");
        let mut car = bench(&[(SPEED, "Speed", &keys)]);
        let slot = car.0.car().slot(SPEED).unwrap();
        assert_eq!(car.0.car().told_on_change(slot), on_change);
        car.raw(1, 0, 0, 0, 0);
        car.raw(1, 0, 0, 0, 100);
        car.raw(2, 0, 0, 0, 120);
        assert_eq!(car.says(SPEED, 120), expected, "on_change = {on_change}");
        assert_eq!(car.says(SPEED, 200), "2 valid");
    }
}

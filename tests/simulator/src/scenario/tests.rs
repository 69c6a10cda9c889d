use super::*;
use crate::model::body::{Gear, Power};

const START: &str = r#"
title = "T"
seed = 1
repeat = false
[start]
clock = "21:40"
outside_celsius = 9.0
cabin_celsius = 19.0
driver_celsius = 21.0
passenger_celsius = 21.0
charge_percent = 64.0
range_km = 287.0
odometer_km = 1.0
latitude_degrees = 0.0
longitude_degrees = 0.0
altitude_metres = 0.0
heading_degrees = 0.0
set = { power = "ON", gear = "D", parking_brake = false }
"#;

fn parse(steps: &str) -> Result<Scenario, String> {
    Scenario::parse(&format!("{START}{steps}")).map_err(|error| error.to_string())
}

fn refused(steps: &str) -> String {
    parse(steps).unwrap_err()
}

/// Refused in its one step, whose header is the text's line 19.
fn step_refused(keys: &str) -> String {
    let said = refused(&format!("[[steps]]\nnote = \"n\"\n{keys}\n"));
    said.strip_prefix("line 19: step \"n\": ").unwrap_or(&said).to_owned()
}

#[test]
fn a_scenario_is_read() {
    let scenario = parse("[[steps]]\nnote = \"Go\"\nspeed_kmh = 72.0\nseconds = 5.0\n").unwrap();
    assert_eq!(scenario.start.clock, Clock { minute_of_day: 21 * 60 + 40 });
    assert_eq!((scenario.start.set.gear, scenario.start.set.power), (Some(Gear::D), Some(Power::On)));
    let step = &scenario.steps[0];
    assert_eq!((step.speed, step.end, step.turn), (20.0, End::After(5.0), 0.0));
}

#[test]
fn unknown_keys_and_wrong_shapes_are_refused_with_their_line() {
    let said = refused("[[steps]]\nnote = \"n\"\nsped_kmh = 72.0\nseconds = 5.0\n");
    assert!(said.contains("line 21, column 1") && said.contains("unknown field `sped_kmh`"), "{said}");
    let said = refused("[[steps]]\nnote = \"n\"\nspeed_kmh = 72.0\nseconds = 5.0\nset = { high_beams = true }\n");
    assert!(said.contains("line 23") && said.contains("unknown field `high_beams`"), "{said}");
    let said = refused("[[steps]]\nnote = \"n\"\nspeed_kmh = \"72\"\nseconds = 5.0\n");
    assert!(said.contains("line 21") && said.contains("expected f64"), "{said}");
    let said = Scenario::parse(&START.replace("21:40", "24:00")).unwrap_err().to_string();
    assert!(said.contains("\"24:00\" is no time of day, expected 00:00 to 23:59"), "{said}");
    let said = Scenario::parse(&START.replace("64.0", "640.0")).unwrap_err().to_string();
    assert_eq!(said, "[start]: charge_percent is 640, expected 1 to 100");
    assert_eq!(refused(""), "expected at least one [[steps]]");
}

#[test]
fn a_step_that_makes_no_sense_is_refused_with_its_line() {
    let one_end = "expected exactly one of seconds, metres and standing_seconds";
    assert_eq!(step_refused("speed_kmh = 50.0"), one_end);
    assert_eq!(step_refused("speed_kmh = 50.0\nseconds = 1.0\nmetres = 5.0"), one_end);
    assert_eq!(step_refused("seconds = 1.0"), "expected speed_kmh, as the step does not end standing");
    assert_eq!(step_refused("speed_kmh = 0.0\nmetres = 9.0"), "metres are never driven at 0 km/h");
    assert_eq!(step_refused("speed_kmh = 300.0\nseconds = 1.0"), "speed_kmh is 300, expected 0 to 160");
    assert_eq!(step_refused("speed_kmh = 9.0\nseconds = nan"), "seconds is NaN, expected 0.1 to 86400");
    let moves = "standing_seconds ends at 0 km/h: expected no speed_kmh and no turn_degrees";
    assert_eq!(step_refused("standing_seconds = 9.0\nturn_degrees = 4.0"), moves);
    let cannot = "expected gear D or R, power ON, no parking_brake and nothing plugged in, as the car is to drive";
    assert_eq!(step_refused("speed_kmh = 9.0\nseconds = 1.0\nset = { gear = \"P\" }"), cannot);
}

#[test]
fn the_drive_is_walked_through_twice_if_it_repeats() {
    let steps = "[[steps]]\nnote = \"a\"\nspeed_kmh = 9.0\nseconds = 1.0\nset = { gear = \"D\" }\n";
    assert!(parse(steps).is_ok());
    let repeats = format!("{}{steps}", START.replace("repeat = false", "repeat = true"));
    let said = Scenario::parse(&repeats).unwrap_err().to_string();
    assert!(said.starts_with("line 19: step \"a\": the car moves when the step begins"), "{said}");
}

use tandem_dbc::Database;

use super::*;

const DBC: &str = r#"
BO_ 1 Motion: 8 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|0] "km/h" X
 SG_ Gear : 16|3@1+ (1,0) [0|0] "" X
 SG_ Pedal : 24|8@1+ (0.4,0) [0|0] "%" X
 SG_ Power : 32|8@1+ (1,0) [0|0] "" X

BO_ 2 Doors: 2 X
 SG_ Driver : 0|2@1+ (1,0) [0|0] "" X
 SG_ Counter : 8|4@1+ (1,0) [0|0] "" X

BO_ 3 Tyres: 2 X
 SG_ Which M : 0|2@1+ (1,0) [0|3] "" X
 SG_ FrontLeft m0 : 8|8@1+ (2,0) [0|510] "kPa" X
 SG_ FrontRight m1 : 8|8@1+ (2,0) [0|510] "kPa" X
 SG_ Counter : 4|4@1+ (1,0) [0|0] "" X

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 1 20;
VAL_ 1 Gear 0 "GEAR_P" 1 "GEAR_R" 2 "GEAR_N" 3 "GEAR_D" ;
VAL_ 1 Power 0 "OFF" 1 "ACC" 2 "ON" 3 "CRANK" ;
VAL_ 2 Driver 0 "CLOSED" 1 "OPEN" 3 "NONE" ;
"#;

fn buses() -> Vec<Bus> {
    let database = Database::parse(DBC.as_bytes()).unwrap();
    vec![Bus { interface: "can0".to_owned(), file: "own.dbc".to_owned(), database }]
}

/// What is made of a mapping: the entries of its car.toml, which was checked, and the remarks.
fn imports(file: &str, mapping: &str) -> String {
    let tree = match read(file, mapping.as_bytes()) {
        Ok(tree) => tree,
        Err(mistakes) => return mistakes.iter().map(|mistake| format!("{mistake}\n")).collect(),
    };
    let made = make("Own", file, &tree, &buses(), Catalogue::ours(), false);
    check(&made.text, buses(), Catalogue::ours()).unwrap_or_else(|error| panic!("{error}\n{}", made.text));
    let entries = made.text.split_once("\n[[signals]]").map(|(_, entries)| entries).unwrap_or_default();
    let remarks = made.remarks.iter().map(|remark| {
        let lost = if remark.lost { "lost" } else { "note" };
        format!("{lost} {}\n", remark.place.mistake(file, remark.what.as_str()))
    });
    format!("{entries}----\n{}", remarks.collect::<String>())
}

#[test]
fn a_vspec_of_kuksa_is_carried_over_with_its_own_rules_of_what_is_not_said() {
    insta::assert_snapshot!(
        "kuksa",
        imports(
            "own.vspec",
            r#"
# A comment.
Vehicle.Speed:
  type: sensor
  datatype: float
  dbc2vss:
    signal: Speed
    interval_ms: 100

Vehicle.Chassis.Brake.PedalPosition:
  type: sensor
  datatype: uint8
  dbc:
    signal: Pedal
    on_change: true
    transform:
      math: "floor(x*2 - 10)"

Vehicle.Powertrain.Transmission.SelectedGear:
  type: actuator
  datatype: int8
  dbc2vss:
    signal: Gear
    transform:
      mapping:
        - from: GEAR_P
          to: 126
        - from: GEAR_R
          to: -1
        - {from: 2, to: 0}
        - from: GEAR_D
          to: 127
        - from: GEAR_D
          to: 1
  vss2dbc:
    signal: Gear

Vehicle.LowVoltageSystemState:
  type: sensor
  datatype: string
  dbc2vss: {signal: Power, interval_ms: 0}

Vehicle.Cabin.Door.Row1.DriverSide.IsOpen:
  type: actuator
  datatype: boolean
  dbc2vss:
    signal: Driver
    interval_ms: 20000
    transform:
      mapping:
        - from: CLOSED
          to: false
        - from: OPNE
          to: true
        - from: 1
          to: true
        - from: NONE
          to: maybe
"#
        )
    );
}

#[test]
fn the_serialization_of_vss_is_carried_over_with_its_rules() {
    insta::assert_snapshot!(
        "serialization",
        imports(
            "own.json",
            r#"{"Vehicle": {"type": "branch", "children": {
 "Speed": {"type": "sensor", "datatype": "float", "network_serialization": {"signal": "Speed"}},
 "IsMoving": {"type": "sensor", "datatype": "boolean", "description": "Nothing fills it."},
 "Chassis": {"type": "branch", "children": {"Brake": {"type": "branch", "children": {"PedalPosition": {
   "type": "sensor", "datatype": "uint8", "network_serialization": {"signal": "Pedal", "interval_ms": 50, "on_change": true,
     "endianness": "big_endian", "length_bits": 7, "default": 0, "transform": {"math": "round(x)",
       "representation": [{"value": 255, "text": "Invalid"}, {"value": 254, "text": "Failed"}]}}}}}}},
 "LowVoltageSystemState": {"type": "sensor", "datatype": "string", "network_serialization": {"signal": "Power",
   "transform": {"representation": [{"value": 0, "text": "OFF"}, {"value": 3, "text": "START"}]}}},
 "Powertrain": {"type": "branch", "children": {"Transmission": {"type": "branch", "children": {"SelectedGear": {
   "type": "actuator", "datatype": "int8", "network_serialization": {"signal": "Gear", "interval_ms": 100,
     "transform": {"representation": [{"text": "GEAR_P", "value": 126}, {"text": "GEAR_D", "value": 127}]}}}}}}}
}}}"#
        )
    );
}

#[test]
fn what_cannot_be_carried_over_is_told_line_by_line_with_its_reason() {
    insta::assert_snapshot!(
        "lost",
        imports(
            "bad.vspec",
            r#"
Vehicle.Speed:
  type: sensor
  dbc2vss:
    signal: Sped
Vehicle.Exterior.AirTemperature:
  type: sensor
  dbc2vss:
    signal: Counter
Vehicle.Nowhere:
  type: sensor
  dbc2vss: {signal: Speed}
Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure:
  type: sensor
  dbc2vss: {signal: FrontLeft, multiplexer: [{signal: Which, value: 0}]}
Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure:
  type: sensor
  dbc2vss: {signal: Pedal, multiplexer: [{signal: Gear, value: 1}]}
Vehicle.TripDuration:
  type: sensor
  dbc2vss: {signal: Speed, transform: {math: "sin(x)"}}
Vehicle.TraveledDistance:
  type: sensor
  dbc2vss: {signal: Speed, transform: {mapping: [{from: A, to: 1}]}}
Vehicle.IsMoving:
  type: sensor
  dbc2vss: {intervall_ms: 3}
Vehicle.LowVoltageSystemState:
  type: sensor
  dbc: {signal: Power}
  dbc2vss: {signal: Power}
Vehicle.AngularVelocity.Yaw:
  type: sensor
  dbc: {signal: Speed, interval_ms: often}
Vehicle.TraveledDistanceSinceStart:
  type: sensor
  dbc: {signal: Speed, interval: 100, transform: {maths: x}}
Vehicle.Powertrain.TractionBattery.Range: {type: sensor, dbc2vss: Speed}
"#
        )
    );
}

#[test]
fn what_is_no_mapping_is_told_at_its_place() {
    for (text, expected) in [
        ("", "x:1:1: the file is empty\n"),
        ("a: [1, 2", "x:2:1: not YAML: while parsing a flow sequence"),
        ("a: &b 1\nc: *b", "x:2:4: an alias (`*`) is not read: write out what it stands for\n"),
        ("a: 1\na: 2", "x:2:1: `a` is here already, in line 1\n"),
        ("a: 1\n---\nb: 2", "x:2:1: a second document begins: expected one\n"),
        ("[1]: 2", "x:1:1: expected a key, found a list\n"),
        ("{\"a\": 1,}", "x:1:9: not JSON: expected a key in quotes, found '}'\n"),
        ("\u{0}", "x:1:"),
    ] {
        let told = imports("x", text);
        assert!(told.starts_with(expected), "{text:?}: {told}");
    }
    assert!(imports("x", &"[".repeat(100)).contains("nested more than 64 deep"));
    assert!(imports("x", &"[".repeat(100_000)).contains("not YAML: recursion limit exceeded"));
    let told = imports("x", &format!("[{}1]", "0,".repeat(1_000_001)));
    assert!(told.contains("more than 1000000 values"), "{told}");
    assert_eq!(imports("x", "Vehicle.Speed:\n  type: sensor\n"), "----\n", "a mapping of nothing");
}

#[test]
fn a_selector_below_zero_selects_nothing() {
    let mapping = |value: i32| {
        format!(
            r#"
Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure:
  type: sensor
  datatype: uint16
  dbc2vss:
    signal: FrontLeft
    multiplexer:
      - signal: Which
        value: {value}
"#
        )
    };
    assert!(imports("own.vspec", &mapping(0)).ends_with("----\n"));
    assert!(
        imports("own.vspec", &mapping(-1)).contains("`Which` = -1 selects `FrontLeft` here and not in the DBC file")
    );
}

#[test]
fn codes_that_are_no_whole_numbers_are_told() {
    let mapping = |codes: &str| {
        format!(
            r#"
Vehicle.Speed:
  type: sensor
  datatype: float
  network_serialization:
    signal: Speed
    transform:
      math: "x"
      representation: {codes}
"#
        )
    };
    let told = imports("own.vspec", &mapping("[{text: a, value: 7}, {text: b, value: 1.5}, {text: c, value: d}]"));
    assert!(told.contains("not_available = [7]\n"), "{told}");
    assert_eq!(told.matches("expected a whole number as `value`: left out").count(), 2, "{told}");
    assert!(imports("own.vspec", &mapping("nonsense")).contains("expected a list, found a text: left out"));
}

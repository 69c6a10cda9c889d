use std::collections::HashMap;

use tandem_contracts::bus::{BusStatistics, IdStatistics};
use tandem_contracts::signals::{Leaf, PathReading};
use tandem_contracts::wire;
use tandem_units::{Nanoseconds, Quality, Value};

use super::*;
use crate::replay::log::Log;
use crate::replay::summary::Answers;
use crate::values::Privacy;

const LOG: &str = "(10.000000) can0 123#00\n(10.9 can0 123#00\n(11.500000) can7 123#00\n(12.500000) can0 123#00\n";

fn leaf(path: &str, unit: &str, private: bool) -> Leaf {
    let details = if private { HashMap::from([("private".to_owned(), true.into())]) } else { HashMap::new() };
    Leaf { path: path.into(), kind: "sensor".into(), datatype: "float".into(), unit: unit.into(), details }
}

fn reading(path: &str, quality: Quality, heard_ns: u64, value: Option<Value>) -> PathReading {
    let value = wire::to_variant(value.as_ref());
    PathReading { path: path.into(), quality: quality as u8, heard_ns, value }
}

fn summary(privacy: Privacy) -> Summary {
    let id = |id, message: &str, errors: &[(&str, u64)]| IdStatistics {
        bus: "can0".into(),
        id,
        message: message.into(),
        frames: 7,
        errors: errors.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
    };
    let answers = Answers {
        buses: vec![BusStatistics {
            name: "can0".into(),
            frames: 2,
            unknown: 1,
            sent: 0,
            rate: 0.8,
            load: 12.345,
            ..BusStatistics::default()
        }],
        ids: vec![id(0x123, "Motion", &[("short", 1), ("checksum", 2)]), id(0x98FE_CA00, "", &[])],
        leaves: vec![
            leaf("Vehicle.Speed", "km/h", false),
            leaf("Vehicle.CurrentLocation.Latitude", "degrees", true),
            leaf("Vehicle.LowVoltageSystemState", "", false),
        ],
        readings: vec![
            reading("Vehicle.Speed", Quality::Stale, 0, Some(Value::Float(45.300_000_000_000_004))),
            reading("Vehicle.CurrentLocation.Latitude", Quality::Valid, 2_000_000_000, Some(Value::Float(52.5))),
            reading("Vehicle.LowVoltageSystemState", Quality::Absent, 0, None),
        ],
    };
    Summary::new("Tandem demo".into(), &Log::in_memory(LOG), answers, Nanoseconds::from_millis(2500), privacy)
}

#[test]
fn the_text_is_a_table_that_a_person_can_read() {
    insta::assert_snapshot!(text(&summary(Privacy::Kept)), @r"
    Tandem demo: 3 frames in 2.5 s
    1 line left out:
      line 2, column 6: expected `)` behind the time stamp
    can7 is no bus of this car: 1 of the frames were not looked at

    bus   frames  frames/s  load %  unknown frames
    can0       2       0.8    12.3               1

    bus   unknown id  frames
    can0  18FECA00         7

    bus   id   message  error     frames
    can0  123  Motion   checksum       2
    can0  123  Motion   short          1

    reading                             value  unit     quality  age s
    Vehicle.CurrentLocation.Latitude  private  degrees  valid    0.500
    Vehicle.LowVoltageSystemState           -           absent       -
    Vehicle.Speed                        45.3  km/h     stale        -
    ");
}

#[test]
fn the_json_leaves_out_what_is_private() {
    insta::assert_snapshot!(json(&summary(Privacy::Kept).without_withheld()).unwrap(), @r#"
    {
      "car": "Tandem demo",
      "log": {
        "frames": 3,
        "seconds": 2.5,
        "clock_leaps": 0,
        "bad_lines": 1,
        "first_bad_lines": [
          {
            "line": 2,
            "reason": "column 6: expected `)` behind the time stamp"
          }
        ]
      },
      "buses": [
        {
          "bus": "can0",
          "frames": 2,
          "rate": 0.8,
          "load": 12.345,
          "unknown_frames": 1
        }
      ],
      "ignored": [
        {
          "bus": "can7",
          "frames": 1
        }
      ],
      "unknown_ids": [
        {
          "bus": "can0",
          "id": "18FECA00",
          "frames": 7
        }
      ],
      "errors": [
        {
          "bus": "can0",
          "id": "123",
          "message": "Motion",
          "kind": "checksum",
          "count": 2
        },
        {
          "bus": "can0",
          "id": "123",
          "message": "Motion",
          "kind": "short",
          "count": 1
        }
      ],
      "readings": [
        {
          "path": "Vehicle.LowVoltageSystemState",
          "quality": "absent",
          "value": null,
          "unit": "",
          "age": null
        },
        {
          "path": "Vehicle.Speed",
          "quality": "stale",
          "value": 45.300000000000004,
          "unit": "km/h",
          "age": null
        }
      ]
    }
    "#);
}

#[test]
fn the_json_tells_what_is_private_when_asked() {
    let told = json(&summary(Privacy::Told).without_withheld()).unwrap();
    assert!(
        told.contains("\"Vehicle.CurrentLocation.Latitude\",\n      \"quality\": \"valid\",\n      \"value\": 52.5"),
        "{told}"
    );
}

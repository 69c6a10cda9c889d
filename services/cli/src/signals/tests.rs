use super::*;

fn leaf(path: &str, unit: &str, details: &[(&str, zbus::OwnedVariant)]) -> Leaf {
    let details = details.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Leaf { path: path.into(), kind: "sensor".into(), datatype: "float".into(), unit: unit.into(), details }
}

fn leaves() -> Vec<Leaf> {
    let description = zbus::Variant::from("How fast the car is.").try_into().unwrap();
    vec![
        leaf("Vehicle.Cabin.Door.IsOpen", "", &[]),
        leaf("Vehicle.CabinX", "", &[]),
        leaf("Vehicle.CurrentLocation.Latitude", "degrees", &[("private", true.into())]),
        leaf("Vehicle.Speed", "km/h", &[("description", description)]),
    ]
}

fn choice(paths: &[&str], json: bool, private: bool) -> Choice {
    Choice { paths: paths.iter().map(|path| (*path).to_owned()).collect(), json, private }
}

fn chosen(paths: &[&str]) -> Result<Vec<String>, String> {
    let leaves = choice(paths, false, false).of(leaves()).map_err(|error| error.to_string())?;
    Ok(leaves.into_iter().map(|leaf| leaf.path).collect())
}

fn readings() -> Vec<PathReading> {
    let reading = |path: &str, quality: Quality, value: Option<Value>| PathReading {
        path: path.into(),
        quality: quality as u8,
        heard_ns: 7,
        value: wire::to_variant(value.as_ref()),
    };
    vec![
        reading("Vehicle.Cabin.Door.IsOpen", Quality::Absent, None),
        reading("Vehicle.CurrentLocation.Latitude", Quality::Valid, Some(Value::Float(52.5))),
        reading("Vehicle.Speed", Quality::Stale, Some(Value::Float(30.25))),
    ]
}

#[test]
fn a_path_is_a_leaf_or_a_branch_and_never_half_a_word() {
    assert_eq!(chosen(&["Vehicle.Cabin"]).unwrap(), ["Vehicle.Cabin.Door.IsOpen"]);
    assert_eq!(chosen(&["Vehicle.Speed", "Vehicle.Cabin."]).unwrap(), ["Vehicle.Cabin.Door.IsOpen", "Vehicle.Speed"]);
    assert_eq!(chosen(&[]).unwrap().len(), 4);
    let refused = chosen(&["Vehicle.Spee"]).unwrap_err();
    assert_eq!(refused, "this car has no `Vehicle.Spee`: `tandem signals list` shows what it has");
}

#[test]
fn leaves_are_listed() {
    insta::assert_snapshot!(listed(&leaves(), false).unwrap(), @r"
    signal                            kind    datatype  unit              description
    Vehicle.Cabin.Door.IsOpen         sensor  float
    Vehicle.CabinX                    sensor  float
    Vehicle.CurrentLocation.Latitude  sensor  float     degrees  private
    Vehicle.Speed                     sensor  float     km/h              How fast the car is.
    ");
}

#[test]
fn readings_are_told_but_private_ones() {
    insta::assert_snapshot!(got(&leaves(), &readings(), &choice(&[], false, false)).unwrap(), @r"
    signal                              value  unit     quality
    Vehicle.Cabin.Door.IsOpen               -           absent
    Vehicle.CurrentLocation.Latitude  private  degrees
    Vehicle.Speed                       30.25  km/h     stale
    ");
    let json = got(&leaves(), &readings(), &choice(&[], true, false)).unwrap();
    assert!(!json.contains("Latitude") && json.contains("30.25"), "{json}");
    let json = got(&leaves(), &readings(), &choice(&[], true, true)).unwrap();
    assert!(json.contains("Latitude") && json.contains("52.5"), "{json}");
}

#[test]
fn a_change_is_a_line() {
    let line = |quality, value: Option<Value>, json| {
        changed(1_500_000_000, "Vehicle.Speed", quality, value.as_ref(), "km/h", json)
    };
    let lines = [
        line(Quality::Valid, Some(Value::Float(30.0)), false),
        line(Quality::Stale, Some(Value::Float(30.0)), false),
        line(Quality::Absent, None, false),
        line(Quality::Absent, None, true),
    ];
    insta::assert_snapshot!(lines.concat(), @r#"
         1.500  Vehicle.Speed = 30 km/h
         1.500  Vehicle.Speed = 30 km/h  (stale)
         1.500  Vehicle.Speed = -  (absent)
    {"now_ns":1500000000,"path":"Vehicle.Speed","quality":"absent","unit":"km/h","value":null}
    "#);
}

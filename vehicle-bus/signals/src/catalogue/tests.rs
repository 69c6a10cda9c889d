use super::*;

#[test]
fn our_own_catalogue_reads() {
    let files = [
        ("catalogue.toml", include_str!("../../../../assets/vss/catalogue.toml")),
        ("overlay.toml", include_str!("../../../../assets/vss/overlay.toml")),
    ];
    let catalogue = Catalogue::parse(&files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    assert_eq!(&catalogue, Catalogue::ours());
    assert!(catalogue.len() > 50);
    for (id, leaf) in catalogue.iter() {
        assert_eq!(catalogue.find(&leaf.path), Some(id));
        assert_eq!(catalogue.leaf(id), leaf);
    }
    let private: Vec<&str> =
        catalogue.iter().filter(|(_, leaf)| leaf.private).map(|(_, leaf)| leaf.path.as_str()).collect();
    assert_eq!(
        private,
        [
            "Vehicle.Driver.IsHandsOnWheel",
            "Vehicle.Driver.IsEyesOnRoad",
            "Vehicle.Driver.AttentiveProbability",
            "Vehicle.Driver.DistractionLevel",
            "Vehicle.Driver.FatigueLevel",
            "Vehicle.CurrentLocation.Latitude",
            "Vehicle.CurrentLocation.Longitude",
            "Vehicle.CurrentLocation.Altitude",
            "Vehicle.CurrentLocation.Heading",
            "Vehicle.VehicleIdentification.VIN"
        ]
    );
}

#[test]
fn an_id_of_another_catalogue_finds_nothing_private() {
    let leaf = Catalogue::default().leaf(LeafId(3)).clone();
    assert_eq!((leaf.path.as_str(), leaf.private), ("", true));
}

#[test]
fn every_mistake_of_every_file_is_told() {
    let files = [
        (
            "a.toml",
            "overlays = true\n[leaves.\"Vehicle.A\"]\nkind = \"sensr\"\ndatatype = \"uint8\"\nmin = 3\nmax = 3\n",
        ),
        (
            "b.toml",
            "[leaves.\"Vehicle.B\"]\nkind = \"sensor\"\ndatatype = \"boolean\"\ndescription = \"B.\"\nmin = 0\nallowed = [\"x\", 2]\n",
        ),
        ("c.toml", "[leaves.\"Vehicle.C\"]\nkind = \"sensor\"\ndatatype = \"string\"\ndescription = \"C.\"\n"),
        ("d.toml", "[leaves.\"Vehicle.C\"]\nkind = \"sensor\"\ndatatype = \"string\"\ndescription = \"C.\"\n"),
        ("e.toml", "[leaves]\n"),
    ];
    let mistakes = Catalogue::parse(&files).unwrap_err();
    let shown: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    insta::assert_snapshot!(shown);
}

const TREE: &str = r#"{
"Vehicle": {"type": "branch", "description": "All.", "children": {
 "Speed": {"type": "sensor", "datatype": "float", "unit": "m/s", "description": "Not ours."},
 "IsMoving": {"type": "sensor", "datatype": "boolean", "description": "As ours."},
 "Cabin": {"type": "branch", "children": {"Seat": {"type": "branch", "children": {
  "Row9": {"type": "branch", "children": {"DriverSide": {"type": "branch", "children": {
   "Tilt": {"type": "actuator", "datatype": "float", "unit": "degrees", "min": -10, "max": 10.5, "comment": "x", "default": 0}}}}}}}}},
 "Wheel": {"type": "branch", "children": {
  "Diameter": {"type": "attribute", "datatype": "uint8", "allowed": [15, 16, 17], "unit": "inch"},
  "Kinds": {"type": "attribute", "datatype": "string[]", "allowed": ["A", "B"]},
  "Old": {"type": "sensor", "datatype": "int16", "deprecation": "v6.0 - use New."}}},
 "Driver": {"type": "branch", "children": {"HeartRate": {"type": "sensor", "datatype": "uint16", "unit": "bpm"}}},
 "Plate": {"type": "attribute", "datatype": "string", "pattern": "^[A-Z]{2}[0-9]+$", "private": true},
 "Charging": {"type": "branch", "children": {"Location": {"type": "branch", "children": {
  "Altitude": {"type": "sensor", "datatype": "double", "unit": "m"}}}}}
}}}"#;

#[test]
fn what_is_private_in_our_catalogue_would_be_in_a_tree_too() {
    for (_, leaf) in Catalogue::ours().iter().filter(|(_, leaf)| leaf.private) {
        assert!(vss::is_private(&leaf.path), "{}", leaf.path);
    }
}

fn grown(tree: &str) -> Catalogue {
    Catalogue::ours().with_vss("vss.json", tree.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}")).0
}

#[test]
fn a_trees_leaves_join_ours_and_ours_stay_as_they_are() {
    let (catalogue, others) = Catalogue::ours().with_vss("vss.json", TREE.as_bytes()).unwrap();
    assert_eq!(catalogue.len(), Catalogue::ours().len() + 7);
    for (id, leaf) in Catalogue::ours().iter() {
        assert_eq!((catalogue.find(&leaf.path), catalogue.leaf(id)), (Some(id), leaf));
    }
    let others: Vec<_> = others.iter().map(ToString::to_string).collect();
    assert_eq!(others, ["vss.json:3:11: `Vehicle.Speed` is in `m/s` here and in `km/h` in Tandem: Tandem's holds"]);
    let leaf = |path: &str| catalogue.leaf(catalogue.find(path).unwrap());
    let tilt = leaf("Vehicle.Cabin.Seat.Row9.DriverSide.Tilt");
    assert_eq!(
        (tilt.kind, tilt.datatype, tilt.min, tilt.max),
        (Kind::Actuator, Datatype::Float, Some(-10.0), Some(10.5))
    );
    assert_eq!(leaf("Vehicle.Wheel.Diameter").allowed_numbers, [15.0, 16.0, 17.0]);
    assert_eq!(leaf("Vehicle.Wheel.Old").deprecation.as_deref(), Some("v6.0 - use New."));
    assert!(leaf("Vehicle.Plate").admit(crate::Value::Text("?".into())).is_err());
    let private = catalogue.iter().skip(Catalogue::ours().len()).filter(|(_, leaf)| leaf.private);
    let private: Vec<_> = private.map(|(_, leaf)| leaf.path.as_str()).collect();
    assert_eq!(private, ["Vehicle.Driver.HeartRate", "Vehicle.Plate", "Vehicle.Charging.Location.Altitude"]);
}

#[test]
fn a_list_is_known_and_cannot_be_mapped() {
    let car = |leaf: &str| {
        format!(
            "name = \"T\"\ndescription = \"T\"\n[buses.c]\ndbc = \"d\"\nbitrate = 500_000\n[[signals]]\nleaf = \"Vehicle.{leaf}\"\nbus = \"c\"\nmessage = \"M\"\nsignal = \"S\"\n"
        )
    };
    let catalogue = grown(TREE);
    let read = |leaf| crate::Profile::parse("car.toml", &car(leaf), &catalogue);
    assert!(read("Wheel.Diameter").is_ok());
    assert_eq!(
        read("Wheel.Kinds").unwrap_err()[0].to_string(),
        "car.toml:7:8: `leaf`: `Vehicle.Wheel.Kinds` holds any number of values (string[]), and a signal is one: a list cannot be mapped"
    );
    let unknown = read("Cabin.Seat.Row9.DriverSide.Tlit").unwrap_err()[0].to_string();
    assert!(unknown.ends_with("did you mean `Vehicle.Cabin.Seat.Row9.DriverSide.Tilt`?"), "{unknown}");
}

#[test]
fn every_mistake_of_a_tree_is_told_at_once_at_its_place() {
    let tree = r#"{"Vehicle": {"type": "branch", "children": {
 "A": {"type": "sensr", "datatype": "float"},
 "B": {"type": "sensor", "datatype": "flot"},
 "C": {"type": "sensor"},
 "D": {"datatype": "float"},
 "E": {"type": "branch"},
 "F": {"type": "branch", "children": [1]},
 "G": {"type": "branch", "instances": ["Row[1,2]"], "children": {}},
 "H": {"type": "sensor", "datatype": "int8", "min": 3, "max": 2},
 "I": {"type": "sensor", "datatype": "int8", "min": "3", "allowed": ["a", 4]},
 "J.K": {"type": "sensor", "datatype": "int8"},
 "L": {"type": "sensor", "datatype": "string", "pattern": "(", "allowed": 3},
 "M": 7
}}}"#;
    let mistakes = Catalogue::ours().with_vss("v", tree.as_bytes()).unwrap_err();
    insta::assert_snapshot!(mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>(), @r"
    v:2:16: `Vehicle.A`: unknown `type` `sensr`: did you mean `sensor`?
    v:3:38: `Vehicle.B`: unknown `datatype` `flot`: did you mean `float`?
    v:4:7: `Vehicle.C` has no `datatype`
    v:5:7: `Vehicle.D` has no `type`: expected branch, sensor, actuator or attribute
    v:6:7: `Vehicle.E` is a branch without `children`
    v:7:38: `Vehicle.F`: `children`: expected a table, found a list
    v:8:39: `Vehicle.G` has instances that are not expanded: export the tree with them expanded
    v:9:7: `Vehicle.H`: the range is upside down: max 2 is below min 3
    v:10:53: `Vehicle.I`: `min`: expected a number, found a text
    v:10:70: `Vehicle.I`: `allowed`: a text is no int8
    v:11:2: `Vehicle.J.K`: `J.K` is no name of a branch or a leaf
    v:12:59: `Vehicle.L`: `pattern` is no regular expression that is known here: found open group without closing ')'
    v:12:75: `Vehicle.L`: `allowed`: expected a list, found a number
    v:13:7: `Vehicle.M` has no `type`: expected branch, sensor, actuator or attribute
    ");
    for (text, expected) in [
        ("[]", "v:1:1: expected a tree of VSS, such as {\"Vehicle\": {\"type\": \"branch\", ..}}"),
        ("{}", "v:1:1: expected a tree of VSS, such as {\"Vehicle\": {\"type\": \"branch\", ..}}"),
        ("{\"V\": {\"type\": \"branch\"}, \"V\": 1}", "v:1:27: `V` is here already, in line 1"),
    ] {
        let mistakes = Catalogue::ours().with_vss("v", text.as_bytes()).unwrap_err();
        assert_eq!(mistakes[0].to_string(), expected);
    }
}

#[test]
fn more_leaves_than_an_id_can_count_are_one_mistake() {
    let leaf = |at: u32| format!("\"L{at}\": {{\"type\": \"sensor\", \"datatype\": \"int8\"}}");
    let leaves: Vec<_> = (0..66_000).map(leaf).collect();
    let tree = format!("{{\"V\": {{\"type\": \"branch\", \"children\": {{{}}}}}}}", leaves.join(","));
    let mistakes = Catalogue::ours().with_vss("v", tree.as_bytes()).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert!(mistakes[0].to_string().ends_with("more leaves than 65535"), "{}", mistakes[0]);
}

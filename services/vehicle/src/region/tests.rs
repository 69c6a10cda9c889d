use tandem_contracts::driving::Cause;

use super::*;

fn assets() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets").into()
}

fn shipped(name: &str) -> Region {
    Region::load(name, &assets()).unwrap()
}

fn words(region: &Region, driving: Driving, zone: Zone) -> Vec<&'static str> {
    region.restrictions(driving, zone).flags().map(Flag::word).collect()
}

#[test]
fn the_regions_that_come_along_forbid_what_their_sources_name() {
    for name in ["default", "us", "eu", "cn"] {
        let region = shipped(name);
        assert_eq!(region.name(), name);
        assert_eq!(region.restrictions(Driving::Moving, Zone::Driver), Restrictions::ALL, "{name}");
        for zone in Zone::ALL {
            assert_eq!(region.restrictions(Driving::Parked, zone), Restrictions::NONE, "{name}");
        }
        let text = std::fs::read_to_string(assets().join(format!("regions/{name}.toml"))).unwrap();
        assert!(text.contains("no legal advice"), "{name}");
    }
    assert_eq!(words(&shipped("default"), Driving::Idling, Zone::Driver), ["NO_VIDEO", "NO_SETUP"]);
    let in_park_alone = words(&shipped("us"), Driving::Idling, Zone::Driver);
    assert_eq!(in_park_alone, ["NO_KEYBOARD", "NO_VIDEO", "NO_SETUP", "NO_TEXT_MESSAGE"]);
    for name in ["default", "us", "eu", "cn"] {
        let region = shipped(name);
        assert_eq!(region.restrictions(Driving::Idling, Zone::Passenger), Restrictions::NONE, "{name}");
        assert_eq!(words(&region, Driving::Moving, Zone::Passenger), ["NO_VIDEO"], "{name}");
    }
    for name in ["eu", "cn"] {
        let idling = |name| words(&shipped(name), Driving::Idling, Zone::Driver);
        assert_eq!(idling(name), idling("default"), "{name} has no list of its own");
    }
}

#[test]
fn what_is_known_is_told_with_what_is_restricted_then() {
    let known = Known { driving: Driving::Idling, power: None, reading: "Vehicle.Speed", cause: Cause::NotInPark };
    let status = shipped("us").status(known);
    assert_eq!((status.state.as_str(), status.region.as_str()), ("idling", "us"));
    assert_eq!((status.reading.as_str(), status.why.as_str()), ("Vehicle.Speed", "not-in-park"));
    assert!(status.restrictions(Zone::Driver).has(Flag::NoKeyboard));
    assert_eq!(status.restrictions(Zone::Passenger), Restrictions::NONE);
    assert_eq!(
        Region::default().status(Known::default()),
        Status::default(),
        "what clients take for granted without a service"
    );
}

fn mistakes(text: &str) -> Vec<String> {
    Region::parse("x", "x.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

const RIGHT: &str = r#"description = "x"
[parked]
driver = { restrict = [] }
passenger = { restrict = [] }
[idling]
driver = { restrict = ["NO_VIDEO"] }
passenger = { restrict = [] }
[moving]
driver = { restrict = ["NO_VIDEO", "LIMIT_CONTENT"], max_depth = 2 }
passenger = { restrict = [] }
"#;

#[test]
fn a_file_that_says_what_no_region_can_is_refused_with_the_place_of_each_mistake() {
    let region = Region::parse("x", "x.toml", RIGHT).unwrap();
    let moving = region.restrictions(Driving::Moving, Zone::Driver);
    assert_eq!((moving.most_depth(), moving.most_items(), moving.most_characters()), (Some(2), None, None));
    for (from, to, expected) in [
        ("[idling]", "[ideling]", "x.toml:5:2: unknown key `ideling` in the file: did you mean `idling`?"),
        (
            "driver = { restrict = [] }",
            "diver = { restrict = [] }",
            "x.toml:3:1: unknown key `diver` in [parked]: did you mean `driver`?",
        ),
        (
            "max_depth = 2",
            "max_dept = 2",
            "x.toml:9:54: unknown key `max_dept` in [moving.driver]: did you mean `max_depth`?",
        ),
        ("\"NO_VIDEO\"", "\"NO_VIDOE\"", "x.toml:6:24: `restrict`: unknown `NO_VIDOE`: did you mean `NO_VIDEO`?"),
        ("restrict = [] }", "}", "x.toml:3:10: [parked.driver] has no `restrict`"),
        (", max_depth = 2", "", "x.toml:9:10: LIMIT_CONTENT needs `max_items` or `max_depth`"),
        (
            "max_depth = 2",
            "max_characters = 2, max_items = 1",
            "x.toml:9:71: `max_characters` means nothing without LIMIT_STRING_LENGTH",
        ),
        ("max_depth = 2", "max_depth = 0", "x.toml:9:66: `max_depth`: not between 1 and 1000000"),
        ("\"NO_VIDEO\", ", "", "x.toml:9:10: [moving.driver] has to restrict whatever [idling.driver] does"),
        ("description = \"x\"\n", "", "x.toml:1:1: the file has no `description`"),
        ("[parked]", "[parked", "x.toml:2:8: not TOML"),
    ] {
        assert!(RIGHT.contains(from), "{from}");
        let found = mistakes(&RIGHT.replacen(from, to, 1));
        assert!(found.iter().any(|mistake| mistake.starts_with(expected)), "{to}: {found:#?}");
    }
    let empty = mistakes("");
    assert_eq!(empty.len(), 4, "{empty:#?}");
}

#[test]
fn a_region_is_a_name_among_the_assets_or_the_path_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.toml");
    std::fs::write(&own, RIGHT).unwrap();
    assert_eq!(Region::load(own.to_str().unwrap(), &assets()).unwrap().name(), "own");
    assert_eq!(Region::load(DEFAULT, folder.path()).unwrap(), shipped(DEFAULT), "without assets it is built in");
    let nowhere = Region::load("atlantis", &assets()).unwrap_err().to_string();
    assert!(
        nowhere.contains("there is no region `atlantis`") && nowhere.contains("regions/atlantis.toml"),
        "{nowhere}"
    );
    std::fs::write(&own, [b'#', 0xFF]).unwrap();
    let refused = Region::load(own.to_str().unwrap(), &assets()).unwrap_err().to_string();
    assert!(refused.contains("byte 0xFF is not UTF-8"), "{refused}");
    std::fs::write(&own, vec![b'#'; 70_000]).unwrap();
    assert!(matches!(Region::load(own.to_str().unwrap(), &assets()), Err(RegionError::TooLarge { .. })));
}

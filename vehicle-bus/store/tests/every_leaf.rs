//! A car that maps every leaf of a VSS tree, from its files on the disk to its readings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write;
use std::path::Path;

use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Catalogue, Datatype, Leaf};
use tandem_store::{LoadError, Places, Store, catalogue, load};
use tandem_units::{Nanoseconds, Quality};

const DBC: &str = "BO_ 1 M: 1 X\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" X\n";
/// A vehicle identification number, for the one pattern that VSS has.
const VIN: &str = "TNDM0EXAMPLE00000";

fn entry(leaf: &Leaf) -> String {
    let value = match leaf.datatype {
        Datatype::String if leaf.pattern.is_some() => format!("values = {{ 0 = \"{VIN}\" }}"),
        Datatype::String => format!("values = {{ 0 = \"{}\" }}", leaf.allowed.first().map_or("x", String::as_str)),
        Datatype::Boolean => String::new(),
        // 0 lies outside of some ranges.
        _ => format!("expression = \"x + {}\"", leaf.allowed_numbers.first().copied().or(leaf.min).unwrap_or(0.0)),
    };
    format!(
        "[[signals]]\nleaf = \"{}\"\nbus = \"can0\"\nmessage = \"M\"\nsignal = \"S\"\nstale_after_ms = 1000\n{value}\n",
        leaf.path
    )
}

fn car(leaves: &[&Leaf]) -> tempfile::TempDir {
    let mut text = "name = \"T\"\ndescription = \"T\"\n[buses.can0]\ndbc = \"t.dbc\"\nbitrate = 500_000\n".to_owned();
    leaves.iter().for_each(|leaf| write!(text, "{}", entry(leaf)).unwrap());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("car.toml"), text).unwrap();
    std::fs::write(folder.path().join("t.dbc"), DBC).unwrap();
    folder
}

fn load_from(folder: &Path, catalogue: &'static Catalogue) -> Result<Store, LoadError> {
    load(folder.to_str().unwrap(), &Places::default(), catalogue).map(|(car, _)| Store::new(car))
}

/// Maps all that can be mapped, and hears one frame of it. How many leaves that are, and how many are lists.
fn every_leaf(vss: &Path) -> (usize, usize) {
    let (catalogue, _) = catalogue(Some(vss)).unwrap_or_else(|error| panic!("{error}"));
    let leaves: Vec<_> = catalogue.iter().map(|(_, leaf)| leaf).collect();
    let lists = leaves.iter().filter(|leaf| leaf.is_array).count();
    let whole = car(&leaves);
    let Err(LoadError::Mistakes { mistakes, .. }) = load_from(whole.path(), catalogue) else {
        panic!("lists were mapped")
    };
    assert!(mistakes.iter().all(|mistake| mistake.message.ends_with("a list cannot be mapped")), "{:#?}", mistakes[0]);
    assert_eq!(mistakes.len(), lists);

    let singles: Vec<_> = leaves.into_iter().filter(|leaf| !leaf.is_array).collect();
    let folder = car(&singles);
    let mut store = load_from(folder.path(), catalogue).unwrap_or_else(|error| panic!("{error}"));
    let frame = Frame::new(BusIndex(0), CanId::standard(1).unwrap(), 0, &[0]).unwrap();
    assert_eq!(store.hear(&frame), None);
    for leaf in &singles {
        let slot = store.car().slot(&leaf.path).unwrap_or_else(|| panic!("{} is not mapped", leaf.path));
        assert_eq!(store.reading(slot, Nanoseconds::ZERO).quality, Quality::Valid, "{}", leaf.path);
    }
    (singles.len(), lists)
}

#[test]
fn every_leaf_of_a_tree_of_our_own_is_mapped_and_heard() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vss.json");
    let kinds = "boolean int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double string string[] uint8[]";
    let leaf =
        |kind: &str| format!("\"L{}\": {{\"type\": \"sensor\", \"datatype\": \"{kind}\"}}", kind.replace("[]", "s"));
    let leaves: Vec<_> = kinds.split(' ').map(leaf).collect();
    let tree = format!("{{\"Vehicle\": {{\"type\": \"branch\", \"children\": {{{}}}}}}}", leaves.join(",\n"));
    std::fs::write(&file, tree).unwrap();
    assert_eq!(every_leaf(&file), (Catalogue::ours().len() + 12, 2));
}

#[test]
fn every_leaf_of_vss_6_is_mapped_and_heard() {
    let Some(file) = tandem_scenes::corpus().map(|corpus| corpus.join("vss/vss_release_6.0.json")) else { return };
    // Two of ours are not in VSS.
    assert_eq!(every_leaf(&file), (1263 - 23 + 2, 23));
    let (catalogue, others) = catalogue(Some(&file)).unwrap();
    assert_eq!(others, []);
    let is_private = |path: &str| catalogue.leaf(catalogue.find(path).unwrap()).private;
    for private in [
        "Vehicle.CurrentLocation.GNSSReceiver.MountingPosition.X",
        "Vehicle.Cabin.Infotainment.Navigation.DestinationSet.Latitude",
        "Vehicle.Powertrain.TractionBattery.Charging.Location.Altitude",
        "Vehicle.VehicleIdentification.LicensePlate",
        "Vehicle.Driver.HeartRate",
        "Vehicle.Occupant.Row1.DriverSide.Identifier.Subject",
        "Vehicle.Cabin.Infotainment.Media.Played.Track",
    ] {
        assert!(is_private(private), "{private}");
    }
    for open in
        ["Vehicle.Speed", "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed", "Vehicle.Body.Lights.LicensePlate.IsOn"]
    {
        assert!(!is_private(open), "{open}");
    }
}

#[test]
fn a_tree_that_is_too_long_or_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vss.json");
    let missing = catalogue(Some(&file)).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read ") && missing.ends_with("vss.json"), "{missing}");
    // A hole of 100 MB, which costs nothing.
    std::fs::File::create(&file).unwrap().set_len(100_000_000).unwrap();
    let long = catalogue(Some(&file)).unwrap_err().to_string();
    assert!(long.contains("vss.json:1:1: longer than 16 MiB"), "{long}");
}

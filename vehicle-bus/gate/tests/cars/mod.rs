//! The cars that the gate is tried with.

use std::path::Path;

use tandem_dbc::Database;
use tandem_gate::{Gate, bind};
use tandem_signals::{Catalogue, Profile};

/// A car with a message of each kind.
pub const CAR: &str = include_str!("car.toml");
pub const DBC: &str = include_str!("car.dbc");

pub fn made() -> Gate {
    let database = Database::parse(DBC.as_bytes()).unwrap();
    let profile = Profile::parse("car.toml", CAR, Catalogue::ours()).unwrap();
    bind("car.toml", &profile, [&database, &database]).unwrap()
}

#[allow(dead_code, reason = "not every test drives it")]
/// The demo car, and how many buses it has.
pub fn demo() -> (Gate, u8) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/cars/demo");
    let text = std::fs::read_to_string(folder.join("car.toml")).unwrap();
    let profile = Profile::parse("car.toml", &text, Catalogue::ours()).unwrap();
    let read = |dbc: &str| Database::parse(&std::fs::read(folder.join(dbc)).unwrap()).unwrap();
    let databases: Vec<_> = profile.buses.iter().map(|bus| read(&bus.dbc)).collect();
    (bind("car.toml", &profile, &databases).unwrap(), profile.buses.len().try_into().unwrap())
}

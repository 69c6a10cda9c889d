//! Which car a recording is of: said on the command line, or in a file beside the recording.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use tandem_signals::Catalogue;
use tandem_store::{Car, LoadError, Places};

use super::log::Log;
use crate::failure::{SetUp, set_up};
use crate::places::{self, car_names};

/// The file beside a recording: `drive.toml` beside `drive.log` or `drive.log.gz`. It may say more, for people.
#[derive(Deserialize)]
struct Beside {
    car: Option<String>,
}

/// The car that the file beside the recording names.
///
/// # Errors
/// There is such a file, and it cannot be read.
pub fn named_beside(log: &Path) -> anyhow::Result<Option<String>> {
    let packed = ["gz", "xz", "zst"].iter().any(|ending| log.extension().is_some_and(|found| found == *ending));
    let file = if packed { log.with_extension("") } else { log.to_owned() }.with_extension("toml");
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| SetUp(format!("cannot read {}", file.display())))?,
    };
    let beside: Beside = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count());
        set_up(format!("{}:{}: {}", file.display(), line.max(1), error.message()))
    })?;
    Ok(beside.car)
}

/// Reads a car, or says in one line why not and what to do.
///
/// # Errors
/// A wrong set-up.
pub fn load(name: &str, places: &Places, catalogue: &'static Catalogue) -> anyhow::Result<Car> {
    let folder = places::car_folder(places, name)?;
    match tandem_store::load(&folder.to_string_lossy(), places, catalogue) {
        Ok((car, _)) => Ok(car),
        Err(LoadError::Mistakes { path, mistakes }) => {
            let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
            let folder = path.parent().unwrap_or(&path).display();
            let more = match mistakes.len() {
                0 | 1 => String::new(),
                count => format!(" (and {} more: `tandem car check {folder}` lists all)", count - 1),
            };
            Err(set_up(format!("{first}{more}")))
        }
        Err(error) => Err(anyhow::Error::new(error).context(SetUp(format!("the car {name} cannot be used")))),
    }
}

/// Nobody said which car this is of: what each of ours knows of it.
pub fn ask_for_one(log: &Log, places: &Places, catalogue: &'static Catalogue) -> anyhow::Error {
    let ids: BTreeSet<_> = log.frames().into_iter().flatten().flatten().map(|frame| (frame.bus.0, frame.id)).collect();
    let known = |car: &Car| {
        ids.iter()
            .filter(|(bus, id)| {
                let name = log.interfaces.get(usize::from(*bus)).map(|interface| interface.name.as_str());
                let bus = car.buses.iter().find(|bus| Some(bus.interface.as_str()) == name);
                bus.is_some_and(|bus| bus.codec.index(*id).is_some())
            })
            .count()
    };
    let cars = car_names(&places.assets).into_iter().map(|name| {
        let folder = places.assets.join("cars").join(&name);
        match tandem_store::load(&folder.to_string_lossy(), places, catalogue) {
            Ok((car, _)) => format!("{name} knows {} of its {} ids", known(&car), ids.len()),
            Err(LoadError::NoDbc { dbc, .. }) => format!("{name} needs {dbc}, see --dbc-path"),
            Err(_) => format!("{name} has mistakes, see `tandem car check {name}`"),
        }
    });
    let cars: Vec<_> = cars.collect();
    set_up(format!("which car is this a recording of? Say --car NAME ({})", cars.join("; ")))
}

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tandem_store::{LoadError, Places};

use crate::failure::{SetUp, set_up};

const INSTALLED: &str = "/usr/share/tandem";

/// Where cars are: `$TANDEM_ASSETS`, else `./assets`, else where a package puts them.
pub fn assets() -> anyhow::Result<PathBuf> {
    let has_cars = |folder: &Path| folder.join("cars").is_dir();
    if let Some(named) = env::var_os("TANDEM_ASSETS").filter(|named| !named.is_empty()) {
        let folder = std::path::absolute(named)?;
        return if has_cars(&folder) {
            Ok(folder)
        } else {
            Err(set_up(format!("TANDEM_ASSETS is {}, which has no folder `cars`", folder.display())))
        };
    }
    let here = std::path::absolute("assets")?;
    let found = [here, PathBuf::from(INSTALLED)].into_iter().find(|folder| has_cars(folder));
    found.ok_or_else(|| {
        set_up(format!(
            "there are no cars: neither ./assets nor {INSTALLED} has a folder `cars`; start in Tandem's checkout or set TANDEM_ASSETS"
        ))
    })
}

/// Where a car's parts are looked for; `first` are the folders of DBC files from the command line.
pub fn places(first: &[PathBuf]) -> anyhow::Result<Places> {
    let more = env::var_os("TANDEM_DBC_PATH").unwrap_or_default();
    let more = env::split_paths(&more).filter(|folder| !folder.as_os_str().is_empty());
    Ok(Places { assets: assets()?, dbc: first.iter().cloned().chain(more).collect() })
}

/// The folder of a car by its name or path.
pub fn car_folder(places: &Places, name: &str) -> anyhow::Result<PathBuf> {
    let folder = places.car(name).map_err(|error| no_such_car(places, &error))?;
    Ok(std::path::absolute(folder)?)
}

fn no_such_car(places: &Places, error: &LoadError) -> anyhow::Error {
    let names = car_names(&places.assets).join(", ");
    set_up(format!("{error}; the cars here are: {names} (a path to a folder with a car.toml does as well)"))
}

/// The names of the cars that the assets hold, sorted.
pub fn car_names(assets: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(assets.join("cars")).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().join("car.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// One of Tandem's other programs: they lie beside this one.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let ours = env::current_exe().context(SetUp("cannot tell where this program lies".to_owned()))?;
    let path = ours.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    let beside = ours.parent().unwrap_or(Path::new("/")).display();
    Err(set_up(format!(
        "{name} is missing: it should lie in {beside}; `cargo xtask build` makes all of Tandem's programs"
    )))
}

/// A program of the system, by `$PATH`.
pub fn system_program(name: &str, package: &str) -> anyhow::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| set_up(format!("{name} is missing: install it with `sudo apt install {package}`")))
}

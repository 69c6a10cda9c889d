use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tandem_dbc::Database;
use tandem_signals::{Catalogue, Mistake, Profile, tree};
use tandem_units::plain;

use crate::car::Car;

/// A car that maps every leaf of VSS has a quarter of it, bytes.
const LARGEST_CAR: u64 = 4 << 20;

/// Where cars and their DBC files are looked for.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The folder that holds `cars/`; a car may also be given as a folder of its own.
    pub assets: PathBuf,
    /// Folders of DBC files, searched before the profile's own.
    pub dbc: Vec<PathBuf>,
}

/// Something that was mended or is odd, and does not keep the car from loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub file: PathBuf,
    pub line: usize,
    pub what: String,
}

/// Why a car cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("there is no car `{}`: looked for {}", plain(name), shown(looked))]
    NoSuchCar { name: String, looked: PathBuf },
    #[error("cannot read {}", shown(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("{} has more than the 4 MiB that a car.toml may have", shown(path))]
    TooLarge { path: PathBuf },
    #[error("{} mistake(s) in {}:{}", mistakes.len(), shown(path), mistakes.iter().map(|m| format!("\n  {m}")).collect::<String>())]
    Mistakes { path: PathBuf, mistakes: Vec<Mistake> },
    #[error(
        "{} of this car needs `{}`, which is in none of: {}. Put it into one of them or name its folder with --dbc-path{}",
        plain(interface),
        plain(dbc),
        looked.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", "),
        source_hint.as_deref().map(|hint| format!(". It comes from {}", plain(hint))).unwrap_or_default()
    )]
    NoDbc { interface: String, dbc: String, looked: Vec<PathBuf>, source_hint: Option<String> },
    #[error("{}: {}", shown(path), plain(&cause.to_string()))]
    Dbc { path: PathBuf, cause: tandem_dbc::DbcError },
}

fn shown(path: &Path) -> String {
    plain(&path.display().to_string()).into_owned()
}

impl Places {
    /// The folder of a car by its name, or by the path of its folder.
    ///
    /// # Errors
    /// [`LoadError::NoSuchCar`] if neither holds a car.toml.
    pub fn car(&self, name: &str) -> Result<PathBuf, LoadError> {
        let by_name = self.assets.join("cars").join(name);
        let by_path = PathBuf::from(name);
        let plain = !name.contains(['/', '.']);
        [by_name.clone(), by_path]
            .into_iter()
            .filter(|folder| plain || folder.as_path() == Path::new(name))
            .find(|folder| folder.join("car.toml").is_file())
            .ok_or_else(|| {
                let looked = if plain { by_name } else { PathBuf::from(name) };
                LoadError::NoSuchCar { name: name.to_owned(), looked: looked.join("car.toml") }
            })
    }

    fn dbc(&self, folder: &Path, file: &str) -> Result<PathBuf, Vec<PathBuf>> {
        let looked: Vec<_> = self.dbc.iter().map(PathBuf::as_path).chain([folder]).map(Path::to_owned).collect();
        // A profile names a file, not a path: `../../etc/passwd` is nobody's DBC.
        let bare = Path::new(file).file_name().is_some_and(|name| name == file);
        looked.iter().map(|place| place.join(file)).find(|path| bare && path.is_file()).ok_or(looked)
    }
}

/// Our catalogue, with the leaves of a VSS file if there is one; and where that has leaves otherwise than ours. It stays for the life of the process: call it once.
///
/// # Errors
/// [`LoadError::Read`], or [`LoadError::Mistakes`] with every mistake of the file.
pub fn catalogue(vss: Option<&Path>) -> Result<(&'static Catalogue, Vec<Mistake>), LoadError> {
    let Some(path) = vss else { return Ok((Catalogue::ours(), Vec::new())) };
    // One byte more than may be, for the reader to say that it is too long.
    let bytes = read(path, tree::LONGEST as u64 + 1)?;
    let grown = Catalogue::ours().with_vss(&path.display().to_string(), &bytes);
    let (catalogue, others) = grown.map_err(|mistakes| LoadError::Mistakes { path: path.to_owned(), mistakes })?;
    Ok((Box::leak(Box::new(catalogue)), others))
}

/// Reads a car: its profile, its DBC files, and binds one to the other.
///
/// # Errors
/// [`LoadError`], with every mistake of the car.toml at once.
pub fn load(name: &str, places: &Places, catalogue: &'static Catalogue) -> Result<(Car, Vec<Warning>), LoadError> {
    let folder = places.car(name)?;
    let path = folder.join("car.toml");
    let wrong = |mistakes| LoadError::Mistakes { path: path.clone(), mistakes };
    let shown = path.display().to_string();
    let text = read(&path, LARGEST_CAR + 1)?;
    if text.len() as u64 > LARGEST_CAR {
        return Err(LoadError::TooLarge { path });
    }
    let text = String::from_utf8(text).map_err(|error| wrong(vec![Mistake::not_utf8(&shown, error.as_bytes())]))?;
    let profile = Profile::parse(&shown, &text, catalogue).map_err(wrong)?;
    let mut warnings = Vec::new();
    let mut databases = Vec::new();
    for bus in &profile.buses {
        let file = places.dbc(&folder, &bus.dbc).map_err(|looked| LoadError::NoDbc {
            interface: bus.interface.clone(),
            dbc: bus.dbc.clone(),
            looked,
            source_hint: bus.dbc_source.clone(),
        })?;
        let text = tandem_dbc::read(open(&file)?).map_err(|source| LoadError::Read { path: file.clone(), source })?;
        let database = Database::parse(&text).map_err(|cause| LoadError::Dbc { path: file.clone(), cause })?;
        warnings.extend(database.repairs.iter().map(|repair| Warning {
            file: file.clone(),
            line: repair.line,
            what: repair.what.clone(),
        }));
        databases.push(database);
    }
    let car = Car::bind(&shown, profile, databases, catalogue).map_err(wrong)?;
    Ok((car, warnings))
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    open(path)?
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

fn open(path: &Path) -> Result<File, LoadError> {
    File::open(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_car_that_is_no_text_is_refused_at_its_byte() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("car.toml"), b"name = \"Two\"\ndescription = \"\xC3\xBC \xFCber\"\n")
            .unwrap();
        let error = load(folder.path().to_str().unwrap(), &Places::default(), Catalogue::ours()).err().unwrap();
        let LoadError::Mistakes { mistakes, .. } = &error else { panic!("{error}") };
        let [mistake] = mistakes.as_slice() else { panic!("{error}") };
        assert_eq!((mistake.line, mistake.column), (2, 18));
        assert_eq!(mistake.message, "byte 0xFC is not UTF-8: save the file as UTF-8");
    }

    #[test]
    fn an_error_shows_what_is_not_seen_of_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let car = "name = \"X\"\ndescription = \"X\"\n[buses.can0]\ndbc = \"x\\u202Ecbd.\"\nbitrate = 500_000\n";
        std::fs::write(folder.path().join("car.toml"), car).unwrap();
        let load = |name: &str| load(name, &Places::default(), Catalogue::ours()).err().unwrap().to_string();
        let told = load(folder.path().to_str().unwrap());
        assert!(told.starts_with(r"can0 of this car needs `x\u{202e}cbd.`, which is in none of"), "{told}");
        let told = load("no\u{2066}car\n");
        assert!(told.starts_with(r"there is no car `no\u{2066}car\n`: looked for"), "{told}");
        assert!(told.lines().count() == 1 && !told.contains('\u{2066}'), "{told}");
    }
}

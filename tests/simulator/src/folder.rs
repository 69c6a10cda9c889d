//! A car's folder on disk: `car.toml`, its DBC files, its scenarios.

use std::path::{Path, PathBuf};

use tandem_dbc::{Codec, Database, DbcError};
use tandem_signals::{BusProfile, Catalogue, Mistake, Profile, nearest};

use crate::scenario::{Scenario, ScenarioError};

/// A folder that is no car, or no car that can be driven.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}", mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
    Profile { mistakes: Vec<Mistake> },
    #[error("{}: {source}", path.display())]
    Dbc { path: PathBuf, source: DbcError },
    #[error("{}: {source}", path.display())]
    Scenario { path: PathBuf, source: ScenarioError },
    #[error("there is no scenario {name} in {}; expected one of: {known}", folder.display())]
    NoScenario { name: String, folder: PathBuf, known: String },
}

/// A bus, and the DBC that explains it.
#[derive(Clone, Debug)]
pub struct Bus {
    pub profile: BusProfile,
    pub database: Database,
    pub codec: Codec,
}

/// A car as its folder describes it.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    pub profile: Profile,
    /// The leaves that the profile speaks of.
    pub catalogue: Catalogue,
    /// In the order of [`Profile::buses`].
    pub buses: Vec<Bus>,
}

impl Folder {
    /// Reads `car.toml` and the DBC files beside it.
    ///
    /// # Errors
    /// [`FolderError`] names the file, and every mistake of `car.toml` at once.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        Self::with_leaves(path, Catalogue::ours())
    }

    /// As [`Self::read`], for a car that maps leaves of a VSS file, too.
    ///
    /// # Errors
    /// As [`Self::read`], and every mistake of the VSS file at once.
    pub fn with_vss(path: &Path, vss: &Path) -> Result<Self, FolderError> {
        let bytes = std::fs::read(vss).map_err(|source| FolderError::Read { path: vss.to_owned(), source })?;
        let grown = Catalogue::ours().with_vss(&vss.display().to_string(), &bytes);
        let (catalogue, _) = grown.map_err(|mistakes| FolderError::Profile { mistakes })?;
        Self::with_leaves(path, &catalogue)
    }

    fn with_leaves(path: &Path, catalogue: &Catalogue) -> Result<Self, FolderError> {
        let file = path.join("car.toml");
        let profile = Profile::parse(&file.display().to_string(), &text(&file)?, catalogue)
            .map_err(|mistakes| FolderError::Profile { mistakes })?;
        let mut buses = Vec::new();
        for bus in &profile.buses {
            let path = path.join(&bus.dbc);
            let bytes = std::fs::File::open(&path).and_then(tandem_dbc::read);
            let bytes = bytes.map_err(|source| FolderError::Read { path: path.clone(), source })?;
            let database = Database::parse(&bytes).map_err(|source| FolderError::Dbc { path, source })?;
            buses.push(Bus { profile: bus.clone(), codec: Codec::compile(&database), database });
        }
        Ok(Self { path: path.to_owned(), profile, catalogue: catalogue.clone(), buses })
    }

    /// A scenario by its name in `scenarios/`, or by the path of a `.toml` file.
    ///
    /// # Errors
    /// [`FolderError::NoScenario`] lists those there are; [`FolderError::Scenario`] has the line.
    pub fn scenario(&self, name: &str) -> Result<Scenario, FolderError> {
        let folder = self.path.join("scenarios");
        let path = if name.ends_with(".toml") { PathBuf::from(name) } else { folder.join(format!("{name}.toml")) };
        if !name.ends_with(".toml") && !path.is_file() {
            let known = names(&folder);
            let hint = nearest(name, known.iter().map(String::as_str)).map(|near| format!(" (is it {near}?)"));
            let known = known.join(", ") + &hint.unwrap_or_default();
            return Err(FolderError::NoScenario { name: name.to_owned(), folder, known });
        }
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match Scenario::parse(&text(&path)?) {
            Ok(scenario) => Ok(Scenario { name: stem, ..scenario }),
            Err(source) => Err(FolderError::Scenario { path, source }),
        }
    }

    /// The names of the scenarios there are, sorted.
    pub fn scenarios(&self) -> Vec<String> {
        names(&self.path.join("scenarios"))
    }

    /// One of [`Self::scenarios`], and no other file.
    ///
    /// # Errors
    /// As [`Self::scenario`].
    pub fn own_scenario(&self, name: &str) -> Result<Scenario, FolderError> {
        let known = self.scenarios();
        if known.iter().any(|it| it == name) {
            return self.scenario(name);
        }
        let (name, folder) = (name.chars().take(64).collect(), self.path.join("scenarios"));
        Err(FolderError::NoScenario { name, folder, known: known.join(", ") })
    }
}

fn text(path: &Path) -> Result<String, FolderError> {
    std::fs::read_to_string(path).map_err(|source| FolderError::Read { path: path.to_owned(), source })
}

/// What is there to choose from, sorted; a folder that cannot be read has nothing.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let scenarios = files.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut names: Vec<String> =
        scenarios.filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

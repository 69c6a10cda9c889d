mod import;
mod show;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use tandem_gate::Gate;
use tandem_signals::{Catalogue, Mistake, Profile};
use tandem_store::{LoadError, Places, Warning};

use crate::failure::{SetUp, Status, set_up};
use crate::places;
use crate::say::{say, tell};
use crate::table::{Align, Table, counted};
use crate::vss::Vss;

/// Lists and checks cars: folders with a car.toml.
#[derive(Subcommand)]
pub enum Car {
    /// Every mistake of a car.toml and of its DBC files at once, with file and line; status 1 if there is any.
    Check {
        /// A folder with a car.toml, or the name of a car in the assets.
        car: String,
        /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again.
        #[arg(long, value_name = "DIR")]
        dbc_path: Vec<PathBuf>,
        #[command(flatten)]
        vss: Vss,
    },
    /// The cars in the assets.
    List,
    Import(import::Import),
    Show(show::Show),
}

impl Car {
    pub fn run(self) -> anyhow::Result<Status> {
        match self {
            Self::Check { car, dbc_path, vss } => check(&car, &dbc_path, &vss),
            Self::Import(import) => import.run(),
            Self::Show(show) => show.run(),
            Self::List => {
                let assets = places::assets()?;
                say(list(&assets).to_string().trim_end());
                Ok(Status::OK)
            }
        }
    }
}

/// What a car is read from, the car, and what was mended and is odd.
type Loaded = (String, tandem_store::Car, Vec<Warning>, Vec<Mistake>);

fn loaded(car: &str, dbc_path: &[PathBuf], vss: &Vss) -> anyhow::Result<Loaded> {
    // A folder can be checked wherever the assets are.
    let by_path = Path::new(car).join("car.toml").is_file();
    let places = match places::places(dbc_path) {
        Err(_) if by_path => Places { assets: PathBuf::new(), dbc: dbc_path.to_vec() },
        places => places?,
    };
    let folder = if by_path { std::path::absolute(car)? } else { places::car_folder(&places, car)? };
    let read = vss.read().and_then(|(catalogue, others)| {
        let (car, repairs) = tandem_store::load(&folder.to_string_lossy(), &places, catalogue)?;
        Ok((folder.join("car.toml").display().to_string(), car, repairs, others))
    });
    read.map_err(|error| match error {
        // A file that is not there is the set-up's fault, one that cannot be understood is its own.
        LoadError::NoDbc { .. } | LoadError::NoSuchCar { .. } => set_up(error.to_string()),
        LoadError::Read { path, source } => {
            anyhow::Error::new(source).context(SetUp(format!("cannot read {}", path.display())))
        }
        error => error.into(),
    })
}

/// What may leave for the car.
///
/// # Errors
/// Every line of its allow-list that cannot be kept.
fn gate(file: &str, car: &tandem_store::Car) -> Result<Gate, Vec<Mistake>> {
    tandem_gate::bind(file, &car.profile, car.buses.iter().map(|bus| &bus.database))
}

fn check(car: &str, dbc_path: &[PathBuf], vss: &Vss) -> anyhow::Result<Status> {
    let bound = loaded(car, dbc_path, vss).and_then(|(file, loaded, repairs, others)| {
        let path = PathBuf::from(&file);
        gate(&file, &loaded).map_err(|mistakes| LoadError::Mistakes { path, mistakes })?;
        Ok((loaded, repairs, others))
    });
    match bound.map_err(anyhow::Error::downcast::<LoadError>) {
        Ok((loaded, repairs, others)) => {
            for repair in &repairs {
                tell(&format!("{}:{}: mended: {}", repair.file.display(), repair.line, repair.what));
            }
            let warnings: Vec<_> = others.iter().chain(&loaded.warnings).collect();
            for Mistake { file, line, message, .. } in &warnings {
                tell(&format!("{file}:{line}: warning: {message}"));
            }
            let (leaves, buses) = (loaded.leaves().count() as u64, loaded.buses.len() as u64);
            let buses = if buses == 1 { "1 bus".to_owned() } else { format!("{buses} buses") };
            let odd = match warnings.len() {
                0 => String::new(),
                count => format!(", {}", counted(count as u64, "warning")),
            };
            tell(&format!("{}: {} from {buses}, no mistake{odd}", loaded.profile.name, counted(leaves, "signal")));
            Ok(Status::OK)
        }
        Err(Ok(LoadError::Mistakes { mistakes, .. })) => {
            for mistake in &mistakes {
                tell(&mistake.to_string());
            }
            say(&counted(mistakes.len() as u64, "mistake"));
            Ok(Status::FAILED)
        }
        Err(Ok(error)) => Err(error.into()),
        Err(Err(error)) => Err(error),
    }
}

fn list(assets: &Path) -> Table {
    let mut table = Table::new([
        ("car", Align::Left),
        ("buses", Align::Left),
        ("signals", Align::Right),
        ("what it is", Align::Left),
    ]);
    for name in places::car_names(assets) {
        let file = assets.join("cars").join(&name).join("car.toml");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        match Profile::parse(&file.to_string_lossy(), &text, Catalogue::ours()) {
            Ok(profile) => {
                let buses: BTreeMap<_, _> =
                    profile.buses.iter().map(|bus| (bus.interface.as_str(), bus.dbc.as_str())).collect();
                let buses: Vec<_> = buses.iter().map(|(bus, dbc)| format!("{bus} by {dbc}")).collect();
                let what = format!("{}: {}", profile.name, profile.description);
                table.row([name, buses.join(", "), profile.signals.len().to_string(), what]);
            }
            Err(mistakes) => {
                let what = format!("{}: see `tandem car check {name}`", counted(mistakes.len() as u64, "mistake"));
                table.row([name, String::new(), String::new(), what]);
            }
        }
    }
    table
}

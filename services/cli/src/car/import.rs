//! `tandem car import`: a mapping of another system becomes a car.toml.

mod mapping;
mod signals;
mod yaml;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tandem_signals::tree::{LONGEST, Node};
use tandem_signals::{Catalogue, Mistake, Profile};
use tandem_store::Car;

use crate::bus::rates::USUAL;
use crate::dictionary::read_dbc;
use crate::failure::{SetUp, Status, set_up};
use crate::say::{remark, say};
use crate::table::counted;
use crate::vss::Vss;
use mapping::Remark;
use signals::{Bus, quoted};

/// Makes a car.toml out of a mapping: VSS's `network_serialization`, or `dbc2vss` (`dbc`) of Eclipse kuksa's CAN provider, as vspec (YAML) or JSON.
///
/// Formulas, values, intervals and on-change are carried over. What is not, is told on standard error, a line each, with its place; status 1 if a leaf stays
/// unmapped by that. Signals are found by their name alone: one that stands in several messages is refused. `tandem car check` likes the outcome; whether it is
/// right, only the car knows.
#[derive(clap::Args)]
pub struct Import {
    /// The mapping: a vspec or YAML file, or JSON.
    mapping: PathBuf,
    /// A DBC file of the car; again for each further bus, which are then can0, can1, ...
    #[arg(long, value_name = "FILE", required = true)]
    dbc: Vec<PathBuf>,
    /// The folder that is to be the car's: car.toml and the DBC files are put there. Without it, car.toml goes to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What the car is called.
    #[arg(long, default_value = "Imported car")]
    name: String,
    #[command(flatten)]
    vss: Vss,
}

/// The text of a car.toml, and what is not in it.
struct Made {
    text: String,
    signals: usize,
    remarks: Vec<Remark>,
}

impl Import {
    pub fn run(&self) -> anyhow::Result<Status> {
        if let Some(there) = self.out.as_ref().map(|folder| folder.join("car.toml")).filter(|there| there.exists()) {
            return Err(set_up(format!("{} is there already: name another folder", there.display())));
        }
        let catalogue = self.vss.catalogue()?;
        let buses = self.buses()?;
        let file = self.mapping.display().to_string();
        let bytes = self.bytes()?;
        let tree = match read(&file, &bytes) {
            Ok(tree) => tree,
            Err(mistakes) => {
                mistakes.iter().for_each(|mistake| remark(&mistake.to_string()));
                return Ok(Status::FAILED);
            }
        };
        let made = make(&self.name, &file, &tree, &buses, catalogue, self.vss.is_given());
        for Remark { place, what, .. } in &made.remarks {
            remark(&place.mistake(&file, what.as_str()).to_string());
        }
        let lost = made.remarks.iter().filter(|remark| remark.lost).count() as u64;
        if made.signals == 0 {
            bail!("{file}: nothing that could be carried over");
        }
        check(&made.text, buses, catalogue)?;
        match &self.out {
            Some(folder) => self.put(folder, &made.text)?,
            None => say(made.text.trim_end()),
        }
        remark(&format!("{} carried over, {lost} not", counted(made.signals as u64, "signal")));
        Ok(if lost == 0 { Status::OK } else { Status::FAILED })
    }

    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        use std::io::Read;
        let mut bytes = Vec::new();
        let read =
            std::fs::File::open(&self.mapping).and_then(|file| file.take(LONGEST as u64 + 1).read_to_end(&mut bytes));
        read.with_context(|| SetUp(format!("cannot read {}", self.mapping.display())))?;
        Ok(bytes)
    }

    fn buses(&self) -> anyhow::Result<Vec<Bus>> {
        let mut buses: Vec<Bus> = Vec::new();
        for (at, path) in self.dbc.iter().enumerate() {
            let database = read_dbc(path)?;
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if buses.iter().any(|bus| bus.file == file) {
                return Err(set_up(format!("two DBC files are called {file}: a car has them in one folder")));
            }
            buses.push(Bus { interface: format!("can{at}"), file, database });
        }
        Ok(buses)
    }

    /// Nothing that is there already is written over.
    fn put(&self, folder: &Path, text: &str) -> anyhow::Result<()> {
        let there = folder.join("car.toml");
        std::fs::create_dir_all(folder).with_context(|| SetUp(format!("cannot make {}", folder.display())))?;
        for path in &self.dbc {
            let copy = folder.join(path.file_name().unwrap_or_default());
            if !copy.exists() {
                std::fs::copy(path, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
            } else if std::fs::read(&copy)? != std::fs::read(path)? {
                return Err(set_up(format!("{} is there already and another: name another folder", copy.display())));
            }
        }
        std::fs::write(&there, text).with_context(|| format!("cannot write {}", there.display()))
    }
}

/// JSON if it begins like JSON, whatever its name.
fn read(file: &str, bytes: &[u8]) -> Result<Node, Vec<Mistake>> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') { Node::json(file, bytes) } else { yaml::read(file, bytes) }
}

fn make(name: &str, file: &str, tree: &Node, buses: &[Bus], catalogue: &Catalogue, has_vss: bool) -> Made {
    let (wishes, mut remarks) = mapping::read(tree);
    let (entries, more) = signals::entries(&wishes, buses, catalogue, has_vss);
    remarks.extend(more);
    remarks.sort_by_key(|remark| remark.place);
    let from = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!("name = {}\ndescription = {}\n", quoted(name), quoted(&format!("Imported from {from}.")));
    for Bus { interface, file, .. } in buses {
        let _ = write!(
            text,
            "\n[buses.{interface}]\ndbc = {}\nbitrate = {USUAL} # a guess: the mapping does not say it\n",
            quoted(file)
        );
    }
    for entry in &entries {
        let _ = write!(text, "\n{entry}");
    }
    Made { text, signals: entries.len(), remarks }
}

/// What is made is read as every car is: a car.toml that Tandem refuses would be a fault of this command.
fn check(text: &str, buses: Vec<Bus>, catalogue: &'static Catalogue) -> anyhow::Result<()> {
    let databases = buses.into_iter().map(|bus| bus.database).collect();
    let bound = Profile::parse("car.toml", text, catalogue)
        .and_then(|profile| Car::bind("car.toml", profile, databases, catalogue));
    let mistakes = bound.err().unwrap_or_default();
    if let Some(first) = mistakes.first() {
        bail!("the car.toml that was made is wrong, please report it: {first}");
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! What the ids on a bus mean: by DBC files alone, or by a car.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tandem_dbc::{Codec, Database, Message};
use tandem_frame::CanId;
use tandem_signals::{BusProfile, Catalogue, Profile};
use tandem_store::{Bitrates, Car, Store};

use crate::failure::SetUp;
use crate::places;
use crate::replay::which_car;
use crate::say::complain;
use crate::values::Privacy;
use crate::vss::Vss;

/// Where the meaning of frames comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct Meaning {
    /// A DBC file; `can0=FILE` is for one bus only, and may be given for others again. What is private only a car says: by DBC files alone every signal is told.
    #[arg(long, value_name = "[BUS=]FILE", conflicts_with_all = ["vss", "dbc_path"])]
    pub dbc: Vec<PathBuf>,
    /// A car, by its name in the assets or the folder of its car.toml: the DBC file of each of its buses. Without it and --dbc the car that stands in the TOML file
    /// beside a recording.
    #[arg(long, value_name = "CAR", conflicts_with = "dbc")]
    pub car: Option<String>,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again.
    #[arg(long, value_name = "DIR")]
    pub dbc_path: Vec<PathBuf>,
    #[command(flatten)]
    pub vss: Vss,
}

/// Whether a command tells what says something about a person.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Private {
    /// Tells the car's private signals as well: position, vehicle identification number. Without it they are named, and neither their values nor the bytes of their
    /// messages are told.
    #[arg(long, conflicts_with = "dbc")]
    private: bool,
}

impl Private {
    pub fn privacy(self) -> Privacy {
        if self.private { Privacy::Told } else { Privacy::Kept }
    }
}

/// One DBC file, compiled.
pub struct Book {
    /// The bus that it is for; none if it is for all.
    pub bus: Option<String>,
    pub bitrates: Option<Bitrates>,
    pub database: Database,
    pub codec: Codec,
}

/// Every DBC file that was given.
#[derive(Default)]
pub struct Dictionary {
    pub books: Vec<Book>,
    /// The car that the books are of, in the order of its buses.
    pub car: Option<(Profile, &'static Catalogue)>,
}

impl Meaning {
    pub fn is_given(&self) -> bool {
        !self.dbc.is_empty() || self.car.is_some() || !self.dbc_path.is_empty() || self.vss.is_given()
    }

    /// Reads what was given, or else the car that stands beside the recording; nothing is a dictionary, too.
    ///
    /// # Errors
    /// A wrong set-up. That the car beside a recording cannot be had is only said.
    pub fn read(&self, recording: Option<&Path>) -> anyhow::Result<Dictionary> {
        if !self.dbc.is_empty() {
            let books = self.dbc.iter().map(|given| Book::read(given)).collect::<anyhow::Result<_>>()?;
            return Ok(Dictionary { books, car: None });
        }
        let load = |name: &str| which_car::load(name, &places::places(&self.dbc_path)?, self.vss.catalogue()?);
        if let Some(name) = &self.car {
            return Ok(Dictionary::of(load(name)?));
        }
        let Some(name) = recording.map(which_car::named_beside).transpose()?.flatten() else {
            return Ok(Dictionary::default());
        };
        load(&name).map(Dictionary::of).or_else(|error| {
            complain(&format!("going on without the names of messages: {error:#}"));
            Ok(Dictionary::default())
        })
    }
}

/// Reads a DBC file.
///
/// # Errors
/// A wrong set-up: it cannot be read, or is none.
pub fn read_dbc(path: &Path) -> anyhow::Result<Database> {
    let cannot_read = || SetUp(format!("cannot read the DBC file {}", path.display()));
    let text = File::open(path).and_then(tandem_dbc::read).with_context(cannot_read)?;
    Database::parse(&text).with_context(|| SetUp(path.display().to_string()))
}

impl Book {
    fn read(given: &Path) -> anyhow::Result<Self> {
        let named = given.to_str().and_then(|text| text.split_once('=')).filter(|(bus, _)| !bus.contains('/'));
        let (bus, path) = match named {
            Some((bus, path)) => (Some(bus.to_owned()), Path::new(path)),
            None => (None, given),
        };
        let database = read_dbc(path)?;
        let codec = Codec::compile(&database);
        Ok(Self { bus, bitrates: None, database, codec })
    }

    /// The message of an id, and its index.
    pub fn message(&self, id: CanId) -> Option<(usize, &Message)> {
        let at = self.codec.index(id)?;
        Some((at, self.database.messages.get(at)?))
    }
}

impl Dictionary {
    fn of(car: Car) -> Self {
        let Car { profile, catalogue, buses, .. } = car;
        let books = buses.into_iter().map(|bus| Book {
            bus: Some(bus.interface),
            bitrates: Some(bus.bitrates),
            database: bus.database,
            codec: bus.codec,
        });
        Self { books: books.collect(), car: Some((profile, catalogue)) }
    }

    /// The book of a bus.
    pub fn book(&self, bus: &str) -> Option<&Book> {
        self.books.get(self.index(bus)?)
    }

    /// What hears the frames of the car, each with its book for a bus, and answers readings.
    pub fn store(&self) -> Option<Store> {
        let (profile, catalogue) = self.car.as_ref()?;
        let databases = self.books.iter().map(|book| book.database.clone()).collect();
        // It was bound before.
        Car::bind("car.toml", profile.clone(), databases, catalogue).ok().map(Store::new)
    }

    /// If every book is for another bus than those that there are: the first book's bus, and what to say.
    pub fn misfit<'a>(&self, here: impl Iterator<Item = &'a str> + Clone) -> Option<(&str, String)> {
        let own: Vec<_> = self.books.iter().filter_map(|book| book.bus.as_deref()).collect();
        let first = own
            .first()
            .filter(|_| here.clone().next().is_some() && here.clone().all(|name| self.index(name).is_none()))?;
        let here: Vec<_> = here.collect();
        let what =
            format!("no DBC file is for a bus here: there is {}, they are for {}", here.join(" "), own.join(" "));
        Some((first, what))
    }

    /// The place of a bus's book: its own, or else the one that is for all.
    pub fn index(&self, bus: &str) -> Option<usize> {
        let of = |wanted: Option<&str>| self.books.iter().position(|book| book.bus.as_deref() == wanted);
        of(Some(bus)).or_else(|| of(None))
    }

    /// Whether a signal is a private leaf of the car, or of a message that is private; of DBC files alone nobody knows.
    pub fn is_private(&self, book: usize, message: &str, signal: &str) -> bool {
        self.car.as_ref().is_some_and(|(profile, catalogue)| {
            let of_message = |bus: &BusProfile| bus.private_messages.iter().any(|private| private == message);
            profile.buses.get(book).is_some_and(of_message)
                || profile.signals.iter().any(|mapped| {
                    mapped.bus == book
                        && mapped.message == message
                        && mapped.signal == signal
                        && catalogue.leaf(mapped.leaf).private
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_has_its_own_file_rather_than_the_one_for_all() {
        let book = |bus: Option<&str>| Book {
            bus: bus.map(str::to_owned),
            bitrates: None,
            database: Database::default(),
            codec: Codec::compile(&Database::default()),
        };
        for (buses, own, other) in [([None, Some("can1")], 1, 0), ([Some("can1"), None], 0, 1)] {
            let dictionary = Dictionary { books: buses.map(book).into(), car: None };
            assert_eq!((dictionary.index("can1"), dictionary.index("can0")), (Some(own), Some(other)));
        }
        assert_eq!(Dictionary { books: vec![book(Some("can1"))], car: None }.index("can0"), None);
    }
}

//! What the ids on a bus mean: by DBC files alone, or by a car.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tandem_dbc::{Codec, Database, Message};
use tandem_frame::CanId;
use tandem_signals::{Catalogue, Profile};
use tandem_store::{Bitrates, Car};

use crate::failure::SetUp;
use crate::places;
use crate::replay::which_car;
use crate::say::complain;
use crate::vss::Vss;

/// Where the meaning of frames comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct Meaning {
    /// A DBC file; `can0=FILE` is for one bus only, and may be given for others again.
    #[arg(long, value_name = "[BUS=]FILE")]
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

    /// The place of a bus's book.
    pub fn index(&self, bus: &str) -> Option<usize> {
        self.books.iter().position(|book| book.bus.as_deref().is_none_or(|own| own == bus))
    }
}

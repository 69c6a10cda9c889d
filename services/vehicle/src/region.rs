//! What a region restricts in each driving state, on the displays of each zone: `assets/regions/NAME.toml`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tandem_contracts::driving::{Flag, NO_LIMIT, Restrictions, Status, Zone};
use tandem_signals::Mistake;
use tandem_signals::document::{Document, Section, integer, known, text};
use tandem_units::{Driving, plain};

use crate::driving::Known;

const TOP_KEYS: [&str; 4] = ["description", "parked", "idling", "moving"];
const ZONES: [&str; 2] = [Zone::Driver.word(), Zone::Passenger.word()];
const KEYS: [&str; 4] = ["restrict", "max_characters", "max_items", "max_depth"];
/// Each limit, and the flag without which it means nothing.
const LIMITS: [(&str, Flag); 3] =
    [("max_characters", Flag::LimitStringLength), ("max_items", Flag::LimitContent), ("max_depth", Flag::LimitContent)];
/// A region has six short tables, bytes.
const LARGEST: u64 = 64 << 10;

/// Restrictions by driving state and zone. By default everything is restricted always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    name: String,
    rules: BTreeMap<(Driving, Zone), Restrictions>,
}

/// Why a region cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    #[error("there is no region `{}`: looked for {}. --region takes the name of a file there, or the path of another", plain(name), plain(&looked.display().to_string()))]
    NoSuchRegion { name: String, looked: PathBuf },
    #[error("cannot read {}", plain(&path.display().to_string()))]
    Read { path: PathBuf, source: io::Error },
    #[error("{} has more than the 64 KiB that a region may have", plain(&path.display().to_string()))]
    TooLarge { path: PathBuf },
    #[error("{} mistake(s) in {}:{}", mistakes.len(), plain(&path.display().to_string()), mistakes.iter().map(|m| format!("\n  {m}")).collect::<String>())]
    Mistakes { path: PathBuf, mistakes: Vec<Mistake> },
}

/// The region that holds unless somebody names another.
pub const DEFAULT: &str = "default";
/// A service that finds no assets restricts by this all the same.
const BUILT_IN: &str = include_str!("../../../assets/regions/default.toml");

impl Region {
    /// The region of that name in the folder `regions` of the assets, or of that path.
    ///
    /// # Errors
    /// [`RegionError`]: there is none, or it says what a region cannot.
    pub fn load(name: &str, assets: &Path) -> Result<Self, RegionError> {
        let is_path = name.contains(['/', '.']);
        let path = if is_path { PathBuf::from(name) } else { assets.join("regions").join(format!("{name}.toml")) };
        let read = |source| RegionError::Read { path: path.clone(), source };
        let file = match File::open(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound && name == DEFAULT => {
                let built_in = |mistakes| RegionError::Mistakes { path: path.clone(), mistakes };
                return Self::parse(DEFAULT, "the built-in region", BUILT_IN).map_err(built_in);
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                return Err(RegionError::NoSuchRegion { name: name.to_owned(), looked: path });
            }
            opened => opened.map_err(read)?,
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 > LARGEST {
            return Err(RegionError::TooLarge { path });
        }
        let shown = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|error| vec![Mistake::not_utf8(&shown, error.as_bytes())]);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let region = text.and_then(|text| Self::parse(&name, &shown, &text));
        region.map_err(|mistakes| RegionError::Mistakes { path, mistakes })
    }

    /// The region that a text describes; `file` is what its mistakes call it.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn parse(name: &str, file: &str, content: &str) -> Result<Self, Vec<Mistake>> {
        let (document, top) = Document::read(file, content);
        let rules = top.as_ref().map(|top| {
            let top = Section::open(&document, top.get_ref(), top.span(), "the file", &TOP_KEYS);
            top.required("description", text);
            rules(&top)
        });
        let mistakes = document.into_mistakes();
        match rules {
            Some(rules) if mistakes.is_empty() => Ok(Self { name: name.to_owned(), rules }),
            _ => Err(mistakes),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn restrictions(&self, driving: Driving, zone: Zone) -> Restrictions {
        self.rules.get(&(driving, zone)).copied().unwrap_or(Restrictions::ALL)
    }

    /// As the bus tells it.
    pub fn status(&self, known: Known) -> Status {
        let zone = |zone: Zone| (zone.word().to_owned(), self.restrictions(known.driving, zone));
        Status {
            state: known.driving.word().to_owned(),
            region: self.name.clone(),
            zones: Zone::ALL.into_iter().map(zone).collect(),
            reading: known.reading.to_owned(),
            why: known.cause.word().to_owned(),
        }
    }
}

fn rules(top: &Section<'_, '_>) -> BTreeMap<(Driving, Zone), Restrictions> {
    let mut rules = BTreeMap::new();
    // From the laxest to the strictest, as they are declared.
    let mut before: BTreeMap<Zone, (Driving, Restrictions)> = BTreeMap::new();
    for state in Driving::ALL.iter().copied() {
        let title = format!("[{state}]");
        if !top.has(state.word()) {
            top.mistake(format!("the file has no {title}"));
        }
        let Some(table) = top.table(state.word(), title.as_str(), &ZONES) else { continue };
        for zone in Zone::ALL {
            let title = format!("[{state}.{}]", zone.word());
            if !table.has(zone.word()) {
                table.mistake(format!("the file has no {title}"));
            }
            let Some(section) = table.table(zone.word(), title.as_str(), &KEYS) else { continue };
            let found = restrictions(&section);
            // Nobody knowing counts as moving: that must not be the way to what standing forbids.
            if let Some((laxer, rule)) = before.get(&zone)
                && !found.covers(*rule)
            {
                section.mistake(format!("{title} has to restrict whatever [{laxer}.{}] does", zone.word()));
            }
            before.insert(zone, (state, found));
            rules.insert((state, zone), found);
        }
    }
    rules
}

fn restrictions(section: &Section<'_, '_>) -> Restrictions {
    let words: Vec<&str> = Flag::ALL.iter().map(|flag| flag.word()).collect();
    section.required("restrict", |_| Ok(()));
    let flags = section.entries("restrict", |value| known(value, &words));
    let flags = flags.into_iter().filter_map(|word| word.parse::<Flag>().ok()).fold(0, |bits, flag| bits | flag.bit());
    let limit = |(key, flag): (&str, Flag)| {
        let limit = section.optional(key, |value| match u32::try_from(integer(value)?) {
            Ok(limit @ 1..=1_000_000) => Ok(limit),
            _ => Err("not between 1 and 1000000".to_owned()),
        });
        if limit.is_some() && flags & flag.bit() == 0 {
            section.mistake_at(key, format!("`{key}` means nothing without {}", flag.word()));
        }
        limit
    };
    let limits = LIMITS.map(limit);
    for flag in [Flag::LimitStringLength, Flag::LimitContent] {
        let keys: Vec<&str> = LIMITS.iter().filter(|(_, of)| *of == flag).map(|(key, _)| *key).collect();
        if flags & flag.bit() != 0 && !keys.iter().any(|key| section.has(key)) {
            section.mistake(format!("{} needs `{}`", flag.word(), keys.join("` or `")));
        }
    }
    let [max_characters, max_items, max_depth] = limits.map(|limit| limit.unwrap_or(NO_LIMIT));
    Restrictions { flags, max_characters, max_items, max_depth }
}

#[cfg(test)]
mod tests;

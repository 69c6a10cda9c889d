//! How everything is, made of what was seen and heard. It asks nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use tandem_contracts::bus::BusStatistics;
use tandem_contracts::health::{self, Finding, Health, Part, Report};
use tandem_contracts::settings::Notice;
use tandem_contracts::unheard::Unheard;

pub use crate::parts::Who;

mod judge;

#[cfg(test)]
mod tests;

/// So long a part may take to come; systemd gives each the same (`TimeoutStartSec`).
pub const START_UP: Duration = Duration::from_secs(30);

/// Where this runs: who starts what, and so what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// systemd starts everything.
    Car,
    /// `tandem sim` does, or a person.
    Desk,
}

/// What came of asking a part.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Empty if it did not say.
    pub version: String,
    pub told: Result<Told, Why>,
}

/// Why a part did not answer, a part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Nameless,
    Late(Duration),
    Unheard(Unheard),
    /// What it said itself.
    Said(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nameless => f.write_str("it has no name"),
            Self::Late(patience) => write!(f, "nothing came within {} s", patience.as_secs()),
            Self::Unheard(unheard) => unheard.fmt(f),
            Self::Said(sentence) => sentence.fmt(f),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Told {
    Car(Car),
    Settings {
        notice: Notice,
        is_kept: bool,
    },
    Media {
        sources: usize,
        /// Or why its database is not read.
        library: Result<(), String>,
        /// False for a copy in memory.
        is_kept: bool,
        /// `Media1`'s word for what it plays to.
        device: String,
    },
    Phones {
        phones: usize,
        /// False while the disk does not take what was done.
        is_kept: bool,
    },
    /// The tell-tales that it drew otherwise than it was told.
    Misdrawn(Vec<String>),
}

/// What the vehicle service tells of the car's buses.
#[derive(Clone, Debug, Default)]
pub struct Car {
    pub buses: Vec<BusStatistics>,
    /// For how long each bus has been silent that was heard at all, ms.
    pub silences: BTreeMap<String, u64>,
    /// `Vehicle.LowVoltageSystemState` as the car said it last; empty if it has not.
    pub power: String,
}

/// What the machine itself says.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub interfaces: Vec<Interface>,
    pub rooms: Vec<Room>,
}

/// A CAN interface of the kernel's.
#[derive(Clone, Debug)]
pub struct Interface {
    pub name: String,
    /// Its `operstate`: `up`, `down`, `unknown` of a virtual one.
    pub state: String,
}

/// The disk of some folders.
#[derive(Clone, Debug)]
pub struct Room {
    pub folders: String,
    /// Or why it does not say.
    pub space: Result<Space, String>,
}

#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// Bytes.
    pub free: u64,
    pub takes_no_file: bool,
    pub is_read_only: bool,
}

/// See the module. `now` is since it began.
#[derive(Debug)]
pub struct Core {
    place: Place,
    /// Parts that are not started here.
    without: BTreeSet<Who>,
    version: String,
    generation: u64,
    sequence: u64,
    /// Names on the bus.
    names: BTreeSet<String>,
    /// Parts that had all their names at one time.
    seen: BTreeSet<Who>,
    answers: BTreeMap<Who, Answer>,
    /// How often a part came or went: what one answered who has gone since is not heard.
    eras: BTreeMap<Who, u64>,
    machine: Machine,
    /// What was told last, without what is no news.
    told: Option<Report>,
}

impl Core {
    pub fn new(place: Place, without: BTreeSet<Who>, version: &str, generation: u64) -> Self {
        Self {
            place,
            without,
            version: version.to_owned(),
            generation,
            sequence: 0,
            names: BTreeSet::new(),
            seen: BTreeSet::new(),
            answers: BTreeMap::new(),
            eras: BTreeMap::new(),
            machine: Machine::default(),
            told: None,
        }
    }

    /// Somebody has this name now, or nobody has.
    pub fn name(&mut self, name: &str, is_owned: bool) {
        let Some(who) = Who::ALL.into_iter().find(|who| who.names().contains(&name)) else { return };
        if is_owned {
            self.names.insert(name.to_owned());
        } else {
            self.names.remove(name);
        }
        *self.eras.entry(who).or_default() += 1;
        self.answers.remove(&who);
        if self.is_whole(who) {
            self.seen.insert(who);
        }
    }

    /// Who can be asked, and its era.
    pub fn present(&self) -> impl Iterator<Item = (Who, u64)> {
        Who::ALL.into_iter().filter(|who| self.is_whole(*who)).map(|who| (who, self.era(who)))
    }

    /// Who can be asked and has not been heard since it came.
    pub fn unheard(&self) -> impl Iterator<Item = (Who, u64)> {
        self.present().filter(|(who, _)| !self.answers.contains_key(who))
    }

    /// Takes what the part of that era answered.
    pub fn hear(&mut self, who: Who, era: u64, answer: Answer) {
        if self.era(who) == era {
            self.answers.insert(who, answer);
        }
    }

    pub fn see(&mut self, machine: Machine) {
        self.machine = machine;
    }

    /// All that is known.
    pub fn report(&self, now: Duration) -> Report {
        let mut parts: Vec<Part> = Who::ALL.into_iter().map(|who| self.part(who, now)).collect();
        parts.push(self.own());
        let mut findings = self.buses();
        findings.extend(self.databases());
        findings.extend(self.sound());
        findings.extend(self.machine.rooms.iter().map(judge::room));
        let fine = |word: &String| [Health::Well.word(), Health::Away.word()].contains(&word.as_str());
        let mut words = parts.iter().map(|part| &part.health).chain(findings.iter().map(|finding| &finding.health));
        let is_well = words.all(fine);
        Report { generation: self.generation, sequence: self.sequence, is_well, parts, findings }
    }

    /// The same, if something is otherwise than when this was asked last.
    pub fn news(&mut self, now: Duration) -> Option<Report> {
        let mut report = self.report(now);
        let gist = gist(&report);
        if self.told.as_ref() == Some(&gist) {
            return None;
        }
        // The first is what everybody finds who asks.
        if self.told.replace(gist).is_some() {
            self.sequence += 1;
        }
        report.sequence = self.sequence;
        Some(report)
    }

    /// When somebody who is waited for is waited for no longer.
    pub fn patience_ends(&self, now: Duration) -> Option<Duration> {
        (now < START_UP).then_some(START_UP)
    }

    fn era(&self, who: Who) -> u64 {
        self.eras.get(&who).copied().unwrap_or_default()
    }

    fn is_whole(&self, who: Who) -> bool {
        who.names().iter().all(|name| self.names.contains(*name))
    }

    fn part(&self, who: Who, now: Duration) -> Part {
        let (owned, missing): (Vec<_>, Vec<_>) = who.names().iter().partition(|name| self.names.contains(**name));
        let answer = self.answers.get(&who);
        let is_awaited = now < START_UP && !self.seen.contains(&who);
        let (health, says, remedy) = if missing.is_empty() {
            judge::answer(who, answer, self.place)
        } else if owned.is_empty() && self.without.contains(&who) {
            judge::away(who, self.place)
        } else if is_awaited {
            judge::awaited()
        } else if owned.is_empty() {
            judge::absent(who, self.place)
        } else {
            judge::lacking(who, &missing, self.place)
        };
        let named = |names: Vec<&&str>| names.into_iter().map(|name| (*name).to_owned()).collect();
        Part {
            name: who.word().to_owned(),
            health: health.word().to_owned(),
            says,
            remedy,
            version: answer.map(|answer| answer.version.clone()).unwrap_or_default(),
            owned: named(owned),
            missing: named(missing),
        }
    }

    /// Whoever is told this has been answered.
    fn own(&self) -> Part {
        Part {
            name: "lifecycle".to_owned(),
            health: Health::Well.word().to_owned(),
            says: "answers".to_owned(),
            version: self.version.clone(),
            owned: vec![health::NAME.to_owned()],
            ..Part::default()
        }
    }

    fn told(&self, who: Who) -> Option<&Told> {
        self.answers.get(&who)?.told.as_ref().ok()
    }

    fn buses(&self) -> Vec<Finding> {
        let interface = |name: &str| self.machine.interfaces.iter().find(|interface| interface.name == name);
        match self.told(Who::Vehicle) {
            Some(Told::Car(car)) => {
                car.buses.iter().map(|bus| judge::bus(bus, interface(&bus.name), car, self.place)).collect()
            }
            _ => self.machine.interfaces.iter().map(judge::interface).collect(),
        }
    }

    fn databases(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(Told::Settings { notice, is_kept }) = self.told(Who::Settings) {
            findings.push(judge::settings(notice, *is_kept));
        }
        if let Some(Told::Media { sources, library, is_kept, .. }) = self.told(Who::Media) {
            findings.push(judge::library(*sources, library, *is_kept, self.place));
        }
        if let Some(Told::Phones { is_kept, .. }) = self.told(Who::PhoneLink) {
            findings.push(judge::phones(*is_kept));
        }
        findings
    }

    /// None before a player has said what it plays to.
    fn sound(&self) -> Option<Finding> {
        let Some(Told::Media { device, .. }) = self.told(Who::Media) else { return None };
        (!device.is_empty()).then(|| judge::sound(device, self.place))
    }
}

/// What is news about a report: frames, bytes and how many phones there are is none.
fn gist(report: &Report) -> Report {
    let mut gist = Report { sequence: 0, ..report.clone() };
    for part in &mut gist.parts {
        part.remedy.clear();
        if part.health == Health::Well.word() {
            part.says.clear();
        }
    }
    for finding in &mut gist.findings {
        finding.remedy.clear();
        if finding.kind != judge::DATABASE || finding.health == Health::Well.word() {
            finding.says.clear();
        }
    }
    gist
}

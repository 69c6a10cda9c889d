//! What a replay found: asked of the service at the log's end, and made of nothing that differs between two runs of the same log.

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};
use tandem_contracts::bus::{Bus1Proxy, BusStatistics, IdStatistics};
use tandem_contracts::signals::{Leaf, PathReading, Signals1Proxy};
use tandem_contracts::wire;
use tandem_logs::{LogError, Place};
use tandem_units::{Nanoseconds, Quality, Value};
use zbus::Connection;

use super::log::Log;
use crate::bus::id_text;
use crate::values::{self, Privacy};

/// Everything that is told at the end.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub car: String,
    pub log: LogSummary,
    pub buses: Vec<BusSummary>,
    /// Interfaces of the log that the car does not have: nothing on them was looked at.
    pub ignored: Vec<Ignored>,
    pub unknown_ids: Vec<UnknownId>,
    pub errors: Vec<Fault>,
    pub readings: Vec<Reading>,
}

#[derive(Debug, Serialize)]
pub struct LogSummary {
    pub frames: u64,
    /// Log time from the first frame to the last.
    pub seconds: f64,
    /// How often the log's clock was set back.
    pub clock_leaps: u64,
    pub bad_lines: u64,
    pub first_bad_lines: Vec<BadLine>,
}

#[derive(Debug, Serialize)]
pub struct BadLine {
    #[serde(flatten, serialize_with = "place")]
    pub place: Place,
    pub reason: String,
}

/// `"line": 3` of a text, `"byte": 144` of a binary file.
fn place<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    let (name, number) = match place {
        Place::Line(line) => ("line", line),
        Place::Byte(byte) => ("byte", byte),
    };
    serializer.collect_map([(name, number)])
}

#[derive(Debug, Serialize)]
pub struct BusSummary {
    pub bus: String,
    pub frames: u64,
    /// Frames a second.
    pub rate: f64,
    /// Percent of the bus's bit rate.
    pub load: f64,
    pub unknown_frames: u64,
}

#[derive(Debug, Serialize)]
pub struct Ignored {
    pub bus: String,
    pub frames: u64,
}

#[derive(Debug, Serialize)]
pub struct UnknownId {
    pub bus: String,
    pub id: String,
    pub frames: u64,
}

#[derive(Debug, Serialize)]
pub struct Fault {
    pub bus: String,
    pub id: String,
    pub message: String,
    pub kind: String,
    pub count: u64,
}

#[derive(Debug, Serialize)]
pub struct Reading {
    pub path: String,
    pub quality: &'static str,
    #[serde(serialize_with = "values::serialize")]
    pub value: Option<Value>,
    pub unit: String,
    /// Seconds since it was heard; none if it never was.
    pub age: Option<f64>,
    /// Its value was left out because it says something about a person.
    #[serde(skip)]
    pub withheld: bool,
}

/// What the service answered.
pub struct Answers {
    pub buses: Vec<BusStatistics>,
    pub ids: Vec<IdStatistics>,
    pub leaves: Vec<Leaf>,
    pub readings: Vec<PathReading>,
}

impl Answers {
    /// Asks the service.
    ///
    /// # Errors
    /// It is not there, or refuses.
    pub async fn ask(connection: &Connection) -> anyhow::Result<Self> {
        let bus = Bus1Proxy::new(connection).await?;
        let signals = Signals1Proxy::new(connection).await?;
        Ok(Self {
            buses: bus.buses().await?,
            ids: bus.ids().await?,
            leaves: signals.list().await?,
            readings: signals.get(Vec::new()).await?,
        })
    }
}

impl Summary {
    /// Puts the log, the answers and the time of the last tick together. Private readings keep their place, without a value, for the text; they are dropped by
    /// [`Summary::without_withheld`].
    pub fn new(car: String, log: &Log, answers: Answers, now: Nanoseconds, privacy: Privacy) -> Self {
        let Answers { buses, ids, leaves, readings } = answers;
        let leaves: HashMap<_, _> = leaves.into_iter().map(|leaf| (leaf.path.clone(), leaf)).collect();
        let known: Vec<_> = buses.iter().map(|bus| bus.name.clone()).collect();
        let ignored = log.interfaces.iter().filter(|interface| !known.contains(&interface.name));
        let mut readings: Vec<_> = readings.into_iter().map(|reading| read(reading, &leaves, now, privacy)).collect();
        readings.sort_by(|one, other| one.path.cmp(&other.path));
        Self {
            car,
            log: LogSummary {
                frames: log.frames,
                seconds: log.last.as_secs_f64(),
                clock_leaps: log.leaps,
                bad_lines: log.bad.count,
                first_bad_lines: log
                    .bad
                    .first
                    .iter()
                    .map(|LogError { place, reason }| BadLine { place: *place, reason: reason.to_string() })
                    .collect(),
            },
            ignored: ignored.map(|one| Ignored { bus: one.name.clone(), frames: one.frames }).collect(),
            unknown_ids: ids
                .iter()
                .filter(|id| id.message.is_empty())
                .map(|id| UnknownId { bus: id.bus.clone(), id: id_text(id.id), frames: id.frames })
                .collect(),
            errors: ids.iter().flat_map(faults).collect(),
            buses: buses.into_iter().map(BusSummary::from).collect(),
            readings,
        }
    }

    /// Leaves out what must not be told at all, where no sign of it may remain.
    pub fn without_withheld(mut self) -> Self {
        self.readings.retain(|reading| !reading.withheld);
        self
    }
}

impl From<BusStatistics> for BusSummary {
    fn from(bus: BusStatistics) -> Self {
        let BusStatistics { name, frames, unknown, rate, load, .. } = bus;
        Self { bus: name, frames, rate, load, unknown_frames: unknown }
    }
}

fn faults(id: &IdStatistics) -> Vec<Fault> {
    let kinds: BTreeMap<_, _> = id.errors.iter().collect();
    kinds
        .into_iter()
        .map(|(kind, count)| Fault {
            bus: id.bus.clone(),
            id: id_text(id.id),
            message: id.message.clone(),
            kind: kind.clone(),
            count: *count,
        })
        .collect()
}

fn read(reading: PathReading, leaves: &HashMap<String, Leaf>, now: Nanoseconds, privacy: Privacy) -> Reading {
    let PathReading { path, quality, heard_ns, value } = reading;
    let leaf = leaves.get(&path);
    let withheld = privacy == Privacy::Kept && leaf.is_some_and(values::is_private);
    let (quality, value) = wire::from_variant(quality, &value).unwrap_or((Quality::Invalid, None));
    let heard = heard_ns > 0;
    Reading {
        unit: leaf.map(|leaf| leaf.unit.clone()).unwrap_or_default(),
        path,
        quality: quality.word(),
        value: value.filter(|_| !withheld),
        age: heard.then(|| (now - Nanoseconds(heard_ns)).as_secs_f64()),
        withheld,
    }
}

use std::ops::RangeInclusive;

use tandem_dbc::Message;
use tandem_frame::Frame;
use tandem_signals::nearest;
use tandem_store::Store;
use tandem_units::{Nanoseconds, Quality, Value};

use super::series::Series;
use crate::dictionary::Dictionary;
use crate::failure::set_up;
use crate::labels::whole;
use crate::values::Privacy;

/// Silence of so many cycles is a gap, if it is not shorter than [`SHORTEST`].
const CYCLES: u64 = 5;
const SHORTEST: u64 = 200_000_000;

/// A signal that is to be drawn.
#[derive(Debug)]
pub struct Wanted {
    name: String,
    unit: String,
    names: Vec<(i64, String)>,
    gap: Option<u64>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// A signal, as it stands in the DBC file.
    Signal { book: usize, message: usize, signal: usize },
    /// A leaf of the car, as its readings tell it.
    Leaf {
        slot: usize,
        /// What each raw value says, if the car.toml has names for them.
        values: Vec<(i64, Value)>,
        /// What was heard last.
        last: Option<(u64, Option<f64>)>,
    },
}

impl Wanted {
    /// Finds `Message.Signal`, or the VSS path of a car.
    ///
    /// # Errors
    /// A wrong set-up: there is no such signal, or it is private and not asked for.
    pub fn find(dictionary: &Dictionary, store: Option<&Store>, privacy: Privacy, name: &str) -> anyhow::Result<Self> {
        if dictionary.books.is_empty() {
            return Err(set_up(format!("where does {name} stand? Say --dbc FILE or --car NAME")));
        }
        let leaf = store.and_then(|store| Self::by_leaf(store, name));
        let found = leaf.or_else(|| Self::by_signal(dictionary, name));
        if let (Privacy::Kept, Some((_, true))) = (privacy, &found) {
            return Err(set_up(format!("{name} is private: say --private to have it drawn")));
        }
        found.map(|(wanted, _)| wanted).ok_or_else(|| {
            let names: Vec<_> = names(dictionary).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            set_up(format!("there is no signal {name}{near} (expected Message.Signal, or with --car a VSS path)"))
        })
    }

    /// And whether it is private.
    fn by_signal(dictionary: &Dictionary, name: &str) -> Option<(Self, bool)> {
        let (message, signal) = name.split_once('.')?;
        dictionary.books.iter().enumerate().find_map(|(at, book)| {
            let index = book.database.messages.iter().position(|candidate| candidate.name == message)?;
            let wanted = Self::new(at, index, book.database.messages.get(index)?, signal)?;
            Some((wanted, dictionary.is_private(at, message, signal)))
        })
    }

    /// And whether it is private.
    fn by_leaf(store: &Store, path: &str) -> Option<(Self, bool)> {
        let car = store.car();
        let slot = car.slot(path)?;
        let mapped = car.profile.signals.iter().find(|mapped| car.catalogue.leaf(mapped.leaf).path == path)?;
        let leaf = car.catalogue.leaf(mapped.leaf);
        let names = mapped.values.iter().map(|(raw, value)| (*raw, value.to_string())).collect();
        let source = Source::Leaf { slot, values: mapped.values.clone(), last: None };
        let gap = car.stale_after(slot).map(|after| after.0);
        Some((Self { name: path.to_owned(), unit: leaf.unit.clone(), names, gap, source }, leaf.private))
    }

    fn new(book: usize, message: usize, found: &Message, signal: &str) -> Option<Self> {
        let (at, signal) = found.signal(signal)?;
        let gap = found.cycle_ms.map(|cycle| SHORTEST.max(CYCLES * u64::from(cycle) * 1_000_000));
        Some(Self {
            name: format!("{}.{}", found.name, signal.name),
            unit: signal.unit.clone(),
            names: signal.values.clone(),
            gap,
            source: Source::Signal { book, message, signal: at },
        })
    }

    pub fn series(&self) -> Series {
        Series::new(self.name.clone(), self.unit.clone(), self.names.clone(), self.gap)
    }

    /// Takes the signal's value from a frame, if it is in it: for a leaf what the store, which heard the frame before, reads then.
    pub fn hear(
        &mut self,
        dictionary: &Dictionary,
        store: Option<&Store>,
        frame: &Frame,
        span: &RangeInclusive<u64>,
        series: &mut Series,
    ) {
        match &mut self.source {
            Source::Signal { book, message, signal } => {
                let of_bus = usize::from(frame.bus.0) == *book && !frame.flags.error && !frame.flags.remote;
                let Some(book) = dictionary.books.get(*book).filter(|_| of_bus && span.contains(&frame.t_ns)) else {
                    return;
                };
                if book.codec.index(frame.id) != Some(*message) {
                    return;
                }
                // A frame that is too short has no value, and its silence is a gap.
                let _ = book.codec.decode_only(*message, &[*signal], frame.data(), |sample| {
                    series.push(frame.t_ns, sample.physical, whole(sample.raw));
                });
            }
            Source::Leaf { slot, values, last } => {
                let Some(store) = store else { return };
                let reading = store.reading(*slot, Nanoseconds(frame.t_ns));
                let raw = values.iter().find(|(_, value)| Some(value) == reading.value.as_ref()).map(|(raw, _)| *raw);
                let value = reading.value.filter(|_| reading.quality == Quality::Valid);
                let value = value.and_then(|value| match value {
                    Value::Float(number) => Some(number),
                    Value::Int(number) => Some(number as f64),
                    Value::Bool(flag) => Some(f64::from(u8::from(flag))),
                    Value::Text(_) => raw.map(|raw| raw as f64),
                });
                let heard = reading.heard.0;
                if reading.quality == Quality::Stale || *last == Some((heard, value)) {
                    return;
                }
                *last = Some((heard, value));
                match value {
                    Some(value) if span.contains(&heard) => series.push(heard, value, raw),
                    Some(_) => {}
                    None => series.interrupt(),
                }
            }
        }
    }
}

fn names(dictionary: &Dictionary) -> impl Iterator<Item = String> + '_ {
    let signals = dictionary
        .books
        .iter()
        .flat_map(|book| &book.database.messages)
        .flat_map(|message| message.signals.iter().map(|signal| format!("{}.{}", message.name, signal.name)));
    let leaves = dictionary
        .car
        .iter()
        .flat_map(|(profile, catalogue)| profile.signals.iter().map(|mapped| catalogue.leaf(mapped.leaf).path.clone()));
    leaves.chain(signals)
}

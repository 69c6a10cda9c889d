use std::ops::RangeInclusive;

use tandem_dbc::{Message, Raw};
use tandem_frame::Frame;
use tandem_signals::{Conversion, nearest};
use tandem_store::Computed;

use super::series::Series;
use crate::dictionary::Dictionary;
use crate::failure::set_up;
use crate::labels::whole;

/// Silence of so many cycles is a gap, if it is not shorter than [`SHORTEST`].
const CYCLES: u64 = 5;
const SHORTEST: u64 = 200_000_000;

/// A signal that is to be drawn.
#[derive(Debug)]
pub struct Wanted {
    name: String,
    unit: String,
    book: usize,
    message: usize,
    signal: usize,
    computed: Computed,
    names: Vec<(i64, String)>,
    /// Raw values that say "not measured".
    not_available: Vec<RangeInclusive<i64>>,
    gap: Option<u64>,
}

impl Wanted {
    /// Finds `Message.Signal`, or the VSS path of a car.
    ///
    /// # Errors
    /// A wrong set-up: there is no such signal.
    pub fn find(dictionary: &Dictionary, name: &str) -> anyhow::Result<Self> {
        if dictionary.books.is_empty() {
            return Err(set_up(format!("where does {name} stand? Say --dbc FILE or --car NAME")));
        }
        let found = Self::by_leaf(dictionary, name).or_else(|| Self::by_signal(dictionary, name));
        found.ok_or_else(|| {
            let names: Vec<_> = names(dictionary).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            set_up(format!("there is no signal {name}{near} (expected Message.Signal, or with --car a VSS path)"))
        })
    }

    fn by_signal(dictionary: &Dictionary, name: &str) -> Option<Self> {
        let (message, signal) = name.split_once('.')?;
        dictionary.books.iter().enumerate().find_map(|(at, book)| {
            let index = book.database.messages.iter().position(|candidate| candidate.name == message)?;
            Self::new(at, index, book.database.messages.get(index)?, signal)
        })
    }

    fn by_leaf(dictionary: &Dictionary, path: &str) -> Option<Self> {
        let (profile, catalogue) = dictionary.car.as_ref()?;
        let mapped = profile.signals.iter().find(|mapped| catalogue.leaf(mapped.leaf).path == path)?;
        let messages = &dictionary.books.get(mapped.bus)?.database.messages;
        let index = messages.iter().position(|candidate| candidate.name == mapped.message)?;
        let message = messages.get(index)?;
        let mut wanted = Self::new(mapped.bus, index, message, &mapped.signal)?;
        let leaf = catalogue.leaf(mapped.leaf);
        wanted.name.clone_from(&leaf.path);
        wanted.unit.clone_from(&leaf.unit);
        wanted.computed = Computed::bind(mapped, message.signals.get(wanted.signal)?, leaf).ok()?;
        wanted.not_available.clone_from(&mapped.not_available);
        wanted.names = mapped.values.iter().map(|(raw, value)| (*raw, value.to_string())).collect();
        Some(wanted)
    }

    fn new(book: usize, message: usize, found: &Message, signal: &str) -> Option<Self> {
        let (at, signal) = found.signal(signal)?;
        let gap = found.cycle_ms.map(|cycle| SHORTEST.max(CYCLES * u64::from(cycle) * 1_000_000));
        Some(Self {
            name: format!("{}.{}", found.name, signal.name),
            unit: signal.unit.clone(),
            book,
            message,
            signal: at,
            computed: Computed::Linear(Conversion::NONE),
            names: signal.values.clone(),
            not_available: Vec::new(),
            gap,
        })
    }

    pub fn series(&self) -> Series {
        Series::new(self.name.clone(), self.unit.clone(), self.names.clone(), self.gap)
    }

    /// Takes the signal's value from a frame, if it is in it.
    pub fn hear(&self, dictionary: &Dictionary, book: usize, frame: &Frame, t_ns: u64, series: &mut Series) {
        if book != self.book || frame.flags.error || frame.flags.remote {
            return;
        }
        let Some(book) = dictionary.books.get(book) else { return };
        if book.codec.index(frame.id) != Some(self.message) {
            return;
        }
        // A frame that is too short has no value, and its silence is a gap.
        let _ = book.codec.decode_only(self.message, &[self.signal], frame.data(), |sample| {
            let raw: Raw = sample.raw;
            let whole = whole(raw);
            if whole.is_some_and(|raw| self.not_available.iter().any(|range| range.contains(&raw))) {
                return;
            }
            series.push(t_ns, self.computed.of(sample.physical), whole);
        });
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

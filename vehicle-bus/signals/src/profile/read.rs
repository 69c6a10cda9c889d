use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use toml::de::DeValue;

use self::input::read_driving;
use super::{
    BusProfile, ChecksumKind, DataIds, IntegrityProfile, LEAST_BITRATE, MOST_BITRATE, MOST_DATA_BITRATE, Profile,
    SignalProfile,
};
use crate::document::{Document, Named, Section, integer, list, text, word};
use crate::nearest;
use crate::{Catalogue, LeafId, Mistake};

mod actuator;
mod input;
mod signal;
mod transmit;

const TOP_KEYS: &[&str] = &["name", "description", "buses", "signals", "driving", "inputs", "actuators", "transmit"];
const BUS_KEYS: &[&str] = &["dbc", "dbc_source", "bitrate", "data_bitrate", "private_messages", "integrity"];
const INTEGRITY_KEYS: &[&str] = &["checksum", "checksum_signal", "counter_signal", "counter_exempt", "data_ids"];
/// Linux names an interface with at most 15 bytes.
const INTERFACE_BYTES: usize = 15;

pub(super) fn profile(file: &str, text: &str, catalogue: &Catalogue) -> Result<Profile, Vec<Mistake>> {
    let (document, top) = Document::read(file, text);
    let profile = top.as_ref().and_then(|top| {
        let top = Section::open(&document, top.get_ref(), top.span(), "the file", TOP_KEYS);
        let buses = top.required_named("buses", "[buses.INTERFACE]");
        Reader { catalogue, top, buses }.profile()
    });
    let mistakes = document.into_mistakes();
    match profile {
        Some(profile) if mistakes.is_empty() => Ok(profile),
        _ => Err(mistakes),
    }
}

struct Reader<'a, 'i> {
    catalogue: &'a Catalogue,
    top: Section<'a, 'i>,
    /// Every bus that the file names, also one with a mistake inside, so that it is not said to be unknown as well.
    buses: Vec<Named<'a, 'i>>,
}

impl<'a, 'i> Reader<'a, 'i> {
    fn profile(&self) -> Option<Profile> {
        let name = self.top.required("name", text);
        let description = self.top.required("description", text);
        let buses = self.buses();
        let signals = self.signals();
        let transmit = self.transmits();
        let actuators = self.actuators(&signals, &transmit);
        let inputs = self.inputs();
        let driving = read_driving(&self.top);
        Some(Profile { name: name?, description: description?, buses, signals, actuators, inputs, driving, transmit })
    }

    fn buses(&self) -> Vec<BusProfile> {
        let read = |bus: &Named<'a, 'i>| {
            let section = self.top.inner(bus.value, format!("[buses.{}]", bus.name), BUS_KEYS)?;
            read_bus(bus.name, &section)
        };
        self.buses.iter().filter_map(read).collect()
    }

    fn signals(&self) -> Vec<SignalProfile> {
        let mut signals: Vec<SignalProfile> = Vec::new();
        let mut lines = HashMap::new();
        for section in self.top.each("signals", signal::KEYS) {
            let Some(signal) = self.signal(&section) else { continue };
            if let Some(first) = earlier(&mut lines, signal.leaf, signal.line) {
                let path = &self.catalogue.leaf(signal.leaf).path;
                section.mistake_at("leaf", format!("leaf `{path}` is mapped already, in line {first}"));
            }
            signals.push(signal);
        }
        signals
    }

    fn leaf(&self, value: &DeValue<'_>) -> Result<LeafId, String> {
        let path = text(value)?;
        self.catalogue.find(&path).ok_or_else(|| {
            match nearest(&path, self.catalogue.iter().map(|(_, leaf)| leaf.path.as_str())) {
                Some(near) => format!("no leaf `{path}` in the catalogue: did you mean `{near}`?"),
                None => format!("no leaf `{path}` in the catalogue"),
            }
        })
    }

    /// As [`Self::leaf`], if a signal can be its value.
    fn leaf_to_fill(&self, value: &DeValue<'_>) -> Result<LeafId, String> {
        let id = self.leaf(value)?;
        let leaf = self.catalogue.leaf(id);
        if leaf.is_array {
            return Err(format!(
                "`{}` holds any number of values ({}[]), and a signal is one: a list cannot be mapped",
                leaf.path, leaf.datatype
            ));
        }
        Ok(id)
    }

    fn bus(&self, value: &DeValue<'_>) -> Result<usize, String> {
        let name = text(value)?;
        self.buses.iter().position(|bus| bus.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.buses.iter().map(|bus| bus.name).collect();
            let known =
                if known.is_empty() { "the file has none".to_owned() } else { format!("expected {}", list(&known)) };
            format!("no bus `{name}`: {known}")
        })
    }
}

/// The line of the first one like this, if this is not it.
fn earlier<K: Eq + Hash>(lines: &mut HashMap<K, usize>, key: K, line: usize) -> Option<usize> {
    match lines.entry(key) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(line);
            None
        }
    }
}

fn read_bus(interface: &str, section: &Section<'_, '_>) -> Option<BusProfile> {
    let odd = |character: char| character == '/' || character.is_whitespace() || character.is_control();
    if interface.is_empty() || interface.len() > INTERFACE_BYTES || interface.contains(odd) {
        section.mistake(format!("`{interface}` is not an interface name: expected 1 to 15 letters, such as `can0`"));
    }
    let dbc = section.required("dbc", |value| {
        let name = text(value)?;
        if name.contains(['/', '\\']) {
            return Err(format!("expected a file name without folders, found `{name}`"));
        }
        Ok(name)
    });
    let dbc_source = section.optional("dbc_source", text);
    let bitrate = section.required("bitrate", |value| rate(value, "1_000_000", MOST_BITRATE));
    let data_bitrate = section.optional("data_bitrate", |value| rate(value, "8_000_000", MOST_DATA_BITRATE));
    let integrity = section.table("integrity", format!("[buses.{interface}.integrity]"), INTEGRITY_KEYS);
    let integrity = integrity.and_then(|section| read_integrity(&section));
    Some(BusProfile {
        interface: interface.to_owned(),
        dbc: dbc?,
        dbc_source,
        bitrate: bitrate?,
        data_bitrate,
        private_messages: section.entries("private_messages", text),
        integrity,
        line: section.line(),
    })
}

fn rate(value: &DeValue<'_>, most_shown: &str, most: u32) -> Result<u32, String> {
    let bitrate = integer(value)?;
    let rate = u32::try_from(bitrate).ok().filter(|rate| (LEAST_BITRATE..=most).contains(rate));
    rate.ok_or_else(|| format!("{bitrate} bit/s is not between 5_000 and {most_shown}"))
}

fn read_integrity(section: &Section<'_, '_>) -> Option<IntegrityProfile> {
    let kinds = ChecksumKind::ALL.map(|kind| (kind.word, kind));
    let checksum: Option<ChecksumKind> = section.required("checksum", |value| word(value, &kinds));
    let checksum_signal = section.required("checksum_signal", text);
    let counter_signal = section.optional("counter_signal", text);
    let counter_exempt = section.entries("counter_exempt", text);
    if !section.has("counter_signal") && !counter_exempt.is_empty() {
        section.mistake_at("counter_exempt", "`counter_exempt` without `counter_signal` exempts nothing");
    }
    let data_ids = match checksum {
        Some(kind) => read_data_ids(section, kind),
        None => Vec::new(),
    };
    Some(IntegrityProfile {
        checksum: checksum?,
        checksum_signal: checksum_signal?,
        counter_signal,
        counter_exempt,
        data_ids,
    })
}

fn read_data_ids(section: &Section<'_, '_>, kind: ChecksumKind) -> Vec<(String, Vec<u16>)> {
    let word = kind.word;
    let expected = match kind.data_ids {
        DataIds::None if section.has("data_ids") => {
            section.mistake_at("data_ids", format!("`data_ids`: the checksum `{word}` has none"));
            return Vec::new();
        }
        DataIds::None => return Vec::new(),
        DataIds::Number => "a number from 0 to 0xFFFF",
        DataIds::Bytes | DataIds::MayHaveBytes => "a number from 0 to 0xFF, or 16 of them",
    };
    let example = format!("{{ MESSAGE = {expected} }}");
    let named = match kind.data_ids {
        DataIds::MayHaveBytes => section.named("data_ids", &example).unwrap_or_default(),
        _ => section.required_named("data_ids", &example),
    };
    let highest = if kind.data_ids == DataIds::Number { 0xFFFF } else { 0xFF };
    let id = |value: &DeValue<'_>| u16::try_from(integer(value).ok()?).ok().filter(|id| *id <= highest);
    let ids = |value: &DeValue<'_>| match value {
        DeValue::Array(array) if array.len() == 16 && highest == 0xFF => {
            array.iter().map(|entry| id(entry.get_ref())).collect()
        }
        value => id(value).map(|id| vec![id]),
    };
    let mut read = Vec::new();
    for Named { name, place, value } in named {
        match ids(value.get_ref()) {
            Some(ids) => read.push((name.to_owned(), ids)),
            None => section.mistake_in(place, format!("`data_ids`: `{name}`: `{word}` takes {expected}")),
        }
    }
    read
}

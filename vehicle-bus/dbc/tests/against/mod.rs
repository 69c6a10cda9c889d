//! Holds the codec to vectors that `peer/vectors.py` made with cantools.

use std::collections::{BTreeMap, BTreeSet};

use tandem_dbc::{Codec, Database, FrameFormat, Message, Raw, Sample};
use tandem_frame::CanId;

/// What was found equal; a difference panics.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Equal {
    pub files: usize,
    /// Files that cantools refuses.
    pub refused: usize,
    pub messages: usize,
    pub vectors: usize,
    pub values: usize,
    /// Values that came back as the same physical value, too.
    pub physical: usize,
}

/// Compares every vector in `lines`; `read` gives the bytes of a DBC file that they name.
pub fn compare<'a>(lines: impl Iterator<Item = &'a str>, read: impl Fn(&str) -> Vec<u8>) -> Equal {
    let mut equal = Equal::default();
    let mut file = None;
    for line in lines.filter(|line| !line.starts_with('#')) {
        match (line.split_once(' ').unwrap(), &file) {
            (("file", path), _) => {
                let database = Database::parse(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
                file = Some((Codec::compile(&database), database, path));
                equal.files += 1;
            }
            (("skip", _), _) => equal.refused += 1,
            (("about", rest), Some((codec, database, path))) => {
                same_attributes(codec, database, path, rest);
                equal.messages += 1;
            }
            ((id, rest), Some((codec, database, path))) => {
                let id = CanId::from_raw(id.parse().unwrap()).unwrap();
                let message = codec.index(id).unwrap_or_else(|| panic!("{path}: {id} is missing"));
                let mut words = rest.split(' ');
                let data = bytes(words.next().unwrap());
                let layout = &database.messages[message];
                let at = format!("{path}: {} {data:02X?}", layout.name);
                let samples = decoded(codec, message, &data);
                equal.values += same_values(layout, &samples, words, &at);
                equal.vectors += 1;
                same_parts(codec, message, &data, &samples, &at);
                same_bits(codec, message, &data, &samples, &at);
                equal.physical += same_physical(codec, message, layout, &data, &samples, &at);
            }
            ((_, _), None) => panic!("a vector before its file: {line}"),
        }
    }
    equal
}

/// The same cycle time, protocol, start values and number of named values.
fn same_attributes(codec: &Codec, database: &Database, path: &str, about: &str) {
    let mut words = about.split(' ');
    let id = CanId::from_raw(words.next().unwrap().parse().unwrap()).unwrap();
    let index = codec.index(id).unwrap_or_else(|| panic!("{path}: {id} is missing"));
    let message = &database.messages[index];
    let at = format!("{path}: {}", message.name);
    assert_eq!(message.id, id, "{at}");
    let cycle = words.next().unwrap().parse::<f64>().ok().map(|ms| ms as u32);
    assert_eq!(message.cycle_ms, cycle.filter(|ms| *ms > 0), "{at}: cycle");
    assert_eq!(message.format == FrameFormat::J1939, words.next() == Some("j1939"), "{at}: protocol");
    for word in words {
        let mut parts = word.rsplitn(3, '=');
        let (values, start, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let (_, signal) = message.signal(name).unwrap_or_else(|| panic!("{at}: {name} is missing"));
        // cantools knows a signal's own start value only, not the attribute's default.
        assert!(start == "None" || signal.start_value == start.parse().ok(), "{at}: {name} starts with {start}");
        // and of two names of one value, the last.
        let named: BTreeSet<_> = signal.values.iter().map(|(value, _)| value).collect();
        assert_eq!(named.len(), values.parse::<usize>().unwrap(), "{at}: named values of {name}");
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap()).collect()
}

fn decoded(codec: &Codec, message: usize, data: &[u8]) -> Vec<Sample> {
    let mut samples = Vec::new();
    codec.decode(message, data, |sample| samples.push(sample)).unwrap();
    samples
}

/// The same signals, no more and no fewer, each with the same raw value and, but for rounding, the same physical one.
fn same_values<'a>(layout: &Message, samples: &[Sample], expected: impl Iterator<Item = &'a str>, at: &str) -> usize {
    let names = samples.iter().map(|sample| (layout.signals[sample.signal].name.as_str(), sample));
    let mut decoded: BTreeMap<_, _> = names.collect();
    assert_eq!(decoded.len(), samples.len(), "{at}: a signal comes twice");
    let mut values = 0;
    for word in expected {
        let mut parts = word.rsplitn(3, '=');
        let (physical, raw, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let sample = decoded.remove(name).unwrap_or_else(|| panic!("{at}: {name} is missing"));
        assert!(same_raw(sample.raw, raw), "{at}: {name} is {:?}, not {raw}", sample.raw);
        let same = same(sample.physical, physical.parse().unwrap());
        assert!(same, "{at}: {name} is {}, not {physical}", sample.physical);
        values += 1;
    }
    assert!(decoded.is_empty(), "{at}: not there for cantools: {:?}", decoded.keys());
    values
}

fn same_raw(raw: Raw, expected: &str) -> bool {
    match raw {
        Raw::Unsigned(value) => expected.parse() == Ok(value),
        Raw::Signed(value) => expected.parse() == Ok(value),
        Raw::Float(value) => same(value, expected.parse().unwrap()),
    }
}

fn same(value: f64, expected: f64) -> bool {
    value == expected || (value - expected).abs() <= 1e-9 * expected.abs() || (value.is_nan() && expected.is_nan())
}

fn same_parts(codec: &Codec, message: usize, data: &[u8], samples: &[Sample], at: &str) {
    let wanted: Vec<_> = samples.iter().map(|sample| sample.signal).collect();
    let mut parts = Vec::new();
    codec.decode_only(message, &wanted, data, |sample| parts.push(sample)).unwrap();
    let bits = |samples: &[Sample]| samples.iter().map(|s| (s.signal, s.physical.to_bits())).collect::<Vec<_>>();
    assert_eq!(bits(&parts), bits(samples), "{at}: a part decodes as the whole does");
}

/// Decoded and encoded again, the signals' bits are as they were, and no other bit changes.
pub fn same_bits(codec: &Codec, message: usize, data: &[u8], samples: &[Sample], at: &str) {
    // A signalling NaN turns quiet on its way through a float.
    if samples.iter().any(|sample| sample.raw.as_f64().is_nan()) {
        return;
    }
    let into = |mut payload: Vec<u8>| {
        samples.iter().for_each(|s| codec.set_raw(message, &mut payload, s.signal, s.raw).unwrap());
        payload
    };
    let (zeros, ones) = (into(vec![0x00; data.len()]), into(vec![0xFF; data.len()]));
    let inverted: Vec<u8> = data.iter().map(|byte| !byte).collect();
    let (again, whole) = (into(inverted), into(data.to_vec()));
    assert_eq!(whole, data, "{at}: encoded into itself");
    for (byte, (zero, one)) in zeros.into_iter().zip(ones).enumerate() {
        let signals = !(zero ^ one);
        let expected = data[byte] & signals | !data[byte] & !signals;
        assert_eq!(again[byte], expected, "{at}: encoded into its opposite, byte {byte}");
    }
}

/// How many values come back through their physical value: those of integers that a float holds exactly.
fn same_physical(codec: &Codec, message: usize, layout: &Message, data: &[u8], samples: &[Sample], at: &str) -> usize {
    let exact = |sample: &&Sample| {
        let signal = &layout.signals[sample.signal];
        let coarse = signal.offset.abs() * f64::EPSILON > signal.factor.abs() / 4.0;
        signal.size <= 32 && !matches!(sample.raw, Raw::Float(_)) && signal.factor != 0.0 && !coarse
    };
    let exact = samples.iter().filter(exact).map(|sample| {
        let mut again = data.to_vec();
        codec
            .encode(message, &mut again, sample.signal, sample.physical)
            .unwrap_or_else(|error| panic!("{at}: {error}"));
        assert_eq!(again, data, "{at}: {} by its physical value", layout.signals[sample.signal].name);
    });
    exact.count()
}

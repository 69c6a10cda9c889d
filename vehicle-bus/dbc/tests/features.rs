//! Our own DBC with every feature in it, against what cantools makes of it: the values were computed once and are kept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;

use tandem_dbc::{Codec, Database, Raw, Sample};
use tandem_frame::CanId;

struct Vector {
    message: usize,
    data: Vec<u8>,
    /// Name, raw value, physical value.
    expected: Vec<(&'static str, &'static str, f64)>,
}

fn database() -> (Database, Codec) {
    let database = Database::parse(include_bytes!("features.dbc")).unwrap();
    let codec = Codec::compile(&database);
    (database, codec)
}

fn vectors(codec: &Codec) -> Vec<Vector> {
    let lines = include_str!("features.vectors").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let id = CanId::from_raw(words.next().unwrap().parse().unwrap()).unwrap();
            let data = words.next().unwrap().as_bytes().chunks(2);
            let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
            let expected = words.map(|word| {
                let mut parts = word.split('=');
                let (name, raw, physical) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
                (name, raw, physical.parse().unwrap())
            });
            Vector { message: codec.index(id).unwrap(), data: data.map(byte).collect(), expected: expected.collect() }
        })
        .collect()
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

#[test]
fn the_same_signals_with_the_same_values() {
    let (database, codec) = database();
    let (mut vectors_seen, mut values_seen) = (0, 0);
    for Vector { message, data, expected } in vectors(&codec) {
        let signals = &database.messages[message].signals;
        let mut decoded: BTreeMap<&str, Sample> = BTreeMap::new();
        codec.decode(message, &data, |s| assert!(decoded.insert(&signals[s.signal].name, s).is_none())).unwrap();
        let at = format!("{} {data:02X?}", database.messages[message].name);
        for (name, raw, physical) in &expected {
            let sample = decoded.get(name).unwrap_or_else(|| panic!("{at}: {name} is missing"));
            assert!(same_raw(sample.raw, raw), "{at}: {name} is {:?}, not {raw}", sample.raw);
            assert!(same(sample.physical, *physical), "{at}: {name} is {}, not {physical}", sample.physical);
        }
        assert_eq!(decoded.len(), expected.len(), "{at}: more signals than expected");
        vectors_seen += 1;
        values_seen += expected.len();
    }
    assert_eq!((vectors_seen, values_seen), (192, 734));
}

#[test]
fn a_part_decodes_as_the_whole_does() {
    let (database, codec) = database();
    for Vector { message, data, .. } in vectors(&codec) {
        let mut whole = Vec::new();
        codec.decode(message, &data, |sample| whole.push((sample.signal, sample.physical.to_bits()))).unwrap();
        let mut parts = Vec::new();
        for signal in 0..database.messages[message].signals.len() {
            codec.decode_only(message, &[signal], &data, |s| parts.push((s.signal, s.physical.to_bits()))).unwrap();
        }
        assert_eq!(parts, whole);
    }
}

#[test]
fn decoded_values_encode_to_the_same_bits() {
    let (database, codec) = database();
    let mut encoded = 0;
    for Vector { message, data, expected } in vectors(&codec) {
        for (name, ..) in expected {
            let (signal, layout) = database.messages[message].signal(name).unwrap();
            let raw = codec.raw(message, signal, &data).unwrap();
            let mut again = vec![0xA5; data.len()];
            codec.set_raw(message, &mut again, signal, raw).unwrap();
            let back = codec.raw(message, signal, &again).unwrap();
            assert!(
                back == raw || (back.as_f64().is_nan() && raw.as_f64().is_nan()),
                "{name}: {raw:?} became {back:?}"
            );
            // The physical value of a longer raw one is not exact in a float, nor is a small float beside an offset.
            if layout.size <= 32 && matches!(raw, Raw::Unsigned(_) | Raw::Signed(_)) {
                let mut again = data.clone();
                codec.encode(message, &mut again, signal, raw.as_f64() * layout.factor + layout.offset).unwrap();
                assert_eq!(again, data, "{name}");
                encoded += 1;
            }
        }
    }
    assert_eq!(encoded, 494);
}

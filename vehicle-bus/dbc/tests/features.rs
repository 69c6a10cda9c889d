//! Our own DBC files, one with every feature in it and one with what breaks the format, against what cantools makes of them: the
//! values were computed by `peer/vectors.py` and are kept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod against;

use against::{Equal, compare, same_bits};
use proptest::prelude::*;
use tandem_dbc::{Codec, Database};

const FEATURES: &[u8] = include_bytes!("features.dbc");
const ODD: &[u8] = include_bytes!("odd.dbc");

#[test]
fn the_same_signals_with_the_same_values() {
    let equal = compare(include_str!("features.vectors").lines(), |file| match file {
        "features.dbc" => FEATURES.to_vec(),
        "odd.dbc" => ODD.to_vec(),
        other => panic!("no vectors of {other} were asked for"),
    });
    assert_eq!(equal, Equal { files: 2, refused: 0, messages: 17, vectors: 408, values: 1_214, physical: 902 });
}

proptest! {
    #[test]
    fn what_is_decoded_encodes_to_the_same_bits(payload in prop::collection::vec(any::<u8>(), 64)) {
        for text in [FEATURES, ODD] {
            let database = Database::parse(text).unwrap();
            let codec = Codec::compile(&database);
            for (index, message) in database.messages.iter().enumerate() {
                let data = &payload[..message.length];
                let mut samples = Vec::new();
                codec.decode(index, data, |sample| samples.push(sample)).unwrap();
                same_bits(&codec, index, data, &samples, &message.name);
            }
        }
    }
}

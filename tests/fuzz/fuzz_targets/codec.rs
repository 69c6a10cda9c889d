//! Any frame by any DBC file: a byte for the payload's length, four for the id, the payload, and the file's text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tandem_dbc::integrity::{Checksum, fill, verify};
use tandem_dbc::{Codec, Database};
use tandem_frame::{CanId, MAX_LENGTH};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[length, a, b, c, d], rest)) = bytes.split_first_chunk() else { return };
    let Some((data, text)) = rest.split_at_checked(usize::from(length) % (MAX_LENGTH + 1)) else { return };
    let Ok(database) = Database::parse(text) else { return };
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(database.lint().iter().all(|found| (1..=lines).contains(&found.line)));
    let codec = Codec::compile(&database);
    let id = CanId::from_raw(u32::from_be_bytes([a, b, c, d]) & 0x9FFF_FFFF);
    let asked = id.ok().and_then(|id| codec.index(id));
    for message in asked.into_iter().chain(0..database.messages.len()) {
        frame(&database, &codec, message, data);
    }
});

fn frame(database: &Database, codec: &Codec, message: usize, data: &[u8]) {
    let layout = &database.messages[message];
    let (mut samples, mut parts) = (Vec::new(), Vec::new());
    let decoded = codec.decode(message, data, |sample| samples.push(sample));
    assert_eq!(decoded.is_err(), data.len() < layout.length);
    let wanted: Vec<_> = samples.iter().map(|sample| sample.signal).collect();
    let partly = codec.decode_only(message, &wanted, data, |sample| parts.push(sample));
    assert_eq!((decoded, samples.len()), (partly, parts.len()));
    for sample in samples {
        let mut again = data.to_vec();
        codec.set_raw(message, &mut again, sample.signal, sample.raw).expect("it was there");
        // A signalling NaN turns quiet on its way through a float.
        assert!(again == data || sample.raw.as_f64().is_nan());
        let _refused = codec.encode(message, &mut again, sample.signal, sample.physical);
    }
    for signal in &layout.signals {
        for (word, ids) in [
            ("honda", &[][..]),
            ("toyota", &[]),
            ("hyundai_sum6", &[]),
            ("hyundai_canfd", &[]),
            ("e2e_p01_nibble", &[0x1234]),
        ] {
            let kind = Checksum::named(word, ids).expect("a word of ours");
            let mut filled = data.to_vec();
            let sealed = fill(kind, layout.id, &mut filled, signal);
            assert!(sealed.is_err() || verify(kind, layout.id, &filled, signal).is_ok());
        }
    }
}

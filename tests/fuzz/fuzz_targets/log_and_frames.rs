//! Bytes from anywhere: a candump log that is read, written again and decoded; behind a first byte `D`, a DBC file.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tandem_dbc::{Codec, Database};
use tandem_frame::text::{LogReader, parse_line, write_line};
use tandem_frame::{BusIndex, MAX_LENGTH};

static CODEC: LazyLock<Codec> = LazyLock::new(|| {
    let text = include_bytes!("../../../vehicle-bus/dbc/tests/features.dbc");
    Codec::compile(&Database::parse(text).expect("our own file loads"))
});

fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((b'D', text)) => database(text),
    _ => log(bytes),
});

fn log(bytes: &[u8]) {
    for line in LogReader::new(bytes).filter_map(|(_, line)| line.ok()) {
        let frame = line.frame(BusIndex(0));
        let mut text = String::new();
        write_line(&mut text, &frame, line.interface).expect("a string takes everything");
        let again = parse_line(text.as_bytes()).expect("what is written reads");
        assert_eq!((again.frame(BusIndex(0)), again.interface), (frame, line.interface));
        if let Some(message) = CODEC.index(frame.id) {
            decode(&CODEC, message, frame.data());
        }
    }
}

fn database(text: &[u8]) {
    let Ok(database) = Database::parse(text) else { return };
    let codec = Codec::compile(&database);
    for (index, message) in database.messages.iter().enumerate() {
        assert_eq!(codec.index(message.id), Some(index));
        for fill in [0x00, 0xA5, 0xFF] {
            decode(&codec, index, &[fill; MAX_LENGTH]);
            decode(&codec, index, &[fill; 8]);
        }
    }
}

/// Every value that comes out goes in again and leaves the payload as it was.
fn decode(codec: &Codec, message: usize, data: &[u8]) {
    let mut again = data.to_vec();
    let decoded = codec.decode(message, data, |sample| {
        assert_eq!(
            codec.raw(message, sample.signal, data).map(|raw| raw.as_f64().to_bits()),
            Some(sample.raw.as_f64().to_bits())
        );
        // A signalling NaN turns quiet on its way through a float.
        if !sample.raw.as_f64().is_nan() {
            codec.set_raw(message, &mut again, sample.signal, sample.raw).expect("it was there");
        }
    });
    assert!(decoded.is_err() || again == data);
}

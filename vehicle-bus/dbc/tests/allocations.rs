//! Frames come by the thousand: none of them allocates. The counter stands in for the allocator of this test.
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use tandem_dbc::{Codec, Database};
use tandem_frame::CanId;

#[test]
fn a_frame_is_decoded_and_encoded_without_an_allocation() {
    let database = Database::parse(include_bytes!("odd.dbc")).unwrap();
    let codec = Codec::compile(&database);
    let mut heard = 0;
    let counted = measure(|| {
        for (index, message) in database.messages.iter().enumerate() {
            let found = codec.index(message.id).unwrap();
            for fill in 0..=u8::MAX {
                let mut data = [fill; 64];
                let data = &mut data[..message.length.min(64)];
                codec.decode(found, data, |sample| heard += sample.signal + 1).unwrap();
                codec.decode_only(found, &[0, 1, 9], data, |sample| heard += sample.signal + 1).unwrap();
                if let Some(raw) = codec.raw(index, 0, data) {
                    codec.set_raw(index, data, 0, raw).unwrap();
                }
            }
        }
        assert_eq!(codec.index(CanId::standard(0x7FF).unwrap()), None);
    });
    assert!(heard > 1000, "{heard}");
    assert_eq!(counted.count_total, 0);
    assert!(measure(|| drop(std::hint::black_box(Box::new(1)))).count_total > 0, "the counter counts nothing");
}

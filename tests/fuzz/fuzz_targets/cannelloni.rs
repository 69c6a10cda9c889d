//! Bytes from anywhere as what somebody says on a bus of cannelloni; the first byte says whether it has CAN FD.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tandem_can::cannelloni_wire::{Step, read, write};
use tandem_frame::BusIndex;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, mut rest)) = bytes.split_first() else { return };
    let fd = first & 1 != 0;
    while let Ok(step) = read(rest, BusIndex(3), 7, fd) {
        let length = match step {
            Step::More => return assert!(rest.len() < 70),
            Step::Nothing(length) => length,
            Step::Frame(frame, length) => {
                assert!(fd || !frame.flags.fd);
                let (written, own) = write(&frame).expect("what was heard can be said");
                let Ok(Step::Frame(again, _)) = read(&written[..own], BusIndex(3), 7, fd) else { panic!("{frame:?}") };
                assert_eq!((again.id, again.flags, again.data()), (frame.id, frame.flags, frame.data()));
                length
            }
        };
        assert!(length >= 5);
        rest = &rest[length..];
    }
});

use proptest::prelude::*;

use crate::{BusIndex, CanId, Flags, Frame, WireBits};

/// A frame as a controller makes it, bit by bit, and which of the bits are fast.
#[derive(Default)]
struct Slow {
    bits: Vec<bool>,
    fast: usize,
    fast_from: Option<usize>,
}

impl Slow {
    fn push(&mut self, value: u64, size: u32) {
        self.bits.extend((0..size).rev().map(|bit| value >> bit & 1 == 1));
    }

    fn header(&mut self, frame: &Frame) {
        let id = u64::from(frame.id.number());
        self.push(0, 1);
        let extended = frame.id.is_extended();
        match extended {
            true => self.push(id >> 18, 11),
            false => self.push(id, 11),
        }
        if extended {
            self.push(0b11, 2);
            self.push(id & 0x3FFFF, 18);
        }
        self.push(u64::from(frame.flags.remote), 1);
        if !extended {
            self.push(0, 1);
        }
        if frame.flags.fd {
            self.push(0b10, 2);
            self.push(u64::from(frame.flags.brs), 1);
            self.fast_from = frame.flags.brs.then_some(self.bits.len());
            self.push(u64::from(frame.flags.esi), 1);
        } else {
            self.push(0, if extended { 2 } else { 1 });
        }
        let code = match frame.length() {
            length @ 0..=8 => length,
            length @ 9..=24 => 9 + (length - 12) / 4,
            length => 11 + length / 16,
        };
        self.push(code as u64, 4);
        frame.data().iter().for_each(|byte| self.push(u64::from(*byte), 8));
    }

    fn crc_15(&self) -> u64 {
        self.bits.iter().fold(0, |crc, bit| {
            let next = (crc >> 14 & 1 == 1) != *bit;
            (crc << 1 & 0x7FFF) ^ if next { 0x4599 } else { 0 }
        })
    }

    /// As on the wire: an opposite bit behind five equal ones, which counts as the first of its own.
    fn stuff(&mut self, at_the_end: bool) {
        let mut wire: Vec<bool> = Vec::new();
        let mut fast = 0;
        let mut push = |wire: &mut Vec<bool>, bit, at| {
            wire.push(bit);
            fast += usize::from(self.fast_from.is_some_and(|from| at >= from));
        };
        for (at, bit) in self.bits.iter().enumerate() {
            push(&mut wire, *bit, at);
            let equal = wire.len() >= 5 && wire[wire.len() - 5..].iter().all(|other| other == bit);
            if equal && (at_the_end || at + 1 < self.bits.len()) {
                push(&mut wire, !bit, at);
            }
        }
        self.bits = wire;
        self.fast = fast;
    }
}

fn slow(frame: &Frame) -> WireBits {
    let mut slow = Slow::default();
    slow.header(frame);
    if frame.flags.fd {
        slow.stuff(false);
        let crc = if frame.length() > 16 { 21 } else { 17 };
        // A fixed stuff bit before the first bit and behind each fourth.
        let field: Vec<bool> =
            (0..4 + crc).flat_map(|at| [true, false].into_iter().skip(usize::from(at % 4 != 0))).collect();
        let (crc, delimiter, rest) = (field.len(), 1, 1 + 1 + 7 + 3);
        let fast = if frame.flags.brs { slow.fast + crc + delimiter } else { 0 };
        let all = slow.bits.len() + crc + delimiter + rest;
        return WireBits { nominal: (all - fast) as u32, data: fast as u32 };
    }
    let crc = slow.crc_15();
    slow.push(crc, 15);
    slow.stuff(true);
    WireBits { nominal: slow.bits.len() as u32 + 1 + 1 + 1 + 7 + 3, data: 0 }
}

fn ids() -> impl Strategy<Value = CanId> {
    // Many equal bits, as real ids and payloads have them, find more than chance does.
    let number = prop_oneof![
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
        (0..32_u32).prop_map(|bit| 1 << bit),
        (0..32_u32).prop_map(|bit| !(1 << bit))
    ];
    (number, any::<bool>()).prop_map(|(number, extended)| {
        if extended { CanId::extended(number & 0x1FFF_FFFF) } else { CanId::standard(number & 0x7FF) }.unwrap()
    })
}

fn payload(length: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), Just(0), Just(0xFF), Just(0xF0), Just(0x0F), Just(0x1F), Just(0x83)];
    proptest::collection::vec(byte, length)
}

fn frames() -> impl Strategy<Value = Frame> {
    let classic = (ids(), (0..=8_usize).prop_flat_map(payload))
        .prop_map(|(id, data)| Frame::new(BusIndex(0), id, 0, &data).unwrap());
    let remote = (ids(), 0..=8_u8).prop_map(|(id, length)| Frame::remote(BusIndex(0), id, 0, length).unwrap());
    let lengths = proptest::sample::select(vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]);
    let fd = (ids(), any::<bool>(), any::<bool>(), lengths.prop_flat_map(payload)).prop_map(|(id, brs, esi, data)| {
        Frame::with_flags(BusIndex(0), id, 0, Flags { fd: true, brs, esi, ..Flags::default() }, &data).unwrap()
    });
    prop_oneof![4 => classic, 1 => remote, 4 => fd]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn tables_count_what_a_controller_sends_bit_by_bit(frame in frames()) {
        prop_assert_eq!(frame.wire_bits(), slow(&frame), "{:?} {:?}", frame, frame.flags);
    }

    #[test]
    fn a_frame_is_never_shorter_than_its_fields_nor_longer_than_the_worst_case(frame in frames()) {
        let total = frame.wire_bits().total();
        if !frame.flags.fd {
            let bare = if frame.id.is_extended() { 67 } else { 47 } + 8 * frame.data().len() as u32;
            // Up to the CRC each four bits behind the first can bring one.
            prop_assert!((bare..=bare + (bare - 13 - 1) / 4).contains(&total), "{} of {}", total, bare);
        }
    }
}

fn bits(text: &str) -> u32 {
    let line = format!("(0.0) can0 {text}\n");
    crate::text::parse_line(line.as_bytes()).unwrap().frame(BusIndex(0)).wire_bits().total()
}

#[test]
fn frames_are_as_long_as_can_utils_says() {
    // By can_frame_length(.., CFL_EXACT, ..) of can-utils.
    let known = [
        ("000#7C00F01F0BFF", 106),
        ("7FF#36F0A7", 75),
        ("00000004#7C7CFFDE", 109),
        ("000#E00FB0F06583FF83", 122),
        ("22B#7B", 57),
        ("12748417#E0F0EF0F0F", 112),
        ("00000000#83F01F41621FFF1B", 144),
        ("080#833A93CCF082", 99),
        ("1FFFFFFF#C300B00F", 110),
        ("000#E80FF087DA25", 102),
        ("313#1395E0FCF0DA7C", 108),
        ("0E0#A41F107F53DD", 101),
        ("00001000#E0", 82),
        ("18D45C29#C2C7FFE7F0", 111),
    ];
    for (text, length) in known {
        assert_eq!(bits(text), length, "{text}");
    }
}

#[test]
fn an_error_frame_takes_no_known_time() {
    assert_eq!(bits("20000004#0008000000000000"), 0);
}

#[test]
fn the_fast_part_of_a_frame_begins_behind_the_bit_that_asks_for_it() {
    let frame = |brs, data: &[u8]| {
        let flags = Flags { fd: true, brs, ..Flags::default() };
        Frame::with_flags(BusIndex(0), CanId::standard(0x555).unwrap(), 0, flags, data).unwrap().wire_bits()
    };
    // Start, id, RRS, IDE, FDF, reserved and BRS; acknowledgement, end, pause. Then ESI and DLC, the CRC field, its delimiter.
    assert_eq!(frame(true, &[]), WireBits { nominal: 17 + 12, data: 5 + 27 + 1 });
    // Seven zeroes from the reserved bit on bring a stuff bit.
    assert_eq!(frame(false, &[]), WireBits { nominal: 17 + 12 + 5 + 27 + 1 + 1, data: 0 });
    assert_eq!(frame(true, &[0x55; 64]), WireBits { nominal: 17 + 12, data: 5 + 512 + 32 + 1 });
}

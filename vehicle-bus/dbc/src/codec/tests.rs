use proptest::prelude::*;
use tandem_frame::CanId;

use super::*;
use crate::{ByteOrder, Database, FrameFormat, Kind, Message, Multiplex, Signal};

fn signal(start: u16, size: u16, byte_order: ByteOrder, kind: Kind) -> Signal {
    Signal {
        line: 0,
        name: format!("S{start}"),
        start,
        size,
        byte_order,
        kind,
        factor: 1.0,
        offset: 0.0,
        minimum: None,
        maximum: None,
        unit: String::new(),
        values: Vec::new(),
        multiplex: Multiplex::Plain,
        start_value: None,
        receivers: Vec::new(),
        comment: None,
    }
}

fn codec(length: usize, signals: Vec<Signal>) -> Codec {
    let message = Message {
        line: 0,
        name: "Message".to_owned(),
        id: CanId::standard(0x19F).unwrap(),
        length,
        format: FrameFormat::Classic,
        cycle_ms: None,
        send_type: None,
        comment: None,
        sender: None,
        other_senders: Vec::new(),
        signals,
    };
    Codec::compile(&Database { messages: vec![message], ..Database::default() })
}

fn decoded(codec: &Codec, data: &[u8]) -> Vec<(usize, f64)> {
    let mut samples = Vec::new();
    codec.decode(0, data, |sample| samples.push((sample.signal, sample.physical))).unwrap();
    samples
}

use ByteOrder::{Big, Little};
use Kind::{Double, Float, Signed, Unsigned};

#[test]
fn hand_vectors_of_both_byte_orders() {
    let codec = codec(
        8,
        vec![
            signal(0, 16, Little, Unsigned),
            signal(7, 16, Big, Unsigned),
            signal(4, 12, Little, Unsigned),
            signal(3, 12, Big, Unsigned),
            signal(63, 1, Little, Unsigned),
            signal(56, 1, Big, Unsigned),
            signal(0, 64, Little, Unsigned),
            signal(7, 64, Big, Unsigned),
        ],
    );
    let data = [0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0];
    let raw: Vec<_> = (0..8).map(|signal| codec.raw(0, signal, &data).unwrap()).collect();
    let expected = [0x3412, 0x1234, 0x341, 0x234, 1, 0, 0xF0DE_BC9A_7856_3412, 0x1234_5678_9ABC_DEF0];
    assert_eq!(raw, expected.map(Raw::Unsigned));
}

#[test]
fn hand_vectors_of_signs_and_floats() {
    let codec = codec(
        16,
        vec![
            signal(0, 8, Little, Signed),
            signal(15, 12, Big, Signed),
            signal(24, 32, Little, Float),
            signal(71, 64, Big, Double),
        ],
    );
    let mut data = [0; 16];
    data[..3].copy_from_slice(&[0xFE, 0x80, 0x10]);
    data[3..7].copy_from_slice(&(-1.5f32).to_le_bytes());
    data[8..].copy_from_slice(&2.5e300f64.to_be_bytes());
    assert_eq!(decoded(&codec, &data), [(0, -2.0), (1, -2047.0), (2, -1.5), (3, 2.5e300)]);
    assert_eq!(codec.raw(0, 0, &data), Some(Raw::Signed(-2)));
    assert_eq!(codec.raw(0, 3, &data), Some(Raw::Float(2.5e300)));
}

#[test]
fn physical_values_and_rounding() {
    let scaled = Signal { factor: 0.5, offset: -10.0, ..signal(0, 8, Little, Unsigned) };
    let falling = Signal { factor: -2.0, offset: 1.0, ..signal(8, 8, Little, Signed) };
    let flat = Signal { factor: 0.0, ..signal(16, 8, Little, Unsigned) };
    let codec = codec(8, vec![scaled, falling, flat]);
    let mut data = [0xFF; 8];
    let mut set = |signal, physical| codec.encode(0, &mut data, signal, physical).map(|()| data[signal]);
    assert_eq!(set(0, -10.0), Ok(0));
    assert_eq!(set(0, -9.75), Ok(1), "a half goes away from zero");
    assert_eq!(set(0, 117.5), Ok(255));
    let outside = EncodeError::OutOfRange { physical: 118.0, least: -10.0, most: 117.5 };
    assert_eq!(set(0, 118.0), Err(outside));
    assert_eq!(set(0, -10.2), Ok(0));
    assert!(matches!(set(0, -10.25), Err(EncodeError::OutOfRange { .. })));
    assert_eq!(set(1, 4.0), Ok(0xFE), "-1.5 is rounded to -2");
    assert!(matches!(set(0, f64::NAN), Err(EncodeError::NotAnInteger { .. })));
    assert_eq!(set(2, 1.0), Err(EncodeError::NoFactor));
    assert_eq!(data, [0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
}

#[test]
fn what_cannot_be_encoded() {
    let codec =
        codec(8, vec![signal(0, 4, Little, Signed), signal(8, 32, Little, Float), signal(40, 8, Little, Unsigned)]);
    let mut data = [0; 5];
    let mut set = |signal, raw| codec.set_raw(0, &mut data, signal, raw);
    assert_eq!(set(0, Raw::Signed(-8)), Ok(()));
    assert_eq!(set(0, Raw::Unsigned(7)), Ok(()));
    assert_eq!(set(0, Raw::Unsigned(8)), Err(EncodeError::OutOfRange { physical: 8.0, least: -8.0, most: 7.0 }));
    assert_eq!(set(0, Raw::Float(1.0)), Err(EncodeError::NotAnInteger { physical: 1.0 }));
    assert_eq!(set(1, Raw::Float(f64::INFINITY)), Ok(()));
    assert!(matches!(set(1, Raw::Float(1e300)), Err(EncodeError::OutOfRange { .. })));
    assert_eq!(set(2, Raw::Unsigned(1)), Err(EncodeError::TooShort { expected: 6, got: 5 }));
    assert_eq!(set(3, Raw::Unsigned(1)), Err(EncodeError::NoSuchSignal { message: 0, signal: 3 }));
    assert_eq!(
        codec.set_raw(1, &mut data, 0, Raw::Unsigned(1)),
        Err(EncodeError::NoSuchSignal { message: 1, signal: 0 })
    );
    assert_eq!(data, [7, 0, 0, 0x80, 0x7F]);
}

#[test]
fn only_the_branch_that_is_selected() {
    let of = |multiplexor, values: std::ops::RangeInclusive<u64>| Multiplex::Of { multiplexor, ranges: vec![values] };
    let with = |multiplex, start| Signal { multiplex, ..signal(start, 8, Little, Unsigned) };
    let codec = codec(
        8,
        vec![
            with(Multiplex::Multiplexor, 0),
            with(of(0, 1..=1), 8),
            with(Multiplex::Nested { multiplexor: 0, ranges: vec![2..=2, 4..=6] }, 8),
            with(of(2, 9..=9), 16),
            with(Multiplex::Plain, 56),
        ],
    );
    let names = |data: [u8; 8]| decoded(&codec, &data).into_iter().map(|(signal, _)| signal).collect::<Vec<_>>();
    assert_eq!(names([1, 9, 0, 0, 0, 0, 0, 0]), [0, 1, 4]);
    assert_eq!(names([2, 8, 0, 0, 0, 0, 0, 0]), [0, 2, 4]);
    assert_eq!(names([5, 9, 0, 0, 0, 0, 0, 0]), [0, 2, 3, 4]);
    assert_eq!(names([3, 9, 0, 0, 0, 0, 0, 0]), [0, 4]);
    let mut wanted = Vec::new();
    codec.decode_only(0, &[4, 3, 1, 99], &[5, 9, 7, 0, 0, 0, 0, 3], |s| wanted.push((s.signal, s.physical))).unwrap();
    assert_eq!(wanted, [(4, 3.0), (3, 7.0)]);
    assert_eq!(codec.raw(0, 1, &[5, 9, 7, 0, 0, 0, 0, 3]), Some(Raw::Unsigned(9)), "bits are read in any branch");
}

#[test]
fn multiplexors_that_select_each_other_or_nothing() {
    let of = |multiplexor, start| Signal {
        multiplex: Multiplex::Of { multiplexor, ranges: vec![0..=u64::MAX] },
        ..signal(start, 8, Little, Unsigned)
    };
    let codec = codec(8, vec![of(1, 0), of(0, 8), of(2, 16), of(9, 24), of(1, 32), signal(40, 8, Little, Unsigned)]);
    assert_eq!(decoded(&codec, &[0; 8]), [(5, 0.0)]);
}

#[test]
fn short_frames_and_signals_past_the_end() {
    let codec = codec(
        4,
        vec![signal(0, 8, Little, Unsigned), signal(32, 8, Little, Unsigned), signal(520, 8, Little, Unsigned)],
    );
    let mut count = 0;
    let short = codec.decode(0, &[1, 2, 3], |_| count += 1);
    let id = CanId::standard(0x19F).unwrap();
    assert_eq!((short, count), (Err(DecodeError::TooShort { id, expected: 4, got: 3 }), 0));
    assert_eq!(short.unwrap_err().to_string(), "message 19F has 4 bytes, the frame 3");
    assert_eq!(decoded(&codec, &[1, 2, 3, 4]), [(0, 1.0)]);
    assert_eq!(decoded(&codec, &[1, 2, 3, 4, 5]), [(0, 1.0), (1, 5.0)]);
    assert_eq!(decoded(&codec, &[7; 100]), [(0, 7.0), (1, 7.0)]);
    assert_eq!(codec.decode(1, &[], |_| ()), Err(DecodeError::NoSuchMessage { message: 1 }));
}

#[test]
fn a_database_made_by_hand_may_be_nonsense() {
    let codec = codec(
        8,
        vec![
            signal(0, 0, Little, Unsigned),
            signal(0, 65, Big, Signed),
            signal(0, 16, Little, Float),
            signal(u16::MAX, 64, Big, Double),
        ],
    );
    assert_eq!(decoded(&codec, &[0xFF; 64]), []);
    assert_eq!(codec.encode(0, &mut [0; 64], 1, 1.0), Err(EncodeError::TooShort { expected: 256, got: 64 }));
}

#[test]
fn every_id_finds_its_message() {
    let ids: Vec<_> = (0..0x800)
        .map(|id| CanId::standard(id).unwrap())
        .chain((0..0x800).map(|id| CanId::extended(id << 8).unwrap()))
        .collect();
    let table = Ids::new(&ids.iter().copied().zip(0..).collect::<Vec<_>>());
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(table.get(*id), Some(index));
    }
    assert_eq!(table.get(CanId::extended(1).unwrap()), None);
    assert_eq!(Ids::new(&[]).get(ids[0]), None);
    assert_eq!(Ids::new(&[(ids[5], 0), (ids[5], 1)]).get(ids[5]), Some(0), "the first of two");
}

#[test]
fn a_parameter_group_is_heard_from_every_sender() {
    let text = include_bytes!("../../tests/odd.dbc");
    let database = Database::parse(text).unwrap();
    let codec = Codec::compile(&database);
    let name = |id| codec.index(CanId::extended(id).unwrap()).map(|index| database.messages[index].name.as_str());
    assert_eq!([0x0CF0_0400, 0x0CF0_0421, 0x18F0_0400].map(name), [Some("EngineOne"); 3]);
    assert_eq!([0x0CF0_0500, 0x0DF0_0400].map(name), [None; 2], "another group, another data page");
    assert_eq!([0x0C00_0003, 0x0C00_FF2A, 0x1800_0B03].map(name), [Some("Brake"); 3], "to whomever it is sent");
    assert_eq!(name(0x0C01_0003), None);
    assert_eq!([0x18F0_0433, 0x18F0_0434].map(name), [Some("EngineTwo"), Some("EngineOne")], "its own id comes first");
    assert_eq!([0x18FE_CA0E, 0x18FE_CA0F].map(name), [Some("ThreeDeep"), None], "no parameter group by its format");
    assert_eq!(codec.index(CanId::standard(0x400).unwrap()), None);
    let groups: Vec<_> = database.messages.iter().filter_map(Message::parameter_group).collect();
    assert_eq!(groups, [0xF004, 0xF004, 0]);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let layout = (0..512u16, 1..=64u16, prop_oneof![Just(Little), Just(Big)]);
    let kind = prop_oneof![Just(Unsigned), Just(Signed), Just(Float), Just(Double)];
    let fits = |(start, size, byte_order, kind)| {
        let size = match kind {
            Float => 32,
            Double => 64,
            Unsigned | Signed => size,
        };
        Some(signal(start, size, byte_order, kind))
            .filter(|signal| signal.bytes().is_some_and(|bytes| *bytes.end() < 64))
    };
    (layout, kind)
        .prop_map(|((start, size, byte_order), kind)| (start, size, byte_order, kind))
        .prop_filter_map("reaches past 64 bytes", fits)
}

fn any_raw(signal: &Signal, bits: u64) -> Raw {
    let unused = 64 - u32::from(signal.size);
    match signal.kind {
        Unsigned => Raw::Unsigned(bits >> unused),
        Signed => Raw::Signed(bits as i64 >> unused),
        Float => Raw::Float(f64::from(f32::from_bits(bits as u32))),
        Double => Raw::Float(f64::from_bits(bits)),
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_the_same(signal in any_signal(), bits in any::<u64>(), fill in any::<u8>()) {
        let raw = any_raw(&signal, bits);
        prop_assume!(!raw.as_f64().is_nan());
        let (start, size, order) = (usize::from(signal.start), usize::from(signal.size), signal.byte_order);
        let codec = codec(64, vec![signal]);
        let mut data = [fill; 64];
        codec.set_raw(0, &mut data, 0, raw).unwrap();
        prop_assert_eq!(codec.raw(0, 0, &data), Some(raw));
        // Every bit that is not the signal's is as it was.
        let mut at = start;
        let mut own = [0u8; 64];
        for _ in 0..size {
            own[at / 8] |= 1 << (at % 8);
            at = match order {
                Little => at + 1,
                Big if at % 8 == 0 => at + 15,
                Big => at - 1,
            };
        }
        for (byte, own) in data.iter().zip(own) {
            prop_assert_eq!(byte & !own, fill & !own);
        }
    }

    #[test]
    fn physical_values_come_back(
        signal in any_signal(), bits in any::<u64>(), factor in 1i32..1000, sign in prop::sample::select(vec![-1, 1]),
        offset in -100_000i32..100_000,
    ) {
        let (factor, kind) = (factor * sign, if signal.kind == Signed { Signed } else { Unsigned });
        // Beyond 2^29 the float arithmetic of the scale itself is not exact.
        let signal = Signal { kind, size: signal.size.min(29), ..signal };
        let raw = any_raw(&signal, bits);
        let scaled = Signal { factor: f64::from(factor) / 64.0, offset: f64::from(offset) / 16.0, ..signal };
        let codec = codec(64, vec![scaled]);
        let mut data = [0; 64];
        codec.set_raw(0, &mut data, 0, raw).unwrap();
        let mut physical = None;
        codec.decode(0, &data, |sample| physical = Some(sample.physical)).unwrap();
        let mut again = [0; 64];
        codec.encode(0, &mut again, 0, physical.unwrap()).unwrap();
        prop_assert_eq!(again, data);
    }
    #[test]
    fn a_payload_reads_the_same_whether_it_is_short_or_padded(
        first in 0..64u16, size in 1..=64u16, big in any::<bool>(), signed in any::<bool>(), data in any::<[u8; 8]>(),
    ) {
        let (start, order) = if big { (first / 8 * 8 + 7 - first % 8, Big) } else { (first, Little) };
        let kind = match (first, size, signed) {
            (0..=32, 32, false) => Float,
            (0, 64, false) => Double,
            (_, _, false) => Unsigned,
            (_, _, true) => Signed,
        };
        let codec = codec(8, vec![signal(start, size.min(64 - first), order, kind)]);
        let mut long = [0xA5; 64];
        long[..8].copy_from_slice(&data);
        let read = |data| {
            let mut sample = None;
            codec.decode(0, data, |found| sample = Some((found.raw, found.physical))).unwrap();
            // Compared as text: what is not a number equals nothing.
            format!("{sample:?} {:?}", codec.raw(0, 0, data))
        };
        prop_assert_eq!(read(&data), read(&long));
    }

    #[test]
    fn a_multiplexors_branches_are_looked_up_as_they_are_asked_for_one_by_one(
        branches in prop::collection::vec(
            (prop::option::of(prop::collection::vec((0..16u64, 0..6u64), 1..3)), 0..24u16), 1..24,
        ),
        selects_signed in any::<bool>(),
        data in any::<[u8; 8]>(),
    ) {
        let kind = if selects_signed { Signed } else { Unsigned };
        let mut signals = vec![Signal { multiplex: Multiplex::Multiplexor, ..signal(0, 5, Little, kind) }];
        signals.extend(branches.into_iter().map(|(ranges, start)| {
            let ranges = ranges.map(|ranges| ranges.into_iter().map(|(low, wide)| low..=low + wide).collect());
            let multiplex = ranges.map_or(Multiplex::Plain, |ranges| Multiplex::Of { multiplexor: 0, ranges });
            Signal { multiplex, ..signal(8 + start, 9, Little, Unsigned) }
        }));
        let all: Vec<_> = (0..signals.len()).collect();
        let codec = codec(8, signals);
        let (mut looked_up, mut asked) = (Vec::new(), Vec::new());
        codec.decode(0, &data, |sample| looked_up.push(sample)).unwrap();
        codec.decode_only(0, &all, &data, |sample| asked.push(sample)).unwrap();
        prop_assert_eq!(looked_up, asked);
    }
}

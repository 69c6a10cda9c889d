use super::*;
use crate::{ByteOrder, Database};

fn checksum(start: u16, size: u16, byte_order: ByteOrder) -> Signal {
    let text = b"BO_ 1 m: 8 X\n SG_ CHECKSUM : 0|1@1+ (1,0) [0|1] \"\" X\n";
    let signal = Database::parse(text).unwrap().messages.remove(0).signals.remove(0);
    Signal { start, size, byte_order, ..signal }
}

#[test]
fn hondas_checksum() {
    // 0x17C, counter 1 in bits 5..4 of the last byte: nibbles 1+7+C and 1+0+0+0+0+6+1 make 28.
    let signal = checksum(59, 4, ByteOrder::Big);
    let id = CanId::standard(0x17C).unwrap();
    let mut data = [0x01, 0, 0x06, 0, 0, 0, 0, 0x1F];
    fill(Checksum::Honda, id, &mut data, &signal).unwrap();
    assert_eq!(data[7], 0x1C);
    assert_eq!(verify(Checksum::Honda, id, &data, &signal), Ok(()));
    data[2] = 0x07;
    assert_eq!(verify(Checksum::Honda, id, &data, &signal), Err(ChecksumError::Wrong { expected: 0xB, found: 0xC }));
    let extended = CanId::extended(0x17C).unwrap();
    fill(Checksum::Honda, extended, &mut data, &signal).unwrap();
    assert_eq!(data[7], 0x1E);
}

#[test]
fn sae_j1850_over_the_catalogues_check_string() {
    // The CRC catalogue's check value: 0x4B over "123456789"; here '1' is the id's low byte.
    let signal = checksum(24, 8, ByteOrder::Little);
    let mut data = *b"234\x005678";
    let id = CanId::standard(0x731).unwrap();
    fill(Checksum::SaeJ1850, id, &mut data, &signal).unwrap();
    assert_eq!(u16::from(data[3]), crc8(0x1D, 0xFF, b"12345678".iter().copied()) ^ 0xFF);
    assert_eq!(crc8(0x1D, 0xFF, b"123456789".iter().copied()) ^ 0xFF, 0x4B);
    assert_eq!(verify(Checksum::SaeJ1850, id, &data, &signal), Ok(()));
    let other = CanId::standard(0x732).unwrap();
    assert!(matches!(verify(Checksum::SaeJ1850, other, &data, &signal), Err(ChecksumError::Wrong { .. })));
}

#[test]
fn a_checksum_that_is_not_in_the_payload() {
    let id = CanId::standard(1).unwrap();
    let signal = checksum(56, 8, ByteOrder::Little);
    let short = Err(ChecksumError::TooShort { expected: 8, got: 7 });
    assert_eq!(verify(Checksum::SaeJ1850, id, &[0; 7], &signal), short);
    let nibble = Checksum::named("e2e_p01_nibble", &[0x1234]).unwrap();
    assert_eq!(
        fill(nibble, id, &mut [0; 8], &signal),
        Err(ChecksumError::TooShort { expected: 9, got: 8 }),
        "its nibble"
    );
    let size = Err(ChecksumError::Size { expected: 4, got: 8 });
    assert_eq!(fill(Checksum::Honda, id, &mut [0; 8], &signal), size);
}

#[test]
fn a_rolling_counter() {
    let mut counter = Counter::new(2);
    let heard = [2, 3, 0, 0, 2, 3, 1].map(|value| counter.check(value));
    use Step::{Jumped, Next, Repeated};
    assert_eq!(heard, [Next, Next, Next, Repeated, Jumped, Next, Jumped]);
    assert_eq!(Counter::new(8).after(255), 0);
    assert_eq!(Counter::new(4).after(15), 0);
}

#[test]
fn checksums_of_others() {
    let mut kinds = std::collections::BTreeMap::new();
    for line in include_str!("../../tests/checksums.vectors").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = line.split(' ').collect();
        let [word, ids, id, payload, start, size, order] = words[..] else { panic!("{line}") };
        let ids: Vec<_> = ids.split(',').filter_map(|id| u16::from_str_radix(id, 16).ok()).collect();
        let kind = Checksum::named(word, &ids).unwrap_or_else(|| panic!("{line}"));
        let id = CanId::from_raw(id.parse().unwrap()).unwrap();
        let byte = |at: usize| u8::from_str_radix(&payload[2 * at..2 * at + 2], 16).unwrap();
        let data: Vec<_> = (0..payload.len() / 2).map(byte).collect();
        let order = if order == "1" { ByteOrder::Little } else { ByteOrder::Big };
        let signal = checksum(start.parse().unwrap(), size.parse().unwrap(), order);
        assert_eq!(verify(kind, id, &data, &signal), Ok(()), "{line}");
        let mut again = data.clone();
        again
            .iter_mut()
            .zip(0..)
            .filter(|(_, at)| signal.bytes().unwrap().contains(at))
            .for_each(|(byte, _)| *byte = !*byte);
        let spoiled = again.clone();
        assert!(matches!(verify(kind, id, &spoiled, &signal), Err(ChecksumError::Wrong { .. })), "{line}");
        again.iter_mut().zip(&data).for_each(|(byte, right)| {
            if kind == Checksum::Honda {
                *byte = *right
            }
        });
        fill(kind, id, &mut again, &signal).unwrap();
        assert_eq!(again, data, "{line}");
        // One flipped bit in the rest is found, but where the sum of six bytes does not look, and in a counter that picks another data id.
        for bit in 0..8 * data.len() {
            let unseen = match word {
                "hyundai_sum6" => bit / 8 == 7,
                "e2e_p02" | "vw_mqb" => (8..12).contains(&bit),
                _ => false,
            };
            let mut wrong = data.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(unseen || verify(kind, id, &wrong, &signal).is_err(), "{line}: bit {bit}");
        }
        *kinds.entry(word).or_insert(0) += 1;
    }
    let counts: Vec<_> = kinds.into_iter().collect();
    let expected = [
        ("chrysler", 8),
        ("e2e_p01_alt", 4),
        ("e2e_p01_both", 4),
        ("e2e_p01_low", 4),
        ("e2e_p01_nibble", 4),
        ("e2e_p02", 4),
        ("e2e_p05", 4),
        ("honda", 8),
        ("hyundai_canfd", 13),
        ("hyundai_crc8", 4),
        ("hyundai_sum6", 4),
        ("hyundai_sum7", 4),
        ("toyota", 8),
        ("vw_mqb", 16),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn a_kind_takes_only_the_data_ids_that_it_knows() {
    let list: Vec<u16> = (0..16).collect();
    assert_eq!(Checksum::named("vw_mqb", &[]), Some(Checksum::VolkswagenMqb { data_ids: None }));
    assert_eq!(Checksum::named("e2e_p02", &[7]), Some(Checksum::E2eProfile2 { data_ids: [7; 16] }));
    assert!(Checksum::named("e2e_p02", &list).is_some());
    assert_eq!(Checksum::named("e2e_p05", &[0xFFFF]), Some(Checksum::E2eProfile5 { data_id: 0xFFFF }));
    for (word, ids) in [
        ("honda", &list[..1]),
        ("e2e_p02", &[]),
        ("e2e_p02", &list[..15]),
        ("vw_mqb", &[256]),
        ("e2e_p05", &[]),
        ("e2e_p05", &list),
        ("e2e_p01_low", &[]),
        ("crc", &[]),
    ] {
        assert_eq!(Checksum::named(word, ids), None, "{word} {ids:?}");
    }
}

#[test]
fn a_counter_of_profile_1_leaves_15_out() {
    let checksum = Checksum::named("e2e_p01_both", &[1]);
    let mut counter = Counter::beside(checksum, 4);
    use Step::{Jumped, Next};
    assert_eq!([13, 14, 0, 1, 15, 0].map(|value| counter.check(value)), [Next, Next, Next, Next, Jumped, Next]);
    assert_eq!((Counter::beside(None, 4).after(14), counter.after(14)), (15, 0));
}

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::tests::read;

/// A file's head that began on 2023-11-14 at 22:13:20.250.
fn head() -> Vec<u8> {
    let mut head = vec![0; 144];
    head[..4].copy_from_slice(b"LOGG");
    head[4..8].copy_from_slice(&144u32.to_le_bytes());
    for (at, number) in [2023u16, 11, 2, 14, 22, 13, 20, 250].into_iter().enumerate() {
        head[40 + 2 * at..][..2].copy_from_slice(&number.to_le_bytes());
    }
    head
}

fn padded(mut object: Vec<u8>) -> Vec<u8> {
    object.resize(object.len().next_multiple_of(4), 0);
    object
}

fn object_of_size(kind: u32, size: u32, rest: &[u8]) -> Vec<u8> {
    let mut object = b"LOBJ\x20\0\x01\0".to_vec();
    object.extend(size.to_le_bytes());
    object.extend(kind.to_le_bytes());
    object.extend(rest);
    padded(object)
}

/// An object with a header of version 1.
fn object(kind: u32, flags: u32, stamp: u64, body: &[u8]) -> Vec<u8> {
    let rest = [&flags.to_le_bytes()[..], &[0; 4], &stamp.to_le_bytes(), body].concat();
    object_of_size(kind, 16 + rest.len() as u32, &rest)
}

fn message(stamp: u64, first: u8) -> Vec<u8> {
    object(1, 2, stamp, &[1, 0, 0, 2, 0x23, 1, 0, 0, first, 0xFF, 9, 9, 9, 9, 9, 9])
}

fn container(method: u16, packed: &[u8]) -> Vec<u8> {
    let rest = [&method.to_le_bytes()[..], &[0; 14], packed].concat();
    object_of_size(10, 16 + rest.len() as u32, &rest)
}

fn zlib(objects: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(objects).unwrap();
    container(2, &packed.finish().unwrap())
}

fn file(parts: &[Vec<u8>]) -> Vec<u8> {
    [head(), parts.concat()].concat()
}

fn told(parts: &[Vec<u8>]) -> Vec<String> {
    read(Cursor::new(file(parts)))
}

fn first(byte: u8) -> String {
    format!("can0 bus 0 123#{byte:02X}FF at 1700000000250000007 ns")
}

#[test]
fn every_kind_of_frame_is_read() {
    let fd_64 = |flags: u32, valid: u8, extension: u8, data: &[u8]| {
        let mut body = vec![3, 9, valid, 0, 0, 0xFF, 0xEB, 0x98, 0, 0, 0, 0];
        body.extend(flags.to_le_bytes());
        body.resize(40, 0);
        body[35] = extension;
        body.extend(data);
        body
    };
    let fd = |flags: u8, valid: u8| {
        let mut body = vec![2, 0, 0, 9, 0x23, 1, 0, 0, 0, 0, 0, 0, 0, flags, valid, 0, 0, 0, 0, 0];
        body.extend([0xAB; 64]);
        body
    };
    let mut version_2 = object(86, 1, 5, &[]);
    version_2.extend([0; 8]);
    version_2.extend([1, 0, 0x80, 4, 0x23, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let size = version_2.len() as u32;
    version_2[4] = 40;
    version_2[6] = 2;
    version_2[8..12].copy_from_slice(&size.to_le_bytes());
    let objects = [
        message(7, 1),
        version_2,
        object(100, 2, 0, &fd(7, 12)),
        object(100, 2, 0, &fd(0, 3)),
        object(101, 2, 0, &fd_64(0x3000, 10, 0, &[1; 10])),
        object(101, 2, 0, &fd_64(0x3000, 8, 76, &[[2; 4], [7; 4]].concat())),
        object(101, 2, 0, &fd_64(0x10, 0, 0, &[])),
        object(73, 2, 0, &[4, 0, 0, 0, 0, 0]),
        object(2, 2, 0, &[4, 0, 0, 0]),
        object(104, 2, 0, &[4; 48]),
        object(96, 2, 0, b"a marker, and no frame"),
    ]
    .concat();
    let zero = "at 1700000000250000000 ns";
    assert_eq!(
        told(&[zlib(&objects)]),
        [
            first(1),
            "can0 bus 0 123# at 1700000000250050000 ns, remote 4".to_owned(),
            format!("can1 bus 1 123#ABABABABABABABABABABABAB {zero}, fd brs esi"),
            format!("can1 bus 1 123#ABABAB {zero}"),
            format!("can2 bus 2 18EBFF00#010101010101010101010000 {zero}, fd brs"),
            format!("can2 bus 2 18EBFF00#0202020200000000 {zero}, fd brs"),
            format!("can2 bus 2 18EBFF00# {zero}, remote 8"),
            format!("can3 bus 3 080#0000000000000000 {zero}, error"),
            format!("can3 bus 3 080#0000000000000000 {zero}, error"),
            format!("can3 bus 3 080#0000000000000000 {zero}, error"),
        ]
    );
}

#[test]
fn objects_may_be_cut_anywhere_between_containers_or_lie_in_none() {
    let objects = [message(7, 1), message(7, 2), message(7, 3)].concat();
    for cut in 1..objects.len() {
        let (one, other) = objects.split_at(cut);
        assert_eq!(told(&[zlib(one), container(0, other)]), [first(1), first(2), first(3)], "{cut}");
    }
    assert_eq!(told(&[message(7, 1), zlib(&message(7, 2)), message(7, 3)]), [first(1), first(2), first(3)]);
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole_and_then_says_so() {
    let whole = file(&[zlib(&[message(7, 1), message(7, 2)].concat()), zlib(&message(7, 3)), message(7, 4)]);
    let ends = (4..=whole.len()).filter(|end| {
        let told = read(Cursor::new(whole[..*end].to_vec()));
        let frames: Vec<_> = told.iter().filter(|line| !line.contains("cut")).collect();
        assert_eq!(frames, (1..=frames.len() as u8).map(first).collect::<Vec<_>>().iter().collect::<Vec<_>>(), "{end}");
        told.len() == frames.len()
    });
    let ends: Vec<_> = ends.filter(|end| *end >= 144).collect();
    assert_eq!(ends.first(), Some(&144), "a head alone is an empty recording");
    assert!(ends.len() <= 10 && ends.contains(&whole.len()), "cut and not told: {ends:?}");
}

#[test]
fn a_spoiled_container_is_told_and_the_next_is_read() {
    let mut spoiled = zlib(&message(7, 1));
    spoiled[40] ^= 0xFF;
    assert_eq!(told(&[spoiled, zlib(&message(7, 2))])[1..], [first(2)]);
    // What was unpacked before the place that is spoiled is whole.
    let mut stored = ZlibEncoder::new(Vec::new(), Compression::none());
    stored.write_all(&message(7, 1)).unwrap();
    let mut stored = stored.finish().unwrap();
    *stored.last_mut().unwrap() ^= 0xFF;
    let told_of = told(&[container(2, &stored), zlib(&message(7, 2))]);
    assert_eq!(told_of, [&first(1), "byte 144, the container's zlib data is spoiled", &first(2)]);
    let told_of = told(&[container(9, b"????"), zlib(&message(7, 2))]);
    assert_eq!(told_of, ["byte 144, the container is packed by method 9, which nobody has documented", &first(2)]);
    assert_eq!(
        told(&[b"garbage garbage ".to_vec(), zlib(&message(7, 2))]),
        ["byte 160, expected an object (`LOBJ`)", &first(2)]
    );
    let inside = [&b"garbage garbage "[..], &message(7, 2)].concat();
    assert_eq!(told(&[zlib(&inside)]), ["byte 144, expected an object (`LOBJ`)", &first(2)]);
}

#[test]
fn sizes_that_cannot_be_are_told_and_take_no_room() {
    let huge = object_of_size(1, u32::MAX, &[0; 16]);
    assert_eq!(
        told(&[zlib(&[huge, message(7, 2)].concat())]),
        ["byte 144, an object of type 1 cannot have 4294967295 bytes", &first(2)]
    );
    let tiny = object_of_size(1, 3, &[0; 16]);
    assert_eq!(
        told(&[zlib(&[tiny, message(7, 2)].concat())]),
        ["byte 144, an object of type 1 cannot have 3 bytes", &first(2)]
    );
    let short = object(1, 2, 0, &[1, 0, 0]);
    assert_eq!(
        told(&[zlib(&[short, message(7, 2)].concat())]),
        ["byte 144, an object of type 1 cannot have 35 bytes", &first(2)]
    );
    // Of an unknown kind it may be true: what is behind it is not there.
    let unknown = object_of_size(65, u32::MAX, &[0; 16]);
    assert_eq!(told(&[zlib(&message(7, 1)), zlib(&unknown)]), [&first(1), "byte 224, the recording is cut here"]);
    let container = object_of_size(10, u32::MAX, &zlib(&message(7, 1))[16..]);
    assert_eq!(told(&[container]), [&first(1), "byte 144, the recording is cut here"]);
}

#[test]
fn what_unpacks_to_gigabytes_takes_no_room() {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = 300u32 << 20;
    packed.write_all(&object_of_size(65, zeros + 16, &[])).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(zeros.into()), &mut packed).unwrap();
    packed.write_all(&message(7, 1)).unwrap();
    assert_eq!(told(&[container(2, &packed.finish().unwrap())]), [first(1)]);
}

#[test]
fn numbers_out_of_range_are_told() {
    let far = object(1, 1, u64::MAX, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(told(&[far]), ["byte 144, the time lies beyond the year 2554"]);
    let mut long = vec![2, 0, 0, 9, 0x23, 1, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0];
    long.extend([0; 64]);
    assert!(told(&[object(100, 2, 0, &long)])[0].starts_with("byte 144, 64 bytes do not fit"));
}

use std::io::{self, Cursor, Read};

use super::*;

/// What a reader tells: frames with their interface, and errors.
pub(crate) fn read(source: impl Read + Send + 'static) -> Vec<String> {
    let mut reader = Reader::new(source).unwrap();
    let mut told = Vec::new();
    while let Some(read) = reader.next() {
        told.push(match read {
            Ok(frame) => line(&reader, &frame),
            Err(error) => error.to_string(),
        });
    }
    told
}

fn line(reader: &Reader, frame: &Frame) -> String {
    let flags = frame.flags;
    let remote = format!("remote {}", frame.length());
    let words = [
        (flags.fd, "fd"),
        (flags.brs, "brs"),
        (flags.esi, "esi"),
        (flags.remote, remote.as_str()),
        (flags.error, "error"),
    ];
    let words: Vec<_> = words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
    let flags = if words.is_empty() { String::new() } else { format!(", {}", words.join(" ")) };
    format!("{} {frame:?}{flags}", reader.interface(frame.bus))
}

#[test]
fn frames_come_in_their_order_and_what_is_bad_is_told_between_them() {
    let log = "# a comment\n(1.000000) can1 123#00\n(1.5 can0 123#00\n\n(2.000000) can0 123#0102";
    assert_eq!(
        read(log.as_bytes()),
        [
            "can1 bus 0 123#00 at 1000000000 ns",
            "line 3, column 5: expected `)` behind the time stamp",
            "can0 bus 1 123#0102 at 2000000000 ns",
        ]
    );
}

#[test]
fn a_line_without_an_end_is_left_out_and_takes_no_room() {
    let log = io::repeat(b'(').take(10_000_000).chain("\n(1.0) can0 123#00\n".as_bytes());
    assert_eq!(read(log), ["line 1, the line has no end within 64 KiB", "can0 bus 0 123#00 at 1000000000 ns"]);
    let log = Cursor::new("(1.0) can0 123#00\n").chain(io::repeat(0).take(10_000_000));
    assert_eq!(read(log), ["can0 bus 0 123#00 at 1000000000 ns", "line 2, the line has no end within 64 KiB"]);
}

#[test]
fn a_source_that_fails_gives_what_is_whole_and_then_the_failure() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the stick was pulled out"))
        }
    }
    let log = Cursor::new("(1.0) can0 123#00\n(2.0) can0 123#00").chain(Failing);
    let mut reader = Reader::new(log).unwrap();
    assert!(reader.next().unwrap().is_ok());
    let error = reader.next().unwrap().unwrap_err();
    assert!(error.breaks_off());
    assert_eq!(error.to_string(), "line 2, the recording breaks off here");
    assert!(reader.next().is_none());
}

#[test]
fn interfaces_have_names_of_some_letters_and_there_are_not_too_many() {
    let log: String = (0..300).map(|at| format!("(1.000000) can{at} 123#00\n")).collect();
    let mut reader = Reader::new(Cursor::new(log)).unwrap();
    let bad: Vec<_> = reader.by_ref().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert_eq!((reader.interfaces().len(), bad.len()), (255, 45));
    assert_eq!(bad.first().unwrap(), "line 256, the interface is one too many: a recording has at most 255");
    let long = format!("(1.0) {} 123#00\n", "c".repeat(65));
    assert_eq!(read(Cursor::new(long)), ["line 1, the interface's name has more than 64 letters"]);
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drive.log");
    let log = "(1.000000) can1 123#00\n(2.000000) can0 123##3112233\n";
    let mut reader = Reader::new(log.as_bytes()).unwrap();
    let mut writer = Writer::create(&path).unwrap();
    while let Some(frame) = reader.next() {
        let frame = frame.unwrap();
        writer.write(&frame, reader.interface(frame.bus)).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), log);
}

const LOG: &str = "(1.000000) can0 123#01\n(2.000000) can1 123##3112233\n";

fn packed_as(ending: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drive.log").with_extension(ending);
    let mut reader = Reader::new(LOG.as_bytes()).unwrap();
    let mut writer = Writer::create(&path).unwrap();
    while let Some(frame) = reader.next() {
        let frame = frame.unwrap();
        writer.write(&frame, reader.interface(frame.bus)).unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

const ENDINGS: [&str; 3] = ["gz", "xz", "zst"];

#[test]
fn what_a_recording_is_packed_by_is_seen_by_its_bytes() {
    assert_eq!(packed_as("log"), LOG.as_bytes());
    for ending in ENDINGS {
        let packed = packed_as(ending);
        assert_ne!(packed, LOG.as_bytes(), "{ending}");
        assert_eq!(read(Cursor::new(packed.clone())), read(LOG.as_bytes()), "{ending}");
        // As `cat` joins them.
        let twice = [packed.clone(), packed].concat();
        assert_eq!(read(Cursor::new(twice)).len(), 4, "{ending}");
    }
}

#[test]
fn what_is_packed_and_cut_or_spoiled_anywhere_ends_in_an_error() {
    for ending in ENDINGS {
        let packed = packed_as(ending);
        for end in 1..packed.len() {
            let cut = packed[..end].to_vec();
            let ended = match Reader::new(Cursor::new(cut)) {
                Ok(mut reader) => match reader.by_ref().last() {
                    Some(Err(error)) => error.breaks_off() || end < 6,
                    Some(Ok(_)) | None => false,
                },
                Err(OpenError::Read(_)) => true,
                Err(OpenError::Form { .. }) => end < 6,
            };
            assert!(ended, "{ending} cut at {end} is taken for whole");
            let mut spoiled = packed.clone();
            spoiled[end] ^= 0x55;
            if let Ok(reader) = Reader::new(Cursor::new(spoiled)) {
                assert!(reader.count() < 100, "{ending} spoiled at {end}");
            }
        }
    }
}

#[test]
fn what_unpacks_to_much_more_takes_no_room() {
    for ending in ENDINGS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("zeros").with_extension(ending);
        let mut file = std::fs::File::create(&path).unwrap();
        let zeros = io::repeat(0).take(200 << 20);
        let mut zeros = zeros.chain("\n(1.0) can0 123#00\n".as_bytes());
        match ending {
            "gz" => {
                let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
                io::copy(&mut zeros, &mut packed).unwrap();
                packed.finish().unwrap();
            }
            "xz" => {
                let options = lzma_rust2::XzOptions::with_preset(0);
                let mut packed = lzma_rust2::XzWriter::new(file, options).unwrap();
                io::copy(&mut zeros, &mut packed).unwrap();
                packed.finish().unwrap();
            }
            _ => ruzstd::encoding::compress(zeros, &mut file, ruzstd::encoding::CompressionLevel::Fastest),
        }
        assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20, "{ending}");
        let told = read(std::fs::File::open(&path).unwrap());
        assert_eq!(
            told,
            ["line 1, the line has no end within 64 KiB", "can0 bus 0 123#00 at 1000000000 ns"],
            "{ending}"
        );
    }
}

#[test]
fn a_dictionary_of_gigabytes_is_refused() {
    // The window of a zstd frame is said in one byte: here 2 GiB.
    let zstd = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 1, 0, 0];
    assert!(matches!(Reader::new(Cursor::new(zstd)), Err(OpenError::Read(_))));
    let mut xz = packed_as("xz");
    // The block's header: its size, its flags, then the filter LZMA2 (0x21), the length 1 and the dictionary's size: here 4 GiB.
    let at = 12;
    assert_eq!(xz[at + 2..at + 4], [0x21, 1]);
    xz[at + 4] = 40;
    let length = (usize::from(xz[at]) + 1) * 4;
    let mut sum = flate2::Crc::new();
    sum.update(&xz[at..at + length - 4]);
    xz[at + length - 4..at + length].copy_from_slice(&sum.sum().to_le_bytes());
    let Err(OpenError::Read(cause)) = Reader::new(Cursor::new(xz)) else { panic!("taken") };
    assert_eq!(cause.kind(), io::ErrorKind::OutOfMemory);
}

#[test]
fn other_forms_are_named() {
    let refused = |bytes: &'static [u8]| Reader::new(bytes).err().unwrap().to_string();
    assert_eq!(
        refused(b"MDF     4.10    "),
        "it is an ASAM MDF file; read are candump text, Vector ASC and BLF, and each of them in gzip, xz or zstd: python-can's `can_logconvert` makes one of them from it"
    );
    assert!(refused(b";$FILEVERSION=1.1\n").starts_with("it is a PEAK TRC file; "));
    assert!(refused(b"PK\x03\x04").ends_with(": unpack it first"));
    let mut twice = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut twice, &packed_as("gz")).unwrap();
    let refused = Reader::new(Cursor::new(twice.finish().unwrap())).err().unwrap().to_string();
    assert!(refused.starts_with("it is packed twice; "));
}

#[test]
fn the_first_bytes_say_the_form_and_what_says_nothing_is_candump_text() {
    let asc = "0.5 1 1 Rx d 0\n";
    for head in ["", "\n\n", "// a comment\n", "no internal events logged\n"] {
        assert_eq!(read(Cursor::new(format!("{head}{asc}"))), ["can0 bus 0 001# at 500000000 ns"], "{head}");
    }
    assert_eq!(read("".as_bytes()), [""; 0]);
    assert_eq!(read("\n\n".as_bytes()), [""; 0]);
    assert_eq!(read("\0\x01\x02\n".as_bytes()), ["line 1, column 1: expected `(` before the time stamp"]);
}

#[test]
fn a_line_is_told_before_the_next_has_come() {
    struct OneByOne(std::sync::mpsc::Receiver<&'static [u8]>);
    impl Read for OneByOne {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let piece = self.0.recv().unwrap_or_default();
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }
    let (pieces, source) = std::sync::mpsc::channel();
    pieces.send(&b"(1.0) can0 "[..]).unwrap();
    pieces.send(b"123#00\n(2.0) ").unwrap();
    let mut reader = Reader::new(OneByOne(source)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().t_ns, 1_000_000_000);
    pieces.send(b"can0 123#00\n").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().t_ns, 2_000_000_000);
    drop(pieces);
    assert!(reader.next().is_none());
}

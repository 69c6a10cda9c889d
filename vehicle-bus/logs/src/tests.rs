use std::io::{self, Cursor, Read};

use super::*;

fn read(source: impl Read + Send + 'static) -> Vec<String> {
    let mut reader = Reader::new(source).unwrap();
    let mut told = Vec::new();
    while let Some(read) = reader.next() {
        told.push(match read {
            Ok(frame) => format!("{} {frame:?}", reader.interface(frame.bus)),
            Err(error) => error.to_string(),
        });
    }
    told
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

use proptest::prelude::*;

use super::*;

fn read(line: &str) -> LogLine<'_> {
    parse_line(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn refused(line: &str) -> String {
    parse_line(line.as_bytes()).expect_err(line).to_string()
}

#[test]
fn a_classic_frame() {
    let line = read("(1436509052.249713) vcan0 0F2#3A00DEadBEef");
    assert_eq!((line.t_ns, line.interface), (1_436_509_052_249_713_000, "vcan0"));
    assert_eq!(line.id, CanId::standard(0xF2).unwrap());
    assert_eq!(line.data(), [0x3A, 0x00, 0xDE, 0xAD, 0xBE, 0xEF]);
    assert_eq!(line.flags, Flags::default());
    let frame = line.frame(BusIndex(3));
    assert_eq!((frame.bus, frame.id, frame.t_ns, frame.data()), (BusIndex(3), line.id, line.t_ns, line.data()));
}

#[test]
fn the_forms_that_can_utils_writes() {
    let extended = read("(0.1) can1 00000123#");
    assert_eq!((extended.id, extended.length()), (CanId::extended(0x123).unwrap(), 0));
    assert_eq!(read("(0.1) c 123#11.22.33").data(), [0x11, 0x22, 0x33]);
    assert_eq!(read("(0.1) c 123#1122334455667788_9").data().len(), 8);

    let remote = read("(0.1) c 123#R");
    assert_eq!((remote.flags.remote, remote.length(), remote.data()), (true, 0, &[][..]));
    assert_eq!(read("(0.1) c 123#R4").length(), 4);
    assert_eq!(read("(0.1) c 123#R8_F").length(), 8);

    let fd = read("(0.1) c 123##3112233445566778899AABBCC");
    assert_eq!(fd.flags, Flags { fd: true, brs: true, esi: true, ..Flags::default() });
    assert_eq!(fd.length(), 12);
    assert_eq!(read("(0.1) c 123##0").length(), 0);
    let longest = format!("(0.1) c 123##1{}", "A5".repeat(64));
    assert_eq!(read(&longest).data(), [0xA5; 64]);

    let error = read("(0.1) c 20000080#0000000000000000");
    assert_eq!((error.id, error.flags.error), (CanId::standard(0x80).unwrap(), true));
    let wide_error = read("(0.1) c 20008000#");
    assert_eq!((wide_error.id, wide_error.flags.error), (CanId::extended(0x8000).unwrap(), true));
}

#[test]
fn marks_and_blanks_around_the_frame() {
    for line in ["(0.1) c 123#00 R", "(0.1) c 123#00 T\r\n", " \t(0.1)  c\t123#00  ", "(0.1) c 123#00\r\n"] {
        assert_eq!(read(line).data(), [0], "{line}");
    }
    assert_eq!(refused("(0.1) c 123#00 X"), "column 15: expected the end of the line, or R or T");
    assert_eq!(refused("(0.1) c 123#00T"), "column 15: expected the end of the line, or R or T");
}

#[test]
fn time_stamps_are_exact() {
    for (stamp, t_ns) in [
        ("(0.000000)", 0),
        ("(0.1)", 100_000_000),
        ("(1.123456789)", 1_123_456_789),
        ("(1700000000.000001)", 1_700_000_000_000_001_000),
        ("(18446744073.709551615)", u64::MAX),
    ] {
        assert_eq!(read(&format!("{stamp} c 123#")).t_ns, t_ns, "{stamp}");
    }
}

#[test]
fn errors_name_what_was_expected_and_where() {
    for (line, error) in [
        ("", "column 1: expected `(` before the time stamp"),
        ("can0 123#", "column 1: expected `(` before the time stamp"),
        ("(x", "column 2: expected the seconds of the time stamp"),
        ("(12)", "column 4: expected `.` between seconds and fraction"),
        ("(12.)", "column 5: expected a fraction of 1 to 9 digits"),
        ("(1.1234567891)", "column 13: expected a fraction of 1 to 9 digits"),
        ("(1.5 c", "column 5: expected `)` behind the time stamp"),
        ("(18446744073.709551616) c 123#", "column 2: the time stamp is over 18446744073.709551615 s"),
        ("(99999999999999999999999.0) c 123#", "column 2: the time stamp is over 18446744073.709551615 s"),
        ("(1.5)", "column 6: expected the interface's name in printable ASCII"),
        ("(1.5) c\u{e4}n 123#", "column 8: expected the interface's name in printable ASCII"),
        ("(1.5) can0 ", "column 12: expected an id of 3 (standard) or 8 (extended) hex digits"),
        ("(1.5) can0 12#", "column 12: expected an id of 3 (standard) or 8 (extended) hex digits"),
        ("(1.5) can0 123456789#", "column 12: expected an id of 3 (standard) or 8 (extended) hex digits"),
        ("(1.5) can0 800#", "column 12: the id is over 0x7FF (3 digits) or 0x1FFFFFFF (8 digits)"),
        ("(1.5) can0 40000000#", "column 12: the id is over 0x7FF (3 digits) or 0x1FFFFFFF (8 digits)"),
        ("(1.5) can0 123 00", "column 15: expected `#` behind the id"),
        ("(1.5) can0 123##", "column 17: expected one hex digit of CAN FD flags"),
        ("(1.5) can0 123#123", "column 19: expected a pair of hex digits"),
        ("(1.5) can0 123#112233445566778899", "column 32: the payload is longer than 8 bytes"),
        (
            "(1.5) can0 123##0112233445566778899",
            "column 36: 9 bytes fit no CAN FD frame (0 to 8, 12, 16, 20, 24, 32, 48, 64)",
        ),
        ("(1.5) can0 123#R9", "column 17: a remote frame asks for 0 to 8 bytes"),
        ("(1.5) can0 123#00_9", "column 19: expected a raw DLC of 9 to F behind `_`, with 8 bytes before it"),
        ("(1.5) can0 123#00Z", "column 18: expected the end of the line, or R or T"),
    ] {
        assert_eq!(refused(line), error, "{line}");
    }
}

#[test]
fn the_reader_goes_on_after_a_bad_line() {
    let log = b"# a comment\n(0.1) c 123#01\r\n\n  \nnonsense\n(0.2) c 123#02";
    let lines: Vec<_> = LogReader::new(log).collect();
    assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 5, 6]);
    assert_eq!(lines[0].1.unwrap().data(), [1]);
    assert_eq!(lines[1].1, Err(LineError::Open { column: 1 }));
    assert_eq!(lines[2].1.unwrap().data(), [2]);
    assert_eq!(LogReader::new(b"").count(), 0);
}

#[test]
fn written_text() {
    let id = CanId::standard(0x19F).unwrap();
    let text = |frame: &Frame| {
        let mut text = String::new();
        write_line(&mut text, frame, "can0").unwrap();
        text
    };
    let frame = |t_ns, flags, data: &[u8]| Frame::with_flags(BusIndex(0), id, t_ns, flags, data).unwrap();
    assert_eq!(text(&frame(20_000_000, Flags::default(), &[0x0B, 0xB8])), "(0.020000) can0 19F#0BB8\n");
    assert_eq!(text(&frame(20_000_120, Flags::default(), &[])), "(0.02000012) can0 19F#\n");
    let fd = Flags { fd: true, esi: true, ..Flags::default() };
    assert_eq!(text(&frame(5, fd, &[1])), "(0.000000005) can0 19F##201\n");
    assert_eq!(text(&Frame::remote(BusIndex(0), id, 0, 3).unwrap()), "(0.000000) can0 19F#R3\n");
    assert_eq!(text(&Frame::remote(BusIndex(0), id, 0, 0).unwrap()), "(0.000000) can0 19F#R\n");
    let error = Flags { error: true, ..Flags::default() };
    assert_eq!(text(&frame(0, error, &[0; 8])), "(0.000000) can0 2000019F#0000000000000000\n");
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let id = prop_oneof![
        (0..=0x7FFu32).prop_map(|id| CanId::standard(id).unwrap()),
        (0..=0x1FFF_FFFFu32).prop_map(|id| CanId::extended(id).unwrap()),
    ];
    let fd = (0..16usize, any::<(bool, bool)>()).prop_map(|(step, (brs, esi))| {
        let length = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64][step];
        (Flags { fd: true, brs, esi, ..Flags::default() }, length)
    });
    let classic = (0..=8usize).prop_map(|length| (Flags::default(), length));
    let remote = (0..=8usize).prop_map(|length| (Flags { remote: true, ..Flags::default() }, length));
    let error = Just((Flags { error: true, ..Flags::default() }, 8));
    let shape = prop_oneof![classic, fd, remote, error];
    (id, any::<u64>(), shape, any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(
        |(id, t_ns, (flags, length), low, high)| {
            let data = [low, high].concat();
            match flags.remote {
                true => Frame::remote(BusIndex(1), id, t_ns, length as u8).unwrap(),
                false => Frame::with_flags(BusIndex(1), id, t_ns, flags, &data[..length]).unwrap(),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(frame in any_frame(), interface in "[!-~]{1,15}") {
        let mut text = String::new();
        write_line(&mut text, &frame, &interface).unwrap();
        let line = parse_line(text.as_bytes()).unwrap();
        prop_assert_eq!(line.interface, interface.as_str());
        prop_assert_eq!(line.frame(BusIndex(1)), frame);
    }

    #[test]
    fn what_reads_is_written_the_same_again(line in r"\([0-9]{1,9}\.[0-9]{1,9}\) can[0-9] ([0-7][0-9A-F]{2}|[01][0-9A-F]{7})#([0-9A-F]{2}){0,8}") {
        let frame = parse_line(line.as_bytes()).unwrap().frame(BusIndex(0));
        let mut text = String::new();
        write_line(&mut text, &frame, "can0").unwrap();
        prop_assert_eq!(parse_line(text.as_bytes()).unwrap().frame(BusIndex(0)), frame);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let lines = LogReader::new(&bytes).count();
        prop_assert!(lines <= bytes.len());
    }

    #[test]
    fn a_broken_line_never_panics(at in 0..60usize, byte in any::<u8>(), cut in 0..60usize) {
        let mut line = b"(1436509052.249713) vcan0 18FEF100##13A00DEADBEEF00112233 R\r\n".to_vec();
        line[at] = byte;
        line.truncate(cut.max(at));
        if let Ok(read) = parse_line(&line) {
            prop_assert!(read.length() <= 64);
        }
    }
}

#[test]
fn what_candump_shows_on_a_screen_is_read() {
    let read = |line: &str| {
        let (line, timed) = parse_screen(line.as_bytes())?;
        let mut text = String::new();
        write_line(&mut text, &line.frame(BusIndex(0)), line.interface).unwrap();
        Some((text.trim_end().to_owned(), timed))
    };
    for (shown, meant) in [
        ("  can0  123   [2]  11 22", "(0.000000) can0 123#1122"),
        ("  vcan0  00000123   [0] ", "(0.000000) vcan0 00000123#"),
        (" (1436509052.249713)  can0  123   [1]  AB", "(1436509052.249713) can0 123#AB"),
        (" (000.001000)  can0  RX - -  123   [2]  11 22   '.\"'", "(0.001000) can0 123#1122"),
        ("  can0  TX B -  123  [08]  11 22 33 44 55 66 77 88", "(0.000000) can0 123##01122334455667788"),
        ("  can0  123   [4]  remote request", "(0.000000) can0 123#R4"),
        ("  can0  20000004   [8]  00 08 00 00 00 00 00 00   ERRORFRAME", "(0.000000) can0 20000004#0008000000000000"),
    ] {
        assert_eq!(read(shown), Some((meant.to_owned(), shown.contains('('))), "{shown}");
    }
    for other in [
        "",
        "can0",
        "can0 123",
        "can0 123 [2] 11",
        "can0 123 [9] 1 2",
        "can0 1234 [0]",
        "can0 123 [65]",
        "can0 123 [2] 11 2",
        "can0 800 [0]",
        "(x) can0 123 [0]",
    ] {
        assert_eq!(read(other), None, "{other}");
    }
}

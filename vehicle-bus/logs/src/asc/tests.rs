use crate::tests::read;

/// Frames of a recording with this head and these lines.
fn told(head: &str, lines: &str) -> Vec<String> {
    read(std::io::Cursor::new(format!("{head}\n{lines}")))
}

const HEX: &str = "base hex  timestamps absolute";

#[test]
fn every_kind_of_frame_is_read() {
    let lines = "\
   1.000000 1  123             Rx   d 3 01 02 FF  Length = 244016 BitCount = 125 ID = 291
   2.000000 2  18EBFF00x       Tx   d 0
   3.000000 1  7FF             Rx   d F 01 02 03 04 05 06 07 08
   4.000000 1  100             Tx   r
   5.000000 1  200x            Rx   r 8 Length = 1704000 BitCount = 145 ID = 512x
   6.000000 1  ErrorFrame      ECC: 10100010
   7.000000 CANFD   3 Rx        300  Generic_Name                  1 0 9 12 01 02 03 04 05 06 07 08 09 0a 0b 0c  102203  133   303000 e0 46 4b 20 20
   8.000000 CANFD   3 Tx     50005x                                0 1 5 0 140000 73 200050 7a60 46500250 460a0250 20011736 20010205
   9.000000 CANFD   3 Tx ErrorFrame Not Acknowledge error
  10.000000 CANFD   3 Rx        301                                0 0 1 1 aa  102203  133   0 e0 46 4b 20 20
  11.000000 1  55              Rx   d 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F
";
    assert_eq!(
        told(HEX, lines),
        [
            "can0 bus 0 123#0102FF at 1000000000 ns",
            "can1 bus 1 18EBFF00# at 2000000000 ns",
            "can0 bus 0 7FF#0102030405060708 at 3000000000 ns",
            "can0 bus 0 100# at 4000000000 ns, remote 0",
            "can0 bus 0 00000200# at 5000000000 ns, remote 8",
            "can0 bus 0 080#0000000000000000 at 6000000000 ns, error",
            "can2 bus 2 300#0102030405060708090A0B0C at 7000000000 ns, fd brs",
            "can2 bus 2 00050005# at 8000000000 ns, remote 5",
            "can2 bus 2 080#0000000000000000 at 9000000000 ns, error",
            "can2 bus 2 301#AA at 10000000000 ns",
            "can0 bus 0 055#000102030405060708090A0B0C0D0E0F at 11000000000 ns, fd",
        ]
    );
}

#[test]
fn numbers_may_be_decimal() {
    let lines = "0.5 1 291 Rx d 2 10 255\n0.6 1 418119424x Rx d 1 9\n";
    assert_eq!(
        told("base dec  timestamps absolute", lines),
        ["can0 bus 0 123#0AFF at 500000000 ns", "can0 bus 0 18EBFF00#09 at 600000000 ns"]
    );
}

#[test]
fn relative_times_count_from_the_event_before_whatever_that_was() {
    let lines = "0.5 1 1 Rx d 0\n0.25 1 Statistic: D 0 R 0\n0.25 1 2 Rx d 0\n";
    assert_eq!(
        told("base hex timestamps relative", lines),
        ["can0 bus 0 001# at 500000000 ns", "can0 bus 0 002# at 1000000000 ns"]
    );
}

#[test]
fn times_begin_at_the_date_which_has_many_forms() {
    const NOON: &str = "can0 bus 0 001# at 1506769200500000000 ns";
    for date in [
        "date Sat Sep 30 11:00:00.5 2017",
        "date Sat Sep 30 11:00:00.500 am 2017",
        "\u{feff}date Sam Sep 30 11:00:00.500 2017\r",
        "DATE Sat sep 30 11:00:00.500 AM 2017\nbase hex",
        "date Mon Jan 1 00:00:00 2001\nBegin Triggerblock Sat Sep 30 11:00:00.5 2017",
    ] {
        assert_eq!(told(date, "0.0 1 1 Rx d 0\n"), [NOON], "{date}");
    }
    let at = |date: &str| told(date, "0.0 1 1 Rx d 0\n").pop().unwrap();
    assert_eq!(at("date Fre M\u{e4}r 1 12:30:00 am 2024"), "can0 bus 0 001# at 1709253000000000000 ns");
    assert_eq!(at("date Fri Mar 1 12:30:00 pm 2024"), "can0 bus 0 001# at 1709296200000000000 ns");
    assert_eq!(at("date Fri Mar 1 01:30:00 pm 2024"), "can0 bus 0 001# at 1709299800000000000 ns");
}

#[test]
fn what_is_no_frame_is_passed_over() {
    let lines = "\
// version 9.0.0
Begin TriggerBlock
   0.000000 Start of measurement
   0.015991 CAN 1 Status:chip status error active
   1.015991 1  Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%
   1.100000 L1 Sleep Mode
   3.297743 1  J1939TP FEE3p        6    0  0   -   Rx   d 23 A0 0F A6
   3.300000 1  123             TxRq d 1 00
   3.300000 CANFD 1 TxRq        123                                0 0 1 1 00

End TriggerBlock
";
    assert_eq!(told(HEX, lines), [""; 0]);
}

#[test]
fn a_bad_line_is_told_and_the_next_is_read() {
    for (line, error) in [
        ("1.0 1 1234 Rx d 0", "line 2, column 7: expected an id (to 7FF, or to 1FFFFFFF with an `x` behind it)"),
        ("1.0 1 20000000x Rx d 0", "line 2, column 7: expected an id (to 7FF, or to 1FFFFFFF with an `x` behind it)"),
        ("1.0 1 Motion Rx d 0", "line 2, column 7: expected an id (to 7FF, or to 1FFFFFFF with an `x` behind it)"),
        ("1.0 1 123 Rx q 0", "line 2, column 14: expected `d` or `r`"),
        ("1.0 1 123 Rx", "line 2, column 13: expected `d` or `r`"),
        ("1.0 1 123 Rx d 3 00 01", "line 2, column 23: expected a byte"),
        ("1.0 1 123 Rx d 1 100", "line 2, column 18: expected a byte"),
        ("1.0 1 123 Rx d FFFFFFFF 00", "line 2, column 16: expected a DLC"),
        ("1.x 1 123 Rx d 0", "line 2, column 1: expected a time in seconds"),
        ("garbage", "line 2, column 1: expected a time in seconds, a word of the head, or `//`"),
        ("base oct", "line 2, column 6: expected `hex` or `dec`"),
        ("date Sat Xyz 30 15:06:13 2017", "line 2, column 10: expected a date like `Sat Sep 30 15:06:13.191 2017`"),
        ("date Sat Sep 30 25:06:13 2017", "line 2, column 10: expected a date like `Sat Sep 30 15:06:13.191 2017`"),
        ("1.0 CANFD 1 Rx 123 1 0 9", "line 2, column 25: expected the number of bytes"),
        (
            "1.0 CANFD 1 Rx 123 1 0 9 99",
            "line 2, column 26: expected the number of bytes: 0 to 8, 12, 16, 20, 24, 32, 48 or 64",
        ),
        ("99999999999.0 1 123 Rx d 0", "line 2, column 1: expected a time in seconds"),
    ] {
        let lines = format!("{line}\n2.0 1 1 Rx d 0\n");
        assert_eq!(told(HEX, &lines), [error, "can0 bus 0 001# at 2000000000 ns"], "{line}");
    }
}

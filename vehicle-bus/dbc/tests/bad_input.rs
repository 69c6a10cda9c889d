//! DBC files that nobody writes and somebody sends, each with its outcome. What takes more than a time that grows with the
//! text hangs here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::fmt::Write;

use tandem_dbc::{Codec, Database, DbcError, Defect};

const LONG: usize = 10_000_000;
const MANY: usize = 200_000;
const MESSAGE: &str = "BO_ 1 A: 64 X\n SG_ M M : 0|32@1+ (1,0) [0|0] \"\" X\n";

/// How a text ends: messages, signals and findings, or the error.
fn outcome(text: &str) -> Result<(usize, usize, usize), String> {
    let database = Database::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    let signals = database.messages.iter().map(|message| message.signals.len()).sum();
    Ok((database.messages.len(), signals, database.lint().len()))
}

fn refused(text: &str) -> String {
    let error = outcome(text).unwrap_err();
    assert!(error.len() < 300, "{} letters of error", error.len());
    error
}

/// `MESSAGE`, and a line for each of many numbers.
fn many(line: impl Fn(usize) -> String) -> String {
    let mut text = MESSAGE.to_owned();
    (0..MANY).for_each(|number| text.write_str(&line(number)).unwrap());
    text
}

/// How many signals a frame of 64 bytes of `fill` decodes to.
fn decoded(text: &str, fill: u8) -> usize {
    let codec = Codec::compile(&Database::parse(text.as_bytes()).unwrap());
    let mut decoded = 0;
    codec.decode(0, &[fill; 64], |_| decoded += 1).unwrap();
    decoded
}

#[test]
fn lines_of_ten_million_letters_that_mean_something_are_read() {
    assert_eq!(outcome(&format!("{MESSAGE}CM_ BO_ 1 \"{}\";\n", "a".repeat(LONG))), Ok((1, 1, 0)));
    assert_eq!(outcome(&format!("BO_ 1 {}: 8 X\n", "n".repeat(LONG))), Ok((1, 0, 0)));
    assert_eq!(outcome(&format!("BO_ 1 A:{}8 X\n", " ".repeat(LONG))), Ok((1, 0, 0)));
    let values = format!("{MESSAGE}VAL_ 1 M {};\n", "1 \"x\" ".repeat(LONG / 10));
    assert_eq!(outcome(&values), Ok((1, 1, 0)));
    let receivers = format!("BO_ 1 A: 8 X\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" X{}\n", ",X".repeat(LONG / 10));
    assert_eq!(outcome(&receivers), Ok((1, 1, 0)));
}

#[test]
fn lines_of_ten_million_letters_that_mean_nothing_are_refused_in_short_words() {
    assert!(refused(&"x".repeat(LONG)).starts_with("line 1, column 1: expected a statement"));
    assert!(refused(&format!("BO_ {} A: 8 X\n", "9".repeat(LONG))).starts_with("line 1: expected a message id"));
    let points = format!("BO_ 1 A: 8 X\n SG_ S : 0|8@1+ ({}1,0) [0|0] \"\" X\n", ".1".repeat(LONG / 10));
    assert!(refused(&points).starts_with("line 2, column 18: expected the factor"));
    assert!(
        refused(&format!("BO_ 1 A: 8 X\nCM_ \"{}", "a".repeat(LONG))).starts_with("line 2: expected a closing quote")
    );
    assert!(refused(&format!("{MESSAGE}{}", "CM_ 1\n".repeat(MANY))).starts_with("line 3, column 6"));
}

#[test]
fn a_file_of_more_than_16_mib_is_not_read() {
    let million = "BO_ 1 A: 8 X\n".to_owned() + &" SG_ S : 0|8@1+ (1,0) [0|0] \"\" X\n".repeat(1_000_000);
    let error = Database::parse(million.as_bytes()).unwrap_err();
    assert_eq!(error, DbcError::TooLarge);
    assert_eq!(error.to_string(), "it has more than the 16 MiB that a DBC file may have");
    assert_eq!(outcome(&" ".repeat(16 << 20)), Ok((0, 0, 0)), "as much as is read");
    let endless = tandem_dbc::read(std::io::repeat(b'\n')).unwrap();
    assert_eq!(Database::parse(&endless).unwrap_err(), DbcError::TooLarge, "a file need not have an end");
    assert_eq!(outcome(&"\n".repeat(16 << 20)), Ok((0, 0, 0)));
}

#[test]
fn millions_of_blank_lines_are_passed_over_and_every_line_keeps_its_number() {
    let blank = "\n".repeat(200_000) + &" \t\r\n".repeat(100_000);
    let signal = " SG_ S : 0|8@1+ (1,0) [0|0] \"\" X\n";
    let ring = format!("BO_ 2 B: 8 X\n{signal} SG_ T m1 : 8|8@1+ (1,0) [0|0] \"\" X\n");
    let text = format!("{blank}NS_ :\n{blank}\tCM_\n{blank}BO_ 1 A: 8 X\n{blank}{signal}{blank}{ring}");
    let database = Database::parse(text.as_bytes()).unwrap();
    let lines: Vec<_> =
        database.messages.iter().map(|m| (m.line, m.signals.iter().map(|s| s.line).collect())).collect();
    assert_eq!(lines, [(900_003, vec![1_200_004]), (1_500_005, vec![1_500_006, 1_500_007])]);
    assert_eq!(database.repairs.iter().map(|repair| repair.line).collect::<Vec<_>>(), [1_500_007]);
    // Within what is left out, too, and in each kind of error.
    let dropped = format!("{MESSAGE}CM_ BO_ 9 \"{}\";\n", "\n".repeat(LONG));
    assert!(refused(&format!("{dropped}{blank}BO_ 1\n")).starts_with("line 10300004, column 6: "));
    assert!(refused(&format!("{dropped}{blank}x\n")).starts_with("line 10300004, column 1: "));
    let wrong = " SG_ S : 99999999999999999999|8@1+ (1,0) [0|0] \"\" X\n";
    assert!(refused(&format!("{blank}BO_ 1 A: 8 X\n{wrong}")).starts_with("line 300002: "));
}

#[test]
fn a_long_table_that_many_signals_name_is_not_copied_to_all_of_them() {
    let table = "1 \"x\" ".repeat(100_000);
    let names: String = (0..MANY).map(|_| "VAL_ 1 M T ;\n".to_owned()).collect();
    let text = format!("{MESSAGE}VAL_TABLE_ T {table};\n{names}");
    let database = Database::parse(text.as_bytes()).unwrap();
    let found = |defect| database.repairs.iter().filter(|repair| repair.defect == defect).count();
    let most = (8 << 20) / table.len();
    assert_eq!((found(Defect::TableByName), found(Defect::Impossible)), (most, MANY - most));
}

#[test]
fn every_encoding_with_a_mark_is_read_and_without_one_it_is_text_or_refused() {
    let text = format!("{MESSAGE}CM_ BO_ 1 \"W\u{e4}rme\";\r\n");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    for (mark, bytes) in [(&b"\xEF\xBB\xBF"[..], text.as_bytes()), (b"\xFF\xFE", &little), (b"\xFE\xFF", &big)] {
        let database = Database::parse(&[mark, bytes].concat()).unwrap();
        assert_eq!(database.messages[0].comment.as_deref(), Some("W\u{e4}rme"));
    }
    for bytes in [&little, &big] {
        assert!(Database::parse(bytes).unwrap_err().to_string().starts_with("line 1, column "));
    }
    let lone = [b"\xFF\xFE".as_slice(), &0xD800_u16.to_le_bytes(), &little].concat();
    assert_eq!(Database::parse(&lone).unwrap_err(), DbcError::Encoding);
    assert_eq!(Database::parse(b"\xFF\xFEx").unwrap_err(), DbcError::Encoding, "half a letter");
}

#[test]
fn programs_and_noise_are_refused_at_their_place() {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let error = Database::parse(&program[..program.len().min(16 << 20)]).unwrap_err().to_string();
    assert!(error.starts_with("line ") && error.len() < 300, "{error}");
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let noise: Vec<u8> = (0..LONG)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    let error = Database::parse(&noise).unwrap_err().to_string();
    assert!(error.starts_with("line ") && error.len() < 300, "{error}");
}

#[test]
fn hundreds_of_thousands_of_signals_load_and_decode() {
    let signals = many(|at| format!(" SG_ S{at} : {}|8@1+ (1,0) [0|0] \"\" X\n", at % 500));
    assert_eq!(outcome(&signals), Ok((1, MANY + 1, MANY)));
    assert_eq!(decoded(&signals, 0), MANY + 1);
    let same = many(|_| " SG_ S : 32|8@1+ (1,0) [0|0] \"\" X\n".to_owned());
    assert_eq!(outcome(&same), Ok((1, 2, MANY - 1)), "one stays");
    let messages: String = (0..MANY).map(|at| format!("BO_ {} A{at}: 8 X\n", at | 1 << 31)).collect();
    assert_eq!(outcome(&messages), Ok((MANY, 0, 0)));
    let dangling: String = (0..MANY).map(|at| format!("VAL_ {at} A 0 \"x\" ;\n")).collect();
    assert_eq!(outcome(&dangling), Ok((0, 0, MANY)));
}

#[test]
fn every_signal_a_branch_of_its_own() {
    let text = many(|at| format!(" SG_ S{at} m{at} : 32|8@1+ (1,0) [0|0] \"\" X\n"));
    let database = Database::parse(text.as_bytes()).unwrap();
    assert_eq!(database.repairs, []);
    let found = database.lint();
    assert_eq!(found.len(), 1, "the search for overlaps is given up, and says so");
    assert!(found[0].what.contains("too many branches"), "{}", found[0].what);
    assert_eq!(decoded(&text, 0), 2);
    let ranges = "1-2, 7-9, ".repeat(LONG / 100);
    let text = format!("{MESSAGE} SG_ S m1 : 32|8@1+ (1,0) [0|0] \"\" X\nSG_MUL_VAL_ 1 S M {ranges}8-8;\n");
    assert_eq!(outcome(&text), Ok((1, 2, 0)));
    assert_eq!(decoded(&text, 0), 1);
}

/// Signals of which each but the first is selected by the one before; the first by the last if it is a ring.
fn nested(count: usize, ring: bool) -> String {
    let mut text = "BO_ 1 A: 64 X\n".to_owned();
    for at in 0..count {
        let mark = if at == 0 && !ring { "M" } else { "m0M" };
        writeln!(text, " SG_ S{at} {mark} : 0|1@1+ (1,0) [0|0] \"\" X").unwrap();
    }
    for at in usize::from(!ring)..count {
        writeln!(text, "SG_MUL_VAL_ 1 S{at} S{} 0-0;", (at + count - 1) % count).unwrap();
    }
    text
}

#[test]
fn multiplexors_in_a_ring_or_without_end_are_never_decoded() {
    for (count, ring, expected) in [(2, true, 0), (1_000, true, 0), (50_000, true, 0), (50_000, false, 17)] {
        let text = nested(count, ring);
        let database = Database::parse(text.as_bytes()).unwrap();
        let defect = if ring { Defect::MultiplexorRing } else { Defect::TooDeep };
        assert_eq!(database.repairs.iter().filter(|repair| repair.defect == defect).count(), count - expected);
        assert_eq!(decoded(&text, 0), expected, "{count}");
    }
}

#[test]
fn ids_and_sizes_that_can_does_not_have() {
    assert!(refused("BO_ 4294967296 A: 8 X\n").contains("a message id of at most 32 bits"));
    assert!(refused("BO_ -1 A: 8 X\n").starts_with("line 1, column"));
    assert_eq!(outcome("BO_ 4294967295 A: 8 X\n"), Ok((1, 0, 1)), "29 bits of it are read");
    assert_eq!(outcome("BO_ 1 A: 18446744073709551615 X\n"), Ok((1, 0, 0)), "no frame is as long");
    let signal = |layout: &str| outcome(&format!("BO_ 1 A: 64 X\n SG_ S : {layout} (1,0) [0|0] \"\" X\n"));
    assert_eq!(signal("0|65@1+"), Ok((1, 0, 1)), "left out");
    assert_eq!(signal("0|0@1+"), Ok((1, 0, 1)), "left out");
    assert_eq!(signal("65536|8@1+"), Ok((1, 0, 1)), "left out");
    assert_eq!(signal("65535|64@0+"), Ok((1, 1, 1)), "past the end");
    assert_eq!(signal("0|18446744073709551615@1+"), Ok((1, 0, 1)), "left out");
    assert!(signal("0|18446744073709551616@1+").is_err());
}

#[test]
fn a_nul_is_text_within_quotes_and_nothing_elsewhere() {
    assert_eq!(outcome(&format!("{MESSAGE}CM_ BO_ 1 \"a\0b\";\n")), Ok((1, 1, 0)));
    assert!(refused("\0").starts_with("line 1, column 1: "));
    assert!(refused(&"\0".repeat(LONG)).starts_with("line 1, column 1: "));
    assert!(refused("BO_ 1 A\0: 8 X\n").starts_with("line 1, column 8: "));
    assert!(refused(&format!("{MESSAGE}\0")).starts_with("line 3, column 1: "));
    assert!(refused(&format!("{MESSAGE}VAL_ 1 M 0\0 \"x\" ;\n")).starts_with("line 3, column "));
}

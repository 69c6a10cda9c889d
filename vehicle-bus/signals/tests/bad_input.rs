//! car.toml files that nobody writes and somebody sends, each with its outcome. What takes more than a time that grows with the text hangs here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

use std::fmt::Write;

use tandem_signals::{Catalogue, Profile};

const LARGE: usize = 4 << 20;
const HEAD: &str = "name = \"X\"\ndescription = \"X\"\n[buses.can0]\ndbc = \"x.dbc\"\nbitrate = 500_000\n";
const SIGNAL: &str = "[[signals]]\nleaf = \"Vehicle.Speed\"\nbus = \"can0\"\nmessage = \"M\"\nsignal = \"S\"\n";

/// The mistakes of a text, in short words and few.
fn mistakes(text: &str) -> Vec<String> {
    let mistakes = Profile::parse("car.toml", text, Catalogue::ours()).unwrap_err();
    assert!(mistakes.len() <= 101, "{} mistakes", mistakes.len());
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert!(told.iter().all(|mistake| mistake.len() < 2_000), "a long one");
    assert!(mistakes.is_sorted_by_key(|mistake| (mistake.line, mistake.column)));
    told
}

fn filled(piece: &str, size: usize) -> String {
    piece.repeat(size / piece.len())
}

#[test]
fn a_hundred_mistakes_are_told_and_the_others_counted() {
    let signals: String = (0..5_000).fold(String::new(), |mut text, at| {
        writeln!(text, "[[signals]]\nleaf = \"No.Such.Leaf{at}\"\nbus = \"can0\"\nmessage = \"M\"\nsignal = \"S\"")
            .unwrap();
        text
    });
    let told = mistakes(&format!("{HEAD}{signals}"));
    assert_eq!(told.len(), 101);
    assert_eq!(told[0], "car.toml:7:8: `leaf`: no leaf `No.Such.Leaf0` in the catalogue");
    assert_eq!(told[100], "car.toml:507:8: and 4900 more mistakes from here on");
    let told = mistakes(&format!("{HEAD}{}", SIGNAL.repeat(LARGE / SIGNAL.len())));
    assert_eq!(told[0], "car.toml:12:8: leaf `Vehicle.Speed` is mapped already, in line 6");
    assert_eq!(told.len(), 101);
    let transmit =
        "[[transmit]]\nbus = \"can0\"\nmessage = \"M\"\nmin_period_ms = 100\nsignals = { S = { min = 0, max = 1 } }\n";
    assert_eq!(mistakes(&format!("{HEAD}{}", transmit.repeat(30_000))).len(), 101);
}

#[test]
fn texts_that_are_no_toml_at_all() {
    for piece in [
        "x", "\0", "[", "]", "{", "=", "\"", "'", "\n\"", "a=\n", "[[a\n", "\u{e4}", "#\0\n", "a = [\n", "a.", "\r",
        "'''", "1=",
    ] {
        assert!(mistakes(&filled(piece, LARGE / 4))[0].starts_with("car.toml:"), "{piece:?}");
    }
}

#[test]
fn nesting_without_end() {
    let deep = 1 << 16;
    for text in [
        format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}{}", "{a=".repeat(deep), "}".repeat(deep)),
        format!("x = {}1", "[{a=".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        format!("[[{}a]]\n", "a.".repeat(deep)),
    ] {
        assert!(!mistakes(&text).is_empty());
    }
}

#[test]
fn names_and_numbers_as_long_as_the_file() {
    let name = "n".repeat(LARGE);
    for (text, at) in [
        (format!("{name} = 1"), "car.toml:1:1: "),
        (format!("{HEAD}[buses.{name}]\ndbc = \"x.dbc\"\nbitrate = 500_000\n"), "car.toml:6:1: "),
        (format!("{HEAD}{}", SIGNAL.replace("Vehicle.Speed", &name)), "car.toml:7:8: `leaf`: no leaf `nnn"),
        (format!("{HEAD}{}", SIGNAL.replace("can0", &name)), "car.toml:8:7: "),
        (HEAD.replace("500_000", &"9".repeat(LARGE)), "car.toml:5:11: "),
        (format!("{HEAD}{SIGNAL}not_available = [{}]\n", filled("x,", LARGE)), "car.toml:11:18: not TOML"),
        (format!("{HEAD}{SIGNAL}not_available = [{}]\n", filled("'',", LARGE / 4)), "car.toml:11:18: "),
    ] {
        let told = mistakes(&text);
        assert!(told.iter().any(|mistake| mistake.starts_with(at)), "{at}: {}", told[0]);
    }
}

#[test]
fn a_key_that_is_there_twice_is_a_mistake_at_its_second_place() {
    let told = mistakes(&format!("{HEAD}dbc = \"y.dbc\"\n"));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("car.toml:6:1: not TOML: duplicate key"), "{}", told[0]);
    assert_eq!(mistakes(&format!("{HEAD}{}", "dbc = \"y.dbc\"\n".repeat(10_000))).len(), 101);
}

#[test]
fn long_lists_that_mean_something_are_read() {
    let values = (0..150_000).fold(String::new(), |mut text, raw| {
        write!(text, "{raw} = {}, ", raw % 100).unwrap();
        text
    });
    let absent = (0..150_000).fold(String::new(), |mut text, raw| {
        write!(text, "{}, ", raw + 150_000).unwrap();
        text
    });
    let text = format!("{HEAD}{SIGNAL}values = {{ {} }}\nnot_available = [{absent}]\n", values.trim_end_matches(", "));
    let profile = Profile::parse("car.toml", &text, Catalogue::ours()).unwrap();
    assert_eq!((profile.signals[0].values.len(), profile.signals[0].not_available.len()), (150_000, 150_000));
    let leaves = Catalogue::ours().len();
    let all = Catalogue::ours()
        .iter()
        .filter(|(_, leaf)| leaf.datatype.is_number())
        .fold(HEAD.to_owned(), |text, (_, leaf)| text + &SIGNAL.replace("Vehicle.Speed", &leaf.path));
    assert!(leaves > 30);
    Profile::parse("car.toml", &all, Catalogue::ours()).unwrap();
}

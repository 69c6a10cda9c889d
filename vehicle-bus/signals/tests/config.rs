//! Every example under `tests/fixtures/config`, and every car of `assets/cars`, as a person would read the outcome.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use tandem_signals::{Catalogue, Conversion, Mistake, Profile, Transform};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Name and text of each TOML file in a folder, by name.
fn examples(folder: &str) -> Vec<(String, String)> {
    let mut examples: Vec<_> = std::fs::read_dir(root().join("tests/fixtures/config").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    examples.sort();
    examples
}

/// The mistakes under the lines that they are about, as an editor would show them.
fn annotate(text: &str, mistakes: &[Mistake]) -> String {
    let mut shown = String::new();
    for (index, line) in text.lines().chain([""]).enumerate() {
        let here: Vec<_> = mistakes.iter().filter(|mistake| mistake.line == index + 1).collect();
        if !line.is_empty() || !here.is_empty() {
            writeln!(shown, "{:>3} | {line}", index + 1).unwrap();
        }
        for mistake in here {
            writeln!(shown, "    | {:>width$} {}", '^', mistake.message, width = mistake.column).unwrap();
        }
    }
    shown
}

fn describe(profile: &Profile) -> String {
    let catalogue = Catalogue::ours();
    let path = |leaf| catalogue.leaf(leaf).path.as_str();
    let mut text = format!("{}: {}\n", profile.name, profile.description);
    for bus in &profile.buses {
        let source = bus.dbc_source.as_deref().unwrap_or("nowhere named");
        let rate = bus.data_bitrate.map_or_else(String::new, |rate| format!(", data {rate}"));
        writeln!(text, "{:>3}: bus {} {} bit/s{rate}, {} from {source}", bus.line, bus.interface, bus.bitrate, bus.dbc)
            .unwrap();
        if !bus.private_messages.is_empty() {
            writeln!(text, "     private: {}", bus.private_messages.join(" ")).unwrap();
        }
        if let Some(integrity) = &bus.integrity {
            writeln!(text, "     {integrity:?}").unwrap();
        }
    }
    for signal in &profile.signals {
        let bus = &profile.buses[signal.bus].interface;
        write!(text, "{:>3}: {} = {bus} {}.{}", signal.line, path(signal.leaf), signal.message, signal.signal).unwrap();
        match &signal.transform {
            Transform::None => write!(text, " as it is").unwrap(),
            Transform::Linear(Conversion { scale, offset }) => write!(text, " * {scale} + {offset}").unwrap(),
            Transform::UnitOfDbc => write!(text, " by its unit").unwrap(),
            Transform::Expression(expression) => write!(text, " by {}", expression.text()).unwrap(),
        }
        for (raw, value) in &signal.values {
            write!(text, ", {raw} is {value:?}").unwrap();
        }
        for raws in &signal.not_available {
            match (raws.start(), raws.end()) {
                (first, last) if first == last => write!(text, ", {first} not measured").unwrap(),
                (first, last) => write!(text, ", {first} to {last} not measured").unwrap(),
            }
        }
        if let Some((valid, equals)) = &signal.valid_if {
            write!(text, ", valid if {valid} is {equals}").unwrap();
        }
        for (what, time) in
            [("every", signal.cycle), ("stale after", signal.stale_after), ("at most every", signal.interval)]
        {
            if let Some(time) = time {
                write!(text, ", {what} {} ms", time.as_millis()).unwrap();
            }
        }
        if !signal.on_change {
            write!(text, ", told each time").unwrap();
        }
        text.push_str(if signal.immediate { ", at once\n" } else { "\n" });
    }
    writeln!(text, "     {:?}", profile.driving).unwrap();
    for input in &profile.inputs {
        let bus = &profile.buses[input.bus].interface;
        writeln!(text, "{:>3}: {bus} {}.{} is {:?}", input.line, input.message, input.signal, input.kind).unwrap();
    }
    for one in &profile.actuators {
        let bus = &profile.buses[one.bus].interface;
        let (line, leaf) = (one.line, path(one.leaf));
        writeln!(text, "{line:>3}: asks {leaf} by {bus} {}.{}", one.message, one.signal).unwrap();
        writeln!(text, "     {:?} {:?} {:?}", one.range, one.conversion, one.values).unwrap();
        writeln!(text, "     refusal {:?}, within {}, hold {:?}", one.refusal, one.answer_within, one.hold).unwrap();
    }
    for transmit in &profile.transmit {
        let bus = &profile.buses[transmit.bus].interface;
        writeln!(text, "{:>3}: may send {bus} {} every {}", transmit.line, transmit.message, transmit.min_period)
            .unwrap();
        let (burst, driving, power) = (transmit.burst, transmit.driving, &transmit.power);
        writeln!(text, "     burst {burst}, {driving}, {power:?}, {:?}, {:?}", transmit.others, transmit.cycle)
            .unwrap();
        for (signal, range) in &transmit.signals {
            writeln!(text, "     {signal} from {} to {}", range.start(), range.end()).unwrap();
        }
    }
    text
}

#[test]
fn invalid_examples_say_what_was_expected() {
    let mut shown = String::new();
    for (name, text) in examples("invalid") {
        let mistakes = Profile::parse(&name, &text, Catalogue::ours()).expect_err(&name);
        assert!(!mistakes.is_empty(), "{name} is refused without a reason");
        assert!(mistakes.iter().all(|mistake| mistake.file == name));
        writeln!(shown, "===== {name}: mistakes: {}\n{}", mistakes.len(), annotate(&text, &mistakes)).unwrap();
    }
    insta::assert_snapshot!("invalid", shown);
}

#[test]
fn valid_examples_mean_what_they_say() {
    let mut shown = String::new();
    for (name, text) in examples("valid") {
        let profile =
            Profile::parse(&name, &text, Catalogue::ours()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        writeln!(shown, "===== {name}\n{}", describe(&profile)).unwrap();
    }
    insta::assert_snapshot!("valid", shown);
}

#[test]
fn every_car_of_the_repository_reads() {
    let mut cars = Vec::new();
    for entry in std::fs::read_dir(root().join("assets/cars")).unwrap() {
        let path = entry.unwrap().path().join("car.toml");
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = Profile::parse(&path.display().to_string(), &text, Catalogue::ours());
        let profile = parsed.unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>())
        });
        assert!(!profile.signals.is_empty(), "{} shows nothing", profile.name);
        cars.push(profile.name);
    }
    assert!(cars.len() >= 2, "only {cars:?}");
}

/// A text that is cut off anywhere, or has lost any one line, is read or refused with mistakes; it never panics.
#[test]
fn a_damaged_file_gives_mistakes_and_no_panic() {
    let (mut refused, mut read) = (0, 0);
    for (name, text) in examples("valid").into_iter().chain(examples("invalid")) {
        let cuts = (0..text.len()).filter_map(|end| text.get(..end).map(str::to_owned));
        let lines: Vec<&str> = text.lines().collect();
        let losses = (0..lines.len()).map(|lost| [&lines[..lost], &lines[lost + 1..]].concat().join("\n"));
        // Each kind of mark in place of each byte: quotes, brackets and dots move everything that follows.
        let marks = ["\"", "'", "[", "]", "{", "}", "=", ".", "#", "\n", "-", "\u{0}", "列"];
        let damaged = (0..text.len()).filter_map(|at| {
            let mark = marks[at % marks.len()];
            Some([text.get(..at)?, mark, text.get(at + 1..)?].concat())
        });
        for damaged in cuts.chain(losses).chain(damaged) {
            match Profile::parse(&name, &damaged, Catalogue::ours()) {
                Ok(profile) => {
                    assert!(!profile.buses.is_empty());
                    read += 1;
                }
                Err(mistakes) => {
                    assert!(!mistakes.is_empty(), "{name} is refused without a reason:\n{damaged}");
                    let lines = damaged.split('\n').count();
                    assert!(mistakes.iter().all(|at| (1..=lines).contains(&at.line) && at.column >= 1));
                    assert!(mistakes.is_sorted_by_key(|at| (at.line, at.column)));
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 5_000 && read > 100, "{refused} refused, {read} read");
}

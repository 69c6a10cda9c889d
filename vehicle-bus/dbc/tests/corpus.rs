//! Real DBC files and a real recording, when the corpus is there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod against;
mod facts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use against::{Equal, compare};

use tandem_dbc::integrity::{Checksum, Counter, Step, verify};
use tandem_dbc::{ByteOrder, Codec, Database, Kind, Multiplex, Signal};
use tandem_frame::text::LogReader;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_scenes::{corpus, peer_python};

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dbc")));
    files.sort();
    files
}

fn frames(log: PathBuf) -> Vec<Frame> {
    let log = std::fs::read(log).unwrap();
    LogReader::new(&log).map(|(_, line)| line.unwrap().frame(BusIndex(0))).collect()
}

#[test]
fn every_file_loads() {
    let Some(corpus) = corpus() else { return };
    // Messages and signals as counted in the text, without those of VECTOR__INDEPENDENT_SIG_MSG.
    for (folder, expected) in [
        ("opendbc", (97, 5_883, 46_313)),
        ("cantools", (83, 438, 1_155)),
        ("css", (3, 21, 86)),
        ("can-dbc", (4, 16, 52)),
    ] {
        let (mut count, mut messages, mut signals) = (0, 0, 0);
        for file in files(corpus.join("dbc").join(folder)) {
            let database = Database::parse(&std::fs::read(&file).unwrap());
            let database = database.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert!(database.repairs.iter().all(|repair| repair.line > 0), "{}", file.display());
            count += 1;
            messages += database.messages.len();
            signals += database.messages.iter().map(|message| message.signals.len()).sum::<usize>();
        }
        assert_eq!((count, messages, signals), expected, "{folder}");
    }
}

/// Every signal of every file, the branches of multiplexed ones included, against cantools, which reads a text that
/// another program mended.
#[test]
fn every_value_is_what_cantools_says() {
    let (Some(corpus), Some(python)) = (corpus(), peer_python()) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/vectors.py");
    let equal = ["opendbc", "cantools", "css", "can-dbc"].map(|folder| {
        let made = Command::new(&python).arg(&script).args(files(corpus.join("dbc").join(folder))).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let vectors = String::from_utf8(made.stdout).unwrap();
        compare(vectors.lines(), |file| std::fs::read(file).unwrap())
    });
    let expected = [
        Equal { files: 97, refused: 0, messages: 5_883, vectors: 141_192, values: 1_098_085, physical: 1_089_805 },
        Equal { files: 83, refused: 0, messages: 438, vectors: 10_464, values: 21_316, physical: 20_716 },
        Equal { files: 3, refused: 0, messages: 21, vectors: 504, values: 1_944, physical: 1_896 },
        Equal { files: 4, refused: 2, messages: 14, vectors: 336, values: 780, physical: 780 },
    ];
    assert_eq!(equal, expected);
}

/// Units, comments, named values, limits, nodes and all else that a file says beside its payloads.
#[test]
fn every_fact_is_what_cantools_says() {
    let (Some(corpus), Some(python)) = (corpus(), peer_python()) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/vectors.py");
    let files: Vec<_> = ["opendbc", "cantools", "css", "can-dbc"]
        .iter()
        .flat_map(|folder| files(corpus.join("dbc").join(folder)))
        .collect();
    let made = Command::new(&python).arg(&script).arg("--facts").args(&files).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).unwrap();
    let (mut same, mut other) = (0, Vec::new());
    for line in lines.lines() {
        let (equal, different) = facts::compare(line, |file| std::fs::read(file).unwrap());
        same += equal;
        other.extend(different);
    }
    assert!(other.is_empty(), "{} of {} facts:\n{}", other.len(), same + other.len(), other.join("\n"));
    assert_eq!(same, 432_151);
}

/// What the codec makes of a recording: frames, known frames, frames that were too short, decoded values.
fn decode(dbc: PathBuf, log: PathBuf) -> [usize; 4] {
    let codec = Codec::compile(&Database::parse(&std::fs::read(dbc).unwrap()).unwrap());
    let frames = frames(log);
    let (mut known, mut short, mut values) = (0, 0, 0);
    for frame in &frames {
        let Some(message) = codec.index(frame.id) else { continue };
        known += 1;
        short += usize::from(codec.decode(message, frame.data(), |_| values += 1).is_err());
    }
    [frames.len(), known, short, values]
}

/// The counts are those that cantools 45.1.0 decodes from the same files.
#[test]
fn recordings_decode() {
    let Some(corpus) = corpus() else { return };
    let drive = decode(corpus.join("dbc/css/gnss.dbc"), corpus.join("logs/css_obd2_gnss_3BA199E2.log"));
    assert_eq!(drive, [65_296, 57_604, 0, 390_988]);
    let honda = corpus.join("dbc/opendbc/acura_ilx_2016_can_generated.dbc");
    assert_eq!(decode(honda, corpus.join("logs/icsim_honda_2014.log")), [6_158, 1_687, 357, 9_737]);
}

fn bits(name: &str, start: u16, size: u16) -> Signal {
    Signal {
        line: 0,
        name: name.to_owned(),
        start,
        size,
        byte_order: ByteOrder::Big,
        kind: Kind::Unsigned,
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

#[test]
fn hondas_checksums_and_counters() {
    let Some(corpus) = corpus() else { return };
    let mut counters: BTreeMap<CanId, (Counter, bool)> = BTreeMap::new();
    let mut right = 0;
    for frame in frames(corpus.join("logs/icsim_honda_2014.log")) {
        let last = 8 * (frame.length() as u16 - 1);
        let checked = verify(Checksum::Honda, frame.id, frame.data(), &bits("CHECKSUM", last + 3, 4));
        right += usize::from(checked.is_ok());
        let (counter, runs) = counters.entry(frame.id).or_insert((Counter::new(2), true));
        *runs &= counter.check(frame.data()[frame.length() - 1] >> 4 & 3) == Step::Next;
    }
    assert_eq!(right, 6_158);
    let still: Vec<_> = counters.iter().filter(|(_, (_, runs))| !runs).map(|(id, _)| id.number()).collect();
    assert_eq!((counters.len(), still), (34, vec![0x1D0]));
}

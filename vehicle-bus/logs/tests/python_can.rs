//! python-can, which is not ours: what it writes we read the same, and what we write it reads the same.

#![cfg(test)]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use tandem_frame::Frame;
use tandem_logs::{Reader, Writer, open};
use tandem_scenes::{corpus, peer_python};

/// Frames of every kind on four channels: several containers of a BLF file.
const FRAMES: &str = "5000";

fn peer(python: &Path, words: &[&OsStr]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/recordings.py");
    let told = Command::new(python).arg(script).args(words).env("TZ", "UTC").output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A frame as the peer tells it.
fn line(reader: &Reader, frame: &Frame) -> String {
    let microseconds = (frame.t_ns + 500) / 1000;
    let channel = reader.interface(frame.bus).trim_start_matches("can");
    let (id, extended) = (frame.id.number(), if frame.id.is_extended() { "x" } else { "" });
    let data: String = frame.data().iter().map(|byte| format!("{byte:02x}")).collect();
    let flags = frame.flags;
    let rest = match () {
        () if flags.error => "error".to_owned(),
        () if flags.remote => format!("{id:X}{extended} remote {}", frame.length()),
        () if flags.fd => {
            format!("{id:X}{extended} fd {} {} {data}", u8::from(flags.brs), u8::from(flags.esi))
        }
        () => format!("{id:X}{extended} data {data}"),
    };
    format!("{microseconds} {channel} {rest}")
}

fn ours(path: &Path) -> Vec<String> {
    let mut reader = open(path).unwrap();
    let mut lines = Vec::new();
    while let Some(read) = reader.next() {
        let frame = read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        lines.push(line(&reader, &frame));
    }
    lines
}

/// Times may differ in their last digit, for a float holds no more; a channel that is not told may be any.
fn assert_same(ours: &[String], theirs: &[String], path: &Path) {
    for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let split = |line: &str| {
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            (words[0].parse::<u64>().unwrap(), words[1].clone(), words[2..].join(" "))
        };
        let ((time, channel, frame), (their_time, their_channel, their_frame)) = (split(ours), split(theirs));
        let same = time.abs_diff(their_time) <= 1 && (channel == their_channel || their_channel == "?");
        assert!(same && frame == their_frame, "frame {number} of {}: {ours} and {theirs}", path.display());
    }
    assert_eq!(ours.len(), theirs.len(), "frames of {}", path.display());
}

#[test]
fn what_python_can_writes_is_read_the_same() {
    let Some(python) = peer_python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["drive.asc", "drive.blf", "drive.log", "drive.asc.gz", "drive.log.gz"] {
        let path = folder.path().join(name);
        let theirs = peer(&python, &["write".as_ref(), path.as_ref(), FRAMES.as_ref()]);
        assert_eq!(theirs.len(), 5000, "{name}");
        assert_same(&ours(&path), &theirs, &path);
    }
}

#[test]
fn what_we_write_is_read_the_same() {
    let Some(python) = peer_python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let drive = folder.path().join("drive.blf");
    peer(&python, &["write".as_ref(), drive.as_ref(), FRAMES.as_ref()]);
    let expected = ours(&drive);
    for name in ["again.log", "again.log.gz", "again.log.xz", "again.log.zst"] {
        let path = folder.path().join(name);
        let mut reader = open(&drive).unwrap();
        let mut writer = Writer::create(&path).unwrap();
        while let Some(frame) = reader.next() {
            let frame = frame.unwrap();
            writer.write(&frame, reader.interface(frame.bus)).unwrap();
        }
        writer.finish().unwrap();
        assert_same(&ours(&path), &expected, &path);
        // It reads no other compression.
        if name.ends_with(".log") || name.ends_with(".gz") {
            assert_same(&expected, &peer(&python, &["tell".as_ref(), path.as_ref()]), &path);
        }
    }
}

/// Recordings of Vector's own programs, when the corpus is there.
#[test]
fn the_corpus_is_read_the_same() {
    let (Some(python), Some(corpus)) = (peer_python(), corpus()) else { return };
    let mut frames = 0;
    let mut paths: Vec<_> =
        std::fs::read_dir(corpus.join("logs/python-can")).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".trc") {
            continue;
        }
        let ours = ours(&path);
        let mut theirs = peer(&python, &["tell".as_ref(), path.as_ref()]);
        if name == "single_frame.asc" {
            // 64 bytes stand there, of which python-can keeps 8.
            let all: String = (0..64).map(|byte| format!("{byte:02x}")).collect();
            theirs = vec![theirs[0].replace("data 0001020304050607", &format!("fd 0 0 {all}"))];
        }
        assert_same(&ours, &theirs, &path);
        frames += ours.len();
    }
    assert!(frames > 1500, "only {frames} frames");
}

//! Frames a second through the DBC codec and through the store, lines a second of candump text; cantools and python-can on the same log.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tandem_dbc::{Codec, Database};
use tandem_frame::text::LogReader;
use tandem_frame::{BusIndex, Frame};
use tandem_scenes::{corpus, demo_log, peer_python, root};
use tandem_signals::Catalogue;
use tandem_store::{Places, Store, load};

use crate::figure::Figure;
use crate::process::thread_time;

const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// A recording, the DBC file of each of its interfaces, and the car that it was recorded in.
struct Recording {
    name: &'static str,
    car: &'static str,
    log: PathBuf,
    buses: BTreeMap<&'static str, PathBuf>,
}

pub fn figures() -> Result<Vec<Figure>> {
    let demo = root().join("assets/cars/demo");
    let buses = BTreeMap::from([("can0", demo.join("powertrain.dbc")), ("can1", demo.join("body.dbc"))]);
    let mut recordings = vec![Recording { name: "demo", car: "demo", log: demo_log(), buses }];
    if let Some(corpus) = corpus() {
        let buses = BTreeMap::from([("can2", corpus.join("dbc/css/gnss.dbc"))]);
        let log = corpus.join("logs/css_obd2_gnss_3BA199E2.log");
        recordings.push(Recording { name: "gnss", car: "css-gnss", log, buses });
    }
    let python = peer_python();
    let mut figures = Vec::new();
    for recording in recordings {
        let text = std::fs::read(&recording.log).with_context(|| recording.log.display().to_string())?;
        let peer = python.as_ref().map(|python| ask_peer(python, &recording)).transpose()?;
        let with = |figure: Figure, what: &str, who: &str| match peer.as_ref().and_then(|peer| peer.get(what)) {
            Some(value) => figure.against(who, *value),
            None => figure,
        };
        let decode = Figure::new(format!("decode {}", recording.name), decode(&recording, &text)?, "frames/s");
        figures.push(with(decode.at_least(5e6), "decode", "cantools"));
        let read = Figure::new(format!("candump text {}", recording.name), read(&text), "lines/s");
        figures.push(with(read.at_least(5e6), "read", "python-can"));
        figures.push(Figure::new(
            format!("decode, check and store {}", recording.name),
            store(&recording, &text)?,
            "frames/s",
        ));
    }
    Ok(figures)
}

/// Items a second of this thread's CPU time.
fn speed(items: usize, mut work: impl FnMut()) -> f64 {
    let begun = thread_time();
    let mut rounds = 0;
    loop {
        work();
        rounds += 1;
        let spent = thread_time() - begun;
        if spent >= LONG_ENOUGH {
            return (items * rounds) as f64 / spent.as_secs_f64();
        }
    }
}

fn frames(text: &[u8], interfaces: &[&str]) -> Vec<Frame> {
    LogReader::new(text)
        .filter_map(|(_, line)| line.ok())
        .filter_map(|line| {
            let bus = interfaces.iter().position(|interface| *interface == line.interface)?;
            Some(line.frame(BusIndex(u8::try_from(bus).ok()?)))
        })
        .collect()
}

fn decode(recording: &Recording, text: &[u8]) -> Result<f64> {
    let codecs: Vec<Codec> = recording
        .buses
        .values()
        .map(|path| {
            Ok(Codec::compile(&Database::parse(&std::fs::read(path)?).with_context(|| path.display().to_string())?))
        })
        .collect::<Result<_>>()?;
    let interfaces: Vec<_> = recording.buses.keys().copied().collect();
    let frames = frames(text, &interfaces);
    Ok(speed(frames.len(), || {
        let mut sum = 0.0;
        for frame in &frames {
            let Some(codec) = codecs.get(usize::from(frame.bus.0)) else { continue };
            let Some(message) = codec.index(frame.id) else { continue };
            // A frame that is too short is part of the recording; its time counts.
            let _ = codec.decode(message, frame.data(), |sample| sum += sample.physical);
        }
        black_box(sum);
    }))
}

fn read(text: &[u8]) -> f64 {
    let lines = LogReader::new(text).count();
    speed(lines, || {
        let good = LogReader::new(text).filter(|(_, line)| line.is_ok()).count();
        assert_eq!(black_box(good), lines);
    })
}

fn store(recording: &Recording, text: &[u8]) -> Result<f64> {
    let folders = recording.buses.values().filter_map(|path| path.parent().map(Path::to_path_buf)).collect();
    let places = Places { assets: root().join("assets"), dbc: folders };
    let (car, _) = load(recording.car, &places, Catalogue::ours())?;
    let interfaces: Vec<_> = car.buses.iter().map(|bus| bus.interface.clone()).collect();
    let interfaces: Vec<_> = interfaces.iter().map(String::as_str).collect();
    let frames = frames(text, &interfaces);
    let mut store = Store::new(car);
    Ok(speed(frames.len(), || {
        for frame in &frames {
            black_box(store.hear(frame));
        }
    }))
}

fn ask_peer(python: &Path, recording: &Recording) -> Result<BTreeMap<String, f64>> {
    let script = root().join("tests/bench/peer/cantools_speed.py");
    let buses = recording.buses.iter().map(|(interface, path)| format!("{interface}={}", path.display()));
    let output = Command::new(python).arg(script).arg(&recording.log).args(buses).output()?;
    anyhow::ensure!(output.status.success(), "cantools: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

//! Frames a second through the DBC codec and through the store, lines a second of candump text; cantools and python-can on the same log.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tandem_dbc::{Codec, Database};
use tandem_frame::text::{LogReader, write_line};
use tandem_frame::{BusIndex, Frame};
use tandem_scenes::{corpus, demo_log, peer_python, root};
use tandem_signals::Catalogue;
use tandem_store::{Places, Store, load};

use crate::figure::Figure;
use crate::made;
use crate::process::thread_time;

const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// Frames, the DBC file of each of their interfaces and, if there is one, the car that they were recorded in.
struct Recording {
    name: &'static str,
    /// Frames a second.
    bar: f64,
    car: Option<&'static str>,
    log: PathBuf,
    buses: BTreeMap<&'static str, PathBuf>,
}

/// Enough that no branch of the decoder is learned by heart.
const RANDOM_FRAMES: usize = 20_000;

pub fn figures() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let demo = root().join("assets/cars/demo");
    let buses = BTreeMap::from([("can0", demo.join("powertrain.dbc")), ("can1", demo.join("body.dbc"))]);
    let mut recordings = vec![Recording { name: "demo", bar: 20e6, car: Some("demo"), log: demo_log(), buses }];
    let made = |name: &'static str, bar, text: String| -> Result<Recording> {
        let path = folder.path().join(format!("{name}.dbc"));
        std::fs::write(&path, text)?;
        random(name, bar, path, folder.path())
    };
    recordings.push(made("made-up, random", 20e6, made::plain(113))?);
    recordings.push(made("made-up multiplexed", 15e6, made::multiplexed(20))?);
    if let Some(corpus) = corpus() {
        let buses = BTreeMap::from([("can2", corpus.join("dbc/css/gnss.dbc"))]);
        let log = corpus.join("logs/css_obd2_gnss_3BA199E2.log");
        recordings.push(Recording { name: "gnss", bar: 20e6, car: Some("css-gnss"), log, buses });
        let of_opendbc = |file: &str| corpus.join("dbc/opendbc").join(file);
        recordings.push(random("vw_mqb, random", 20e6, of_opendbc("vw_mqb.dbc"), folder.path())?);
        for (name, file) in [
            ("Model3, random", "tesla_model3_vehicle.dbc"),
            ("GM high voltage, random", "gm_global_a_high_voltage_management.dbc"),
        ] {
            recordings.push(random(name, 15e6, of_opendbc(file), folder.path())?);
        }
    }
    let python = peer_python();
    let mut figures = Vec::new();
    for recording in &recordings {
        figures.extend(recording.figures(python.as_deref()).with_context(|| recording.name)?);
    }
    Ok(figures)
}

/// Random payloads for the messages of a DBC file, as a log that the peers read, too.
fn random(name: &'static str, bar: f64, dbc: PathBuf, folder: &Path) -> Result<Recording> {
    let database = parse(&dbc)?;
    let mut text = String::new();
    made::frames(&database, RANDOM_FRAMES).iter().try_for_each(|frame| write_line(&mut text, frame, "can0"))?;
    let log = folder.join(format!("{name}.log"));
    std::fs::write(&log, text)?;
    Ok(Recording { name, bar, car: None, log, buses: BTreeMap::from([("can0", dbc)]) })
}

fn parse(dbc: &Path) -> Result<Database> {
    let read = || -> Result<Database> { Ok(Database::parse(&std::fs::read(dbc)?)?) };
    read().with_context(|| dbc.display().to_string())
}

impl Recording {
    fn figures(&self, python: Option<&Path>) -> Result<Vec<Figure>> {
        let text = std::fs::read(&self.log).with_context(|| self.log.display().to_string())?;
        let peer = python.map(|python| ask_peer(python, self)).transpose()?;
        let with = |figure: Figure, what: &str, who: &str| match peer.as_ref().and_then(|peer| peer.get(what)) {
            Some(value) => figure.against(who, *value),
            None => figure,
        };
        let decode = Figure::new(format!("decode {}", self.name), decode(self, &text)?, "frames/s");
        let mut figures = vec![with(decode.at_least(self.bar), "decode", "cantools")];
        if let Some(car) = self.car {
            let read = Figure::new(format!("candump text {}", self.name), read(&text), "lines/s");
            figures.push(with(read.at_least(10e6), "read", "python-can"));
            let store = store(car, self, &text)?;
            figures.push(Figure::new(format!("decode, check and store {}", self.name), store, "frames/s"));
        }
        Ok(figures)
    }
}

/// Items a second of this thread's CPU time.
pub fn speed(items: usize, mut work: impl FnMut()) -> f64 {
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

pub fn frames(text: &[u8], interfaces: &[&str]) -> Vec<Frame> {
    LogReader::new(text)
        .filter_map(|(_, line)| line.ok())
        .filter_map(|line| {
            let bus = interfaces.iter().position(|interface| *interface == line.interface)?;
            Some(line.frame(BusIndex(u8::try_from(bus).ok()?)))
        })
        .collect()
}

fn decode(recording: &Recording, text: &[u8]) -> Result<f64> {
    let codecs: Vec<Codec> =
        recording.buses.values().map(|path| Ok(Codec::compile(&parse(path)?))).collect::<Result<_>>()?;
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

fn store(car: &str, recording: &Recording, text: &[u8]) -> Result<f64> {
    let folders = recording.buses.values().filter_map(|path| path.parent().map(Path::to_path_buf)).collect();
    let places = Places { assets: root().join("assets"), dbc: folders };
    let (car, _) = load(car, &places, Catalogue::ours())?;
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

//! Sound of our own: made, encoded by the usual tools, and measured.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Command;

use gstreamer as gst;
use gstreamer::prelude::*;
use tandem_music::wave;

pub const RATE: usize = 44_100;
pub const FREQUENCY: f64 = 441.3;
pub const AMPLITUDE: f64 = 12_000.0;

/// A sine that goes on for ever, from one sample to another: one channel.
pub fn sine(from: usize, to: usize) -> Vec<i16> {
    (from..to)
        .map(|sample| (AMPLITUDE * (TAU * FREQUENCY * sample as f64 / RATE as f64).sin()).round() as i16)
        .collect()
}

/// The largest step between two samples of [`sine`].
pub fn natural_step() -> i32 {
    (AMPLITUDE * TAU * FREQUENCY / RATE as f64).ceil() as i32 + 2
}

pub fn largest_step(samples: &[i16]) -> i32 {
    samples.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap_or(0)
}

/// Root of the mean square.
pub fn level(samples: &[i16]) -> f64 {
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

/// The amplitude of one frequency in the samples (Goertzel).
pub fn amplitude_at(samples: &[i16], frequency: f64) -> f64 {
    let turn = 2.0 * (TAU * frequency / RATE as f64).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (f64::from(*sample) + turn * one - two, one);
    }
    2.0 * (one * one + two * two - turn * one * two).max(0.0).sqrt() / samples.len() as f64
}

/// A WAV file, 16 bits, both channels alike.
pub fn wav(path: &Path, samples: &[i16]) -> PathBuf {
    let both = samples.iter().flat_map(|sample| [*sample, *sample]);
    std::fs::write(path, wave::file(RATE as u32, 2, both)).unwrap();
    path.to_owned()
}

pub fn run(program: &str, args: &[&str]) {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What libav's encoder of AAC puts before the first sample.
const RUN_UP: u32 = 1_024;

const AAC: &str = "avenc_aac bitrate=256000";
const IN_MP4: &str = "mp4mux movie-timescale=44100";

/// Runs a pipeline of GStreamer's to its end.
pub fn launch(pipeline: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(pipeline).unwrap_or_else(|error| panic!("{pipeline}: {error}"));
    pipeline.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends).unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// By libav, for there is nothing else to make AAC and Apple Lossless; an M4A file gets the edit list that it would have of everybody else: what of it is music.
fn by_libav(from: &str, encoder: &str, rest: &str, to: &Path, edit: Option<(u32, u32)>) {
    let to_file = to.to_str().unwrap();
    launch(&format!(
        "filesrc location={from} ! wavparse ! audioconvert ! audio/x-raw,channels=2 ! {encoder} ! {rest} ! filesink location={to_file}"
    ));
    let Some((begin, length)) = edit else { return };
    let mut bytes = std::fs::read(to).unwrap();
    let list = bytes.windows(4).position(|name| name == b"elst").expect("an edit list");
    for (place, value) in [(list + 12, length), (list + 16, begin)] {
        bytes[place..place + 4].copy_from_slice(&value.to_be_bytes());
    }
    std::fs::write(to, bytes).unwrap();
}

/// The samples in a file of this format: wav, flac, ogg, mp3, opus, m4a and aac (AAC with and without a container), alac.
pub fn encoded(folder: &Path, name: &str, format: &str, samples: &[i16]) -> PathBuf {
    let plain = wav(&folder.join(format!("{name}.wav")), samples);
    let target = folder.join(format!("{name}.{format}"));
    let (from, to) = (plain.to_str().unwrap(), target.to_str().unwrap());
    match format {
        "wav" => {}
        "flac" => run("flac", &["-s", "-f", from, "-o", to]),
        "ogg" => run("oggenc", &["-Q", "-q", "6", from, "-o", to]),
        "mp3" => run("lame", &["--quiet", "-b", "256", from, to]),
        "opus" => run("opusenc", &["--quiet", "--bitrate", "256", from, to]),
        "m4a" => by_libav(from, AAC, IN_MP4, &target, Some((RUN_UP, samples.len() as u32))),
        "aac" => by_libav(from, AAC, "aacparse ! audio/mpeg,stream-format=adts", &target, None),
        "alac" => by_libav(from, "avenc_alac", IN_MP4, &target, Some((0, samples.len() as u32))),
        other => panic!("no encoder for {other}"),
    }
    target
}

/// The left channel of a recording of the player's.
pub fn recorded(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(bytes.len() % 4, 0, "whole samples of two channels");
    bytes.chunks_exact(4).map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect()
}

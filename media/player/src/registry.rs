//! Which of GStreamer's elements this process may make at all.
//!
//! A stick can carry anything, and a format is only as safe as its decoder: what is not in this table is taken out of the
//! process's registry before the first pipeline, so that no file can choose it.

use gst::prelude::*;
use gstreamer as gst;

use crate::alac;

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Only with `--network`.
    Network,
    /// Only where none of these is installed.
    Instead(&'static [&'static str]),
}

use When::{Always, Instead, Network};

const ALLOWED: &[(&str, When, &str)] = &[
    ("playbin3", Always, "plays, and changes tracks without a gap"),
    ("uridecodebin3", Always, "part of playbin3"),
    ("urisourcebin", Always, "part of playbin3"),
    ("decodebin3", Always, "part of playbin3"),
    ("parsebin", Always, "part of playbin3"),
    ("playsink", Always, "part of playbin3"),
    ("streamsynchronizer", Always, "part of playbin3"),
    ("multiqueue", Always, "part of playbin3"),
    ("queue", Always, "part of playbin3"),
    ("queue2", Always, "part of playbin3"),
    ("input-selector", Always, "part of playbin3"),
    ("concat", Always, "part of playbin3"),
    ("identity", Always, "part of playbin3"),
    ("tee", Always, "part of playbin3"),
    ("typefind", Always, "tells by its content what a file is"),
    ("bin", Always, "holds our own elements"),
    ("filesrc", Always, "reads a file"),
    ("capsfilter", Always, "holds the recording to one format"),
    ("fakesink", Always, "plays to nowhere, or into a recording"),
    ("audioconvert", Always, "between the formats of decoders and devices"),
    ("audioresample", Always, "between the rates of files and devices"),
    ("volume", Always, "volume and fades"),
    ("scaletempo", Always, "slower and faster at the same pitch"),
    ("rgvolume", Always, "ReplayGain"),
    ("rglimiter", Always, "ReplayGain above full scale"),
    ("pipewiresink", Always, "a sound device"),
    ("pulsesink", Always, "a sound device"),
    ("alsasink", Always, "a sound device"),
    ("flacparse", Always, "FLAC"),
    ("flacdec", Always, "FLAC"),
    ("id3demux", Always, "tags before MP3, WAV and AAC"),
    ("apedemux", Always, "tags after MP3"),
    ("mpegaudioparse", Always, "MP3"),
    ("mpg123audiodec", Always, "MP3: the decoder that is small and quick to load"),
    ("avdec_mp3float", Instead(&["mpg123audiodec"]), "MP3: libav loads for up to a second before the first sample"),
    ("oggdemux", Always, "Vorbis and Opus"),
    ("vorbisdec", Always, "Vorbis"),
    ("opusdec", Always, "Opus"),
    ("wavparse", Always, "WAV"),
    ("qtdemux", Always, "M4A"),
    ("aacparse", Always, "AAC"),
    ("faad", Always, "AAC: a decoder that is small and links nothing"),
    ("avdec_aac", Instead(&["faad"]), "AAC: libav loads as much as for MP3, and stays loaded"),
    (alac::NAME, Always, "Apple Lossless: our own"),
    ("souphttpsrc", Network, "radio and podcasts"),
    ("icydemux", Network, "titles inside a radio stream"),
    ("hlsdemux2", Network, "HLS"),
    ("tsdemux", Network, "HLS in MPEG transport streams"),
];

/// All that a camera takes: none of it reads a file or a network.
const CAMERA: &[&str] = &[
    "v4l2src",
    "videotestsrc",
    "decodebin",
    "typefind",
    "multiqueue",
    "queue",
    "jpegdec",
    "videorate",
    "videoscale",
    "videoconvert",
    "videoflip",
    "capsfilter",
    "fakesink",
    "bin",
    "pipeline",
];

/// What a driver calls a format, and the elements that it takes; of the names with a bar between them one will do.
const FORMATS: &[(&str, When, &[&str])] = &[
    ("FLAC", Always, &["flacparse", "flacdec"]),
    ("MP3", Always, &["mpegaudioparse", "mpg123audiodec|avdec_mp3float"]),
    ("Vorbis", Always, &["oggdemux", "vorbisdec"]),
    ("Opus", Always, &["oggdemux", "opusdec"]),
    ("WAV", Always, &["wavparse"]),
    ("AAC", Always, &["qtdemux", "aacparse", "faad|avdec_aac"]),
    ("Apple Lossless", Always, &["qtdemux", alac::NAME]),
    ("radio", Network, &["souphttpsrc", "icydemux"]),
    ("HLS", Network, &["souphttpsrc", "hlsdemux2"]),
    ("HLS in transport streams", Network, &["souphttpsrc", "hlsdemux2", "tsdemux"]),
];

/// Takes everything that is not in the table out of this process's registry. To be called before the first element is made.
///
/// A plugin that is loaded for one element registers all of its others again; they are taken out as they come.
pub fn confine(network: bool) {
    let registry = gst::Registry::get();
    let here = |name: &str| registry.lookup_feature(name).is_some();
    let allowed: Vec<&'static str> = ALLOWED
        .iter()
        .filter(|(_, when, _)| match when {
            Always => true,
            Network => network,
            Instead(others) => !others.iter().any(|other| here(other)),
        })
        .map(|(name, _, _)| *name)
        .collect();
    keep(allowed);
}

/// The same for a process that shows a camera.
pub fn confine_camera() {
    keep(CAMERA.to_vec());
}

fn keep(allowed: Vec<&'static str>) {
    let registry = gst::Registry::get();
    let refused = move |feature: &gst::PluginFeature| {
        feature.is::<gst::DeviceProviderFactory>()
            || feature.is::<gst::ElementFactory>() && !allowed.contains(&feature.name().as_str())
    };
    for kind in [gst::ElementFactory::static_type(), gst::DeviceProviderFactory::static_type()] {
        for feature in registry.features(kind).iter().filter(|feature| refused(feature)) {
            registry.remove_feature(feature);
        }
    }
    registry.connect_feature_added(move |registry, feature| {
        if refused(feature) {
            registry.remove_feature(feature);
        }
    });
}

fn here(element: &str) -> bool {
    gst::Registry::get().find_feature(element, gst::ElementFactory::static_type()).is_some()
}

/// The formats that are left to libav, in the driver's words. To be called after [`confine`].
pub fn heavy() -> Vec<String> {
    let formats = FORMATS.iter().filter(|(_, _, elements)| {
        elements.iter().flat_map(|element| element.split('|')).any(|name| name.starts_with("avdec_") && here(name))
    });
    formats.map(|(format, _, _)| (*format).to_owned()).collect()
}

/// The formats that cannot be played with what is installed, in the driver's words.
pub fn missing(network: bool) -> Vec<String> {
    FORMATS
        .iter()
        .filter(|(_, when, _)| *when == Always || network)
        .filter(|(_, _, elements)| !elements.iter().all(|element| element.split('|').any(here)))
        .map(|(format, _, _)| (*format).to_owned())
        .collect()
}

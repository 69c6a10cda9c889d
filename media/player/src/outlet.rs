//! Where the sound goes: a device, nowhere, or a file that tests read.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gstreamer as gst;

/// How long a sound server may take to answer before the next one is tried. One that is started by the first who asks takes a second of a slow machine, and more of an
/// emulated one; who goes on without it is deaf until the next look.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after the last look one that plays to nowhere looks for a device again.
const LOOKS_AGAIN: Duration = Duration::from_secs(5);
const NOWHERE: &str = "null";
/// What a device holds ready, microseconds: the delay of a pause, and the longest pause of this process that nobody hears.
const DEVICE_BUFFER_US: i64 = 100_000;
const DEVICE_PERIOD_US: i64 = 20_000;

/// What `--sink` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The first device that opens, or nowhere.
    Auto,
    Null,
    /// Raw samples (s16le, 44.1 kHz, stereo) of all that was played, in order; at the pace of the music unless `fast`.
    Record {
        file: PathBuf,
        fast: bool,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is none of auto, null, record:FILE, record-fast:FILE")]
pub struct UnknownSink(String);

impl FromStr for Wanted {
    type Err = UnknownSink;

    fn from_str(text: &str) -> Result<Self, UnknownSink> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "null" => Ok(Self::Null),
            Some(("record", file)) if !file.is_empty() => Ok(Self::Record { file: file.into(), fast: false }),
            Some(("record-fast", file)) if !file.is_empty() => Ok(Self::Record { file: file.into(), fast: true }),
            _ => Err(UnknownSink(text.to_owned())),
        }
    }
}

/// A sink that was found good.
#[derive(Debug)]
pub struct Outlet {
    pub element: gst::Element,
    /// `pipewire`, `pulse`, `alsa`, `null` or `record`.
    pub name: &'static str,
    /// Whether sound takes its time; if not, what arrives counts as heard.
    pub paced: bool,
    /// The one format that it takes, if it takes but one.
    pub caps: Option<gst::Caps>,
}

impl Outlet {
    /// What it was given is read later: nothing may be cut off that was said to have been played.
    pub fn is_recording(&self) -> bool {
        self.name == "record"
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    #[error("the recording {file} cannot be made")]
    Record { file: PathBuf, source: std::io::Error },
    #[error("GStreamer's own elements are not installed")]
    Incomplete(#[from] gst::glib::BoolError),
}

/// Opens what is wanted; takes at most [`PATIENCE`] for each kind of device.
///
/// # Errors
/// [`OutletError`]. That there is no device is none: then it plays to nowhere.
pub fn open(wanted: &Wanted) -> Result<Outlet, OutletError> {
    match wanted {
        Wanted::Auto => match device() {
            Some(outlet) => Ok(outlet),
            None => nowhere(),
        },
        Wanted::Null => nowhere(),
        Wanted::Record { file, fast } => {
            let recording = File::create(file).map_err(|source| OutletError::Record { file: file.clone(), source })?;
            record(recording, *fast)
        }
    }
}

impl Wanted {
    /// Whether this one plays to nowhere only because no device opened.
    pub fn is_missed_by(&self, outlet: &Outlet) -> bool {
        *self == Self::Auto && outlet.name == NOWHERE
    }
}

/// Returns once a sound device opens. A server that hangs keeps a thread at each look, so these become rarer.
pub fn wait_for_a_device() {
    let mut pause = LOOKS_AGAIN;
    loop {
        std::thread::sleep(pause);
        let looked = Instant::now();
        if let Some(outlet) = device() {
            let _ = outlet.element.set_state(gst::State::Null);
            return;
        }
        if looked.elapsed() >= PATIENCE {
            pause *= 2;
        }
    }
}

fn nowhere() -> Result<Outlet, OutletError> {
    let element = gst::ElementFactory::make("fakesink").name("outlet").property("sync", true).build()?;
    Ok(Outlet { element, name: NOWHERE, paced: true, caps: None })
}

fn record(recording: File, fast: bool) -> Result<Outlet, OutletError> {
    let element = gst::ElementFactory::make("fakesink")
        .name("outlet")
        .property("sync", !fast)
        .property("signal-handoffs", true)
        .build()?;
    let recording = Mutex::new(recording);
    element.connect("handoff", false, move |values| {
        let buffer: gst::Buffer = values.get(1)?.get().ok()?;
        let samples = buffer.map_readable().ok()?;
        if let Ok(mut recording) = recording.lock()
            && let Err(error) = recording.write_all(&samples)
        {
            tracing::warn!(%error, "the recording has a hole");
        }
        None
    });
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", 44_100)
        .field("channels", 2)
        .build();
    Ok(Outlet { element, name: "record", paced: !fast, caps: Some(caps) })
}

fn device() -> Option<Outlet> {
    [("pipewiresink", "pipewire"), ("pulsesink", "pulse"), ("alsasink", "alsa")].into_iter().find_map(
        |(factory, name)| {
            let element = gst::ElementFactory::make(factory).name("outlet").build().ok()?;
            for (property, value) in [("buffer-time", DEVICE_BUFFER_US), ("latency-time", DEVICE_PERIOD_US)] {
                if element.has_property_with_type(property, i64::static_type()) {
                    element.set_property(property, value);
                }
            }
            if !opens(&element) {
                return None;
            }
            Some(Outlet { element, name, paced: true, caps: None })
        },
    )
}

/// A server that hangs keeps the thread that asked it, not us.
fn opens(element: &gst::Element) -> bool {
    let (told, answer) = mpsc::channel();
    let asked = element.clone();
    std::thread::spawn(move || {
        let opened = asked.set_state(gst::State::Ready).is_ok();
        if !opened {
            let _ = asked.set_state(gst::State::Null);
        }
        let _ = told.send(opened);
    });
    match answer.recv_timeout(PATIENCE) {
        Ok(opened) => opened,
        Err(_) => {
            tracing::warn!(sink = %element.type_().name(), "a sound server does not answer");
            // Dropping it would wait for the server.
            std::mem::forget(element.clone());
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sink_is_named_in_full() {
        assert_eq!("auto".parse::<Wanted>().unwrap(), Wanted::Auto);
        assert_eq!("null".parse::<Wanted>().unwrap(), Wanted::Null);
        assert_eq!("record-fast:a:b".parse::<Wanted>().unwrap(), Wanted::Record { file: "a:b".into(), fast: true });
        for wrong in ["", "pulse", "record", "record:", "null:x", "AUTO"] {
            assert!(wrong.parse::<Wanted>().is_err(), "{wrong:?}");
        }
    }
}

//! From the decoder's samples to the sink: our own elements, in one bin that playbin3 takes for its sink.

use gst::prelude::*;
use gstreamer as gst;

use crate::fader::Fader;
use crate::outlet::Outlet;
use crate::protocol::ReplayGain;

/// What is in the chain beside what always is. Each costs, and changes samples, so it is there only while it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    pub tempo: bool,
    pub gain: bool,
}

#[derive(Debug)]
pub struct Chain {
    pub bin: gst::Bin,
    pub sink: gst::Element,
    pub fader: Fader,
    entrance: gst::GhostPad,
    volume: gst::Element,
    ending: Vec<gst::Element>,
    loudness: Option<gst::Element>,
    extras: Extras,
    /// What stands between the entrance and the ending now.
    middle: Vec<gst::Element>,
}

fn make(factory: &str) -> Result<gst::Element, gst::glib::BoolError> {
    gst::ElementFactory::make(factory).build()
}

impl Chain {
    /// # Errors
    /// An element that always is there is not installed.
    pub fn new(outlet: &Outlet) -> Result<Self, gst::glib::BoolError> {
        let bin = gst::Bin::with_name("chain");
        let volume = make("volume")?;
        let mut ending = vec![make("audioconvert")?, make("audioresample")?];
        if let Some(caps) = &outlet.caps {
            ending.push(gst::ElementFactory::make("capsfilter").property("caps", caps).build()?);
        }
        ending.push(outlet.element.clone());
        bin.add_many(&ending)?;
        gst::Element::link_many(&ending)?;
        let fader = Fader::on(&volume)?;
        let entrance = gst::GhostPad::builder(gst::PadDirection::Sink).name("sink").build();
        crate::blocks::at(&entrance);
        bin.add_pad(&entrance)?;
        let sink = outlet.element.clone();
        let mut chain = Self {
            bin,
            sink,
            fader,
            entrance,
            volume,
            ending,
            loudness: None,
            extras: Extras::default(),
            middle: Vec::new(),
        };
        chain.build(Extras::default())?;
        Ok(chain)
    }

    pub fn extras(&self) -> Extras {
        self.extras
    }

    /// Puts in what is asked for and takes out the rest. Only while nothing flows: at most READY.
    ///
    /// # Errors
    /// An element that is asked for is not installed; the chain then stands without any extras.
    pub fn arrange(&mut self, extras: Extras) -> Result<(), gst::glib::BoolError> {
        if extras == self.extras {
            return Ok(());
        }
        self.build(extras).inspect_err(|_| {
            if let Err(error) = self.build(Extras::default()) {
                tracing::error!(%error, "the plain chain does not link");
            }
        })
    }

    fn build(&mut self, extras: Extras) -> Result<(), gst::glib::BoolError> {
        self.entrance.set_target(gst::Pad::NONE)?;
        for element in self.middle.drain(..) {
            let _ = element.set_state(gst::State::Null);
            self.bin.remove(&element)?;
        }
        self.loudness = None;
        let mut middle = vec![make("audioconvert")?];
        if extras.gain {
            let loudness = make("rgvolume")?;
            self.loudness = Some(loudness.clone());
            middle.extend([loudness, make("audioconvert")?, make("rglimiter")?]);
        }
        middle.push(self.volume.clone());
        if extras.tempo {
            middle.extend([make("audioconvert")?, make("scaletempo")?]);
        }
        self.bin.add_many(&middle)?;
        self.middle.clone_from(&middle);
        middle.extend(self.ending.first().cloned());
        gst::Element::link_many(&middle)?;
        for element in &self.middle {
            element.sync_state_with_parent()?;
        }
        let entrance = self.middle.first().and_then(|first| first.static_pad("sink"));
        self.entrance.set_target(entrance.as_ref())?;
        self.extras = extras;
        Ok(())
    }

    /// By the loudness of the album or of the track.
    pub fn set_gain(&self, mode: ReplayGain) {
        if let Some(loudness) = &self.loudness {
            loudness.set_property("album-mode", mode == ReplayGain::Album);
        }
    }
}

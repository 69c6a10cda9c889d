//! A camera through GStreamer, scaled to what is wanted where that is cheapest.

use gst::prelude::*;
use gstreamer as gst;
use tandem_pictures::boot_clock;

use super::outlet::Outlet;
use super::{Source, Wish};

#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error("a part of GStreamer is missing: {0}")]
    Missing(#[from] gst::glib::Error),
    /// What GStreamer says of it.
    #[error("{0}")]
    Start(String),
    #[error("GStreamer made a pipeline without its ends")]
    Ends,
}

/// What a camera that does not start has to say is there by then.
const WORDS: gst::ClockTime = gst::ClockTime::from_mseconds(200);

/// A camera that runs. Dropped, it is given back.
pub struct Pipeline {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // Whatever it says, this process ends.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Pipeline {
    /// Starts a camera; its pictures go into the outlet.
    ///
    /// # Errors
    /// [`PipelineError`]: an element is not installed, or the device does not open.
    pub fn start(wish: &Wish, outlet: Outlet) -> Result<Self, PipelineError> {
        let Wish { width, height, rate, wanted, mirrored, .. } = wish;
        let own = format!("width={width},height={height},framerate=(fraction)[1/1,{rate}/1]");
        let source = match &wish.source {
            // A camera of few wires has its pictures packed.
            Source::Device(_) => format!("v4l2src name=source ! video/x-raw,{own};image/jpeg,{own}"),
            _ => format!("videotestsrc is-live=true pattern=ball ! video/x-raw,{own}"),
        };
        let mirror = if *mirrored { "! videoconvert ! videoflip video-direction=horiz" } else { "" };
        let (across, down) = wanted;
        let text = format!(
            "{source} ! decodebin ! queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream {mirror} ! videoscale add-borders=true \
             ! videoconvert ! video/x-raw,format=RGB,width={across},height={down},pixel-aspect-ratio=1/1 ! fakesink name=sink sync=false"
        );
        let pipeline = gst::parse::launch(&text)?.downcast::<gst::Pipeline>().map_err(|_| PipelineError::Ends)?;
        if let (Source::Device(path), Some(source)) = (&wish.source, pipeline.by_name("source")) {
            source.set_property("device", path.to_string_lossy().as_ref());
        }
        let sink = pipeline.by_name("sink").ok_or(PipelineError::Ends)?;
        let pad = sink.static_pad("sink").ok_or(PipelineError::Ends)?;
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
                let captured = boot_clock().saturating_sub(age(&sink, buffer));
                match buffer.clone().into_mapped_buffer_readable() {
                    Ok(mapped) => outlet.offer(captured, Box::new(mapped)),
                    Err(_) => tracing::warn!("a picture that cannot be read"),
                }
            }
            gst::PadProbeReturn::Ok
        });
        let bus = pipeline.bus().ok_or(PipelineError::Ends)?;
        let started = Self { pipeline, bus };
        match started.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(started),
            // The bus knows better why.
            Err(error) => Err(PipelineError::Start(started.trouble(WORDS).unwrap_or_else(|| error.to_string()))),
        }
    }

    /// Waits for so long; says what is wrong, if anything is.
    pub fn trouble(&self, wait: gst::ClockTime) -> Option<String> {
        let message = self.bus.timed_pop_filtered(wait, &[gst::MessageType::Error, gst::MessageType::Eos])?;
        match message.view() {
            gst::MessageView::Error(error) => {
                tracing::debug!(debug = ?error.debug(), "GStreamer says more");
                Some(error.error().message().trim_end_matches('.').to_owned())
            }
            _ => Some("the camera sends no more".to_owned()),
        }
    }
}

/// How long ago the camera saw this, nanoseconds: what it waited for in here, too. None known is none.
fn age(sink: &gst::Element, buffer: &gst::BufferRef) -> u64 {
    let known = || {
        let now = sink.clock()?.time().checked_sub(sink.base_time()?)?;
        now.checked_sub(buffer.pts()?).map(gst::ClockTime::nseconds)
    };
    known().unwrap_or(0)
}

//! What GStreamer says.

use std::time::Instant;

use gst::prelude::*;
use gst::{MessageType, MessageView};
use gstreamer as gst;

use super::{Engine, EngineError, Phase};
use crate::failure::{self, Failure};
use crate::protocol::Event;

/// Seconds without a byte after which a server is given up.
const SERVER_TIMEOUT: u32 = 10;

/// What no codec's block is longer than.
const LAST_BLOCK: gst::ClockTime = gst::ClockTime::from_mseconds(500);

/// What the engine's thread is woken for; the rest is dropped where it is posted.
pub(super) fn concerns_us(message: &gst::Message) -> bool {
    match message.type_() {
        MessageType::StateChanged => message.src().is_some_and(|source| source.name() == "player"),
        MessageType::Error
        | MessageType::Eos
        | MessageType::AsyncDone
        | MessageType::Buffering
        | MessageType::Element
        | MessageType::StreamCollection
        | MessageType::DurationChanged
        | MessageType::ClockLost
        | MessageType::Latency => true,
        _ => false,
    }
}

/// Sources of a network give up in time, and say who they are.
pub(super) fn set_up_source(source: &gst::Element) {
    if source.has_property("user-agent") {
        source.set_property("user-agent", concat!("Tandem/", env!("CARGO_PKG_VERSION")));
    }
    if source.has_property_with_type("timeout", u32::static_type()) {
        source.set_property("timeout", SERVER_TIMEOUT);
    }
}

impl Engine {
    pub(super) fn message(&mut self, message: &gst::Message) -> Result<(), EngineError> {
        match message.view() {
            MessageView::Error(error) => self.error(error)?,
            MessageView::Eos(_) => self.ended()?,
            MessageView::AsyncDone(_) => self.arrived()?,
            MessageView::Buffering(buffering) => self.buffering(buffering.percent())?,
            MessageView::Element(element) => {
                if let (Some(lacking), Some(current)) = (failure::lacking(element), &mut self.current) {
                    current.lacking = Some(lacking);
                }
            }
            MessageView::StreamCollection(collection) => {
                let sound = collection
                    .stream_collection()
                    .iter()
                    .any(|stream| stream.stream_type().contains(gst::StreamType::AUDIO));
                if let (Phase::Loading { .. }, Some(current)) = (self.phase, &mut self.current) {
                    current.has_sound = Some(current.has_sound == Some(true) || sound);
                }
            }
            MessageView::DurationChanged(_) => self.measure_again(),
            MessageView::ClockLost(_) if self.phase == Phase::Sounding => {
                let _ = self.playbin.set_state(gst::State::Paused);
                let _ = self.playbin.set_state(gst::State::Playing);
            }
            MessageView::Latency(_) => {
                if let Some(pipeline) = self.playbin.downcast_ref::<gst::Bin>() {
                    let _ = pipeline.recalculate_latency();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A longer or shorter estimate, unless it may be the next track's.
    fn measure_again(&mut self) {
        if matches!(self.phase, Phase::Sounding | Phase::Held) && self.sequel.committed().is_none() {
            self.measure();
        }
    }

    fn buffering(&mut self, percent: i32) -> Result<(), EngineError> {
        let percent = u8::try_from(percent.clamp(0, 100)).unwrap_or(100);
        let Some(current) = self.current.as_mut().filter(|current| current.is_stream()) else { return Ok(()) };
        if current.buffered == percent {
            return Ok(());
        }
        // Full, empty, and the tens between are enough for a screen.
        let told = percent == 100 || current.buffered == 100 || percent / 10 != current.buffered / 10;
        current.buffered = percent;
        current.buffered_at = Instant::now();
        let id = current.track.id;
        if percent < 100 && self.phase == Phase::Sounding {
            let _ = self.playbin.set_state(gst::State::Paused);
            self.phase = Phase::Held;
        }
        if told { self.tell(&Event::Buffering { id, percent }) } else { Ok(()) }
    }

    fn error(&mut self, message: &gst::message::Error) -> Result<(), EngineError> {
        let error = message.error();
        tracing::debug!(source = ?message.src().map(|source| source.name()), %error, debug = ?message.debug(), "error");
        let Some(current) = self.current.as_mut().filter(|current| !current.mends) else { return Ok(()) };
        let sink = message.src().is_some_and(|source| {
            source == self.chain.sink.upcast_ref::<gst::Object>() || source.has_as_ancestor(&self.chain.sink)
        });
        if sink && error.kind::<gst::ResourceError>().is_some() {
            let failed = self.fail(Failure::no_device());
            let _ = self.chain.sink.set_state(gst::State::Null);
            return failed;
        }
        // While the next track is read ahead, an error is most likely its own: the one that sounds goes on without it.
        if let Some(next) = self.sequel.committed()
            && !current.blamed
        {
            // One fault is told by several elements.
            (current.blamed, current.mends) = (true, true);
            let failure = failure::of_error(&error, next.address.is_stream(), true, current.lacking.take().as_deref());
            self.sequel.refuse_successor();
            if self.job.is_none() {
                self.job = Some(super::Job::Reload { position: None, tell: false });
            }
            return self.tell(&Event::Failed { id: next.id, cause: failure.cause, sentence: failure.sentence });
        }
        // A decoder that is begun anew in the last block of a track finds nothing to decode there.
        let place = current.position.max(current.target);
        let at_end = current.duration.is_some_and(|duration| place + LAST_BLOCK >= duration);
        if current.started && at_end && error.kind::<gst::StreamError>().is_some() {
            return self.ended();
        }
        let failure = failure::of_error(&error, current.is_stream(), current.still_there(), current.lacking.as_deref());
        self.fail(failure)
    }
}

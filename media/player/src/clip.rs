//! A track ends at its last sample. GStreamer cuts the padding of the last block by times that are rounded down to a nanosecond,
//! which leaves some Vorbis files one sample too long: a step where the next track begins.

use std::sync::{Mutex, PoisonError};

use gstreamer as gst;
use gstreamer_audio as gst_audio;
use gst::ClockTime;
use gst::prelude::*;

#[derive(Default)]
struct State {
    segment: gst::FormattedSegment<ClockTime>,
    /// Samples a second, and bytes of one with all its channels.
    shape: Option<(u32, u32)>,
}

/// The sample that is nearest to a time.
fn nearest(time: ClockTime, rate: u32) -> u64 {
    let second = u128::from(ClockTime::SECOND.nseconds());
    u64::try_from((u128::from(time.nseconds()) * u128::from(rate) + second / 2) / second).unwrap_or(u64::MAX)
}

/// How many of `samples` that begin at `start` lie before `stop`.
fn inside(start: ClockTime, samples: u64, stop: ClockTime, rate: u32) -> u64 {
    samples.min(nearest(stop, rate).saturating_sub(nearest(start, rate)))
}

impl State {
    fn event(&mut self, event: &gst::EventRef) {
        match event.view() {
            gst::EventView::Segment(segment) => {
                if let Some(segment) = segment.segment().downcast_ref::<ClockTime>() {
                    self.segment = segment.clone();
                }
            }
            gst::EventView::Caps(caps) => {
                self.shape = gst_audio::AudioInfo::from_caps(caps.caps())
                    .ok()
                    .filter(|info| info.layout() == gst_audio::AudioLayout::Interleaved)
                    .map(|info| (info.rate(), info.bpf()));
            }
            _ => {}
        }
    }

    /// The bytes of the buffer that belong to the track, if not all of them do.
    fn cut(&self, buffer: &gst::BufferRef) -> Option<usize> {
        let (rate, width) = self.shape.filter(|(rate, width)| *rate > 0 && *width > 0)?;
        let (start, stop) = (buffer.pts()?, self.segment.stop()?);
        let samples = buffer.size() as u64 / u64::from(width);
        let kept = inside(start, samples, stop, rate);
        // More than a few samples too many is no rounding: whoever sends that means it.
        (kept < samples && samples - kept < 4).then(|| usize::try_from(kept * u64::from(width)).ok()).flatten()
    }
}

/// Cuts what flows through `pad`.
pub fn at(pad: &impl IsA<gst::Pad>) {
    let state = Mutex::new(State::default());
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut info.data {
            Some(gst::PadProbeData::Event(event)) => state.event(event),
            Some(gst::PadProbeData::Buffer(buffer)) => match state.cut(buffer) {
                Some(0) => return gst::PadProbeReturn::Drop,
                Some(bytes) => {
                    if let Ok(whole) = buffer.copy_region(gst::BufferCopyFlags::all(), 0..bytes) {
                        *buffer = whole;
                    }
                }
                None => {}
            },
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_rounded_down_is_the_sample_it_was_made_from() {
        for rate in [8_000, 44_100, 48_000, 96_000] {
            for sample in [0_u64, 1, 881_999, 882_000, 882_001, 123_456_789] {
                let time = ClockTime::from_nseconds(sample * 1_000_000_000 / u64::from(rate));
                assert_eq!(nearest(time, rate), sample, "{rate}");
            }
        }
        let at = |sample: u64| ClockTime::from_nseconds(sample * 1_000_000_000 / 44_100);
        assert_eq!(inside(at(881_344), 657, at(882_000), 44_100), 656);
        assert_eq!(inside(at(881_344), 656, at(882_000), 44_100), 656);
        assert_eq!(inside(at(882_000), 3, at(882_000), 44_100), 0);
    }
}

//! The blocks in which samples come from a decoder.
//!
//! A track ends at its last sample: GStreamer cuts the padding of the last block by times that are rounded down to a nanosecond,
//! which leaves some Vorbis files one sample too long, a step where the next track begins. And FLAC's blocks of 93 ms are cut
//! into pieces, because a fade can begin no earlier than the next block.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gst::ClockTime;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_audio as gst_audio;

/// The longest piece, samples.
const PIECE: u64 = 1024;

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

    /// The samples that belong to the track, and whether that is all of them.
    fn kept(&self, buffer: &gst::BufferRef) -> Option<Kept> {
        let (rate, width) = self.shape.filter(|(rate, width)| *rate > 0 && *width > 0)?;
        let start = buffer.pts()?;
        let samples = buffer.size() as u64 / u64::from(width);
        let kept = self.segment.stop().map_or(samples, |stop| inside(start, samples, stop, rate));
        // More than a few samples too many is no rounding: whoever sends that means it.
        let kept = if samples - kept < 4 { kept } else { samples };
        Some(Kept { start, rate, width, samples, kept })
    }
}

struct Kept {
    start: ClockTime,
    rate: u32,
    width: u32,
    samples: u64,
    kept: u64,
}

impl Kept {
    fn is_well(&self) -> bool {
        self.kept == self.samples && self.samples <= PIECE
    }

    fn piece(&self, whole: &gst::BufferRef, from: u64) -> Option<gst::Buffer> {
        let to = (from + PIECE).min(self.kept);
        let at = |sample: u64| sample.checked_mul(u64::from(self.width)).and_then(|byte| usize::try_from(byte).ok());
        let mut piece = whole.copy_region(gst::BufferCopyFlags::all(), at(from)?..at(to)?).ok()?;
        let time = |sample: u64| sample.mul_div_floor(ClockTime::SECOND.nseconds(), u64::from(self.rate));
        let (begins, ends) = (time(from)?, time(to)?);
        let about = piece.make_mut();
        about.set_pts(self.start + ClockTime::from_nseconds(begins));
        about.set_duration(ClockTime::from_nseconds(ends - begins));
        if from > 0 {
            about.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        }
        Some(piece)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cuts what flows into `pad`, a sink pad.
pub fn at(pad: &impl IsA<gst::Pad>) {
    let state = Mutex::new(State::default());
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
        let (kept, whole) = match &info.data {
            Some(gst::PadProbeData::Event(event)) => {
                lock(&state).event(event);
                return gst::PadProbeReturn::Ok;
            }
            Some(gst::PadProbeData::Buffer(buffer)) => match lock(&state).kept(buffer) {
                Some(kept) if !kept.is_well() => (kept, buffer.clone()),
                _ => return gst::PadProbeReturn::Ok,
            },
            _ => return gst::PadProbeReturn::Ok,
        };
        let mut from = 0;
        info.flow_res = Ok(gst::FlowSuccess::Ok);
        while from < kept.kept {
            let Some(piece) = kept.piece(&whole, from) else { return gst::PadProbeReturn::Ok };
            // It comes by here again, and is well then.
            info.flow_res = pad.chain(piece);
            if info.flow_res.is_err() {
                break;
            }
            from += PIECE;
        }
        info.data = None;
        gst::PadProbeReturn::Handled
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

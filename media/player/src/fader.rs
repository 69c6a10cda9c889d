//! Volume without clicks: every change is a ramp, begun at the very sample that comes next.
//!
//! The ramp is a GStreamer controller on a `volume` element. Its points are set in that element's streaming thread, before each
//! buffer; set from elsewhere they could land in the middle of a buffer that was already being scaled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::ClockTime;
use gst::prelude::*;
use gst_controller::prelude::*;
use gstreamer as gst;
use gstreamer_controller as gst_controller;

use crate::tap::Counter;

/// The arithmetic of one ramp, in the stream's own time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ramp {
    /// The gain at the end of what has passed.
    gain: f64,
    target: f64,
    /// What is left of the way, stream time.
    left: ClockTime,
    /// Where the target was reached.
    reached: Option<ClockTime>,
}

impl Ramp {
    /// What the controller must know for the buffer from `start`; then the buffer has passed.
    fn pass(&mut self, start: ClockTime, length: ClockTime) -> [(ClockTime, f64); 2] {
        let points = [(start, self.gain), (start + self.left, self.target)];
        if length >= self.left {
            if self.reached.is_none() {
                self.reached = Some(start + self.left);
            }
            self.gain = self.target;
            self.left = ClockTime::ZERO;
        } else {
            self.gain += (self.target - self.gain) * length.nseconds() as f64 / self.left.nseconds() as f64;
            self.left -= length;
        }
        points
    }
}

#[derive(Debug)]
struct State {
    ramp: Ramp,
    counter: Counter,
    segment: gst::FormattedSegment<ClockTime>,
    /// The controller's points do not fit what comes next.
    stale: bool,
}

#[derive(Clone, Debug)]
pub struct Fader {
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fader {
    /// Takes hold of the `volume` property of `volume`.
    ///
    /// # Errors
    /// The element has no such pad or property.
    pub fn on(volume: &gst::Element) -> Result<Self, gst::glib::BoolError> {
        let points = gst_controller::InterpolationControlSource::new();
        points.set_mode(gst_controller::InterpolationMode::Linear);
        volume.add_control_binding(&gst_controller::DirectControlBinding::new_absolute(volume, "volume", &points))?;
        let state = Arc::new(Mutex::new(State {
            ramp: Ramp { gain: 1.0, target: 1.0, left: ClockTime::ZERO, reached: None },
            counter: Counter::default(),
            segment: gst::FormattedSegment::new(),
            stale: true,
        }));
        let pad = volume.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("no pad to listen at"))?;
        let seen = state.clone();
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => lock(&seen).pass(buffer, &points),
                Some(gst::PadProbeData::Event(event)) => lock(&seen).event(event),
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
        Ok(Self { state })
    }

    /// The next track is the first again.
    pub fn clear(&self) {
        lock(&self.state).counter = Counter::default();
    }

    /// This gain from the next sample on.
    pub fn jump(&self, gain: f64) {
        let mut state = lock(&self.state);
        state.ramp = Ramp { gain, target: gain, left: ClockTime::ZERO, reached: None };
        state.stale = true;
    }

    /// From whatever the gain is to this one, in this time as it is heard at `rate`.
    pub fn fade(&self, gain: f64, time: Duration, rate: f64) {
        let mut state = lock(&self.state);
        let left = ClockTime::from_nseconds((time.as_nanos() as f64 * rate) as u64);
        state.ramp = Ramp { gain: state.ramp.gain, target: gain, left, reached: None };
        state.stale = true;
    }

    /// Where the last fade reached its end: which track since `clear`, from 1, and its stream time.
    pub fn reached(&self) -> Option<(u64, ClockTime)> {
        let state = lock(&self.state);
        state.ramp.reached.map(|at| (state.counter.tracks(), at))
    }
}

impl State {
    fn event(&mut self, event: &gst::EventRef) {
        match event.view() {
            gst::EventView::StreamStart(start) => {
                self.counter.begins(start.group_id());
            }
            gst::EventView::Segment(segment) => {
                if let Some(segment) = segment.segment().downcast_ref::<ClockTime>() {
                    self.segment = segment.clone();
                    self.stale = true;
                }
            }
            _ => {}
        }
    }

    fn pass(&mut self, buffer: &gst::Buffer, points: &gst_controller::InterpolationControlSource) {
        let Some(start) = buffer.pts().and_then(|pts| self.segment.to_stream_time(pts)) else { return };
        let under_way = self.ramp.left > ClockTime::ZERO || self.ramp.reached.is_none();
        if !under_way && !self.stale {
            return;
        }
        let [from, to] = self.ramp.pass(start, buffer.duration().unwrap_or(ClockTime::ZERO));
        points.unset_all();
        points.set(from.0, from.1);
        // Two points of one time are one point.
        if to.0 > from.0 + ClockTime::USECOND {
            points.set(to.0, to.1);
        } else {
            points.set(from.0, to.1);
        }
        self.stale = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: ClockTime = ClockTime::MSECOND;

    #[test]
    fn a_ramp_goes_on_from_buffer_to_buffer_and_says_where_it_ended() {
        let mut ramp = Ramp { gain: 1.0, target: 0.0, left: 50 * MS, reached: None };
        assert_eq!(ramp.pass(1000 * MS, 20 * MS), [(1000 * MS, 1.0), (1050 * MS, 0.0)]);
        assert!((ramp.gain - 0.6).abs() < 1e-12);
        // The next buffer is of another track, whose time begins anew.
        let points = ramp.pass(ClockTime::ZERO, 20 * MS);
        assert_eq!((points[0].0, points[1]), (ClockTime::ZERO, (30 * MS, 0.0)));
        assert!((ramp.gain - 0.2).abs() < 1e-12);
        assert_eq!(ramp.reached, None);
        ramp.pass(20 * MS, 20 * MS);
        assert_eq!(ramp.gain, 0.0);
        assert_eq!(ramp.reached, Some(30 * MS));
        assert_eq!(ramp.pass(40 * MS, 20 * MS), [(40 * MS, 0.0), (40 * MS, 0.0)]);
        assert_eq!(ramp.reached, Some(30 * MS), "it ended once");
    }
}

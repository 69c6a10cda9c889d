//! What passes into the sink, and when it is heard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gst::ClockTime;
use gst::prelude::*;
use gstreamer as gst;

/// Something that becomes true when the sound that follows it is heard.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A track begins.
    Begins,
    Tags(gst::TagList),
}

/// Tells tracks apart as they flow by: each has a group of its own.
#[derive(Debug, Default)]
pub struct Counter {
    tracks: u64,
    group: Option<gst::GroupId>,
}

impl Counter {
    /// True if this is a track that was not there before.
    pub fn begins(&mut self, group: Option<gst::GroupId>) -> bool {
        let new = self.tracks == 0 || group.is_none() || group != self.group;
        self.group = group;
        self.tracks += u64::from(new);
        new
    }

    pub fn tracks(&self) -> u64 {
        self.tracks
    }
}

/// The last buffer that passed.
#[derive(Debug)]
struct Last {
    /// Stream times.
    starts: ClockTime,
    ends: ClockTime,
    /// The running time at which it starts.
    running: ClockTime,
}

#[derive(Debug, Default)]
struct State {
    segment: gst::FormattedSegment<ClockTime>,
    counter: Counter,
    /// Waiting for their first buffer.
    before: Vec<Mark>,
    /// With the running time from which they hold.
    marks: VecDeque<(ClockTime, Mark)>,
    last: Option<Last>,
}

#[derive(Clone, Debug)]
pub struct Tap {
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tap {
    /// Listens at `pad`, the sink's; `news` is called from the streaming thread when something will have to be told.
    pub fn on(pad: &gst::Pad, news: impl Fn() + Send + Sync + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let seen = state.clone();
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::EVENT_FLUSH;
        pad.add_probe(kinds, move |_, info| {
            match &info.data {
                Some(gst::PadProbeData::Buffer(buffer)) if lock(&seen).buffer(buffer) => news(),
                Some(gst::PadProbeData::Event(event)) => lock(&seen).event(event),
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
        Self { state }
    }

    /// Everything before a new load is forgotten.
    pub fn clear(&self) {
        *lock(&self.state) = State::default();
    }

    /// What holds at this running time, in order; without a time everything.
    pub fn due(&self, now: Option<ClockTime>) -> Vec<Mark> {
        let mut state = lock(&self.state);
        let mut due = Vec::new();
        while let Some((at, _)) = state.marks.front() {
            if now.is_some_and(|now| now < *at) {
                break;
            }
            due.extend(state.marks.pop_front().map(|(_, mark)| mark));
        }
        due
    }

    /// The running time of the next mark.
    pub fn next(&self) -> Option<ClockTime> {
        lock(&self.state).marks.front().map(|(at, _)| *at)
    }

    /// How many tracks have begun to arrive since the load.
    pub fn tracks(&self) -> u64 {
        lock(&self.state).counter.tracks()
    }

    /// Whether all before this stream time of this track has been handed on to a sink that plays at once what it gets.
    pub fn passed(&self, track: u64, stream_time: ClockTime) -> bool {
        let state = lock(&self.state);
        let Some(last) = &state.last else { return false };
        state.counter.tracks() > track || state.counter.tracks() == track && last.starts >= stream_time
    }

    /// The running time at which this stream time of this track is heard, if that part has arrived.
    pub fn heard_at(&self, track: u64, stream_time: ClockTime) -> Option<ClockTime> {
        let state = lock(&self.state);
        let last = state.last.as_ref()?;
        if state.counter.tracks() > track {
            return Some(last.running);
        }
        if state.counter.tracks() < track || last.ends < stream_time {
            return None;
        }
        state.segment.position_from_stream_time(stream_time).and_then(|at| state.segment.to_running_time(at))
    }
}

impl State {
    fn event(&mut self, event: &gst::EventRef) {
        match event.view() {
            gst::EventView::StreamStart(start) if self.counter.begins(start.group_id()) => {
                self.last = None;
                self.before.push(Mark::Begins);
            }
            gst::EventView::Segment(segment) => {
                if let Some(segment) = segment.segment().downcast_ref::<ClockTime>() {
                    self.segment = segment.clone();
                }
            }
            gst::EventView::Tag(tag) => self.before.push(Mark::Tags(tag.tag_owned())),
            gst::EventView::FlushStop(_) => {
                self.last = None;
                // Running time begins anew; what was waiting to be heard comes again or not at all.
                for (at, _) in &mut self.marks {
                    *at = ClockTime::ZERO;
                }
            }
            _ => {}
        }
    }

    fn buffer(&mut self, buffer: &gst::BufferRef) -> bool {
        let Some(pts) = buffer.pts() else { return false };
        let running = self.segment.to_running_time(pts).unwrap_or(ClockTime::ZERO);
        self.last = self.segment.to_stream_time(pts).map(|starts| {
            let end = pts + buffer.duration().unwrap_or(ClockTime::ZERO);
            Last { starts, ends: self.segment.to_stream_time(end).unwrap_or(starts), running }
        });
        let news = !self.before.is_empty();
        self.marks.extend(self.before.drain(..).map(|mark| (running, mark)));
        news
    }
}

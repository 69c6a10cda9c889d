//! Steps from what is to what is wished.

use std::time::Instant;

use gst::ClockTime;
use gst::prelude::*;
use gstreamer as gst;

use super::{
    Current, Engine, EngineError, FADE, FADE_PATIENCE, JUMP_PATIENCE, Job, Phase, SHORT_FADE, STREAM_HOLD,
    STREAM_PATIENCE, Tell, micros,
};
use crate::chain::Extras;
use crate::failure::Failure;
use crate::protocol::{Event, FILE_PATIENCE, ReplayGain};
use crate::sequel::Admitted;

/// What `Settling` may take before the jump is made anyway.
const SETTLE_PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);

/// A load that nobody wants any more is given up when it stands ready, or after this: GStreamer 1.22 locks up if it is taken down at the moment in which it finds
/// out what it reads.
pub(super) const GIVE_UP_AFTER: std::time::Duration = std::time::Duration::from_millis(250);

impl Engine {
    /// The next step towards what is wished, if the phase allows one.
    pub(super) fn step(&mut self) -> Result<(), EngineError> {
        match self.phase {
            Phase::Idle => match self.job.take() {
                Some(Job::Load { track, position }) => self.begin(track, position, Tell::Loaded),
                _ => Ok(()),
            },
            Phase::Loading { since } if since.elapsed() < GIVE_UP_AFTER => Ok(()),
            Phase::Loading { .. } | Phase::Seeking { .. } | Phase::Settling { .. } => match &self.job {
                Some(Job::Load { .. } | Job::Stop) => self.work(),
                _ => Ok(()),
            },
            Phase::Held if self.job.is_some() => self.work(),
            Phase::Held => self.resume(),
            Phase::Sounding => {
                if self.job.is_some() {
                    self.fade_out(SHORT_FADE)
                } else if !self.playing {
                    self.fade_out(FADE)
                } else {
                    Ok(())
                }
            }
            Phase::Fading { until } => {
                if self.job.is_none() && self.playing {
                    self.chain.fader.fade(self.linear(), FADE, self.rate);
                    self.phase = Phase::Sounding;
                    return Ok(());
                }
                if Instant::now() < until && !self.faded() {
                    return Ok(());
                }
                if self.job.is_some() { self.work() } else { self.hold() }
            }
        }
    }

    /// Whether the end of the fade was heard.
    fn faded(&self) -> bool {
        let Some((track, at)) = self.chain.fader.reached() else { return false };
        if !self.outlet.paced || self.outlet.is_recording() {
            return self.tap.passed(track, at);
        }
        let Some(heard_at) = self.tap.heard_at(track, at) else { return false };
        self.running().is_none_or(|now| now >= heard_at)
    }

    fn fade_out(&mut self, time: std::time::Duration) -> Result<(), EngineError> {
        self.chain.fader.fade(0.0, time, self.rate);
        self.phase = Phase::Fading { until: Instant::now() + FADE_PATIENCE };
        Ok(())
    }

    /// Does the job that waits; nothing sounds by now.
    fn work(&mut self) -> Result<(), EngineError> {
        match self.job.take() {
            None => Ok(()),
            Some(Job::Load { track, position }) => self.begin(track, position, Tell::Loaded),
            Some(Job::Stop) => {
                self.give_up();
                Ok(())
            }
            Some(Job::Reload { position, tell }) => self.reload(position, tell),
            Some(Job::Seek { position, tell }) => self.seek(position, tell),
        }
    }

    fn extras(&self) -> Extras {
        Extras { tempo: self.rate != 1.0, gain: self.gain != ReplayGain::Off }
    }

    /// Loads a track; what was there is given up without a word.
    fn begin(&mut self, track: Admitted, position: ClockTime, tell: Tell) -> Result<(), EngineError> {
        self.halt();
        if let Err(error) = self.chain.arrange(self.extras()) {
            tracing::error!(%error, "an extra does not fit into the chain");
        }
        self.chain.set_gain(self.gain);
        if position > ClockTime::ZERO {
            self.chain.fader.jump(0.0);
        } else {
            self.chain.fader.jump(self.linear());
        }
        // At another rate the next track is loaded with a seek: there is no gap to be avoided in speech.
        let jumps = position > ClockTime::ZERO;
        self.sequel.open(track.clone(), self.rate == 1.0, jumps);
        let uri = track.address.uri().to_owned();
        self.current = Some(Current::new(track, position, tell));
        if self.playbin.set_state(gst::State::Ready).is_err() {
            return self.fail(Failure::no_device());
        }
        self.playbin.set_property("uri", uri);
        self.wake_decoder();
        self.phase = Phase::Loading { since: Instant::now() };
        // If it fails, why comes as a message.
        if self.playbin.set_state(gst::State::Paused) == Ok(gst::StateChangeSuccess::NoPreroll) {
            return self.arrived();
        }
        Ok(())
    }

    /// GStreamer 1.22 lets the source run before its decodebin3 is awake; what comes too early is lost without a word, and nothing sounds.
    fn wake_decoder(&self) {
        let Some(player) = self.playbin.downcast_ref::<gst::Bin>() else { return };
        for decoder in player.iterate_all_by_element_factory_name("decodebin3").into_iter().flatten() {
            if decoder.set_state(gst::State::Paused).is_err() {
                tracing::warn!("the decoder does not wake");
            }
        }
    }

    fn reload(&mut self, position: Option<ClockTime>, tell: bool) -> Result<(), EngineError> {
        let Some(before) = self.current.take() else { return Ok(()) };
        let position =
            if before.seekable { position.unwrap_or_else(|| self.standing(&before)) } else { ClockTime::ZERO };
        let tell = if tell { Tell::Seeked } else { Tell::Nothing };
        self.begin(before.track, position, tell)?;
        if let Some(current) = &mut self.current {
            current.started = before.started;
            current.told_playing = before.told_playing;
            current.words = before.words;
            current.blamed = before.blamed;
        }
        Ok(())
    }

    /// A jump in a stream came to nothing: it is heard from its start.
    pub(super) fn start_over(&mut self, before: Current) -> Result<(), EngineError> {
        tracing::warn!(id = before.track.id, "the server sends no later part");
        self.begin(before.track, ClockTime::ZERO, Tell::Loaded)?;
        if let Some(current) = &mut self.current {
            (current.unjumpable, current.started) = (true, before.started);
            (current.told_playing, current.words) = (before.told_playing, before.words);
        }
        Ok(())
    }

    /// Where the track stands: the end of the last fade, or what the sink says.
    fn standing(&self, current: &Current) -> ClockTime {
        let faded = match self.phase {
            Phase::Fading { .. } => self.chain.fader.reached().filter(|(track, _)| *track == self.tap.tracks()),
            _ => None,
        };
        faded.map(|(_, at)| at).or_else(|| self.playbin.query_position::<ClockTime>()).unwrap_or(current.position)
    }

    /// The first sample lies ready, or the jump has been made.
    pub(super) fn arrived(&mut self) -> Result<(), EngineError> {
        match self.phase {
            Phase::Loading { .. } => {
                self.measure();
                let rate = self.rate;
                let Some(current) = &mut self.current else { return Ok(()) };
                if current.has_sound == Some(false) {
                    return self.fail(Failure::no_sound_in_it());
                }
                if current.seekable && (current.target > ClockTime::ZERO || rate != 1.0) {
                    let target = current.target.min(current.duration.unwrap_or(current.target));
                    return self.jump(target);
                }
                self.sequel.release();
                if current.target > ClockTime::ZERO {
                    current.target = ClockTime::ZERO;
                    self.chain.fader.fade(self.linear(), FADE, self.rate);
                }
                self.stand()
            }
            Phase::Seeking { .. } => self.stand(),
            Phase::Settling { .. } => self.settled(),
            _ => Ok(()),
        }
    }

    /// A flushing jump; `arrived` is told when it is done.
    fn jump(&mut self, position: ClockTime) -> Result<(), EngineError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        current.target = position;
        let from_start = position == ClockTime::ZERO;
        self.chain.fader.jump(if from_start { self.linear() } else { 0.0 });
        let sounds = self.playing && self.phase != Phase::Held;
        self.chain.fader.fade(self.linear(), if sounds { SHORT_FADE } else { FADE }, self.rate);
        self.phase = Phase::Seeking { since: Instant::now() };
        let jumped = self.playbin.seek(
            self.rate,
            gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE,
            gst::SeekType::Set,
            position,
            gst::SeekType::None,
            ClockTime::NONE,
        );
        self.sequel.release();
        if jumped.is_err() {
            tracing::warn!("a jump was refused");
            return self.stand();
        }
        Ok(())
    }

    /// It stands where it should: tells so, and goes on as wished.
    fn stand(&mut self) -> Result<(), EngineError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let id = current.track.id;
        current.position = current.target;
        let event = match std::mem::replace(&mut current.tell, Tell::Nothing) {
            Tell::Nothing => None,
            Tell::Loaded => {
                Some(Event::Loaded { id, duration_us: current.duration.map(micros), seekable: current.seekable })
            }
            Tell::Seeked => Some(Event::Seeked { id, position_us: micros(current.target) }),
        };
        let sounds = self.playbin.current_state() == gst::State::Playing;
        self.phase = if sounds { Phase::Sounding } else { Phase::Held };
        if let Some(event) = event {
            self.tell(&event)?;
        }
        if self.job.is_none() && !self.playing {
            self.tell_playing(false)?;
        }
        Ok(())
    }

    /// Sounds, if it is wished and there is enough to sound.
    fn resume(&mut self) -> Result<(), EngineError> {
        if !self.playing {
            return Ok(());
        }
        let Some(current) = &self.current else { return Ok(()) };
        if current.buffered < 100 {
            return Ok(());
        }
        if current.is_endless() && current.told_playing == Some(false) && current.held_at.elapsed() > STREAM_HOLD {
            return self.reload(None, false);
        }
        self.phase = Phase::Sounding;
        self.next_position = Instant::now() + super::POSITION_EVERY;
        // If it fails, why comes as a message.
        let _ = self.playbin.set_state(gst::State::Playing);
        self.tell_playing(true)
    }

    fn tell_playing(&mut self, playing: bool) -> Result<(), EngineError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if !playing && current.told_playing != Some(false) {
            current.held_at = Instant::now();
        }
        if current.told_playing.replace(playing) == Some(playing) {
            return Ok(());
        }
        let id = current.track.id;
        self.tell(&Event::Sounding { id, playing })
    }

    /// It has fallen silent: holds.
    fn hold(&mut self) -> Result<(), EngineError> {
        let changed = self.playbin.set_state(gst::State::Paused);
        self.phase = Phase::Settling { since: Instant::now() };
        if changed == Ok(gst::StateChangeSuccess::Async) { Ok(()) } else { self.settled() }
    }

    /// It holds. What was lost in silence after the fade is fetched back by a jump to where the fade ended.
    fn settled(&mut self) -> Result<(), EngineError> {
        let marks = self.tap.due(None);
        self.hear(marks)?;
        let faded = self.chain.fader.reached().filter(|(track, _)| *track == self.tap.tracks());
        let Some(current) = &mut self.current else { return Ok(()) };
        match faded {
            Some((_, at)) if current.seekable => {
                current.position = at;
                if self.sequel.hold() {
                    self.phase = Phase::Held;
                    self.jump(at)
                } else {
                    self.reload(Some(at), false)
                }
            }
            _ => {
                current.target = current.position;
                self.chain.fader.fade(self.linear(), FADE, self.rate);
                self.stand()
            }
        }
    }

    /// A jump that was ordered.
    fn seek(&mut self, position: ClockTime, tell: bool) -> Result<(), EngineError> {
        let rearranged = self.extras() != self.chain.extras();
        let Some(current) = &mut self.current else { return Ok(()) };
        if !current.seekable {
            let position = self.playbin.query_position::<ClockTime>().unwrap_or(ClockTime::ZERO);
            let id = current.track.id;
            if matches!(self.phase, Phase::Fading { .. }) {
                self.chain.fader.fade(self.linear(), SHORT_FADE, self.rate);
                self.phase = Phase::Sounding;
            }
            return if tell { self.tell(&Event::Seeked { id, position_us: micros(position) }) } else { Ok(()) };
        }
        let position = position.min(current.duration.unwrap_or(position));
        if rearranged || !self.sequel.hold() {
            // GStreamer has the next track in its pipes already; a jump in this one would lose one of the two.
            return self.reload(Some(position), tell);
        }
        current.tell = if tell { Tell::Seeked } else { Tell::Nothing };
        self.jump(position)
    }

    /// Ends what does not come to an end by itself.
    pub(super) fn lose_patience(&mut self) -> Result<(), EngineError> {
        let Some(current) = &self.current else { return Ok(()) };
        let (stream, patience) = if current.is_stream() { (true, STREAM_PATIENCE) } else { (false, FILE_PATIENCE) };
        match self.phase {
            Phase::Seeking { since } if stream && !current.unjumpable && since.elapsed() > JUMP_PATIENCE => {
                self.fail(Failure::silent_server())
            }
            Phase::Loading { since } | Phase::Seeking { since } if since.elapsed() > patience => {
                let jumps = current.started && matches!(self.phase, Phase::Seeking { .. });
                self.fail(match (stream, jumps) {
                    (true, _) => Failure::silent_server(),
                    (false, true) => Failure::slow_jump(),
                    (false, false) => Failure::slow(),
                })
            }
            Phase::Settling { since } if since.elapsed() > SETTLE_PATIENCE => self.settled(),
            Phase::Held if self.playing && current.buffered < 100 && current.buffered_at.elapsed() > patience => {
                self.fail(Failure::stopped_sending())
            }
            _ => Ok(()),
        }
    }

    /// Heard to its end: goes on with what follows, if anything does.
    pub(super) fn ended(&mut self) -> Result<(), EngineError> {
        let marks = self.tap.due(None);
        self.hear(marks)?;
        let next = self.sequel.successor();
        let Some(current) = &self.current else { return Ok(()) };
        let id = current.track.id;
        if let Some(Job::Load { .. } | Job::Stop) = self.job {
            return self.work();
        }
        self.job = None;
        if current.is_endless() {
            return self.fail(Failure::stopped_sending());
        }
        match next {
            Some(next) => {
                self.begin(next, ClockTime::ZERO, Tell::Nothing)?;
                if let Some(current) = &mut self.current {
                    current.told_playing = Some(true);
                }
                Ok(())
            }
            None => {
                self.give_up();
                self.tell(&Event::Ended { id })
            }
        }
    }
}

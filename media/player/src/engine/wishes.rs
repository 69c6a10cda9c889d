//! Orders.

use gst::ClockTime;
use gstreamer as gst;

use super::{Engine, EngineError, FADE, Job, Phase};
use crate::address;
use crate::failure::Failure;
use crate::protocol::{Event, Order, Track};
use crate::sequel::{Admitted, Answered};

const SLOWEST: f64 = 0.5;
const FASTEST: f64 = 2.0;

/// No recording is longer; GStreamer's times end at 584 years.
const LONGEST: ClockTime = ClockTime::from_seconds(100 * 24 * 3600);

fn time(position_us: i64) -> ClockTime {
    ClockTime::from_useconds(position_us.max(0).unsigned_abs().min(LONGEST.useconds()))
}

impl Engine {
    pub(super) fn order(&mut self, order: Order) -> Result<(), EngineError> {
        match order {
            Order::Load { track, position_us, playing } => {
                let id = track.id;
                match self.admit(track) {
                    Ok(track) => {
                        self.playing = playing;
                        self.job = Some(Job::Load { track, position: time(position_us) });
                    }
                    Err(failure) => {
                        // What sounded was to be given up in any case.
                        self.playing = false;
                        self.job = Some(Job::Stop);
                        self.tell_failed(id, failure)?;
                    }
                }
            }
            Order::Follow { after, track } => self.follow(after, track)?,
            Order::Play => self.playing = true,
            Order::Pause => self.playing = false,
            Order::Stop => {
                self.playing = false;
                self.job = Some(Job::Stop);
            }
            Order::Seek { position_us } => self.seek_to(time(position_us)),
            Order::Rate { rate } => {
                let rate = rate.clamp(SLOWEST, FASTEST);
                if rate != self.rate {
                    self.rate = rate;
                    self.anew();
                }
            }
            Order::Volume { volume } => {
                self.volume = volume.clamp(0.0, 1.0);
                if !matches!(self.phase, Phase::Fading { .. }) {
                    self.chain.fader.fade(self.linear(), FADE, self.rate);
                }
            }
            Order::Gain { mode } => {
                if mode != self.gain {
                    self.gain = mode;
                    self.anew();
                }
            }
            Order::Ping { number } => self.tell(&Event::Alive { number })?,
        }
        Ok(())
    }

    fn admit(&self, track: Track) -> Result<Admitted, Failure> {
        Ok(Admitted { id: track.id, address: address::admit(&track.uri, self.network)? })
    }

    fn tell_failed(&mut self, id: u64, failure: Failure) -> Result<(), EngineError> {
        self.tell(&Event::Failed { id, cause: failure.cause, sentence: failure.sentence })
    }

    fn follow(&mut self, after: u64, track: Option<Track>) -> Result<(), EngineError> {
        let mut refused = None;
        let next = track.and_then(|track| {
            let id = track.id;
            self.admit(track).map_err(|failure| refused = Some((id, failure))).ok()
        });
        if self.sequel.answer(after, next) == Answered::TooLate && self.job.is_none() {
            self.job = Some(Job::Reload { position: None, tell: false });
        }
        match refused {
            Some((id, failure)) => self.tell_failed(id, failure),
            None => Ok(()),
        }
    }

    fn seek_to(&mut self, to: ClockTime) {
        match &mut self.job {
            Some(Job::Load { position, .. }) => *position = to,
            Some(Job::Reload { position, tell }) => (*position, *tell) = (Some(to), true),
            Some(Job::Stop) => {}
            Some(Job::Seek { .. }) | None => {
                if self.phase != Phase::Idle {
                    self.job = Some(Job::Seek { position: to, tell: true });
                }
            }
        }
    }

    /// The chain or the rate has changed: the same track once more, where it is.
    fn anew(&mut self) {
        if self.phase == Phase::Idle {
            return;
        }
        match &self.job {
            None => self.job = Some(Job::Reload { position: None, tell: false }),
            Some(Job::Seek { position, tell }) => {
                self.job = Some(Job::Reload { position: Some(*position), tell: *tell });
            }
            Some(Job::Load { .. } | Job::Reload { .. } | Job::Stop) => {}
        }
    }
}

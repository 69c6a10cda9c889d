//! The one thread that drives the pipeline: orders and GStreamer's messages come in by one channel, events go out.
//!
//! What is wished (a job, playing or held) and what is (the phase) are kept apart; [`Engine::step`] takes the next step from one to
//! the other. Nothing here waits for GStreamer, except that READY and NULL are reached before `set_state` returns: if a decoder hangs
//! in that, `Ping` is not answered, and the service ends this process.

mod load;
mod messages;
mod wishes;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use gst::ClockTime;
use gst::prelude::*;
use gstreamer as gst;

use load::GIVE_UP_AFTER;

use crate::address::Address;
use crate::chain::Chain;
use crate::faad;
use crate::failure::Failure;
use crate::orders::Line;
use crate::outlet::Outlet;
use crate::protocol::{Event, ReplayGain};
use crate::sequel::{Admitted, Sequel};
use crate::tags::Words;
use crate::tap::{Mark, Tap};

/// Pause and play.
const FADE: Duration = Duration::from_millis(50);
/// Jumps and skips: long enough to be no click, short enough to be no wait.
const SHORT_FADE: Duration = Duration::from_millis(10);
/// After this a fade is over even if nothing was heard of it.
const FADE_PATIENCE: Duration = Duration::from_millis(500);
/// How often a fade is looked at.
const FADE_LOOK: Duration = Duration::from_millis(5);
const POSITION_EVERY: Duration = Duration::from_millis(250);
/// A server that neither answers nor fills the buffer.
const STREAM_PATIENCE: Duration = Duration::from_secs(20);
/// A server that was asked for a later part and sends nothing sends it from the start or not at all.
const JUMP_PATIENCE: Duration = Duration::from_secs(4);
/// How much of a stream is read ahead.
const STREAM_BUFFER: ClockTime = ClockTime::from_seconds(2);
/// An endless stream held for longer goes on with what is sent now.
const STREAM_HOLD: Duration = Duration::from_secs(5);

/// `GstPlayFlags`: sound, as it is decoded (the chain is ours), buffered where it comes from a network. No pictures, no subtitles, no visualisation.
const FLAGS: &str = "audio+native-audio+buffering";

/// What the engine's thread hears.
#[derive(Debug)]
pub enum Input {
    Line(Line),
    /// From the pipeline, and in which load.
    Message(u64, gst::Message),
    /// The streaming thread wants to know what follows.
    Asks(u64),
    /// There is something at the tap.
    News,
}

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("an element that always is needed is not installed")]
    Incomplete(#[from] gst::glib::BoolError),
    #[error("the sink does not open")]
    Sink(#[from] gst::StateChangeError),
    #[error("nobody reads the events")]
    Unread(#[from] std::io::Error),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Idle,
    /// On the way to the first sample.
    Loading {
        since: Instant,
    },
    /// A jump is under way.
    Seeking {
        since: Instant,
    },
    /// On the way from playing to held.
    Settling {
        since: Instant,
    },
    Held,
    Sounding,
    Fading {
        until: Instant,
    },
}

/// What is to be done as soon as the phase allows.
#[derive(Clone, Debug, PartialEq)]
enum Job {
    Load {
        track: Admitted,
        position: ClockTime,
    },
    /// The same track anew, at a position or where it is.
    Reload {
        position: Option<ClockTime>,
        tell: bool,
    },
    Seek {
        position: ClockTime,
        tell: bool,
    },
    Stop,
}

/// What is told when the phase that is under way has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Nothing,
    Loaded,
    Seeked,
}

/// The track that is heard, or will be next.
#[derive(Debug)]
struct Current {
    track: Admitted,
    /// Where a load begins.
    target: ClockTime,
    tell: Tell,
    started: bool,
    duration: Option<ClockTime>,
    seekable: bool,
    /// What the last `Sounding` said.
    told_playing: Option<bool>,
    words: Words,
    /// The decoder that is missing for something in it.
    lacking: Option<String>,
    has_sound: Option<bool>,
    /// Percent.
    buffered: u8,
    buffered_at: Instant,
    held_at: Instant,
    /// The last position that was true.
    position: ClockTime,
    /// An error was once blamed on its successor.
    blamed: bool,
    /// It is about to be loaded anew because of that.
    mends: bool,
    /// A jump in it came to nothing: its server sends it from the start or not at all.
    unjumpable: bool,
}

pub struct Engine {
    playbin: gst::Element,
    chain: Chain,
    outlet: Outlet,
    tap: Tap,
    sequel: Sequel,
    /// Which pipeline this is; messages of others are old.
    epoch: u64,
    network: bool,
    sender: mpsc::Sender<Input>,
    input: mpsc::Receiver<Input>,
    output: Box<dyn std::io::Write>,
    phase: Phase,
    current: Option<Current>,
    job: Option<Job>,
    playing: bool,
    volume: f64,
    rate: f64,
    gain: ReplayGain,
    next_position: Instant,
}

impl Engine {
    /// A pipeline that plays to `outlet`; `sender` is the other end of `input`.
    ///
    /// # Errors
    /// [`EngineError`] if GStreamer is not complete, or the sink does not open.
    pub fn new(
        outlet: Outlet,
        network: bool,
        sender: mpsc::Sender<Input>,
        input: mpsc::Receiver<Input>,
        output: Box<dyn std::io::Write>,
    ) -> Result<Self, EngineError> {
        let chain = Chain::new(&outlet)?;
        let pad = chain.sink.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a sink without a pad"))?;
        let news = sender.clone();
        let tap = Tap::on(&pad, move || drop(news.send(Input::News)));
        let sequel = Sequel::default();
        let playbin = playbin(&chain, &sequel, 0, &sender)?;
        Ok(Self {
            playbin,
            chain,
            outlet,
            tap,
            sequel,
            epoch: 0,
            network,
            sender,
            input,
            output,
            phase: Phase::Idle,
            current: None,
            job: None,
            playing: false,
            volume: 1.0,
            rate: 1.0,
            gain: ReplayGain::Off,
            next_position: Instant::now(),
        })
    }

    /// Plays until the input is closed. True if it was closed, false if it was not ours to read.
    ///
    /// # Errors
    /// [`EngineError::Unread`].
    pub fn run(&mut self) -> Result<bool, EngineError> {
        loop {
            let heard = match self.patience() {
                None => self.input.recv().ok(),
                Some(patience) => match self.input.recv_timeout(patience) {
                    Ok(input) => Some(input),
                    Err(mpsc::RecvTimeoutError::Timeout) => Some(Input::News),
                    Err(mpsc::RecvTimeoutError::Disconnected) => None,
                },
            };
            match heard {
                None | Some(Input::Line(Line::Closed)) => return Ok(true),
                Some(Input::Line(Line::TooLong)) => {
                    tracing::error!("a line is too long");
                    return Ok(false);
                }
                Some(Input::Line(Line::Unknown(why))) => tracing::error!(why, "not an order"),
                Some(Input::Line(Line::Order(order))) => self.order(order)?,
                Some(Input::Message(epoch, message)) => {
                    if epoch == self.epoch {
                        self.message(&message)?;
                    }
                }
                Some(Input::Asks(id)) => self.tell(&Event::WantsNext { id })?,
                Some(Input::News) => {}
            }
            self.listen()?;
            self.lose_patience()?;
            self.step()?;
        }
    }

    /// Gives everything back.
    pub fn close(&mut self) {
        self.sequel.close();
        let _ = self.playbin.set_state(gst::State::Null);
    }

    fn tell(&mut self, event: &Event) -> Result<(), EngineError> {
        Ok(crate::orders::write(&mut self.output, event)?)
    }

    fn linear(&self) -> f64 {
        self.volume.powi(3)
    }

    /// How long until there is something to do by itself.
    fn patience(&self) -> Option<Duration> {
        let now = Instant::now();
        match self.phase {
            Phase::Idle => None,
            Phase::Fading { .. } => Some(FADE_LOOK),
            Phase::Settling { .. } => Some(FADE_LOOK * 4),
            Phase::Loading { since } if matches!(self.job, Some(Job::Load { .. } | Job::Stop)) => {
                Some(GIVE_UP_AFTER.saturating_sub(since.elapsed()))
            }
            Phase::Loading { .. } | Phase::Seeking { .. } => Some(POSITION_EVERY),
            Phase::Held if self.playing => Some(POSITION_EVERY),
            Phase::Held => None,
            Phase::Sounding => {
                let position = self.next_position.saturating_duration_since(now);
                let mark = match (self.tap.next(), self.running()) {
                    (Some(mark), Some(running)) => Duration::from(mark.saturating_sub(running)),
                    // The clock starts with the next message.
                    (Some(_), None) => FADE_LOOK,
                    (None, _) => position,
                };
                Some(position.min(mark).max(Duration::from_millis(1)))
            }
        }
    }

    /// The running time of what is heard; none where there is no pace or no clock yet.
    fn running(&self) -> Option<ClockTime> {
        self.playbin.current_running_time()
    }

    /// Tells what has become true at the sink, and where it is.
    fn listen(&mut self) -> Result<(), EngineError> {
        if !matches!(self.phase, Phase::Sounding | Phase::Fading { .. }) {
            return Ok(());
        }
        let due = match self.running() {
            _ if !self.outlet.paced => self.tap.due(None),
            Some(now) => self.tap.due(Some(now)),
            None => Vec::new(),
        };
        self.hear(due)?;
        if self.phase == Phase::Sounding && Instant::now() >= self.next_position {
            self.next_position = Instant::now() + POSITION_EVERY;
            // What lies between two tracks belongs to neither for sure.
            if self.tap.next().is_none()
                && let Some(position) = self.playbin.query_position::<ClockTime>()
                && let Some(current) = self.current.as_mut().filter(|current| current.started)
            {
                current.position = position;
                let id = current.track.id;
                self.tell(&Event::Position { id, position_us: micros(position) })?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, marks: Vec<Mark>) -> Result<(), EngineError> {
        for mark in marks {
            match mark {
                Mark::Begins => self.begins()?,
                Mark::Tags(list) => {
                    if let Some(current) = &mut self.current
                        && current.words.hear(&list)
                    {
                        let event = current.words.tell(current.track.id);
                        self.tell(&event)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A track's first sample is heard: the one that was loaded, or its successor.
    fn begins(&mut self) -> Result<(), EngineError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if current.started {
            let Some(next) = self.sequel.advance() else { return Ok(()) };
            let mut next = Current::new(next, ClockTime::ZERO, Tell::Nothing);
            next.told_playing = Some(true);
            self.current = Some(next);
            self.measure();
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        current.started = true;
        let event = Event::Started {
            id: current.track.id,
            duration_us: current.duration.map(micros),
            seekable: current.seekable,
        };
        self.tell(&event)
    }

    /// How long it is, and whether one can jump in it.
    fn measure(&mut self) {
        let duration = self.playbin.query_duration::<ClockTime>();
        let mut query = gst::query::Seeking::new(gst::Format::Time);
        let seekable = self.playbin.query(&mut query) && query.result().0;
        if let Some(current) = &mut self.current {
            current.duration = duration.filter(|duration| *duration > ClockTime::ZERO);
            current.seekable = seekable && current.duration.is_some() && !current.unjumpable;
        }
    }

    /// It does not sound, and why.
    fn fail(&mut self, failure: Failure) -> Result<(), EngineError> {
        if matches!(self.phase, Phase::Seeking { .. })
            && let Some(current) = self.current.take_if(|current| current.is_stream() && !current.unjumpable)
        {
            return self.start_over(current);
        }
        let Some(current) = self.current.take() else { return Ok(()) };
        tracing::debug!(id = current.track.id, cause = ?failure.cause, "failed");
        // First the word: giving up waits for a thread that may still be reading from a disk that sleeps.
        self.tell(&Event::Failed { id: current.track.id, cause: failure.cause, sentence: failure.sentence })?;
        self.give_up();
        Ok(())
    }

    /// Nothing flows any more, and messages of what did are not heard.
    fn give_up(&mut self) {
        self.current = None;
        self.phase = Phase::Idle;
        self.halt();
    }

    /// A new pipeline, at the same sink, which stays open. GStreamer 1.22's playbin3 is no good for a second load: after a damaged
    /// file it ends the process by an assertion.
    fn halt(&mut self) {
        self.sequel.close();
        // playbin3 would close it on its way to READY already.
        self.chain.sink.set_locked_state(true);
        if self.chain.sink.set_state(gst::State::Ready).is_err() {
            let _ = self.chain.sink.set_state(gst::State::Null);
        }
        let _ = self.playbin.set_state(gst::State::Null);
        // playsink keeps it too, and would close it when the last message of this pipeline is dropped: in the middle of the next load.
        let player = self.playbin.downcast_ref::<gst::Bin>();
        if let Some(playsink) = player.and_then(|player| player.by_name("playsink")) {
            playsink.set_property("audio-sink", None::<gst::Element>);
        }
        self.playbin.set_property("audio-sink", None::<gst::Element>);
        if let Some(parent) = self.chain.bin.parent().and_downcast::<gst::Bin>() {
            let _ = parent.remove(&self.chain.bin);
        }
        self.chain.sink.set_locked_state(false);
        self.epoch += 1;
        self.tap.clear();
        self.chain.fader.clear();
        match playbin(&self.chain, &self.sequel, self.epoch, &self.sender) {
            Ok(playbin) => self.playbin = playbin,
            Err(error) => tracing::error!(%error, "no new pipeline"),
        }
    }
}

/// A pipeline for one load, and for what follows it without a gap.
fn playbin(
    chain: &Chain,
    sequel: &Sequel,
    epoch: u64,
    sender: &mpsc::Sender<Input>,
) -> Result<gst::Element, gst::glib::BoolError> {
    let playbin = gst::ElementFactory::make("playbin3").name("player").build()?;
    playbin.set_property_from_str("flags", FLAGS);
    playbin.set_property("buffer-duration", STREAM_BUFFER.nseconds() as i64);
    playbin.set_property("audio-sink", &chain.bin);
    let (asked, asks) = (sequel.clone(), sender.clone());
    playbin.connect("about-to-finish", false, move |values| {
        let playbin: gst::Element = values.first()?.get().ok()?;
        asked.next(|after| drop(asks.send(Input::Asks(after))), |uri| playbin.set_property("uri", uri));
        None
    });
    playbin.connect("source-setup", false, |values| {
        let source: gst::Element = values.get(1)?.get().ok()?;
        messages::set_up_source(&source);
        None
    });
    playbin.connect("element-setup", false, |values| {
        faad::put_right(&values.get(1)?.get().ok()?);
        None
    });
    let messages = sender.clone();
    if let Some(bus) = playbin.bus() {
        bus.set_sync_handler(move |_, message| {
            if messages::concerns_us(message) {
                let _ = messages.send(Input::Message(epoch, message.clone()));
            }
            gst::BusSyncReply::Drop
        });
    }
    Ok(playbin)
}

impl Current {
    fn new(track: Admitted, target: ClockTime, tell: Tell) -> Self {
        let now = Instant::now();
        Self {
            track,
            target,
            tell,
            started: false,
            duration: None,
            seekable: false,
            told_playing: None,
            words: Words::default(),
            lacking: None,
            has_sound: None,
            buffered: 100,
            buffered_at: now,
            held_at: now,
            position: target,
            blamed: false,
            mends: false,
            unjumpable: false,
        }
    }

    fn is_stream(&self) -> bool {
        self.track.address.is_stream()
    }

    /// Nobody knows its end: a radio station.
    fn is_endless(&self) -> bool {
        self.is_stream() && self.duration.is_none()
    }

    fn still_there(&self) -> bool {
        match &self.track.address {
            Address::File { path, .. } => path.exists(),
            Address::Stream { .. } => true,
        }
    }
}

fn micros(time: ClockTime) -> i64 {
    i64::try_from(time.useconds()).unwrap_or(i64::MAX)
}

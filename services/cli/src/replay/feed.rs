//! The car's end of the link: a thread that sends the frames of a log, and time with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tandem_can::{Event, Hello, LinkError, Listener, Local, Pace as Clock};
use tandem_frame::Frame;
use tandem_logs::OpenError;
use tandem_units::Nanoseconds;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::log::{Changed, Log};
use super::pace::{Pace, TICK};

/// A silence longer than this is jumped over, in the log as by the clock on the wall.
const LONGEST_SILENCE: u64 = 600_000_000_000;

/// The time is told at least this often, though it be the same.
const LONGEST_NAP: Duration = Duration::from_millis(500);

/// How fast a log is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// Times as fast as it was recorded.
    Times(f64),
    /// As fast as everybody can follow: time waits for them.
    Max,
}

/// Why the feed broke off.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("the recording cannot be read a second time")]
    Log(#[from] OpenError),
    #[error(transparent)]
    Changed(#[from] Changed),
    #[error("the vehicle service left before the log's end")]
    Left,
    #[error("the link's thread ended")]
    Thread,
}

enum Order {
    /// Wait for the vehicle service and tell it of the time 0.
    Meet,
    RunTo(Nanoseconds),
    End,
}

/// The handle to the thread.
pub struct Feed {
    orders: Sender<Order>,
    done: UnboundedReceiver<Result<(), FeedError>>,
    reached: Arc<AtomicU64>,
}

impl Feed {
    /// Starts the thread; it ends with the handle.
    ///
    /// # Errors
    /// The kernel gives us no thread.
    pub fn start(listener: Listener, log: Arc<Log>, speed: Speed) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::channel();
        let (reports, done) = unbounded_channel();
        let reached = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&reached);
        thread::Builder::new()
            .name("link".into())
            .spawn(move || obey(&listener, &log, speed, &inbox, &reports, &shared))?;
        Ok(Self { orders, done, reached })
    }

    /// Waits for the vehicle service and tells it who is there and that the time is 0.
    ///
    /// # Errors
    /// [`FeedError`] if the link breaks.
    pub async fn meet(&mut self) -> Result<(), FeedError> {
        self.give(Order::Meet).await
    }

    /// Sends everything up to this tick and the time itself; at [`Speed::Max`] it has been worked off when this returns.
    ///
    /// # Errors
    /// [`FeedError`] if the link breaks; not at a speed by the wall's clock, where a new service takes its place.
    pub async fn run_to(&mut self, tick: Nanoseconds) -> Result<(), FeedError> {
        self.give(Order::RunTo(tick)).await
    }

    /// Says that the log is at its end.
    ///
    /// # Errors
    /// As [`Feed::run_to`].
    pub async fn end(&mut self) -> Result<(), FeedError> {
        self.give(Order::End).await
    }

    /// The log time that was sent last.
    pub fn time(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.reached)
    }

    async fn give(&mut self, order: Order) -> Result<(), FeedError> {
        self.orders.send(order).map_err(|_| FeedError::Thread)?;
        self.done.recv().await.unwrap_or(Err(FeedError::Thread))
    }
}

fn obey(
    listener: &Listener,
    log: &Log,
    speed: Speed,
    inbox: &Receiver<Order>,
    reports: &UnboundedSender<Result<(), FeedError>>,
    reached: &AtomicU64,
) {
    let mut feeder: Option<Feeder<'_, _>> = None;
    for order in inbox {
        let done = match (feeder.as_mut(), order) {
            (None, _) => begin(listener, log, speed, reached).map(|begun| feeder = Some(begun)),
            (Some(_), Order::Meet) => Ok(()),
            (Some(feeder), Order::RunTo(tick)) => feeder.run_to(tick),
            (Some(feeder), Order::End) => feeder.send(&[Event::End]),
        };
        if reports.send(done).is_err() {
            return;
        }
    }
}

fn begin<'a>(
    listener: &'a Listener,
    log: &Log,
    speed: Speed,
    reached: &'a AtomicU64,
) -> Result<Feeder<'a, impl Iterator<Item = Result<Frame, Changed>> + use<>>, FeedError> {
    let frames = log.frames()?.peekable();
    let link = meet(listener, log.names(), speed, 0)?;
    let pace = if let Speed::Times(times) = speed { Some(Pace::new(times)) } else { None };
    Ok(Feeder { listener, names: log.names(), link, frames, next: TICK, speed, pace, start: Instant::now(), reached })
}

/// Waits for a vehicle service and greets it: it knows who is there and what time it is.
fn meet(listener: &Listener, interfaces: Vec<String>, speed: Speed, now: u64) -> Result<Local, FeedError> {
    let mut link = listener.accept()?;
    let pace = if speed == Speed::Max { Clock::Lockstep } else { Clock::Live };
    link.send(&[Event::Hello(Hello { pace, interfaces }), Event::Advance(now)])?;
    if speed == Speed::Max {
        wait_until_reached(&mut link, now)?;
    } else {
        let mut ear = link.clone();
        // A log cannot answer; but what is not read would fill the socket.
        thread::Builder::new()
            .name("ear".into())
            .spawn(move || while matches!(ear.receive(), Ok(Some(_))) {})
            .map_err(LinkError::Broken)?;
    }
    Ok(link)
}

fn wait_until_reached(link: &mut Local, tick: u64) -> Result<(), FeedError> {
    loop {
        match link.receive()? {
            Some(Event::Reached(reached)) if reached >= tick => return Ok(()),
            Some(_) => {}
            None => return Err(FeedError::Left),
        }
    }
}

struct Feeder<'a, I: Iterator<Item = Result<Frame, Changed>>> {
    listener: &'a Listener,
    names: Vec<String>,
    link: Local,
    frames: std::iter::Peekable<I>,
    /// The next tick to be told.
    next: u64,
    speed: Speed,
    /// None at [`Speed::Max`].
    pace: Option<Pace>,
    start: Instant,
    reached: &'a AtomicU64,
}

impl<I: Iterator<Item = Result<Frame, Changed>>> Feeder<'_, I> {
    fn run_to(&mut self, tick: Nanoseconds) -> Result<(), FeedError> {
        let mut events = Vec::new();
        while self.next <= tick.0 {
            self.jump_over_silence(tick.0);
            let wait = self.pace.as_mut().map(|pace| pace.wait(self.start.elapsed(), Nanoseconds(self.next)));
            self.wait(wait.unwrap_or_default())?;
            events.clear();
            while let Some(frame) =
                self.frames.next_if(|frame| frame.as_ref().map_or(true, |frame| frame.t_ns <= self.next))
            {
                events.push(Event::Frame(frame?));
            }
            events.push(Event::Advance(self.next));
            self.send(&events)?;
            if self.pace.is_none() {
                wait_until_reached(&mut self.link, self.next)?;
            }
            self.reached.store(self.next, Ordering::Relaxed);
            self.next = self.next.saturating_add(TICK);
        }
        Ok(())
    }

    /// Slow is not silent: a service that hears nothing for two seconds takes the car for gone.
    fn wait(&mut self, mut left: Duration) -> Result<(), FeedError> {
        while left > LONGEST_NAP {
            thread::sleep(LONGEST_NAP);
            left -= LONGEST_NAP;
            self.send(&[Event::Advance(self.next - TICK)])?;
        }
        thread::sleep(left);
        Ok(())
    }

    fn jump_over_silence(&mut self, end: u64) {
        let frame = self.frames.peek().and_then(|frame| frame.as_ref().ok()).map_or(end, |frame| frame.t_ns.min(end));
        let tick = super::pace::tick_at(Nanoseconds(frame)).0;
        if tick.saturating_sub(self.next) > LONGEST_SILENCE {
            self.next = tick;
            if let Some(pace) = &mut self.pace {
                pace.jump(self.start.elapsed(), Nanoseconds(tick));
            }
        }
    }

    /// By the wall's clock, a service that died and came back is greeted anew: it missed what was sent meanwhile.
    fn send(&mut self, events: &[Event]) -> Result<(), FeedError> {
        match (self.link.send(events), &self.pace) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) => Err(error.into()),
            (Err(_), Some(_)) => {
                self.link.close();
                self.link = meet(self.listener, self.names.clone(), self.speed, self.next - TICK)?;
                Ok(())
            }
        }
    }
}

impl<I: Iterator<Item = Result<Frame, Changed>>> Drop for Feeder<'_, I> {
    fn drop(&mut self) {
        // The thread that listens shares the socket: without this neither it nor the service would hear of the end.
        self.link.close();
    }
}

#[cfg(test)]
mod tests;

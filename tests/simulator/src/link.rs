//! The car on a link: a service may come, go and come back; the car's time only ever goes forward.

mod interfaces;
mod pace;
mod peer;
#[cfg(test)]
mod tests;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tandem_can::{Event, Hello, LinkError, Listener, Local, Pace};
use tandem_contracts::simulator::State;
use tandem_frame::Frame;
use tracing::{info, warn};

use crate::broadcast::BroadcastError;
use crate::model::STEP_NS;
use crate::virtual_car::{Order, OrderError, VirtualCar};
pub use interfaces::Interfaces;
use pace::Metronome;
use peer::Peer;

/// The service works in ticks of this length and says that it has reached them; what lies between, it need not confirm.
const TICK_NS: u64 = 20_000_000;
/// Live, so many things that were said to the car are heard before its next step, so that no flood stops it.
const HEARD_A_STEP: usize = 256;

/// Something that was said to the car.
pub enum Said {
    /// A service has connected.
    Arrived(Local),
    Frame(u64, Frame),
    Reached(u64, u64),
    /// The connection of that number is over.
    Gone(u64),
    /// A frame on a real interface.
    Overheard(Frame),
    /// No interface can be read any more.
    Unreadable(std::io::Error),
    /// Nobody can connect any more.
    Deaf(LinkError),
    /// Somebody who tests wants something; the answer goes back over the channel.
    Order(Order, tokio::sync::oneshot::Sender<Result<(), OrderError>>),
    /// Somebody asks how the car stands with who gives it orders.
    Report(tokio::sync::oneshot::Sender<State>),
    /// It is time to end.
    Enough,
}

/// Why the car cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("nobody can reach the car any more")]
    Deaf(#[from] LinkError),
    #[error("the interfaces cannot be read any more")]
    Unreadable(#[from] std::io::Error),
    #[error("the car cannot say how it is")]
    Broadcast(#[from] BroadcastError),
}

/// Waits for services on a thread of its own; each one arrives in the mailbox.
pub fn accept(listener: Listener, mailbox: Sender<Said>) {
    std::thread::spawn(move || {
        loop {
            let (said, last) = match listener.accept() {
                Ok(local) => (Said::Arrived(local), false),
                Err(error) => (Said::Deaf(error), true),
            };
            // Once nobody reads the mailbox, the car is over.
            if mailbox.send(said).is_err() || last {
                return;
            }
        }
    });
}

/// Drives until it is told to end, or until the car's time has come to `until_ns`.
///
/// # Errors
/// [`DriveError`]; a service that goes is none.
pub fn drive(
    car: VirtualCar,
    pace: Pace,
    until_ns: Option<u64>,
    mailbox: &Receiver<Said>,
    voice: &Sender<Said>,
) -> Result<(), DriveError> {
    let mut road = Road::new(car, pace, voice);
    let ended = match pace {
        Pace::Live => road.live(mailbox, until_ns),
        Pace::Lockstep => road.lockstep(mailbox, until_ns),
    };
    if let Some(peer) = road.peer.take() {
        match ended {
            Ok(Ended::ByTime) => peer.end(vec![Event::End]),
            _ => peer.end(Vec::new()),
        }
    }
    ended.map(|_| ())
}

/// Drives on real interfaces, in its own time, until it is told to end or its time has come to `until_ns`.
///
/// # Errors
/// [`DriveError`]; an interface that goes is none.
pub fn drive_on(
    interfaces: Interfaces,
    car: VirtualCar,
    until_ns: Option<u64>,
    mailbox: &Receiver<Said>,
    voice: &Sender<Said>,
) -> Result<(), DriveError> {
    let mut road = Road { interfaces: Some(interfaces), ..Road::new(car, Pace::Live, voice) };
    road.live(mailbox, until_ns).map(|_| ())
}

enum Ended {
    ByTime,
    ByWord,
}

struct Road {
    car: VirtualCar,
    pace: Pace,
    peer: Option<Peer>,
    /// How many there have been: the number of the last.
    peers: u64,
    /// How far the service has come, ns.
    reached: u64,
    voice: Sender<Said>,
    events: Vec<Event>,
    interfaces: Option<Interfaces>,
}

impl Road {
    fn new(car: VirtualCar, pace: Pace, voice: &Sender<Said>) -> Self {
        let (voice, events) = (voice.clone(), Vec::new());
        Self { car, pace, peer: None, peers: 0, reached: 0, voice, events, interfaces: None }
    }

    fn live(&mut self, mailbox: &Receiver<Said>, until_ns: Option<u64>) -> Result<Ended, DriveError> {
        let began = Instant::now();
        let mut metronome = Metronome::new(Duration::ZERO);
        loop {
            if until_ns.is_some_and(|until| self.car.now_ns() >= until) {
                return Ok(Ended::ByTime);
            }
            let wait = metronome.wait(began.elapsed());
            if !wait.is_zero() {
                let said = match mailbox.recv_timeout(wait) {
                    Ok(said) => said,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Ok(Ended::ByWord),
                };
                if self.hear(said)? {
                    return Ok(Ended::ByWord);
                }
                continue;
            }
            for said in mailbox.try_iter().take(HEARD_A_STEP) {
                if self.hear(said)? {
                    return Ok(Ended::ByWord);
                }
            }
            self.step()?;
            metronome.stepped();
        }
    }

    fn lockstep(&mut self, mailbox: &Receiver<Said>, until_ns: Option<u64>) -> Result<Ended, DriveError> {
        loop {
            let now = self.car.now_ns();
            if self.peer.is_some() && self.reached >= now - now % TICK_NS {
                if until_ns.is_some_and(|until| now >= until) {
                    return Ok(Ended::ByTime);
                }
                self.step()?;
                continue;
            }
            let Ok(said) = mailbox.recv() else { return Ok(Ended::ByWord) };
            if self.hear(said)? {
                return Ok(Ended::ByWord);
            }
        }
    }

    fn step(&mut self) -> Result<(), DriveError> {
        let mut frames = Vec::new();
        self.car.step(&mut frames)?;
        if let Some(interfaces) = &mut self.interfaces {
            interfaces.tell(&frames);
        }
        let Some(peer) = &self.peer else { return Ok(()) };
        self.events.extend(frames.into_iter().map(Event::Frame));
        self.events.push(Event::Advance(self.car.now_ns()));
        if !peer.tell(std::mem::take(&mut self.events)) {
            warn!("the service does not read; the car goes on without it");
            self.part();
        }
        Ok(())
    }

    /// Whether it is time to end.
    fn hear(&mut self, said: Said) -> Result<bool, DriveError> {
        match said {
            Said::Arrived(local) => self.welcome(local),
            Said::Frame(number, frame) if self.is_with(number) => self.car.hear(&frame),
            Said::Reached(number, t_ns) if self.is_with(number) => self.reached = self.reached.max(t_ns),
            Said::Gone(number) if self.is_with(number) => {
                info!("the service is gone");
                self.part();
            }
            Said::Overheard(frame) => self.car.hear(&frame),
            Said::Unreadable(error) => return Err(error.into()),
            // From a connection that is over.
            Said::Frame(..) | Said::Reached(..) | Said::Gone(_) => {}
            Said::Deaf(error) => return Err(error.into()),
            Said::Order(order, answer) => {
                // Who asked may have gone in the meantime.
                let _ = answer.send(self.car.obey(order));
            }
            Said::Report(answer) => drop(answer.send(self.car.state())),
            Said::Enough => return Ok(true),
        }
        Ok(false)
    }

    fn is_with(&self, number: u64) -> bool {
        self.peer.is_some() && self.peers == number
    }

    /// The newest service is the one: an older one may hang without its end of the link being closed.
    fn welcome(&mut self, local: Local) {
        self.part();
        self.peers += 1;
        self.car.meet();
        // What a service has not heard, it cannot confirm.
        self.reached = self.car.now_ns();
        let peer = Peer::new(local, self.peers, self.voice.clone());
        let hello = Hello { pace: self.pace, interfaces: self.car.interfaces() };
        if peer.tell(vec![Event::Hello(hello)]) {
            info!(t_s = self.car.now_ns() as f64 / 1e9, "a service is connected");
            self.peer = Some(peer);
        }
    }

    fn part(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.drop_now();
        }
    }
}

const _: () = assert!(TICK_NS.is_multiple_of(STEP_NS));

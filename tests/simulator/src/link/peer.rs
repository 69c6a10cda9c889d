use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tandem_can::{Event, Local};
use tracing::warn;

use super::Said;

/// A service may be so many steps behind, two seconds live, before the car takes it for dead.
const BEHIND: usize = 200;

/// The service at the other end, with one thread that speaks and one that listens: whatever it does, the car drives on.
pub(super) struct Peer {
    local: Local,
    outbox: SyncSender<Vec<Event>>,
    speaker: JoinHandle<()>,
}

impl Peer {
    pub(super) fn new(local: Local, number: u64, mailbox: Sender<Said>) -> Self {
        let (outbox, from_car) = sync_channel(BEHIND);
        let (ear, mouth) = (local.clone(), local.clone());
        let gone = mailbox.clone();
        let speaker = std::thread::spawn(move || speak(&mouth, number, &from_car, &gone));
        std::thread::spawn(move || listen(ear, number, &mailbox));
        Self { local, outbox, speaker }
    }

    /// Whether the service is not too far behind.
    pub(super) fn tell(&self, events: Vec<Event>) -> bool {
        self.outbox.try_send(events).is_ok()
    }

    /// Lets the service hear what was told and then `last`, and closes.
    pub(super) fn end(self, last: Vec<Event>) {
        // Too far behind to be told: then it is closed at once.
        if self.outbox.try_send(last).is_ok() {
            drop(self.outbox);
            if self.speaker.join().is_err() {
                warn!("the thread that speaks to the service broke");
            }
        }
        self.local.close();
    }

    /// Closes at once.
    pub(super) fn drop_now(self) {
        self.local.close();
    }
}

fn speak(local: &Local, number: u64, from_car: &Receiver<Vec<Event>>, mailbox: &Sender<Said>) {
    for events in from_car {
        if local.send(&events).is_err() {
            break;
        }
    }
    // If nobody reads the mailbox, the car is over.
    let _ = mailbox.send(Said::Gone(number));
}

fn listen(mut local: Local, number: u64, mailbox: &Sender<Said>) {
    loop {
        let said = match local.receive() {
            Ok(Some(Event::Frame(frame))) => Said::Frame(number, frame),
            Ok(Some(Event::Reached(t_ns))) => Said::Reached(number, t_ns),
            Ok(Some(Event::Hello(_) | Event::Advance(_) | Event::End)) => continue,
            Ok(None) => Said::Gone(number),
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "the link to the service broke");
                Said::Gone(number)
            }
        };
        let gone = matches!(said, Said::Gone(_));
        if mailbox.send(said).is_err() || gone {
            return;
        }
    }
}

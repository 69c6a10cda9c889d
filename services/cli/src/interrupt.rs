use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Whether the work is to come to its end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does what may wait on a thread of its own. Ctrl-C and SIGTERM ask it to stop, and are not the end before it has stopped; asked twice, it is given up, for it
/// may wait for a pipe into which nobody writes.
///
/// # Errors
/// Those of the work; [`GivenUp`].
pub async fn until_stopped<T: Send + 'static>(
    work: impl FnOnce(Stop) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = Stop::default();
    let (done, mut outcome) = oneshot::channel();
    let asked = stop.clone();
    thread::Builder::new().name("work".into()).spawn(move || done.send(work(asked)))?;
    loop {
        tokio::select! {
            outcome = &mut outcome => return outcome.context("the work ended without a word")?,
            _ = interrupt.recv() => stop.ask(),
            _ = terminate.recv() => stop.ask(),
        }
    }
}

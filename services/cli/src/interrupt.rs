use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// Whether the work is to come to its end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

/// How long reading may go on after it was to stop.
pub const GRACE: Duration = Duration::from_secs(2);

impl Stop {
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does what may wait on a thread of its own. Ctrl-C and SIGTERM ask it to stop, and are not the end before it has stopped; but work
/// that waits for a pipe into which nobody writes would never hear of it: after `grace` it is given up.
///
/// # Errors
/// Those of the work, or that it was given up.
pub async fn until_stopped<T: Send + 'static>(
    grace: Option<Duration>,
    work: impl FnOnce(Stop) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = Stop::default();
    let (done, mut outcome) = oneshot::channel();
    let asked = stop.clone();
    thread::Builder::new().name("work".into()).spawn(move || done.send(work(asked)))?;
    let mut given_up_at = None;
    loop {
        tokio::select! {
            outcome = &mut outcome => return outcome.context("the work ended without a word")?,
            _ = interrupt.recv() => stop.ask(),
            _ = terminate.recv() => stop.ask(),
            () = sleep_until(given_up_at.unwrap_or_else(Instant::now)), if given_up_at.is_some() => {
                bail!("interrupted while it waited for what is to be read");
            }
        }
        given_up_at = given_up_at.or_else(|| Some(Instant::now() + grace?));
    }
}

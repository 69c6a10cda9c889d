//! Whether the bus thread still works. Silence is noticed by that thread: who draws has to notice by itself that nobody would.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tandem_contracts::driving::Status;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Link;
use crate::mailbox::Mailbox;

/// How often the bus thread is heard of at least: half as often as a service that lives says so, whose words then never meet a timer that is about to ring.
const EVERY: Duration = Duration::from_millis(400);
/// What was heard of a thread that is heard of no more.
const NEVER: u64 = u64::MAX;

/// When the bus thread was heard of last.
#[derive(Debug)]
pub(crate) struct Beat {
    begun: Instant,
    /// Milliseconds since then.
    last: AtomicU64,
}

impl Beat {
    pub fn new() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0) }
    }

    /// How long nothing was heard; for ever once it has stopped.
    pub fn age(&self) -> Duration {
        match self.last.load(Ordering::Relaxed) {
            NEVER => Duration::MAX,
            last => self.begun.elapsed().saturating_sub(Duration::from_millis(last)),
        }
    }

    pub fn beat(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(NEVER - 1);
        self.last.store(now, Ordering::Relaxed);
    }

    pub fn stop(&self) {
        self.last.store(NEVER, Ordering::Relaxed);
    }

    /// Beats at every turn of the thread, and makes one where there was none for so long: a thread that has batches to read is woken by nothing else.
    async fn go_on(&self) {
        let mut wake = pin!(sleep(EVERY));
        poll_fn(|context| {
            self.beat();
            // A new one: one that is put off rings where it was and is put off then.
            wake.set(sleep(EVERY));
            // To be woken by it.
            let _ = wake.as_mut().poll(context);
            Poll::<()>::Pending
        })
        .await
    }

    /// Works on this thread, beating. If the work ends, and be it by a panic, nothing that it said counts any more.
    pub fn accompany(&self, runtime: &Runtime, mailbox: &Mailbox, work: impl Future<Output = ()>) {
        let works = async {
            tokio::select! {
                () = work => {}
                () = self.go_on() => {}
            }
        };
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(works))).is_err() {
            tracing::error!("the bus thread panicked: the readings are absent until this screen is started anew");
        }
        self.stop();
        mailbox.driving(Status::default());
        mailbox.link(Link::Silent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn a_thread_that_works_is_heard_of_again_and_again() {
        let (beat, mailbox) = (Beat::new(), Mailbox::new(|| {}));
        beat.accompany(&runtime(), &mailbox, async {
            for _ in 0..2 {
                beat.stop();
                while beat.age() == Duration::MAX {
                    tokio::task::yield_now().await;
                }
            }
            assert!(mailbox.take().link.is_none());
        });
        assert_eq!(beat.age(), Duration::MAX, "it has ended");
    }

    #[test]
    fn a_thread_with_nothing_to_do_is_heard_of_all_the_same() {
        let (beat, mailbox) = (Beat::new(), Mailbox::new(|| {}));
        let (enough, ended) = tokio::sync::oneshot::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let begun = Instant::now();
                for _ in 0..3 {
                    beat.stop();
                    while beat.age() == Duration::MAX && begun.elapsed() < Duration::from_secs(20) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                enough.send(beat.age()).unwrap();
            });
            beat.accompany(&runtime(), &mailbox, async { assert_ne!(ended.await.unwrap(), Duration::MAX) });
        });
    }

    #[test]
    fn a_thread_that_panics_is_silent_at_once() {
        let (beat, mailbox) = (Beat::new(), Mailbox::new(|| {}));
        beat.accompany(&runtime(), &mailbox, async { panic!("as a test wants it") });
        let post = mailbox.take();
        assert_eq!((beat.age(), post.link, post.driving), (Duration::MAX, Some(Link::Silent), Some(Box::default())));
    }
}

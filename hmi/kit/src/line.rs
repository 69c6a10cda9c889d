//! A screen's line to a service: two connections, one for signals and one for calls, rebuilt in place when either breaks.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tandem_contracts::connect;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use zbus::Connection;

use crate::bus::Backoff;
use crate::mailbox::Mailbox;

/// What goes over a line.
pub(crate) trait Line {
    /// For the log.
    const NAME: &'static str;
    /// What a screen may ask.
    type Command;

    /// Tells the mailbox until the connection for signals breaks.
    async fn follow(&self, signals: &Connection, calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()>;

    /// Carries out wishes until the connection for calls breaks.
    async fn serve(
        &self,
        calls: &Connection,
        mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<Self::Command>,
    ) -> zbus::Result<()>;

    /// Tells the mailbox that nobody is there.
    fn lose(&self, mailbox: &Mailbox);

    /// Tells the mailbox of a wish while there is no connection.
    fn refuse(&self, command: Self::Command, mailbox: &Mailbox);
}

/// Carries out wishes, so many of them at once, until the connection for calls breaks.
pub(crate) async fn each<C, F: Future<Output = ()>>(
    calls: &Connection,
    commands: &mut mpsc::Receiver<C>,
    at_once: usize,
    carry_out: impl Fn(C) -> F,
) {
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = calls.closed() => return,
            Some(()) = running.next(), if !running.is_empty() => {}
            Some(command) = commands.recv(), if running.len() < at_once => running.push(carry_out(command)),
        }
    }
}

/// Follows and asks for as long as the process lives.
pub(crate) async fn run<L: Line>(line: L, mailbox: Arc<Mailbox>, mut commands: mpsc::Receiver<L::Command>) {
    let mut backoff = Backoff::new();
    loop {
        if let Ok((signals, calls)) = tokio::try_join!(connect::open(), connect::open()) {
            let begun = Instant::now();
            let ended = tokio::select! {
                ended = line.follow(&signals, &calls, &mailbox) => ended,
                ended = line.serve(&calls, &mailbox, &mut commands) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(line = L::NAME, %error, "the line ended");
            }
            if begun.elapsed().as_secs() > 2 {
                backoff = Backoff::new();
            }
            line.lose(&mailbox);
        }
        let deadline = Instant::now() + backoff.next();
        loop {
            tokio::select! {
                () = sleep_until(deadline) => break,
                Some(command) = commands.recv() => line.refuse(command, &mailbox),
            }
        }
    }
}

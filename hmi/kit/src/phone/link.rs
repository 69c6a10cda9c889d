//! The phone link's own two connections, one for signals and one for calls, rebuilt in place when either breaks.

use std::sync::Arc;

use tandem_contracts::connect;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{PhoneCause, PhoneCommand, PhoneDenied, PhoneNews, ask, follow};
use crate::bus::Backoff;
use crate::mailbox::Mailbox;

pub(crate) struct Setup {
    pub mailbox: Arc<Mailbox>,
    pub commands: mpsc::Receiver<PhoneCommand>,
}

/// Follows and asks for as long as the process lives.
pub(crate) async fn run(setup: Setup) {
    let Setup { mailbox, mut commands } = setup;
    let mut backoff = Backoff::new();
    loop {
        if let Ok((signals, calls)) = tokio::try_join!(connect::open(), connect::open()) {
            let begun = Instant::now();
            let ended = tokio::select! {
                ended = follow::follow(&signals, &calls, &mailbox) => ended,
                ended = ask::serve(&calls, &mailbox, &mut commands) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "the phone link ended");
            }
            if begun.elapsed().as_secs() > 2 {
                backoff = Backoff::new();
            }
            mailbox.phone(PhoneNews::Sessions(None));
            mailbox.phone(PhoneNews::Link(None));
        }
        refuse_until(Instant::now() + backoff.next(), &mailbox, &mut commands).await;
    }
}

/// Without a connection a wish is refused at once.
async fn refuse_until(deadline: Instant, mailbox: &Mailbox, commands: &mut mpsc::Receiver<PhoneCommand>) {
    loop {
        tokio::select! {
            () = sleep_until(deadline) => return,
            Some(command) = commands.recv() => {
                let denied = PhoneDenied { command, cause: PhoneCause::NoAnswer, sentence: String::new() };
                mailbox.phone(PhoneNews::Refused(denied));
            }
        }
    }
}

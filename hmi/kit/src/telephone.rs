//! Telephone calls, as `org.tandem.Calls1` tells them, and what a screen may ask of one. When the service leaves the bus, or does not answer any more, its calls go with it.

use std::time::Duration;

use futures_util::StreamExt;
pub use tandem_contracts::calls::Call;
use tandem_contracts::calls::{self, Calls1Proxy, CallsError, MAX_CALLS};
use tandem_pictures::boot_clock;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use zbus::Connection;
use zbus::proxy::CacheProperties;

use crate::bus::is_owned;
use crate::line::{Line, each};
use crate::mailbox::Mailbox;

/// Wishes that may wait for the bus thread.
pub(crate) const MAX_WAITING: usize = 8;
/// While there is a call, a service that says nothing for so long is asked whether it lives.
const QUIET: Duration = Duration::from_secs(1);
/// It has so long to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is new about calls. Of each kind only the newest waits for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallsNews {
    /// All calls: those that ring first, and those that were missed last. None if nobody tells.
    Calls(Vec<Call>, Heard),
    /// What the screen asked for did not happen.
    Refused(CallDenied),
}

/// When something was heard, nanoseconds of the boot clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard(pub u64);

impl Heard {
    fn now() -> Self {
        Self(boot_clock())
    }
}

/// Why something asked for did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallDenied {
    pub command: CallCommand,
    pub cause: CallCause,
}

/// The kinds of [`CallDenied`]: for a sentence of the screen's own, in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallCause {
    /// It is over.
    NotFound,
    /// This call does not allow it.
    NotPossible,
    /// The phone is away, or refuses.
    NotNow,
    /// The service does not answer, or there is none.
    NoAnswer,
}

/// What a screen may ask, of the call with this `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallCommand {
    Answer(String),
    HangUp(String),
    Silence(String),
    /// Puts one away that was missed.
    Dismiss(String),
}

/// The line to the service.
pub(crate) struct CallsLine {
    /// No clock but the batches' may change a picture.
    pub lockstep: bool,
}

impl Line for CallsLine {
    const NAME: &'static str = "calls";
    type Command = CallCommand;

    async fn follow(&self, signals: &Connection, calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
        let no = CacheProperties::No;
        let told = Calls1Proxy::builder(signals).cache_properties(no).build().await?;
        let asked = Calls1Proxy::builder(calls).cache_properties(no).build().await?;
        let mut owners = told.inner().receive_owner_changed().await?;
        let mut changes = told.receive_changed().await?;
        let mut is_any = if is_owned(calls, calls::NAME).await { meet(&asked, mailbox).await } else { false };
        loop {
            tokio::select! {
                () = signals.closed() => return Ok(()),
                Some(owner) = owners.next() => is_any = match owner {
                    Some(_) => meet(&asked, mailbox).await,
                    None => tell(Vec::new(), mailbox),
                },
                Some(changed) = changes.next() => match changed.args() {
                    Ok(args) => is_any = tell(args.calls, mailbox),
                    Err(error) => tracing::warn!(%error, "calls that cannot be read"),
                },
                () = sleep(QUIET), if is_any && !self.lockstep => is_any = meet(&asked, mailbox).await,
            }
        }
    }

    async fn serve(
        &self,
        calls: &Connection,
        mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<CallCommand>,
    ) -> zbus::Result<()> {
        let calls1 = Calls1Proxy::builder(calls).cache_properties(CacheProperties::No).build().await?;
        each(calls, commands, MAX_WAITING, |command| carry_out(&calls1, mailbox, command)).await;
        Ok(())
    }

    fn lose(&self, mailbox: &Mailbox) {
        tell(Vec::new(), mailbox);
    }

    fn refuse(&self, command: CallCommand, mailbox: &Mailbox) {
        mailbox.calls(CallsNews::Refused(CallDenied { command, cause: CallCause::NoAnswer }));
    }
}

/// Asks for all calls; without an answer there are none. Returns whether there is one.
async fn meet(calls: &Calls1Proxy<'_>, mailbox: &Mailbox) -> bool {
    let listed = timeout(PATIENCE, calls.list()).await;
    tell(listed.ok().and_then(Result::ok).unwrap_or_default(), mailbox)
}

fn tell(mut calls: Vec<Call>, mailbox: &Mailbox) -> bool {
    calls.truncate(MAX_CALLS);
    // What was missed does not change by itself.
    let is_any = calls.iter().any(|call| call.state != "missed");
    mailbox.calls(CallsNews::Calls(calls, Heard::now()));
    is_any
}

async fn carry_out(calls: &Calls1Proxy<'_>, mailbox: &Mailbox, command: CallCommand) {
    let done = match command.clone() {
        CallCommand::Answer(id) => calls.answer(id).await,
        CallCommand::HangUp(id) => calls.hang_up(id).await,
        CallCommand::Silence(id) => calls.silence(id).await,
        CallCommand::Dismiss(id) => calls.dismiss(id).await,
    };
    let cause = match done {
        Ok(()) => return,
        Err(CallsError::Bus(_)) => CallCause::NoAnswer,
        Err(CallsError::NotFound(_)) => CallCause::NotFound,
        Err(CallsError::NotPossible(_)) => CallCause::NotPossible,
        Err(CallsError::NotNow(_)) => CallCause::NotNow,
    };
    mailbox.calls(CallsNews::Refused(CallDenied { command, cause }));
}

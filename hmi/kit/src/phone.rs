//! The phone link: which phones there are, what goes on with them, and what a screen may ask.
//!
//! `org.tandem.Sessions1` tells whose anything is, `org.tandem.PhoneLink1` tells who is let in. When either leaves the bus, or does not answer any more, what it said
//! goes with it.

mod ask;
mod follow;

use std::sync::Arc;

pub use tandem_contracts::phones::{Entry, Phone};
pub use tandem_contracts::sessions::{Destination, Media, Note, SCHEMA, Session};
use tokio::sync::mpsc;
use zbus::Connection;

use crate::line::Line;
use crate::mailbox::Mailbox;

/// Wishes on phones that may wait for the bus thread.
pub(crate) const MAX_WAITING: usize = 32;
/// Rows of the ledger that a screen is told.
pub const LEDGER_ROWS: u32 = 50;

/// What is new about phones. Of each kind only the newest waits for the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum PhoneNews {
    /// What `PhoneLink1` tells; none if there is no such service, or it does not answer.
    Link(Option<Box<PhoneLink>>),
    /// All sessions that `Sessions1` tells; none if there is no such service, or it does not answer.
    Sessions(Option<Arc<[Session]>>),
    /// This screen let phones come near, for so many seconds from now on.
    PairingOpened(u32),
    /// The latest first, and the head unit's clock when it was read, seconds since 1970.
    Ledger { entries: Vec<Entry>, read_at: i64 },
    /// What the screen asked for did not happen.
    Refused(PhoneDenied),
}

/// What `PhoneLink1` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneLink {
    /// The paired ones by their rank, then those that are near while pairing is open.
    pub phones: Vec<Phone>,
    pub pairing_open: bool,
}

/// Why something asked for did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneDenied {
    pub command: PhoneCommand,
    pub cause: PhoneCause,
    /// One sentence of the service's, in English; empty if it says nothing.
    pub sentence: String,
}

/// The kinds of [`PhoneDenied`]: for a sentence of the screen's own, in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneCause {
    /// It is gone, or over.
    NotFound,
    /// The service does not understand it.
    Invalid,
    /// Not as things are: the phone is away, or it is passed on just now.
    NotNow,
    /// The phone's owner did not allow it.
    NotAllowed,
    /// Phones are paired in a parked car only.
    NotParked,
    /// The disk is full or broken.
    Storage,
    /// The service does not answer, or there is none.
    NoAnswer,
}

/// What a screen may ask. A session and a phone are named by their `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneCommand {
    /// Has a session in the car.
    Claim(String),
    /// Gives a session back to its phone.
    Release(String),
    /// Steers the phone's player.
    Steer {
        session: String,
        order: Order,
    },
    /// Puts a destination or a note away.
    Dismiss(String),
    /// Lets phones come near; once they may, a [`PhoneNews::PairingOpened`] says for how long.
    OpenPairing,
    ClosePairing,
    Pair(String),
    /// Both screens show the same key.
    Confirm(String),
    /// They do not, or nobody wants to pair.
    Refuse(String),
    Forget(String),
    /// One of [`tandem_contracts::phones::GRANTS`].
    Grant {
        phone: String,
        what: String,
        granted: bool,
    },
    /// One of [`tandem_contracts::phones::AUTOMATIC`], and `ask`, `always` or `never`.
    SetAutomatic {
        phone: String,
        kind: String,
        word: String,
    },
    SetGuest {
        phone: String,
        is_guest: bool,
    },
    /// Puts a phone first.
    Prefer(String),
    Ring(String),
    /// Asks for the ledger, [`LEDGER_ROWS`] rows at most. The answer is a [`PhoneNews::Ledger`].
    Ledger,
}

/// What a phone's player may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Play,
    Pause,
    Next,
    Previous,
}

impl Order {
    /// `Sessions1`'s word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

/// The line to the phone service.
pub(crate) struct PhoneLine {
    /// No clock but the batches' may change a picture.
    pub lockstep: bool,
}

impl Line for PhoneLine {
    const NAME: &'static str = "phones";
    type Command = PhoneCommand;

    async fn follow(&self, signals: &Connection, calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
        follow::follow(signals, calls, mailbox, !self.lockstep).await
    }

    async fn serve(
        &self,
        calls: &Connection,
        mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<PhoneCommand>,
    ) -> zbus::Result<()> {
        ask::serve(calls, mailbox, commands).await
    }

    fn lose(&self, mailbox: &Mailbox) {
        mailbox.phone(PhoneNews::Sessions(None));
        mailbox.phone(PhoneNews::Link(None));
    }

    fn refuse(&self, command: PhoneCommand, mailbox: &Mailbox) {
        let denied = PhoneDenied { command, cause: PhoneCause::NoAnswer, sentence: String::new() };
        mailbox.phone(PhoneNews::Refused(denied));
    }
}

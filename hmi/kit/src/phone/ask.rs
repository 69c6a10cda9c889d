//! From a screen's wish to a call, and what is said if it fails.

use std::time::{SystemTime, UNIX_EPOCH};

use tandem_contracts::phones::{PhoneLink1Proxy, PhoneLinkError};
use tandem_contracts::sessions::{Sessions1Proxy, SessionsError};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::proxy::CacheProperties;

use super::{LEDGER_ROWS, PhoneCause, PhoneCommand, PhoneDenied, PhoneNews};
use crate::line::each;
use crate::mailbox::Mailbox;

/// Calls under way at once; what comes on top waits.
const MAX_RUNNING: usize = 8;

/// Carries out wishes until the connection breaks.
pub(super) async fn serve(
    calls: &Connection,
    mailbox: &Mailbox,
    commands: &mut mpsc::Receiver<PhoneCommand>,
) -> zbus::Result<()> {
    let no = CacheProperties::No;
    let sessions = Sessions1Proxy::builder(calls).cache_properties(no).build().await?;
    let phones = PhoneLink1Proxy::builder(calls).cache_properties(no).build().await?;
    each(calls, commands, MAX_RUNNING, |command| carry_out(&sessions, &phones, mailbox, command)).await;
    Ok(())
}

async fn carry_out(
    sessions: &Sessions1Proxy<'_>,
    phones: &PhoneLink1Proxy<'_>,
    mailbox: &Mailbox,
    command: PhoneCommand,
) {
    let done = match command.clone() {
        PhoneCommand::Claim(id) => sessions.claim(id).await.map_err(Failure::from),
        PhoneCommand::Release(id) => sessions.release(id).await.map_err(Failure::from),
        PhoneCommand::Steer { session, order } => {
            sessions.steer(session, order.word().to_owned()).await.map_err(Failure::from)
        }
        PhoneCommand::Dismiss(id) => sessions.dismiss(id).await.map_err(Failure::from),
        PhoneCommand::OpenPairing => match phones.open_pairing().await {
            Ok(seconds) => return mailbox.phone(PhoneNews::PairingOpened(seconds)),
            Err(error) => Err(error.into()),
        },
        PhoneCommand::ClosePairing => phones.close_pairing().await.map_err(Failure::from),
        PhoneCommand::Pair(id) => phones.pair(id).await.map_err(Failure::from),
        PhoneCommand::Confirm(id) => phones.confirm(id).await.map_err(Failure::from),
        PhoneCommand::Refuse(id) => phones.refuse(id).await.map_err(Failure::from),
        PhoneCommand::Forget(id) => phones.forget(id).await.map_err(Failure::from),
        PhoneCommand::Grant { phone, what, granted } => phones.grant(phone, what, granted).await.map_err(Failure::from),
        PhoneCommand::SetAutomatic { phone, kind, word } => {
            phones.set_automatic(phone, kind, word).await.map_err(Failure::from)
        }
        PhoneCommand::SetGuest { phone, is_guest } => phones.set_guest(phone, is_guest).await.map_err(Failure::from),
        PhoneCommand::Prefer(id) => phones.prefer(id).await.map_err(Failure::from),
        PhoneCommand::Ring(id) => phones.ring(id).await.map_err(Failure::from),
        PhoneCommand::Ledger => match phones.ledger(LEDGER_ROWS).await {
            Ok(entries) => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let read_at = i64::try_from(since_1970.as_secs()).unwrap_or_default();
                return mailbox.phone(PhoneNews::Ledger { entries, read_at });
            }
            Err(error) => Err(error.into()),
        },
    };
    if let Err(Failure { cause, sentence }) = done {
        let sentence = sentence.chars().take(200).collect();
        mailbox.phone(PhoneNews::Refused(PhoneDenied { command, cause, sentence }));
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Failure {
    cause: PhoneCause,
    sentence: String,
}

impl From<SessionsError> for Failure {
    fn from(error: SessionsError) -> Self {
        let (cause, sentence) = match error {
            SessionsError::Bus(_) => (PhoneCause::NoAnswer, String::new()),
            SessionsError::NotFound(why) => (PhoneCause::NotFound, why),
            SessionsError::Invalid(why) => (PhoneCause::Invalid, why),
            SessionsError::NotNow(why) => (PhoneCause::NotNow, why),
            SessionsError::NotAllowed(why) => (PhoneCause::NotAllowed, why),
        };
        Self { cause, sentence }
    }
}

impl From<PhoneLinkError> for Failure {
    fn from(error: PhoneLinkError) -> Self {
        let (cause, sentence) = match error {
            PhoneLinkError::Bus(_) => (PhoneCause::NoAnswer, String::new()),
            PhoneLinkError::NotFound(why) => (PhoneCause::NotFound, why),
            PhoneLinkError::Invalid(why) => (PhoneCause::Invalid, why),
            PhoneLinkError::NotParked(why) | PhoneLinkError::Restricted(why) => (PhoneCause::NotParked, why),
            PhoneLinkError::NotNow(why) => (PhoneCause::NotNow, why),
            PhoneLinkError::Storage(why) => (PhoneCause::Storage, why),
        };
        Self { cause, sentence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_cause_and_its_sentence() {
        let why = || "why".to_owned();
        let told = |cause| Failure { cause, sentence: why() };
        assert_eq!(Failure::from(SessionsError::NotFound(why())), told(PhoneCause::NotFound));
        assert_eq!(Failure::from(SessionsError::Invalid(why())), told(PhoneCause::Invalid));
        assert_eq!(Failure::from(SessionsError::NotNow(why())), told(PhoneCause::NotNow));
        assert_eq!(Failure::from(SessionsError::NotAllowed(why())), told(PhoneCause::NotAllowed));
        assert_eq!(Failure::from(PhoneLinkError::NotFound(why())), told(PhoneCause::NotFound));
        assert_eq!(Failure::from(PhoneLinkError::Invalid(why())), told(PhoneCause::Invalid));
        assert_eq!(Failure::from(PhoneLinkError::NotParked(why())), told(PhoneCause::NotParked));
        assert_eq!(Failure::from(PhoneLinkError::Restricted(why())), told(PhoneCause::NotParked));
        assert_eq!(Failure::from(PhoneLinkError::NotNow(why())), told(PhoneCause::NotNow));
        assert_eq!(Failure::from(PhoneLinkError::Storage(why())), told(PhoneCause::Storage));
        let silent = Failure { cause: PhoneCause::NoAnswer, sentence: String::new() };
        assert_eq!(Failure::from(SessionsError::Bus(zbus::Error::InterfaceNotFound)), silent);
        assert_eq!(Failure::from(PhoneLinkError::Bus(zbus::Error::InterfaceNotFound)), silent);
    }
}

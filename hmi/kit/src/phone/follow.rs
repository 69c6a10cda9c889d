//! Follows `Sessions1` and `PhoneLink1` over one connection, and asks over another, so that unread signals never hold up an answer.
//! All signals of an interface come through one stream: what is gone stays gone, whatever was said of it before.
//! One process serves both interfaces: what either says shows that it lives.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::phones::{self, PairingChanged, PhoneChanged, PhoneGone, PhoneLink1Proxy};
use tandem_contracts::sessions::{Changed, Gone, Sessions1Proxy};
use tokio::time::{sleep, timeout};
use zbus::proxy::CacheProperties;
use zbus::{Connection, Message};

use super::{Phone, PhoneLink, PhoneNews, SCHEMA, Session};
use crate::bus::is_owned;
use crate::mailbox::Mailbox;

/// What a screen keeps of each: more than anybody has in a car.
const MAX_SESSIONS: usize = 64;
const MAX_PHONES: usize = 64;
/// A service that says nothing for so long is asked whether it lives: phones may be quiet for hours, so silence alone says nothing, and a question a second costs
/// nothing that could be measured.
const QUIET: Duration = Duration::from_secs(1);
/// It has so long to answer. A card that nobody stands behind is gone no later than a tap on it would have been refused, and a disk that takes its time empties no screen.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells the mailbox until the connection for signals breaks. Who `asks` notices a service that hangs.
pub(super) async fn follow(
    signals: &Connection,
    calls: &Connection,
    mailbox: &Mailbox,
    asks: bool,
) -> zbus::Result<()> {
    let no = CacheProperties::No;
    let sessions = Sessions1Proxy::builder(signals).cache_properties(no).build().await?;
    let phones = PhoneLink1Proxy::builder(signals).cache_properties(no).build().await?;
    let mut session_owners = sessions.inner().receive_owner_changed().await?;
    let mut session_signals = sessions.inner().receive_all_signals().await?;
    let mut phone_owners = phones.inner().receive_owner_changed().await?;
    let mut phone_signals = phones.inner().receive_all_signals().await?;
    let mut state = State {
        sessions: Sessions1Proxy::builder(calls).cache_properties(no).build().await?,
        phones: PhoneLink1Proxy::builder(calls).cache_properties(no).build().await?,
        mailbox,
        held: None,
        link: None,
        unreadable: 0,
    };
    state.meet_phones().await;
    state.meet_sessions().await;
    let mut is_there = is_owned(calls, phones::NAME).await;
    loop {
        tokio::select! {
            () = signals.closed() => return Ok(()),
            Some(owner) = session_owners.next() => match owner {
                Some(_) => state.meet_sessions().await,
                None => state.lose_sessions(),
            },
            Some(message) = session_signals.next() => state.hear_session(message).await,
            Some(owner) = phone_owners.next() => {
                is_there = owner.is_some();
                if is_there { state.meet_phones().await } else { state.lose_phones() }
            }
            Some(message) = phone_signals.next() => state.hear_phone(&message),
            () = sleep(QUIET), if asks && is_there => state.feel_pulse().await,
        }
    }
}

struct State<'a> {
    sessions: Sessions1Proxy<'static>,
    phones: PhoneLink1Proxy<'static>,
    mailbox: &'a Mailbox,
    held: Option<Held>,
    link: Option<PhoneLink>,
    /// Signals that did not decode.
    unreadable: u64,
}

impl State<'_> {
    /// Asks whether the service lives. One that does not answer stands behind nothing that it said; one that answers again says all anew.
    async fn feel_pulse(&mut self) {
        if timeout(PATIENCE, self.phones.pairing_open()).await.is_ok_and(|answer| answer.is_ok()) {
            if self.link.is_none() {
                self.meet_phones().await;
            }
            if self.held.is_none() {
                self.meet_sessions().await;
            }
        } else if self.link.is_some() || self.held.is_some() {
            tracing::info!("the phone service does not answer");
            self.lose_phones();
            self.lose_sessions();
        }
    }

    /// Asks for all sessions; without an answer there are none.
    async fn meet_sessions(&mut self) {
        self.held = self.sessions.list().await.ok().map(Held::new);
        self.tell_sessions();
    }

    fn lose_sessions(&mut self) {
        self.held = None;
        self.tell_sessions();
    }

    async fn hear_session(&mut self, message: Message) {
        let Some(held) = &mut self.held else { return self.meet_sessions().await };
        let news = if let Some(signal) = Changed::from_message(message.clone()) {
            signal.args().map(|args| held.take(args.session))
        } else if let Some(signal) = Gone::from_message(message) {
            signal.args().map(|args| held.drop(&args.id))
        } else {
            return;
        };
        match news {
            Ok(true) => self.tell_sessions(),
            Ok(false) => {}
            Err(error) => self.count(&error),
        }
    }

    fn tell_sessions(&self) {
        self.mailbox.phone(PhoneNews::Sessions(self.held.as_ref().map(|held| Arc::from(held.0.as_slice()))));
    }

    /// Asks for all phones; without an answer there are none.
    async fn meet_phones(&mut self) {
        let phones = async { self.phones.phones().await.map_err(|_| ()) };
        let open = async { self.phones.pairing_open().await.map_err(|_| ()) };
        self.link = tokio::try_join!(phones, open).ok().map(|(mut phones, pairing_open)| {
            phones.truncate(MAX_PHONES);
            PhoneLink { phones, pairing_open }
        });
        self.tell_phones();
    }

    fn lose_phones(&mut self) {
        self.link = None;
        self.tell_phones();
    }

    fn hear_phone(&mut self, message: &Message) {
        let Some(link) = &mut self.link else { return };
        let told = if let Some(signal) = PhoneChanged::from_message(message.clone()) {
            signal.args().map(|args| link.take(args.phone))
        } else if let Some(signal) = PhoneGone::from_message(message.clone()) {
            signal.args().map(|args| link.phones.retain(|phone| phone.id != args.id))
        } else if let Some(signal) = PairingChanged::from_message(message.clone()) {
            signal.args().map(|args| link.pairing_open = args.open)
        } else {
            return;
        };
        match told {
            Ok(()) => self.tell_phones(),
            Err(error) => self.count(&error),
        }
    }

    fn tell_phones(&self) {
        self.mailbox.phone(PhoneNews::Link(self.link.clone().map(Box::new)));
    }

    fn count(&mut self, error: &zbus::Error) {
        self.unreadable += 1;
        if self.unreadable.is_power_of_two() {
            tracing::warn!(%error, count = self.unreadable, "signals of the phone link that cannot be read");
        }
    }
}

/// The sessions as they are known, in the service's order, a new one first.
struct Held(Vec<Session>);

impl Held {
    fn new(mut sessions: Vec<Session>) -> Self {
        sessions.retain(|session| session.schema <= SCHEMA);
        sessions.truncate(MAX_SESSIONS);
        Self(sessions)
    }

    /// Takes in a session, unless it is older than what is known of it or of a shape that is not known. Returns whether it is news.
    fn take(&mut self, session: Session) -> bool {
        if session.schema > SCHEMA {
            return false;
        }
        match self.0.iter_mut().find(|known| known.id == session.id) {
            Some(known) if (session.epoch, session.revision) < (known.epoch, known.revision) => false,
            Some(known) => {
                *known = session;
                true
            }
            None => {
                self.0.insert(0, session);
                self.0.truncate(MAX_SESSIONS);
                true
            }
        }
    }

    fn drop(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known.id != id);
        self.0.len() != before
    }
}

impl PhoneLink {
    /// Takes in a phone: the paired ones stand by their rank, then the others as they came.
    fn take(&mut self, phone: Phone) {
        let has_room = self.phones.len() < MAX_PHONES;
        match self.phones.iter_mut().find(|known| known.id == phone.id) {
            Some(known) => *known = phone,
            None if has_room => self.phones.push(phone),
            None => {}
        }
        self.phones.sort_by_key(|phone| if phone.is_paired { phone.rank } else { u32::MAX });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, epoch: u64, revision: u64, stage: &str) -> Session {
        Session { id: id.into(), schema: SCHEMA, epoch, revision, stage: stage.into(), ..Session::default() }
    }

    fn stages(held: &Held) -> Vec<&str> {
        held.0.iter().map(|session| session.stage.as_str()).collect()
    }

    #[test]
    fn what_is_older_than_what_was_seen_is_dropped() {
        let mut held = Held::new(vec![session("a", 3, 7, "held")]);
        assert!(!held.take(session("a", 3, 6, "starting")), "an older revision");
        assert!(!held.take(session("a", 2, 9, "offered")), "an older epoch, however often it was revised");
        assert_eq!(stages(&held), ["held"]);
        assert!(held.take(session("a", 3, 8, "releasing")));
        assert!(held.take(session("a", 4, 0, "offered")), "the next owner");
        assert_eq!(stages(&held), ["offered"]);
    }

    #[test]
    fn a_new_one_comes_first_and_one_that_is_over_goes() {
        let mut held = Held::new(vec![session("a", 1, 0, "one")]);
        assert!(held.take(session("b", 1, 0, "two")));
        assert_eq!(stages(&held), ["two", "one"]);
        assert!(held.drop("a") && !held.drop("a"));
        assert_eq!(stages(&held), ["two"]);
        for number in 0..200 {
            held.take(session(&number.to_string(), 1, 0, "more"));
        }
        assert_eq!(held.0.len(), MAX_SESSIONS);
    }

    #[test]
    fn a_shape_that_is_not_known_is_left_alone() {
        let strange = Session { schema: SCHEMA + 1, ..session("a", 1, 0, "strange") };
        let mut held = Held::new(vec![strange.clone(), session("b", 1, 0, "offered")]);
        assert!(!held.take(strange));
        assert_eq!(stages(&held), ["offered"]);
    }

    #[test]
    fn phones_stand_by_their_rank_and_strangers_behind_them() {
        let phone = |id: &str, rank| Phone { id: id.into(), rank, is_paired: rank > 0, ..Phone::default() };
        let mut link = PhoneLink { phones: vec![phone("first", 1)], pairing_open: true };
        for other in [phone("stranger", 0), phone("second", 2), phone("first", 3)] {
            link.take(other);
        }
        assert_eq!(
            link.phones.iter().map(|phone| phone.id.as_str()).collect::<Vec<_>>(),
            ["second", "first", "stranger"]
        );
    }
}

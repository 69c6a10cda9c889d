//! What goes on between the phones and the car: the cards of the home page, the phones' page, the mark in the status bar.

mod cards;
mod place;
mod session;
mod taps;

use std::path::PathBuf;
use std::rc::Rc;

use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};
use tandem_contracts::driving::{Flag, Restrictions};
use tandem_kit::media::Picture;
use tandem_kit::media::art::Wanted;
use tandem_kit::phone::{Entry, PhoneDenied, PhoneLink, PhoneNews, Session};
use tandem_kit::{PhoneCommand, Readings, Units};
use tandem_units::Nanoseconds;

use self::session::Watched;
pub(crate) use self::taps::connect;
use crate::media::{covers::Covers, rows};
use crate::vehicle;
use crate::{
    CentreWindow, Leaf, LedgerRow, NearPhone, NoteSession, Pairing, PhoneAdapter, PhoneTab, PhoneView, SessionsAdapter,
    Why,
};

/// How long the screen says why something came to nothing.
pub(crate) const REASON_SHOWN: Nanoseconds = Nanoseconds::from_millis(4_000);
/// The card's art: its side and the radius of its corners, pixels.
const ART: (u32, u32) = (200, 16);
/// Messages that the page shows.
const NOTES_SHOWN: usize = 3;
const SECONDS_IN_DAY: i64 = 86_400;

/// Why something came to nothing, and until when it is said.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reason {
    why: Why,
    until: Nanoseconds,
}

/// Everything on phones, behind the window.
pub(crate) struct Phones {
    link: Option<PhoneLink>,
    media: Watched,
    place: Watched,
    /// Why the last wish on the phones' page came to nothing.
    notice: Option<Reason>,
    /// Until when strangers may come near, if this screen let them.
    pairing_until: Option<Nanoseconds>,
    /// The phone that is being paired.
    pairing: Option<String>,
    ledger: Option<(Vec<Entry>, i64)>,
    art: Option<PathBuf>,
    covers: Covers,
    now: Nanoseconds,
    /// Phones are set up in a parked car alone.
    parked: bool,
    /// What `Driving1` restricts on this screen.
    restrictions: Restrictions,
    /// Minutes since midnight where the car is.
    minute_of_day: Option<f64>,
    units: Units,
    cards: Rc<VecModel<PhoneView>>,
    near: Rc<VecModel<NearPhone>>,
    notes: Rc<VecModel<NoteSession>>,
    rows: Rc<VecModel<LedgerRow>>,
    send: Rc<dyn Fn(PhoneCommand) -> bool>,
}

impl Phones {
    pub fn new(send: Rc<dyn Fn(PhoneCommand) -> bool>, picture: Rc<dyn Fn(Wanted) -> bool>) -> Self {
        Self {
            link: None,
            media: Watched::default(),
            place: Watched::default(),
            notice: None,
            pairing_until: None,
            pairing: None,
            ledger: None,
            art: None,
            covers: Covers::new(move |wanted| picture(wanted)),
            now: Nanoseconds::ZERO,
            parked: false,
            restrictions: Restrictions::ALL,
            minute_of_day: None,
            units: Units::METRIC,
            cards: Rc::default(),
            near: Rc::default(),
            notes: Rc::default(),
            rows: Rc::default(),
            send,
        }
    }

    /// When something changes by time alone: a reason goes, a second of the position or of the pairing passes.
    pub fn wakes_at(&self) -> Option<Nanoseconds> {
        let second = Nanoseconds::SECOND.0;
        let pairing = self.pairing_until.map(|until| {
            let left = until.since(self.now).0;
            Nanoseconds(until.0 - left.saturating_sub(1) / second * second)
        });
        let notice = self.notice.map(|notice| notice.until);
        [pairing, notice, self.media.wakes_at(self.now), self.place.wakes_at(self.now)].into_iter().flatten().min()
    }

    /// Other restrictions hold.
    pub fn restrict(&mut self, window: &CentreWindow, readings: &Readings, restrictions: Restrictions) {
        self.restrictions = restrictions;
        self.pass(window, readings);
    }

    /// Whether phones may be set up: the car is parked, and its region has nothing against it.
    pub fn may_be_set_up(&self) -> bool {
        self.parked && !self.restrictions.has(Flag::NoSetup)
    }

    /// Time passed, or the car said something.
    pub fn pass(&mut self, window: &CentreWindow, readings: &Readings) {
        self.now = readings.now();
        // The readings are newer than what is told about them.
        self.parked = vehicle::is_parked(readings);
        if !self.may_be_set_up() {
            window.global::<PhoneAdapter>().set_forgetting(SharedString::new());
        }
        self.minute_of_day = readings.get(Leaf::MinuteOfDay).valid_number();
        if self.notice.is_some_and(|notice| notice.until <= self.now) {
            self.notice = None;
            self.show_pairing(window);
        }
        if self.pairing_until.is_some() {
            if self.pairing_until.is_some_and(|until| until <= self.now) {
                self.pairing_until = None;
            }
            self.show_pairing(window);
        }
        if self.media.pass(self.now) {
            self.show_media(window);
        }
        self.show_position(window);
        if self.place.pass(self.now) {
            self.show_place(window);
        }
    }

    pub fn set_units(&mut self, window: &CentreWindow, units: Units) {
        if self.units != units {
            self.units = units;
            self.show_place(window);
        }
    }

    /// Something is new about phones.
    pub fn hear(&mut self, window: &CentreWindow, news: &PhoneNews) {
        match news {
            PhoneNews::Link(link) => self.hear_link(window, link.as_deref()),
            PhoneNews::Sessions(sessions) => self.hear_sessions(window, sessions.as_deref()),
            PhoneNews::PairingOpened(seconds) => {
                self.pairing_until = Some(Nanoseconds(self.now.0 + u64::from(*seconds) * Nanoseconds::SECOND.0));
                self.show_pairing(window);
            }
            PhoneNews::Ledger { entries, read_at } => {
                self.ledger = Some((entries.clone(), *read_at));
                self.show_ledger(window);
            }
            PhoneNews::Refused(denied) => self.hear_refusal(window, denied),
        }
    }

    fn hear_link(&mut self, window: &CentreWindow, link: Option<&PhoneLink>) {
        self.link = link.cloned();
        if link.is_none_or(|link| !link.pairing_open) {
            self.pairing_until = None;
        }
        let phones = link.map_or(&[][..], |link| &link.phones);
        let paired: Vec<_> = phones.iter().filter(|phone| phone.is_paired).collect();
        refill(&self.cards, paired.iter().map(|phone| cards::card(phone)));
        let adapter = window.global::<PhoneAdapter>();
        adapter.set_present(link.is_some());
        adapter.set_count(paired.len().try_into().unwrap_or(i32::MAX));
        adapter.set_first(
            paired.iter().find(|phone| phone.reach == cards::NEAR).map(|phone| cards::card(phone)).unwrap_or_default(),
        );
        if !paired.iter().any(|phone| phone.id == adapter.get_forgetting().as_str()) {
            adapter.set_forgetting(SharedString::new());
        }
        let being = phones.iter().find(|phone| cards::pairing(&phone.pairing) != Pairing::None);
        // Whoever has just been paired was the one that was looked for.
        let made = self.pairing.take().is_some_and(|id| paired.iter().any(|phone| phone.id == id));
        self.pairing = being.map(|phone| phone.id.clone());
        if made && self.pairing.is_none() && link.is_some_and(|link| link.pairing_open) {
            self.ask(window, PhoneCommand::ClosePairing);
        }
        if adapter.get_tab() == PhoneTab::Ledger {
            self.ask(window, PhoneCommand::Ledger);
        }
        self.show_pairing(window);
    }

    fn hear_sessions(&mut self, window: &CentreWindow, sessions: Option<&[Session]>) {
        let sessions = sessions.unwrap_or_default();
        self.media.hear(session::first(sessions, "media"), self.now);
        self.place.hear(session::first(sessions, "destination"), self.now);
        let mut notes: Vec<_> = sessions.iter().filter(|session| session.kind == "note").collect();
        notes.sort_by_key(|session| std::cmp::Reverse(session.since));
        notes.truncate(NOTES_SHOWN);
        refill(&self.notes, notes.iter().map(|session| cards::note(session)));
        window.global::<SessionsAdapter>().set_note_count(notes.len().try_into().unwrap_or_default());
        let art = self.media.session().and_then(|session| tandem_kit::media::file(&session.media.art));
        if art != self.art {
            // What was not there when it was named before may be there by now.
            self.covers.retry();
            self.art = art;
        }
        self.show_media(window);
        self.show_place(window);
    }

    fn hear_refusal(&mut self, window: &CentreWindow, denied: &PhoneDenied) {
        let why = session::why_refused(denied.cause);
        let about = match &denied.command {
            PhoneCommand::Claim(id) | PhoneCommand::Release(id) | PhoneCommand::Dismiss(id) => id.as_str(),
            PhoneCommand::Steer { session, .. } => session.as_str(),
            _ => "",
        };
        if self.media.is(about) {
            self.media.say(why, self.now);
            self.show_media(window);
        } else if self.place.is(about) {
            self.place.say(why, self.now);
            self.show_place(window);
        } else {
            self.note(window, why);
        }
    }

    /// Says on the phones' page why something came to nothing.
    fn note(&mut self, window: &CentreWindow, why: Why) {
        self.notice = Some(Reason { why, until: self.now + REASON_SHOWN });
        self.show_pairing(window);
    }

    /// A picture came; whether it is one of these.
    pub fn hear_picture(&self, window: &CentreWindow, picture: &Picture) {
        if self.covers.hear(picture) {
            self.show_media(window);
        }
    }

    fn show_media(&self, window: &CentreWindow) {
        let adapter = window.global::<SessionsAdapter>();
        let art = self.art.as_ref().and_then(|path| self.covers.get(path, ART.0, ART.1));
        adapter.set_line_time(self.media.line_time());
        adapter.set_line(self.media.line());
        adapter.set_media(session::media(&self.media, art));
        self.show_position(window);
    }

    fn show_position(&self, window: &CentreWindow) {
        let adapter = window.global::<SessionsAdapter>();
        let position = self.media.position(self.now).map(rows::time).unwrap_or_default();
        if adapter.get_position() != position.as_str() {
            adapter.set_figures(figures(&position));
            adapter.set_position(position.into());
        }
    }

    fn show_place(&self, window: &CentreWindow) {
        window.global::<SessionsAdapter>().set_place(place::place(&self.place, self.units));
    }

    fn show_pairing(&self, window: &CentreWindow) {
        let adapter = window.global::<PhoneAdapter>();
        adapter.set_notice(self.notice.map_or(Why::None, |notice| notice.why));
        let phones = self.link.as_ref().map_or(&[][..], |link| &link.phones);
        let being = phones.iter().find(|phone| Some(&phone.id) == self.pairing.as_ref());
        let strangers: Vec<_> = phones.iter().filter(|phone| !phone.is_paired && phone.reach == cards::NEAR).collect();
        adapter.set_near_count(strangers.len().try_into().unwrap_or_default());
        refill(&self.near, strangers.into_iter().map(cards::near));
        adapter.set_pairing_shown(being.is_some() || self.link.as_ref().is_some_and(|link| link.pairing_open));
        adapter.set_pairing(being.map_or(Pairing::None, |phone| cards::pairing(&phone.pairing)));
        adapter.set_pairing_name(being.map(|phone| rows::words(&phone.name)).unwrap_or_default());
        let key = being.map(|phone| phone.key.as_str()).unwrap_or_default();
        if adapter.get_key_text() != key {
            adapter.set_key(figures(key));
            adapter.set_key_text(key.into());
        }
        let remaining = self.pairing_until.map(|until| until.since(self.now).0.div_ceil(Nanoseconds::SECOND.0));
        let remaining = remaining.map(|seconds| rows::time(seconds as i64 * 1_000_000)).unwrap_or_default();
        if adapter.get_remaining_text() != remaining.as_str() {
            adapter.set_remaining(figures(&remaining));
            adapter.set_remaining_text(remaining.into());
        }
    }

    fn show_ledger(&self, window: &CentreWindow) {
        let Some((entries, read_at)) = &self.ledger else { return };
        let ahead = self.minute_of_day.map_or(0, |minute| cards::ahead_of_utc(minute, *read_at));
        refill(&self.rows, entries.iter().map(|entry| cards::entry(entry, ahead)));
        window.global::<PhoneAdapter>().set_ledger_count(entries.len().try_into().unwrap_or(i32::MAX));
    }

    fn ask(&mut self, window: &CentreWindow, command: PhoneCommand) {
        if !self.may_be_set_up() && sets_up(&command) {
            return self.note(window, Why::Locked);
        }
        if !(self.send)(command.clone()) {
            let cause = tandem_kit::phone::PhoneCause::NoAnswer;
            self.hear_refusal(window, &PhoneDenied { command, cause, sentence: String::new() });
        }
    }

    fn show_models(&self, window: &CentreWindow) {
        let adapter = window.global::<PhoneAdapter>();
        adapter.set_phones(ModelRc::from(Rc::clone(&self.cards)));
        adapter.set_near(ModelRc::from(Rc::clone(&self.near)));
        adapter.set_ledger(ModelRc::from(Rc::clone(&self.rows)));
        window.global::<SessionsAdapter>().set_notes(ModelRc::from(Rc::clone(&self.notes)));
    }
}

/// Whether it takes more than a glance: such wishes wait until the car is parked. What goes on is one tap, and a pairing may be ended at any time.
fn sets_up(command: &PhoneCommand) -> bool {
    match command {
        PhoneCommand::OpenPairing
        | PhoneCommand::Pair(_)
        | PhoneCommand::Confirm(_)
        | PhoneCommand::Forget(_)
        | PhoneCommand::Grant { .. }
        | PhoneCommand::SetAutomatic { .. }
        | PhoneCommand::SetGuest { .. }
        | PhoneCommand::Prefer(_) => true,
        PhoneCommand::Claim(_)
        | PhoneCommand::Release(_)
        | PhoneCommand::Steer { .. }
        | PhoneCommand::Dismiss(_)
        | PhoneCommand::ClosePairing
        | PhoneCommand::Refuse(_)
        | PhoneCommand::Ring(_)
        | PhoneCommand::Ledger => false,
    }
}

/// Makes a model what it should be and touches no row that is so already: a finger may be on it.
fn refill<T: Clone + PartialEq + 'static>(model: &VecModel<T>, rows: impl Iterator<Item = T>) {
    let mut count = 0;
    for row in rows {
        match model.row_data(count) {
            Some(known) if known == row => {}
            Some(_) => model.set_row_data(count, row),
            None => model.push(row),
        }
        count += 1;
    }
    while model.row_count() > count {
        model.remove(model.row_count() - 1);
    }
}

/// A text letter by letter, for cells of equal width.
pub(crate) fn figures(text: &str) -> ModelRc<SharedString> {
    let letters: Vec<_> = text.chars().map(|letter| SharedString::from(letter.to_string())).collect();
    ModelRc::from(Rc::new(VecModel::from(letters)))
}

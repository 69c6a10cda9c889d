//! A player of a phone: what it plays, and whose that is.

use std::time::Duration;

use tandem_contracts::media::Wanted;
use tandem_kdeconnect::{Action, DeviceId, Message, Mpris, MprisRequest, Packet, Playing};
use tandem_session::{CarSeen, Effect as Hand, HandOver, PhoneSeen, Stage};

use super::covers::Cover;
use super::shared::Shared;
use super::{Change, Core, Effect, Found, Moment, Pace, Step};

/// Players of one phone.
const PLAYERS: usize = 8;
/// 2025-01-01, seconds since 1970: no clock that is set says less.
const CLOCKS_ARE_SET: i64 = 1_735_689_600;
/// A state that came with a change of it is at most so old, milliseconds.
const FRESH_MS: u32 = 500;

/// How far a position can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Exact,
    Bounded { ms: u32 },
    Stale,
}

/// Where the car may have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// What it was looked up for.
    pub track: String,
    /// None if there is nothing like it, or nobody has answered.
    pub found: Option<Found>,
    pub is_known: bool,
}

impl Candidate {
    pub fn item(&self) -> Option<String> {
        self.found.as_ref().map(|found| found.item.clone())
    }
}

#[derive(Clone, Debug)]
pub struct Player {
    pub session: String,
    /// Seconds since 1970.
    pub since: i64,
    pub state: Playing,
    /// When `state` said where it is.
    pub heard_at: Duration,
    pub quality: Quality,
    /// When it began to play, as far as was seen.
    pub began: Option<Duration>,
    pub hand: HandOver,
    pub candidate: Candidate,
    /// What was claimed, as of the last claim.
    pub claimed: String,
    /// Somebody here wished that it goes on on the phone; until that has it.
    pub goes_on: bool,
    /// The car was seen silent for that.
    quiet: bool,
    /// The phone is back, and is owed something, but has not said yet what it plays.
    pub unheard: bool,
    /// It has said what it does since it is connected.
    pub heard: bool,
    pub lookups: Pace,
    /// Somebody in the car does not want it now; until it plays, or is something else.
    pub put_away: bool,
    /// It is a link that was shared, and no player.
    pub shared: Option<Shared>,
    pub cover: Cover,
}

impl Player {
    pub fn new(at: Moment, session: String) -> Self {
        Self {
            session,
            since: at.seconds(),
            state: Playing::default(),
            heard_at: at.now,
            quality: Quality::Stale,
            began: None,
            hand: HandOver::new(at.now, None),
            candidate: Candidate::default(),
            claimed: String::new(),
            goes_on: false,
            quiet: false,
            unheard: false,
            heard: false,
            lookups: Pace::new(10, 2),
            put_away: false,
            shared: None,
            cover: Cover::default(),
        }
    }

    /// As the journal has it.
    pub fn restored(at: Moment, step: &Step) -> Self {
        let session = step.session.clone();
        let mut player = match Shared::of_key(&step.player) {
            Some(shared) => Self::of_link(at, session, shared),
            None => Self::new(at, session),
        };
        // A clock that was not set yet says nothing of how long ago that was.
        let ago = if step.at < CLOCKS_ARE_SET { 0 } else { at.seconds().saturating_sub(step.at) };
        let ago = u64::try_from(ago).unwrap_or(0);
        player.hand = HandOver::new(at.now, Some((step.record.clone(), Duration::from_secs(ago))));
        player.claimed.clone_from(&step.track);
        if player.shared.is_some() {
            // Nobody tells what a link is called but what was found then.
            let title = step.track.lines().next().unwrap_or_default().to_owned();
            player.state.title = Some(title.clone());
            let found = Found { item: step.record.item.clone(), title, ..Found::default() };
            player.candidate = Candidate { track: player.track(), found: Some(found), is_known: true };
            player.claimed = player.track();
        }
        player
    }

    /// The phone is away: nobody knows what it plays.
    pub fn silence(&mut self) {
        if self.shared.is_some() {
            return;
        }
        self.state.playing = Some(false);
        self.heard = false;
        self.began = None;
        self.quality = Quality::Stale;
    }

    /// The phone went. What it is given later, it is given silently.
    pub fn leave(&mut self, now: Duration) {
        self.goes_on = false;
        self.let_go();
        self.lose(now);
    }

    /// Its connection is no more, and there may be another.
    pub fn lose(&mut self, now: Duration) {
        self.unheard = false;
        self.cover.lose();
        self.hand.link(now, false);
        self.silence();
    }

    /// Whether the car has to do with it, wherever its phone is.
    pub fn has_business(&self) -> bool {
        !matches!(self.hand.stage(), Stage::Offered)
    }

    /// An app that has nothing to say for itself is no session.
    pub fn is_named(&self) -> bool {
        self.state.title.as_deref().is_some_and(|title| !title.is_empty())
    }

    /// A `file://` address of a cover: the library's, or else the phone's own; empty if there is none.
    pub fn art(&self) -> String {
        let found = self.candidate.found.as_ref().map(|found| found.art.clone());
        found.filter(|art| !art.is_empty()).unwrap_or_else(|| self.cover.address().to_owned())
    }

    /// What it plays, so that two can be told from each other.
    pub fn track(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        [text(&self.state.title), text(&self.state.artist), text(&self.state.album), text(&self.state.url)].join("\n")
    }

    pub fn is_playing(&self) -> bool {
        self.state.playing == Some(true)
    }

    /// Milliseconds at this moment, and no further than its end.
    pub fn position_ms(&self, now: Duration) -> i64 {
        let said = self.state.position_ms.unwrap_or(0).max(0);
        let passed = if self.is_playing() { now.saturating_sub(self.heard_at).as_millis() as i64 } else { 0 };
        match self.state.length_ms {
            Some(length) if length > 0 => said.saturating_add(passed).min(length),
            _ => said.saturating_add(passed),
        }
    }

    pub fn wanted(&self) -> Wanted {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Wanted {
            title: text(&self.state.title),
            artist: text(&self.state.artist),
            album: text(&self.state.album),
            length_us: self.state.length_ms.unwrap_or(0).max(0).saturating_mul(1000),
            url: text(&self.state.url),
        }
    }
}

/// What a packet says is put over what was said before; the rest stands.
fn put_over(before: &mut Playing, said: &Playing) {
    macro_rules! newer {
        ($($field:ident),*) => { $(if said.$field.is_some() { before.$field.clone_from(&said.$field); })* };
    }
    newer!(title, artist, album, url, art_url, length_ms, position_ms, playing, can_play, can_pause);
    newer!(can_go_next, can_go_previous, can_seek, volume, repeat, shuffle);
}

impl Core {
    pub(super) fn hear_player(&mut self, id: &DeviceId, said: Mpris) {
        match said {
            Mpris::Players { names, sends_art } => {
                if let Some(phone) = self.phones.get_mut(id) {
                    phone.sends_art = sends_art;
                }
                self.hear_players(id, names);
            }
            Mpris::State { player, state } => self.hear_state(id, &player, &state),
            // It comes beside a payload: see where packets are taken.
            Mpris::Art { .. } => {}
        }
    }

    fn hear_players(&mut self, id: &DeviceId, names: Vec<String>) {
        let at = self.at;
        // What comes back from the phone is our own player.
        let names: Vec<_> = names.into_iter().filter(|name| *name != self.us.name).take(PLAYERS).collect();
        for name in &names {
            let known = self.phones.get(id).is_some_and(|phone| phone.players.contains_key(name));
            if !known {
                let session = self.new_session();
                let Some(phone) = self.phones.get_mut(id) else { return };
                let mut player = Player::new(at, session);
                // Asked here as the hand-over asks: it is connected, and what it does is not known.
                player.hand.link(at.now, true);
                phone.players.insert(name.clone(), player);
            }
        }
        let Some(phone) = self.phones.get_mut(id) else { return };
        phone.players.retain(|name, player| names.contains(name) || player.shared.is_some() || player.has_business());
        // The answer to what was asked behind an order to pause, unless it is one to the question whether it is still there.
        let fence = phone.pulse.answer();
        for (name, player) in &mut phone.players {
            if fence {
                player.hand.phone_heard();
            }
            if !names.contains(name) {
                // Its app was closed there: it plays nothing.
                player.silence();
                player.heard = true;
            }
        }
        self.hear_silence(id);
        self.run_all();
    }

    fn hear_state(&mut self, id: &DeviceId, name: &str, said: &Playing) {
        let at = self.at;
        let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(name)) else { return };
        let (track, was_playing) = (player.track(), player.is_playing());
        let shown = player.position_ms(at.now);
        put_over(&mut player.state, said);
        // What was going on when it came began at a moment that nobody here knows.
        let changed = std::mem::replace(&mut player.heard, true)
            && (player.track() != track || player.is_playing() != was_playing);
        if player.is_playing() || player.track() != track {
            player.put_away = false;
        }
        if said.position_ms.is_some() {
            player.quality = match player.is_playing() {
                false => Quality::Exact,
                true if changed => Quality::Bounded { ms: FRESH_MS },
                // The same number again is a moment of before.
                true => Quality::Stale,
            };
        } else {
            player.state.position_ms = Some(if player.track() == track { shown } else { 0 });
        }
        player.heard_at = at.now;
        if std::mem::take(&mut player.unheard) {
            player.hand.link(at.now, true);
        }
        match player.is_playing() {
            true if !was_playing => player.began = Some(at.now),
            false => player.began = None,
            true => {}
        }
        let track = player.track();
        match player.hand.stage() {
            // Another one began before it heard that it is to pause: nobody claimed that.
            Stage::Pausing { .. } if track != player.claimed => player.hand.release(at.now),
            Stage::Offered if track != player.claimed => player.hand.forget_item(),
            _ => {}
        }
        if said.playing.is_some() {
            let seen = PhoneSeen { playing: player.is_playing(), position_ms: player.position_ms(at.now) };
            player.hand.phone(at.now, seen);
        }
        let (session, wanted) = (player.session.clone(), player.wanted());
        if player.candidate.track != track {
            player.candidate = Candidate { track: track.clone(), found: None, is_known: false };
            let may = player.lookups.may(at.now);
            if may && !(wanted.title.is_empty() && wanted.url.is_empty()) {
                self.do_next(Effect::Resolve { session, track, wanted });
            }
        }
        self.want_cover(id, name);
        self.hear_silence(id);
        self.run_all();
    }

    /// The library was asked whether it has something.
    pub fn resolved(&mut self, at: Moment, session: &str, track: &str, found: Option<Found>) {
        self.at = at;
        let Some(player) = self.player_mut(session) else { return };
        if player.shared.is_some() {
            self.resolved_link(session, found);
        } else if player.track() == track {
            player.candidate = Candidate { track: track.to_owned(), found, is_known: true };
            player.hand.resolved(at.now, player.candidate.item());
        } else if matches!(player.hand.stage(), Stage::Resolving { .. }) && player.claimed != player.track() {
            // Another song began meanwhile: nobody claimed that one.
            player.hand.release(at.now);
        }
        if let Ok((id, name)) = self.holder(session) {
            self.want_cover(&id, &name);
        }
        self.follow_people();
        self.run_all();
    }

    /// The car's player was told to pause, and says what it does now.
    pub fn car_paused(&mut self, at: Moment, session: &str, number: u64, seen: CarSeen) {
        self.at = at;
        if self.car.item == seen.item {
            (self.car.sounding, self.car.position_ms, self.car_at) = (seen.sounding, seen.position_ms, at.now);
        }
        if let Some(player) = self.player_mut(session) {
            player.hand.car_paused(at.now, number, seen);
        }
        self.run_all();
    }

    pub(super) fn player_mut(&mut self, session: &str) -> Option<&mut Player> {
        self.phones.values_mut().flat_map(|phone| phone.players.values_mut()).find(|player| player.session == session)
    }

    /// What all hand-overs want.
    pub(super) fn run_all(&mut self) {
        let names: Vec<(DeviceId, String)> = self
            .phones
            .iter()
            .flat_map(|(id, phone)| phone.players.keys().map(|name| (id.clone(), name.clone())))
            .collect();
        for (id, name) in names {
            self.run_hand(&id, &name);
        }
        // Of a phone that is away, only what is unfinished is of interest.
        for phone in self.phones.values_mut().filter(|phone| phone.link.is_none()) {
            phone.players.retain(|_, player| player.shared.is_some() || player.has_business());
        }
    }

    fn run_hand(&mut self, id: &DeviceId, name: &str) {
        loop {
            let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(name)) else { return };
            let wishes = player.hand.take_effects();
            if wishes.is_empty() {
                if player.hand.stage() == Stage::Offered {
                    (player.goes_on, player.quiet) = (false, false);
                }
                return self.settle_link(id, name);
            }
            for wish in wishes {
                self.grant_hand(id, name, wish);
            }
        }
    }

    fn grant_hand(&mut self, id: &DeviceId, name: &str, wish: Hand) {
        let now = self.at.now;
        let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(name)) else { return };
        let session = player.session.clone();
        let ask = |request: MprisRequest| Packet::new(Message::MprisRequest(request));
        let order = |action: Action| ask(MprisRequest::Do { player: name.to_owned(), action });
        match wish {
            Hand::Write(record) => {
                let step = Step {
                    phone: id.clone(),
                    player: name.to_owned(),
                    session,
                    track: player.claimed.clone(),
                    at: self.at.seconds(),
                    record,
                };
                self.do_next(Effect::Keep(Change::Step(Box::new(step))));
            }
            Hand::PausePhone if player.shared.is_some() => self.hush(id, name),
            Hand::AskPhone if player.shared.is_some() => drop(self.send(id, ask(MprisRequest::Players))),
            // It never played there.
            Hand::PlayPhone if player.shared.is_some() => {}
            Hand::PausePhone => {
                self.send(id, order(Action::Pause));
                self.send(id, ask(MprisRequest::Players));
                self.send(id, ask(MprisRequest::State { player: name.to_owned() }));
            }
            Hand::PlayPhone => drop(self.send(id, order(Action::Play))),
            Hand::AskPhone => drop(self.send(id, ask(MprisRequest::State { player: name.to_owned() }))),
            Hand::GiveBack { position_ms, car_silent } => self.give_back(id, name, position_ms, car_silent),
            Hand::Resolve => {
                let (track, wanted) = (player.track(), player.wanted());
                player.claimed.clone_from(&track);
                if player.candidate.track == track && player.candidate.found.is_some() {
                    // It was looked up when it began.
                    player.hand.resolved(now, player.candidate.item());
                } else {
                    self.do_next(Effect::Resolve { session, track, wanted });
                }
            }
            Hand::PlayCar { item, position_ms } => {
                self.note_down(id, "taken", "media", 1);
                self.do_next(Effect::Play { session, item, position_ms });
            }
            Hand::PauseCar { item, number } => self.do_next(Effect::Pause { session, item, number }),
            Hand::AskCar => self.do_next(Effect::AskCar),
        }
    }

    /// The phone's own player is put where the car stopped, if it still has the same; who follows the car's player hears where that stopped.
    fn give_back(&mut self, id: &DeviceId, name: &str, position_ms: i64, car_silent: bool) {
        let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(name)) else { return };
        player.quiet |= car_silent;
        // It may have been told before, over a connection that was replaced, and play already.
        let sounds_here = self.car.sounding && self.car.item == player.hand.item();
        let goes_on = player.goes_on && player.quiet && !player.is_playing() && (car_silent || !sounds_here);
        if player.shared.is_some() {
            return self.give_link(id, name, position_ms, goes_on);
        }
        let is_here = self.car.item == player.hand.item();
        let same = player.claimed == player.track();
        let ask = |request: MprisRequest| Packet::new(Message::MprisRequest(request));
        if same {
            player.state.position_ms = Some(position_ms);
            player.heard_at = self.at.now;
            self.send(id, ask(MprisRequest::SetPosition { player: name.to_owned(), position_ms }));
        }
        // What the car plays meanwhile has an address of its own.
        let url = Some(self.car.url.clone()).filter(|url| is_here && !url.is_empty());
        let told = url.is_some();
        if let Some(url) = url {
            self.tell_stopped(id, url, position_ms);
        }
        if same && goes_on {
            self.send(id, ask(MprisRequest::Do { player: name.to_owned(), action: Action::Play }));
        }
        if same || told {
            self.note_down(id, "given-back", "media", 1);
        }
    }

    /// What the car played can be had there, and from here on.
    pub(super) fn tell_stopped(&mut self, id: &DeviceId, url: String, position_ms: i64) {
        let (position_ms, playing) = (Some(position_ms), Some(false));
        let state = Playing { url: Some(url), position_ms, playing, ..Playing::default() };
        let state = Mpris::State { player: self.us.name.clone(), state: Box::new(state) };
        self.send(id, Packet::new(Message::Mpris(state)));
    }
}

//! Links that phones share and that are no place: an episode, a station, a file that the car can play. To the hand-over one is a player that never sounds; while the car
//! takes it over, whatever plays on the phone is paused.

use tandem_kdeconnect::{Action, DeviceId, Message, MprisRequest, Packet, Share};
use tandem_session::{Link, PhoneSeen, Stage, Why};

use super::players::{Candidate, Quality};
use super::{Core, Effect, Found, Moment, Player};

/// What the name of no player of a phone begins with: control characters do not get this far.
const KEY: char = '\u{1}';
/// Links of one phone that are offered; the oldest goes.
const LINKS: usize = 4;

#[derive(Clone, Debug)]
pub struct Shared {
    pub link: Link,
    /// As the phone said it.
    wish: String,
    /// Players of the phone that were told to pause for it.
    paused: Vec<String>,
}

impl Shared {
    fn key(&self) -> String {
        format!("{KEY}{}", self.link.address())
    }

    /// As the journal calls it.
    pub fn of_key(key: &str) -> Option<Self> {
        Some(Self { link: Link::read(key.strip_prefix(KEY)?)?, wish: String::new(), paused: Vec::new() })
    }
}

impl Player {
    pub fn of_link(at: Moment, session: String, shared: Shared) -> Self {
        let mut player = Self::new(at, session);
        player.state.url = Some(shared.link.address().to_owned());
        player.state.position_ms = Some(shared.link.start_ms());
        player.state.playing = Some(false);
        (player.quality, player.heard) = (Quality::Exact, true);
        player.shared = Some(shared);
        player
    }

    fn is_offered_link(&self) -> bool {
        self.shared.is_some() && self.hand.stage() == Stage::Offered
    }

    /// Who has not said what it does may sound.
    fn may_sound(&self) -> bool {
        self.shared.is_none() && (self.is_playing() || !self.heard)
    }

    /// Nothing that was paused for it is to play again.
    pub fn let_go(&mut self) {
        if let Some(shared) = &mut self.shared {
            shared.paused.clear();
        }
    }
}

impl Core {
    /// Looks whether the car can play what is behind a link; until that is known it is not shown.
    pub(super) fn offer_link(&mut self, id: &DeviceId, wish: &str, link: Link) {
        let (at, session) = (self.at, self.new_session());
        let Some(phone) = self.phones.get_mut(id) else { return };
        let shared = Shared { link, wish: wish.trim().to_owned(), paused: Vec::new() };
        let key = shared.key();
        if phone.players.get(&key).is_some_and(Player::has_business) {
            return;
        }
        // The same from another second takes its own place.
        let offered = phone.players.iter().filter(|(known, it)| it.is_offered_link() && **known != key);
        let mut offered: Vec<_> = offered.map(|(_, player)| (player.since, player.session.clone())).collect();
        offered.sort();
        for (_, oldest) in offered.iter().rev().skip(LINKS - 1) {
            self.drop_link(oldest);
        }
        let Some(phone) = self.phones.get_mut(id) else { return };
        let mut player = Player::of_link(at, session.clone(), shared);
        player.hand.link(at.now, phone.link.is_some());
        let (track, wanted) = (player.track(), player.wanted());
        phone.players.insert(key, player);
        self.do_next(Effect::Resolve { session, track, wanted });
    }

    pub(super) fn resolved_link(&mut self, session: &str, found: Option<Found>) {
        let now = self.at.now;
        let Some(player) = self.player_mut(session) else { return };
        let Some(shared) = &player.shared else { return };
        let by_address = || {
            let link = &shared.link;
            link.is_file().then(|| Found { item: link.address().to_owned(), title: link.title(), ..Found::default() })
        };
        let Some(found) = found.or_else(by_address) else {
            // Nobody here knows what it is. One that was found before is not lost because of that.
            player.hand.resolved(now, None);
            if !player.is_named() {
                self.drop_link(session);
            }
            return;
        };
        let text = |text: &str| Some(text.to_owned());
        (player.state.title, player.state.artist) = (text(&found.title), text(&found.artist));
        (player.state.album, player.state.length_ms) = (text(&found.album), Some(found.length_ms));
        player.candidate = Candidate { track: player.track(), found: Some(found), is_known: true };
        if matches!(player.hand.stage(), Stage::Resolving { .. }) {
            player.claimed = player.track();
        }
        player.hand.resolved(now, player.candidate.item());
    }

    /// Puts one away that the car has nothing to do with; true if there was one. Shared again, it is another wish.
    pub(super) fn drop_link(&mut self, session: &str) -> bool {
        for phone in self.phones.values_mut() {
            let found = phone.players.iter().find(|(_, it)| it.session == session && it.is_offered_link());
            if let Some(key) = found.map(|(key, _)| key.clone()) {
                let wish = phone.players.remove(&key).and_then(|player| player.shared).map(|shared| shared.wish);
                phone.shares.retain(|(known, _)| Some(known) != wish.as_ref());
                return true;
            }
        }
        false
    }

    /// The car is about to play a link: whatever sounds on the phone makes way.
    pub(super) fn hush(&mut self, id: &DeviceId, key: &str) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        let sounds = phone.players.iter().filter(|(_, it)| it.may_sound());
        let sounds: Vec<_> = sounds.map(|(name, _)| name.clone()).collect();
        let is_known = !phone.tells_players || phone.pulse.has_answered();
        let playing: Vec<_> =
            sounds.iter().filter(|name| phone.players.get(*name).is_some_and(Player::is_playing)).cloned().collect();
        let Some(player) = phone.players.get_mut(key) else { return };
        if sounds.is_empty() && is_known {
            player.hand.phone_heard();
            return self.hear_silence(id);
        }
        if let Some(shared) = &mut player.shared {
            shared.paused.extend(playing);
            shared.paused.sort();
            shared.paused.dedup();
        }
        let ask = |request: MprisRequest| Packet::new(Message::MprisRequest(request));
        for player in &sounds {
            self.send(id, ask(MprisRequest::Do { player: player.clone(), action: Action::Pause }));
        }
        self.send(id, ask(MprisRequest::Players));
        for player in sounds {
            self.send(id, ask(MprisRequest::State { player }));
        }
    }

    /// The phone has said something: a link that waits for silence there hears whether it has come.
    pub(super) fn hear_silence(&mut self, id: &DeviceId) {
        let now = self.at.now;
        let Some(phone) = self.phones.get_mut(id) else { return };
        let sounds = phone.players.values().any(Player::may_sound);
        for player in phone.players.values_mut().filter(|it| it.shared.is_some()) {
            if !(sounds && matches!(player.hand.stage(), Stage::Pausing { .. })) {
                let position_ms = player.position_ms(now);
                player.hand.phone(now, PhoneSeen { playing: false, position_ms });
            }
        }
    }

    /// What was paused for a link that did not come to sound plays again.
    pub(super) fn settle_link(&mut self, id: &DeviceId, key: &str) {
        let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(key)) else { return };
        let (stage, why) = (player.hand.stage(), player.hand.why());
        let Some(shared) = player.shared.as_mut().filter(|it| !it.paused.is_empty()) else { return };
        let paused = match stage {
            // Over another connection it may be claimed again.
            Stage::Offered if why == Some(Why::Lost) => return,
            Stage::Offered if why == Some(Why::PhoneWent) => Vec::new(),
            Stage::Offered => shared.paused.clone(),
            Stage::Held => Vec::new(),
            _ => return,
        };
        shared.paused.clear();
        for player in paused {
            let request = MprisRequest::Do { player, action: Action::Play };
            self.send(id, Packet::new(Message::MprisRequest(request)));
        }
    }

    /// The phone is told how far the car came; somebody at the screen has it opened there, too.
    pub(super) fn give_link(&mut self, id: &DeviceId, key: &str, position_ms: i64, goes_on: bool) {
        let now = self.at.now;
        let Some(player) = self.phones.get_mut(id).and_then(|phone| phone.players.get_mut(key)) else { return };
        (player.state.position_ms, player.heard_at) = (Some(position_ms), now);
        // Once: over another connection it would be opened twice.
        player.goes_on &= !goes_on;
        let Some(link) = player.shared.as_ref().map(|shared| shared.link.clone()) else { return };
        self.tell_stopped(id, link.address().to_owned(), position_ms);
        if goes_on {
            self.send(id, Packet::new(Message::Share(Share::Url(link.from_ms(position_ms)))));
        }
        self.note_down(id, "given-back", "media", 1);
    }
}

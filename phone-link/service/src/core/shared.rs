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
    /// Players of the phone that were told to pause for it.
    paused: Vec<String>,
}

impl Shared {
    fn key(&self) -> String {
        format!("{KEY}{}", self.link.address())
    }

    /// As the journal calls it.
    pub fn of_key(key: &str) -> Option<Self> {
        Some(Self { link: Link::read(key.strip_prefix(KEY)?)?, paused: Vec::new() })
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
}

impl Core {
    /// Looks whether the car can play what is behind a link; until that is known it is not shown.
    pub(super) fn offer_link(&mut self, id: &DeviceId, link: Link) {
        let (at, session) = (self.at, self.new_session());
        let Some(phone) = self.phones.get_mut(id) else { return };
        let shared = Shared { link, paused: Vec::new() };
        let key = shared.key();
        if phone.players.get(&key).is_some_and(Player::has_business) {
            return;
        }
        let mut offered: Vec<_> = phone.players.iter().filter(|(_, it)| it.is_offered_link()).collect();
        offered.sort_by_key(|(_, player)| player.since);
        if offered.len() >= LINKS
            && let Some(oldest) = offered.first().map(|(key, _)| (*key).clone())
        {
            phone.players.remove(&oldest);
        }
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

    /// True if there was one that the car has nothing to do with.
    pub(super) fn drop_link(&mut self, session: &str) -> bool {
        let before: usize = self.phones.values().map(|phone| phone.players.len()).sum();
        for phone in self.phones.values_mut() {
            phone.players.retain(|_, player| !(player.session == session && player.is_offered_link()));
        }
        before != self.phones.values().map(|phone| phone.players.len()).sum::<usize>()
    }

    /// The car is about to play a link: whatever sounds on the phone makes way.
    pub(super) fn hush(&mut self, id: &DeviceId, key: &str) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        let sounds = phone.players.iter().filter(|(_, it)| it.shared.is_none() && it.is_playing());
        let sounds: Vec<_> = sounds.map(|(name, _)| name.clone()).collect();
        let Some(player) = phone.players.get_mut(key) else { return };
        if sounds.is_empty() {
            player.hand.phone_heard();
            return self.hear_silence(id);
        }
        if let Some(shared) = &mut player.shared {
            shared.paused.clone_from(&sounds);
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
        let sounds = phone.players.values().any(|it| it.shared.is_none() && it.is_playing());
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
        let Some(link) = player.shared.as_ref().map(|shared| shared.link.clone()) else { return };
        self.tell_stopped(id, link.address().to_owned(), position_ms);
        if goes_on {
            self.send(id, Packet::new(Message::Share(Share::Url(link.from_ms(position_ms)))));
        }
        self.note_down(id, "given-back", "media", 1);
    }
}

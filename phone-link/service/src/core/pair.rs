//! Who is let in: connections as they come and go, and pairing.

use core::net::IpAddr;
use std::time::Duration;

use tandem_contracts::phones::{AUTOMATIC, GRANTS};
use tandem_kdeconnect::{
    DeviceId, Ended, Identity, Message, MprisRequest, NoteRequest, Packet, PairBody, Pairing, Step, verification_key,
};
use tandem_link::LinkId;
use tandem_session::Stage;

use super::phone::{Kept, Link, Phone, Pulse};
use super::{Change, Core, Effect, Moment, Player, STRANGERS};

/// A connection that has proved who is at its other end.
pub struct Arrival {
    pub link: LinkId,
    pub identity: Identity,
    /// DER.
    pub certificate: Vec<u8>,
    pub our_key: Vec<u8>,
    pub their_key: Vec<u8>,
    pub address: IpAddr,
    /// The certificate is the one that was kept.
    pub pinned: bool,
}

impl Core {
    /// A phone is connected.
    pub fn link_up(&mut self, at: Moment, arrival: Arrival) {
        self.at = at;
        let id = arrival.identity.id.clone();
        let strangers = self.phones.values().filter(|phone| phone.kept.is_none()).count();
        let known = self.phones.contains_key(&id);
        if !arrival.pinned && (!self.window.is_open(at.now) || !known && strangers >= STRANGERS) {
            return self.do_next(Effect::Close(arrival.link));
        }
        let identity = arrival.identity;
        let phone = self
            .phones
            .entry(id.clone())
            .or_insert_with(|| Phone::new(id.clone(), identity.name.clone(), identity.kind));
        if phone.kept.is_some() != arrival.pinned {
            // Another certificate than the one that was kept is somebody else's.
            return self.do_next(Effect::Close(arrival.link));
        }
        let before = phone.link.take();
        let was_near = before.is_some();
        phone.name = identity.name;
        phone.kind = identity.kind;
        phone.tells_players = identity.outgoing.iter().any(|kind| kind == "kdeconnect.mpris");
        // Phones dial again whenever they hear of us: whoever holds the same key goes on with what was begun.
        if !before.is_some_and(|link| link.certificate == arrival.certificate && !arrival.pinned) {
            phone.pairing = Pairing::new(arrival.pinned, identity.protocol);
            phone.key = String::new();
        }
        phone.link = Some(Link {
            id: arrival.link,
            certificate: arrival.certificate,
            protocol: identity.protocol,
            our_key: arrival.our_key,
            their_key: arrival.their_key,
            address: arrival.address,
        });
        let mut claims = Vec::new();
        if was_near {
            // What the old connection was told may be lost. Nobody here wished for that: claims are made again.
            let under_way =
                |player: &&Player| matches!(player.hand.stage(), Stage::Resolving { .. } | Stage::Pausing { .. });
            claims.extend(phone.players.values().filter(under_way).map(|player| player.session.clone()));
            self.forget_connection(&id, Player::lose);
        }
        if let Some(phone) = self.phones.get_mut(&id)
            && let Some(kept) = &mut phone.kept
        {
            kept.seen_at = at.seconds();
            kept.address = Some(arrival.address);
            kept.protocol = kept.protocol.max(identity.protocol);
            kept.kind = identity.kind;
            self.greet(&id);
        }
        for session in claims {
            // Refused, it stays where it is.
            let _ = self.claim_player(&id, &session);
        }
        self.run_all();
    }

    /// A connection ended. One that was replaced by a newer one is nobody's any more.
    pub fn link_down(&mut self, at: Moment, link: LinkId) {
        self.at = at;
        let found = self.phones.values().find(|phone| phone.link.as_ref().is_some_and(|it| it.id == link));
        let Some(id) = found.map(|phone| phone.id.clone()) else { return };
        if let Some(phone) = self.phones.get_mut(&id) {
            phone.link = None;
            phone.key = String::new();
            phone.pairing = Pairing::new(phone.kept.is_some(), 8);
            phone.presence.link(at.now, false);
        }
        self.forget_connection(&id, Player::leave);
        if self.phones.get(&id).is_some_and(|phone| phone.kept.is_none()) {
            self.phones.remove(&id);
        }
        self.follow_people();
        self.run_all();
    }

    /// A paired phone is here: it is asked what it does, and told what it is owed.
    fn greet(&mut self, id: &DeviceId) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        let (Some(kept), Some(link)) = (phone.kept.clone(), &phone.link) else { return };
        let (link, certificate, protocol) = (link.id, link.certificate.clone(), link.protocol);
        phone.pulse = Pulse::default();
        phone.pulse.hear(self.at.now);
        phone.presence.cabin(self.at.now, self.vehicle.cabin);
        phone.presence.link(self.at.now, true);
        phone.follows_car = false;
        let mut ask = Vec::new();
        for (name, player) in &mut phone.players {
            if matches!(player.hand.stage(), Stage::Owed { .. }) && player.shared.is_none() {
                player.unheard = true;
                ask.push(MprisRequest::State { player: name.clone() });
            } else {
                player.hand.link(self.at.now, true);
            }
        }
        let name = phone.name.clone();
        self.do_next(Effect::Trust(link, true));
        self.do_next(Effect::Pin(id.clone(), certificate, protocol.max(kept.protocol)));
        self.do_next(Effect::Keep(Change::Phone { id: id.clone(), name, kept: Box::new(kept) }));
        self.do_next(Effect::AskCar);
        self.ask_phone(id);
        for request in ask {
            self.send(id, Packet::new(Message::MprisRequest(request)));
        }
        self.settle_places(id);
        self.follow_people();
    }

    /// What is granted is asked for.
    pub(super) fn ask_phone(&mut self, id: &DeviceId) {
        let Some(phone) = self.phones.get(id) else { return };
        let (media, notes) = (phone.may("media"), phone.may("notes"));
        if media {
            self.send(id, Packet::new(Message::MprisRequest(MprisRequest::Players)));
        }
        if notes {
            self.send(id, Packet::new(Message::NoteRequest(NoteRequest::All)));
        }
    }

    /// Asks who has been silent for long, and lets go who does not answer.
    pub(super) fn feel_pulses(&mut self) {
        let now = self.at.now;
        let mut effects = Vec::new();
        for phone in self.phones.values_mut().filter(|phone| phone.kept.is_some()) {
            let Some(link) = phone.link.as_ref().map(|link| link.id) else { continue };
            if phone.pulse.is_dead(now) {
                phone.pulse = Pulse::default();
                effects.push(Effect::Close(link));
            } else if phone.pulse.asks(now) {
                let request = Message::MprisRequest(MprisRequest::Players);
                effects.push(Effect::Send(link, Packet::new(request)));
            }
        }
        self.out.extend(effects);
    }

    /// What was known only as long as it was connected is not known any more.
    fn forget_connection(&mut self, id: &DeviceId, go: fn(&mut Player, Duration)) {
        let now = self.at.now;
        self.unsent_places(id);
        self.calls.lose(id);
        self.follow_calls();
        let Some(phone) = self.phones.get_mut(id) else { return };
        phone.battery = None;
        phone.signal = None;
        phone.notes.clear();
        phone.follows_car = false;
        for player in phone.players.values_mut() {
            go(player, now);
        }
        self.run_all();
    }

    /// The phone says something of pairing.
    pub(super) fn hear_pairing(&mut self, id: &DeviceId, said: PairBody) {
        let (at, window) = (self.at, self.window);
        let Some(phone) = self.phones.get_mut(id) else { return };
        let steps = phone.pairing.hear(at.now, at.unix_ms / 1000, &window, said);
        self.pairing_steps(id, steps);
    }

    pub(super) fn pairing_steps(&mut self, id: &DeviceId, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Send(body) => drop(self.send(id, Packet::new(Message::Pair(body)))),
                Step::ShowKey { requested_at } => {
                    let Some(phone) = self.phones.get_mut(id) else { return };
                    let Some(link) = &phone.link else { return };
                    phone.key = verification_key(&link.our_key, &link.their_key, requested_at);
                    (phone.why, phone.reason) = Default::default();
                }
                Step::Paired => self.paired(id),
                Step::Ended(ended) => self.unpaired(id, ended),
            }
        }
    }

    fn paired(&mut self, id: &DeviceId) {
        let last = self.phones.values().filter_map(|phone| phone.kept.as_ref()).map(|kept| kept.rank).max();
        let seen_at = self.at.seconds();
        let Some(phone) = self.phones.get_mut(id) else { return };
        let Some(link) = &phone.link else { return };
        phone.kept = Some(Kept {
            certificate: link.certificate.clone(),
            protocol: link.protocol,
            kind: phone.kind,
            grants: GRANTS.map(str::to_owned).to_vec(),
            automatic: AUTOMATIC.map(|kind| (kind.to_owned(), "ask".to_owned())).into(),
            is_guest: false,
            rank: last.unwrap_or(0) + 1,
            seen_at,
            address: Some(link.address),
        });
        phone.key = String::new();
        self.window.close();
        self.note_down(id, "paired", "phone", 1);
        let Some(phone) = self.phones.get_mut(id) else { return };
        let (early, Some(link)) = (std::mem::take(&mut phone.early), phone.link.as_ref().map(|link| link.id)) else {
            return;
        };
        self.greet(id);
        self.look_at_window();
        for message in early {
            self.packet(self.at, link, Packet::new(message));
        }
    }

    fn unpaired(&mut self, id: &DeviceId, ended: Ended) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        phone.key = String::new();
        phone.early.clear();
        (phone.why, phone.reason) = match ended {
            Ended::Refused => ("refused", "Pairing was refused".to_owned()),
            Ended::TimedOut => ("timed-out", "Nobody answered in time".to_owned()),
            Ended::NoWindow => ("closed", "Pairing is closed: it is opened at the screen of the parked car".to_owned()),
            Ended::Clocks { seconds_apart } => {
                let minutes = seconds_apart / 60;
                ("clocks-differ", format!("The clocks of the phone and of the car are {minutes} minutes apart"))
            }
            Ended::NoTime => ("no-time", "The phone did not say when it asked".to_owned()),
            Ended::Unpaired => ("ended", "The phone has ended the pairing".to_owned()),
        };
        if phone.kept.is_some() {
            self.forget_phone(id);
        }
    }

    /// Ends a pairing from this side, and wipes what came from the phone.
    pub(super) fn forget_phone(&mut self, id: &DeviceId) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        if phone.kept.take().is_none() {
            return;
        }
        let (link, is_paired) = (phone.link.as_ref().map(|link| link.id), phone.pairing.is_paired());
        phone.players.clear();
        phone.notes.clear();
        phone.shares.clear();
        self.calls.forget(id);
        self.places.retain(|place| place.phone != *id);
        self.do_next(Effect::Unpin(id.clone()));
        self.note_down(id, "forgotten", "phone", 1);
        self.do_next(Effect::Keep(Change::Forgotten(id.clone())));
        self.do_next(Effect::Wipe(id.clone()));
        if let Some(link) = link {
            if is_paired {
                let no = PairBody { pair: false, timestamp: None };
                self.do_next(Effect::Send(link, Packet::new(Message::Pair(no))));
            }
            self.do_next(Effect::Trust(link, false));
            self.do_next(Effect::Close(link));
        }
        self.phones.remove(id);
    }

    /// Opens and closes the door to strangers with the window.
    pub(super) fn look_at_window(&mut self) {
        let open = self.window.is_open(self.at.now);
        if !open {
            // One that has closed by itself closes no more.
            self.window.close();
        }
        if std::mem::replace(&mut self.window_was_open, open) == open {
            return;
        }
        self.do_next(Effect::Admit(open));
        if open {
            return self.do_next(Effect::Announce);
        }
        let (now, window) = (self.at.now, self.window);
        let strangers: Vec<_> =
            self.phones.iter().filter(|(_, phone)| phone.kept.is_none()).map(|(id, _)| id.clone()).collect();
        for id in strangers {
            if let Some(phone) = self.phones.get_mut(&id) {
                let steps = phone.pairing.tick(now, &window);
                self.pairing_steps(&id, steps);
            }
            if let Some(link) = self.phones.get(&id).and_then(|phone| phone.link.as_ref()) {
                self.do_next(Effect::Close(link.id));
            }
        }
    }
}

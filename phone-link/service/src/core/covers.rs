//! Covers that only the phone has.

use tandem_kdeconnect::{DeviceId, Message, MprisRequest, Packet, Payload};

use super::{Core, Effect, Moment};

/// The cover of what a player of a phone plays, by what the phone calls it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    of: String,
    state: State,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Missing,
    Asked,
    Coming,
    /// A `file://` address.
    Here(String),
}

impl Cover {
    /// A `file://` address; empty if it is not here.
    pub fn address(&self) -> &str {
        if let State::Here(address) = &self.state { address } else { "" }
    }

    /// The connection over which it was to come is no more.
    pub fn lose(&mut self) {
        if !matches!(self.state, State::Here(_)) {
            self.state = State::Missing;
        }
    }
}

impl Core {
    /// Asks for the cover of something that the library has none of.
    pub(super) fn want_cover(&mut self, id: &DeviceId, name: &str) {
        let now = self.at.now;
        let Some(phone) = self.phones.get_mut(id).filter(|phone| phone.sends_art && phone.link.is_some()) else {
            return;
        };
        let Some(player) = phone.players.get_mut(name).filter(|player| player.shared.is_none()) else { return };
        let url = player.state.art_url.clone().unwrap_or_default();
        if url != player.cover.of {
            player.cover = Cover { of: url.clone(), state: State::Missing };
        }
        let has_own = player.candidate.found.as_ref().is_some_and(|found| !found.art.is_empty());
        // What lies in the web is fetched by nobody: the car would tell a stranger what is listened to.
        let is_there = !url.is_empty() && !url.starts_with("http");
        let wants = player.candidate.is_known && !has_own && is_there && player.cover.state == State::Missing;
        if wants && phone.covers_pace.may(now) {
            player.cover.state = State::Asked;
            let request = MprisRequest::Art { player: name.to_owned(), url };
            self.send(id, Packet::new(Message::MprisRequest(request)));
        }
    }

    /// A cover is on its way, and was asked for.
    pub(super) fn take_cover(&mut self, id: &DeviceId, name: &str, url: &str, payload: Payload) {
        let Some(phone) = self.phones.get_mut(id) else { return };
        let (Some(player), Some(link)) = (phone.players.get_mut(name), &phone.link) else { return };
        if player.cover != (Cover { of: url.to_owned(), state: State::Asked }) {
            return;
        }
        player.cover.state = State::Coming;
        let (session, link) = (player.session.clone(), link.id);
        self.do_next(Effect::ReceiveCover { phone: id.clone(), link, payload, session, url: url.to_owned() });
    }

    /// A cover lies in a file, or did not come: then it is asked for again when the player says something.
    pub fn covered(&mut self, at: Moment, phone: &DeviceId, session: &str, url: &str, address: Option<String>) {
        self.at = at;
        if !self.is_paired(phone) {
            return self.do_next(Effect::Wipe(phone.clone()));
        }
        if let Some(player) = self.player_mut(session).filter(|player| player.cover.of == url) {
            player.cover.state = address.map_or(State::Missing, State::Here);
        }
    }
}

//! Covers that only the phone has.

use tandem_kdeconnect::{DeviceId, Message, MprisRequest, Packet, Payload};

use super::{Core, Effect, Moment};

/// The cover of what a player of a phone plays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// As the phone calls the one that was asked for.
    asked: String,
    /// A `file://` address once it is here; empty before.
    pub address: String,
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
        if url != player.cover.asked {
            player.cover = Cover::default();
        }
        let has_own = player.candidate.found.as_ref().is_some_and(|found| !found.art.is_empty());
        // What lies in the web is fetched by nobody: the car would tell a stranger what is listened to.
        let is_there = !url.is_empty() && !url.starts_with("http");
        let wants = player.candidate.is_known && !has_own && is_there && player.cover.asked != url;
        if wants && phone.covers_pace.may(now) {
            player.cover.asked.clone_from(&url);
            let request = MprisRequest::Art { player: name.to_owned(), url };
            self.send(id, Packet::new(Message::MprisRequest(request)));
        }
    }

    /// A cover is on its way, and was asked for.
    pub(super) fn take_cover(&mut self, id: &DeviceId, name: &str, url: &str, payload: Payload) {
        let Some(phone) = self.phones.get(id) else { return };
        let (Some(player), Some(link)) = (phone.players.get(name), &phone.link) else { return };
        if player.cover.asked != url || !player.cover.address.is_empty() {
            return;
        }
        let (session, link) = (player.session.clone(), link.id);
        self.do_next(Effect::ReceiveCover { phone: id.clone(), link, payload, session, url: url.to_owned() });
    }

    /// A cover lies in a file.
    pub fn covered(&mut self, at: Moment, phone: &DeviceId, session: &str, url: &str, address: String) {
        self.at = at;
        if !self.is_paired(phone) {
            return self.do_next(Effect::Wipe(phone.clone()));
        }
        let player = self.player_mut(session).filter(|player| player.cover.asked == url);
        if let Some(player) = player {
            player.cover.address = address;
        }
    }
}

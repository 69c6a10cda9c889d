//! Places where somebody wants to go.

use std::time::Duration;

use tandem_kdeconnect::{DeviceId, Message, MprisRequest, Packet, Share};
use tandem_session::{Destination, Link, Target};

use super::{Change, Core, Effect};

/// The same place again within this is the same wish: phones send what they stored once more after a lost connection.
const SAME_WISH: Duration = Duration::from_secs(600);
/// Wishes that are remembered for that, of one phone.
const SHARES: usize = 64;
/// Places of one phone.
const PLACES: usize = 16;
/// Nearer than this one has arrived, metres.
const ARRIVED: f64 = 50.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceStage {
    Offered,
    /// The car goes there.
    Held,
    /// The phone is to have the rest of the way, and is away.
    Owed,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub session: String,
    pub phone: DeviceId,
    pub destination: Destination,
    /// As the phone said it.
    pub original: String,
    pub stage: PlaceStage,
    pub epoch: u64,
    /// Seconds since 1970.
    pub since: i64,
    /// The phone was told, and has said nothing since.
    pub sent: bool,
}

impl Core {
    /// A phone shares an address or a text: a place, or else something that plays.
    pub(super) fn hear_share(&mut self, id: &DeviceId, text: &str) {
        if let Some(destination) = Destination::read(text) {
            if self.may(id, "destinations") && self.is_new_wish(id, text) {
                self.offer_place(id, text, destination);
            }
        } else if let Some(link) = Link::read(text)
            && self.may(id, "media")
            && self.is_new_wish(id, text)
        {
            self.offer_link(id, text, link);
        }
    }

    /// Whether this was not shared lately.
    fn is_new_wish(&mut self, id: &DeviceId, text: &str) -> bool {
        let now = self.at.now;
        let Some(phone) = self.phones.get_mut(id) else { return false };
        phone.shares.retain(|(_, at)| now < *at + SAME_WISH);
        let wish = text.trim().to_owned();
        if phone.shares.iter().any(|(known, _)| *known == wish) {
            return false;
        }
        if phone.shares.len() >= SHARES {
            phone.shares.remove(0);
        }
        phone.shares.push((wish, now));
        true
    }

    fn offer_place(&mut self, id: &DeviceId, text: &str, destination: Destination) {
        let since = self.at.seconds();
        if self.places.iter().filter(|place| place.phone == *id).count() >= PLACES {
            let oldest = self.places.iter().find(|place| place.phone == *id && place.stage == PlaceStage::Offered);
            match oldest.map(|place| place.session.clone()) {
                Some(oldest) => self.drop_place(&oldest),
                None => return,
            }
        }
        let session = self.new_session();
        let place = Place {
            session: session.clone(),
            phone: id.clone(),
            destination,
            original: text.trim().to_owned(),
            stage: PlaceStage::Offered,
            epoch: 0,
            since,
            sent: false,
        };
        self.do_next(Effect::Keep(Change::Place(Box::new(place.clone()))));
        self.places.push(place);
        let wants = self.phones.get(id).is_some_and(|phone| phone.automatic("destination") == "always");
        // Never while somebody drives, and never over a way that is being gone.
        if wants && self.vehicle.parked && !self.places.iter().any(|place| place.stage == PlaceStage::Held) {
            self.take_place(&session);
        }
    }

    /// The car goes there, and nowhere else.
    pub(super) fn take_place(&mut self, session: &str) {
        let others = self.places.iter().filter(|place| place.stage == PlaceStage::Held && place.session != session);
        for other in others.map(|place| place.session.clone()).collect::<Vec<_>>() {
            self.drop_place(&other);
        }
        if let Some(phone) = self.move_place(session, PlaceStage::Held) {
            self.note_down(&phone, "taken", "destination", 1);
        }
    }

    /// The phone has the rest of the way.
    pub(super) fn give_place(&mut self, session: &str) {
        if let Some(phone) = self.move_place(session, PlaceStage::Owed) {
            self.settle_places(&phone);
        }
    }

    /// Somebody gets out: who has not arrived walks on with the phone.
    pub(super) fn leave_places(&mut self, phone: &DeviceId) {
        let held = |place: &&Place| place.phone == *phone && place.stage == PlaceStage::Held;
        let Some((session, destination)) =
            self.places.iter().find(held).map(|place| (place.session.clone(), place.destination.clone()))
        else {
            return;
        };
        match self.seen_from_here(&destination) {
            Some((metres, _)) if metres < ARRIVED => self.drop_place(&session),
            _ => self.give_place(&session),
        }
    }

    /// Sends what is owed, if the phone is there.
    pub(super) fn settle_places(&mut self, phone: &DeviceId) {
        let owed = |place: &&Place| place.phone == *phone && place.stage == PlaceStage::Owed;
        let owed: Vec<_> = self.places.iter().filter(owed).cloned().collect();
        for place in owed {
            let share = match (&place.destination.target, place.destination.geo()) {
                (Target::Point(_), Some(geo)) => Share::Url(geo),
                (Target::Link(link), _) => Share::Url(link.clone()),
                _ => Share::Text(place.original.clone()),
            };
            if self.send(phone, Packet::new(Message::Share(share))) {
                // The connection may be dead already: it is owed until the phone has said something behind it.
                self.send(phone, Packet::new(Message::MprisRequest(MprisRequest::Players)));
                if let Some(place) = self.places.iter_mut().find(|it| it.session == place.session) {
                    place.sent = true;
                }
            }
        }
    }

    /// The phone lives: what it was sent has arrived.
    pub(super) fn settled_places(&mut self, phone: &DeviceId) {
        let sent = |place: &&Place| place.phone == *phone && place.stage == PlaceStage::Owed && place.sent;
        for session in self.places.iter().filter(sent).map(|place| place.session.clone()).collect::<Vec<_>>() {
            self.note_down(phone, "given-back", "destination", 1);
            self.drop_place(&session);
        }
    }

    /// What was sent to a phone that is away may have been lost.
    pub(super) fn unsent_places(&mut self, phone: &DeviceId) {
        self.places.iter_mut().filter(|place| place.phone == *phone).for_each(|place| place.sent = false);
    }

    pub(super) fn drop_place(&mut self, session: &str) {
        self.places.retain(|place| place.session != session);
        self.do_next(Effect::Keep(Change::PlaceGone(session.to_owned())));
    }

    fn move_place(&mut self, session: &str, stage: PlaceStage) -> Option<DeviceId> {
        let place = self.places.iter_mut().find(|place| place.session == session)?;
        place.stage = stage;
        place.epoch += 1;
        let place = place.clone();
        self.do_next(Effect::Keep(Change::Place(Box::new(place.clone()))));
        Some(place.phone)
    }
}

//! What phones say, one packet after the other. A phone that is not paired says one thing only: that it wants to be.

use tandem_kdeconnect::{
    Action, Command, DeviceId, Message, Mpris, MprisRequest, Packet, PairBody, Playing, Share, Talk,
};
use tandem_link::LinkId;
use tandem_session::{Cabin, Whereabouts};

use super::{Core, Effect, Language, Moment, Order, Pace, Phone};

/// The keys of the buttons that the car offers on the phone, and their names.
const CONTINUE: &str = "continue";
const GIVE_BACK: &str = "give-back";
/// What a phone says before it is confirmed here is kept up to so many packets.
const EARLY: usize = 32;

impl Core {
    pub fn packet(&mut self, at: Moment, link: LinkId, packet: Packet) {
        self.at = at;
        let found = self.phones.values().find(|phone| phone.link.as_ref().is_some_and(|it| it.id == link));
        let Some((id, is_paired)) = found.map(|phone| (phone.id.clone(), phone.pairing.is_paired())) else { return };
        if let Some(phone) = self.phones.get_mut(&id) {
            phone.pulse.hear(at.now);
        }
        let payload = packet.payload;
        if is_paired {
            self.settled_places(&id);
        }
        match packet.message {
            Message::Pair(said) => self.hear_pairing(&id, said),
            message if !is_paired && self.keep_for_later(&id, &message) => {}
            _ if !is_paired => {
                let no = PairBody { pair: false, timestamp: None };
                self.do_next(Effect::Send(link, Packet::new(Message::Pair(no))));
            }
            Message::Mpris(Mpris::Art { player, url }) if self.may(&id, "media") => {
                if let Some(payload) = payload {
                    self.take_cover(&id, &player, &url, payload);
                }
            }
            Message::Mpris(said) if self.may(&id, "media") => self.hear_player(&id, said),
            Message::MprisRequest(request) if self.may(&id, "media") => self.hear_request(&id, request),
            Message::Share(Share::Update { .. }) => {}
            Message::Share(_) if !self.in_pace(&id, |phone| &mut phone.shares_pace) => {}
            Message::Share(Share::Url(text) | Share::Text(text)) => self.hear_share(&id, &text),
            Message::Share(Share::File { name, .. }) => {
                if let Some(payload) = payload.filter(|_| self.may(&id, "files")) {
                    self.do_next(Effect::Receive { phone: id, link, payload, name });
                }
            }
            Message::Note(note) => self.hear_note(&id, note),
            // Who is outside the car has calls of his own.
            Message::Telephony(said) if self.may(&id, "notes") && self.is_aboard(&id) => {
                // An end that is not heard would leave a call here for good.
                if said.is_over || self.in_pace(&id, |phone| &mut phone.calls_pace) {
                    self.hear_call(&id, &said);
                }
            }
            Message::Battery(battery) => {
                if let Some(phone) = self.phones.get_mut(&id) {
                    phone.battery = Some(battery);
                }
            }
            Message::Connectivity(signals) => {
                if let Some(phone) = self.phones.get_mut(&id) {
                    // The best of its SIMs.
                    phone.signal = signals.into_values().max_by_key(|signal| signal.strength);
                }
            }
            Message::CommandsRequest => self.offer_buttons(&id),
            Message::RunCommand { key } => self.press(&id, &key),
            // A ping wants no answer, the rest is not the car's to do, and no vehicle function is behind any of them.
            Message::Mpris(_)
            | Message::MprisRequest(_)
            | Message::Identity(_)
            | Message::NoteRequest(_)
            | Message::Ping { .. }
            | Message::FindMyPhone
            | Message::Telephony(_)
            | Message::MuteRinger
            | Message::Commands(_)
            | Message::Other(_) => {}
        }
        self.follow_people();
        self.run_all();
    }

    /// A phone that has agreed begins to talk at once, while the key is still to be confirmed here: to say no would unpair it there.
    fn keep_for_later(&mut self, id: &DeviceId, message: &Message) -> bool {
        let Some(phone) = self.phones.get_mut(id) else { return false };
        let agreed = phone.pairing.talk() == Some(Talk::Agreed);
        if agreed && phone.early.len() < EARLY {
            phone.early.push(message.clone());
        }
        agreed
    }

    /// Whether a phone keeps to its pace; what is beyond is not done.
    fn in_pace(&mut self, id: &DeviceId, pace: impl FnOnce(&mut Phone) -> &mut Pace) -> bool {
        let now = self.at.now;
        self.phones.get_mut(id).is_some_and(|phone| pace(phone).may(now))
    }

    pub(super) fn is_paired(&self, id: &DeviceId) -> bool {
        self.phones.get(id).is_some_and(|phone| phone.kept.is_some())
    }

    pub(super) fn may(&self, id: &DeviceId, what: &str) -> bool {
        self.phones.get(id).is_some_and(|phone| phone.may(what))
    }

    fn offer_buttons(&mut self, id: &DeviceId) {
        let button = |key: &str, name: &str| Command { key: key.to_owned(), name: name.to_owned() };
        let (goes_on, back) = match self.us.language {
            Language::English => ("Continue in car", "Give back"),
            Language::Chinese => ("在车内继续", "还给手机"),
        };
        let buttons = vec![button(CONTINUE, goes_on), button(GIVE_BACK, back)];
        self.send(id, Packet::new(Message::Commands(buttons)));
    }

    fn press(&mut self, id: &DeviceId, key: &str) {
        if !self.may(id, "media") {
            return;
        }
        match key {
            CONTINUE if self.is_aboard(id) && self.in_pace(id, |phone| &mut phone.orders_pace) => self.claim_best(id),
            // Silence is always safe.
            GIVE_BACK => self.release_all(id, true),
            _ => {}
        }
    }

    /// The phone asks the car's player something, or tells it what to do.
    fn hear_request(&mut self, id: &DeviceId, request: MprisRequest) {
        let ours = |player: &str| player == self.us.name;
        let order = match request {
            MprisRequest::Players => {
                if let Some(phone) = self.phones.get_mut(id) {
                    phone.follows_car = true;
                }
                let names = if self.car.item.is_empty() { Vec::new() } else { vec![self.us.name.clone()] };
                self.send(id, Packet::new(Message::Mpris(Mpris::Players { names, sends_art: false })));
                return;
            }
            MprisRequest::State { player } if ours(&player) => {
                let state = self.car_state();
                self.send(id, state);
                return;
            }
            MprisRequest::Do { player, action } if ours(&player) => match action {
                Action::Play => Order::Play,
                Action::Pause => Order::Pause,
                Action::PlayPause => Order::PlayPause,
                Action::Next => Order::Next,
                Action::Previous => Order::Previous,
                Action::Stop => Order::Stop,
            },
            MprisRequest::SetPosition { player, position_ms } if ours(&player) => {
                Order::SetPosition { ms: position_ms.max(0) }
            }
            MprisRequest::Seek { player, offset_us } if ours(&player) => Order::Seek { us: offset_us },
            MprisRequest::SetVolume { player, volume } if ours(&player) => Order::Volume { percent: volume.min(100) },
            _ => return,
        };
        // Silence is always safe; whoever is out makes no noise in a car where others may sit.
        let hushes = matches!(order, Order::Pause | Order::Stop);
        if (hushes || self.is_aboard(id)) && self.in_pace(id, |phone| &mut phone.orders_pace) {
            self.do_next(Effect::Steer(order));
        }
    }

    /// Whether a phone is with somebody in the car, as far as the car knows who is.
    fn is_aboard(&self, id: &DeviceId) -> bool {
        self.vehicle.cabin == Cabin::default()
            || self.phones.get(id).is_some_and(|phone| phone.presence.whereabouts() != Whereabouts::Out)
    }

    fn car_state(&self) -> Packet {
        let car = &self.car;
        let text = |text: &str| Some(text.to_owned());
        let state = Playing {
            title: text(&car.title),
            artist: text(&car.artist),
            album: text(&car.album),
            url: text(&car.url),
            length_ms: Some(if car.length_ms > 0 { car.length_ms } else { -1 }),
            position_ms: Some(car.position_ms),
            playing: Some(car.sounding),
            can_play: Some(true),
            can_pause: Some(true),
            can_go_next: Some(car.can_go_next),
            can_go_previous: Some(car.can_go_previous),
            can_seek: Some(car.can_seek),
            volume: Some(car.volume),
            ..Playing::default()
        };
        Packet::new(Message::Mpris(Mpris::State { player: self.us.name.clone(), state: Box::new(state) }))
    }

    /// Phones that asked for the car's player hear what it does.
    pub(super) fn tell_of_car(&mut self) {
        let follow: Vec<_> =
            self.phones.values().filter(|it| it.follows_car && it.may("media")).map(|it| it.id.clone()).collect();
        for id in follow {
            let names = if self.car.item.is_empty() { Vec::new() } else { vec![self.us.name.clone()] };
            self.send(&id, Packet::new(Message::Mpris(Mpris::Players { names, sends_art: false })));
            if !self.car.item.is_empty() {
                let state = self.car_state();
                self.send(&id, state);
            }
        }
    }
}

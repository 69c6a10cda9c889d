//! What people at the car's screens want, and what follows from somebody getting in or out.

use tandem_contracts::driving::Flag;
use tandem_contracts::phones::{AUTOMATIC, GRANTS};
use tandem_kdeconnect::{Action, DeviceId, Message, MprisRequest, Note, NoteRequest, Packet, Share};
use tandem_link::LinkId;
use tandem_session::{Stage, Whereabouts};

use super::phone::{Kept, Phone};
use super::{Change, Core, Effect, Moment, Order, PlaceStage};

/// Why something is not done, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotFound(String),
    Invalid(String),
    NotNow(String),
    NotAllowed(String),
    NotParked(String),
    /// A flag of `Driving1` forbids it.
    Restricted(String),
    /// It is done, and the disk does not take it.
    NotKept(String),
}

type Done = Result<(), Refusal>;

/// What a person does to a phone's settings and not by one tap.
const SETS_UP: &str =
    "phones are not set up while NO_SETUP is in force, as it is until the car is known to stand: see `tandem driving`";

fn not_found(id: &str) -> Refusal {
    Refusal::NotFound(format!("there is no {id:?}"))
}

impl Core {
    pub fn open_pairing(&mut self, at: Moment) -> Result<u32, Refusal> {
        self.at = at;
        if !self.window.open(at.now) {
            return Err(Refusal::NotParked(SETS_UP.to_owned()));
        }
        self.look_at_window();
        let seconds = self.window.closes_at().map_or(0, |until| until.saturating_sub(at.now).as_secs());
        Ok(u32::try_from(seconds).unwrap_or(0))
    }

    pub fn close_pairing(&mut self, at: Moment) {
        self.at = at;
        self.window.close();
        self.look_at_window();
    }

    fn admit(&self, flag: Flag, why: &str) -> Done {
        if self.vehicle.restrictions.has(flag) { Err(Refusal::Restricted(why.to_owned())) } else { Ok(()) }
    }

    fn phone(&mut self, id: &str) -> Result<(DeviceId, &mut Phone), Refusal> {
        let key: DeviceId = id.parse().map_err(|_| not_found(id))?;
        let phone = self.phones.get_mut(&key).ok_or_else(|| not_found(id))?;
        Ok((key, phone))
    }

    pub fn pair(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        let window = self.window;
        let (id, phone) = self.phone(id)?;
        if phone.kept.is_some() {
            return Err(Refusal::NotNow("it is paired already".to_owned()));
        }
        if !window.is_open(at.now) {
            return Err(Refusal::NotNow("pairing is not open".to_owned()));
        }
        let steps = phone.pairing.ask(at.now, at.unix_ms / 1000, &window);
        self.pairing_steps(&id, steps);
        Ok(())
    }

    pub fn confirm(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        let window = self.window;
        let (id, phone) = self.phone(id)?;
        if phone.pairing.talk().is_none() {
            return Err(Refusal::NotNow("it is not about to be paired".to_owned()));
        }
        let steps = phone.pairing.confirm(at.now, &window);
        self.pairing_steps(&id, steps);
        Ok(())
    }

    pub fn refuse(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        let (id, phone) = self.phone(id)?;
        if phone.pairing.talk().is_none() {
            return Err(Refusal::NotNow("it is not about to be paired".to_owned()));
        }
        let steps = phone.pairing.refuse();
        self.pairing_steps(&id, steps);
        Ok(())
    }

    pub fn forget(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        self.admit(Flag::NoSetup, SETS_UP)?;
        let (id, phone) = self.phone(id)?;
        if phone.kept.is_none() {
            return Err(Refusal::NotNow("it is not paired".to_owned()));
        }
        self.forget_phone(&id);
        Ok(())
    }

    pub fn forget_all(&mut self, at: Moment) -> Result<u32, Refusal> {
        self.at = at;
        self.admit(Flag::NoSetup, SETS_UP)?;
        let paired: Vec<_> = self.phones.values().filter(|it| it.kept.is_some()).map(|it| it.id.clone()).collect();
        paired.iter().for_each(|id| self.forget_phone(id));
        Ok(u32::try_from(paired.len()).unwrap_or(u32::MAX))
    }

    /// Changes what is kept of a paired phone.
    fn change(&mut self, id: &str, change: impl FnOnce(&mut Kept)) -> Result<DeviceId, Refusal> {
        self.admit(Flag::NoSetup, SETS_UP)?;
        let (id, phone) = self.phone(id)?;
        let kept = phone.kept.as_mut().ok_or_else(|| Refusal::NotNow("it is not paired".to_owned()))?;
        change(kept);
        let change = Change::Phone { id: id.clone(), name: phone.name.clone(), kept: Box::new(kept.clone()) };
        self.do_next(Effect::Keep(change));
        Ok(id)
    }

    pub fn grant(&mut self, at: Moment, id: &str, what: &str, granted: bool) -> Done {
        self.at = at;
        if !GRANTS.contains(&what) {
            return Err(Refusal::Invalid(format!("{what:?} is none of {}", GRANTS.join(", "))));
        }
        let id = self.change(id, |kept| {
            kept.grants.retain(|grant| grant != what);
            if granted {
                kept.grants.push(what.to_owned());
            }
        })?;
        if granted {
            self.ask_phone(&id);
            return Ok(());
        }
        let Some(phone) = self.phones.get_mut(&id) else { return Ok(()) };
        match what {
            // What the car holds is the car's; the rest is not looked at any more.
            "media" => phone.players.retain(|_, player| player.has_business()),
            "notes" => {
                phone.notes.clear();
                self.calls.forget(&id);
                self.follow_calls();
            }
            _ => {}
        }
        Ok(())
    }

    pub fn set_automatic(&mut self, at: Moment, id: &str, kind: &str, word: &str) -> Done {
        self.at = at;
        if !AUTOMATIC.contains(&kind) || !["ask", "always", "never"].contains(&word) {
            let sentence = format!("{} goes on `ask`, `always` or `never`", AUTOMATIC.join(" or "));
            return Err(Refusal::Invalid(sentence));
        }
        self.change(id, |kept| drop(kept.automatic.insert(kind.to_owned(), word.to_owned()))).map(drop)
    }

    pub fn set_guest(&mut self, at: Moment, id: &str, is_guest: bool) -> Done {
        self.at = at;
        self.change(id, |kept| kept.is_guest = is_guest).map(drop)
    }

    pub fn prefer(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        self.change(id, |kept| kept.rank = 0)?;
        let mut order: Vec<_> =
            self.phones.values().filter(|it| it.kept.is_some()).map(|it| (it.rank(), it.id.clone())).collect();
        order.sort();
        for (rank, (_, id)) in (1..).zip(order) {
            let _ = self.change(id.as_str(), |kept| kept.rank = rank);
        }
        self.follow_people();
        Ok(())
    }

    fn near(&mut self, id: &str) -> Result<(DeviceId, LinkId), Refusal> {
        let (id, phone) = self.phone(id)?;
        let link = phone.link.as_ref().filter(|_| phone.kept.is_some());
        Ok((id, link.ok_or_else(|| Refusal::NotNow("the phone is away, or not paired".to_owned()))?.id))
    }

    pub fn ring(&mut self, at: Moment, id: &str) -> Done {
        self.at = at;
        let (_, link) = self.near(id)?;
        self.do_next(Effect::Send(link, Packet::new(Message::FindMyPhone)));
        Ok(())
    }

    /// Has a phone stop ringing; false if it is away.
    pub(super) fn mute_ringer(&mut self, id: &DeviceId) -> bool {
        self.send(id, Packet::new(Message::MuteRinger))
    }

    /// An address opens on the phone, anything else is a text.
    pub fn share(&mut self, at: Moment, id: &str, text: &str) -> Done {
        self.at = at;
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::Invalid("there is nothing to send".to_owned()));
        }
        let (id, link) = self.near(id)?;
        let opens = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        let is_address = ["http://", "https://", "geo:"].into_iter().any(opens) && !text.contains(char::is_whitespace);
        let share = if is_address { Share::Url(text.to_owned()) } else { Share::Text(text.to_owned()) };
        if !is_address {
            self.admit(Flag::NoKeyboard, "a text is not sent while NO_KEYBOARD is in force: see `tandem driving`")?;
        }
        self.do_next(Effect::Send(link, Packet::new(Message::Share(share))));
        self.note_down(&id, "sent", if is_address { "destination" } else { "note" }, 1);
        Ok(())
    }

    /// The connection over which a file goes to a phone.
    pub fn way_to(&mut self, id: &str) -> Result<(DeviceId, LinkId), Refusal> {
        self.near(id)
    }

    pub fn claim(&mut self, at: Moment, session: &str) -> Done {
        self.at = at;
        if self.places.iter().any(|place| place.session == session) {
            self.take_place(session);
            return Ok(());
        }
        let name = self.holder(session)?;
        self.claim_player(&name.0, session)
    }

    pub(super) fn claim_player(&mut self, phone: &DeviceId, session: &str) -> Done {
        let now = self.at.now;
        if !self.may(phone, "media") {
            return Err(Refusal::NotAllowed("the phone's media are not for the car".to_owned()));
        }
        let is_near = self.phones.get(phone).is_some_and(|phone| phone.link.is_some());
        let Some(player) = self.player_mut(session) else { return Err(not_found(session)) };
        match player.hand.stage() {
            Stage::Held => return Ok(()),
            Stage::Offered if is_near => {
                player.goes_on = false;
                player.hand.claim(now);
            }
            Stage::Offered => return Err(Refusal::NotNow("the phone is away".to_owned())),
            _ => return Err(Refusal::NotNow("it is being passed on".to_owned())),
        }
        self.run_all();
        Ok(())
    }

    /// The phone and the player of a media session.
    pub(super) fn holder(&self, session: &str) -> Result<(DeviceId, String), Refusal> {
        let players = |phone: &Phone| {
            let found = phone.players.iter().find(|(_, player)| player.session == session);
            found.map(|(name, _)| (phone.id.clone(), name.clone()))
        };
        self.phones.values().find_map(players).ok_or_else(|| not_found(session))
    }

    pub fn release(&mut self, at: Moment, session: &str) -> Done {
        self.at = at;
        let place = self.places.iter().find(|place| place.session == session).map(|place| place.stage);
        match place {
            Some(PlaceStage::Held) => {
                self.give_place(session);
                return Ok(());
            }
            Some(_) => return Err(Refusal::NotNow("the car does not go there".to_owned())),
            None => {}
        }
        let (phone, _) = self.holder(session)?;
        let is_near = self.phones.get(&phone).is_some_and(|phone| phone.link.is_some());
        let Some(player) = self.player_mut(session) else { return Err(not_found(session)) };
        if player.hand.stage() == Stage::Offered {
            return Err(Refusal::NotNow("the phone has it".to_owned()));
        }
        // Who comes back an hour later does not want it loud, and a wish that is taken back leaves all as it was. Two taps are one wish.
        player.goes_on |= is_near && player.hand.stage() == Stage::Held;
        player.hand.release(at.now);
        self.run_all();
        Ok(())
    }

    pub fn steer(&mut self, at: Moment, session: &str, order: &str) -> Done {
        let order = match order {
            "play" => Order::Play,
            "pause" => Order::Pause,
            "next" => Order::Next,
            "previous" => Order::Previous,
            _ => {
                let sentence = "a player is told to `play`, `pause`, or go to the `next` or `previous`";
                return Err(Refusal::Invalid(sentence.to_owned()));
            }
        };
        self.order(at, session, order)
    }

    /// Tells a phone's player what to do, where it is.
    pub fn order(&mut self, at: Moment, session: &str, order: Order) -> Done {
        self.at = at;
        let (id, name) = self.holder(session)?;
        let Some(held) = self.player_mut(session) else { return Err(not_found(session)) };
        if held.shared.is_some() {
            return Err(Refusal::NotNow("it is a link: nothing plays on the phone".to_owned()));
        }
        let end_ms = held.state.length_ms.filter(|length| *length > 0).unwrap_or(i64::MAX);
        let place = |ms: i64| MprisRequest::SetPosition { player: name.clone(), position_ms: ms.clamp(0, end_ms) };
        let act = |action: Action| MprisRequest::Do { player: name.clone(), action };
        let request = match order {
            Order::Play => act(Action::Play),
            Order::Pause => act(Action::Pause),
            Order::PlayPause => act(Action::PlayPause),
            Order::Next => act(Action::Next),
            Order::Previous => act(Action::Previous),
            Order::Stop => act(Action::Stop),
            Order::SetPosition { ms } => place(ms),
            // Phones with Android know no steps.
            Order::Seek { us } => place(held.position_ms(at.now).saturating_add(us / 1000)),
            Order::Volume { percent } => MprisRequest::SetVolume { player: name.clone(), volume: percent },
        };
        if !self.send(&id, Packet::new(Message::MprisRequest(request))) {
            return Err(Refusal::NotNow("the phone is away".to_owned()));
        }
        if matches!(order, Order::SetPosition { .. } | Order::Seek { .. } | Order::Volume { .. }) {
            // Not every phone says by itself what became of it.
            self.send(&id, Packet::new(Message::MprisRequest(MprisRequest::State { player: name })));
        }
        Ok(())
    }

    pub fn dismiss(&mut self, at: Moment, session: &str) -> Done {
        self.at = at;
        if self.places.iter().any(|place| place.session == session) {
            self.drop_place(session);
            return Ok(());
        }
        if self.drop_link(session) {
            return Ok(());
        }
        if let Some(player) = self.player_mut(session) {
            if player.is_playing() || player.has_business() {
                return Err(Refusal::NotNow("it plays, or is being passed on".to_owned()));
            }
            player.put_away = true;
            return Ok(());
        }
        let found = self.phones.values().find_map(|phone| {
            let note = phone.notes.iter().find(|(_, (name, _))| name == session);
            note.map(|(id, (_, note))| (phone.id.clone(), id.clone(), note.clone()))
        });
        let Some((phone, note_id, note)) = found else { return Err(not_found(session)) };
        if let Some(phone) = self.phones.get_mut(&phone) {
            phone.notes.remove(&note_id);
        }
        if matches!(note, Note::Shown { can_be_dismissed: true, .. }) {
            self.send(&phone, Packet::new(Message::NoteRequest(NoteRequest::Dismiss { id: note_id })));
        }
        Ok(())
    }

    /// What plays there and began last goes on here.
    pub(super) fn claim_best(&mut self, id: &DeviceId) {
        let Some(phone) = self.phones.get(id) else { return };
        let offered = phone.players.values().filter(|it| it.is_playing() && it.hand.stage() == Stage::Offered);
        let best = offered.max_by_key(|player| player.began).map(|player| player.session.clone());
        if let Some(session) = best {
            // Refused, it stays where it is.
            let _ = self.claim_player(id, &session);
        }
    }

    pub(super) fn release_all(&mut self, id: &DeviceId, goes_on: bool) {
        let now = self.at.now;
        let Some(phone) = self.phones.get_mut(id) else { return };
        for player in phone.players.values_mut().filter(|player| player.hand.stage() != Stage::Offered) {
            player.goes_on = goes_on && (player.goes_on || player.hand.stage() == Stage::Held);
            player.hand.release(now);
        }
        self.run_all();
        self.leave_places(id);
    }

    /// Somebody got in or out.
    pub(super) fn follow_people(&mut self) {
        let mut came = Vec::new();
        let mut leave = Vec::new();
        // Who is lost on the way may be back in a moment; who is lost from a car that was switched off has walked away.
        let off = self.vehicle.cabin.ignition_on != Some(true);
        for phone in self.phones.values_mut().filter(|phone| phone.kept.is_some()) {
            let now = phone.presence.whereabouts();
            match (std::mem::replace(&mut phone.was, now), now) {
                (Whereabouts::In, Whereabouts::Out) if off => leave.push(phone.id.clone()),
                (Whereabouts::Out | Whereabouts::Leaving, Whereabouts::In) => phone.awaits = true,
                (Whereabouts::In, Whereabouts::Leaving) => leave.push(phone.id.clone()),
                _ => {}
            }
            if now != Whereabouts::In {
                phone.awaits = false;
            }
            let plays = phone.players.values().any(|it| it.is_playing() && it.candidate.found.is_some());
            if phone.awaits && plays {
                phone.awaits = false;
                if phone.automatic("media") == "always" {
                    came.push((phone.rank(), phone.id.clone()));
                }
            }
        }
        leave.iter().for_each(|id| self.release_all(id, false));
        // One driver, one phone: who comes first by rank, and nobody while the car has something.
        let holds = |phone: &Phone| phone.players.values().any(|it| it.hand.stage() != Stage::Offered);
        if let Some((rank, id)) = came.into_iter().min()
            && !self.phones.values().any(holds)
            && !self.phones.values().any(|it| it.rank() < rank && it.presence.whereabouts() == Whereabouts::In)
        {
            self.claim_best(&id);
        }
    }
}

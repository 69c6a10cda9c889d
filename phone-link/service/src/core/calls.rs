//! Telephone calls. Two tell of them: the hands-free profile, which can also answer and hang up, and the phone's own word over its link, which can only be silenced.
//! What both tell of is one call. While somebody rings or talks the car's music waits.

mod music;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tandem_contracts::calls::{Call, MAX_CALLS};
use tandem_contracts::driving::Restrictions;
use tandem_kdeconnect::{CallEvent, DeviceId, Telephony, cleaned};

use self::music::Music;
use super::{Core, Effect, Moment, Order as SteerOrder, Refusal};

/// Calls of hands-free phones at a time; no phone has so many.
const COUPLED: usize = 8;
/// Calls that were missed; the oldest go.
const MISSED: usize = 8;
/// Whoever rings for longer than this has gone, and nobody has said so.
const RINGS_AT_MOST: Duration = Duration::from_secs(180);
/// Two that tell of the same call, one of them without a number, begin within this.
const TOGETHER: Duration = Duration::from_secs(10);
/// What a phone says of a call that is over here already comes within this.
const ECHO: Duration = Duration::from_secs(30);
/// Characters of a name and of a number.
const NAME: usize = 80;
const NUMBER: usize = 40;
/// The last digits of a number are the same with and without the country before them.
const TELLING: usize = 8;

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Ringing,
    Dialing,
    Active,
    Held,
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Dialing => "dialing",
            Self::Active => "active",
            Self::Held => "held",
        }
    }
}

/// A call of a phone that is coupled by its hands-free profile, as that tells it.
#[derive(Clone, PartialEq, Eq)]
pub struct HandsFree {
    /// Its object, and its modem's.
    pub path: String,
    pub modem: String,
    pub phone_name: String,
    pub name: String,
    pub number: String,
    pub phase: Phase,
    /// It rings while another one is active.
    pub is_waiting: bool,
}

/// What a hands-free phone is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Answer,
    /// Hold the one that is active, and answer the one that waits.
    HoldAndAnswer,
    HangUp,
}

/// What to tell which hands-free phone: by the object of its call, and of its modem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub path: String,
    pub modem: String,
    pub act: Act,
}

/// What somebody wants of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Answer,
    HangUp,
    Silence,
    Dismiss,
}

/// A call, and since when it is as it is; none if that began before anybody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallShown {
    pub call: Call,
    pub since: Option<Duration>,
}

/// Who it is with.
#[derive(Clone, Default)]
struct Party {
    name: String,
    number: String,
}

impl Party {
    fn new(name: &str, number: &str) -> Self {
        let line = |text: &str, most| cleaned(&text.replace('\n', " "), most).trim().to_owned();
        Self { name: line(name, NAME), number: line(number, NUMBER) }
    }

    /// The same one, as far as the two can be compared.
    fn is(&self, other: &Self) -> Option<bool> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).rev().take(TELLING).collect::<String>();
        let (one, two) = (digits(&self.number), digits(&other.number));
        if !one.is_empty() && !two.is_empty() {
            return Some(one == two);
        }
        (!self.name.is_empty() && !other.name.is_empty()).then(|| self.name == other.name)
    }

    /// What is not known is taken from another one.
    fn fill(&mut self, other: &Self) {
        for (own, theirs) in [(&mut self.name, &other.name), (&mut self.number, &other.number)] {
            if own.is_empty() {
                own.clone_from(theirs);
            }
        }
    }
}

struct Live {
    id: String,
    party: Party,
    phone_name: String,
    phase: Phase,
    since: Option<Duration>,
    began: Duration,
    declined: bool,
}

impl Live {
    fn rings_on(&self, now: Duration) -> bool {
        self.phase == Phase::Ringing && now < self.began + RINGS_AT_MOST
    }

    /// Nobody has said for too long that it goes on ringing.
    fn is_lost(&self, now: Duration) -> bool {
        self.phase == Phase::Ringing && !self.rings_on(now)
    }

    fn enter(&mut self, now: Duration, phase: Phase) {
        if self.phase != phase {
            (self.phase, self.since) = (phase, Some(now));
        }
    }
}

struct Coupled {
    live: Live,
    /// Who it is with, as hands-free alone told last.
    said: Party,
    path: String,
    modem: String,
    is_waiting: bool,
}

impl Coupled {
    /// Whether what is told of its path is still this one: paths are given again.
    fn is(&self, call: &HandsFree) -> bool {
        let party = Party::new(&call.name, &call.number);
        let is_another_party =
            self.said.is(&party) == Some(false) || (!self.said.number.is_empty() && party.number.is_empty());
        match (self.live.phase, call.phase) {
            (Phase::Ringing, Phase::Ringing) => !is_another_party,
            // What rings was not active before.
            (before, Phase::Ringing | Phase::Dialing) => before == call.phase,
            _ => true,
        }
    }
}

/// The one call that a phone tells of.
struct Told {
    live: Live,
    silenced: bool,
    /// The hands-free call that it is.
    twin: Option<String>,
    /// That one is over, and what the phone still says of it says nothing new.
    over_at: Option<Duration>,
}

struct Missed {
    id: String,
    /// The phone that told of it, if one did.
    phone: Option<DeviceId>,
    party: Party,
    phone_name: String,
    at: Duration,
}

/// All calls.
#[derive(Default)]
pub(super) struct Calls {
    /// The hands-free profile has been heard once: what goes on at that moment began before.
    heard: bool,
    coupled: Vec<Coupled>,
    told: BTreeMap<DeviceId, Told>,
    missed: VecDeque<Missed>,
    ids: u64,
    pub music: Music,
}

impl Calls {
    fn fresh(&mut self) -> String {
        self.ids += 1;
        format!("call-{}", self.ids)
    }

    /// All that hands-free phones have now.
    fn hands_free(&mut self, now: Duration, calls: &[HandsFree]) {
        let heard = std::mem::replace(&mut self.heard, true);
        let calls: Vec<_> = calls.iter().take(COUPLED).collect();
        let goes_on = |known: &Coupled| calls.iter().any(|call| call.path == known.path && known.is(call));
        let (kept, over): (Vec<_>, Vec<_>) = std::mem::take(&mut self.coupled).into_iter().partition(goes_on);
        self.coupled = kept;
        for gone in over {
            self.end(now, gone);
        }
        for call in calls {
            let party = Party::new(&call.name, &call.number);
            let phone_name = Party::new(&call.phone_name, "").name;
            if let Some(known) = self.coupled.iter_mut().find(|known| known.path == call.path) {
                known.live.enter(now, call.phase);
                known.is_waiting = call.is_waiting;
                known.said = party.clone();
                let before = std::mem::replace(&mut known.live.party, party);
                known.live.party.fill(&before);
                if !phone_name.is_empty() {
                    known.live.phone_name = phone_name;
                }
                continue;
            }
            let since = (heard || call.phase == Phase::Ringing).then_some(now);
            let id = self.fresh();
            let said = party.clone();
            let live = Live { id, party, phone_name, phase: call.phase, since, began: now, declined: false };
            let (path, modem) = (call.path.clone(), call.modem.clone());
            self.coupled.push(Coupled { live, said, path, modem, is_waiting: call.is_waiting });
        }
        self.couple();
    }

    fn end(&mut self, now: Duration, gone: Coupled) {
        let Live { id, party, phone_name, phase, declined, .. } = gone.live;
        let mut phone = None;
        for (teller, told) in self.told.iter_mut().filter(|(_, told)| told.twin.as_ref() == Some(&id)) {
            told.over_at = Some(now);
            phone = Some(teller.clone());
        }
        if phase == Phase::Ringing && !declined {
            self.miss(Missed { id, phone, party, phone_name, at: now });
        }
    }

    fn miss(&mut self, missed: Missed) {
        self.missed.push_front(missed);
        self.missed.truncate(MISSED);
    }

    /// A phone says what it is with a call.
    fn telephony(&mut self, now: Duration, phone: &DeviceId, phone_name: &str, said: &Telephony) {
        let party = Party::new(&said.name, &said.number);
        let is_echo = self.told.get(phone).is_some_and(|told| told.over_at.is_some());
        match (said.event, said.is_over) {
            (CallEvent::Ringing, false) => {
                let known = self.told.get_mut(phone).filter(|told| told.over_at.is_none());
                match known {
                    // Some say it twice, the second time with more.
                    Some(told) if told.live.phase == Phase::Ringing => {
                        let before = std::mem::replace(&mut told.live.party, party);
                        told.live.party.fill(&before);
                    }
                    _ => self.tell(now, phone, phone_name, party, Phase::Ringing),
                }
            }
            (CallEvent::Talking, false) if !is_echo => match self.told.get_mut(phone) {
                Some(told) => {
                    told.live.enter(now, Phase::Active);
                    told.live.party.fill(&party);
                }
                None => self.tell(now, phone, phone_name, party, Phase::Active),
            },
            (CallEvent::Ringing | CallEvent::Talking, true) if !is_echo => drop(self.told.remove(phone)),
            (CallEvent::MissedCall, false) if !is_echo => {
                self.told.remove(phone);
                let id = self.fresh();
                let (phone, phone_name) = (Some(phone.clone()), phone_name.to_owned());
                self.miss(Missed { id, phone, party, phone_name, at: now });
            }
            _ => {}
        }
        self.couple();
    }

    fn tell(&mut self, now: Duration, phone: &DeviceId, phone_name: &str, party: Party, phase: Phase) {
        let (id, phone_name) = (self.fresh(), phone_name.to_owned());
        let live = Live { id, party, phone_name, phase, since: Some(now), began: now, declined: false };
        self.told.insert(phone.clone(), Told { live, silenced: false, twin: None, over_at: None });
    }

    /// A phone is away.
    pub fn lose(&mut self, phone: &DeviceId) {
        self.told.remove(phone);
    }

    /// A phone may tell of its calls no more, or nothing of it is to be left.
    pub fn forget(&mut self, phone: &DeviceId) {
        self.lose(phone);
        self.missed.retain(|missed| missed.phone.as_ref() != Some(phone));
    }

    /// Finds the calls that two tell of.
    fn couple(&mut self) {
        let mut taken: Vec<String> = self.told.values().filter_map(|told| told.twin.clone()).collect();
        for told in self.told.values_mut().filter(|told| told.over_at.is_none()) {
            let is_twin = |coupled: &&mut Coupled| match &told.twin {
                Some(id) => coupled.live.id == *id,
                None => {
                    let (one, two) = (&coupled.live, &told.live);
                    let together = one.began.abs_diff(two.began) <= TOGETHER;
                    !taken.contains(&one.id) && one.party.is(&two.party).unwrap_or(together)
                }
            };
            let Some(coupled) = self.coupled.iter_mut().find(is_twin) else { continue };
            coupled.live.party.fill(&told.live.party);
            // The phone's own name for itself is the one that the other screens show.
            coupled.live.phone_name.clone_from(&told.live.phone_name);
            taken.push(coupled.live.id.clone());
            told.twin = Some(coupled.live.id.clone());
        }
    }

    /// Time passes: who has rung for too long rings no more.
    fn tick(&mut self, now: Duration) {
        self.told.retain(|_, told| match told.over_at {
            Some(at) => now < at + ECHO,
            None => !told.live.is_lost(now),
        });
    }

    fn due(&self, now: Duration) -> Option<Duration> {
        let rings = |live: &Live| (live.rings_on(now)).then_some(live.began + RINGS_AT_MOST);
        let told = self.told.values().filter_map(|told| told.over_at.map_or(rings(&told.live), |at| Some(at + ECHO)));
        self.coupled.iter().filter_map(|coupled| rings(&coupled.live)).chain(told).min()
    }

    /// Whether somebody rings or talks.
    fn is_any(&self, now: Duration) -> bool {
        let told = self.told.values().filter(|told| told.over_at.is_none()).map(|told| &told.live);
        self.coupled.iter().map(|coupled| &coupled.live).chain(told).any(|live| !live.is_lost(now))
    }

    /// Who can be told to silence this hands-free call.
    fn teller(&self, id: &str) -> Option<&DeviceId> {
        let mut told = self.told.iter();
        told.find(|(_, told)| told.twin.as_deref() == Some(id) && !told.silenced).map(|(phone, _)| phone)
    }

    fn shown(&self, now: Duration, rules: Restrictions) -> Vec<CallShown> {
        let call = |live: &Live, source: &str| Call {
            id: live.id.clone(),
            source: source.to_owned(),
            phone_name: live.phone_name.clone(),
            name: rules.cut(&live.party.name),
            number: rules.cut(&live.party.number),
            state: live.phase.word().to_owned(),
            ..Call::default()
        };
        let mut live = Vec::new();
        for Coupled { live: it, .. } in self.coupled.iter().filter(|coupled| !coupled.live.is_lost(now)) {
            let rings = it.phase == Phase::Ringing;
            let can_silence = rings && self.teller(&it.id).is_some();
            let call = Call { can_answer: rings, can_hang_up: true, can_silence, ..call(it, "hands-free") };
            live.push((it.phase, it.began, CallShown { call, since: it.since }));
        }
        for told in self.told.values().filter(|told| told.twin.is_none() && !told.live.is_lost(now)) {
            let it = &told.live;
            let can_silence = it.phase == Phase::Ringing && !told.silenced;
            let call = Call { can_silence, ..call(it, "kdeconnect") };
            live.push((it.phase, it.began, CallShown { call, since: it.since }));
        }
        live.sort_by_key(|(phase, began, _)| (*phase != Phase::Ringing, *began));
        let missed = self.missed.iter().map(|missed| CallShown {
            call: Call {
                id: missed.id.clone(),
                phone_name: missed.phone_name.clone(),
                name: rules.cut(&missed.party.name),
                number: rules.cut(&missed.party.number),
                state: "missed".to_owned(),
                ..Call::default()
            },
            since: Some(missed.at),
        });
        live.into_iter().map(|(.., shown)| shown).chain(missed).take(MAX_CALLS).collect()
    }
}

fn impossible(why: &str) -> Refusal {
    Refusal::NotAllowed(why.to_owned())
}

impl Core {
    /// Hands-free phones have these calls now.
    pub fn hands_free(&mut self, at: Moment, calls: &[HandsFree]) {
        self.at = at;
        self.calls.hands_free(at.now, calls);
        self.follow_calls();
    }

    pub(super) fn hear_call(&mut self, id: &DeviceId, said: &Telephony) {
        let Some(phone) = self.phones.get(id) else { return };
        let name = phone.name.clone();
        self.calls.telephony(self.at.now, id, &name, said);
        self.follow_calls();
    }

    /// The music waits for calls, and goes on after them.
    pub(super) fn follow_calls(&mut self) {
        let is_any = self.calls.is_any(self.at.now);
        let order = self.calls.music.follow(self.at.now, is_any, &self.car);
        // Nobody is there to hear it in a car that was left.
        let is_left = self.vehicle.cabin.ignition_on == Some(false);
        if let Some(order) = order.filter(|order| !(is_left && *order == SteerOrder::Play)) {
            self.do_next(Effect::Steer(order));
        }
    }

    pub(super) fn tick_calls(&mut self) {
        self.calls.tick(self.at.now);
        self.follow_calls();
    }

    pub(super) fn calls_due(&self) -> Option<Duration> {
        self.calls.due(self.at.now)
    }

    pub(super) fn calls_shown(&self) -> Vec<CallShown> {
        self.calls.shown(self.at.now, self.vehicle.restrictions)
    }

    /// Somebody wants something of a call: what a hands-free phone is to be told, if it takes one.
    ///
    /// # Errors
    /// There is no such call, it does not allow it, or its phone is away.
    pub fn call(&mut self, at: Moment, id: &str, deed: Deed) -> Result<Option<Order>, Refusal> {
        self.at = at;
        let done = self.do_call(id, deed);
        self.follow_calls();
        done
    }

    /// A phone that was to decline a call did not take that: if nobody answers it, it was missed.
    pub fn not_declined(&mut self, id: &str) {
        if let Some(coupled) = self.calls.coupled.iter_mut().find(|coupled| coupled.live.id == id) {
            coupled.live.declined = false;
        }
    }

    fn do_call(&mut self, id: &str, deed: Deed) -> Result<Option<Order>, Refusal> {
        if let Some(place) = self.calls.missed.iter().position(|missed| missed.id == id) {
            if deed != Deed::Dismiss {
                return Err(impossible("the call is over"));
            }
            self.calls.missed.remove(place);
            return Ok(None);
        }
        let now = self.at.now;
        let teller = match self.calls.coupled.iter_mut().find(|coupled| coupled.live.id == id) {
            Some(coupled) => {
                let rings = coupled.live.phase == Phase::Ringing;
                let order = |act| Order { path: coupled.path.clone(), modem: coupled.modem.clone(), act };
                match deed {
                    Deed::Answer if rings && coupled.is_waiting => return Ok(Some(order(Act::HoldAndAnswer))),
                    Deed::Answer if rings => return Ok(Some(order(Act::Answer))),
                    Deed::Answer => return Err(impossible("the call does not ring")),
                    Deed::HangUp => {
                        coupled.live.declined = true;
                        return Ok(Some(order(Act::HangUp)));
                    }
                    Deed::Dismiss => return Err(impossible("the call is not over")),
                    Deed::Silence if rings => self.calls.teller(id).cloned(),
                    Deed::Silence => None,
                }
                .ok_or_else(|| impossible("this phone cannot be silenced from the car"))?
            }
            None => {
                let told = self.calls.told.iter().find(|(_, told)| told.live.id == id && told.over_at.is_none());
                let (phone, told) = told.ok_or_else(|| Refusal::NotFound(format!("there is no call {id:?}")))?;
                if deed != Deed::Silence {
                    return Err(impossible("the phone tells of this call, and lets the car do nothing but silence it"));
                }
                if !told.live.rings_on(now) || told.silenced {
                    return Err(impossible("the call does not ring"));
                }
                phone.clone()
            }
        };
        if !self.mute_ringer(&teller) {
            return Err(Refusal::NotNow("the phone is away".to_owned()));
        }
        if let Some(told) = self.calls.told.get_mut(&teller) {
            told.silenced = true;
        }
        Ok(None)
    }
}

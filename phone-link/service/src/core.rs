//! What the service knows of all phones, and what is to be done about it. No bus, no socket, no disk, no clock: time is an argument.

mod calls;
mod covers;
mod faces;
mod landing;
mod notes;
mod pace;
mod pair;
mod phone;
mod places;
mod players;
mod shared;
mod shown;
mod take;
mod wishes;

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tandem_contracts::driving::{Flag, Restrictions};
use tandem_contracts::media::Wanted;
use tandem_contracts::phones::Entry;
use tandem_kdeconnect::{DeviceId, Packet, Payload, Window};
use tandem_link::LinkId;
use tandem_session::{Cabin, CarSeen, Destination, Point, Record, Stage, Step as Taken};

pub use calls::{Act, CallShown, Deed, HandsFree, Order as CallOrder, Phase};
pub use faces::PlayerShown;
pub use landing::Landed;
pub use pace::Pace;
pub use pair::Arrival;
pub use phone::{Kept, Phone};
pub use places::{Place, PlaceStage};
pub use players::Player;
pub use shown::{Shown, Snapshot};
pub use wishes::Refusal;

use shared::Shared;

/// Phones that are not paired and shown all the same, while pairing is open.
const STRANGERS: usize = 8;

/// The language that people in the car read; what phones are told is told in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Chinese,
}

/// Who we are to phones.
#[derive(Clone, Debug, Default)]
pub struct Us {
    /// As phones show this car.
    pub name: String,
    pub language: Language,
    /// A number that no other start of this service has.
    pub seed: u64,
}

/// Two clocks: one that only goes forward, which decides, and one that people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Since any start.
    pub now: Duration,
    /// Milliseconds since 1970, by the head unit's clock.
    pub unix_ms: u64,
}

impl Moment {
    fn seconds(self) -> i64 {
        i64::try_from(self.unix_ms / 1000).unwrap_or(0)
    }
}

/// What the car's own player does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarPlays {
    /// An item of `Media1`; empty for nothing.
    pub item: String,
    pub title: String,
    pub artist: String,
    pub album: String,
    /// An http(s) address; empty for what has none.
    pub url: String,
    pub length_ms: i64,
    pub position_ms: i64,
    pub sounding: bool,
    pub can_go_next: bool,
    pub can_go_previous: bool,
    pub can_seek: bool,
    /// Percent.
    pub volume: u8,
}

impl CarPlays {
    pub fn seen(&self) -> CarSeen {
        CarSeen { item: self.item.clone(), sounding: self.sounding, position_ms: self.position_ms }
    }
}

/// What the car has of what a phone plays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// An item of `Media1`.
    pub item: String,
    /// A `file://` address of its cover; empty if it has none.
    pub art: String,
    pub title: String,
    pub artist: String,
    pub album: String,
    /// 0 if not known or endless.
    pub length_ms: i64,
}

/// What the vehicle says, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vehicle {
    pub cabin: Cabin,
    /// As `Driving1` has it: nothing less is parked.
    pub parked: bool,
    /// Of the driver's displays.
    pub restrictions: Restrictions,
    pub place: Option<Point>,
}

/// What a player is told: the car's by a phone, a phone's by somebody in the car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Play,
    Pause,
    PlayPause,
    Next,
    Previous,
    Stop,
    SetPosition { ms: i64 },
    Seek { us: i64 },
    Volume { percent: u8 },
}

/// What is written down, to be found again after a restart.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Phone {
        id: DeviceId,
        name: String,
        kept: Box<Kept>,
    },
    /// The phone and everything of it.
    Forgotten(DeviceId),
    Step(Box<Step>),
    Place(Box<Place>),
    PlaceGone(String),
    Ledger(Entry),
    /// When the ignition was switched off, seconds since 1970; none while it is on.
    IgnitionOff(Option<i64>),
}

/// What is to be done, in this order: what comes after a [`Effect::Keep`] waits until that is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Keep(Change),
    Send(LinkId, Packet),
    Close(LinkId),
    /// The peer of this link is paired, or no longer.
    Trust(LinkId, bool),
    Pin(DeviceId, Vec<u8>, u8),
    Unpin(DeviceId),
    /// Whether phones that are not paired may come near.
    Admit(bool),
    Announce,
    /// Look for it in the car: answered by [`Core::resolved`].
    Resolve {
        session: String,
        track: String,
        wanted: Wanted,
    },
    Play {
        session: String,
        item: String,
        position_ms: i64,
    },
    /// If it plays this: answered by [`Core::car_paused`].
    Pause {
        session: String,
        item: String,
        number: u64,
    },
    /// Answered by [`Core::car`].
    AskCar,
    Steer(Order),
    /// Take a file in: answered by [`Core::received`].
    Receive {
        phone: DeviceId,
        link: LinkId,
        payload: Payload,
        name: String,
    },
    /// Take a cover in: answered by [`Core::covered`].
    ReceiveCover {
        phone: DeviceId,
        link: LinkId,
        payload: Payload,
        session: String,
        url: String,
    },
    /// Everything that the phone put here is to go.
    Wipe(DeviceId),
}

/// What was written down before this start.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub phones: Vec<(DeviceId, String, Kept)>,
    pub steps: Vec<Step>,
    pub places: Vec<Place>,
    pub ignition_off: Option<i64>,
}

/// The last step of one hand-over.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub phone: DeviceId,
    pub player: String,
    pub session: String,
    pub track: String,
    /// When it was written, seconds since 1970.
    pub at: i64,
    pub record: Record,
}

/// See the module.
pub struct Core {
    at: Moment,
    us: Us,
    phones: BTreeMap<DeviceId, Phone>,
    places: Vec<Place>,
    window: Window,
    window_was_open: bool,
    vehicle: Vehicle,
    /// When guests are wiped, if the ignition stays off.
    guests_until: Option<Duration>,
    car: CarPlays,
    /// When it said so.
    car_at: Duration,
    sessions: u64,
    calls: calls::Calls,
    told: shown::Told,
    out: VecDeque<Effect>,
}

impl Core {
    pub fn new(at: Moment, us: Us, loaded: Loaded) -> Self {
        let mut core = Self {
            at,
            us,
            phones: BTreeMap::new(),
            places: loaded.places,
            window: Window::default(),
            window_was_open: false,
            vehicle: Vehicle::default(),
            guests_until: None,
            car: CarPlays::default(),
            car_at: Duration::ZERO,
            sessions: 0,
            calls: calls::Calls::default(),
            told: shown::Told::default(),
            out: VecDeque::new(),
        };
        for (id, name, kept) in loaded.phones {
            core.out.push_back(Effect::Pin(id.clone(), kept.certificate.clone(), kept.protocol));
            core.phones.insert(id.clone(), Phone::kept(id, name, kept));
        }
        // A link that the car has nothing to do with any more is not offered again.
        let is_over = |step: &Step| step.record.step == Taken::Settled && Shared::of_key(&step.player).is_some();
        for step in loaded.steps.into_iter().filter(|step| !is_over(step)) {
            if let Some(phone) = core.phones.get_mut(&step.phone) {
                let player = Player::restored(at, &step);
                phone.players.insert(step.player, player);
            }
        }
        // A phone that is known no more is owed nothing.
        let phones = &core.phones;
        core.places.retain(|place| phones.contains_key(&place.phone));
        core.out.push_back(Effect::Admit(false));
        core.out.push_back(Effect::AskCar);
        core.run_all();
        // What was off when the power went is off since then, and for longer than the clock can be trusted to say.
        if let Some(off) = loaded.ignition_off {
            let passed = Duration::from_secs(u64::try_from(at.seconds().saturating_sub(off)).unwrap_or(0));
            core.guests_until = Some(at.now + GUESTS_STAY.saturating_sub(passed));
            core.wipe_guests();
        }
        core
    }

    pub fn take_effects(&mut self) -> VecDeque<Effect> {
        std::mem::take(&mut self.out)
    }

    fn do_next(&mut self, effect: Effect) {
        self.out.push_back(effect);
    }

    fn send(&mut self, phone: &DeviceId, packet: Packet) -> bool {
        let link = self.phones.get(phone).and_then(|phone| phone.link.as_ref()).map(|link| link.id);
        if let Some(link) = link {
            self.do_next(Effect::Send(link, packet));
        }
        link.is_some()
    }

    fn note_down(&mut self, phone: &DeviceId, deed: &str, kind: &str, count: u32) {
        let phone_name = self.phones.get(phone).map(|phone| phone.name.clone()).unwrap_or_default();
        let (deed, kind) = (deed.to_owned(), kind.to_owned());
        let entry = Entry { at: self.at.seconds(), phone: phone.to_string(), phone_name, deed, kind, count };
        self.do_next(Effect::Keep(Change::Ledger(entry)));
    }

    /// The vehicle says something else.
    pub fn vehicle(&mut self, at: Moment, vehicle: Vehicle) {
        self.at = at;
        let before = std::mem::replace(&mut self.vehicle, vehicle);
        self.window.set_parked(!vehicle.restrictions.has(Flag::NoSetup));
        self.look_at_window();
        match (before.cabin.ignition_on, vehicle.cabin.ignition_on) {
            (was, Some(false)) if was != Some(false) && self.guests_until.is_none() => {
                self.guests_until = Some(at.now + GUESTS_STAY);
                self.do_next(Effect::Keep(Change::IgnitionOff(Some(at.seconds()))));
            }
            (was, Some(true)) if was != Some(true) => {
                self.guests_until = None;
                self.do_next(Effect::Keep(Change::IgnitionOff(None)));
                self.do_next(Effect::Announce);
            }
            _ => {}
        }
        if vehicle.cabin.driver_door_open == Some(true) && before.cabin.driver_door_open != Some(true) {
            self.do_next(Effect::Announce);
        }
        for phone in self.phones.values_mut() {
            phone.presence.cabin(at.now, vehicle.cabin);
        }
        self.follow_people();
    }

    /// What the car's own player does now.
    pub fn car(&mut self, at: Moment, car: CarPlays) {
        self.at = at;
        let changed = self.car != car;
        self.car = car;
        self.car_at = at.now;
        let seen = self.car.seen();
        // What one session has in the car is no other's.
        let holds = |player: &Player| player.hand.stage() != Stage::Offered && player.hand.item() == seen.item;
        let is_held = self.phones.values().flat_map(|phone| phone.players.values()).any(holds);
        for phone in self.phones.values_mut() {
            for player in phone.players.values_mut() {
                if !(is_held && player.hand.stage() == Stage::Offered) {
                    player.hand.car(at.now, seen.clone());
                }
            }
        }
        if changed {
            self.tell_of_car();
        }
        self.follow_calls();
        self.run_all();
    }

    /// When to call [`Core::tick`] next, by the clock that only goes forward.
    pub fn due(&self) -> Option<Duration> {
        let phones = self.phones.values().flat_map(Phone::due);
        let guests = self.guests_until.filter(|_| self.has_guests());
        phones.chain(guests).chain(self.window.closes_at()).chain(self.calls_due()).min()
    }

    /// Time passes.
    pub fn tick(&mut self, at: Moment) {
        self.at = at;
        self.look_at_window();
        let window = self.window;
        let late: Vec<_> = self
            .phones
            .iter_mut()
            .map(|(id, phone)| {
                phone.presence.tick(at.now);
                for player in phone.players.values_mut() {
                    player.hand.tick(at.now);
                }
                (id.clone(), phone.pairing.tick(at.now, &window))
            })
            .collect();
        for (id, steps) in late {
            self.pairing_steps(&id, steps);
        }
        self.wipe_guests();
        self.tick_calls();
        self.feel_pulses();
        self.follow_people();
        self.run_all();
    }

    fn has_guests(&self) -> bool {
        self.phones.values().any(|phone| phone.kept.as_ref().is_some_and(|kept| kept.is_guest))
    }

    /// Half an hour after the ignition is off nothing of a guest is left.
    fn wipe_guests(&mut self) {
        if self.guests_until.is_none_or(|until| self.at.now < until) {
            return;
        }
        let is_guest = |phone: &&Phone| phone.kept.as_ref().is_some_and(|kept| kept.is_guest);
        let guests: Vec<_> = self.phones.values().filter(is_guest).map(|phone| phone.id.clone()).collect();
        for guest in guests {
            self.note_down(&guest, "wiped", "phone", 1);
            self.forget_phone(&guest);
        }
    }

    /// A session's name: of time, of this start, and of how many there were.
    fn new_session(&mut self) -> String {
        self.sessions += 1;
        let mut rest = [0; 10];
        let (start, count) = rest.split_at_mut(8);
        start.copy_from_slice(&self.us.seed.to_be_bytes());
        // As many as 65,536 within one millisecond.
        count.copy_from_slice(&(self.sessions as u16).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.at.unix_ms, &rest).into_uuid().to_string()
    }

    /// Where paired phones that are not connected were last, as far as is known; none if all are here.
    pub fn away(&self) -> Option<Vec<IpAddr>> {
        let away = self.phones.values().filter(|phone| phone.link.is_none()).filter_map(|phone| phone.kept.as_ref());
        let away: Vec<_> = away.map(|kept| kept.address).collect();
        (!away.is_empty()).then(|| away.into_iter().flatten().collect())
    }

    /// Whether nobody is here: who hears of us dials, and who is connected would for nothing.
    pub fn is_alone(&self) -> bool {
        self.phones.values().all(|phone| phone.link.is_none())
    }

    /// Whether a phone that is not known is waited for, and none has come.
    pub fn awaits_strangers(&self) -> bool {
        self.window_was_open && self.phones.values().all(|phone| phone.kept.is_some())
    }

    /// Where the destination lies from the car.
    fn seen_from_here(&self, destination: &Destination) -> Option<(f64, f64)> {
        let tandem_session::Target::Point(point) = &destination.target else { return None };
        let here = self.vehicle.place?;
        Some((here.metres_to(*point), here.bearing_to(*point)))
    }
}

/// How long a guest's data stay once the ignition is off.
const GUESTS_STAY: Duration = Duration::from_secs(30 * 60);

#[cfg(test)]
mod tests;

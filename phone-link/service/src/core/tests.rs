//! The core as a car with phones around it.

mod calls;
mod guests;
mod letters;
mod links;
mod pairing;
mod people;
mod places;
mod players;
mod replaced;
mod restrictions;
mod songs;

use core::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tandem_contracts::sessions::Session;
use tandem_kdeconnect::{DeviceId, DeviceKind, Identity, Message, Mpris, MprisRequest, Packet, PairBody, Playing};
use tandem_link::LinkId;
use tandem_session::{Cabin, Point};

use super::*;

const UNIX: u64 = 1_700_000_000;
const PLAYER: &str = "Podcasts";

/// A car that is driven by a test: its time, and what it has done so far.
struct World {
    core: Core,
    now: Duration,
    links: u64,
    did: Vec<Effect>,
}

fn id(name: &str) -> DeviceId {
    format!("{name:_<32}").parse().unwrap()
}

fn yes(timestamp: Option<u64>) -> Message {
    Message::Pair(PairBody { pair: true, timestamp })
}

/// What a phone that is not to be paired hears.
fn no() -> Message {
    Message::Pair(PairBody { pair: false, timestamp: None })
}

fn parked() -> Vehicle {
    let cabin = Cabin { ignition_on: Some(true), driver_door_open: Some(false), driver_belted: Some(false) };
    Vehicle { cabin, parked: true, restrictions: Restrictions::NONE, place: Point::new(52.5, 13.4) }
}

fn driving() -> Vehicle {
    Vehicle { parked: false, restrictions: Restrictions::ALL, ..parked() }
}

impl World {
    fn new() -> Self {
        Self::loaded(Loaded::default())
    }

    fn loaded(loaded: Loaded) -> Self {
        let at = Moment { now: Duration::ZERO, unix_ms: UNIX * 1000 };
        let us = Us { name: "Car".into(), seed: 7, ..Us::default() };
        let mut world = Self { core: Core::new(at, us, loaded), now: Duration::ZERO, links: 0, did: Vec::new() };
        world.look();
        world
    }

    fn at(&self) -> Moment {
        Moment { now: self.now, unix_ms: UNIX * 1000 + self.now.as_millis() as u64 }
    }

    /// Notes what the core did since.
    fn look(&mut self) {
        self.did.extend(self.core.take_effects());
    }

    /// What it did since it was asked last.
    fn deeds(&mut self) -> Vec<Effect> {
        self.look();
        std::mem::take(&mut self.did)
    }

    fn told(&mut self, link: LinkId) -> Vec<Message> {
        let sent = |effect| match effect {
            Effect::Send(to, packet) if to == link => Some(packet.message),
            _ => None,
        };
        self.deeds().into_iter().filter_map(sent).collect()
    }

    fn wait(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
        while self.core.due().is_some_and(|due| due <= self.now) {
            self.core.tick(self.at());
        }
        self.core.tick(self.at());
        self.look();
    }

    fn vehicle(&mut self, vehicle: Vehicle) {
        self.core.vehicle(self.at(), vehicle);
    }

    fn come(&mut self, name: &str, pinned: bool, protocol: u8) -> LinkId {
        self.links += 1;
        let identity = Identity {
            id: id(name),
            name: name.to_owned(),
            kind: DeviceKind::Phone,
            protocol,
            incoming: Vec::new(),
            outgoing: vec!["kdeconnect.mpris".to_owned()],
            port: None,
            target: None,
            target_protocol: None,
        };
        let arrival = Arrival {
            link: LinkId(self.links),
            identity,
            certificate: name.as_bytes().to_vec(),
            our_key: vec![1],
            their_key: vec![2],
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            pinned,
        };
        self.core.link_up(self.at(), arrival);
        LinkId(self.links)
    }

    /// A phone that is paired in the parked car.
    fn paired(&mut self, name: &str) -> LinkId {
        self.vehicle(parked());
        self.core.open_pairing(self.at()).unwrap();
        let link = self.come(name, false, 8);
        self.says(link, yes(Some(UNIX + self.now.as_secs())));
        self.core.confirm(self.at(), id(name).as_str()).unwrap();
        assert!(self.phone(name).is_paired);
        self.deeds();
        link
    }

    fn says(&mut self, link: LinkId, message: Message) {
        self.core.packet(self.at(), link, Packet::new(message));
    }

    fn phone(&mut self, name: &str) -> tandem_contracts::phones::Phone {
        let id = id(name).to_string();
        self.core.snapshot().phones.into_iter().find(|phone| phone.id == id).expect("it is shown")
    }

    fn sessions(&mut self, kind: &str) -> Vec<Session> {
        let now = self.now;
        let all = self.core.snapshot().sessions;
        all.into_iter().map(|shown| shown.now(now)).filter(|session| session.kind == kind).collect()
    }

    /// The one session of a kind.
    fn session(&mut self, kind: &str) -> Session {
        let mut all = self.sessions(kind);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// The phone's player has a song; the library has it as this item, or has it not.
    fn plays(&mut self, link: LinkId, position_ms: i64, item: Option<&str>) {
        self.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
        self.state(link, true, position_ms);
        self.answer(item);
    }

    fn state(&mut self, link: LinkId, playing: bool, position_ms: i64) {
        let state = Playing {
            title: Some("Night drive".into()),
            artist: Some("Somebody".into()),
            length_ms: Some(3_600_000),
            position_ms: Some(position_ms),
            playing: Some(playing),
            ..Playing::default()
        };
        self.says(link, Message::Mpris(Mpris::State { player: PLAYER.into(), state: Box::new(state) }));
    }

    /// The library answers whatever it was asked.
    fn answer(&mut self, item: Option<&str>) {
        self.look();
        for effect in self.did.clone() {
            if let Effect::Resolve { session, track, .. } = effect {
                let found = item.map(|item| Found {
                    item: item.to_owned(),
                    art: "file:///cover.png".to_owned(),
                    ..Found::default()
                });
                self.core.resolved(self.at(), &session, &track, found);
            }
        }
        self.did.retain(|effect| !matches!(effect, Effect::Resolve { .. }));
        self.look();
    }

    /// The phone does as it was told: it is silent, and says so.
    fn pauses(&mut self, link: LinkId, position_ms: i64) {
        self.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
        self.state(link, false, position_ms);
    }

    fn car(&mut self, item: &str, sounding: bool, position_ms: i64) {
        let car = CarPlays { item: item.to_owned(), sounding, position_ms, ..CarPlays::default() };
        self.core.car(self.at(), car);
    }

    /// A song that is in the car, taken from the phone.
    fn held(&mut self, link: LinkId) -> Session {
        self.plays(link, 60_000, Some("track:1"));
        let session = self.session("media");
        self.core.claim(self.at(), &session.id).unwrap();
        self.pauses(link, 61_000);
        self.car("track:1", true, 61_000);
        let session = self.session("media");
        assert_eq!(session.stage, "held");
        self.deeds();
        session
    }
}

fn asked(request: MprisRequest) -> Message {
    Message::MprisRequest(request)
}

fn ordered(action: tandem_kdeconnect::Action) -> Message {
    asked(MprisRequest::Do { player: PLAYER.into(), action })
}

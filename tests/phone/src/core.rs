//! What the phone knows, says and does. No socket, no disk, no clock: time is an argument.

mod deeds;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use tandem_kdeconnect::{
    Battery, Command, Ended, Message, Mpris, MprisRequest, Note, Packet, PairBody, Pairing, Payload, Playing, Share,
    Signal, Step, Talk, Window, verification_key,
};

use crate::deed::{Caller, Charge, Faults, Network, Simple};
use crate::event::{Button, PlayerNow, What};
use crate::player::{By, Player};
use crate::story::{Answer, Story};

/// Two clocks: one that only goes forward, and the time of day in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    pub now: Duration,
    pub unix_ms: u64,
}

/// A car that has proved who it is.
pub struct Arrival {
    pub name: String,
    /// What both speak.
    pub protocol: u8,
    pub our_key: Vec<u8>,
    pub their_key: Vec<u8>,
    pub paired: bool,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    Send(Packet),
    SendFile {
        path: PathBuf,
        name: String,
    },
    Fetch {
        payload: Payload,
        name: String,
    },
    Tell(What),
    /// The car's certificate is to be kept, or forgotten.
    Keep,
    Forget,
    /// One of those that change how the phone is reached.
    Air(Simple),
}

struct Car {
    pairing: Pairing,
    our_key: Vec<u8>,
    their_key: Vec<u8>,
}

/// See the module.
pub struct Core {
    at: Moment,
    answer: Answer,
    pub(crate) faults: Faults,
    players: Vec<Player>,
    notes: BTreeMap<String, Note>,
    /// Who calls, and whether that one was answered.
    call: Option<(Caller, bool)>,
    battery: Option<Charge>,
    signal: Option<Network>,
    /// Links that were shared while the car was away: a set, as Android's.
    kept_links: BTreeSet<String>,
    car: Option<Car>,
    buttons: Vec<Command>,
    car_players: BTreeMap<String, Playing>,
    out: VecDeque<Out>,
}

impl Core {
    pub fn new(at: Moment, story: &Story) -> Self {
        Self {
            at,
            answer: story.phone.pairing,
            faults: story.faults.clone(),
            players: story.players.iter().map(|plan| Player::new(plan.clone(), at.now)).collect(),
            notes: BTreeMap::new(),
            call: None,
            battery: story.phone.battery,
            signal: story.phone.signal.clone(),
            kept_links: BTreeSet::new(),
            car: None,
            buttons: Vec::new(),
            car_players: BTreeMap::new(),
            out: VecDeque::new(),
        }
    }

    pub fn take(&mut self) -> VecDeque<Out> {
        std::mem::take(&mut self.out)
    }

    fn tell(&mut self, what: What) {
        self.out.push_back(Out::Tell(what));
    }

    /// Sends, if the car may hear it.
    fn send(&mut self, message: Message) {
        if self.is_paired() {
            self.out.push_back(Out::Send(Packet::new(message)));
        }
    }

    pub(crate) fn is_paired(&self) -> bool {
        self.car.as_ref().is_some_and(|car| car.pairing.is_paired())
    }

    /// A car is there; one that was there before is not any more.
    pub fn up(&mut self, at: Moment, arrival: Arrival) {
        self.at = at;
        let Arrival { name, protocol, our_key, their_key, paired } = arrival;
        // Cars dial again whenever they hear of us: with the same key, a pairing that has begun goes on.
        if !paired && self.car.as_ref().is_some_and(|car| car.their_key == their_key && !car.pairing.is_paired()) {
            return;
        }
        self.car = Some(Car { pairing: Pairing::new(paired, protocol), our_key, their_key });
        self.tell(What::Connected { car: name, protocol, paired });
        if paired {
            self.greet();
        }
    }

    pub fn down(&mut self, at: Moment, why: String) {
        self.at = at;
        if self.car.take().is_some() {
            self.gone();
            self.tell(What::Disconnected { why });
        }
    }

    /// What the car said is known only as long as it is there.
    fn gone(&mut self) {
        self.car = None;
        self.buttons.clear();
        self.car_players.clear();
    }

    /// What Android's app says and asks when its plugins are loaded.
    fn greet(&mut self) {
        self.send_players();
        self.send(Message::MprisRequest(MprisRequest::Players));
        self.send(Message::CommandsRequest);
        self.send_state_of_phone();
        for link in std::mem::take(&mut self.kept_links) {
            self.send(Message::Share(Share::Url(link)));
        }
    }

    fn send_players(&mut self) {
        let names = self.players.iter().map(|player| player.name().to_owned()).collect();
        self.send(Message::Mpris(Mpris::Players { names, sends_art: true }));
    }

    fn send_state_of_phone(&mut self) {
        if let Some(Charge { percent, charging }) = self.battery {
            let low = percent <= 15 && !charging;
            self.send(Message::Battery(Battery { charge: Some(percent), charging, low }));
        }
        if let Some(Network { network, bars }) = self.signal.clone() {
            let signal = Signal { network, strength: bars };
            self.send(Message::Connectivity([("0".to_owned(), signal)].into()));
        }
    }

    fn now_of(&self, player: &Player) -> PlayerNow {
        let says = player.says(self.at.now, &self.faults);
        PlayerNow {
            player: player.name().to_owned(),
            title: player.track().map(|track| track.title.clone()).unwrap_or_default(),
            sounding: player.is_sounding(),
            position_ms: player.position_ms(self.at.now),
            says_playing: says.playing.unwrap_or(false),
            says_ms: says.position_ms.unwrap_or(0),
        }
    }

    fn send_player(&mut self, place: usize) {
        let Some(player) = self.players.get(place) else { return };
        let state = Box::new(player.says(self.at.now, &self.faults));
        let player = player.name().to_owned();
        self.send(Message::Mpris(Mpris::State { player, state }));
    }

    /// A player does something else: the car hears of it.
    fn player_changed(&mut self, place: usize, by: By) {
        let Some(player) = self.players.get(place) else { return };
        let now = self.now_of(player);
        self.tell(What::Player { by, now });
        self.send_player(place);
    }

    /// When to call [`Core::tick`] next.
    pub fn due(&self) -> Option<Duration> {
        let pairing = self.car.as_ref().and_then(|car| car.pairing.due());
        self.players.iter().filter_map(Player::due).chain(pairing).min()
    }

    pub fn tick(&mut self, at: Moment) {
        self.at = at;
        for place in 0..self.players.len() {
            if self.players.get_mut(place).is_some_and(|player| player.tick(at.now)) {
                self.player_changed(place, By::Itself);
            }
        }
        self.pair(|pairing, at, _, window| pairing.tick(at.now, window));
    }

    /// A phone's pairing is open whenever somebody looks at it.
    fn pair(&mut self, deed: impl FnOnce(&mut Pairing, Moment, u64, &Window) -> Vec<Step>) {
        let at = self.at;
        let unix = (at.unix_ms / 1000).saturating_add_signed(self.faults.clock_off_seconds);
        let mut window = Window::default();
        window.set_parked(true);
        window.open(at.now);
        let Some(car) = &mut self.car else { return };
        let steps = deed(&mut car.pairing, at, unix, &window);
        for step in steps {
            self.pairing_step(step);
        }
    }

    fn pairing_step(&mut self, step: Step) {
        match step {
            Step::Send(body) => self.out.push_back(Out::Send(Packet::new(Message::Pair(body)))),
            Step::ShowKey { requested_at } => {
                let Some(car) = &self.car else { return };
                let key = verification_key(&car.our_key, &car.their_key, requested_at);
                let by_car = car.pairing.talk() == Some(Talk::Asked);
                self.tell(What::PairAsked { by: if by_car { By::Car } else { By::Hand }, key });
                match (by_car, self.answer) {
                    // Whoever asks on a phone is not asked again.
                    (false, _) | (true, Answer::Accept) => self.pair(|it, at, _, window| it.confirm(at.now, window)),
                    (true, Answer::Refuse) => self.pair(|it, _, _, _| it.refuse()),
                    (true, Answer::Wait) => {}
                }
            }
            Step::Paired => {
                self.out.push_back(Out::Keep);
                self.tell(What::Paired);
                self.greet();
            }
            Step::Ended(ended) => {
                let why = match ended {
                    Ended::Refused => "it was refused".to_owned(),
                    Ended::TimedOut => "nobody answered in time".to_owned(),
                    Ended::Clocks { seconds_apart } => format!("the clocks are {seconds_apart} s apart"),
                    Ended::NoTime => "the car did not say when it asked".to_owned(),
                    Ended::Unpaired | Ended::NoWindow => "the pairing was ended".to_owned(),
                };
                self.out.push_back(Out::Forget);
                self.tell(What::Unpaired { why });
            }
        }
    }

    fn buttons_shown(&self) -> Vec<Button> {
        let button = |it: &Command| Button { key: it.key.clone(), name: it.name.clone() };
        self.buttons.iter().map(button).collect()
    }

    fn hear_pairing(&mut self, said: PairBody) {
        self.pair(|pairing, at, unix, window| pairing.hear(at.now, unix, window, said));
    }
}

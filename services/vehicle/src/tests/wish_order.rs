//! Ten thousand sequences of wishes, faults and losses: nothing unlisted is sent, nor what the car's state forbids; nothing is confirmed without an echo; no actuator
//! has two owners.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use proptest::test_runner::Config;
use tandem_contracts::actuation::RequestState;

use super::wishes::{FAN, FLAP, HORN, parked};
use super::*;
use crate::actuation::Wish;

const CLIENTS: [&str; 3] = [":1.5", ":1.6", ":1.7"];
const ACTUATORS: [&str; 4] = [TEMPERATURE, FAN, HORN, FLAP];

#[derive(Clone, Debug)]
enum Said {
    Ask {
        client: usize,
        actuator: usize,
        value: f64,
    },
    Release {
        client: usize,
        actuator: usize,
    },
    Leave {
        client: usize,
    },
    Pass {
        ms: u64,
    },
    /// The car's answer: what it says of temperature, fan, horn and flap, and whether it says no.
    Answer {
        temperature: u8,
        no: bool,
        fan: u8,
        horn: bool,
        flap: bool,
    },
    /// The car says what was asked for last.
    Obey,
    Drive {
        fast: bool,
        on: bool,
        park: bool,
    },
    /// From here on frames do not get out, or do.
    Jam(bool),
    /// From here on frames take so long to the bus.
    Lag {
        ms: u64,
    },
    Lose,
    Meet {
        clock_ms: u64,
    },
    /// The link's time is at its end.
    End,
    Stop,
}

fn said() -> impl Strategy<Value = Said> {
    let (client, actuator) = (0..CLIENTS.len(), 0..ACTUATORS.len());
    let value = prop_oneof![3 => (32..57u32).prop_map(|half| f64::from(half) / 2.0), 2 => (0..21u32).prop_map(|five| f64::from(five * 5)),
        1 => any::<f64>(), 3 => (0..2u32).prop_map(f64::from)];
    prop_oneof![
        8 => (client.clone(), actuator.clone(), value).prop_map(|(client, actuator, value)| Said::Ask { client, actuator, value }),
        1 => (client.clone(), actuator).prop_map(|(client, actuator)| Said::Release { client, actuator }),
        1 => client.prop_map(|client| Said::Leave { client }),
        6 => (1..700u64).prop_map(|ms| Said::Pass { ms }),
        3 => (any::<u8>(), any::<bool>(), any::<u8>(), any::<bool>(), any::<bool>())
            .prop_map(|(temperature, no, fan, horn, flap)| Said::Answer { temperature, no, fan, horn, flap }),
        4 => Just(Said::Obey),
        2 => (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(fast, on, park)| Said::Drive { fast, on, park }),
        1 => any::<bool>().prop_map(Said::Jam),
        3 => (0..600u64).prop_map(|ms| Said::Lag { ms }),
        1 => Just(Said::Lose),
        2 => (0..5000u64).prop_map(|clock_ms| Said::Meet { clock_ms }),
        1 => Just(Said::End),
        1 => Just(Said::Stop),
    ]
}

/// What the car said of itself, at a point of time: the onlooker's own idea of what it may be asked for.
#[derive(Clone, Copy)]
struct Seen {
    at: Nanoseconds,
    fast: bool,
    on: bool,
    park: bool,
}

impl Seen {
    fn tick(self) -> u64 {
        self.at.0.div_ceil(crate::core::TICK.0)
    }
}

/// What a frame asks for: the actuators, each with its wish.
type Asked = Vec<(&'static str, u64)>;

/// Watches from outside, with books of its own.
struct Onlooker {
    clock_ms: u64,
    connected: bool,
    ended: bool,
    jammed: bool,
    /// How long a frame takes to the bus, and whether an echo says that it is there.
    lag: Nanoseconds,
    echoing: bool,
    /// When an echo comes, of which frame, and what that asks for.
    echoes: VecDeque<(Nanoseconds, Frame, Asked)>,
    /// Since the clock began.
    seen: Vec<Seen>,
    /// Whose horn sounds, for what it was asked, and until when.
    horn: Option<(String, Value, Nanoseconds)>,
    /// The newest wish for the horn that got out.
    horn_said: u64,
    generation: u64,
    /// Since when the wish that is on its way is on the wire, by actuator.
    on_the_wire: BTreeMap<&'static str, Nanoseconds>,
    /// What the car said of each actuator, and when.
    echo: BTreeMap<&'static str, Vec<(Value, Nanoseconds)>>,
    /// The wish that is on its way, by actuator.
    pending: BTreeMap<String, (u64, String, Value)>,
    left_at: BTreeMap<CanId, Nanoseconds>,
    last_id: u64,
}

impl Onlooker {
    fn tells(&mut self, car: &mut Bench, said: &Said) -> Vec<Effect> {
        match said {
            Said::Ask { client, actuator, value } => {
                let (client, path) = (CLIENTS[*client], ACTUATORS[*actuator]);
                let value =
                    if path == HORN || path == FLAP { Value::Bool(*value != 0.0) } else { Value::Float(*value) };
                let holder = self.holder(path, car.0.now());
                match car.0.wish(client, path, value) {
                    Ok((id, effects)) => {
                        assert!(id > self.last_id, "numbers are counted up");
                        assert!(self.connected && !self.ended, "nobody is there who could answer");
                        assert!(holder.is_none_or(|holder| holder == client), "{path} has two owners");
                        self.last_id = id;
                        effects
                    }
                    Err(_) => Vec::new(),
                }
            }
            Said::Release { client, actuator } => {
                let (client, path) = (CLIENTS[*client], ACTUATORS[*actuator]);
                let effects = car.0.release(client, path);
                let is_another = self.holder(path, car.0.now()).is_some_and(|holder| holder != client);
                assert!(!is_another || effects.is_err(), "{path} was taken from its owner");
                if path == HORN && !is_another {
                    self.horn = None;
                }
                effects.unwrap_or_default()
            }
            Said::Leave { client } => {
                let effects = car.0.forget_client(CLIENTS[*client]);
                self.horn.take_if(|(holder, ..)| *holder == CLIENTS[*client]);
                let list = car.0.actuation().unwrap().list(car.0.store().car());
                assert!(list.iter().all(|one| one.holder != CLIENTS[*client]), "the dead hold nothing");
                effects
            }
            Said::Stop => {
                self.horn = None;
                car.0.stop()
            }
            Said::End => {
                (self.ended, self.horn) = (true, None);
                car.0.end()
            }
            Said::Jam(jammed) => {
                self.jammed = *jammed;
                Vec::new()
            }
            Said::Lag { ms } => {
                self.lag = Nanoseconds::from_millis(*ms);
                Vec::new()
            }
            Said::Lose => {
                (self.connected, self.horn) = (false, None);
                self.echo.clear();
                self.echoes.clear();
                self.seen.clear();
                car.0.disconnect()
            }
            Said::Meet { clock_ms } if !self.connected => {
                (self.connected, self.ended, self.clock_ms) = (true, false, *clock_ms);
                car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
                car.advances(*clock_ms)
            }
            _ if !self.connected || self.ended => Vec::new(),
            Said::Pass { ms } => {
                self.clock_ms += ms;
                car.advances(self.clock_ms)
            }
            Said::Answer { temperature, no, fan, horn, flap } => {
                self.answers(car, *temperature, *no, *fan, *horn, *flap)
            }
            Said::Obey => {
                let asked = |path: &str| self.pending.get(path).map(|(_, _, value)| value.clone());
                let number = |path: &str| asked(path).and_then(|value| value.as_f64()).unwrap_or(20.0);
                let flag = |path: &str| asked(path).and_then(|value| value.as_bool()).unwrap_or_default();
                let (temperature, fan) = ((number(TEMPERATURE) * 2.0) as u8, number(FAN) as u8);
                let (horn, flap) = (flag(HORN), flag(FLAP));
                self.answers(car, temperature, false, fan, horn, flap)
            }
            Said::Drive { fast, on, park } => {
                self.clock_ms += 1;
                let mut effects = car.hears(100, &[0, if *fast { 4 } else { 0 }], self.clock_ms);
                let (power, gear) = (if *on { 3 } else { 0 }, if *park { 0 } else { 3 });
                effects.extend(car.hears(102, &[power, gear], self.clock_ms));
                let seen = Seen { at: Nanoseconds::from_millis(self.clock_ms), fast: *fast, on: *on, park: *park };
                // Of what is said between two ticks the last counts.
                self.seen.pop_if(|before| before.tick() == seen.tick());
                self.seen.push(seen);
                effects
            }
            Said::Meet { .. } => Vec::new(),
        }
    }

    fn answers(&mut self, car: &mut Bench, temperature: u8, no: bool, fan: u8, horn: bool, flap: bool) -> Vec<Effect> {
        self.clock_ms += 2;
        let mut effects = car.hears(801, &[temperature, if no { 2 } else { 0 }, fan], self.clock_ms);
        effects.extend(car.hears(811, &[u8::from(horn), u8::from(flap)], self.clock_ms));
        let now = Nanoseconds::from_millis(self.clock_ms);
        let celsius = f64::from(temperature) / 2.0;
        for (path, value) in [
            (TEMPERATURE, Value::Float(celsius)),
            (FAN, Value::Int(fan.into())),
            (HORN, Value::Bool(horn)),
            (FLAP, Value::Bool(flap)),
        ] {
            self.echo.entry(path).or_default().push((value, now));
        }
        effects
    }

    fn check_invariants(&mut self, car: &mut Bench, effects: &[Effect]) {
        if car.0.generation() != self.generation {
            self.generation = car.0.generation();
            self.left_at.clear();
            self.echo.clear();
            self.seen.clear();
            if let Some((_, _, until)) = &mut self.horn {
                *until = Nanoseconds::ZERO;
            }
            self.on_the_wire.values_mut().for_each(|sent| *sent = Nanoseconds::ZERO);
        }
        for effect in effects {
            match effect {
                Effect::Send(frame) => {
                    let said_before = self.horn_said;
                    let asked = self.check_frame(frame, car.0.now());
                    if self.jammed {
                        self.horn_said = said_before;
                        car.0.not_sent(frame);
                    } else {
                        self.hands_over(car, frame, asked);
                    }
                }
                Effect::Told(wish) => self.check_wish(wish),
                _ => {}
            }
        }
        let list = car.0.actuation().unwrap().list(car.0.store().car());
        for (path, (_, client, _)) in &self.pending {
            let holder = &list.iter().find(|one| one.path == *path).unwrap().holder;
            assert_eq!(holder, client, "who asked holds it");
        }
        if let Some((client, _, until)) = &self.horn
            && car.0.now() < *until
        {
            let holder = &list.iter().find(|one| one.path == HORN).unwrap().holder;
            assert_eq!(holder, client, "whose horn sounds holds it");
        }
    }

    fn hands_over(&mut self, car: &mut Bench, frame: &Frame, asked: Asked) {
        let there = Nanoseconds(frame.t_ns) + self.lag;
        if self.echoing {
            car.0.handed_over(frame, None);
            // None overtakes another.
            let after = self.echoes.back().map_or(there, |(at, ..)| there.max(*at));
            self.echoes.push_back((after, *frame, asked));
        } else {
            car.0.handed_over(frame, Some(there));
            self.is_on_the_wire(asked, there);
        }
    }

    fn is_on_the_wire(&mut self, asked: Asked, since: Nanoseconds) {
        for (path, id) in asked {
            if self.pending.get(path).is_some_and(|(pending, ..)| *pending == id) {
                self.on_the_wire.entry(path).or_insert(since);
            }
        }
    }

    /// The echoes that have come by now.
    fn hears_echoes(&mut self, car: &mut Bench) {
        let now = Nanoseconds::from_millis(self.clock_ms);
        while let Some((at, mut frame, asked)) = self.echoes.pop_front_if(|(at, ..)| *at <= now) {
            frame.t_ns = at.0;
            car.0.hear_echo(&frame);
            self.is_on_the_wire(asked, at);
        }
    }

    /// Who holds an actuator, as the onlooker has it: whose wish is on its way, or whose horn sounds.
    fn holder(&self, path: &str, now: Nanoseconds) -> Option<String> {
        let pending = self.pending.get(path).map(|(_, client, _)| client.clone());
        let sounds = self.horn.as_ref().filter(|(_, _, until)| path == HORN && now < *until);
        pending.or_else(|| sounds.map(|(client, ..)| client.clone()))
    }

    /// Whether the car was on, and whether it was parked, at the tick up to which its words count when a frame leaves.
    fn state(&self, tick: Nanoseconds) -> (bool, bool) {
        let seen: Vec<_> = self.seen.iter().filter(|seen| seen.at <= tick).collect();
        let Some(last) = seen.last() else { return (false, false) };
        let fresh = tick.since(last.at) <= Nanoseconds::from_millis(10_000);
        let stood = seen.iter().rev().take_while(|seen| !seen.fast).last();
        let stands = stood.is_some_and(|since| tick.since(since.at) >= Nanoseconds::from_millis(1000));
        (fresh && last.on, fresh && last.park && stands)
    }

    fn check_frame(&mut self, frame: &Frame, last_tick: Nanoseconds) -> Asked {
        assert_eq!(frame.bus, BusIndex(1));
        let now = Nanoseconds(frame.t_ns);
        let before = self.left_at.insert(frame.id, now);
        assert!(before.is_none_or(|before| now.since(before) >= Nanoseconds::from_millis(100)), "too soon");
        let tick = last_tick.min(Nanoseconds(now.0 - now.0 % crate::core::TICK.0));
        let (on, parked) = self.state(tick);
        self.horn.take_if(|(_, _, until)| *until <= tick);
        let mut asked = Vec::new();
        let fine = match (frame.id.number(), frame.data()) {
            (800, [temperature, fan]) => {
                let asks = (*temperature != 255, *fan != 255);
                asked.extend(asks.0.then_some(TEMPERATURE).into_iter().chain(asks.1.then_some(FAN)));
                assert!(on, "the car is off, and is asked");
                (asks.0 || asks.1) && matches!(temperature, 32..=56 | 255) && matches!(fan, 0..=100 | 255)
            }
            (810, [horn]) => {
                if *horn != 0 {
                    asked.push(HORN);
                    let pending = self.pending.get(HORN);
                    assert!(pending.is_some() || self.horn.is_some(), "nobody wants it, and it sounds");
                    if let Some((id, client, value)) = pending {
                        // Asking again for what sounds does not let it sound for longer.
                        if self.horn.is_none() && *id > self.horn_said {
                            self.horn = Some((client.clone(), value.clone(), now + Nanoseconds::from_millis(1000)));
                        }
                        self.horn_said = *id;
                    }
                }
                *horn <= 2
            }
            (812, [flap]) => {
                asked.push(FLAP);
                assert!(parked && on, "the flap moves, and the car is not parked");
                matches!(flap, 1 | 2)
            }
            _ => false,
        };
        assert!(fine, "what the list lacks: {frame:?}");
        let wish = |path| Some((path, self.pending.get(path)?.0));
        asked.into_iter().filter_map(wish).collect()
    }

    fn check_wish(&mut self, wish: &Wish) {
        let known = self.pending.remove(&wish.path);
        match wish.state {
            RequestState::Pending => {
                assert!(known.is_none(), "{} has two wishes", wish.path);
                self.on_the_wire.remove(wish.path.as_str());
                self.horn.take_if(|(_, value, _)| wish.path == HORN && *value != wish.value);
                let entry = (wish.id, wish.client.clone(), wish.value.clone());
                self.pending.insert(wish.path.clone(), entry);
                return;
            }
            RequestState::Confirmed => {
                let same = |echo: &Value| match (echo.as_f64(), wish.value.as_f64()) {
                    (Some(one), Some(other)) => (one - other).abs() < if wish.path == FAN { 2.5 } else { 0.25 },
                    _ => *echo == wish.value,
                };
                let sent = self.on_the_wire.get(wish.path.as_str()).copied();
                let sent = sent.expect("confirmed, and the car cannot have heard of it");
                let echoes = self.echo.get(wish.path.as_str()).into_iter().flatten();
                let confirms = echoes.rev().any(|(echo, heard)| same(echo) && *heard > sent);
                assert!(confirms, "confirmed, and the car did not say so: {wish:?}");
            }
            RequestState::Refused | RequestState::Lapsed => {
                assert!(!wish.reason.is_empty(), "without a reason");
                let heard = self.on_the_wire.contains_key(wish.path.as_str());
                assert!(!heard || !wish.reason.contains("did not get onto the bus"), "it did: {wish:?}");
                // A newer wish for the same goes on with it.
                self.horn.take_if(|_| wish.path == HORN && !wish.reason.starts_with("A newer"));
            }
            RequestState::Idle => panic!("{wish:?}"),
        }
        let (id, client, _) = known.expect("settled once");
        assert_eq!((id, client), (wish.id, wish.client.clone()));
    }
}

proptest! {
    #![proptest_config(Config { cases: 10_000, ..Config::default() })]

    #[test]
    fn no_sequence_of_wishes_and_faults_breaks_a_promise(echoing: bool, story in prop::collection::vec(said(), 1..40)) {
        let mut car = parked();
        let mut onlooker = Onlooker {
            clock_ms: 1500,
            connected: true,
            ended: false,
            jammed: false,
            lag: Nanoseconds::ZERO,
            echoing,
            echoes: VecDeque::new(),
            // As it has told since the start.
            seen: [0, 1500].map(|ms| Seen { at: Nanoseconds::from_millis(ms), fast: false, on: true, park: true }).to_vec(),
            horn: None,
            horn_said: 0,
            generation: car.0.generation(),
            on_the_wire: BTreeMap::new(),
            echo: BTreeMap::new(),
            pending: BTreeMap::new(),
            left_at: BTreeMap::new(),
            last_id: 0,
        };
        for said in &story {
            let effects = onlooker.tells(&mut car, said);
            onlooker.check_invariants(&mut car, &effects);
            onlooker.hears_echoes(&mut car);
        }
        // Whatever happened, nothing waits for ever.
        onlooker.jammed = false;
        if onlooker.ended {
            prop_assert!(onlooker.pending.is_empty() && car.0.is_quiet(), "something waits for ever");
        } else if onlooker.connected {
            onlooker.clock_ms += 3000;
            let effects = car.advances(onlooker.clock_ms);
            onlooker.check_invariants(&mut car, &effects);
            prop_assert!(onlooker.pending.is_empty(), "something waits for ever");
            let effects = car.0.stop();
            onlooker.check_invariants(&mut car, &effects);
            onlooker.clock_ms += 3000;
            let effects = car.advances(onlooker.clock_ms);
            onlooker.check_invariants(&mut car, &effects);
            prop_assert!(car.0.is_quiet() && onlooker.pending.is_empty());
        }
    }
}

//! A phone, a car, people and bad luck; and what must hold whatever happens.

use std::collections::VecDeque;
use std::time::Duration;

use super::*;

const ITEM: &str = "episode:7";
/// One way on the link, and from the hand-over to the car's player; milliseconds.
const SLOWEST: u64 = 300;

/// Chance that is the same for a seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % sides
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.throw(count) == 0
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Letter {
    ToPhone(ToPhone),
    /// What it does, or that it has heard; with how often somebody had started it by then.
    FromPhone(Option<PhoneSeen>, u32),
    ToCar(ToCar),
    FromCar(CarSeen),
    Paused(u64, CarSeen),
    Resolved,
}

#[derive(Clone, Debug, PartialEq)]
enum ToPhone {
    Pause,
    /// Say that you heard.
    Fence,
    Play,
    Ask,
    /// Where the car stopped, and whether the phone is to go on from there.
    GiveBack(i64, bool),
}

#[derive(Clone, Debug, PartialEq)]
enum ToCar {
    Play(String, i64),
    Pause(String, u64),
    Ask,
    Resolve,
}

/// How much goes wrong.
#[derive(Clone, Copy)]
struct Luck {
    /// One in so many; none if 0.
    crash: u64,
    lose: u64,
    drop: u64,
    double: u64,
    deaf_car: u64,
    people: u64,
}

const GOOD: Luck = Luck { crash: 0, lose: 0, drop: 0, double: 0, deaf_car: 0, people: 0 };

struct World {
    dice: Dice,
    luck: Luck,
    now: u64,
    core: HandOver,
    journal: Option<Record>,
    linked: bool,
    phone_plays: bool,
    starts: u32,
    phone_at: i64,
    told: Option<i64>,
    car_item: String,
    car_sounds: bool,
    car_at: i64,
    /// In the order in which they arrive; each way keeps its order.
    post: VecDeque<(u64, Letter)>,
    /// Somebody started the phone, and the hand-over does not know yet; or it knows since then.
    excused: Option<Option<u64>>,
    log: Vec<String>,
}

impl World {
    fn new(seed: u64, luck: Luck) -> Self {
        let mut world = Self {
            dice: Dice(seed),
            luck,
            now: 0,
            core: HandOver::new(Duration::ZERO, None),
            journal: None,
            linked: false,
            phone_plays: true,
            starts: 0,
            phone_at: 750_000,
            told: None,
            car_item: String::new(),
            car_sounds: false,
            car_at: 0,
            post: VecDeque::new(),
            excused: None,
            log: Vec::new(),
        };
        world.set_link(true);
        world
    }

    fn time(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn bad(&mut self, one_in: u64) -> bool {
        one_in > 0 && self.dice.one_in(one_in)
    }

    fn say(&mut self, what: String) {
        self.log.push(format!("{:6} {what}", self.now));
    }

    fn set_link(&mut self, up: bool) {
        self.linked = up;
        self.say(format!("link {up}"));
        self.post.retain(|(_, letter)| !matches!(letter, Letter::ToPhone(_) | Letter::FromPhone(..)));
        self.core.link(self.time(), up);
        self.act();
    }

    fn send(&mut self, letter: Letter) {
        let phones = matches!(letter, Letter::ToPhone(_) | Letter::FromPhone(..));
        if phones && (!self.linked || self.bad(self.luck.drop)) {
            return self.say(format!("lost: {letter:?}"));
        }
        // No link doubles what it carries: a phone says twice what it does.
        let state = matches!(letter, Letter::FromPhone(Some(_), _));
        let copies = if state && self.bad(self.luck.double) { 2 } else { 1 };
        for _ in 0..copies {
            let same_way = |other: &Letter| std::mem::discriminant(other) == std::mem::discriminant(&letter);
            let last = self.post.iter().filter(|(_, other)| same_way(other)).map(|(at, _)| *at).max().unwrap_or(0);
            let at = (self.now + 1 + self.dice.throw(SLOWEST - 1)).max(last);
            self.post.push_back((at, letter.clone()));
        }
    }

    /// Carries out what the hand-over wants, one by one; it may die after any of them.
    fn act(&mut self) {
        for effect in self.core.take_effects() {
            self.say(format!("> {effect:?}"));
            match effect {
                Effect::Write(record) => self.journal = Some(record),
                Effect::PausePhone => {
                    self.send(Letter::ToPhone(ToPhone::Pause));
                    self.send(Letter::ToPhone(ToPhone::Fence));
                    self.send(Letter::ToPhone(ToPhone::Ask));
                }
                Effect::PlayPhone => self.send(Letter::ToPhone(ToPhone::Play)),
                Effect::AskPhone => self.send(Letter::ToPhone(ToPhone::Ask)),
                Effect::GiveBack { position_ms, car_silent } => {
                    // Somebody who gets out wants it silent, somebody at the screen does not.
                    let goes_on = car_silent && self.dice.one_in(2);
                    self.send(Letter::ToPhone(ToPhone::GiveBack(position_ms, goes_on)));
                }
                Effect::Resolve => self.send(Letter::ToCar(ToCar::Resolve)),
                Effect::PlayCar { item, position_ms } => self.send(Letter::ToCar(ToCar::Play(item, position_ms))),
                Effect::PauseCar { item, number } => self.send(Letter::ToCar(ToCar::Pause(item, number))),
                Effect::AskCar => self.send(Letter::ToCar(ToCar::Ask)),
            }
            if self.bad(self.luck.crash) {
                return self.crash();
            }
        }
    }

    fn crash(&mut self) {
        self.say("crash".to_owned());
        // Its sockets die with it; what the car was told, it was told.
        self.post.retain(|(_, letter)| matches!(letter, Letter::ToCar(order) if *order != ToCar::Resolve));
        self.linked = false;
        self.core = HandOver::new(self.time(), self.journal.clone().map(|last| (last, Duration::ZERO)));
        // What follows is read from the journal again and again until it holds.
        self.act();
    }

    fn deliver(&mut self, letter: Letter) {
        self.say(format!("{letter:?}"));
        match letter {
            Letter::ToPhone(order) => {
                let before = self.phone_plays;
                match order {
                    ToPhone::Pause => self.phone_plays = false,
                    ToPhone::Play => self.phone_plays = true,
                    ToPhone::Ask => {}
                    ToPhone::Fence => self.send(Letter::FromPhone(None, self.starts)),
                    ToPhone::GiveBack(at, goes_on) => {
                        self.told = Some(at);
                        self.phone_plays |= goes_on;
                    }
                }
                if order == ToPhone::Ask || before != self.phone_plays {
                    self.tell_phone();
                }
            }
            Letter::FromPhone(None, _) => self.core.phone_heard(),
            Letter::FromPhone(Some(seen), starts) => {
                if starts == self.starts && self.excused == Some(None) {
                    self.excused = Some(Some(self.now));
                }
                self.core.phone(self.time(), seen);
                self.act();
            }
            Letter::ToCar(ToCar::Resolve) => self.send(Letter::Resolved),
            Letter::ToCar(order) => {
                match order {
                    ToCar::Play(item, at) if !self.bad(self.luck.deaf_car) => {
                        (self.car_item, self.car_at, self.car_sounds) = (item, at, true);
                    }
                    ToCar::Pause(item, number) => {
                        self.car_sounds &= self.car_item != item;
                        self.send(Letter::Paused(number, self.car_seen()));
                    }
                    ToCar::Play(..) | ToCar::Ask | ToCar::Resolve => {}
                }
                self.tell_car();
            }
            Letter::FromCar(seen) => {
                self.core.car(self.time(), seen);
                self.act();
            }
            Letter::Paused(number, seen) => {
                self.core.car_paused(self.time(), number, seen);
                self.act();
            }
            Letter::Resolved => {
                self.core.resolved(self.time(), Some(ITEM.to_owned()));
                self.act();
            }
        }
    }

    fn tell_phone(&mut self) {
        let seen = PhoneSeen { playing: self.phone_plays, position_ms: self.phone_at };
        self.send(Letter::FromPhone(Some(seen), self.starts));
    }

    fn tell_car(&mut self) {
        self.send(Letter::FromCar(self.car_seen()));
    }

    fn car_seen(&self) -> CarSeen {
        CarSeen { item: self.car_item.clone(), sounding: self.car_sounds, position_ms: self.car_at }
    }

    fn claim(&mut self) {
        self.say("claim".to_owned());
        self.core.claim(self.time());
        self.act();
    }

    fn release(&mut self) {
        self.say("release".to_owned());
        self.core.release(self.time());
        self.act();
    }

    fn people(&mut self) {
        match self.dice.throw(6) {
            0 | 1 => self.claim(),
            2 => self.release(),
            3 if !self.phone_plays => {
                self.say("somebody plays it on the phone".to_owned());
                (self.phone_plays, self.excused) = (true, Some(None));
                self.starts += 1;
                self.tell_phone();
            }
            4 if self.phone_plays => {
                self.phone_plays = false;
                self.tell_phone();
            }
            5 if self.car_sounds => {
                self.say("somebody chooses something else in the car".to_owned());
                (self.car_item, self.car_at) = ("track:1".to_owned(), 0);
                self.car_sounds = self.dice.one_in(2);
                self.tell_car();
            }
            _ => {}
        }
    }

    fn check(&mut self, seed: u64) {
        if self.excused.flatten().is_some_and(|since| self.now > since + SLOWEST) {
            self.excused = None;
        }
        let both = self.phone_plays && self.car_sounds && self.car_item == ITEM;
        assert!(!both || self.excused.is_some(), "seed {seed}: both sound\n{}", self.log.join("\n"));
    }

    fn step(&mut self, seed: u64) {
        const STEP: u64 = 10;
        self.now += STEP;
        self.phone_at += if self.phone_plays { STEP as i64 } else { 0 };
        self.car_at += if self.car_sounds { STEP as i64 } else { 0 };
        while let Some(place) = self.post.iter().position(|(at, _)| *at <= self.now) {
            let (_, letter) = self.post.remove(place).unwrap();
            self.deliver(letter);
            self.check(seed);
        }
        self.core.tick(self.time());
        self.act();
        if self.bad(self.luck.people) {
            self.people();
        }
        if self.bad(self.luck.lose) {
            let up = !self.linked;
            self.set_link(up);
        }
        self.check(seed);
    }

    fn run(&mut self, seed: u64, milliseconds: u64) {
        let end = self.now + milliseconds;
        while self.now < end {
            self.step(seed);
        }
    }
}

fn seeds() -> u64 {
    std::env::var("TANDEM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(20_000)
}

#[test]
fn whatever_goes_wrong_never_both_sound_and_in_the_end_it_is_as_it_is_seen() {
    let first = std::env::var("TANDEM_SEED").ok().and_then(|seed| seed.parse().ok());
    let (mut held, mut owed, mut undone) = (0, 0, 0);
    for seed in first.map_or(0..seeds(), |seed: u64| seed..seed + 1) {
        let mut luck = Dice(seed ^ 0x5eed);
        let mut pick = |choices: [u64; 3]| choices[luck.throw(3) as usize];
        let luck = Luck {
            crash: pick([0, 12, 40]),
            lose: pick([0, 100, 300]),
            drop: pick([0, 5, 30]),
            double: pick([0, 4, 20]),
            deaf_car: pick([0, 0, 3]),
            people: pick([40, 60, 100]),
        };
        let mut world = World::new(seed, luck);
        world.run(seed, 12_000);
        held += u32::from(matches!(world.core.stage(), Stage::Held));
        owed += u32::from(matches!(world.core.stage(), Stage::Owed { .. }));
        undone += u32::from(world.core.why() == Some(Why::CarDidNotStart));
        // The bad luck ends, the phone is there, and both say what they do.
        world.luck = GOOD;
        if !world.linked {
            world.set_link(true);
        }
        world.tell_phone();
        world.tell_car();
        world.run(seed, 10_000);
        let log = || world.log.join("\n");
        let ours = world.car_item == ITEM;
        match world.core.stage() {
            Stage::Held => assert!(ours, "seed {seed}: held, and the car has something else\n{}", log()),
            Stage::Offered => {
                assert!(!(ours && world.car_sounds), "seed {seed}: the car sounds, and nobody has it\n{}", log())
            }
            stage => panic!("seed {seed}: {stage:?} for ever\n{}", log()),
        }
    }
    if first.is_none() && seeds() >= 1_000 {
        assert!(held > 0 && owed > 0 && undone > 0, "luck was too good: {held} held, {owed} owed, {undone} undone");
    }
}

#[test]
fn it_goes_on_in_the_car_at_the_same_second_and_back() {
    for seed in 0..200 {
        let mut world = World::new(seed, GOOD);
        world.run(seed, 1_000);
        world.claim();
        world.run(seed, 3_000);
        assert_eq!(world.core.stage(), Stage::Held);
        assert!(world.car_sounds && !world.phone_plays);
        let since = world.log.iter().find(|line| line.contains("ToCar(Play")).unwrap();
        let began: i64 = since.trim_start().split(' ').next().unwrap().parse().unwrap();
        let lost = world.car_at - (world.now as i64 - began) - world.phone_at;
        assert!(lost.abs() <= 20, "the car plays where the phone stopped: {lost} ms apart");
        world.release();
        world.run(seed, 2_000);
        assert_eq!((world.core.stage(), world.told), (Stage::Offered, Some(world.car_at)));
        assert!(!world.car_sounds);
    }
}

#[test]
fn what_is_owed_to_a_phone_that_left_is_given_when_it_is_back() {
    let mut world = World::new(1, GOOD);
    world.claim();
    world.run(1, 3_000);
    world.set_link(false);
    world.run(1, 5_000);
    assert!(world.car_sounds, "the phone died: the car plays on");
    world.release();
    world.run(1, 2_000);
    assert!(matches!(world.core.stage(), Stage::Owed { .. }) && !world.car_sounds);
    world.crash();
    world.run(1, 2_000);
    assert_eq!(world.told, None);
    world.set_link(true);
    world.run(1, 2_000);
    assert_eq!((world.core.stage(), world.told), (Stage::Offered, Some(world.car_at)));

    world.claim();
    world.run(1, 3_000);
    world.set_link(false);
    world.release();
    world.run(1, 2_000);
    world.core.tick(world.time() + Duration::from_secs(12 * 3600));
    assert_eq!((world.core.stage(), world.core.why()), (Stage::Offered, Some(Why::Expired)));
}

#[test]
fn a_debt_does_not_begin_anew_with_a_restart() {
    let owed = Record { epoch: 1, item: ITEM.to_owned(), step: Step::Owed { position_ms: 7 } };
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let since = |ago| HandOver::new(hours(1), Some((owed.clone(), ago)));
    assert_eq!(since(hours(0)).due(), Some(hours(13)));
    assert_eq!(since(hours(11)).due(), Some(hours(2)));
    let mut late = since(hours(40));
    late.tick(hours(1));
    assert_eq!((late.stage(), late.why()), (Stage::Offered, Some(Why::Expired)));
}

#[test]
fn who_changes_his_mind_at_once_hears_the_phone_again() {
    for seed in 0..100 {
        let mut world = World::new(seed, GOOD);
        world.run(seed, 1_000);
        world.claim();
        while !matches!(world.core.stage(), Stage::Pausing { .. }) {
            world.step(seed);
        }
        world.release();
        world.run(seed, 3_000);
        assert!(world.phone_plays && !world.car_sounds, "seed {seed}\n{}", world.log.join("\n"));
    }
}

#[test]
fn where_the_car_stopped_is_told_though_it_went_on_to_something_else() {
    for seed in 0..100 {
        let mut world = World::new(seed, GOOD);
        world.claim();
        world.run(seed, 4_000);
        let place = world.car_at;
        world.release();
        (world.car_item, world.car_at) = ("track:1".to_owned(), 7);
        world.tell_car();
        world.run(seed, 2_000);
        let told = world.told.unwrap();
        assert!((place - 4_000..=place).contains(&told), "seed {seed}: {told} of {place}");
    }
}

#[test]
fn what_the_car_has_not_stays_on_the_phone() {
    let mut core = HandOver::new(Duration::ZERO, None);
    core.link(Duration::ZERO, true);
    core.claim(Duration::ZERO);
    assert_eq!(core.take_effects(), [Effect::AskPhone, Effect::Resolve]);
    core.resolved(Duration::ZERO, None);
    assert_eq!((core.take_effects(), core.why()), (Vec::new(), Some(Why::NotHere)), "it was not even paused");
}

#[test]
fn a_car_that_does_not_start_gives_it_back_to_the_phone_once() {
    let mut world = World::new(3, Luck { deaf_car: 1, ..GOOD });
    world.claim();
    world.run(3, 9_000);
    assert_eq!((world.core.stage(), world.core.why()), (Stage::Offered, Some(Why::CarDidNotStart)));
    assert!(world.phone_plays && !world.car_sounds);
    assert_eq!(world.log.iter().filter(|line| line.contains("PlayPhone")).count(), 1);
}

const fn second(second: u64) -> Duration {
    Duration::from_secs(second)
}

fn sounding(sounding: bool) -> CarSeen {
    CarSeen { item: ITEM.to_owned(), sounding, position_ms: 9_000 }
}

/// The car has it at second 2.
fn held() -> HandOver {
    let mut core = HandOver::new(second(0), None);
    core.link(second(0), true);
    core.phone(second(0), PhoneSeen { playing: true, position_ms: 6_000 });
    core.claim(second(1));
    core.resolved(second(1), Some(ITEM.to_owned()));
    core.phone_heard();
    core.phone(second(1), PhoneSeen { playing: false, position_ms: 7_000 });
    core.car(second(2), sounding(true));
    assert_eq!(core.stage(), Stage::Held);
    core.take_effects();
    core
}

#[test]
fn a_car_that_takes_seconds_to_fall_silent_is_waited_for_before_the_phone_goes_on() {
    let mut core = held();
    core.release(second(10));
    for now in 11..17 {
        core.tick(second(now));
        core.car(second(now), sounding(true));
    }
    assert_eq!(core.stage(), Stage::Releasing { since: second(10) });
    core.car_paused(second(17), 1, sounding(false));
    let given = Effect::GiveBack { position_ms: 9_000, car_silent: true };
    assert!(core.take_effects().contains(&given), "{core:?}");
}

#[test]
fn a_car_that_is_about_to_fall_silent_does_not_have_it_again_and_one_that_never_does_has() {
    let released = || {
        let mut core = held();
        core.release(second(10));
        core.tick(second(18));
        core.phone(second(18), PhoneSeen { playing: false, position_ms: 9_000 });
        assert_eq!(core.stage(), Stage::Offered);
        core
    };
    let mut core = released();
    core.car(second(19), sounding(true));
    assert_eq!(core.stage(), Stage::Held, "its limit is over, and it sounds");

    // Somebody played it on the phone: the order is given at second 10, and not heard yet.
    let went = || {
        let mut core = held();
        core.phone(second(10), PhoneSeen { playing: true, position_ms: 7_000 });
        core.phone(second(11), PhoneSeen { playing: false, position_ms: 8_000 });
        core.car(second(12), sounding(true));
        assert_eq!((core.stage(), core.why()), (Stage::Offered, Some(Why::PhoneWent)));
        core
    };
    let mut core = went();
    core.car_paused(second(13), 1, sounding(false));
    assert_eq!(core.stage(), Stage::Offered);
    core.car(second(14), sounding(true));
    assert_eq!(core.stage(), Stage::Held, "somebody chose it here");
    let mut core = went();
    core.car_paused(second(13), 1, sounding(true));
    assert_eq!(core.stage(), Stage::Held, "it was told, and plays on");
}

#[test]
fn a_car_that_sounds_beside_the_phone_is_told_again_to_pause() {
    let mut core = held();
    core.phone(second(10), PhoneSeen { playing: true, position_ms: 7_000 });
    core.take_effects();
    core.car(second(12), sounding(true));
    let again = Effect::PauseCar { item: ITEM.to_owned(), number: 2 };
    assert!(core.take_effects().contains(&again) && core.stage() == Stage::Offered, "{core:?}");
}

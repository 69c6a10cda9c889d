//! A stage for the core: a player and a library that exist only here, and a log that a person can judge.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write;
use std::time::Duration;

use tandem_contracts::media::Item;
use tandem_library::{ItemId, Kind};
use tandem_player::protocol::{Cause, Event, Order};

use crate::core::{Core, Effect, Facts, OnVolume};
use crate::queue::Queue;
use crate::state::{Happening, Place, Playable, Status};

/// Every song is so long, microseconds.
const LENGTH: i64 = 100_000_000;
const STEP: Duration = Duration::from_millis(250);

pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[derive(Default)]
struct VirtualPlayer {
    missing: bool,
    hangs: bool,
    /// It answers, and nothing that it loads ever stands ready.
    stalls: bool,
    sounds: Option<(u64, String)>,
    /// What was told to follow, one behind the other.
    next: VecDeque<(u64, String)>,
    position: i64,
    playing: bool,
    asked: bool,
    rate: f64,
}

pub struct Story {
    pub core: Core,
    pub now: Duration,
    log: String,
    player: VirtualPlayer,
    spoilt: HashMap<String, Cause>,
    /// On a disk that sleeps: whoever opens it says nothing any more.
    asleep: HashSet<String>,
    left: HashMap<String, i64>,
    stick: bool,
    /// The stick comes while the library is asked the next time.
    comes_meanwhile: bool,
    covered: bool,
    shown: String,
    /// What the player says of itself is too much for a log.
    quiet: bool,
}

impl Story {
    pub fn new() -> Self {
        Self::begin(false)
    }

    pub fn without_player() -> Self {
        Self::begin(true)
    }

    /// The same with no log, for chance.
    pub fn quiet() -> Self {
        Self { quiet: true, ..Self::new() }
    }

    fn begin(missing: bool) -> Self {
        let core = Core::new(Queue::new(3), Duration::ZERO);
        let player = VirtualPlayer { missing, rate: 1.0, ..VirtualPlayer::default() };
        let mut story = Self {
            core,
            now: Duration::ZERO,
            log: String::new(),
            player,
            spoilt: HashMap::new(),
            asleep: HashSet::new(),
            left: HashMap::new(),
            stick: true,
            comes_meanwhile: false,
            covered: false,
            shown: String::new(),
            quiet: false,
        };
        story.core.begin(story.now, 0, false);
        story.settle();
        story
    }

    pub fn log(self) -> String {
        self.log
    }

    fn say(&mut self, mark: &str, what: &str) {
        if !self.quiet {
            writeln!(self.log, "{:7.2} {mark} {what}", self.now.as_secs_f64()).unwrap();
        }
    }

    pub fn playables(names: &[&str]) -> Vec<Playable> {
        names.iter().map(|name| Playable::Address((*name).to_owned())).collect()
    }

    pub fn queue(&mut self, names: &[&str]) {
        let playables = Self::playables(names);
        self.wish(&format!("play {}", names.join(", ")), |core, now| {
            core.enqueue(now, playables, Place::Instead { index: 0, position_us: -1 }).unwrap();
        });
    }

    /// Plays a track of the library.
    pub fn track(&mut self, row: i64) {
        let track = Playable::Item(ItemId { kind: Kind::Track, row });
        self.wish(&format!("play track {row}"), |core, now| {
            core.enqueue(now, vec![track], Place::Instead { index: 0, position_us: -1 }).unwrap();
        });
    }

    pub fn wish(&mut self, what: &str, wish: impl FnOnce(&mut Core, Duration)) {
        self.say("*", what);
        wish(&mut self.core, self.now);
        self.settle();
    }

    pub fn spoil(&mut self, name: &str, cause: Cause) {
        self.spoilt.insert(name.to_owned(), cause);
    }

    pub fn lull(&mut self, name: &str) {
        self.asleep.insert(name.to_owned());
    }

    pub fn mend(&mut self, name: &str) {
        self.spoilt.remove(name);
    }

    pub fn left_at(&mut self, name: &str, seconds: i64) {
        self.left.insert(name.to_owned(), seconds * 1_000_000);
    }

    pub fn pull(&mut self) {
        self.say("*", "the stick is pulled");
        self.stick = false;
        self.core.volume_gone(self.now, "stick");
        self.settle();
    }

    pub fn pull_unseen(&mut self) {
        self.say("*", "the stick is pulled, unseen");
        self.stick = false;
    }

    pub fn put_back(&mut self) {
        self.say("*", "the stick is put back");
        self.stick = true;
        self.core.volume_came(self.now);
        self.settle();
    }

    pub fn put_back_while_the_library_is_asked(&mut self) {
        self.say("*", "the stick is put back as soon as somebody asks for what is on it");
        self.comes_meanwhile = true;
    }

    pub fn fail(&mut self, cause: Cause, sentence: &str) {
        if let Some((id, _)) = self.player.sounds.take() {
            self.hears(Event::Failed { id, cause, sentence: sentence.to_owned() });
        }
    }

    pub fn title(&mut self, title: &str) {
        if let Some((id, _)) = self.player.sounds {
            let none = String::new;
            let (title, station) = (title.to_owned(), "Wave FM".to_owned());
            self.hears(Event::Tags { id, title, artist: none(), album: none(), station, codec: none(), bitrate: 0 });
        }
    }

    /// What sounds is in such a format.
    pub fn codec(&mut self, codec: &str) {
        if let Some((id, _)) = self.player.sounds {
            let (none, codec) = (String::new, codec.to_owned());
            let (title, artist, album, station) = (none(), none(), none(), none());
            self.hears(Event::Tags { id, title, artist, album, station, codec, bitrate: 0 });
        }
    }

    /// The library has covers for its tracks.
    pub fn look_anew(&mut self) {
        self.covered = true;
        self.wish("covers are found", |core, _| core.look_anew());
    }

    pub fn die(&mut self) {
        self.say("*", "the player dies");
        self.player = VirtualPlayer { missing: self.player.missing, rate: 1.0, ..VirtualPlayer::default() };
        self.core.player_died(self.now, "died");
        self.settle();
    }

    pub fn hang(&mut self) {
        self.say("*", "the player hangs");
        self.player.hangs = true;
    }

    pub fn stall(&mut self) {
        self.say("*", "nothing stands ready any more");
        self.player.stalls = true;
    }

    pub fn mend_player(&mut self) {
        self.player.missing = false;
    }

    /// Something that the player says, whatever it is.
    pub fn hears(&mut self, event: Event) {
        if !matches!(event, Event::Position { .. } | Event::Alive { .. } | Event::Ready { .. }) {
            self.say("<", &short(&event));
        }
        self.core.hear(self.now, event);
        self.settle();
    }

    /// Time passes, and the player sounds.
    pub fn hear(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            if self.core.due() <= self.now {
                self.core.tick(self.now);
                self.settle();
            }
            self.sound();
        }
        self.show_position();
    }

    fn sound(&mut self) {
        let Some((id, name)) = self.player.sounds.clone().filter(|_| self.player.playing && !self.player.hangs) else {
            return;
        };
        self.player.position += (STEP.as_micros() as f64 * self.player.rate) as i64;
        if name.starts_with("radio") || self.player.position < LENGTH {
            return self.hears(Event::Position { id, position_us: self.player.position });
        }
        match self.player.next.pop_front() {
            Some((id, name)) => {
                self.player.sounds = Some((id, name));
                (self.player.position, self.player.asked) = (0, false);
                self.hears(Event::Started { id, duration_us: Some(LENGTH), seekable: true });
            }
            None => {
                (self.player.sounds, self.player.playing) = (None, false);
                self.hears(Event::Ended { id });
            }
        }
    }

    fn settle(&mut self) {
        let mut rounds = 0;
        loop {
            let effects = self.core.take_effects();
            if effects.is_empty() && !self.wants_next() {
                break;
            }
            rounds += 1;
            assert!(rounds < 5000, "it spins: {:?}", effects.first());
            for effect in effects {
                self.perform(effect);
            }
        }
        self.core.check_invariants().unwrap();
        self.show();
    }

    /// Songs are read to their end at once.
    fn wants_next(&mut self) -> bool {
        let Some((id, name)) = self.player.sounds.clone().filter(|_| !self.player.asked && !self.player.hangs) else {
            return false;
        };
        self.player.asked = true;
        if !name.starts_with("radio") {
            self.core.hear(self.now, Event::WantsNext { id });
        }
        true
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Order(order) => self.obey(order),
            Effect::StartPlayer { network } => {
                self.say(">", if network { "start a player with network" } else { "start a player" });
                self.player = VirtualPlayer { missing: self.player.missing, rate: 1.0, ..VirtualPlayer::default() };
                if self.player.missing {
                    self.core.player_died(self.now, "does not start");
                } else {
                    let ready = Event::Ready {
                        version: String::new(),
                        sink: "pipewire".into(),
                        missing: Vec::new(),
                        heavy: vec!["AAC".into()],
                    };
                    self.core.hear(self.now, ready);
                }
            }
            Effect::Find { entry, what } => {
                let facts = self.facts(&what);
                if std::mem::take(&mut self.comes_meanwhile) {
                    self.stick = true;
                    self.core.volume_came(self.now);
                }
                self.core.found(self.now, entry, facts);
            }
            Effect::Check { entry, .. } => self.core.checked(self.now, entry, self.stick),
            Effect::Happened(Happening::Seeked(micros)) => self.say("!", &format!("seeked to {}", time(micros))),
            Effect::Happened(Happening::Skipped(item, why)) => self.say("!", &format!("skipped {}: {why}", item.title)),
            Effect::Unplayable { id, reason } => self.say("!", &format!("{id} is unplayable: {reason}")),
            Effect::Heard { id, micros } if id.kind == Kind::Episode => {
                self.say("!", &format!("heard {id} to {}", time(micros)))
            }
            Effect::Heard { .. } => {}
            Effect::SavePosition { entry, micros } => assert!(entry > 0 && micros >= 0),
        }
    }

    fn obey(&mut self, order: Order) {
        if !matches!(order, Order::Ping { .. } | Order::Volume { .. } | Order::Gain { .. }) {
            self.say(">", &short(&order));
        }
        if self.player.hangs {
            return;
        }
        match order {
            Order::Load { track, position_us, playing } => {
                self.player.next.clear();
                (self.player.sounds, self.player.asked, self.player.playing) = (None, true, false);
                let name = track.uri.clone();
                self.player.hangs = self.asleep.contains(&name);
                if self.player.stalls || self.player.hangs {
                    return;
                }
                if let Some(cause) = self.spoilt.get(&name).copied() {
                    self.hears(Event::Failed { id: track.id, cause, sentence: format!("{cause:?}") });
                    return;
                }
                let duration_us = (!name.starts_with("radio")).then_some(LENGTH);
                let (id, seekable) = (track.id, duration_us.is_some());
                self.player.sounds = Some((id, name));
                (self.player.position, self.player.playing) = (position_us, playing);
                self.core.hear(self.now, Event::Loaded { id, duration_us, seekable });
                if playing {
                    self.core.hear(self.now, Event::Started { id, duration_us, seekable });
                    self.core.hear(self.now, Event::Sounding { id, playing: true });
                }
                self.player.asked = false;
            }
            Order::Follow { after, track } => {
                let sounds = self.player.sounds.as_ref().is_some_and(|(id, _)| *id == after);
                let behind = self.player.next.iter().position(|(id, _)| *id == after);
                assert!(sounds || behind.is_some(), "it follows {after}, of which the player does not know");
                self.player.next.truncate(behind.map_or(0, |place| place + 1));
                let Some((id, name)) = track.map(|track| (track.id, track.uri)) else { return };
                match self.spoilt.get(&name).copied() {
                    Some(cause) => self.hears(Event::Failed { id, cause, sentence: format!("{cause:?}") }),
                    None => self.player.next.push_back((id, name)),
                }
            }
            Order::Play | Order::Pause => {
                self.player.playing = order == Order::Play;
                let playing = self.player.playing;
                if let Some((id, _)) = self.player.sounds {
                    self.core.hear(self.now, Event::Sounding { id, playing });
                }
            }
            Order::Stop => {
                self.player.next.clear();
                (self.player.sounds, self.player.playing) = (None, false);
            }
            Order::Seek { position_us } => {
                if let Some((id, _)) = self.player.sounds {
                    self.player.position = position_us;
                    self.core.hear(self.now, Event::Seeked { id, position_us });
                }
            }
            Order::Rate { rate } => self.player.rate = rate,
            Order::Volume { volume } => assert!((0.0..=1.0).contains(&volume)),
            Order::Gain { .. } => {}
            Order::Ping { number } => self.core.hear(self.now, Event::Alive { number }),
        }
    }

    pub fn facts(&self, what: &Playable) -> Facts {
        let name = match what {
            Playable::Address(name) => name.clone(),
            Playable::Item(id) => id.to_string(),
            Playable::File(_) => return Facts::default(),
        };
        let (place, title) = name.split_once('/').unwrap_or(("", &name));
        let kind = match place {
            "radio" => Kind::Station,
            "episode" => Kind::Episode,
            _ => Kind::Track,
        };
        let id = ItemId { kind, row: title.len() as i64 };
        let away = place == "usb" && !self.stick;
        Facts {
            item: Item {
                id: id.to_string(),
                kind: kind.word().into(),
                title: title.to_owned(),
                length_us: if kind == Kind::Station { 0 } else { LENGTH },
                art: if self.covered { "file:///cover.png".into() } else { String::new() },
                available: !away,
                trouble: if away { "away".into() } else { String::new() },
                reason: if away { "The stick BLUE is not in the car".into() } else { String::new() },
                ..Item::default()
            },
            id: Some(id),
            uri: (!away).then(|| name.clone()),
            network: kind == Kind::Station,
            live: kind == Kind::Station,
            resume_us: self.left.get(&name).copied().unwrap_or(0),
            volume: (place == "usb").then(|| OnVolume { id: "stick".into(), name: "BLUE".into(), usb: true }),
            ..Facts::default()
        }
    }

    /// What is told, if it is something else than before.
    fn show(&mut self) {
        if self.core.is_finding() {
            return;
        }
        let title = match self.core.subject() {
            Some(facts) if self.core.stream_title.is_empty() => facts.item.title.clone(),
            Some(facts) => format!("{} ({})", self.core.stream_title, facts.item.title),
            None => "nothing".into(),
        };
        let state = match self.core.shown_status() {
            _ if self.core.waits() => format!("waits ({:?})", self.core.shown_status()),
            Status::Playing if self.core.fills() => "fills".to_owned(),
            status => format!("{status:?}").to_lowercase(),
        };
        let entry = self.core.queue().current().unwrap_or(0);
        let why = &self.core.why;
        let reason =
            if why.sentence.is_empty() { String::new() } else { format!(" \"{}\" [{}]", why.sentence, why.word()) };
        let cover =
            if self.core.subject().is_some_and(|facts| !facts.item.art.is_empty()) { " with a cover" } else { "" };
        let shown = format!("{state} {entry} {title}{cover}{reason}");
        if shown != self.shown {
            let at = time(self.core.position(self.now));
            self.say("=", &format!("{shown} at {at}"));
            self.shown = shown;
        }
    }

    fn show_position(&mut self) {
        let at = time(self.core.position(self.now));
        self.say(".", &format!("at {at}"));
    }
}

fn time(micros: i64) -> String {
    format!("{:.2}", micros as f64 / 1e6)
}

fn short(what: &impl std::fmt::Debug) -> String {
    format!("{what:?}")
}

//! Keys and knobs: what frames say, as events that have numbers.

use tandem_can::{Hello, Pace};
use tandem_contracts::input::{InputEvent, KEPT};
use tandem_dbc::Database;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Catalogue, Profile};
use tandem_store::Car;
use tandem_units::Nanoseconds;

use crate::core::{Core, Effect};

const DBC: &str = r#"
BO_ 200 Keys: 2 X
 SG_ Next : 0|2@1+ (1,0) [0|3] "" X
 SG_ Mute : 2|2@1+ (1,0) [0|3] "" X
 SG_ Count : 8|4@1+ (1,0) [0|15] "" X

BO_ 201 FastKeys: 1 X
 SG_ Phone : 0|2@1+ (1,0) [0|3] "" X

BO_ 202 KeysOnChange: 1 X
 SG_ Menu : 0|2@1+ (1,0) [0|3] "" X

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 200 50;
BA_ "GenMsgCycleTime" BO_ 201 10;
"#;

const CAR: &str = r#"
name = "Keys"
description = "A car for these tests."
[buses.can1]
dbc = "test.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Speed"
bus = "can1"
message = "Keys"
signal = "Count"
[[inputs]]
key = "KEY_NEXTSONG"
bus = "can1"
message = "Keys"
signal = "Next"
pressed = 1
[[inputs]]
key = "KEY_MUTE"
bus = "can1"
message = "Keys"
signal = "Mute"
pressed = 2
long_press_ms = 300
[[inputs]]
key = "KEY_PHONE"
bus = "can1"
message = "FastKeys"
signal = "Phone"
pressed = 1
long_press_ms = 60_000
[[inputs]]
key = "KEY_MENU"
bus = "can1"
message = "KeysOnChange"
signal = "Menu"
pressed = 1
long_press_ms = 60_000
[[inputs]]
knob = "REL_DIAL"
bus = "can1"
message = "Keys"
signal = "Count"
"#;

struct Wheel {
    core: Core,
    events: Vec<InputEvent>,
}

impl Wheel {
    fn new() -> Self {
        let profile = Profile::parse("car.toml", CAR, Catalogue::ours()).unwrap();
        let car =
            Car::bind("car.toml", profile, vec![Database::parse(DBC.as_bytes()).unwrap()], Catalogue::ours()).unwrap();
        let mut wheel = Self { core: Core::new(car, None, 1), events: Vec::new() };
        wheel.connect();
        wheel
    }

    fn connect(&mut self) {
        self.core.connect(&Hello { interfaces: vec!["can1".into()], pace: Pace::Live });
    }

    fn take(&mut self, effects: Vec<Effect>) {
        self.events.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Input(event) => Some(event),
            _ => None,
        }));
    }

    fn advance(&mut self, ms: u64) {
        while self.core.tick_due(Nanoseconds::from_millis(ms)) {
            let effects = self.core.tick();
            self.take(effects);
        }
    }

    /// A frame: what the bits of the keys say, and the knob's count.
    fn frame(&mut self, ms: u64, keys: u8, count: u8) {
        self.hears(ms, 200, &[keys, count]);
    }

    fn hears(&mut self, ms: u64, id: u32, data: &[u8]) {
        let t = Nanoseconds::from_millis(ms);
        while self.core.tick_before(t) {
            let effects = self.core.tick();
            self.take(effects);
        }
        let id = CanId::standard(id).unwrap();
        let frame = Frame::new(BusIndex(0), id, t.0, data).unwrap();
        let effects = self.core.hear(&frame);
        self.take(effects);
    }

    /// What happened since this was asked last, and when, in milliseconds.
    fn told(&mut self) -> Vec<String> {
        let events = std::mem::take(&mut self.events);
        let say = |event: InputEvent| match event.steps {
            0 => format!("{} {} {}", event.t_ns / 1_000_000, event.key, event.action),
            steps => format!("{} {} {} {steps}", event.t_ns / 1_000_000, event.key, event.action),
        };
        events.into_iter().map(say).collect()
    }
}

const NEXT: u8 = 0b01;
const MUTE: u8 = 0b10_00;

#[test]
fn a_key_is_pressed_and_let_go_once_however_often_its_frame_says_so() {
    let mut wheel = Wheel::new();
    for (ms, keys) in [(10, 0), (60, NEXT), (110, NEXT), (160, NEXT | MUTE), (210, MUTE), (260, 0), (310, 0)] {
        wheel.frame(ms, keys, 0);
    }
    let expected = ["60 KEY_NEXTSONG press", "160 KEY_MUTE press", "210 KEY_NEXTSONG release", "260 KEY_MUTE release"];
    assert_eq!(wheel.told(), expected);
    // Another number of the same signal says nothing that the car has a word for.
    wheel.frame(360, 0b11, 0);
    assert!(wheel.told().is_empty());
}

#[test]
fn a_key_that_is_held_is_told_once_by_the_time_of_the_link() {
    let mut wheel = Wheel::new();
    wheel.frame(10, MUTE, 0);
    for ms in (60..=600).step_by(50) {
        wheel.frame(ms, MUTE, 0);
    }
    assert_eq!(wheel.told(), ["10 KEY_MUTE press", "310 KEY_MUTE long-press"]);
    wheel.frame(640, 0, 0);
    assert_eq!(wheel.told(), ["640 KEY_MUTE release"]);
    // Between two ticks the frame itself brings the time; the release comes behind.
    for ms in [650, 700, 750, 800, 850, 900] {
        wheel.frame(ms, MUTE, 0);
    }
    wheel.frame(951, 0, 0);
    assert_eq!(wheel.told(), ["650 KEY_MUTE press", "951 KEY_MUTE long-press", "951 KEY_MUTE release"]);
}

#[test]
fn a_key_whose_message_falls_silent_or_whose_car_is_gone_is_let_go() {
    let mut wheel = Wheel::new();
    wheel.frame(10, NEXT, 0);
    wheel.advance(260);
    assert_eq!(wheel.told(), ["10 KEY_NEXTSONG press"], "five cycles of 50 ms are not over");
    wheel.advance(280);
    assert_eq!(wheel.told(), ["280 KEY_NEXTSONG release"]);
    wheel.frame(400, NEXT, 0);
    let effects = wheel.core.disconnect();
    wheel.take(effects);
    assert_eq!(wheel.told(), ["400 KEY_NEXTSONG press", "380 KEY_NEXTSONG release"]);
    // Another car, whose clock begins anew: its first frame finds nothing pressed.
    wheel.connect();
    wheel.frame(20, 0, 0);
    wheel.frame(70, NEXT, 0);
    assert_eq!(wheel.told(), ["70 KEY_NEXTSONG press"]);
    // The same link, but its time jumps back.
    wheel.connect();
    wheel.frame(30, 0, 0);
    assert_eq!(wheel.told().len(), 1, "let go");
}

#[test]
fn how_long_a_message_may_be_silent_goes_by_its_cycle() {
    let mut wheel = Wheel::new();
    wheel.hears(10, 201, &[1]);
    wheel.hears(10, 202, &[1]);
    wheel.advance(210);
    assert_eq!(wheel.told(), ["10 KEY_PHONE press", "10 KEY_MENU press"], "five cycles are over, 200 ms are not");
    wheel.advance(30_000);
    assert_eq!(wheel.told(), ["220 KEY_PHONE release"], "who speaks on a change alone may be silent");
    wheel.hears(30_010, 202, &[0]);
    assert_eq!(wheel.told(), ["30010 KEY_MENU release"]);
}

#[test]
fn a_frame_that_is_none_presses_no_key() {
    let mut wheel = Wheel::new();
    wheel.frame(10, NEXT, 0);
    wheel.advance(300);
    assert_eq!(wheel.told(), ["10 KEY_NEXTSONG press", "280 KEY_NEXTSONG release"]);
    // Too short: what its message said before counts no more.
    wheel.hears(310, 200, &[]);
    assert!(wheel.told().is_empty());
}

#[test]
fn a_knob_turns_the_shorter_way_and_its_first_count_is_no_turn() {
    let mut wheel = Wheel::new();
    for (ms, count) in [(10, 14), (20, 15), (30, 0), (40, 2), (50, 15), (60, 7), (70, 14)] {
        wheel.frame(ms, 0, count);
    }
    let turns = [
        "20 REL_DIAL turn 1",
        "30 REL_DIAL turn 1",
        "40 REL_DIAL turn 2",
        "50 REL_DIAL turn -3",
        "60 REL_DIAL turn 8",
        "70 REL_DIAL turn 7",
    ];
    assert_eq!(wheel.told(), turns);
    wheel.advance(1000);
    wheel.frame(1010, 0, 3);
    assert!(wheel.told().is_empty(), "a jump behind a silence is no turn");
    wheel.frame(1020, 0, 2);
    assert_eq!(wheel.told(), ["1020 REL_DIAL turn -1"]);
}

#[test]
fn a_thousand_presses_as_fast_as_frames_come_are_all_told_in_their_order() {
    let mut wheel = Wheel::new();
    // All of them between two ticks, several at one moment.
    for press in 0..1000 {
        wheel.frame(21 + press / 60, NEXT, 0);
        wheel.frame(21 + press / 60, 0, 0);
    }
    let numbers: Vec<u64> = wheel.events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=2000).collect::<Vec<_>>());
    let actions: Vec<_> = wheel.events.iter().map(|event| event.action.as_str()).collect();
    assert!(actions.chunks(2).all(|pair| pair == ["press", "release"]));
    let (oldest, kept) = wheel.core.inputs().since(0);
    assert_eq!((oldest, kept.len(), kept.last()), (2000 - KEPT as u64 + 1, KEPT, wheel.events.last()));
    assert_eq!(wheel.core.inputs().since(1999).1.len(), 1);
    assert_eq!(wheel.core.inputs().since(u64::MAX), (oldest, Vec::new()));
    assert_eq!(Wheel::new().core.inputs().since(0), (1, Vec::new()), "the next one is the first");
}

//! Somebody calls: a layer over every page, a mark in the status bar, a card of what was missed.

use i_slint_backend_testing::AccessibleRole;
use slint::platform::Key;
use tandem_contracts::driving::Restrictions;
use tandem_kit::telephone::{Call, CallCause, CallDenied, Heard};
use tandem_kit::{CallCommand, CallsNews, Language, Theme, Update};
use tandem_units::Quality;

use crate::phone_service::{message, phone};
use crate::phones::parked;
use crate::stage::{Stage, instant};

/// The boot clock is another one than the link's.
const BOOT: u64 = 7_000_000_000_000;

pub fn ada(state: &str) -> Call {
    Call {
        id: "ada".into(),
        source: "hands-free".into(),
        phone_name: "Ana's Pixel".into(),
        name: "Ada Lovelace".into(),
        number: "+49 30 1234567".into(),
        state: state.into(),
        since_ns: BOOT,
        can_answer: state == "ringing",
        can_hang_up: state != "missed",
        can_silence: false,
    }
}

/// One that the car has no part in.
fn told(state: &str) -> Call {
    let can_silence = state == "ringing";
    Call { source: "kdeconnect".into(), can_answer: false, can_hang_up: false, can_silence, ..ada(state) }
}

impl Stage {
    pub fn calls(&mut self, calls: &[Call]) {
        self.calls_later(calls, 0);
    }

    /// The same so many seconds after they came to be so.
    fn calls_later(&mut self, calls: &[Call], seconds: u64) {
        let heard = Heard(BOOT + seconds * 1_000_000_000);
        self.tell(&Update::Calls(CallsNews::Calls(calls.to_vec(), heard)));
        self.pixels();
    }

    fn buttons(&self) -> Vec<String> {
        let dock = |label: &str| label.contains("warmer") || label.contains("cooler");
        let all = self.all(AccessibleRole::Button);
        let words = all.iter().filter_map(|button| button.accessible_label().map(String::from));
        words.filter(|label| !dock(label)).collect()
    }

    fn press_button(&self, word: &str) {
        self.tap(&self.control(AccessibleRole::Button, word));
    }
}

#[test]
fn a_call_is_answered_goes_on_and_is_hung_up() {
    let mut stage = Stage::full();
    stage.calls(&[ada("ringing")]);
    assert_eq!(stage.buttons(), ["Answer", "Decline"]);
    assert_eq!(stage.reading("Caller"), "Ada Lovelace");
    assert!(stage.says("calling via Ana's Pixel"));
    stage.press_button("Answer");
    assert_eq!(stage.call_commands.take(), [CallCommand::Answer("ada".into())]);
    assert!(stage.says("answering"), "{:?}", stage.words());
    stage.press_button("Answer");
    assert!(stage.call_commands.take().is_empty(), "once is enough");

    stage.calls(&[ada("active")]);
    assert_eq!(stage.buttons(), ["Hang up"], "the layer is gone");
    assert_eq!(
        (stage.reading("In a call with"), stage.reading("Length of the call")),
        ("Ada Lovelace".into(), "0:00".into())
    );
    stage.hear(125, Quality::Valid, &[]);
    assert_eq!(stage.reading("Length of the call"), "1:05");
    stage.press_button("Hang up");
    assert_eq!(stage.call_commands.take(), [CallCommand::HangUp("ada".into())]);
    stage.calls(&[]);
    assert!(stage.buttons().is_empty());
}

#[test]
fn a_length_that_nobody_knows_is_none_and_one_that_was_told_late_is_right() {
    let mut stage = Stage::full();
    let length = |stage: &Stage| stage.says("1:40");
    stage.calls_later(&[ada("active")], 100);
    assert!(length(&stage));
    stage.calls_later(&[Call { since_ns: 0, ..ada("active") }], 100);
    assert!(!length(&stage) && stage.reading("In a call with") == "Ada Lovelace");
    stage.calls(&[ada("held")]);
    assert!(stage.says("on hold"));
}

#[test]
fn what_the_car_has_no_part_in_can_be_silenced_alone() {
    let mut stage = Stage::full();
    stage.calls(&[told("ringing")]);
    assert_eq!(stage.buttons(), ["Silence"]);
    stage.press_button("Silence");
    assert_eq!(stage.call_commands.take(), [CallCommand::Silence("ada".into())]);
    stage.calls(&[Call { can_silence: false, ..told("ringing") }]);
    assert!(stage.buttons().is_empty() && stage.says("silenced, to be answered on the phone"));
    stage.calls(&[told("active")]);
    assert!(stage.buttons().is_empty() && stage.reading("In a call with") == "Ada Lovelace");
}

#[test]
fn what_comes_to_nothing_says_why_for_four_seconds() {
    let mut stage = Stage::full();
    stage.calls(&[ada("ringing")]);
    stage.press_button("Decline");
    let command = stage.call_commands.take().remove(0);
    let refused = CallsNews::Refused(CallDenied { command, cause: CallCause::NotNow });
    stage.tell(&Update::Calls(refused));
    assert!(stage.says("The phone did not do it"));
    stage.hear(64, Quality::Valid, &[]);
    assert!(!stage.says("The phone did not do it") && stage.says("calling via Ana's Pixel"));
    stage.press_button("Decline");
    assert_eq!(stage.call_commands.take().len(), 1, "it may be tried again");
}

#[test]
fn a_wish_stands_until_the_call_is_another_and_for_five_seconds_at_most() {
    let mut stage = Stage::full();
    let now = ada("ringing");
    stage.calls(std::slice::from_ref(&now));
    stage.press_button("Answer");
    stage.calls(&[Call { since_ns: BOOT + 1, name: "Ada King".into(), ..now.clone() }]);
    assert!(stage.says("answering"), "it is the same call: {:?}", stage.words());
    stage.hear(64, Quality::Valid, &[]);
    assert!(stage.says("answering"));
    stage.hear(65, Quality::Valid, &[]);
    assert!(!stage.says("answering") && stage.says("The phone link does not answer"), "{:?}", stage.words());
    stage.call_commands.take();
    stage.press_button("Answer");
    assert_eq!(stage.call_commands.take().len(), 1, "it may be tried again");
    stage.calls(&[ada("active")]);
    stage.hear(75, Quality::Valid, &[]);
    assert!(!stage.says("The phone link does not answer"), "what was done was not in vain");
}

#[test]
fn nobody_knows_who_it_is() {
    let mut stage = Stage::full();
    stage.calls(&[Call { name: String::new(), ..ada("ringing") }]);
    assert_eq!(stage.reading("Caller"), "+49 30 1234567");
    stage.calls(&[Call { name: String::new(), number: String::new(), phone_name: String::new(), ..ada("ringing") }]);
    assert_eq!(stage.reading("Caller"), "Unknown caller");
    assert!(stage.says("calling"));
}

#[test]
fn it_lies_over_every_page_also_while_the_car_moves() {
    let mut stage = Stage::full();
    stage.restrict_as("moving", Restrictions::ALL);
    for page in stage.pages() {
        stage.tap(&page);
        stage.calls(&[ada("ringing")]);
        for word in ["Answer", "Decline"] {
            let button = stage.control(AccessibleRole::Button, word);
            let (corner, size) = (button.absolute_position(), button.size());
            assert_eq!((corner.y, size.width, size.height), (134.0, 204.0, 96.0));
            assert_ne!(button.accessible_enabled(), Some(false));
        }
        stage.press_button("Answer");
        assert_eq!(stage.call_commands.take().len(), 1, "{:?}", page.accessible_label());
        stage.calls(&[ada("active")]);
        let size = stage.control(AccessibleRole::Button, "Hang up").size();
        assert!(size.width >= 76.0 && size.height >= 76.0);
        stage.press_button("Hang up");
        assert_eq!(stage.call_commands.take().len(), 1, "{:?}", page.accessible_label());
        stage.calls(&[]);
    }
}

#[test]
fn a_second_call_rings_over_the_one_that_goes_on() {
    let mut stage = Stage::full();
    let bob = Call { id: "bob".into(), name: "Bob".into(), ..ada("ringing") };
    stage.calls(&[bob.clone(), ada("active")]);
    assert_eq!((stage.reading("Caller"), stage.reading("In a call with")), ("Bob".into(), "Ada Lovelace".into()));
    stage.press_button("Decline");
    stage.press_button("Hang up");
    assert_eq!(stage.call_commands.take(), [CallCommand::HangUp("bob".into()), CallCommand::HangUp("ada".into())]);
}

#[test]
fn the_ring_goes_to_the_call_and_back_to_where_it_was() {
    let mut stage = Stage::full();
    stage.open_page("Climate");
    stage.turn(3);
    let before = stage.pixels();
    stage.calls(&[ada("ringing")]);
    stage.press(Key::Escape);
    stage.let_go(Key::Escape);
    assert!(stage.says("calling via Ana's Pixel"), "a long press puts no call away");
    stage.strike();
    assert_eq!(stage.call_commands.take(), [CallCommand::Answer("ada".into())]);
    stage.calls(&[ada("ringing"), ada("active")]);
    stage.calls(&[]);
    assert!(stage.pixels() == before, "the ring is where it was");
    assert!(stage.sent.borrow().is_empty(), "nothing was pressed on the page");
}

#[test]
fn a_knob_that_is_turned_while_it_rings_comes_to_the_call_and_the_dock_alone() {
    let mut stage = Stage::full();
    stage.open_page("Climate");
    stage.turn(1);
    stage.calls(&[ada("ringing")]);
    // Answer and decline, seven pages, and the climate below them.
    assert_eq!(stage.places_of_the_ring(), 2 + 7 + 4);
}

#[test]
fn whoever_uses_a_finger_sees_no_ring_and_no_knob_answers_at_once() {
    let mut stage = Stage::full();
    stage.open_page("Climate");
    stage.calls(&[ada("ringing")]);
    stage.strike();
    assert!(stage.call_commands.take().is_empty(), "the first stroke brings the ring");
    stage.strike();
    assert_eq!(stage.call_commands.take().len(), 1);
}

#[test]
fn what_was_missed_stands_on_the_phones_page_until_it_is_put_away() {
    let mut stage = Stage::full();
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    stage.sessions(&[message(0), message(1), message(2)]);
    stage.open_page("Phone");
    stage.calls(&[ada("missed"), Call { id: "bob".into(), ..ada("missed") }]);
    assert_eq!(stage.reading("2 missed calls"), "Ada Lovelace");
    stage.picture("call-missed");
    let all = stage.all(AccessibleRole::Button);
    let away = all.iter().find(|it| it.accessible_description().as_deref() == Some("2 missed calls")).unwrap();
    stage.tap(away);
    assert_eq!(stage.call_commands.take(), [CallCommand::Dismiss("ada".into())]);
    stage.calls(&[ada("missed")]);
    assert_eq!(stage.reading("Missed call"), "Ada Lovelace");
}

#[test]
fn hostile_words_are_drawn_within_the_card() {
    let mut stage = Stage::full();
    let long = "\u{202e}Ada\u{7} 🚗 ".repeat(100_000);
    let calls: Vec<_> = (0..1_000)
        .map(|n| Call { id: n.to_string(), name: long.clone(), number: long.clone(), ..ada("ringing") })
        .collect();
    stage.calls(&calls);
    stage.picture("call-long");
    assert!(stage.reading("Caller").chars().count() <= 200);
}

#[test]
fn calls_in_every_light_and_language() {
    let mut stage = parked(Theme::Night, Language::English);
    stage.hear(60, Quality::Valid, &instant());
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    for (theme, language, name) in [
        (Theme::Night, Language::English, "night"),
        (Theme::Day, Language::English, "day"),
        (Theme::Day, Language::Chinese, "day-zh"),
        (Theme::Night, Language::German, "night-de"),
    ] {
        stage.set_look(theme, language);
        let who =
            |call: Call| if language == Language::Chinese { Call { name: "林小雨".into(), ..call } } else { call };
        stage.calls(&[who(ada("ringing"))]);
        stage.picture(&format!("call-ringing-{name}"));
        stage.calls_later(&[who(ada("active"))], 134);
        stage.picture(&format!("call-active-{name}"));
        stage.calls(&[who(told("ringing"))]);
        stage.picture(&format!("call-silence-{name}"));
    }
}

//! Phones are set up in a parked car alone; what goes on is one tap at any time.

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use tandem_centre::Leaf;
use tandem_contracts::driving::{Flag, Restrictions};
use tandem_kit::phone::Phone;
use tandem_kit::{Language, Link, PhoneCommand, Theme, Update};
use tandem_units::{Quality, Value};

use crate::phone_service::{cafe, message, phone, podcast};
use crate::phones::{PARK, has, page, press};
use crate::stage::Stage;

const LOCKED: &str = "Phones are set up when the car is parked";

/// Everything that sets up a phone, by its role and word.
const SETTINGS: [(AccessibleRole, &str); 11] = [
    (AccessibleRole::Button, "Pair a phone"),
    (AccessibleRole::Switch, "Music"),
    (AccessibleRole::Switch, "Destinations"),
    (AccessibleRole::Switch, "Messages"),
    (AccessibleRole::Switch, "Files"),
    (AccessibleRole::Switch, "Guest: wiped after the drive"),
    (AccessibleRole::RadioButton, "Ask"),
    (AccessibleRole::RadioButton, "Always"),
    (AccessibleRole::RadioButton, "Never"),
    (AccessibleRole::Button, "Put first"),
    (AccessibleRole::Button, "Forget"),
];

fn two() -> Stage {
    page(&[phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)])
}

fn settings(stage: &Stage) -> Vec<ElementHandle> {
    let of = |(role, label): (AccessibleRole, &str)| {
        let mut found = stage.all(role);
        found.retain(|control| control.accessible_label().as_deref() == Some(label));
        assert!(!found.is_empty(), "{label}");
        found
    };
    SETTINGS.into_iter().flat_map(of).collect()
}

fn is_locked(stage: &Stage) -> bool {
    let locked: Vec<_> = settings(stage).iter().map(|control| control.accessible_enabled() == Some(false)).collect();
    assert!(locked.iter().all(|one| *one == locked[0]), "all or none: {locked:?}");
    assert_eq!(stage.says(LOCKED), locked[0]);
    locked[0]
}

#[test]
fn whatever_is_not_known_to_be_parked_may_move() {
    let mut stage = two();
    assert!(!is_locked(&stage));
    for (leaf, quality, value) in [
        (Leaf::Gear, Quality::Valid, Value::Int(127)),
        (Leaf::Gear, Quality::Stale, Value::Int(126)),
        (Leaf::Gear, Quality::Absent, Value::Int(126)),
        (Leaf::Gear, Quality::Invalid, Value::Int(126)),
        (Leaf::Speed, Quality::Valid, Value::Float(0.6)),
        (Leaf::Speed, Quality::Valid, Value::Float(-3.0)),
        (Leaf::Speed, Quality::Stale, Value::Float(0.0)),
        (Leaf::Speed, Quality::Absent, Value::Float(0.0)),
        (Leaf::Speed, Quality::Invalid, Value::Float(0.0)),
    ] {
        stage.hear(61, quality, &[(leaf, value.clone())]);
        assert!(is_locked(&stage), "{leaf:?}, {quality}, {value:?}");
        stage.hear(61, Quality::Valid, &PARK);
        assert!(!is_locked(&stage));
    }
    for link in [Link::Silent, Link::NoService, Link::NoBus] {
        stage.readings.set_link(link.clone());
        stage.tell(&Update::Link(link.clone()));
        assert!(is_locked(&stage), "{link:?}");
        stage.hear(61, Quality::Valid, &PARK);
        assert!(!is_locked(&stage));
    }
}

#[test]
fn a_parked_car_whose_region_forbids_it_sets_up_no_phone() {
    let mut stage = two();
    stage.restrict(Restrictions { flags: Flag::NoKeyboard.bit(), ..Restrictions::NONE });
    assert!(!is_locked(&stage), "other flags are no matter of the phones");
    stage.restrict(Restrictions { flags: Flag::NoSetup.bit(), ..Restrictions::NONE });
    assert!(is_locked(&stage));
    for control in settings(&stage) {
        stage.tap(&control);
    }
    assert!(stage.phone_commands.take().is_empty());
    stage.restrict(Restrictions::NONE);
    assert!(!is_locked(&stage));
}

#[test]
fn a_car_that_was_not_heard_yet_may_move() {
    let mut stage = Stage::open(Theme::Night, Language::English);
    stage.phones(&[phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)], false);
    stage.tap(&stage.control(AccessibleRole::Tab, "Phone"));
    assert!(is_locked(&stage));
}

#[test]
fn while_the_car_moves_no_finger_and_no_screen_reader_sets_up_a_phone() {
    let mut stage = two();
    stage.hear(61, Quality::Valid, &[(Leaf::Speed, Value::Float(72.0))]);
    for control in settings(&stage) {
        stage.tap(&control);
        assert!(stage.phone_commands.take().is_empty() && stage.says(LOCKED), "{:?}", control.accessible_label());
    }
    for control in settings(&stage) {
        control.invoke_accessible_default_action();
        stage.hear(61, Quality::Valid, &[]);
        assert!(!has(&stage, AccessibleRole::Button, "Forget and wipe"));
    }
    assert!(stage.phone_commands.take().is_empty() && stage.says(LOCKED));
    let mut rings = stage.all(AccessibleRole::Button);
    rings.retain(|button| button.accessible_label().as_deref() == Some("Ring"));
    stage.tap(&rings[0]);
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::Ring("ana".into())]);
    stage.hear(66, Quality::Valid, &[]);
    assert!(stage.says(LOCKED), "for as long as it moves");
    stage.set_look(Theme::Night, Language::Chinese);
    assert!(stage.says("驻车后才能设置手机"));
}

#[test]
fn a_question_that_is_open_when_the_car_moves_off_is_not_answered_by_it() {
    let mut stage = two();
    let mut forgets = stage.all(AccessibleRole::Button);
    forgets.retain(|button| button.accessible_label().as_deref() == Some("Forget"));
    stage.tap(&forgets[0]);
    assert!(has(&stage, AccessibleRole::Button, "Forget and wipe"));
    stage.hear(61, Quality::Valid, &[(Leaf::Speed, Value::Float(5.0))]);
    assert!(!has(&stage, AccessibleRole::Button, "Forget and wipe"));

    // The service closes pairing itself; until it says so, a no is heard and a yes is not.
    let asked = Phone { pairing: "asked".into(), key: "8F3A11C0".into(), ..phone("new", "New", 0) };
    stage.phones(std::slice::from_ref(&asked), true);
    assert_eq!(stage.control(AccessibleRole::Button, "Same on the phone").accessible_enabled(), Some(false));
    assert_eq!(press(&stage, "Same on the phone"), []);
    assert_eq!(press(&stage, "No"), [PhoneCommand::Refuse("new".into())]);
    stage.phones(&[phone("new", "New", 0)], true);
    assert_eq!(press(&stage, "Pair"), []);
    assert_eq!(press(&stage, "Close"), [PhoneCommand::ClosePairing]);
}

#[test]
fn what_goes_on_is_one_tap_while_the_car_moves() {
    let mut stage = two();
    stage.hear(61, Quality::Valid, &[(Leaf::Gear, Value::Int(127)), (Leaf::Speed, Value::Float(72.0))]);
    stage.tap(&stage.control(AccessibleRole::Tab, "Home"));
    stage.sessions(&[podcast("offered"), cafe("offered")]);
    let (song, place) = (podcast("offered").id, cafe("offered").id);
    assert_eq!(press(&stage, "Continue at 12:34"), [PhoneCommand::Claim(song.clone())]);
    assert_eq!(press(&stage, "Go there"), [PhoneCommand::Claim(place.clone())]);
    assert_eq!(press(&stage, "Not now"), [PhoneCommand::Dismiss(place.clone())]);
    stage.sessions(&[podcast("held"), cafe("held")]);
    assert_eq!(press(&stage, "Back to the phone"), [PhoneCommand::Release(song)]);
    assert_eq!(press(&stage, "Give to the phone"), [PhoneCommand::Release(place)]);
    stage.sessions(&[message(1)]);
    assert_eq!(press(&stage, "Put away"), [PhoneCommand::Dismiss("note-1".into())]);
}

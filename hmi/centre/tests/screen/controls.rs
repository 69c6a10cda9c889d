//! What a hand asks of the car, and what the screen says until the car has answered.

use crate::stage::{Stage, instant};
use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use tandem_centre::Leaf;
use tandem_contracts::driving::Status;
use tandem_kit::{Actuation, Key, Language, Refusal, RefusalCause, RequestState, Theme, Update};
use tandem_units::{Driving, Quality, Value};

fn on(page: &str) -> Stage {
    let mut stage = Stage::open(Theme::Night, Language::English);
    stage.hear(60, Quality::Valid, &instant());
    stage.offer();
    stage.open_page(page);
    stage
}

fn says(control: &ElementHandle) -> String {
    control.accessible_description().unwrap_or_default().into()
}

fn sent(stage: &Stage) -> Vec<(Leaf, Value)> {
    stage.sent.take()
}

#[test]
fn a_tile_asks_for_the_other_and_turns_when_the_car_says_so() {
    let mut stage = on("Climate");
    let tile = || AccessibleRole::Switch;
    let recirculate = stage.control(tile(), "Recirculate");
    assert_eq!((recirculate.accessible_checked(), says(&recirculate)), (Some(false), "Off".to_owned()));
    stage.tap(&recirculate);
    assert_eq!(sent(&stage), [(Leaf::Recirculation, Value::Bool(true))]);
    let recirculate = stage.control(tile(), "Recirculate");
    assert_eq!(
        (recirculate.accessible_checked(), says(&recirculate)),
        (Some(false), "On".to_owned()),
        "asked, not done"
    );
    stage.told(1, Leaf::Recirculation, true, RequestState::Pending);
    stage.told(1, Leaf::Recirculation, true, RequestState::Refused);
    assert_eq!(says(&stage.control(tile(), "Recirculate")), "Car refused");
    stage.hear(64, Quality::Valid, &[]);
    assert_eq!(says(&stage.control(tile(), "Recirculate")), "Off", "the reason goes after four seconds");
    stage.hear(65, Quality::Valid, &[(Leaf::Recirculation, Value::Bool(true))]);
    let recirculate = stage.control(tile(), "Recirculate");
    assert_eq!((recirculate.accessible_checked(), says(&recirculate)), (Some(true), "On".to_owned()));
}

#[test]
fn a_seat_goes_from_none_to_three_and_down_again() {
    let mut stage = on("Climate");
    let heating = |stage: &Stage| {
        stage
            .all(AccessibleRole::Button)
            .into_iter()
            .find(|it| it.accessible_label().as_deref() == Some("Seat heating"))
            .unwrap()
    };
    assert_eq!(heating(&stage).accessible_value().as_deref(), Some("2"), "67 percent");
    stage.tap(&heating(&stage));
    stage.tap(&heating(&stage));
    stage.tap(&heating(&stage));
    let levels = [33.0, 0.0, 100.0].map(|percent| (Leaf::DriverSeatHeating, Value::Float(percent)));
    assert_eq!(sent(&stage), levels);
    assert_eq!(heating(&stage).accessible_value().as_deref(), Some("2"), "the car has not moved");
    stage.hear(61, Quality::Valid, &[(Leaf::DriverSeatHeating, Value::Int(-67))]);
    assert_eq!(heating(&stage).accessible_value().as_deref(), Some("0"), "it cools");
}

#[test]
fn the_fan_and_the_air_of_each_seat_are_its_own() {
    let stage = on("Climate");
    stage.tap(&stage.control(AccessibleRole::Button, "More air for the passenger"));
    stage.tap(&stage.control(AccessibleRole::Button, "Less air for the driver"));
    let percent = |leaf, percent| (leaf, Value::Float(percent));
    assert_eq!(sent(&stage), [percent(Leaf::PassengerFan, 71.0), percent(Leaf::DriverFan, 29.0)]);
    let feet: Vec<_> = stage.all(AccessibleRole::RadioButton);
    let feet: Vec<_> = feet.iter().filter(|it| it.accessible_label().as_deref() == Some("Air to the feet")).collect();
    assert_eq!(feet.iter().map(|it| it.accessible_checked()).collect::<Vec<_>>(), [Some(false), Some(true)]);
    stage.tap(feet[0]);
    assert_eq!(sent(&stage), [(Leaf::DriverAir, Value::from("DOWN"))]);
    stage.tap(&stage.control(AccessibleRole::RadioButton, "Rear"));
    stage.tap(&stage.control(AccessibleRole::Button, "Rear right warmer"));
    assert_eq!(sent(&stage), [percent(Leaf::RearPassengerTemperature, 21.5)]);
}

#[test]
fn all_doors_are_locked_at_once_and_one_that_differs_is_told() {
    let mut stage = on("Vehicle");
    let doors = |stage: &Stage| stage.control(AccessibleRole::Switch, "Doors");
    assert_eq!(says(&doors(&stage)), "Locked");
    stage.hear(61, Quality::Valid, &[(Leaf::RearDriverSideLock, Value::Bool(false))]);
    assert_eq!((says(&doors(&stage)), doors(&stage).accessible_checked()), ("Partly".to_owned(), Some(false)));
    stage.tap(&doors(&stage));
    let locks = [Leaf::DriverLock, Leaf::PassengerLock, Leaf::RearDriverSideLock, Leaf::RearPassengerSideLock];
    assert_eq!(sent(&stage), locks.map(|leaf| (leaf, Value::Bool(true))));
    stage.hear(62, Quality::Absent, &[(Leaf::DriverLock, Value::Bool(false))]);
    assert_eq!(doors(&stage).accessible_enabled(), Some(false), "one is not known");
}

#[test]
fn a_slider_asks_when_the_finger_lets_go() {
    let mut stage = on("Vehicle");
    let window = stage.control(AccessibleRole::Slider, "Front left window");
    assert_eq!(window.accessible_value().as_deref(), Some("35"));
    stage.tap(&window);
    assert_eq!(sent(&stage), [(Leaf::DriverWindow, Value::Float(38.0))], "the track begins beside its drawing");
    stage.told(1, Leaf::DriverWindow, 38.0, RequestState::Pending);
    let window = stage.control(AccessibleRole::Slider, "Front left window");
    assert_eq!(window.accessible_value().as_deref(), Some("35"));
    window.invoke_accessible_increment_action();
    assert_eq!(sent(&stage), [(Leaf::DriverWindow, Value::Float(48.0))], "from what was asked for");
}

#[test]
fn one_of_many_words_is_chosen() {
    let mut stage = on("Vehicle");
    let word = |stage: &Stage, word: &str| stage.control(AccessibleRole::RadioButton, word);
    assert_eq!(word(&stage, "Normal").accessible_checked(), Some(true));
    stage.tap(&word(&stage, "Sport"));
    assert_eq!(sent(&stage), [(Leaf::DriveMode, Value::from("SPORT"))]);
    assert_eq!(word(&stage, "Sport").accessible_checked(), Some(false));
    let path = Leaf::PATHS[Leaf::DriveMode.slot()].to_owned();
    let refusal = Refusal { path, cause: RefusalCause::Held, sentence: String::new() };
    stage.tell(&Update::Actuation(Actuation::Refused(refusal)));
    assert_eq!(word(&stage, "Normal").accessible_checked(), Some(true));
}

#[test]
fn what_may_not_be_asked_for_while_driving_is_locked_and_says_so() {
    let mut stage = on("Vehicle");
    stage.offer_when(Leaf::Boot, "not-moving");
    let boot = |stage: &Stage| stage.control(AccessibleRole::Switch, "Boot");
    for (driving, enabled) in [(Driving::Idling, true), (Driving::Moving, false)] {
        let status = Status { state: driving.to_string(), ..Status::default() };
        stage.tell(&Update::Driving(Box::new(status)));
        assert_eq!(boot(&stage).accessible_enabled(), Some(enabled), "{driving}");
    }
    assert_eq!(says(&boot(&stage)), "Not while driving");
    stage.tap(&boot(&stage));
    assert_eq!(sent(&stage), []);
}

#[test]
fn a_car_that_takes_no_wishes_shows_what_is_and_nothing_to_press() {
    let mut stage = on("Climate");
    stage.tell(&Update::Actuation(Actuation::Gone));
    assert!(stage.all(AccessibleRole::Button).iter().all(|button| button.accessible_enabled() == Some(false)));
    let tiles = stage.all(AccessibleRole::Switch);
    assert_eq!(tiles.len(), 6);
    assert!(tiles.iter().all(|tile| tile.accessible_enabled() == Some(false)));
    assert_eq!(says(&stage.control(AccessibleRole::Switch, "A/C")), "On");
    for tile in tiles {
        stage.tap(&tile);
    }
    assert_eq!(sent(&stage), []);
}

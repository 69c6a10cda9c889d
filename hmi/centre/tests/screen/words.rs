//! The page as a driver and a screen reader meet it: by role and label.

use crate::stage::{Stage, instant, openings, tyres};
use i_slint_backend_testing::AccessibleRole;
use tandem_centre::Leaf;
use tandem_kit::{Actuation, Key, Language, Refusal, RefusalCause, RequestState, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

#[test]
fn a_tap_sends_one_wish_and_does_not_move_the_number() {
    let mut stage = Stage::full();
    let warmer = stage.control(AccessibleRole::Button, "Driver warmer");
    stage.tap(&warmer);
    assert_eq!(*stage.sent.borrow(), [(Leaf::DriverTemperature, Value::Float(22.0))]);
    assert_eq!(stage.reading("Driver's temperature"), "21.5 °C");
    assert!(stage.words().contains(&"Asked for 22.0".to_owned()));

    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Pending);
    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Confirmed);
    assert_eq!(stage.reading("Driver's temperature"), "21.5 °C", "only the car's reading moves it");
    assert!(!stage.words().iter().any(|words| words.starts_with("Asked for")));
    stage.hear(61, Quality::Valid, &[(Leaf::DriverTemperature, Value::Float(22.0))]);
    assert_eq!(stage.reading("Driver's temperature"), "22.0 °C");

    stage.tap(&stage.control(AccessibleRole::Button, "Driver cooler"));
    assert_eq!(stage.sent.borrow()[1..], [(Leaf::DriverTemperature, Value::Float(21.5))]);
}

#[test]
fn a_wish_that_comes_to_nothing_says_why_for_four_seconds() {
    let mut stage = Stage::full();
    stage.tap(&stage.control(AccessibleRole::Button, "Driver warmer"));
    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Pending);
    stage.told(1, Leaf::DriverTemperature, 22.0, RequestState::Lapsed);
    assert!(stage.words().contains(&"The car did not answer".to_owned()));
    stage.hear(63, Quality::Valid, &[]);
    assert!(stage.words().contains(&"The car did not answer".to_owned()));
    stage.hear(64, Quality::Valid, &[]);
    assert!(!stage.words().contains(&"The car did not answer".to_owned()));

    let path = Leaf::PATHS[Leaf::DriverTemperature.slot()].to_owned();
    let refusal = Refusal { path, cause: RefusalCause::OutOfRange, sentence: "Too warm.".to_owned() };
    stage.tell(&Update::Actuation(Actuation::Refused(refusal)));
    assert!(stage.words().contains(&"Outside what this car can do".to_owned()));
    assert_eq!(stage.reading("Driver's temperature"), "21.5 °C");
}

#[test]
fn there_is_no_button_where_nothing_can_be_asked() {
    let mut stage = Stage::full();
    stage.tell(&Update::Actuation(Actuation::Gone));
    assert!(stage.all(AccessibleRole::Button).is_empty());
    assert_eq!(stage.reading("Driver's temperature"), "21.5 °C");

    stage.offer();
    stage.hear(61, Quality::Valid, &[(Leaf::DriverTemperature, Value::Float(28.0))]);
    let warmer = stage.control(AccessibleRole::Button, "Driver warmer");
    assert_eq!(warmer.accessible_enabled(), Some(false));
    stage.tap(&warmer);
    assert!(stage.sent.borrow().is_empty());
}

#[test]
fn quality_is_read_out() {
    let mut stage = Stage::full();
    let read = |stage: &Stage| {
        ["Distance", "Driving time", "Average speed", "Charge", "Power", "Range", "Outside temperature", "Time"]
            .map(|name| stage.reading(name))
    };
    assert_eq!(read(&stage), ["18.6 km", "38 min", "29 km/h", "64 %", "14 kW", "287 km", "9.0 °C", "21:40"]);
    stage.hear_at(64, Nanoseconds::from_millis(60_000), Quality::Stale, &instant());
    assert_eq!(stage.reading("Range"), "287 km, 4 s");
    assert_eq!(stage.reading("Average speed"), "29 km/h, 4 s");
    for quality in [Quality::Absent, Quality::Invalid] {
        stage.hear(65, quality, &instant());
        assert_eq!(read(&stage), ["–"; 8], "{quality}");
    }
}

#[test]
fn one_sentence_says_how_the_car_stands() {
    let mut stage = Stage::full();
    let says = |stage: &Stage, sentence: &str| stage.words().iter().filter(|words| *words == sentence).count() == 1;
    assert!(says(&stage, "All doors closed"));
    for (leaf, sentence) in openings().into_iter().zip([
        "Driver's door open",
        "Passenger's door open",
        "Rear left door open",
        "Rear right door open",
        "Bonnet open",
        "Boot open",
    ]) {
        stage.hear(61, Quality::Valid, &[(leaf, Value::Bool(true))]);
        assert!(says(&stage, sentence), "{leaf:?}: {:?}", stage.words());
        stage.hear(61, Quality::Valid, &[(leaf, Value::Bool(false))]);
    }
    stage.hear(62, Quality::Valid, &openings().map(|leaf| (leaf, Value::Bool(true)))[..2]);
    assert!(says(&stage, "2 doors open"));
    stage.hear(62, Quality::Valid, &[(Leaf::Boot, Value::Bool(true))]);
    assert!(says(&stage, "Doors or lids are open"));
    stage.hear(63, Quality::Absent, &openings().map(|leaf| (leaf, Value::Bool(false))));
    assert!(says(&stage, "Door state not known"));
}

#[test]
fn only_a_tyre_that_differs_is_shown() {
    let mut stage = Stage::full();
    assert!(!stage.words().iter().any(|words| words.ends_with("bar")));
    stage.hear(61, Quality::Valid, &[(Leaf::RearRightTyre, Value::Int(205))]);
    assert_eq!(stage.reading("Rear right tyre"), "2.0 bar");
    assert!(stage.words().contains(&"Rear right tyre is low".to_owned()));
    stage.hear(62, Quality::Valid, &tyres().map(|leaf| (leaf, Value::Int(205))));
    assert!(!stage.words().iter().any(|words| words.ends_with("bar")), "all alike: a cold morning");
}

#[test]
fn german_has_a_decimal_comma() {
    let mut stage = Stage::full();
    stage.set_look(Theme::Night, Language::German);
    assert_eq!(stage.reading("Reichweite"), "287 km");
    assert_eq!(stage.reading("Außentemperatur"), "9,0 °C");
}

#[test]
fn the_page_speaks_chinese() {
    let mut stage = Stage::full();
    stage.set_look(Theme::Day, Language::Chinese);
    assert_eq!(stage.reading("续航里程"), "287 km");
    assert_eq!(stage.reading("行驶时长"), "38 分钟");
    assert!(stage.words().contains(&"车门已全部关闭".to_owned()));
    stage.tap(&stage.control(AccessibleRole::Button, "主驾调高温度"));
    assert!(stage.words().contains(&"请求设为 22.0".to_owned()));
    stage.hear(61, Quality::Valid, &openings().map(|leaf| (leaf, Value::Bool(true)))[..3]);
    assert!(stage.words().contains(&"3 个车门未关".to_owned()));
    stage.open_page("设置");
    assert_eq!(stage.control(AccessibleRole::RadioButton, "日间").accessible_checked(), Some(true));
    for words in stage.words() {
        let latin = words.replace("km/h", "").replace("km", "").replace("kW", "").replace("°C", "");
        assert!(!latin.contains(|letter: char| letter.is_ascii_alphabetic()), "{words:?} is not translated");
    }
}

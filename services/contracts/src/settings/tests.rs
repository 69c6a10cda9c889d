use std::collections::BTreeSet;

use tandem_units::Value;

use super::*;

/// Whether a key has the type of its setting: nothing falls back to a default of Rust's.
fn is_of_its_type<T: Typed>(key: Key<T>) -> bool {
    let spec = find(key.name).unwrap();
    let others: Vec<Value> = match spec.kind {
        Kind::Choice(words) => words.iter().map(|word| Value::Text((*word).into())).collect(),
        Kind::Number { min, max, .. } => vec![Value::Int(min), Value::Int(max)],
        Kind::Flag => vec![Value::Bool(true), Value::Bool(false)],
        Kind::Text { .. } => vec![Value::Text("Ada".into())],
    };
    others.iter().chain([&spec.default()]).all(|value| spec.admit(value).is_ok() && T::of(value).is_some())
}

#[test]
fn every_setting_has_a_default_that_it_may_be_a_type_and_a_sentence() {
    assert!(is_of_its_type(THEME) && is_of_its_type(LANGUAGE) && is_of_its_type(CLOCK));
    assert!(is_of_its_type(DISTANCE) && is_of_its_type(TEMPERATURE) && is_of_its_type(PRESSURE));
    assert!(is_of_its_type(CONSUMPTION) && is_of_its_type(CLUSTER_LAYOUT));
    assert!(is_of_its_type(BRIGHTNESS) && is_of_its_type(FONT_SCALE));
    assert!(is_of_its_type(HIGH_CONTRAST) && is_of_its_type(REDUCED_MOTION) && is_of_its_type(DRIVER_NAME));
    assert_eq!(SCHEMA.len(), 13, "and here");
    let keys: BTreeSet<_> = SCHEMA.iter().map(|spec| spec.key).collect();
    assert_eq!(keys.len(), SCHEMA.len());
    for spec in SCHEMA {
        assert!(spec.about().len() > 10 && !spec.about().ends_with('.'), "{}", spec.key);
        assert_eq!(spec.read(&spec.default().to_string()), Ok(spec.default()), "{}", spec.key);
    }
}

#[test]
fn a_refusal_says_what_would_do() {
    let refused = |key: &str, text: &str| find(key).and_then(|spec| spec.read(text)).unwrap_err().to_string();
    assert_eq!(refused("display.teme", ""), "there is no setting `display.teme`: did you mean `display.theme`?");
    assert!(refused("x", "").starts_with("there is no setting `x`: there are display.theme, display.brightness, "));
    assert_eq!(refused("display.theme", "dusk"), "`display.theme` cannot be `dusk`: it is auto, day or night");
    assert_eq!(
        refused("display.brightness", "101"),
        "`display.brightness` cannot be 101: it is a whole number from 1 to 100 percent"
    );
    assert_eq!(
        refused("display.font-scale", "115"),
        "`display.font-scale` cannot be 115: it is a whole number from 100 to 130 percent in steps of 10"
    );
    assert_eq!(refused("display.high-contrast", "yes"), "`display.high-contrast` cannot be `yes`: it is true or false");
    let long = refused("driver.name", &"x".repeat(5_000));
    assert!(long.ends_with("…`: it is one line of at most 40 characters") && long.len() < 150, "{long}");
    assert_eq!(
        refused("driver.name", "a\u{202e}b"),
        r"`driver.name` cannot be `a\u{202e}b`: U+202E is a letter that nobody sees or that hides others, leave it out"
    );
    assert!(refused("driver.name", "a\nb").contains(r"`a\nb`: U+000A is "));
    assert!(refused("driver.name", "\u{200b}").contains(": U+200B is "));
    assert!(refused("display.theme", "d\u{ad}ay").starts_with(r"`display.theme` cannot be `d\u{ad}ay`: it is auto"));
    assert_eq!(find("driver.name").unwrap().read("مه\u{200c}سا").unwrap(), Value::Text("مه\u{200c}سا".into()));
    assert_eq!(find("driver.name").unwrap().read("陈静").unwrap(), Value::Text("陈静".into()));
}

#[test]
fn another_type_is_no_value_of_a_setting() {
    for (key, value) in [
        ("display.theme", Value::Bool(true)),
        ("display.brightness", Value::Float(40.0)),
        ("display.brightness", "40".into()),
        ("display.high-contrast", Value::Int(1)),
        ("driver.name", Value::Int(1)),
    ] {
        let refused = find(key).unwrap().admit(&value);
        assert!(matches!(refused, Err(Refusal::WrongType { .. })), "{key} {value:?}: {refused:?}");
    }
    for number in [i64::MIN, 99, 101, 131, i64::MAX] {
        let refused = find("display.font-scale").unwrap().admit(&Value::Int(number));
        assert!(matches!(refused, Err(Refusal::OutOfRange { .. })), "{number}");
    }
}

#[test]
fn values_are_typed_and_take_nothing_that_they_could_not_be() {
    let mut values = Values::default();
    assert_eq!((values.get(THEME), values.get(BRIGHTNESS), values.get(DRIVER_NAME)), (Theme::Auto, 80, String::new()));
    assert!(values.take("display.theme", "night".into()) && values.take("display.brightness", Value::Int(5)));
    assert!(!values.take("display.theme", "dusk".into()) && !values.take("display.hologram", true.into()));
    assert_eq!((values.get(THEME), values.get(BRIGHTNESS)), (Theme::Night, 5));
}

#[test]
fn a_notice_has_a_sentence_for_each_kind() {
    let notice = |kind: &str| Notice { kind: kind.into(), file: "/f".into(), reason: "it is empty".into() };
    assert_eq!((Notice::default().some(), Notice::default().sentence()), (None, String::new()));
    for kind in ["damaged", "newer", "foreign"] {
        let sentence = notice(kind).sentence();
        assert!(sentence.contains("defaults are in force") && sentence.ends_with("kept at /f."), "{sentence}");
    }
    assert!(notice("unwritable").sentence().starts_with("Settings cannot be changed: it is empty."));
    assert!(notice("not-kept").sentence().starts_with("Settings are not kept"));
}

use super::*;

fn leaf(datatype: Datatype) -> Leaf {
    Leaf {
        path: "Vehicle.Test".to_owned(),
        kind: Kind::Sensor,
        datatype,
        is_array: false,
        unit: String::new(),
        min: None,
        max: None,
        allowed: Vec::new(),
        allowed_numbers: Vec::new(),
        pattern: None,
        deprecation: None,
        description: "A test.".to_owned(),
        private: false,
        overlay: false,
    }
}

#[test]
fn integers_round_half_away_from_zero_and_never_wrap() {
    let int8 = leaf(Datatype::Int8);
    for (number, expected) in [(0.4, 0), (0.5, 1), (-0.5, -1), (-0.4, 0), (127.4, 127), (-128.4, -128)] {
        assert_eq!(int8.value_from_number(number), Ok(Value::Int(expected)), "{number}");
    }
    for number in [127.5, -128.5, 128.0, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = int8.value_from_number(number);
        assert!(matches!(refused, Err(RangeError::OutsideDatatype { datatype: Datatype::Int8, .. })), "{number}");
    }
    assert_eq!(int8.value_from_number(f64::NAN), Err(RangeError::NotANumber));
}

#[test]
fn each_integer_type_holds_its_ends_and_nothing_beyond() {
    for (datatype, low, high) in [
        (Datatype::Int8, -128, 127),
        (Datatype::Int16, -32_768, 32_767),
        (Datatype::Int32, -2_147_483_648, 2_147_483_647),
        (Datatype::Uint8, 0, 255),
        (Datatype::Uint16, 0, 65_535),
        (Datatype::Uint32, 0, 4_294_967_295),
    ] {
        let leaf = leaf(datatype);
        for number in [low, high] {
            assert_eq!(leaf.admit(Value::Int(number)), Ok(Value::Int(number)), "{datatype}");
            assert_eq!(leaf.value_from_number(number as f64), Ok(Value::Int(number)), "{datatype}");
        }
        for number in [low - 1, high + 1] {
            assert!(leaf.admit(Value::Int(number)).is_err(), "{datatype} {number}");
            assert!(leaf.value_from_number(number as f64).is_err(), "{datatype} {number}");
        }
    }
    assert_eq!(leaf(Datatype::Int64).admit(Value::Int(i64::MAX)), Ok(Value::Int(i64::MAX)));
    assert!(leaf(Datatype::Int64).value_from_number(9_223_372_036_854_775_808.0).is_err());
    assert!(leaf(Datatype::Uint64).admit(Value::Int(-1)).is_err());
}

#[test]
fn floats_keep_their_precision_and_lose_the_sign_of_zero() {
    let float = leaf(Datatype::Float);
    assert_eq!(float.value_from_number(0.1), Ok(Value::Float(0.1)));
    assert_eq!(float.admit(Value::Int(-3)), Ok(Value::Float(-3.0)));
    assert_eq!(float.value_from_number(-0.0).unwrap().to_string(), "0");
    assert!(float.value_from_number(1e39).is_err());
    assert_eq!(leaf(Datatype::Double).value_from_number(1e39), Ok(Value::Float(1e39)));
    for number in [f64::NAN, f64::INFINITY] {
        assert!(leaf(Datatype::Double).value_from_number(number).is_err());
    }
}

#[test]
fn limits_hold_after_rounding() {
    let percent = Leaf { min: Some(0.0), max: Some(100.0), ..leaf(Datatype::Uint8) };
    assert_eq!(percent.value_from_number(100.4), Ok(Value::Int(100)));
    assert_eq!(percent.value_from_number(100.5), Err(RangeError::AboveMaximum { value: 101.0, max: 100.0 }));
    let latitude = Leaf { min: Some(-90.0), max: Some(90.0), ..leaf(Datatype::Double) };
    assert_eq!(latitude.value_from_number(90.0), Ok(Value::Float(90.0)));
    assert_eq!(latitude.value_from_number(-90.5), Err(RangeError::BelowMinimum { value: -90.5, min: -90.0 }));
}

#[test]
fn booleans_take_flags_and_nothing_but_0_and_1() {
    let boolean = leaf(Datatype::Boolean);
    assert_eq!(boolean.admit(Value::Bool(true)), Ok(Value::Bool(true)));
    assert_eq!(boolean.value_from_number(0.0), Ok(Value::Bool(false)));
    assert_eq!(boolean.value_from_number(1.0), Ok(Value::Bool(true)));
    for number in [2.0, -1.0, 0.6, f64::NAN, f64::INFINITY] {
        assert!(boolean.value_from_number(number).is_err(), "{number}");
    }
    assert!(boolean.admit(Value::Text("true".into())).is_err());
}

#[test]
fn texts_must_be_allowed() {
    let state = Leaf { allowed: vec!["OFF".to_owned(), "ON".to_owned()], ..leaf(Datatype::String) };
    assert_eq!(state.admit(Value::Text("ON".into())), Ok(Value::Text("ON".into())));
    let refused = state.admit(Value::Text("on".into())).unwrap_err();
    assert_eq!(refused.to_string(), "`on` is not one of OFF, ON");
    assert!(state.admit(Value::Int(1)).is_err());
    assert!(state.admit(Value::Bool(true)).is_err());
    let free = leaf(Datatype::String);
    assert_eq!(free.admit(Value::Text("".into())), Ok(Value::Text("".into())));
    assert!(leaf(Datatype::Uint8).admit(Value::Bool(true)).is_err());
}

#[test]
fn numbers_must_be_allowed_after_rounding_and_texts_match_their_pattern() {
    let inch = Leaf { allowed_numbers: vec![15.0, 16.0, 17.0], ..leaf(Datatype::Uint8) };
    assert_eq!(inch.value_from_number(16.4), Ok(Value::Int(16)));
    assert_eq!(inch.value_from_number(18.0), Err(RangeError::NumberNotAllowed { value: 18.0 }));
    let plate =
        Leaf { pattern: Some(Pattern(regex_lite::Regex::new("^[A-Z]{2}[0-9]+$").unwrap())), ..leaf(Datatype::String) };
    assert_eq!(plate.admit(Value::Text("AB12".into())), Ok(Value::Text("AB12".into())));
    let refused = plate.admit(Value::Text("ab12".into())).unwrap_err();
    assert_eq!(refused.to_string(), "`ab12` does not match ^[A-Z]{2}[0-9]+$");
}

#[test]
fn an_error_shows_what_is_not_seen_and_calls_no_number_by_its_name() {
    let mode = Leaf { allowed: vec!["ON".into(), "O\u{200b}FF".into()], ..leaf(Datatype::String) };
    let told = |leaf: &Leaf, value: Value| leaf.admit(value).unwrap_err().to_string();
    assert_eq!(told(&mode, "F\u{202e}FO".into()), r"`F\u{202e}FO` is not one of ON, O\u{200b}FF");
    assert_eq!(told(&leaf(Datatype::Float), f64::NAN.into()), "not a number");
    assert_eq!(told(&leaf(Datatype::Double), f64::INFINITY.into()), "infinity does not fit double");
}

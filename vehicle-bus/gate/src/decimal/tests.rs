use super::*;

fn steps(number: f64, offset: f64, factor: f64) -> Option<(i128, i128)> {
    Decimal::of(number)?.steps(Decimal::of(offset)?, Decimal::of(factor)?)
}

#[test]
fn numbers_are_what_was_written() {
    assert_eq!(Decimal::of(0.1), Some(Decimal { digits: 1, power: -1 }));
    assert_eq!(Decimal::of(-40.25), Some(Decimal { digits: -4025, power: -2 }));
    assert_eq!(Decimal::of(1.2e30), Some(Decimal { digits: 12, power: 29 }));
    assert_eq!(Decimal::of(-0.0), Some(Decimal { digits: 0, power: 0 }));
    assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Decimal::of), [None; 3]);
}

#[test]
fn a_tenth_is_a_tenth() {
    assert_eq!(steps(0.3, 0.0, 0.1), Some((3, 3)), "in floats it is a little less than 3");
    assert_eq!(steps(28.0, 0.0, 0.1), Some((280, 280)));
    assert_eq!(steps(-39.9, -40.0, 0.1), Some((1, 1)));
    for tenths in -10_000..10_000 {
        assert_eq!(
            steps(f64::from(tenths) / 10.0, -40.0, 0.1),
            Some((i128::from(tenths + 400), i128::from(tenths + 400)))
        );
    }
}

#[test]
fn what_lies_between_two_has_both() {
    assert_eq!(steps(1.0, 0.0, 0.3), Some((3, 4)));
    assert_eq!(steps(-1.0, 0.0, 0.3), Some((-4, -3)));
    assert_eq!(steps(1.0, 0.0, -0.3), Some((-4, -3)));
    assert_eq!(steps(-1.0, 0.0, -0.3), Some((3, 4)));
    assert_eq!(steps(16.0, 0.5, 1.0), Some((15, 16)));
}

#[test]
fn what_38_digits_do_not_say_is_nothing() {
    assert_eq!(steps(1.0, 0.0, 0.0), None);
    assert_eq!(steps(1e30, 0.0, 1e-10), None);
    assert_eq!(steps(1e-10, 1e30, 1.0), None);
    assert_eq!(steps(1e37, 9e37, 1.0), Some((-8 * 10i128.pow(37), -8 * 10i128.pow(37))));
    assert_eq!(steps(1.7e38, -1.7e38, 1.0), None);
    assert!(Decimal::of(-1.0).is_some_and(Decimal::is_negative) && !Decimal::of(0.0).is_some_and(Decimal::is_negative));
}

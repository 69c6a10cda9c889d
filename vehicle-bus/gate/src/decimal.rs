//! Decimal numbers, exactly as a person wrote them: no bound is moved because binary fractions cannot say a tenth.

/// `digits` times ten to the power of `power`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: i128,
    power: i32,
}

impl Decimal {
    /// The shortest decimal number that is read as this float: what the file said. `None` for what is no finite number.
    pub fn of(number: f64) -> Option<Self> {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let exponent: i32 = exponent.parse().ok()?;
        Some(Self { digits, power: exponent - fraction.len() as i32 })
    }

    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// The integers next to (`self` - `offset`) / `factor`, below and above; twice the same if it is one. `None` if `factor` is 0, and if the numbers lie too far from each
    /// other for 38 digits.
    pub fn steps(self, offset: Self, factor: Self) -> Option<(i128, i128)> {
        let power = self.power.min(offset.power).min(factor.power);
        let number = self.at(power)?.checked_sub(offset.at(power)?)?;
        let factor = factor.at(power)?;
        // A divisor below zero would turn below and above round.
        let (number, factor) = (number * factor.signum(), factor.abs());
        Some((number.checked_div_euclid(factor)?, -(-number).checked_div_euclid(factor)?))
    }

    /// The digits of the same number, if the last one counts ten to the power of `power`.
    fn at(self, power: i32) -> Option<i128> {
        10i128.checked_pow(self.power.abs_diff(power))?.checked_mul(self.digits)
    }
}

#[cfg(test)]
mod tests {
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
        assert!(
            Decimal::of(-1.0).is_some_and(Decimal::is_negative) && !Decimal::of(0.0).is_some_and(Decimal::is_negative)
        );
    }
}

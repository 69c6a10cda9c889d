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
mod tests;

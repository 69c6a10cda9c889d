//! From a reading to the text on a screen, where no unit is a driver's to choose. "-" is the minus and "." the point; the widgets set them in type.

use tandem_units::{Kilowatts, Nanoseconds, Percent, Quality};

use crate::{Key, Readings};

/// A reading as a screen draws it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Empty if the quality has no value: the screen draws a dash.
    pub text: String,
    pub quality: Quality,
    /// How old a stale reading is; empty otherwise.
    pub age: String,
}

impl Shown {
    /// The number of a leaf, as `write` writes it.
    pub fn number(readings: &Readings, key: impl Key, write: impl FnOnce(f64) -> String) -> Self {
        Self::of(readings, key, readings.get(key).number().filter(|number| number.is_finite()).map(write))
    }

    /// A leaf as `write` writes it, if there is anything to write. A value that `write` refuses is invalid.
    pub fn of(readings: &Readings, key: impl Key, text: Option<String>) -> Self {
        let heard = readings.get(key).quality;
        let quality = if heard.has_value() && text.is_none() { Quality::Invalid } else { heard };
        let age = match (quality, readings.age(key)) {
            (Quality::Stale, Some(age)) => self::age(age),
            _ => String::new(),
        };
        Self { text: text.filter(|_| quality.has_value()).unwrap_or_default(), quality, age }
    }

    /// The worse quality of two readings that make one number.
    #[must_use]
    pub fn with(self, other: Quality) -> Self {
        let quality = self.quality.max(other);
        let text = if quality.has_value() { self.text } else { String::new() };
        Self { text, quality, ..self }
    }
}

/// Charge, whole percent, downwards: 9.9 is not yet 10.
pub fn charge(charge: Percent) -> String {
    whole_text(charge.0.floor())
}

/// Power, whole kilowatts.
pub fn power(power: Kilowatts) -> String {
    whole_text(power.0.round())
}

/// A time span, hours and minutes: `0:42`.
pub fn span(seconds: f64) -> String {
    let minutes = (seconds.max(0.0) / 60.0).floor();
    format!("{}:{:02}", (minutes / 60.0).floor(), minutes % 60.0)
}

/// An age: whole seconds, from two minutes on whole minutes.
pub fn age(age: Nanoseconds) -> String {
    let seconds = age.as_millis() / 1000;
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// A whole number with a narrow no-break space between groups of three.
pub fn grouped(number: f64) -> String {
    let plain = whole_text(number);
    let (sign, figures) = plain.strip_prefix('-').map_or(("", plain.as_str()), |figures| ("-", figures));
    let mut text = sign.to_owned();
    for (index, figure) in figures.chars().enumerate() {
        if index > 0 && (figures.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(figure);
    }
    text
}

pub(crate) fn whole_text(number: f64) -> String {
    // Not "-0".
    format!("{:.0}", if number == 0.0 { 0.0 } else { number })
}

#[cfg(test)]
mod tests {
    use tandem_units::Value;

    use super::*;
    use crate::Reading;

    crate::leaves! { enum Leaf { Temperature = "Vehicle.Exterior.AirTemperature", } }

    fn readings(quality: Quality, value: Option<f64>) -> Readings {
        let mut readings = Readings::new(Leaf::PATHS);
        let heard = Nanoseconds::from_millis(1_000);
        let reading = Reading { quality, value: value.map(Value::Float), heard };
        readings.apply(1, Nanoseconds::from_millis(5_900), true, [(0, reading)]);
        readings
    }

    fn shown(quality: Quality, value: Option<f64>) -> Shown {
        Shown::number(&readings(quality, value), Leaf::Temperature, |celsius| format!("{celsius:.1}"))
    }

    #[test]
    fn numbers_are_written_as_a_driver_reads_them() {
        assert_eq!([9.9, 64.0, 100.0].map(|c| charge(Percent(c))), ["9", "64", "100"]);
        assert_eq!(
            [0.0, 999.0, 1000.0, -1_234_567.0].map(grouped),
            ["0", "999", "1\u{202f}000", "-1\u{202f}234\u{202f}567"]
        );
        assert_eq!([-0.4, 12.6].map(|p| power(Kilowatts(p))), ["0", "13"]);
        assert_eq!([0.0, 2_520.0, 3_900.0].map(span), ["0:00", "0:42", "1:05"]);
        assert_eq!([900, 119_000, 120_000].map(|ms| age(Nanoseconds::from_millis(ms))), ["0 s", "119 s", "2 min"]);
    }

    #[test]
    fn quality_decides_what_is_shown() {
        assert_eq!(
            shown(Quality::Valid, Some(9.0)),
            Shown { text: "9.0".into(), quality: Quality::Valid, age: String::new() }
        );
        assert_eq!(
            shown(Quality::Stale, Some(9.0)),
            Shown { text: "9.0".into(), quality: Quality::Stale, age: "4 s".into() }
        );
        assert_eq!(shown(Quality::Absent, None), Shown { quality: Quality::Absent, ..Shown::default() });
        assert_eq!(shown(Quality::Valid, Some(f64::INFINITY)).quality, Quality::Invalid);
        assert_eq!(shown(Quality::Valid, Some(9.0)).with(Quality::Absent).text, "");
    }
}

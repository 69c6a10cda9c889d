//! One thing that a hand or the weather sets, in the words of a scenario's `set`.

use serde::Deserialize;
use toml::{Table, Value};

use crate::model::body::Change;
use crate::scenario::check;

/// No key and no value that means something is longer, bytes.
const LONGEST: usize = 64;
/// The one that is no setting of the body: a scenario says it at its start alone.
const OUTSIDE: &str = "outside_celsius";

#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    Body(Box<Change>),
    /// °C.
    Outside(f64),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(String);

impl Setting {
    /// A key, and a value as a scenario has it: `true`, `40` or a word, without quotes.
    ///
    /// # Errors
    /// [`SettingError`] says what was expected.
    pub fn parse(key: &str, value: &str) -> Result<Self, SettingError> {
        let wrong = |why: String| Err(SettingError(why));
        for text in [key, value] {
            if text.len() > LONGEST {
                return wrong(format!("a text of {} bytes is no setting, expected at most {LONGEST}", text.len()));
            }
        }
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        if key == OUTSIDE {
            let Some(number) = number else { return wrong(format!("{OUTSIDE} is {value}, expected a number")) };
            let number = check::in_range(OUTSIDE, number, -40.0, 60.0);
            return number.map(Self::Outside).map_err(|error| SettingError(error.to_string()));
        }
        let value = match (value.parse(), number) {
            (Ok(yes), _) => Value::Boolean(yes),
            (_, Some(number)) => Value::Float(number),
            _ => Value::String(value.to_owned()),
        };
        let change = match Change::deserialize(Table::from_iter([(key.to_owned(), value)])) {
            Ok(change) => change,
            Err(error) => return wrong(format!("{key}: {}", error.message())),
        };
        check::ranges(&change).map_err(|error| SettingError(error.to_string()))?;
        Ok(Self::Body(Box::new(change)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::body::Gear;

    fn refused(key: &str, value: &str) -> String {
        Setting::parse(key, value).unwrap_err().to_string()
    }

    #[test]
    fn the_words_are_those_of_a_scenario() {
        let change = |change| Ok(Setting::Body(Box::new(change)));
        assert_eq!(Setting::parse("gear", "R"), change(Change { gear: Some(Gear::R), ..Change::default() }));
        assert_eq!(Setting::parse("hood", "true"), change(Change { hood: Some(true), ..Change::default() }));
        let rain = Change { rain_percent: Some(40.0), ..Change::default() };
        assert_eq!(Setting::parse("rain_percent", "40"), change(rain));
        assert_eq!(Setting::parse("outside_celsius", "-12.5"), Ok(Setting::Outside(-12.5)));
    }

    #[test]
    fn nonsense_comes_back_with_what_was_expected() {
        assert!(refused("wings", "true").contains("unknown field `wings`, expected one of `power`, `gear`"));
        assert!(refused("gear", "7").starts_with("gear: "), "{}", refused("gear", "7"));
        assert!(refused("gear", "E").contains("expected one of `P`, `R`, `N`, `D`"));
        assert_eq!(refused("rain_percent", "140"), "set.rain_percent is 140, expected 0 to 100");
        assert_eq!(refused("outside_celsius", "NaN"), "outside_celsius is NaN, expected a number");
        assert_eq!(refused("outside_celsius", "90"), "outside_celsius is 90, expected -40 to 60");
        assert!(refused("rain_percent", "inf").contains("rain_percent"));
        assert_eq!(refused("gear", &"D".repeat(1 << 20)), "a text of 1048576 bytes is no setting, expected at most 64");
        assert!(refused("gear = \"D\"\nhood", "true").contains("unknown field"), "a key is no text of a file");
    }
}

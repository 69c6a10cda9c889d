use std::fmt;
use std::str::FromStr;

use crate::Units;

/// How a screen is lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Night,
    Day,
}

/// The language of the words on a screen. Numerals are the same in all; German has a decimal comma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
    German,
}

/// A word that names no theme or language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is unknown: expected {expected}")]
pub struct UnknownWord {
    pub word: String,
    pub expected: &'static str,
}

/// What a screen looks like, apart from its readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    pub language: Language,
    /// Whether anything may be animated: not in lockstep, where a picture is a function of the readings alone.
    pub motion: bool,
    /// Plain grounds and strong edges.
    pub contrast: bool,
    /// How large small text is, in percent of the size it is drawn for.
    pub percent: u32,
    /// What readings are written in; [`Readings::units`](crate::Readings::units) are the same.
    pub units: Units,
}

impl Look {
    /// By night, in English and metric units, and nothing moves: where nothing else is said.
    pub const STILL: Self = Self {
        theme: Theme::Night,
        language: Language::English,
        motion: false,
        contrast: false,
        percent: 100,
        units: Units::METRIC,
    };
}

/// Puts a [`Look`] on a window. `Theme` and `UnitWords` are in scope: Slint makes them anew for each screen.
#[macro_export]
macro_rules! wear {
    ($window:expr, $look:expr) => {{
        let (look, theme, words) = ($look, $window.global::<Theme>(), $window.global::<UnitWords>());
        theme.set_night(look.theme == $crate::Theme::Night);
        theme.set_language(look.language.translation().into());
        theme.set_motion(look.motion);
        theme.set_contrast(look.contrast);
        theme.set_scale(look.percent as f32 / 100.0);
        words.set_speed(look.units.speed_unit().into());
        words.set_distance(look.units.distance_unit().into());
        words.set_temperature(look.units.temperature_unit().into());
        words.set_pressure(look.units.pressure_unit().into());
        words.set_consumption(look.units.consumption_unit().into());
    }};
}

impl Theme {
    pub fn word(self) -> &'static str {
        match self {
            Self::Night => "night",
            Self::Day => "day",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Night => Self::Day,
            Self::Day => Self::Night,
        }
    }
}

impl Language {
    pub const ALL: [Self; 3] = [Self::English, Self::Chinese, Self::German];

    pub fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh_CN",
            Self::German => "de",
        }
    }

    /// The word of Slint's `select_bundled_translation` and of the `Theme` global: English is the source text.
    pub fn translation(self) -> &'static str {
        match self {
            Self::English => "",
            Self::Chinese => "zh_CN",
            Self::German => "de",
        }
    }

    /// The next one, round and round.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::German,
            Self::German => Self::English,
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Theme {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "night" => Ok(Self::Night),
            "day" => Ok(Self::Day),
            _ => Err(UnknownWord { word: word.to_owned(), expected: "day or night" }),
        }
    }
}

impl FromStr for Language {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "en" => Ok(Self::English),
            "zh_CN" => Ok(Self::Chinese),
            "de" => Ok(Self::German),
            _ => Err(UnknownWord { word: word.to_owned(), expected: "en, zh_CN or de" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_others_are_named() {
        for theme in [Theme::Night, Theme::Day] {
            assert_eq!(theme.word().parse(), Ok(theme));
        }
        for language in Language::ALL {
            assert_eq!(language.word().parse(), Ok(language));
        }
        assert_eq!(Language::ALL.map(Language::other), [Language::Chinese, Language::German, Language::English]);
        assert_eq!(
            "dusk".parse::<Theme>().map_err(|unknown| unknown.to_string()),
            Err("\"dusk\" is unknown: expected day or night".to_owned())
        );
        assert!("zh".parse::<Language>().is_err());
    }
}

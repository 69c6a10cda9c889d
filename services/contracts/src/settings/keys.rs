use tandem_units::Value;

use super::schema::{Initial, Key, Kind, Spec, Typed};
use crate::driving::Flag;

/// A choice: its words as they stand on the bus, the first one the default.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $first:ident $first_word:literal $(, $variant:ident $word:literal)* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            #[default]
            $first,
            $($variant,)*
        }

        impl $name {
            pub const ALL: &'static [Self] = &[Self::$first $(, Self::$variant)*];
            pub const WORDS: &'static [&'static str] = &[$first_word $(, $word)*];

            pub const fn word(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl Typed for $name {
            fn of(value: &Value) -> Option<Self> {
                let word = value.as_text()?;
                Self::ALL.iter().copied().find(|choice| choice.word() == word)
            }
        }
    )*};
}

choices! {
    /// Which colours the screens have.
    Theme { Auto "auto", Day "day", Night "night" }
    Language { English "en", Chinese "zh_CN", German "de" }
    Clock { Hours24 "24h", Hours12 "12h" }
    DistanceUnit { Kilometers "km", Miles "mi" }
    TemperatureUnit { Celsius "celsius", Fahrenheit "fahrenheit" }
    PressureUnit { Bar "bar", Psi "psi", Kilopascals "kpa" }
    ConsumptionUnit { PerHundredKilometers "kwh-per-100km", KilometersPer "km-per-kwh", MilesPer "mi-per-kwh" }
    ClusterLayout { Calm "calm", Guidance "guidance" }
}

/// What most settings are.
const PLAIN: Spec = Spec {
    key: "",
    kind: Kind::Flag,
    default: Initial::Flag(false),
    unit: "",
    is_private: false,
    not_with: None,
    about: "",
};

const fn choice(words: &'static [&'static str]) -> Spec {
    // The words of `choices!`, which has a first one each.
    let [first, ..] = words else { return PLAIN };
    Spec { kind: Kind::Choice(words), default: Initial::Word(first), ..PLAIN }
}

const fn number(min: i64, max: i64, step: i64, default: i64) -> Spec {
    Spec { kind: Kind::Number { min, max, step }, default: Initial::Number(default), ..PLAIN }
}

const fn text(max_characters: u32) -> Spec {
    Spec { kind: Kind::Text { max_characters }, default: Initial::Word(""), ..PLAIN }
}

/// What takes more than a glance.
const fn set_up(spec: Spec) -> Spec {
    Spec { not_with: Some(Flag::NoSetup), ..spec }
}

macro_rules! settings {
    ($(#[doc = $about:literal] $name:ident: $type:ty = $key:literal, $spec:expr;)*) => {
        /// Every setting there is.
        pub static SCHEMA: &[Spec] = &[$(Spec { key: $key, about: $about, ..$spec }),*];

        $(
            #[doc = $about]
            pub const $name: Key<$type> = Key::new($key);
        )*
    };
}

settings! {
    /// Colours by day or by night; auto goes by the car's light
    THEME: Theme = "display.theme", choice(Theme::WORDS);
    /// How bright the screens are
    BRIGHTNESS: u32 = "display.brightness", Spec { unit: "percent", ..number(1, 100, 1, 80) };
    /// How large letters are
    FONT_SCALE: u32 = "display.font-scale", set_up(Spec { unit: "percent", ..number(100, 130, 10, 100) });
    /// Plain grounds and strong edges instead of soft ones
    HIGH_CONTRAST: bool = "display.high-contrast", PLAIN;
    /// Nothing moves that need not
    REDUCED_MOTION: bool = "display.reduced-motion", PLAIN;
    /// The language of the screens
    LANGUAGE: Language = "language", choice(Language::WORDS);
    /// Hours from 0 to 23, or twice from 1 to 12
    CLOCK: Clock = "clock", set_up(choice(Clock::WORDS));
    /// The unit of distance, and of speed with it
    DISTANCE: DistanceUnit = "units.distance", set_up(choice(DistanceUnit::WORDS));
    /// The unit of temperature
    TEMPERATURE: TemperatureUnit = "units.temperature", set_up(choice(TemperatureUnit::WORDS));
    /// The unit of the tyres' pressure
    PRESSURE: PressureUnit = "units.pressure", set_up(choice(PressureUnit::WORDS));
    /// The unit of consumption
    CONSUMPTION: ConsumptionUnit = "units.consumption", set_up(choice(ConsumptionUnit::WORDS));
    /// What the instruments show beside the tell-tales
    CLUSTER_LAYOUT: ClusterLayout = "cluster.layout", choice(ClusterLayout::WORDS);
    /// How the car calls its driver; empty if it does not
    DRIVER_NAME: String = "driver.name", Spec { is_private: true, not_with: Some(Flag::NoKeyboard), ..text(40) };
}

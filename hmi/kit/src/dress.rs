//! What a screen looks like: by its command line, else by what is set, else by night and in English.

use tandem_contracts::settings::{self, FONT_SCALE, HIGH_CONTRAST, LANGUAGE, REDUCED_MOTION, THEME};
use tandem_units::Nanoseconds;

use crate::{InForce, Language, Look, Theme, Units};

/// So long it is dark, or light, before colours that go by themselves follow: not under every bridge.
const PATIENCE: Nanoseconds = Nanoseconds::from_millis(5_000);

/// What the command line says for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub theme: Option<Theme>,
    pub language: Option<Language>,
    pub lockstep: bool,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dress {
    fixed: Fixed,
    look: Look,
    /// What was set last; what a key has changed since stays until the setting is another one.
    set: Option<(settings::Theme, settings::Language, bool)>,
    /// Somebody chose the colours here since they were set: the light does not change them.
    by_hand: bool,
    /// Colours go by the light, and it has been otherwise since then.
    turned: Option<Nanoseconds>,
}

impl Dress {
    pub fn new(fixed: Fixed) -> Self {
        let look = Look {
            theme: fixed.theme.unwrap_or_default(),
            language: fixed.language.unwrap_or_default(),
            motion: !fixed.lockstep,
            ..Look::STILL
        };
        Self { fixed, look, set: None, by_hand: false, turned: None }
    }

    pub fn look(&self) -> Look {
        self.look
    }

    /// Whether time passes by itself.
    pub fn is_live(&self) -> bool {
        !self.fixed.lockstep
    }

    /// A key, or somebody on the bus, wants another theme or language.
    pub fn wear(&mut self, theme: Option<Theme>, language: Option<Language>) {
        self.by_hand |= theme.is_some();
        self.look.theme = theme.unwrap_or(self.look.theme);
        self.look.language = language.unwrap_or(self.look.language);
    }

    /// What is set now.
    pub fn follow(&mut self, in_force: &InForce) {
        let values = &in_force.values;
        let set = (values.get(THEME), values.get(LANGUAGE), values.get(REDUCED_MOTION));
        let before = self.set.replace(set);
        let (theme, language, still) = set;
        if self.fixed.theme.is_none() && before.is_none_or(|(before, ..)| before != theme) {
            (self.turned, self.by_hand) = (None, false);
            match theme {
                settings::Theme::Day => self.look.theme = Theme::Day,
                settings::Theme::Night => self.look.theme = Theme::Night,
                settings::Theme::Auto => {}
            }
        }
        if self.fixed.language.is_none() && before.is_none_or(|(_, before, _)| before != language) {
            self.look.language = match language {
                settings::Language::English => Language::English,
                settings::Language::Chinese => Language::Chinese,
                settings::Language::German => Language::German,
            };
        }
        self.look.motion = !self.fixed.lockstep && !still;
        self.look.contrast = values.get(HIGH_CONTRAST);
        self.look.percent = values.get(FONT_SCALE);
        self.look.units = Units::of(values);
    }

    /// The car says how dark it is. Whether the look is another one.
    pub fn light(&mut self, is_dark: Option<bool>, now: Nanoseconds) -> bool {
        let goes_by_itself = self.fixed.theme.is_none()
            && !self.by_hand
            && self.set.is_some_and(|(theme, ..)| theme == settings::Theme::Auto);
        let wanted = is_dark.map(|dark| if dark { Theme::Night } else { Theme::Day });
        let Some(wanted) = wanted.filter(|wanted| goes_by_itself && *wanted != self.look.theme) else {
            self.turned = None;
            return false;
        };
        // A clock that began anew has not seen it turn.
        let since = self.turned.map_or(now, |since| since.min(now));
        self.turned = Some(since);
        if now.since(since) < PATIENCE {
            return false;
        }
        (self.look.theme, self.turned) = (wanted, None);
        true
    }
}

#[cfg(test)]
mod tests {
    use tandem_units::Value;

    use super::*;

    fn set(theme: &str, language: &str, still: bool) -> InForce {
        let mut in_force = InForce::default();
        assert!(in_force.values.take("display.theme", Value::from(theme)));
        assert!(in_force.values.take("language", Value::from(language)));
        assert!(in_force.values.take("display.reduced-motion", Value::Bool(still)));
        in_force
    }

    fn at(seconds: u64) -> Nanoseconds {
        Nanoseconds::from_millis(seconds * 1_000)
    }

    #[test]
    fn what_is_set_is_worn_unless_the_command_line_says_otherwise() {
        let mut dress = Dress::new(Fixed::default());
        let new = dress.look();
        assert_eq!((new.theme, new.language, new.motion), (Theme::Night, Language::English, true));
        dress.follow(&set("day", "de", true));
        let look = dress.look();
        assert_eq!((look.theme, look.language, look.motion), (Theme::Day, Language::German, false));
        let mut fixed =
            Dress::new(Fixed { theme: Some(Theme::Night), language: Some(Language::Chinese), lockstep: true });
        let before = fixed.look();
        fixed.follow(&set("day", "de", false));
        assert_eq!((fixed.look(), before.motion), (before, false));
    }

    #[test]
    fn units_and_contrast_are_as_they_are_set() {
        let mut dress = Dress::new(Fixed::default());
        let mut in_force = InForce::default();
        for (key, word) in [("units.distance", "mi"), ("units.temperature", "fahrenheit"), ("clock", "12h")] {
            assert!(in_force.values.take(key, Value::from(word)));
        }
        assert!(in_force.values.take("display.high-contrast", Value::Bool(true)));
        assert!(in_force.values.take("display.font-scale", Value::Int(120)));
        dress.follow(&in_force);
        let Look { contrast, percent, units, .. } = dress.look();
        assert_eq!((contrast, percent), (true, 120));
        assert_eq!((units.speed_unit(), units.temperature_unit(), units.pressure_unit()), ("mph", "°F", "bar"));
        assert_eq!(units.clock, settings::Clock::Hours12);
    }

    #[test]
    fn a_key_holds_until_the_setting_is_another_one() {
        let mut dress = Dress::new(Fixed::default());
        dress.follow(&set("night", "en", false));
        dress.wear(Some(Theme::Day), Some(Language::Chinese));
        dress.follow(&set("night", "en", false));
        assert_eq!(
            (dress.look().theme, dress.look().language),
            (Theme::Day, Language::Chinese),
            "told anew, not changed"
        );
        dress.follow(&set("night", "de", false));
        assert_eq!((dress.look().theme, dress.look().language), (Theme::Day, Language::German));
    }

    #[test]
    fn colours_that_go_by_themselves_wait_five_seconds() {
        let mut dress = Dress::new(Fixed::default());
        assert!(!dress.light(Some(false), at(1)), "nobody said that they go by themselves");
        dress.follow(&set("auto", "en", false));
        assert!(!dress.light(Some(false), at(10)) && !dress.light(Some(false), at(14)));
        assert!(!dress.light(Some(true), at(15)), "a gap between two bridges");
        assert!(!dress.light(Some(false), at(16)) && !dress.light(Some(false), at(20)));
        assert!(dress.light(Some(false), at(21)));
        assert_eq!(dress.look().theme, Theme::Day);
        assert!(!dress.light(None, at(90)), "not known: it stays");
        dress.wear(Some(Theme::Night), None);
        assert!(!dress.light(Some(false), at(91)) && !dress.light(Some(false), at(99)), "somebody chose it");
        dress.follow(&set("auto", "en", false));
        assert!(!dress.light(Some(false), at(100)) && !dress.light(Some(false), at(110)), "told anew, not changed");
        dress.follow(&set("night", "en", false));
        assert!(!dress.light(Some(false), at(200)) && !dress.light(Some(false), at(300)));
        assert_eq!(dress.look().theme, Theme::Night);
    }
}

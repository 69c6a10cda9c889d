//! The page of settings: what is set, and what a hand sets. Without a service that keeps them a choice is this screen's alone.

use std::cell::RefCell;
use std::rc::Rc;

use slint::ComponentHandle;
use tandem_contracts::settings::{
    self, CLOCK, CLUSTER_LAYOUT, CONSUMPTION, Clock, ClusterLayout, ConsumptionUnit, DISTANCE, DRIVER_NAME,
    DistanceUnit, FONT_SCALE, HIGH_CONTRAST, Kind, LANGUAGE, PRESSURE, PressureUnit, REDUCED_MOTION, TEMPERATURE,
    THEME, TemperatureUnit,
};
use tandem_kit::settings::SettingCause;
use tandem_kit::{InForce, Language, Look, SettingsCommand, SettingsNews, Theme, Units};
use tandem_units::{Nanoseconds, Value};

use crate::media::rows::words;
use crate::{CentreWindow, Colours, LackingAdapter, SettingDenial, SettingNotice, SettingsAdapter, UnitSetting};

/// How long the page says why a choice came to nothing.
const REASON_SHOWN: Nanoseconds = Nanoseconds::from_millis(4_000);

/// Where the page's choices go.
pub struct Choices {
    /// To the service: whether the wish is under way.
    pub set: Box<dyn Fn(SettingsCommand) -> bool>,
    pub theme: Box<dyn Fn(Theme)>,
    pub language: Box<dyn Fn(Language)>,
}

/// What is known of the settings.
#[derive(Debug)]
pub(crate) struct Page {
    in_force: Option<Box<InForce>>,
    theme: Theme,
    language: Language,
    locked: bool,
    /// The driver's name as somebody types it; none: as it is set.
    draft: Option<String>,
    denial: Option<(SettingCause, Nanoseconds)>,
    now: Nanoseconds,
}

impl Default for Page {
    /// Locked until somebody says how the car drives.
    fn default() -> Self {
        Self {
            in_force: None,
            theme: Theme::default(),
            language: Language::default(),
            locked: true,
            draft: None,
            denial: None,
            now: Nanoseconds::ZERO,
        }
    }
}

impl Page {
    pub fn pass(&mut self, window: &CentreWindow, now: Nanoseconds) {
        self.now = now;
        // Also if the clock began anew.
        if self.denial.is_some_and(|(_, until)| now >= until || until.since(now) > REASON_SHOWN) {
            self.denial = None;
            self.show(window);
        }
    }

    pub fn hear(&mut self, window: &CentreWindow, news: &SettingsNews) {
        match news {
            SettingsNews::Told(in_force) => {
                if self.driver() != in_force.values.get(DRIVER_NAME) {
                    self.draft = None;
                }
                (self.in_force, self.denial) = (Some(in_force.clone()), None);
                window.global::<LackingAdapter>().set_settings_known(true);
            }
            SettingsNews::Gone => self.in_force = None,
            SettingsNews::Refused(denied) => self.denial = Some((denied.cause, self.now + REASON_SHOWN)),
        }
        self.show(window);
    }

    pub fn set_look(&mut self, window: &CentreWindow, look: Look) {
        (self.theme, self.language) = (look.theme, look.language);
        self.show(window);
    }

    /// Whether what takes more than a glance waits.
    pub fn restrict(&mut self, window: &CentreWindow, locked: bool) {
        self.locked = locked;
        self.show(window);
    }

    pub fn forgets_at(&self) -> Option<Nanoseconds> {
        self.denial.map(|(_, until)| until)
    }

    fn driver(&self) -> String {
        self.in_force.as_ref().map(|in_force| in_force.values.get(DRIVER_NAME)).unwrap_or_default()
    }

    /// A letter is typed into the driver's name, or the last one taken away.
    fn write(&mut self, window: &CentreWindow, letter: Option<&str>) {
        let mut draft = self.draft.take().unwrap_or_else(|| self.driver());
        match letter {
            None => _ = draft.pop(),
            Some(letter) if draft.chars().count() < longest_name() => {
                let begins = draft.chars().next_back().is_none_or(char::is_whitespace);
                let large = letter.to_uppercase();
                // There is no large ß.
                draft.push_str(if begins && large.chars().count() == 1 { &large } else { letter });
            }
            Some(_) => {}
        }
        self.draft = Some(draft);
        self.show(window);
    }

    fn show(&self, window: &CentreWindow) {
        let adapter = window.global::<SettingsAdapter>();
        adapter.set_version(env!("CARGO_PKG_VERSION").into());
        adapter.set_kept(self.in_force.is_some());
        let set = self.in_force.as_ref().map(|in_force| in_force.values.get(THEME));
        adapter.set_colours(match (set, self.theme) {
            (Some(settings::Theme::Auto), _) => Colours::Auto,
            (Some(settings::Theme::Day), _) | (None, Theme::Day) => Colours::Day,
            (Some(settings::Theme::Night), _) | (None, Theme::Night) => Colours::Night,
        });
        // Who fixed what is worn here sees what is set, and everybody else what is worn.
        let set = self.in_force.as_ref().filter(|_| adapter.get_language_fixed());
        let language = match set.map(|in_force| in_force.values.get(LANGUAGE)) {
            None => self.language,
            Some(settings::Language::English) => Language::English,
            Some(settings::Language::Chinese) => Language::Chinese,
            Some(settings::Language::German) => Language::German,
        };
        adapter.set_language(language as i32);
        adapter.set_reduced_motion(self.in_force.as_ref().is_some_and(|it| it.values.get(REDUCED_MOTION)));
        adapter.set_high_contrast(self.in_force.as_ref().is_some_and(|it| it.values.get(HIGH_CONTRAST)));
        adapter.set_text_size(self.in_force.as_ref().map_or(100, |it| it.values.get(FONT_SCALE) as i32));
        let driver = self.driver();
        adapter.set_draft(self.draft.as_ref().unwrap_or(&driver).into());
        adapter.set_driver(words(&driver));
        let instruments = self.in_force.as_ref().map(|it| it.values.get(CLUSTER_LAYOUT)).unwrap_or_default();
        adapter.set_instruments(instruments as i32);
        let units = self.in_force.as_ref().map(|it| Units::of(&it.values)).unwrap_or_default();
        adapter.set_clock(units.clock as i32);
        adapter.set_distance(units.distance as i32);
        adapter.set_temperature(units.temperature as i32);
        adapter.set_pressure(units.pressure as i32);
        adapter.set_consumption(units.consumption as i32);
        adapter.set_locked(self.locked);
        adapter.set_denial(match self.denial {
            None => SettingDenial::None,
            Some((SettingCause::Restricted, _)) => SettingDenial::Restricted,
            Some((SettingCause::Storage, _)) => SettingDenial::Storage,
            Some((SettingCause::Unknown, _)) => SettingDenial::Unknown,
            Some((SettingCause::NoAnswer, _)) => SettingDenial::NoAnswer,
        });
        let notice = self.in_force.as_ref().and_then(|in_force| in_force.notice.as_ref());
        adapter.set_notice(match notice.map(|notice| notice.kind.as_str()) {
            None => SettingNotice::None,
            Some("newer") => SettingNotice::Newer,
            Some("unwritable") => SettingNotice::Unwritable,
            Some("not-kept") => SettingNotice::NotKept,
            Some(_) => SettingNotice::Damaged,
        });
    }

    /// Sets through the service, if there is one.
    fn set(&mut self, window: &CentreWindow, choices: &Choices, key: &'static str, value: Value) {
        self.ask(window, choices, SettingsCommand::Set(key, value));
    }

    fn ask(&mut self, window: &CentreWindow, choices: &Choices, command: SettingsCommand) {
        if !(choices.set)(command) {
            self.denial = Some((SettingCause::NoAnswer, self.now + REASON_SHOWN));
            self.show(window);
        }
    }
}

/// Characters.
fn longest_name() -> usize {
    match settings::find(DRIVER_NAME.name).map(|spec| spec.kind) {
        Ok(Kind::Text { max_characters }) => max_characters as usize,
        _ => 0,
    }
}

/// The name of a setting of units, and the words that it may have.
fn unit(setting: UnitSetting) -> (&'static str, &'static [&'static str]) {
    match setting {
        UnitSetting::Clock => (CLOCK.name, Clock::WORDS),
        UnitSetting::Distance => (DISTANCE.name, DistanceUnit::WORDS),
        UnitSetting::Temperature => (TEMPERATURE.name, TemperatureUnit::WORDS),
        UnitSetting::Pressure => (PRESSURE.name, PressureUnit::WORDS),
        UnitSetting::Consumption => (CONSUMPTION.name, ConsumptionUnit::WORDS),
    }
}

/// Lets a hand choose.
pub(crate) fn connect(window: &CentreWindow, page: &Rc<RefCell<Page>>, choices: Choices) {
    let adapter = window.global::<SettingsAdapter>();
    let choices = Rc::new(choices);
    let at = || (window.as_weak(), Rc::clone(page), Rc::clone(&choices));
    let (place, state, asks) = at();
    adapter.on_choose_colours(move |colours| {
        let Some(window) = place.upgrade() else { return };
        let (word, theme) = match colours {
            Colours::Auto => (settings::Theme::Auto, None),
            Colours::Day => (settings::Theme::Day, Some(Theme::Day)),
            Colours::Night => (settings::Theme::Night, Some(Theme::Night)),
        };
        if state.borrow().in_force.is_some() {
            state.borrow_mut().set(&window, &asks, THEME.name, Value::from(word.word()));
        } else if let Some(theme) = theme {
            (asks.theme)(theme);
        }
    });
    let (place, state, asks) = at();
    adapter.on_choose_motion(move |reduced| {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().set(&window, &asks, REDUCED_MOTION.name, Value::Bool(reduced));
        }
    });
    let (place, state, asks) = at();
    adapter.on_choose_contrast(move |high| {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().set(&window, &asks, HIGH_CONTRAST.name, Value::Bool(high));
        }
    });
    let (place, state, asks) = at();
    adapter.on_choose_text_size(move |percent| {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().set(&window, &asks, FONT_SCALE.name, Value::Int(percent.into()));
        }
    });
    let (place, state, _) = at();
    adapter.on_type(move |letter| {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().write(&window, Some(&letter));
        }
    });
    let (place, state, _) = at();
    adapter.on_erase(move || {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().write(&window, None);
        }
    });
    let (place, state, asks) = at();
    adapter.on_keep_name(move || {
        let Some(window) = place.upgrade() else { return };
        let mut page = state.borrow_mut();
        let name = page.draft.clone().unwrap_or_else(|| page.driver());
        page.set(&window, &asks, DRIVER_NAME.name, Value::from(name.trim()));
    });
    let choose = |(place, state, asks): (slint::Weak<CentreWindow>, Rc<RefCell<Page>>, Rc<Choices>)| {
        move |(name, words): (&'static str, &'static [&'static str]), chosen: i32| {
            let word = usize::try_from(chosen).ok().and_then(|chosen| words.get(chosen));
            if let (Some(window), Some(word)) = (place.upgrade(), word) {
                state.borrow_mut().set(&window, &asks, name, Value::from(*word));
            }
        }
    };
    let choose_unit = choose(at());
    adapter.on_choose_unit(move |setting, chosen| choose_unit(unit(setting), chosen));
    let choose_layout = choose(at());
    adapter.on_choose_instruments(move |chosen| choose_layout((CLUSTER_LAYOUT.name, ClusterLayout::WORDS), chosen));
    let (place, state, asks) = at();
    adapter.on_choose_language(move |word| {
        let Some(window) = place.upgrade() else { return };
        let chosen = Language::ALL.into_iter().find(|language| word == language.translation()).unwrap_or_default();
        if state.borrow().in_force.is_some() {
            state.borrow_mut().set(&window, &asks, LANGUAGE.name, Value::from(chosen.word()));
        } else {
            (asks.language)(chosen);
        }
    });
    let (place, state, asks) = at();
    adapter.on_dismiss_notice(move || {
        if let Some(window) = place.upgrade() {
            state.borrow_mut().ask(&window, &asks, SettingsCommand::DismissNotice);
        }
    });
}

//! The page of settings, with the service that keeps them and without.

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use tandem_centre::Centre;
use tandem_contracts::driving::{Flag, Restrictions};
use tandem_contracts::settings::Notice;
use tandem_kit::settings::{SettingCause, SettingDenied};
use tandem_kit::{Desk, Face, InForce, Language, Look, SettingsNews, Theme, Units, Update};
use tandem_units::{Quality, Value};

use crate::stage::Stage;

fn page() -> Stage {
    let stage = Stage::full();
    stage.open_page("Settings");
    stage
}

fn told(stage: &mut Stage, values: &[(&str, Value)], notice: Option<&str>) {
    let mut in_force = InForce::default();
    for (key, value) in values {
        assert!(in_force.values.take(key, value.clone()), "{key}");
    }
    in_force.notice = notice.map(|kind| Notice { kind: kind.into(), file: String::new(), reason: String::new() });
    stage.tell(&Update::Settings(SettingsNews::Told(Box::new(in_force))));
}

fn chosen(stage: &Stage) -> Vec<String> {
    stage.chosen.take()
}

#[test]
fn without_the_service_a_choice_is_this_screens_alone() {
    let stage = page();
    stage.tap(&stage.control(AccessibleRole::RadioButton, "Day"));
    stage.tap(&stage.control(AccessibleRole::Tab, "Language"));
    stage.tap(&stage.control(AccessibleRole::RadioButton, "Deutsch"));
    assert_eq!(chosen(&stage), ["day", "de"]);
    stage.picture("settings-language");
}

#[test]
fn with_the_service_it_is_asked_and_what_it_says_holds() {
    let mut stage = page();
    told(&mut stage, &[("display.theme", Value::from("auto"))], None);
    let light = |stage: &Stage| stage.control(AccessibleRole::RadioButton, "Automatic").accessible_checked();
    assert_eq!(light(&stage), Some(true));
    stage.tap(&stage.control(AccessibleRole::RadioButton, "Day"));
    stage.tap(&stage.control(AccessibleRole::Switch, "Reduced motion"));
    stage.tap(&stage.control(AccessibleRole::RadioButton, "Guidance"));
    let set = [
        r#"Set("display.theme", Text("day"))"#,
        r#"Set("display.reduced-motion", Bool(true))"#,
        r#"Set("cluster.layout", Text("guidance"))"#,
    ];
    assert_eq!(chosen(&stage), set);
    assert_eq!(light(&stage), Some(true), "until the service says otherwise");
    stage.picture("settings");
    let instruments = |stage: &Stage| stage.control(AccessibleRole::RadioButton, "Guidance").accessible_checked();
    assert_eq!(instruments(&stage), Some(false));
    told(&mut stage, &[("display.theme", Value::from("day")), ("cluster.layout", Value::from("guidance"))], None);
    assert_eq!((light(&stage), instruments(&stage)), (Some(false), Some(true)));
}

/// The keys, by their letters and words; each is as large as a finger and apart from the others.
fn keys(stage: &Stage) -> Vec<String> {
    let keys = stage.all(AccessibleRole::Button).into_iter().filter(|key| key.absolute_position().y > 300.0);
    let keys: Vec<_> = keys.filter(|key| key.absolute_position().y < 900.0).collect();
    let place = |key: &ElementHandle| (key.absolute_position(), key.size());
    for (at, key) in keys.iter().enumerate() {
        let (corner, size) = place(key);
        assert!(size.width >= 76.0 && size.height >= 76.0, "{:?} is {size:?}", key.accessible_label());
        assert!(corner.x + size.width <= 532.0 + 944.0, "{:?} is off the keyboard", key.accessible_label());
        for other in &keys[at + 1..] {
            let (there, its) = place(other);
            let apart = corner.x + size.width <= there.x
                || there.x + its.width <= corner.x
                || corner.y + size.height <= there.y
                || there.y + its.height <= corner.y;
            assert!(apart, "{:?} and {:?}", key.accessible_label(), other.accessible_label());
        }
    }
    keys.iter().filter_map(|key| key.accessible_label().map(Into::into)).collect()
}

#[test]
fn names_of_this_country_and_of_others_can_be_written() {
    let of = |theme, language, tab: &str| {
        let mut stage = Stage::open(theme, language);
        told(&mut stage, &[], None);
        stage.tap(stage.pages().last().unwrap());
        stage.tap(&stage.control(AccessibleRole::Tab, tab));
        stage
    };
    let write = |stage: &Stage, letters: &[&str]| {
        letters.iter().for_each(|letter| stage.tap(&stage.control(AccessibleRole::Button, letter)));
    };
    let german = std::thread::spawn(move || {
        let stage = of(Theme::Day, Language::German, "Fahrer");
        let plain = keys(&stage);
        assert!(["ä", "ö", "ü", "ß"].iter().all(|letter| plain.contains(&(*letter).to_owned())), "{plain:?}");
        let place = |letter| stage.control(AccessibleRole::Button, letter).absolute_position().y;
        assert!(place("z") < place("y"), "as a German keyboard has them");
        write(&stage, &["ß", "ö", "k", "e", "Leerzeichen", "ü", "l"]);
        stage.picture("settings-driver-de");
        stage.reading("Name in der Statusleiste")
    });
    assert_eq!(german.join().unwrap(), "ßöke Ül");
    let stage = of(Theme::Night, Language::English, "Driver");
    let plain = keys(&stage);
    assert!(!plain.contains(&"ä".to_owned()));
    stage.tap(&stage.control(AccessibleRole::Button, "Other letters"));
    let others = keys(&stage);
    let expected = "àáâãäåæąçčèéêëęìíîïłñòóôõöøœšßùúûüýž";
    assert!(expected.chars().all(|letter| others.contains(&letter.to_string())), "{others:?}");
    write(&stage, &["é", "Plain letters", "v", "a", "Space", "Other letters", "š", "ø"]);
    assert_eq!(stage.reading("Name in the status bar"), "Éva Šø");
    stage.picture("settings-driver-others");
    assert_eq!(stage.places_of_the_ring(), stage.controls(), "the knob comes to each");
}

#[test]
fn what_the_command_line_fixed_says_so_and_the_choice_is_what_is_set() {
    for (theme_is_fixed, language_is_fixed) in [(false, false), (true, true)] {
        std::thread::spawn(move || {
            let mut stage = page();
            // As a screen that was started with them.
            let mut desk = Desk::unattended();
            (desk.theme_is_fixed, desk.language_is_fixed) = (theme_is_fixed, language_is_fixed);
            drop(Centre::new(&stage.window, desk));
            let colours = "This screen was started with its colours and keeps them. The choice is for the others.";
            let words = "This screen was started with its language and keeps it. The choice is for the others.";
            assert!(!stage.says(colours), "without the service it does what it is asked");
            told(&mut stage, &[("display.theme", Value::from("day")), ("language", Value::from("de"))], None);
            assert_eq!(stage.says(colours), theme_is_fixed);
            if theme_is_fixed {
                stage.picture("settings-fixed");
            }
            stage.tap(&stage.control(AccessibleRole::Tab, "Language"));
            assert_eq!(stage.says(words), language_is_fixed);
            // What is set, where it is not what is worn.
            let german = stage.control(AccessibleRole::RadioButton, "Deutsch").accessible_checked();
            assert_eq!(german, Some(language_is_fixed));
            if language_is_fixed {
                stage.picture("settings-language-fixed");
            }
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_choice_that_comes_to_nothing_says_why() {
    let mut stage = page();
    told(&mut stage, &[], None);
    let denied = SettingDenied { key: "display.theme", cause: SettingCause::Storage };
    stage.tell(&Update::Settings(SettingsNews::Refused(denied)));
    assert!(stage.says("The disk does not take it"));
    stage.hear(64, Quality::Valid, &[]);
    assert!(!stage.says("The disk does not take it"));
}

#[test]
fn damaged_settings_are_told_until_somebody_has_understood() {
    let mut stage = page();
    told(&mut stage, &[], Some("damaged"));
    stage.picture("settings-damaged");
    stage.tap(&stage.control(AccessibleRole::Button, "Understood"));
    assert_eq!(chosen(&stage), ["DismissNotice"]);
    told(&mut stage, &[], None);
    assert!(stage.all(AccessibleRole::Button).iter().all(|it| it.accessible_label().as_deref() != Some("Understood")));
}

#[test]
fn the_page_says_what_this_is_and_under_which_licences() {
    let stage = page();
    stage.tap(&stage.control(AccessibleRole::Tab, "About"));
    assert_eq!(stage.reading("Version"), format!("Tandem {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(stage.reading("Licence of this program, with Slint in it"), "GPL-3.0-only");
}

#[test]
fn units_are_asked_for_and_wait_until_the_car_stands() {
    let mut stage = page();
    told(&mut stage, &[("units.distance", Value::from("mi")), ("clock", Value::from("12h"))], None);
    stage.tap(&stage.control(AccessibleRole::Tab, "Units"));
    let holds = |stage: &Stage, word| stage.control(AccessibleRole::RadioButton, word).accessible_checked();
    let held = ["mi, mph", "12 hours", "°C", "bar", "kWh/100 km", "km, km/h"].map(|word| holds(&stage, word));
    assert_eq!(held, [Some(true), Some(true), Some(true), Some(true), Some(true), Some(false)]);
    for word in ["km, km/h", "°F", "psi", "mi/kWh", "24 hours"] {
        stage.tap(&stage.control(AccessibleRole::RadioButton, word));
    }
    let set = [
        r#"Set("units.distance", Text("km"))"#,
        r#"Set("units.temperature", Text("fahrenheit"))"#,
        r#"Set("units.pressure", Text("psi"))"#,
        r#"Set("units.consumption", Text("mi-per-kwh"))"#,
        r#"Set("clock", Text("24h"))"#,
    ];
    assert_eq!(chosen(&stage), set);
    stage.picture("settings-units");
    stage.restrict(Restrictions { flags: Flag::NoSetup.bit(), ..Restrictions::NONE });
    stage.tap(&stage.control(AccessibleRole::RadioButton, "°F"));
    assert_eq!(chosen(&stage), [""; 0]);
    assert!(stage.says("Not while driving"));
}

#[test]
fn text_grows_as_it_is_set_and_only_while_the_car_stands() {
    let mut stage = page();
    told(&mut stage, &[("display.font-scale", Value::Int(120))], None);
    let held = |stage: &Stage| stage.control(AccessibleRole::RadioButton, "120 %").accessible_checked();
    assert_eq!(held(&stage), Some(true));
    stage.tap(&stage.control(AccessibleRole::RadioButton, "130 %"));
    assert_eq!(chosen(&stage), [r#"Set("display.font-scale", Int(130))"#]);
    let height = |stage: &Stage| {
        let words = ElementQuery::from_root(&stage.window).match_descendants().match_inherits("Label").find_all();
        words.iter().map(|word| word.size().height).sum::<f32>()
    };
    let before = height(&stage);
    stage.wear(Look { percent: 130, ..Look::STILL });
    assert!(height(&stage) > before * 1.2, "{before} {}", height(&stage));
    stage.picture("settings-large");
    stage.restrict(Restrictions { flags: Flag::NoSetup.bit(), ..Restrictions::NONE });
    stage.tap(&stage.control(AccessibleRole::RadioButton, "100 %"));
    assert_eq!(chosen(&stage), [""; 0]);
}

#[test]
fn a_name_is_typed_kept_and_shown() {
    let mut stage = page();
    told(&mut stage, &[], None);
    stage.tap(&stage.control(AccessibleRole::Tab, "Driver"));
    stage.restrict(Restrictions { flags: Flag::NoKeyboard.bit(), ..Restrictions::NONE });
    assert!(stage.says("The keyboard is there when the car is parked."));
    stage.restrict(Restrictions::NONE);
    for letter in ["a", "n", "x", "Delete the last letter", "n", "Space", "l"] {
        stage.tap(&stage.control(AccessibleRole::Button, letter));
    }
    assert_eq!(stage.reading("Name in the status bar"), "Ann L");
    stage.picture("settings-driver");
    stage.tap(&stage.control(AccessibleRole::Button, "Keep"));
    assert_eq!(chosen(&stage), [r#"Set("driver.name", Text("Ann L"))"#]);
    assert!(stage.all(AccessibleRole::Text).iter().all(|it| it.accessible_description().as_deref() != Some("Driver")));
    told(&mut stage, &[("driver.name", Value::from("王小明"))], None);
    assert_eq!((stage.reading("Driver"), stage.reading("Name in the status bar")), ("王小明".into(), "王小明".into()));
    for _ in 0..50 {
        stage.tap(&stage.control(AccessibleRole::Button, "q"));
    }
    assert_eq!(stage.reading("Name in the status bar").chars().count(), 40);
    stage.tap(&stage.control(AccessibleRole::Tab, "Privacy"));
    stage.picture("settings-privacy");
    stage.tap(&stage.control(AccessibleRole::Button, "What was shared"));
    assert_eq!(stage.control(AccessibleRole::Tab, "What was shared").accessible_item_selected(), Some(true));
}

#[test]
fn readings_are_in_the_units_that_are_set() {
    let mut stage = Stage::full();
    assert_eq!(stage.reading("Time"), "21:40");
    let mut in_force = InForce::default();
    for (key, word) in [
        ("units.distance", "mi"),
        ("units.temperature", "fahrenheit"),
        ("units.pressure", "psi"),
        ("units.consumption", "mi-per-kwh"),
        ("clock", "12h"),
    ] {
        assert!(in_force.values.take(key, Value::from(word)));
    }
    let units = Units::of(&in_force.values);
    stage.wear(Look { units, ..Look::STILL });
    assert_eq!(stage.reading("Time"), "9:40 pm");
    assert_eq!(stage.reading("Outside temperature"), "48.2 °F");
    stage.picture("imperial");
    stage.wear(Look { units, language: Language::Chinese, theme: Theme::Day, ..Look::STILL });
    stage.picture("imperial-day-zh");
    stage.wear(Look { contrast: true, ..Look::STILL });
    stage.picture("contrast-night");
    stage.wear(Look { contrast: true, theme: Theme::Day, ..Look::STILL });
    stage.picture("contrast-day");
    assert_eq!(stage.reading("Outside temperature"), "9.0 °C");
}

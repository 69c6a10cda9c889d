//! What is not available stands in the status bar, whatever the page; which parts there are stands among the settings.

use i_slint_backend_testing::AccessibleRole;
use tandem_kit::health::Part;
use tandem_kit::{HealthNews, InForce, Lacking, Language, SettingsNews, Theme, Update};
use tandem_units::Quality;

use crate::calls::ada;
use crate::phone_service::phone;
use crate::stage::{Stage, instant};

const MUSIC: Lacking = Lacking { music: true, phone: false, settings: false };
const SETTINGS: Lacking = Lacking { music: false, phone: false, settings: true };
pub const ALL: Lacking = Lacking { music: true, phone: true, settings: true };

fn lacks(stage: &mut Stage, lacking: Lacking) {
    stage.tell(&Update::Health(HealthNews { lacking, parts: Vec::new() }));
}

pub fn parts(ill: &[&str]) -> Vec<Part> {
    let part = |name: &str| {
        let (health, version) = match name {
            "phone-link" => ("away", ""),
            "cluster" => ("starting", ""),
            _ if ill.contains(&name) => ("ill", if name == "media" { "" } else { "0.1.0" }),
            _ => ("well", "0.1.0"),
        };
        Part { name: name.into(), health: health.into(), version: version.into(), ..Part::default() }
    };
    ["vehicle", "settings", "media", "phone-link", "cluster", "centre", "lifecycle"].map(part).into()
}

fn stage(theme: Theme, language: Language) -> Stage {
    let mut stage = Stage::open(theme, language);
    stage.hear(60, Quality::Valid, &instant());
    stage
}

#[test]
fn what_is_not_available_is_said_on_every_page_until_it_is_there_again() {
    let mut stage = stage(Theme::Night, Language::English);
    let before = stage.pixels();
    lacks(&mut stage, MUSIC);
    for page in stage.pages() {
        stage.tap(&page);
        assert!(stage.says("Music is not available"));
    }
    stage.open_page("Home");
    stage.picture("lacking-music");
    lacks(&mut stage, Lacking::default());
    assert!(!stage.says("Music is not available"));
    assert!(stage.pixels() == before, "nothing of it stays");
}

#[test]
fn of_settings_it_is_said_whether_any_were_heard() {
    let mut stage = stage(Theme::Day, Language::German);
    lacks(&mut stage, SETTINGS);
    assert!(stage.says("Es gelten die Standardeinstellungen"));
    let mut in_force = InForce::default();
    assert!(in_force.values.take("driver.name", "Ann-Kathrin".into()));
    stage.tell(&Update::Settings(SettingsNews::Told(Box::new(in_force))));
    assert!(stage.says("Einstellungen können nicht geändert werden"));
    lacks(&mut stage, ALL);
    assert!(stage.says("Musik, Telefon und Einstellungen sind nicht verfügbar"));
    stage.picture("lacking-all-day-de");
}

#[test]
fn it_lies_on_nothing_whoever_drives_calls_and_brings_a_phone() {
    let mut stage = stage(Theme::Night, Language::German);
    let sentence = "Musik, Telefon und Einstellungen sind nicht verfügbar";
    lacks(&mut stage, ALL);
    let lies_on = |stage: &Stage| {
        stage.pixels();
        let all = [AccessibleRole::Text, AccessibleRole::Groupbox].into_iter().flat_map(|role| stage.all(role));
        let bar = all.filter(|one| one.absolute_position().y < 64.0).map(|one| {
            let (left, label) = (one.absolute_position().x, one.accessible_label().unwrap_or_default());
            (label.to_string(), left, left + one.size().width)
        });
        let (notes, others): (Vec<_>, Vec<_>) = bar.partition(|(label, ..)| label == sentence);
        let [(_, left, right)] = notes[..] else { return None };
        let touched = others.into_iter().filter(|(_, begin, end)| *begin < right && left < *end);
        Some(touched.map(|(label, ..)| label).collect::<Vec<_>>())
    };
    assert_eq!(lies_on(&stage), Some(vec![]));
    stage.phones(&[phone("ana", "Ein Telefon mit einem langen Namen", 1)], false);
    assert_eq!(lies_on(&stage), Some(vec![]));
    stage.picture("lacking-all-phone-de");
    let mut in_force = InForce::default();
    assert!(in_force.values.take("driver.name", "Maximilian-Alexander".into()));
    stage.tell(&Update::Settings(SettingsNews::Told(Box::new(in_force))));
    assert_eq!(lies_on(&stage), Some(vec![]));
    assert!(!stage.says("Maximilian-Alexander"), "the name would cut the note");
    stage.picture("lacking-all-driver-de");
    lacks(&mut stage, MUSIC);
    assert!(stage.says("Maximilian-Alexander"), "beside a short one there is room");
    lacks(&mut stage, ALL);
    // A call takes its place, and the note waits.
    stage.calls(&[ada("active")]);
    assert!(stage.says("Maximilian-Alexander"));
    assert_eq!(lies_on(&stage).unwrap_or_default(), [""; 0]);
    stage.picture("lacking-all-call-de");
}

#[test]
fn the_parts_stand_among_the_settings_with_version_and_state() {
    let mut stage = stage(Theme::Night, Language::English);
    stage.open_page("Settings");
    stage.tap(&stage.control(AccessibleRole::Tab, "System"));
    assert!(stage.says("How the parts are is not known now"));
    stage.tell(&Update::Health(HealthNews { lacking: Lacking::default(), parts: parts(&["media", "settings"]) }));
    assert!(!stage.says("How the parts are is not known now"));
    let rows = stage.all(AccessibleRole::ListItem);
    let told = rows.iter().map(|row| {
        format!("{}: {}", row.accessible_label().unwrap_or_default(), row.accessible_value().unwrap_or_default())
    });
    let expected = [
        "Vehicle: Running, 0.1.0",
        "Settings: Faulty, 0.1.0",
        "Music and cameras: Not available",
        "Phone: Not in use",
        "Instruments: Starting",
        "Centre display: Running, 0.1.0",
        "Supervision: Running, 0.1.0",
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    stage.picture("system");
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("system-day-zh");
}

#[test]
fn whatever_a_stranger_says_of_parts_the_rows_are_short() {
    let mut stage = stage(Theme::Night, Language::English);
    let long = "9".repeat(4_000) + "\u{202e}\n";
    let part = |name: &str, health: &str| Part {
        name: name.into(),
        health: health.into(),
        version: long.clone(),
        ..Part::default()
    };
    let parts = vec![part("media", "well"), part("media", "poorly"), part(&long, "well")];
    stage.tell(&Update::Health(HealthNews { lacking: Lacking::default(), parts }));
    stage.open_page("Settings");
    stage.tap(&stage.control(AccessibleRole::Tab, "System"));
    let rows = stage.all(AccessibleRole::ListItem);
    let told: Vec<_> = rows.iter().map(|row| row.accessible_value().unwrap_or_default().to_string()).collect();
    assert_eq!(told, [format!("Running, {}", "9".repeat(16))]);
}

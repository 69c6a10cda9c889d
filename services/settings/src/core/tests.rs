use tandem_contracts::driving::{Restrictions, Rules};
use tandem_contracts::wire::from_variant;

use super::*;

fn free(_: Flag) -> Result<(), String> {
    Ok(())
}

/// As long as nobody says that the car stands.
fn moving(flag: Flag) -> Result<(), String> {
    let (rules, _following) = Rules::followed();
    assert_eq!(rules.restrictions(), Restrictions::ALL);
    rules.admit(flag)
}

fn rows(rows: &[(&str, &str)]) -> Rows {
    rows.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

fn core(written: &[(&str, &str)]) -> Core {
    Core::new(7, rows(written), true, Notice::default())
}

/// Sets it and writes it down; what followers are told.
fn sets(core: &mut Core, key: &str, value: impl Into<Value>) -> Option<(u64, String)> {
    let change = core.set(key, value.into(), free).unwrap()?;
    core.take(change).map(|told| (told.sequence, format!("{}={}", told.key, told.value)))
}

#[test]
fn nothing_is_set_until_it_is_written_down() {
    let mut core = core(&[]);
    let change = core.set("display.theme", "night".into(), free).unwrap().unwrap();
    assert_eq!(change.rows, rows(&[("display.theme", "night")]));
    assert_eq!(core.get("display.theme"), Ok("auto".into()), "the disk may not take it");
    assert!(core.rows().is_empty());
    core.take(change);
    assert_eq!(core.get("display.theme"), Ok("night".into()));
}

#[test]
fn every_difference_is_told_once_and_numbered() {
    let mut core = core(&[]);
    assert_eq!(sets(&mut core, "display.theme", "night"), Some((1, "display.theme=night".into())));
    assert_eq!(core.set("display.theme", "night".into(), free), Ok(None), "it is so already");
    assert_eq!(sets(&mut core, "display.brightness", Value::Int(3)), Some((2, "display.brightness=3".into())));
    assert_eq!(sets(&mut core, "language", "en"), None, "a default that somebody chose is written down and no news");
    assert_eq!(core.rows().get("language").map(String::as_str), Some("en"));

    let reset = core.reset("display.theme", free).unwrap().unwrap();
    assert_eq!(reset.rows, rows(&[("display.brightness", "3"), ("language", "en")]));
    assert_eq!(core.take(reset).map(|told| (told.sequence, told.value)), Some((3, "auto".into())));
    assert_eq!(core.reset("display.theme", free), Ok(None));
    assert_eq!((core.table().generation, core.table().sequence), (7, 3));
}

#[test]
fn what_was_written_down_is_in_force_as_far_as_it_is_understood_and_kept_as_it_is() {
    let written = [
        ("display.brightness", "250"),
        ("display.hologram", "on"),
        ("display.reduced-motion", "true"),
        ("driver.name", "陈静"),
        ("language", "xx"),
    ];
    let mut core = core(&written);
    let is = |core: &Core, key: &str| core.get(key).unwrap().to_string();
    assert_eq!((is(&core, "display.brightness"), is(&core, "language")), ("80".into(), "en".into()));
    assert_eq!((is(&core, "display.reduced-motion"), is(&core, "driver.name")), ("true".into(), "陈静".into()));
    assert_eq!(core.strange().collect::<Vec<_>>(), ["display.brightness", "display.hologram", "language"]);
    sets(&mut core, "display.brightness", Value::Int(40));
    assert_eq!(core.rows().get("display.hologram").map(String::as_str), Some("on"));
    assert_eq!(core.strange().collect::<Vec<_>>(), ["display.hologram", "language"]);
}

#[test]
fn while_the_car_moves_only_what_takes_one_tap_is_changed() {
    let core = core(&[("units.distance", "mi")]);
    let restricted: Vec<_> = SCHEMA
        .iter()
        .filter(|spec| {
            let other = match spec.kind {
                Kind::Choice(words) => (*words.last().unwrap()).into(),
                Kind::Number { max, .. } => Value::Int(max),
                Kind::Flag => true.into(),
                Kind::Text { .. } => "Ada".into(),
            };
            // It is so already.
            let other = if spec.key == "units.distance" { "km".into() } else { other };
            core.set(spec.key, other, moving).is_err()
        })
        .map(|spec| spec.key)
        .collect();
    assert_eq!(
        restricted,
        [
            "display.font-scale",
            "clock",
            "units.distance",
            "units.temperature",
            "units.pressure",
            "units.consumption",
            "driver.name"
        ]
    );
    let refused = core.reset("units.distance", moving).unwrap_err().to_string();
    assert_eq!(
        refused,
        "`units.distance` is not changed now: NO_SETUP is in force while the car is moving: nobody says that the car stands"
    );
    assert!(matches!(core.set("units.distance", "leagues".into(), moving), Err(Refusal::OutOfRange { .. })));
    assert_eq!(core.set("units.distance", "mi".into(), moving), Ok(None), "what is so already changes nothing");
}

#[test]
fn the_table_says_what_each_setting_may_be() {
    let table = core(&[("display.theme", "day")]).table();
    assert_eq!(table.settings.len(), SCHEMA.len());
    let of = |key: &str| table.settings.iter().find(|setting| setting.key == key).unwrap();
    let value = |variant| from_variant(0, variant).unwrap().1.unwrap().to_string();
    let theme = of("display.theme");
    assert_eq!((value(&theme.value), value(&theme.default)), ("day".into(), "auto".into()));
    assert_eq!((theme.kind.as_str(), theme.allowed.join(" ").as_str()), ("choice", "auto day night"));
    let scale = of("display.font-scale");
    assert_eq!((scale.min, scale.max, scale.step, scale.unit.as_str()), (100, 130, 10, "percent"));
    assert_eq!(scale.not_with, "NO_SETUP");
    let name = of("driver.name");
    assert_eq!((name.max_characters, name.is_private, name.not_with.as_str()), (40, true, "NO_KEYBOARD"));
}

#[test]
fn a_notice_is_news_once() {
    let mut core = core(&[]);
    let notice = Notice { kind: "damaged".into(), ..Notice::default() };
    assert!(core.notify(notice.clone()) && !core.notify(notice.clone()));
    assert_eq!((core.notice(), core.table().notice), (&notice, notice.clone()));
    assert!(core.notify(Notice::default()) && !core.notify(Notice::default()));
}

#[test]
fn what_a_disk_has_that_comes_late_is_told_where_it_differs() {
    let mut core = core(&[]);
    let told = core.find(rows(&[("display.theme", "day"), ("language", "en"), ("driver.name", "Ada"), ("x", "y")]));
    let told: Vec<_> = told.iter().map(|told| (told.sequence, told.key, told.value.to_string())).collect();
    assert_eq!(told, [(1, "display.theme", "day".into()), (2, "driver.name", "Ada".into())]);
    assert_eq!((core.table().sequence, core.get("driver.name")), (2, Ok("Ada".into())));
    assert_eq!(sets(&mut core, "display.theme", "night"), Some((3, "display.theme=night".into())));
    assert_eq!(core.rows().len(), 4);
    assert!(core.find(core.rows().clone()).is_empty());
}

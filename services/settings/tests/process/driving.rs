//! What is changed while the car drives.

use tandem_contracts::driving::{Driving1, DrivingBackend, NAME, PATH, Restrictions, Status, Zone};
use tandem_contracts::settings::SettingsError;
use tandem_scenes::tied;
use tandem_units::Value;

use crate::stage::{SERVICE, Stage, until};

struct Parked;

impl DrivingBackend for Parked {
    async fn status(&self) -> zbus::fdo::Result<Status> {
        let zones = Zone::ALL.into_iter().map(|zone| (zone.word().to_owned(), Restrictions::NONE)).collect();
        Ok(Status { state: "parked".into(), zones, ..Status::default() })
    }
}

#[tokio::test]
async fn nobody_who_drives_sets_up_units_and_everybody_dims_the_screen() {
    let mut stage = Stage::new().await;
    let mut command = tied(SERVICE);
    command.arg("--state").arg(stage.state());
    stage.start_as(command).await;
    let refused = stage.set("units.distance", "mi").await;
    let Err(SettingsError::Restricted(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("NO_SETUP is in force while the car is moving"), "{why}");
    assert!(matches!(stage.set("driver.name", "Ada").await, Err(SettingsError::Restricted(_))));
    for (key, value) in
        [("display.brightness", Value::Int(20)), ("display.theme", "night".into()), ("language", "zh_CN".into())]
    {
        stage.set(key, value).await.unwrap();
    }

    let _car = stage.bus.builder().serve_at(PATH, Driving1(Parked)).name(NAME).build().await.unwrap();
    until("a parked car", async || stage.set("units.distance", "mi").await.ok()).await;
    stage.set("driver.name", "Ada").await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words_and_leaves_the_service_as_it_was() {
    let mut stage = Stage::new().await;
    stage.start().await;
    let refused = async |key: &str, value: Value| stage.set(key, value).await.unwrap_err();
    assert!(
        matches!(refused("x".repeat(1 << 20).as_str(), true.into()).await, SettingsError::Unknown(why) if why.len() < 1_000)
    );
    assert!(
        matches!(refused("display.them", "day".into()).await, SettingsError::Unknown(why) if why.contains("`display.theme`"))
    );
    assert!(matches!(refused("display.theme", Value::Float(f64::INFINITY)).await, SettingsError::WrongType(_)));
    assert!(matches!(refused("display.brightness", Value::Int(i64::MIN)).await, SettingsError::OutOfRange(_)));
    let long = "🚗".repeat(1 << 20);
    assert!(
        matches!(refused("driver.name", long.as_str().into()).await, SettingsError::OutOfRange(why) if why.len() < 1_000)
    );
    let nan = zbus::OwnedVariant::from(f64::NAN);
    let refused = stage.settings.set("display.brightness".into(), nan).await;
    assert!(matches!(refused, Err(SettingsError::WrongType(why)) if why.contains("a value of type d")));
    let name = "مرحبا 🚗 陈静";
    stage.set("driver.name", name).await.unwrap();
    assert_eq!(stage.get("driver.name").await, Value::from(name));
    let restricted = stage.values().await;
    assert_eq!(restricted.get(tandem_contracts::settings::BRIGHTNESS), 80);
}

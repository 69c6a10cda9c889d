//! Who follows the settings has all of them, hears each change once, asks for what it missed, and believes the owner of the name alone.

use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use tandem_contracts::settings::{
    Follower, NAME, News, Notice, PATH, Settings1, SettingsBackend, SettingsError, THEME, Table, Theme,
};
use tandem_contracts::wire::to_variant;
use tandem_scenes::{Daemon, within};
use tandem_settings::core::Core;
use tandem_units::Value;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant};

use crate::stage::Stage;

async fn next(follower: &mut Follower) -> News {
    within("news", follower.next()).await.unwrap()
}

async fn table(follower: &mut Follower) -> Table {
    match next(follower).await {
        News::Table(table) => table,
        other => panic!("no table, but {other:?}"),
    }
}

async fn change(follower: &mut Follower) -> (String, String) {
    match next(follower).await {
        News::Changed { key, value } => (key, value.to_string()),
        other => panic!("no change, but {other:?}"),
    }
}

#[tokio::test]
async fn the_table_comes_first_then_every_change_and_all_of_it_again_after_a_restart() {
    let mut stage = Stage::new().await;
    std::fs::create_dir(stage.state()).unwrap();
    std::fs::write(stage.database(), "").unwrap();
    let client = stage.bus.connect().await;
    let mut follower = Follower::open(&client).await.unwrap();
    assert_eq!(follower.values().get(THEME), Theme::Auto, "nobody is there");

    stage.start().await;
    let first = table(&mut follower).await;
    assert_eq!((first.sequence, follower.notice().unwrap().kind.as_str()), (0, "damaged"));
    stage.set("display.theme", "day").await.unwrap();
    stage.set("display.theme", "day").await.unwrap();
    stage.set("display.brightness", Value::Int(7)).await.unwrap();
    stage.settings.reset("display.theme".into()).await.unwrap();
    assert_eq!(change(&mut follower).await, ("display.theme".into(), "day".into()));
    assert_eq!(follower.values().get(THEME), Theme::Day);
    assert_eq!(change(&mut follower).await, ("display.brightness".into(), "7".into()));
    assert_eq!(change(&mut follower).await, ("display.theme".into(), "auto".into()));
    stage.settings.dismiss_notice().await.unwrap();
    assert_eq!((table(&mut follower).await.sequence, follower.notice()), (3, None));

    stage.set("display.theme", "night").await.unwrap();
    assert_eq!(change(&mut follower).await, ("display.theme".into(), "night".into()));
    stage.end(Signal::KILL).await;
    assert!(matches!(next(&mut follower).await, News::Gone));
    assert_eq!(follower.values().get(THEME), Theme::Night, "it stays in force");
    stage.start().await;
    let again = table(&mut follower).await;
    assert!(again.generation > first.generation && again.sequence == 0);
    assert_eq!(follower.values().get(THEME), Theme::Night);
}

/// A service that says what it is told to.
#[derive(Clone)]
struct Said(Arc<Mutex<Table>>);

impl SettingsBackend for Said {
    async fn list(&self) -> Result<Table, SettingsError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn get(&self, _key: String) -> Result<OwnedVariant, SettingsError> {
        Err(SettingsError::Storage(String::new()))
    }

    async fn set(&self, _key: String, _value: OwnedVariant) -> Result<(), SettingsError> {
        Ok(())
    }

    async fn reset(&self, _key: String) -> Result<(), SettingsError> {
        Ok(())
    }

    async fn dismiss_notice(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn notice(&self) -> Notice {
        Notice::default()
    }

    fn is_kept(&self) -> bool {
        true
    }
}

fn themed(theme: &str, sequence: u64) -> Table {
    let rows = [("display.theme".to_owned(), theme.to_owned())].into();
    Table { sequence, ..Core::new(1, rows, true, Notice::default()).table() }
}

async fn tell(connection: &Connection, sequence: u64, key: &str, value: Option<Value>, to: Option<&Connection>) {
    let mut emitter = SignalEmitter::new(connection, PATH).unwrap();
    if let Some(to) = to {
        emitter = emitter.set_destination(to.unique_name().unwrap().clone().into());
    }
    let value = to_variant(value.as_ref());
    Settings1::<Said>::changed(&emitter, 1, sequence, key.to_owned(), value).await.unwrap();
}

#[tokio::test]
async fn what_was_missed_is_asked_for_and_what_others_say_is_not_heard() {
    let daemon = Daemon::start();
    let said = Said(Arc::new(Mutex::new(themed("day", 4))));
    let service = daemon.builder().serve_at(PATH, Settings1(said.clone())).name(NAME).build().await.unwrap();
    let (client, forger) = (daemon.connect().await, daemon.connect().await);
    let mut follower = Follower::open(&client).await.unwrap();
    assert_eq!((table(&mut follower).await.sequence, follower.values().get(THEME)), (4, Theme::Day));

    tell(&forger, 5, "display.theme", Some("night".into()), Some(&client)).await;
    tell(&service, 4, "display.theme", Some("night".into()), None).await;
    tell(&service, 5, "display.brightness", Some(Value::Int(9)), None).await;
    assert_eq!(
        change(&mut follower).await,
        ("display.brightness".into(), "9".into()),
        "the first that is new and true"
    );
    assert_eq!(follower.values().get(THEME), Theme::Day);

    *said.0.lock().unwrap() = themed("night", 8);
    tell(&service, 8, "display.theme", Some("night".into()), None).await;
    assert_eq!((table(&mut follower).await.sequence, follower.values().get(THEME)), (8, Theme::Night));
    // One that this client does not know, and one that it does not understand.
    tell(&service, 9, "display.hologram", Some(true.into()), None).await;
    assert_eq!(change(&mut follower).await, ("display.hologram".into(), "true".into()));
    tell(&service, 10, "display.theme", Some("dusk".into()), None).await;
    assert_eq!(change(&mut follower).await.1, "dusk");
    assert_eq!(follower.values().get(THEME), Theme::Night);

    *said.0.lock().unwrap() = themed("day", 11);
    tell(&service, 11, "display.theme", None, None).await;
    assert_eq!((table(&mut follower).await.sequence, follower.undecodable()), (11, 1));
    assert_eq!(follower.values().get(THEME), Theme::Day);

    drop(service);
    assert!(matches!(next(&mut follower).await, News::Gone));
}

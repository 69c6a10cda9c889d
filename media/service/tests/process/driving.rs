//! What the service does for the driver, as `Driving1` has it: without it nothing that takes more than a glance.

use std::sync::{Arc, Mutex};

use tandem_contracts::driving::{Driving1, DrivingBackend, Flag, NAME, PATH, Restrictions, Status, Zone};
use tandem_contracts::media::{Media1Proxy, MediaError};
use tandem_contracts::sessions;
use zbus::Connection;
use zbus::object_server::SignalEmitter;

use crate::stage::{Stage, tone, until};

#[derive(Clone, Default)]
struct Car(Arc<Mutex<Status>>);

impl DrivingBackend for Car {
    async fn status(&self) -> zbus::fdo::Result<Status> {
        Ok(self.0.lock().unwrap().clone())
    }
}

fn status(driver: Restrictions) -> Status {
    let mut status = Status { state: "idling".into(), ..Status::default() };
    status.zones.insert(Zone::Driver.word().into(), driver);
    status
}

async fn tell(connection: &Connection, driver: Restrictions) {
    let emitter = SignalEmitter::new(connection, PATH).unwrap();
    Driving1::<Car>::changed(&emitter, status(driver)).await.unwrap();
}

fn is_restricted<T: std::fmt::Debug>(result: Result<T, MediaError>, flag: Flag) {
    match result {
        Err(MediaError::Restricted(why)) => assert!(why.starts_with(flag.word()), "{why}"),
        other => panic!("{}: {other:?}", flag.word()),
    }
}

async fn takes_more_than_a_glance(media: &Media1Proxy<'_>) {
    is_restricted(media.search("song".into(), 5).await, Flag::NoKeyboard);
    is_restricted(media.play("http://127.0.0.1:9/x".into(), 0).await, Flag::NoKeyboard);
    is_restricted(media.enqueue("file:///x.wav".into(), "last".into()).await, Flag::NoKeyboard);
    is_restricted(media.subscribe_podcast("http://127.0.0.1:9/x".into()).await, Flag::NoSetup);
    is_restricted(media.add_folder("/tmp".into()).await, Flag::NoSetup);
    is_restricted(media.forget_source("x".into()).await, Flag::NoSetup);
    is_restricted(media.import_stations("[]".into()).await, Flag::NoSetup);
    is_restricted(media.import_subscriptions("<opml/>".into()).await, Flag::NoSetup);
    is_restricted(media.forget("station:1".into()).await, Flag::NoSetup);
}

#[tokio::test]
async fn the_rules_of_the_road_hold_in_the_service_and_not_only_on_the_screen() {
    let mut stage = Stage::new().await;
    for song in 1..=4 {
        tone(&stage.path(&format!("music/a long, long name {song}.wav")), 60);
    }
    stage.start_in_a_car(&[]).await;
    let media = &stage.media;
    let tracks = async |offset| media.page("tracks".into(), String::new(), offset, 500).await.unwrap();
    until("the library", async || (tracks(0).await.total == 4).then_some(())).await;
    let before = tracks(0).await.generation;
    takes_more_than_a_glance(media).await;
    let refused = stage.player.open_uri("http://127.0.0.1:9/x").await.unwrap_err().to_string();
    assert!(
        refused.contains("NO_KEYBOARD is in force while the car is moving: nobody says that the car stands"),
        "{refused}"
    );
    // One tap.
    media.play(tracks(0).await.rows[0].id.clone(), 0).await.unwrap();

    // The car is there and stands: nothing is restricted.
    let car = Car(Arc::new(Mutex::new(status(Restrictions::NONE))));
    let vehicle = stage.bus.builder().serve_at(PATH, Driving1(car)).name(NAME).build().await.unwrap();
    until("its word", async || media.search("long".into(), 5).await.ok().filter(|found| found.len() == 4)).await;
    assert!(matches!(media.add_folder("relative".into()).await, Err(MediaError::Invalid(_))));
    stage.play_all().await;
    assert_eq!((media.queue(0, 500).await.unwrap().total, tracks(0).await.rows.len()), (4, 4));
    assert!(tracks(0).await.generation > before, "what was cut is another view now");

    // It says what a list may be.
    let short = Flag::LimitContent.bit() | Flag::LimitStringLength.bit();
    let limits = Restrictions { flags: short, max_characters: 8, max_items: 2, max_depth: 1 };
    tell(&vehicle, limits).await;
    until("shorter lists", async || (tracks(0).await.total == 2).then_some(())).await;
    let (page, beyond) = (tracks(0).await, tracks(1).await);
    assert_eq!((page.rows.len(), beyond.rows.len(), tracks(2).await.rows.len()), (2, 1, 0));
    assert_eq!((page.left_out, beyond.left_out), (2, 2), "how many are left out is told with every part");
    assert_eq!(page.rows[0].title, "a long,…");
    let found = media.search("long".into(), 500).await.unwrap();
    assert_eq!(found.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["a long,…"; 2]);
    let queue = media.queue(0, 500).await.unwrap();
    assert_eq!((queue.total, queue.entries.len(), queue.current, queue.left_out), (2, 2, 0, 2));
    media.jump_to(queue.entries[1].entry).await.unwrap();
    until("the end of the queue behind what plays", async || {
        (media.queue(0, 500).await.unwrap().total == 3).then_some(())
    })
    .await;
    is_restricted(media.page("tracks".into(), page.rows[0].id.clone(), 0, 1).await, Flag::LimitContent);

    // Who may set up but not type subscribes to nothing.
    tell(&vehicle, Restrictions { flags: Flag::NoKeyboard.bit(), ..Restrictions::NONE }).await;
    until("no keyboard", async || media.search("long".into(), 5).await.err()).await;
    is_restricted(media.subscribe_podcast("http://127.0.0.1:9/x".into()).await, Flag::NoKeyboard);

    // It is gone, and with it what was known of it.
    vehicle.close().await.unwrap();
    until("nobody's word", async || media.search("long".into(), 5).await.err()).await;
    takes_more_than_a_glance(media).await;
}

#[tokio::test]
async fn what_was_read_under_other_rules_is_another_view() {
    let mut stage = Stage::new().await;
    stage.start_in_a_car(&[]).await;
    let media = &stage.media;
    let shown = async || {
        let page = async |view: &str| media.page(view.into(), String::new(), 0, 9).await.unwrap().generation;
        [page("tracks").await, page("players").await, media.queue(0, 9).await.unwrap().generation]
    };
    // What a scan finds is another view, too.
    until("an end of the scan", async || (media.scan_progress().await.unwrap().state == "done").then_some(())).await;
    let before = shown().await;
    let car = Car(Arc::new(Mutex::new(status(Restrictions::NONE))));
    let _vehicle = stage.bus.builder().serve_at(PATH, Driving1(car)).name(NAME).build().await.unwrap();
    until("its word", async || media.search("x".into(), 5).await.ok()).await;
    let now = shown().await;
    assert!(now.iter().zip(before).all(|(now, before)| *now > before), "{before:?}, {now:?}");
}

#[tokio::test]
async fn what_the_phone_service_plays_was_not_typed() {
    let mut stage = Stage::new().await;
    stage.start_in_a_car(&[]).await;
    let address = "http://127.0.0.1:9/x";
    is_restricted(stage.media.play(address.into(), 0).await, Flag::NoKeyboard);
    // The phone service has more than one connection, too.
    let _phone_service = stage.bus.builder().name(sessions::NAME).build().await.unwrap();
    stage.media.play(address.into(), 0).await.unwrap();
    is_restricted(stage.media.enqueue(address.into(), "last".into()).await, Flag::NoKeyboard);
}

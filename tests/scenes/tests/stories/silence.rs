//! A speed that nobody vouches for is a dash: when the service hangs, when it dies; and it is a number again when the service is back.

use rustix::process::{Signal, kill_process};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_contracts::signals;
use tandem_contracts::subscription::News;
use tandem_scenes::{Bus, Listener, Shown, Tandem, speed, within};
use tandem_units::Quality;

async fn shown(bus: &Bus) -> Shown {
    speed(&bus.capture(CLUSTER).await.1)
}

async fn until(bus: &Bus, wanted: Shown) {
    within("the speed as wanted", async { while shown(bus).await != wanted {} }).await;
}

#[tokio::test]
async fn a_service_that_hangs_takes_its_readings_with_it() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    until(&bus, Shown::Number).await;
    let service = bus.owner(signals::NAME).await.unwrap();
    kill_process(service, Signal::STOP).unwrap();
    until(&bus, Shown::Dash).await;
    // It stays a dash for as long as the service hangs.
    for _ in 0..3 {
        assert_eq!(shown(&bus).await, Shown::Dash);
    }
    let (centre, _) = bus.capture(CENTRE).await;
    assert_eq!((centre.width, centre.height), (1920, 1080), "a screen lives on without the service");
    kill_process(service, Signal::CONT).unwrap();
    until(&bus, Shown::Number).await;
}

#[tokio::test]
async fn a_service_that_dies_comes_back_and_its_readings_with_it() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let mut listener = Listener::new(&bus, &["Vehicle.Speed"]).await;
    within("a speed", listener.until("Vehicle.Speed", |speed| speed.quality == Quality::Valid)).await;
    until(&bus, Shown::Number).await;

    // Each death in a row doubles the time that it stays away, until a picture of it can be taken.
    let mut dashes = false;
    let mut deaths = 0;
    while !dashes && deaths < 5 {
        let service = within("the service", async {
            loop {
                if let Some(pid) = bus.owner(signals::NAME).await {
                    break pid;
                }
            }
        })
        .await;
        kill_process(service, Signal::KILL).unwrap();
        deaths += 1;
        while !dashes && bus.owner(signals::NAME).await.is_none_or(|owner| owner == service) {
            dashes = shown(&bus).await == Shown::Dash;
        }
    }
    assert!(dashes, "{deaths} deaths, and never a dash");

    let lost = async { while !matches!(listener.next().await, News::Lost) {} };
    within("the loss", lost).await;
    within("a speed again", listener.until("Vehicle.Speed", |speed| speed.quality == Quality::Valid)).await;
    until(&bus, Shown::Number).await;
}

//! A phone comes near, is paired, plays, walks away and comes back, by the panel and by the command line.

use tandem_contracts::phones::{Phone, PhoneLink1Proxy};
use tandem_contracts::screen::PANEL;
use tandem_contracts::simulator::PhoneState;
use tandem_scenes::{Bus, Tandem, within};
use zbus::proxy::CacheProperties;

/// Where a finger finds them on the panel.
const FAILURES_TAB: (f64, f64) = (1_160.0, 56.0);
const COME: (f64, f64) = (460.0, 548.0);
const WALK_AWAY: (f64, f64) = (780.0, 652.0);

async fn touch(bus: &Bus, (x, y): (f64, f64)) {
    bus.screen(PANEL).await.touch(x, y).await.unwrap();
}

/// Waits until the phone is as wanted, by its own word.
async fn until(bus: &Bus, what: &'static str, wanted: impl Fn(&PhoneState) -> bool) -> PhoneState {
    within(what, async {
        loop {
            let phone = bus.simulator().await.state().await.unwrap().phone;
            if wanted(&phone) {
                break phone;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
}

/// Waits until the car has the phone as wanted.
async fn known(bus: &Bus, what: &'static str, wanted: impl Fn(&Phone) -> bool) -> Phone {
    let link = PhoneLink1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    within(what, async {
        loop {
            if let Some(phone) = link.phones().await.unwrap().into_iter().find(&wanted) {
                break phone;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_phone_is_paired_plays_walks_away_and_comes_back() {
    let mut tandem = Tandem::sim(&["--panel", "--no-media", "--scenario", "parked", "--phone", "phone"]);
    let bus = tandem.bus().await;
    let (link, car) = (PhoneLink1Proxy::new(&bus.connection).await.unwrap(), bus.simulator().await);
    let deed = async |word: &str| car.phone(word.to_owned()).await;
    within("the pairing", async { while link.open_pairing().await.is_err() {} }).await;
    until(&bus, "a phone that is near", |phone| phone.reach == "near").await;
    deed("pair").await.unwrap();
    let asks = known(&bus, "a phone that asks", |phone| phone.pairing == "asked").await;
    assert_eq!(asks.key, until(&bus, "its key", |phone| !phone.key.is_empty()).await.key, "both show the same");
    link.confirm(asks.id.clone()).await.unwrap();
    until(&bus, "a pair", |phone| phone.paired).await;

    deed("play").await.unwrap();
    let plays = until(&bus, "what it plays", |phone| phone.playing).await;
    assert_eq!((plays.name.as_str(), plays.title.as_str()), ("Tandem phone", "Night"));
    // Silence, and no goodbye: the car finds out by itself.
    touch(&bus, FAILURES_TAB).await;
    touch(&bus, WALK_AWAY).await;
    until(&bus, "a phone that is away", |phone| phone.reach == "away").await;
    known(&bus, "a phone out of reach", |phone| phone.id == asks.id && phone.reach == "away").await;
    touch(&bus, COME).await;
    until(&bus, "a phone that is back", |phone| phone.reach == "near" && phone.paired).await;
    known(&bus, "a phone in reach", |phone| phone.id == asks.id && phone.reach == "near").await;

    let address = bus.address.clone();
    let ctl = |words: &'static [&'static str]| {
        let address = address.clone();
        let run = move || {
            let arguments = ["sim", "ctl"].iter().chain(words).copied().collect::<Vec<_>>();
            Tandem::start_with(arguments, &[("TANDEM_BUS", address.as_ref())]).finish()
        };
        async { tokio::task::spawn_blocking(run).await.unwrap() }
    };
    assert!(ctl(&["state"]).await.well().stdout.contains("\nTandem phone is near, paired, plays Night\n"));
    ctl(&["phone", "leave"]).await.well();
    assert!(ctl(&["state"]).await.well().stdout.contains("\nno phone is there\n"));
    let refused = ctl(&["phone", "play"]).await;
    assert_eq!(refused.complaint(), "tandem: the phone is not there: `come` brings it");
}

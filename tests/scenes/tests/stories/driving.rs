//! The virtual car drives off and stops again: what is restricted comes and goes with it, and a phone is paired when it stands.

use tandem_contracts::driving::{Flag, Follower, Restrictions, Status, Zone};
use tandem_contracts::phones::{PhoneLink1Proxy, PhoneLinkError};
use tandem_scenes::{Tandem, within};

/// It stands in P, then in D, drives, stands in D, and all over.
const ROUND: &str = r#"
title = "Off and back"
seed = 1
repeat = true
[start]
clock = "12:00"
outside_celsius = 20.0
cabin_celsius = 20.0
driver_celsius = 21.0
passenger_celsius = 21.0
charge_percent = 80.0
range_km = 350.0
odometer_km = 1.0
latitude_degrees = -48.8767
longitude_degrees = -123.3933
altitude_metres = 12.0
heading_degrees = 0.0
set = { power = "ON", gear = "P", parking_brake = false }
[[steps]]
note = "Parked"
standing_seconds = 6.0
set = { gear = "P" }
[[steps]]
note = "Ready"
standing_seconds = 3.0
set = { gear = "D" }
[[steps]]
note = "Off"
speed_kmh = 30.0
acceleration_mps2 = 3.0
seconds = 8.0
[[steps]]
note = "At the lights"
standing_seconds = 4.0
"#;

async fn until(follower: &mut Follower, what: &'static str, is_so: impl Fn(&Status) -> bool) -> Status {
    within(what, async {
        while !is_so(follower.status()) {
            follower.next().await.expect("the bus is there");
        }
        follower.status().clone()
    })
    .await
}

#[tokio::test]
async fn the_car_drives_off_and_stops_and_a_phone_is_paired_only_while_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let round = folder.path().join("round.toml");
    std::fs::write(&round, ROUND).unwrap();
    let mut tandem = Tandem::sim(&["--scenario", round.to_str().unwrap(), "--phone", "podcast"]);
    let bus = tandem.bus().await;
    let mut follower = Follower::open(&bus.connection).await.unwrap();
    let phones = PhoneLink1Proxy::new(&bus.connection).await.unwrap();

    let parked = until(&mut follower, "parked", |status| status.state == "parked").await;
    assert_eq!((parked.region.as_str(), parked.restrictions(Zone::Driver)), ("default", Restrictions::NONE));
    assert_eq!(parked.because(), "Vehicle.Powertrain.Transmission.SelectedGear says park");
    let idling = until(&mut follower, "the next state", |status| status.state != "parked").await;
    assert_eq!((idling.state.as_str(), idling.restrictions(Zone::Driver).has(Flag::NoVideo)), ("idling", true));
    assert!(!idling.restrictions(Zone::Driver).has(Flag::NoKeyboard));
    let moving = until(&mut follower, "the next state", |status| status.state != "idling").await;
    assert_eq!((moving.state.as_str(), moving.why.as_str()), ("moving", "moves"));
    assert_eq!(moving.restrictions(Zone::Driver), Restrictions::ALL);
    // The phone service hears it on a connection of its own.
    let refused = within("a refusal", async {
        loop {
            if let Err(refused) = phones.open_pairing().await {
                break refused;
            }
        }
    })
    .await;
    assert!(matches!(&refused, PhoneLinkError::NotParked(why) if why.contains("NO_SETUP")), "{refused:?}");
    let stopping = until(&mut follower, "the car that stops", |status| status.why != "moves").await;
    assert_eq!(
        (stopping.state.as_str(), stopping.why.as_str()),
        ("moving", "stopping"),
        "it has to stand for a second"
    );
    let idling = until(&mut follower, "the next state", |status| status.state != "moving").await;
    assert_eq!(idling.state, "idling");
    until(&mut follower, "parked again", |status| status.state == "parked").await;
    within("the pairing", async { while phones.open_pairing().await.is_err() {} }).await;
}

#[tokio::test]
async fn a_speed_that_falls_silent_moves_at_once_and_the_command_line_says_why() {
    let mut tandem = Tandem::sim(&["--scenario", "parked", "--phone", "podcast"]);
    let bus = tandem.bus().await;
    let mut follower = Follower::open(&bus.connection).await.unwrap();
    until(&mut follower, "parked", |status| status.state == "parked").await;
    let simulator = bus.simulator().await;
    let phones = PhoneLink1Proxy::new(&bus.connection).await.unwrap();
    within("the pairing", async { while phones.open_pairing().await.is_err() {} }).await;
    let mut pairing = Tandem::start_with(["phone", "pair", "--yes", "Nobody"], &[("TANDEM_BUS", bus.address.as_ref())]);
    pairing.hears("Pairing is open");
    simulator.mute("VehicleMotion".into(), true).await.unwrap();
    let closed = pairing.finish();
    assert_eq!(closed.code(), Some(1), "{}", closed.stdout);
    assert!(
        closed.complaint().starts_with("tandem: pairing was closed before a phone was paired"),
        "{}",
        closed.complaint()
    );
    let moving = until(&mut follower, "the next state", |status| status.state != "parked").await;
    assert_eq!(
        (moving.state.as_str(), moving.reading.as_str(), moving.why.as_str()),
        ("moving", "Vehicle.Speed", "stale")
    );
    let told = Tandem::start_with(["driving"], &[("TANDEM_BUS", bus.address.as_ref())]).finish();
    assert!(told.stdout.starts_with("moving: Vehicle.Speed is stale\n"), "{}", told.stdout);
    assert!(told.stdout.contains("no keyboard") && told.stdout.contains("passenger  no video"), "{}", told.stdout);
    simulator.mute("VehicleMotion".into(), false).await.unwrap();
    until(&mut follower, "parked again", |status| status.state == "parked").await;
}

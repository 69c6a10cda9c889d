//! A wish for any part of the car: pending until the car has answered, and then confirmed, refused or lapsed, whichever interface took it.

use tandem_contracts::body::{Body1Proxy, BodyError};
use tandem_contracts::charging::Charging1Proxy;
use tandem_contracts::climate::ClimateError;
use tandem_contracts::seats::{Seats1Proxy, SeatsError};
use tandem_contracts::signals::SignalsError;
use tandem_units::Value;

use crate::garage::{Client, Garage};

const DOME: &str = "Vehicle.Cabin.Light.IsDomeOn";
const LOCK: &str = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked";
const WINDOW: &str = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";
const LIMIT: &str = "Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit";
const RECLINE: &str = "Vehicle.Cabin.Seat.Row1.DriverSide.Backrest.Recline";
const WIPERS: &str = "Vehicle.Body.Windshield.Front.Wiping.Mode";
const REAR_FAN: &str = "Vehicle.Cabin.HVAC.Station.Row2.Driver.FanSpeed";
const FAN: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";
const AMBIENCE_REQUEST: u32 = 0x65A;

#[tokio::test]
async fn the_cars_own_echo_confirms_whichever_interface_was_asked() {
    let garage = Garage::new("parked").await;
    let mut client = Client::new(&garage).await;
    let body = Body1Proxy::new(&client.bus.connection).await.unwrap();
    let seats = Seats1Proxy::new(&client.bus.connection).await.unwrap();
    let charging = Charging1Proxy::new(&client.bus.connection).await.unwrap();
    garage.is_parked().await;
    let wishes = [
        (body.set_door_locked("Row1.DriverSide".to_owned(), true).await.unwrap(), LOCK, Value::Bool(true)),
        (body.set_window("Row1.DriverSide".to_owned(), 14.0).await.unwrap(), WINDOW, Value::Int(14)),
        (seats.set_recline("Row1.DriverSide".to_owned(), 23.25).await.unwrap(), RECLINE, Value::Float(23.25)),
        (charging.set_charge_limit(85.0).await.unwrap(), LIMIT, Value::Int(85)),
        (client.actuate(DOME, Value::Bool(true)).await.unwrap(), DOME, Value::Bool(true)),
        (client.actuate(WIPERS, Value::Text("SLOW".into())).await.unwrap(), WIPERS, Value::Text("SLOW".into())),
    ];
    assert!(wishes.windows(2).all(|pair| pair[0].0 < pair[1].0), "one row of numbers over all interfaces");
    let mut settled = Vec::new();
    for _ in &wishes {
        settled.push(client.next_settled().await);
    }
    for (id, path, value) in wishes {
        let request = settled.iter().find(|request| request.id == id).unwrap();
        assert_eq!((request.state.as_str(), request.path.as_str(), request.reason.as_str()), ("confirmed", path, ""));
        garage.reads(path, value).await;
    }
}

#[tokio::test]
async fn a_wish_is_pending_until_the_car_has_moved_or_said_no() {
    let garage = Garage::new("parked").await;
    let mut client = Client::new(&garage).await;
    let before = garage.bus.reading(WINDOW).await;
    let id = client.actuate(WINDOW, Value::Int(28)).await.unwrap();
    let pending = client.hears(id, "pending").await;
    assert_eq!((pending.path.as_str(), pending.client), (WINDOW, client.name()));
    assert_eq!(garage.bus.reading(WINDOW).await, before, "a wish does not move the reading");
    client.hears(id, "confirmed").await;
    assert_eq!(garage.bus.number(WINDOW).await, 28.0);

    garage.answers(WINDOW, "refuse").await;
    let id = client.actuate(WINDOW, Value::Int(60)).await.unwrap();
    client.hears(id, "pending").await;
    let refused = client.hears(id, "refused").await;
    assert!(!refused.reason.is_empty(), "a refusal says why");
    assert_eq!(garage.bus.number(WINDOW).await, 28.0);

    // The refusal is of that wish alone.
    garage.answers(WINDOW, "obey").await;
    let id = client.actuate(WINDOW, Value::Int(30)).await.unwrap();
    client.hears(id, "pending").await;
    client.hears(id, "confirmed").await;
    let newest = garage.bus.signals().await.requests().await.unwrap();
    assert_eq!(newest.len(), 1);
    assert_eq!((newest[0].id, newest[0].path.as_str(), newest[0].state.as_str()), (id, WINDOW, "confirmed"));
}

#[tokio::test]
async fn silence_a_wrong_echo_and_a_stuck_actuator_let_a_wish_lapse() {
    let garage = Garage::new("parked").await;
    let mut client = Client::new(&garage).await;
    let cases =
        [(DOME, "silent", Value::Bool(true)), (FAN, "wrong", Value::Int(64)), (REAR_FAN, "stuck", Value::Int(64))];
    let mut wishes = Vec::new();
    for (path, answer, value) in &cases {
        garage.answers(path, answer).await;
        wishes.push(client.actuate(path, value.clone()).await.unwrap());
    }
    for _ in &wishes {
        let lapsed = client.next_settled().await;
        assert!(wishes.contains(&lapsed.id));
        assert!(lapsed.state == "lapsed" && !lapsed.reason.is_empty(), "{lapsed:?}");
    }
    garage.reads(DOME, Value::Bool(false)).await;
    garage.reads(FAN, Value::Int(65)).await;
    garage.reads(REAR_FAN, Value::Int(0)).await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_anything_leaves() {
    let garage = Garage::new("city").await;
    let client = Client::new(&garage).await;
    let body = Body1Proxy::new(&client.bus.connection).await.unwrap();
    let seats = Seats1Proxy::new(&client.bus.connection).await.unwrap();
    for percent in [101.0, -1.0, 0.5, f64::NAN, 1e300] {
        let error = body.set_window("Row1.DriverSide".to_owned(), percent).await.unwrap_err();
        assert!(matches!(error, BodyError::OutOfRange(_)), "{percent}: {error:?}");
    }
    let error = client.actuate(WIPERS, Value::Text("SOMETIMES".into())).await.unwrap_err();
    assert!(matches!(error, SignalsError::OutOfRange(_)), "{error:?}");
    let error = client.actuate("Vehicle.Speed", Value::Float(20.0)).await.unwrap_err();
    assert!(matches!(error, SignalsError::Unsupported(_)), "{error:?}");
    let error = body.set_light("Fog.Front".to_owned(), true).await.unwrap_err();
    assert!(matches!(error, BodyError::Unsupported(_)), "{error:?}");
    let error = client.bus.climate().await.set_temperature("Row9".to_owned(), 20.0).await.unwrap_err();
    assert!(matches!(error, ClimateError::Unsupported(_)), "{error:?}");
    // The city begins with a car that stands, and moves off within seconds.
    let moving = async { while garage.bus.number("Vehicle.Speed").await < 5.0 {} };
    tandem_scenes::within("a car that moves", moving).await;
    let error = seats.set_recline("Row1.DriverSide".to_owned(), 30.0).await.unwrap_err();
    assert!(matches!(error, SeatsError::Restricted(_)), "{error:?}");
    assert!(garage.nothing_was_sent(), "nothing left");
}

#[tokio::test]
async fn a_shared_message_keeps_what_somebody_else_said_in_it() {
    let garage = Garage::new("parked").await;
    let mut client = Client::new(&garage).await;
    let rear = "Vehicle.Cabin.Light.AmbientLight.Row2.DriverSide.Intensity";
    garage.reads(rear, Value::Int(20)).await;
    // The rear panel tells its own bits once a second; by then the service has heard them.
    garage.bus_counts("can1", 200).await;
    let path = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Intensity";
    let id = client.actuate(path, Value::Int(80)).await.unwrap();
    assert_eq!(client.settled(id).await.state, "confirmed");
    let sent = garage.sent(AMBIENCE_REQUEST);
    let [frame] = sent.as_slice() else { panic!("{sent:?}") };
    let bits = u32::from_le_bytes(frame.data().try_into().unwrap());
    assert_eq!((bits & 3, bits >> 2 & 0x7F), (3, 80), "on or off was not asked for");
    assert_eq!((bits >> 9 & 3, bits >> 11 & 0x7F), (3, 20), "the rear panel's bits are as it said them");
}

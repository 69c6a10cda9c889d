//! An actuator has one holder at a time; others are told who, and what a holder held is let go when it dies.

use tandem_contracts::body::{Body1Proxy, BodyError};
use tandem_contracts::signals::SignalsError;
use tandem_units::Value;

use crate::garage::{Client, Garage, asks_for_nothing};

const WINDOW: &str = "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position";
const HORN: &str = "Vehicle.Body.Horn.IsActive";
const HORN_REQUEST: u32 = 0x65C;

#[tokio::test]
async fn a_second_client_is_told_who_holds_it_and_may_ask_once_it_is_settled() {
    let garage = Garage::new("parked").await;
    let (mut first, mut second) = (Client::new(&garage).await, Client::new(&garage).await);
    let id = first.actuate(WINDOW, Value::Int(60)).await.unwrap();
    let error = second.actuate(WINDOW, Value::Int(10)).await.unwrap_err();
    assert!(matches!(&error, SignalsError::Held(why) if why.ends_with(&first.name())), "{error:?}");
    let body = Body1Proxy::new(&second.bus.connection).await.unwrap();
    let error = body.set_window("Row2.DriverSide".to_owned(), 10.0).await.unwrap_err();
    assert!(matches!(&error, BodyError::Held(why) if why.ends_with(&first.name())), "{error:?}");
    let holder = async || {
        let actuators = garage.bus.signals().await.actuators().await.unwrap();
        actuators.into_iter().find(|actuator| actuator.path == WINDOW).unwrap().holder
    };
    assert_eq!(holder().await, first.name());

    // The holder itself may change its mind: the newer wish takes the place of the older.
    let newer = first.actuate(WINDOW, Value::Int(14)).await.unwrap();
    assert_eq!(second.settled(id).await.state, "lapsed", "a stranger hears of it, too");
    assert_eq!(second.settled(newer).await.state, "confirmed");
    assert_eq!(holder().await, "");
    let id = second.actuate(WINDOW, Value::Int(0)).await.unwrap();
    assert_eq!(first.settled(id).await.state, "confirmed");
}

#[tokio::test]
async fn the_horn_falls_silent_with_the_client_that_holds_it() {
    let garage = Garage::new("parked").await;
    let (holder, mut other) = (Client::new(&garage).await, Client::new(&garage).await);
    let body = Body1Proxy::new(&holder.bus.connection).await.unwrap();
    body.sound_horn(true).await.unwrap();
    garage.reads(HORN, Value::Bool(true)).await;
    let error = other.actuate(HORN, Value::Bool(true)).await.unwrap_err();
    assert!(matches!(&error, SignalsError::Held(why) if why.ends_with(&holder.name())), "{error:?}");
    drop(body);
    drop(holder);
    garage.reads(HORN, Value::Bool(false)).await;
    let sent = garage.sent(HORN_REQUEST);
    assert!(sent.last().is_some_and(asks_for_nothing), "the last frame lets go: {sent:?}");
    assert!(sent.len() < 9, "it was let go before its time of a second was over: {} frames", sent.len());
    // Now anybody may.
    let id = other.actuate(HORN, Value::Bool(true)).await.unwrap();
    assert_eq!(other.settled(id).await.state, "confirmed");
}

#[tokio::test]
async fn the_horn_sounds_no_longer_than_the_car_lets_it() {
    let garage = Garage::new("parked").await;
    let client = Client::new(&garage).await;
    client.actuate(HORN, Value::Bool(true)).await.unwrap();
    garage.reads(HORN, Value::Bool(true)).await;
    garage.reads(HORN, Value::Bool(false)).await;
    let sent = garage.sent(HORN_REQUEST);
    let held = sent.iter().filter(|frame| !asks_for_nothing(frame)).count();
    assert!((8..=12).contains(&held) && asks_for_nothing(&sent[held]), "a second at ten a second: {sent:?}");
    client.actuate(HORN, Value::Bool(true)).await.unwrap();
    garage.reads(HORN, Value::Bool(true)).await;
    client.bus.signals().await.release(HORN.to_owned()).await.unwrap();
    garage.reads(HORN, Value::Bool(false)).await;
}

//! Both ends of each contract in one process: what goes in typed comes out typed, errors too.

#![cfg(test)]

mod peer;

use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::climate::{Climate1Proxy, ClimateError, TemperatureRange};
use tandem_contracts::screen::{Screen1Proxy, ScreenError};
use tandem_contracts::signals::{LOCKSTEP, MAX_WINDOW, Signals1Proxy, SignalsError};
use tandem_contracts::simulator::{Simulator1Proxy, SimulatorError};
use zbus::DBusError;

#[tokio::test]
async fn signals() {
    let (_service, client) = peer::pair().await.unwrap();
    let signals = Signals1Proxy::new(&client).await.unwrap();
    assert!(signals.list().await.unwrap().is_empty());
    let (id, handles) = signals.subscribe(vec!["Vehicle.Speed".into()], 20, LOCKSTEP).await.unwrap();
    assert_eq!((id, handles.len()), (20, 1));
    assert_eq!((handles[0].handle, handles[0].path.as_str(), handles[0].unit.as_str()), (0, "Vehicle.Speed", "km/h"));
    signals.acknowledge(id, 1).await.unwrap();

    let error = signals.get(vec!["Vehicle.Sped".into()]).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Signals1.Error.UnknownPath");
    assert!(matches!(error, SignalsError::UnknownPath(path) if path == "Vehicle.Sped"));
    let error = signals.subscribe(Vec::new(), 0, MAX_WINDOW + 1).await.unwrap_err();
    assert!(matches!(error, SignalsError::LimitExceeded(window) if window == "65"));
    let error = signals.unsubscribe(3).await.unwrap_err();
    assert!(matches!(error, SignalsError::UnknownSubscription(id) if id == "3"));
}

#[tokio::test]
async fn climate() {
    let (_service, client) = peer::pair().await.unwrap();
    let climate = Climate1Proxy::new(&client).await.unwrap();
    assert_eq!(climate.set_driver_temperature(21.5).await.unwrap(), 1);
    assert_eq!(climate.driver_temperature_range().await.unwrap(), TemperatureRange { min: 16.0, max: 28.0, step: 0.5 });
    let request = climate.driver_temperature_request().await.unwrap();
    assert_eq!((request.id, request.celsius, request.state.as_str()), (7, 21.5, "lapsed"));

    let error = climate.set_driver_temperature(28.5).await.unwrap_err();
    assert_eq!(error.name().as_str(), "org.tandem.Climate1.Error.OutOfRange");
    assert!(matches!(error, ClimateError::OutOfRange(asked) if asked == "28.5"));
    assert!(matches!(climate.set_driver_temperature(27.5).await, Err(ClimateError::Refused(why)) if why == "too soon"));
    assert!(
        matches!(climate.set_driver_temperature(26.5).await, Err(ClimateError::NotAvailable(why)) if why == "no car")
    );
}

#[tokio::test]
async fn buses() {
    let (_service, client) = peer::pair().await.unwrap();
    let bus = Bus1Proxy::new(&client).await.unwrap();
    let buses = bus.buses().await.unwrap();
    assert_eq!((buses[0].name.as_str(), buses[0].frames, buses[0].unknown, buses[0].sent), ("can0", 3, 2, 1));
    assert_eq!((buses[0].rate, buses[0].load), (0.5, 0.25));
    let ids = bus.ids().await.unwrap();
    assert_eq!((ids[0].id, ids[0].frames, ids[0].errors["checksum"]), (0x8000_0001, 9, 7));
}

#[tokio::test]
async fn screens() {
    let (_service, client) = peer::pair().await.unwrap();
    let screen = Screen1Proxy::builder(&client).destination("org.tandem.Screen1.cluster").build().await.unwrap();
    let picture = screen.capture(5).await.unwrap();
    assert_eq!((picture.sequence, picture.now_ns, picture.width, picture.height), (5, 1, 2, 3));
    assert_eq!(picture.png, [137]);
    assert!(matches!(screen.capture(0).await, Err(ScreenError::CaptureFailed(why)) if why == "too late"));
    assert!(matches!(screen.touch(1.0, 2.0).await, Err(ScreenError::NotHeadless(_))));
    assert!(matches!(screen.set_theme("dusk".into()).await, Err(ScreenError::Unknown(word)) if word == "dusk"));
    assert!(matches!(screen.set_language("xx".into()).await, Err(ScreenError::Unknown(word)) if word == "xx"));
}

#[tokio::test]
async fn the_simulators_hand() {
    let (_service, client) = peer::pair().await.unwrap();
    let simulator = Simulator1Proxy::new(&client).await.unwrap();
    simulator.mute("Speed".into(), true).await.unwrap();
    assert!(
        matches!(simulator.answer_temperature("shout".into(), 0).await, Err(SimulatorError::Unknown(word)) if word == "shout")
    );
    assert!(matches!(simulator.spoil("Nothing".into(), "short".into()).await, Err(SimulatorError::Unknown(_))));
}

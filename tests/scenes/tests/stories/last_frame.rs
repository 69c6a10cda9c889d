//! A service that ends lets go of what it holds: the car need not wait until it misses it.

use tandem_units::Value;

use crate::garage::{Client, Garage, asks_for_nothing};

const HORN: &str = "Vehicle.Body.Horn.IsActive";
const HORN_REQUEST: u32 = 0x65C;

#[tokio::test]
async fn the_last_frame_of_a_service_that_is_stopped_asks_for_nothing() {
    let mut garage = Garage::new("parked").await;
    let client = Client::new(&garage).await;
    client.actuate(HORN, Value::Bool(true)).await.unwrap();
    garage.reads(HORN, Value::Bool(true)).await;
    let before = garage.sent(HORN_REQUEST);
    assert!(!before.iter().any(asks_for_nothing), "{before:?}");
    garage.stop_service();
    let sent = garage.sent(HORN_REQUEST);
    assert!(sent.last().is_some_and(asks_for_nothing), "{sent:?}");
    assert!(sent.len() < 9, "it did not wait until the horn's time was over: {} frames", sent.len());
}

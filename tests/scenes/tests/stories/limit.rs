//! The camera sees the sign of a speed limit: the cluster shows it, and shows none once the camera says nothing more.

use tandem_contracts::screen::CLUSTER;
use tandem_scenes::{Bus, Tandem, within};
use tandem_units::{Quality, Value};

const LIMIT: &str = "Vehicle.ADAS.RoadSigns.SpeedLimit";
/// On the left edge of the ring.
const EDGE: (usize, usize) = (1_186, 292);

/// Waits until there is a ring, or none.
async fn ring(bus: &Bus, is_there: bool) {
    let looks = async { while (bus.capture(CLUSTER).await.1.at(EDGE.0, EDGE.1)[1] > 128) != is_there {} };
    within(if is_there { "a ring" } else { "no ring" }, looks).await;
}

#[tokio::test]
async fn a_sign_is_shown_while_the_camera_speaks_of_it() {
    let mut tandem = Tandem::sim(&["--no-media", "--scenario", "motorway"]);
    let bus = tandem.bus().await;
    ring(&bus, true).await;
    assert_eq!(bus.reading(LIMIT).await, (Quality::Valid, Some(Value::Int(120))));
    let car = bus.simulator().await;
    car.mute("RoadSigns".to_owned(), true).await.unwrap();
    ring(&bus, false).await;
    assert_eq!(bus.reading(LIMIT).await.0, Quality::Stale);
    car.mute("RoadSigns".to_owned(), false).await.unwrap();
    ring(&bus, true).await;
    // All limits end.
    car.set("limit_kmh".to_owned(), "0".to_owned()).await.unwrap();
    ring(&bus, false).await;
    assert_eq!(bus.reading(LIMIT).await, (Quality::Absent, None));
}

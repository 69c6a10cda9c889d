//! A wish for a temperature goes the whole way to the car, and only the car's own echo moves the number.

use futures_util::StreamExt;
use tandem_contracts::climate::{ClimateError, RequestChangedStream, TemperatureRequest};
use tandem_contracts::screen::CENTRE;
use tandem_scenes::{Bus, MINUS, PLUS, Tandem, can_raise, within};
use tandem_units::Quality;

const DRIVER: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";
struct Cabin {
    tandem: Tandem,
    bus: Bus,
    requests: RequestChangedStream,
}

impl Cabin {
    async fn new() -> Self {
        let mut tandem = Tandem::sim(&[]);
        let bus = tandem.bus().await;
        let requests = bus.climate().await.receive_request_changed().await.unwrap();
        let reported = async { while bus.reading(DRIVER).await.0 != Quality::Valid {} };
        within("the car's own temperature", reported).await;
        let touchable = async { while !can_raise(&bus.capture(CENTRE).await.1) {} };
        within("a plus to touch", touchable).await;
        Self { tandem, bus, requests }
    }

    async fn touch(&self, (x, y): (f64, f64)) {
        self.bus.screen(CENTRE).await.touch(x, y).await.unwrap();
    }

    /// The next news of a wish, which must be of this state.
    async fn next(&mut self, state: &'static str) -> TemperatureRequest {
        let changed = within(state, self.requests.next()).await.unwrap();
        let request = changed.args().unwrap().request;
        assert_eq!(request.state, state, "{request:?}");
        request
    }
}

#[tokio::test]
async fn a_touch_reaches_the_car_and_its_echo_the_number() {
    let mut cabin = Cabin::new().await;
    let before = cabin.bus.number(DRIVER).await;
    cabin.touch(PLUS).await;
    let pending = cabin.next("pending").await;
    assert_eq!(pending.celsius, before + 0.5);
    let confirmed = cabin.next("confirmed").await;
    assert_eq!((confirmed.id, confirmed.reason.as_str()), (pending.id, ""));
    assert_eq!(cabin.bus.number(DRIVER).await, before + 0.5);

    cabin.touch(MINUS).await;
    cabin.next("pending").await;
    cabin.next("confirmed").await;
    assert_eq!(cabin.bus.number(DRIVER).await, before);
    drop(cabin.tandem);
}

#[tokio::test]
async fn a_car_that_refuses_or_says_nothing_leaves_the_number_where_it_is() {
    let mut cabin = Cabin::new().await;
    let before = cabin.bus.number(DRIVER).await;
    let simulator = cabin.bus.simulator().await;

    simulator.answer_temperature("refuse".to_owned(), 300).await.unwrap();
    cabin.touch(PLUS).await;
    cabin.next("pending").await;
    let refused = cabin.next("refused").await;
    assert!(!refused.reason.is_empty(), "a refusal says why");
    assert_eq!(cabin.bus.number(DRIVER).await, before);

    simulator.answer_temperature("silent".to_owned(), 0).await.unwrap();
    cabin.touch(PLUS).await;
    let pending = cabin.next("pending").await;
    assert_eq!(cabin.bus.number(DRIVER).await, before, "a wish does not move the number");
    let lapsed = cabin.next("lapsed").await;
    assert_eq!(lapsed.id, pending.id);
    assert_eq!(cabin.bus.number(DRIVER).await, before);
}

#[tokio::test]
async fn what_this_car_cannot_do_is_refused_before_it_leaves() {
    let cabin = Cabin::new().await;
    let climate = cabin.bus.climate().await;
    let range = climate.driver_temperature_range().await.unwrap();
    let sent = |buses: Vec<tandem_contracts::bus::BusStatistics>| buses.iter().map(|bus| bus.sent).sum::<u64>();
    let statistics = cabin.bus.statistics().await;
    let before = sent(statistics.buses().await.unwrap());
    for celsius in [range.max + range.step, range.min - range.step, 1e300, f64::NAN, f64::NEG_INFINITY] {
        let error = climate.set_driver_temperature(celsius).await.unwrap_err();
        assert!(matches!(error, ClimateError::OutOfRange(_)), "{celsius}: {error:?}");
    }
    assert_eq!(sent(statistics.buses().await.unwrap()), before, "nothing left");
}

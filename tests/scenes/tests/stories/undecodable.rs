//! A service of another make: what it says is not in the contract. The client counts it, and goes on with what it understands.

use tandem_contracts::actuation::{ActuateError, Actuator, CommandBackend, Control, ControlPath, Request};
use tandem_contracts::signals::{self, Handle, Leaf, PathReading, Signals1, SignalsBackend, SignalsError};
use tandem_contracts::subscription::{News, Subscription, Wish};
use tandem_scenes::{Daemon, within};
use tandem_units::Value;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;

struct Other;

impl SignalsBackend for Other {
    async fn list(&self) -> Result<Vec<Leaf>, SignalsError> {
        Ok(Vec::new())
    }

    async fn get(&self, _: Vec<String>) -> Result<Vec<PathReading>, SignalsError> {
        Ok(Vec::new())
    }

    async fn subscribe(&self, _: String, _: Vec<String>, _: u32, _: u32) -> Result<(u32, Vec<Handle>), SignalsError> {
        Ok((1, Vec::new()))
    }

    async fn acknowledge(&self, _: String, _: u32, _: u64) {}

    async fn unsubscribe(&self, _: String, _: u32) -> Result<(), SignalsError> {
        Ok(())
    }

    async fn release(&self, _: String, _: String) -> Result<(), SignalsError> {
        Ok(())
    }

    async fn actuators(&self) -> Result<Vec<Actuator>, SignalsError> {
        Ok(Vec::new())
    }

    async fn requests(&self) -> Result<Vec<Request>, SignalsError> {
        Ok(Vec::new())
    }
}

impl CommandBackend for Other {
    async fn actuate(&self, _: String, path: String, _: Value) -> Result<u64, ActuateError> {
        Err(ActuateError::Unsupported(path))
    }

    fn controls(&self, _: &'static [ControlPath]) -> Vec<Control> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_is_counted() {
    let daemon = Daemon::start();
    let service = daemon.builder().serve_at(signals::PATH, Signals1(Other)).name(signals::NAME).build().await.unwrap();
    let wish = Wish { paths: Vec::new(), min_interval_ms: 0, window: 4 };
    let mut subscription = Subscription::open(&daemon.connect().await, wish).await.unwrap();
    assert!(matches!(within("the subscription", subscription.next()).await, Some(News::Subscribed(_))));

    for _ in 0..2 {
        let body = ("no batch",);
        service.emit_signal(None::<BusName<'_>>, signals::PATH, signals::NAME, "Batch", &body).await.unwrap();
    }
    let emitter = SignalEmitter::new(&service, signals::PATH).unwrap();
    Signals1::<Other>::batch(&emitter, 1, 7, 1, 20, Vec::new()).await.unwrap();
    for expected in [1, 2] {
        let news = within("what it makes of it", subscription.next()).await;
        assert!(matches!(news, Some(News::Undecodable(count)) if count == expected), "{news:?}");
    }
    let news = within("a batch", subscription.next()).await;
    assert!(matches!(&news, Some(News::Batch(batch)) if batch.sequence == 1), "{news:?}");
}

//! From a frame on the link to a client's hands: this process is the car at one end and the client at the other, so that one clock tells both.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tandem_can::{Event, Local};
use tandem_contracts::subscription::{News, Subscription, Wish};
use tandem_dbc::{Codec, Database};
use tandem_frame::{BusIndex, Frame};
use tandem_scenes::{Bus, root};
use tandem_units::Value;

use crate::figure::Figure;
use crate::process::quantile;
use crate::service::Service;

/// Time comes this often.
const STEP: Duration = Duration::from_millis(1);
/// Steps from one frame to the next: with 7 every place between two ticks of 20 ms has its turn.
const STEPS_A_FRAME: u32 = 7;
/// Time goes on for the last tick.
const STEPS_AFTER: u32 = 40;
const FRAMES: u32 = 1500;
/// The first frames find caches cold and a subscription that is not there yet.
const LEFT_OUT: usize = 100;
/// A counter that no checksum guards: metres since the start.
const PATH: &str = "Vehicle.TraveledDistanceSinceStart";

pub fn figures() -> Result<Vec<Figure>> {
    let service = Service::start("demo", &["can0", "can1"])?;
    let (sent_sender, sent) = mpsc::channel();
    let link = service.link.clone();
    let car = std::thread::spawn(move || drive(&link, &sent_sender));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let heard = runtime.block_on(listen(service.daemon.address()))?;
    car.join().map_err(|_| anyhow::anyhow!("the car's thread panicked"))??;

    // A frame has arrived with the first batch that carries its value or a later one.
    let mut heard = heard.into_iter().peekable();
    let mut latencies: Vec<f64> = Vec::new();
    for (number, at) in sent.iter().skip(LEFT_OUT) {
        while heard.next_if(|(value, _)| *value < number).is_some() {}
        let Some((_, arrived)) = heard.peek() else { break };
        latencies.push(arrived.duration_since(at).as_secs_f64() * 1e3);
    }
    anyhow::ensure!(latencies.len() > 500, "only {} frames arrived", latencies.len());
    let (p50, p99) = (quantile(&mut latencies, 0.5), quantile(&mut latencies, 0.99));
    Ok(vec![
        Figure::new("frame to client, 50 Hz, p50", p50.context("no frames")?, "ms"),
        Figure::new("frame to client, 50 Hz, p99", p99.context("no frames")?, "ms").at_most(25.0),
    ])
}

/// Sends a frame with a new number every few steps, and says when.
fn drive(link: &Local, sent: &mpsc::Sender<(u32, Instant)>) -> Result<()> {
    let dbc = std::fs::read(root().join("assets/cars/demo/powertrain.dbc"))?;
    let database = Database::parse(&dbc)?;
    let message = database.message("TripStatus").context("the demo car has no TripStatus")?;
    let (distance, _) = message.signal("TripDistance").context("TripStatus has no TripDistance")?;
    let codec = Codec::compile(&database);
    let index = codec.index(message.id).context("the codec has no TripStatus")?;

    let begun = Instant::now();
    for step in 1..=FRAMES * STEPS_A_FRAME + STEPS_AFTER {
        std::thread::sleep((begun + STEP * step).saturating_duration_since(Instant::now()));
        let t_ns = u64::try_from((STEP * step).as_nanos())?;
        let number = step / STEPS_A_FRAME;
        if step % STEPS_A_FRAME == 0 && number <= FRAMES {
            let mut data = [0; 8];
            codec.encode(index, &mut data, distance, f64::from(number))?;
            let frame = Frame::new(BusIndex(0), message.id, t_ns, &data)?;
            sent.send((number, Instant::now()))?;
            link.send(&[Event::Frame(frame)])?;
        }
        link.send(&[Event::Advance(t_ns)])?;
    }
    // Time for the last batch, then the service's car is gone.
    std::thread::sleep(Duration::from_millis(200));
    link.close();
    Ok(())
}

async fn listen(address: &str) -> Result<Vec<(u32, Instant)>> {
    let connection = Bus::open(address).await.connection;
    let wish = Wish { paths: vec![PATH.to_owned()], min_interval_ms: 0, window: 8 };
    let mut subscription = Subscription::open(&connection, wish).await?;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|(number, _)| *number < FRAMES) {
        let Some(News::Batch(batch)) = subscription.next().await else { continue };
        let arrived = Instant::now();
        subscription.acknowledge(batch.sequence).await?;
        if let Some(Value::Int(number)) = batch.changes.last().and_then(|change| change.value.clone()) {
            heard.push((u32::try_from(number)?, arrived));
        }
    }
    Ok(heard)
}

//! What the vehicle service costs on a bus that is full: 4,400 frames a second, the most that 500 kbit/s carry, each told by itself, and a client that hears all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tandem_can::{Event, Local};
use tandem_contracts::subscription::{News, Subscription, Wish};
use tandem_frame::Frame;
use tandem_scenes::{Bus, demo_log};

use crate::codec::frames;
use crate::figure::Figure;
use crate::process::cpu_time;
use crate::service::Service;

const INTERFACES: [&str; 2] = ["can0", "can1"];
const FRAMES_A_SECOND: u32 = 4_400;
const WARM_UP: Duration = Duration::from_secs(1);
const WATCHED: Duration = Duration::from_secs(6);

pub fn figures() -> Result<Vec<Figure>> {
    let recording = frames(&std::fs::read(demo_log())?, &INTERFACES);
    let service = Service::start("demo", &INTERFACES)?;
    let ended = Arc::new(AtomicBool::new(false));
    let car = std::thread::spawn({
        let (link, ended) = (service.link.clone(), Arc::clone(&ended));
        move || drive(&link, &recording, &ended)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let share = runtime.block_on(async {
        let bus = Bus::open(service.daemon.address()).await;
        let paths = bus.signals().await.list().await?.into_iter().map(|leaf| leaf.path).collect();
        let wish = Wish { paths, min_interval_ms: 0, window: 8 };
        let mut subscription = Subscription::open(&bus.connection, wish).await?;
        let (begun, mut from) = (Instant::now(), None);
        loop {
            if let Some(News::Batch(batch)) = subscription.next().await {
                subscription.acknowledge(batch.sequence).await?;
            }
            let now = Instant::now();
            if now - begun < WARM_UP {
                continue;
            }
            let used = cpu_time(service.pid()?)?;
            let (since, before) = *from.get_or_insert((now, used));
            if now - since >= WATCHED {
                return anyhow::Ok((used - before).as_secs_f64() / (now - since).as_secs_f64() * 100.0);
            }
        }
    });
    ended.store(true, Ordering::Relaxed);
    let sent = car.join().map_err(|_| anyhow::anyhow!("the car's thread panicked"))??;
    let rate = FRAMES_A_SECOND as f64;
    anyhow::ensure!((0.98 * rate..1.02 * rate).contains(&sent), "{sent} frames a second were sent");
    Ok(vec![Figure::new("vehicle service, 4,400 frames/s, CPU", share?, "% core").at_most(15.0)])
}

/// A recording at a pace of its own, again and again. How many frames a second it was.
fn drive(link: &Local, recording: &[Frame], ended: &AtomicBool) -> Result<f64> {
    let begun = Instant::now();
    let mut sent = 0;
    for frame in recording.iter().cycle().take_while(|_| !ended.load(Ordering::Relaxed)) {
        sent += 1;
        std::thread::sleep(
            (begun + Duration::from_secs(1) * sent / FRAMES_A_SECOND).saturating_duration_since(Instant::now()),
        );
        let t_ns = u64::try_from(begun.elapsed().as_nanos())?;
        let mut frame = *frame;
        frame.t_ns = t_ns;
        link.send(&[Event::Frame(frame)])?;
        // Time comes after a frame now and then, as a real interface tells it.
        if sent % 5 == 0 {
            link.send(&[Event::Advance(t_ns)])?;
        }
    }
    link.close();
    Ok(f64::from(sent) / begun.elapsed().as_secs_f64())
}

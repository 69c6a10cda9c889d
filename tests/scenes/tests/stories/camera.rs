//! The car goes backwards, and the driver sees what is behind: a picture that moves, or a sentence, never a picture that stands still.

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::camera::{Camera, Camera1Proxy};
use tandem_contracts::screen::CENTRE;
use tandem_scenes::{Bus, Pixels, Region, Tandem, within};
use zbus::proxy::CacheProperties;

const CAMERA: &str = "tandem-camera";
/// What is around a picture, and instead of one.
const GROUND: [u8; 3] = [0x0B, 0x0E, 0x12];
/// On the picture, away from the plates: where the ball rolls.
const BEHIND: Region = Region { x: 300, y: 200, width: 1320, height: 600 };
/// Where the sentence stands that says that there is none.
const SENTENCE: Region = Region { x: 400, y: 480, width: 1120, height: 120 };

async fn cameras(bus: &Bus) -> Vec<Camera> {
    let proxy = Camera1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    proxy.list().await.unwrap()
}

async fn until_state(bus: &Bus, state: &'static str) {
    within(state, async { while cameras(bus).await.first().is_none_or(|rear| rear.state != state) {} }).await;
}

fn process(tandem: &Tandem) -> Option<Pid> {
    tandem.processes().into_iter().find(|(_, name)| name == CAMERA).map(|(pid, _)| pid)
}

fn is_picture(centre: &Pixels) -> bool {
    let behind = centre.cut(BEHIND);
    behind.chunks_exact(3).filter(|pixel| *pixel == GROUND).count() < 100 && centre.at(960, 1060) != GROUND
}

fn is_sentence(centre: &Pixels) -> bool {
    let around = [(300, 250), (1600, 250), (960, 900)];
    around.iter().all(|(x, y)| centre.at(*x, *y) == GROUND) && centre.ink_height(SENTENCE, 0xC0) > 20
}

async fn until_centre(bus: &Bus, what: &'static str, is_so: impl Fn(&Pixels) -> bool) -> Pixels {
    within(what, async {
        loop {
            let centre = bus.capture(CENTRE).await.1;
            if is_so(&centre) {
                return centre;
            }
        }
    })
    .await
}

async fn gear(bus: &Bus, letter: &str) {
    bus.simulator().await.set("gear".to_owned(), letter.to_owned()).await.unwrap();
}

#[tokio::test]
async fn backwards_the_driver_sees_what_is_behind_or_is_told_to_look() {
    let mut tandem = Tandem::sim(&["--scenario", "parked"]);
    let bus = tandem.bus().await;
    let rear = cameras(&bus).await;
    assert_eq!((rear.len(), rear[0].name.as_str(), rear[0].state.as_str(), rear[0].mount.len()), (1, "rear", "off", 1));
    assert_eq!(process(&tandem), None, "in P no camera runs");

    gear(&bus, "R").await;
    let first = until_centre(&bus, "a picture", is_picture).await;
    let moved = |centre: &Pixels| is_picture(centre) && centre.cut(BEHIND) != first.cut(BEHIND);
    until_centre(&bus, "another picture", moved).await;
    until_state(&bus, "live").await;

    // It hangs: the last picture does not stay.
    let hangs = process(&tandem).expect("it runs");
    kill_process(hangs, Signal::STOP).unwrap();
    until_centre(&bus, "the sentence", is_sentence).await;
    until_centre(&bus, "a picture after it hung", is_picture).await;
    let another = process(&tandem).expect("it runs");
    assert_ne!(another, hangs);

    // It dies.
    kill_process(another, Signal::KILL).unwrap();
    within("another camera", async { while process(&tandem).is_none_or(|pid| pid == another) {} }).await;
    let back = until_centre(&bus, "a picture after its death", is_picture).await;
    until_centre(&bus, "a picture that moves", |centre| centre.cut(BEHIND) != back.cut(BEHIND)).await;

    gear(&bus, "D").await;
    until_centre(&bus, "the page again", |centre| !is_picture(centre) && !is_sentence(centre)).await;
    within("the end of the camera", async { while process(&tandem).is_some() {} }).await;
    until_state(&bus, "off").await;

    // A media service that dies takes the camera with it, and both come back.
    gear(&bus, "R").await;
    until_centre(&bus, "a picture once more", is_picture).await;
    let before = process(&tandem).expect("it runs");
    bus.simulator().await.kill("media".to_owned()).await.unwrap();
    within("another camera", async { while process(&tandem).is_none_or(|pid| pid == before) {} }).await;
    until_centre(&bus, "a picture of the new service", is_picture).await;
}

//! Each screen lives for itself: one that dies takes no other with it, and comes back.

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_scenes::{Bus, Shown, Tandem, speed, within};

/// Another owner of a screen's name than the one before.
async fn successor(bus: &Bus, name: &'static str, before: Pid) -> Pid {
    within("the screen's successor", async {
        loop {
            if let Some(owner) = bus.owner(name).await.filter(|owner| *owner != before) {
                break owner;
            }
        }
    })
    .await
}

async fn until_it_shows_the_speed(bus: &Bus) {
    within("a speed", async { while speed(&bus.capture(CLUSTER).await.1) != Shown::Number {} }).await;
}

#[tokio::test]
async fn a_centre_that_dies_leaves_the_cluster_drawing_and_either_comes_back() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    until_it_shows_the_speed(&bus).await;
    let (cluster, centre) = (bus.owner(CLUSTER).await.unwrap(), bus.owner(CENTRE).await.unwrap());

    // The cluster works batch after batch off, and what it draws of each is newer, while the centre dies and comes back.
    let mut newest = bus.capture(CLUSTER).await.0;
    kill_process(centre, Signal::KILL).unwrap();
    for _ in 0..20 {
        let picture = bus.screen(CLUSTER).await.capture(newest.sequence + 1).await.unwrap();
        assert!(picture.sequence > newest.sequence && picture.now_ns > newest.now_ns);
        newest = picture;
    }
    until_it_shows_the_speed(&bus).await;
    successor(&bus, CENTRE, centre).await;
    assert_eq!(bus.owner(CLUSTER).await, Some(cluster), "it is the same cluster");

    kill_process(cluster, Signal::KILL).unwrap();
    successor(&bus, CLUSTER, cluster).await;
    until_it_shows_the_speed(&bus).await;
    assert_eq!(bus.screen(CLUSTER).await.misdrawn().await.unwrap(), Vec::<String>::new());
}

//! A song is picked, sounds, is seen on both screens, and is steered by a stranger's program; what it was is known after a restart.

use std::process::Command;

use futures_util::StreamExt;
use tandem_contracts::media::{Media1Proxy, Now};
use tandem_contracts::mpris::{self, PlayerProxy};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_scenes::{Bus, Region, Tandem, within};
use zbus::proxy::CacheProperties;

/// The picture of what plays, in the cluster's left wing.
const COVER: Region = Region { x: 48, y: 200, width: 160, height: 160 };
/// Pixels with a hue: the wing's ground and words are greys.
const A_PICTURE: usize = 2_000;
const HUE: u8 = 40;

async fn media(bus: &Bus) -> Media1Proxy<'static> {
    Media1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.expect("a proxy")
}

async fn player(bus: &Bus) -> PlayerProxy<'static> {
    let builder = PlayerProxy::builder(&bus.connection).destination(mpris::NAME);
    builder.cache_properties(CacheProperties::No).build().await.expect("a proxy")
}

/// Waits until what plays is as wished.
async fn until(bus: &Bus, what: &'static str, is_so: impl Fn(&Now) -> bool) -> Now {
    let listening = Bus::open(&bus.address).await;
    let media = media(&listening).await;
    let mut news = media.receive_now_changed().await.expect("signals");
    let seen = async {
        let now = media.now().await.expect("what plays");
        if is_so(&now) {
            return now;
        }
        while let Some(change) = news.next().await {
            let now = change.args().expect("what plays").now;
            if is_so(&now) {
                return now;
            }
        }
        panic!("the bus is gone");
    };
    within(what, seen).await
}

/// The library once it has our six pieces: the simulation does not wait for it.
async fn songs(bus: &Bus) -> Vec<tandem_contracts::media::Item> {
    let media = media(bus).await;
    let filled = async {
        loop {
            let page = media.page("tracks".into(), String::new(), 0, 10).await.expect("a page");
            if page.total == 6 {
                break page.rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within("six songs", filled).await
}

fn playerctl(bus: &Bus, arguments: &[&str]) -> String {
    let output = Command::new("playerctl")
        .args(["--player=tandem"])
        .args(arguments)
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .output()
        .expect("playerctl is installed");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// How much of the cover's place has a hue, pixels.
async fn wing(bus: &Bus) -> usize {
    let (_, cluster) = bus.capture(CLUSTER).await;
    let spread = |pixel: &[u8]| pixel.iter().max().zip(pixel.iter().min()).map_or(0, |(most, least)| most - least);
    cluster.cut(COVER).chunks_exact(3).filter(|pixel| spread(pixel) > HUE).count()
}

#[tokio::test]
async fn a_song_is_picked_heard_seen_and_steered() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let songs = songs(&bus).await;
    let dusk = songs.iter().find(|song| song.title == "Dusk").expect("one of ours");
    let (_, before) = bus.capture(CENTRE).await;
    assert!(wing(&bus).await < A_PICTURE, "nothing plays, and the cluster shows a cover");

    media(&bus).await.play(dusk.id.clone(), 0).await.expect("it plays");
    until(&bus, "the song", |now| now.state == "playing" && now.item.title == "Dusk").await;
    assert_eq!(playerctl(&bus, &["status"]), "Playing");
    assert_eq!(playerctl(&bus, &["metadata", "xesam:title"]), "Dusk");
    let on_the_cluster = async {
        while wing(&bus).await < A_PICTURE {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within("the cover on the cluster", on_the_cluster).await;
    let on_the_centre = async {
        while bus.capture(CENTRE).await.1.rgb == before.rgb {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within("the song on the centre", on_the_centre).await;

    playerctl(&bus, &["pause"]);
    until(&bus, "the pause", |now| now.state == "paused").await;
    assert_eq!(player(&bus).await.playback_status().await.expect("a status"), "Paused");
}

#[tokio::test]
async fn a_killed_player_is_back_with_the_same_song() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let songs = songs(&bus).await;
    let song = songs.iter().max_by_key(|song| song.length_us).expect("six of ours");
    media(&bus).await.play(song.id.clone(), 3_000_000).await.expect("it plays");
    let sounds = |now: &Now| now.state == "playing" && now.item.id == song.id;
    until(&bus, "the song", sounds).await;
    let find = || tandem.processes().into_iter().find(|(_, name)| name == "tandem-player");
    let (pid, _) = find().expect("it plays");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
    let another = async {
        while find().is_none_or(|(other, _)| other == pid) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within("another player", another).await;
    until(&bus, "the song again", sounds).await;
    let position = player(&bus).await.position().await.expect("a position");
    assert!(position >= 3_000_000, "{position} µs: it began anew");
}

#[test]
fn what_played_is_known_after_a_restart() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = state.path().to_str().expect("a name in UTF-8");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut tandem = Tandem::sim(&["--media-state", folder]);
    let left = runtime.block_on(async {
        let bus = tandem.bus().await;
        let songs = songs(&bus).await;
        let song = songs.last().expect("six of ours");
        media(&bus).await.play(song.id.clone(), 5_000_000).await.expect("it plays");
        until(&bus, "the song", |now| now.state == "playing" && now.item.id == song.id).await;
        let player = player(&bus).await;
        let goes_on = async {
            while player.position().await.expect("a position") < 6_000_000 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        within("a second of the song", goes_on).await;
        song.title.clone()
    });
    // As a power cut ends it: nobody is asked to save anything.
    tandem.signal(rustix::process::Signal::KILL);
    tandem.leaves_nothing_behind();

    let mut tandem = Tandem::sim(&["--media-state", folder]);
    runtime.block_on(async {
        let bus = tandem.bus().await;
        let now = until(&bus, "the song that was left", |now| !now.item.id.is_empty()).await;
        assert_eq!(now.item.title, left);
        let position = player(&bus).await.position().await.expect("a position");
        assert!((5_000_000..12_000_000).contains(&position), "{position} µs");
    });
}

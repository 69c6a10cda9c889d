//! A song is picked, sounds, is seen on both screens, and is steered by a stranger's program; what it was is known after a restart.

use std::process::Command;

use futures_util::StreamExt;
use tandem_contracts::media::{Media1Proxy, Now};
use tandem_contracts::mpris::{self, PlayerProxy};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_scenes::{Bus, Pixels, Region, Tandem, within};
use zbus::proxy::CacheProperties;

/// The picture of what plays, in the cluster's left wing.
const COVER: Region = Region { x: 48, y: 200, width: 160, height: 160 };
/// Pixels with a hue: the wing's ground and words are greys.
const A_PICTURE: usize = 2_000;
const HUE: u8 = 40;

pub async fn media(bus: &Bus) -> Media1Proxy<'static> {
    Media1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.expect("a proxy")
}

pub async fn player(bus: &Bus) -> PlayerProxy<'static> {
    let builder = PlayerProxy::builder(&bus.connection).destination(mpris::NAME);
    builder.cache_properties(CacheProperties::No).build().await.expect("a proxy")
}

/// Waits until what plays is as wished.
pub async fn until(bus: &Bus, what: &'static str, is_so: impl Fn(&Now) -> bool) -> Now {
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
pub async fn songs(bus: &Bus) -> Vec<tandem_contracts::media::Item> {
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
    hues(&bus.capture(CLUSTER).await.1, COVER)
}

fn hues(picture: &Pixels, region: Region) -> usize {
    let spread = |pixel: &[u8]| pixel.iter().max().zip(pixel.iter().min()).map_or(0, |(most, least)| most - least);
    picture.cut(region).chunks_exact(3).filter(|pixel| spread(pixel) > HUE).count()
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

/// The centre's places: its pages, the second row of a list and the dots in it, and what is chosen from.
const MUSIC: (f64, f64) = (1072.0, 1016.0);
const NOW: (f64, f64) = (170.0, 112.0);
const LIBRARY: (f64, f64) = (416.0, 112.0);
const SONGS: (f64, f64) = (180.0, 438.0);
const SECOND_ROW_DOTS: (f64, f64) = (1824.0, 408.0);
const SECOND_SONG_COVER: Region = Region { x: 368, y: 376, width: 64, height: 64 };
const SECOND_ENTRY_COVER: Region = Region { x: 1304, y: 376, width: 64, height: 64 };
/// Between the two words of the shortest card.
const CARD: (usize, usize) = (700, 540);
const RAISED: [u8; 3] = [0x1E, 0x25, 0x2D];
const ADD_TO_THE_QUEUE: (f64, f64) = (960.0, 588.0);
const MOVE_UP: (f64, f64) = (960.0, 492.0);
const TAKE_OUT: (f64, f64) = (960.0, 684.0);

async fn touch(bus: &Bus, (x, y): (f64, f64)) {
    bus.screen(CENTRE).await.touch(x, y).await.expect("a headless screen");
}

async fn until_centre(bus: &Bus, what: &'static str, shows: impl Fn(&Pixels) -> bool) {
    let seen = async {
        while !shows(&bus.capture(CENTRE).await.1) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within(what, seen).await;
}

/// Waits until these titles are the queue, and nothing else is.
async fn until_queue(bus: &Bus, what: &'static str, titles: &[&str]) {
    let media = media(bus).await;
    let so = async {
        loop {
            let queue = media.queue(0, 10).await.expect("the queue").entries;
            if queue.iter().map(|entry| entry.item.title.as_str()).eq(titles.iter().copied()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within(what, so).await;
}

#[tokio::test]
async fn a_finger_queues_a_song_moves_it_and_takes_it_out() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let songs = songs(&bus).await;
    let (first, second) = (&songs[0], &songs[1]);
    media(&bus).await.play(first.id.clone(), 0).await.expect("it plays");
    until_queue(&bus, "one song", &[&first.title]).await;
    let has_cover = |region: Region| move |centre: &Pixels| hues(centre, region) > A_PICTURE;
    let is_asked = |centre: &Pixels| centre.at(CARD.0, CARD.1) == RAISED;

    for place in [MUSIC, LIBRARY, SONGS] {
        touch(&bus, place).await;
    }
    until_centre(&bus, "the songs", has_cover(SECOND_SONG_COVER)).await;
    touch(&bus, SECOND_ROW_DOTS).await;
    until_centre(&bus, "the choices", is_asked).await;
    touch(&bus, ADD_TO_THE_QUEUE).await;
    until_queue(&bus, "two songs", &[&first.title, &second.title]).await;

    touch(&bus, NOW).await;
    until_centre(&bus, "the queue", has_cover(SECOND_ENTRY_COVER)).await;
    touch(&bus, SECOND_ROW_DOTS).await;
    until_centre(&bus, "the choices", is_asked).await;
    touch(&bus, MOVE_UP).await;
    until_queue(&bus, "the other order", &[&second.title, &first.title]).await;
    touch(&bus, TAKE_OUT).await;
    until_queue(&bus, "one song again", &[&first.title]).await;
    until_centre(&bus, "the page", |centre| !is_asked(centre)).await;
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

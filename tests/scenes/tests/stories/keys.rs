//! Keys on the steering wheel of the virtual car are pressed, and the music does what they say, once for each press.

use tandem_contracts::input::Input1Proxy;
use tandem_scenes::{Bus, Tandem, within};
use zbus::proxy::CacheProperties;

use crate::music::{media, songs, until};

const NEXT: &str = "KEY_NEXTSONG";
const PLAY_PAUSE: &str = "KEY_PLAYPAUSE";

/// Presses a key of the wheel and waits until the car has let it go, its `presses`th press of all.
async fn press(bus: &Bus, key: &str, presses: usize) {
    within("a press", bus.simulator().await.press_key(key.to_owned(), 200)).await.unwrap();
    let keys = Input1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    let let_go = async { while keys.since(0).await.unwrap().1.len() < 2 * presses {} };
    within("a press and its release", let_go).await;
}

#[tokio::test]
async fn a_press_on_the_wheel_plays_the_next_song_once_and_another_key_holds_it() {
    let mut tandem = Tandem::sim(&["--scenario", "parked"]);
    let bus = tandem.bus().await;
    let songs = songs(&bus).await;
    media(&bus).await.play_view("tracks".into(), String::new(), 0).await.unwrap();
    until(&bus, "the first song", |now| now.item.id == songs[0].id && now.state == "playing").await;
    for (presses, song) in [(1, &songs[1]), (2, &songs[2])] {
        press(&bus, NEXT, presses).await;
        until(&bus, "the next song", |now| now.item.id == song.id && now.state == "playing").await;
    }
    // What a release did would be heard before what the next key does.
    for (presses, state) in [(3, "paused"), (4, "playing")] {
        press(&bus, PLAY_PAUSE, presses).await;
        let now = until(&bus, state, |now| now.state == state).await;
        assert_eq!(now.item.id, songs[2].id);
    }
    let keys = Input1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    let (oldest, events) = keys.since(0).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.key.as_str(), event.action.as_str())).collect();
    let keys = [NEXT, NEXT, PLAY_PAUSE, PLAY_PAUSE];
    let pressed = keys.iter().flat_map(|key| [(*key, "press"), (*key, "release")]);
    assert_eq!((oldest, told), (1, (1..).zip(pressed).map(|(number, (key, action))| (number, key, action)).collect()));
}

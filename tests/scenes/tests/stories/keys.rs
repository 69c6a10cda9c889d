//! A key on the steering wheel of the virtual car is pressed, and the next song plays.

use tandem_contracts::input::Input1Proxy;
use tandem_contracts::media::Media1Proxy;
use tandem_scenes::{Bus, Tandem, within};
use zbus::proxy::CacheProperties;

use crate::music::{songs, until};

#[tokio::test]
async fn a_key_on_the_wheel_plays_the_next_song_once() {
    let mut tandem = Tandem::sim(&[]);
    let bus = tandem.bus().await;
    let songs = songs(&bus).await;
    let media = Media1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    media.play_view("tracks".into(), String::new(), 0).await.unwrap();
    until(&bus, "the first song", |now| now.item.id == songs[0].id && now.state == "playing").await;
    let simulator = bus.simulator().await;
    let keys = Input1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    for next in 1..2 {
        within("a press", simulator.press_key("KEY_NEXTSONG".into(), 200)).await.unwrap();
        let let_go = async {
            while keys.since(0).await.unwrap().1.len() < 2 * next {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        within("a press and its release", let_go).await;
        until(&bus, "the next song", |now| now.item.id == songs[next].id).await;
    }
    let (_, events) = keys.since(0).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.number, event.key.as_str(), event.action.as_str())).collect();
    let key = "KEY_NEXTSONG";
    assert_eq!(told, [(1, key, "press"), (2, key, "release")]);
    tandem.leaves_nothing_behind();
}

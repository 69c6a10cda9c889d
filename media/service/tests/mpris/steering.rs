//! What a client can do.

use std::sync::Arc;

use tandem_contracts::driving::Rules;
use tandem_contracts::mpris::{self, PlayerProxy, track_id};
use tandem_media::state::Handle;
use tandem_scenes::Daemon;
use tokio::sync::{broadcast, mpsc, watch};
use zbus::proxy::CacheProperties;
use zbus::{ObjectPath, Variant, fdo};

use crate::script::{self, Cue};
use crate::stage::{Heard, Stage, is_true, playerctl, serve, stream, track};

async fn title(stage: &Stage) -> String {
    stage.player.metadata().await.unwrap()["xesam:title"].try_clone().unwrap().try_into().unwrap()
}

#[tokio::test]
async fn check_02_a_seek_is_relative_and_a_position_is_of_its_track() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red")]).await;
    stage.player.seek(10_000_000).await.unwrap();
    stage.player.seek(10_000_000).await.unwrap();
    assert_eq!(stage.heard().await, [Heard::Seeked(10_000_000), Heard::Seeked(20_000_000)]);
    stage.player.seek(-60_000_000).await.unwrap();
    assert_eq!(stage.heard().await, [Heard::Seeked(0)], "before the start is the start");

    let blue = track_id(&stage.player.metadata().await.unwrap()).unwrap();
    for outside in [-1, 180_000_001, i64::MIN, i64::MAX] {
        stage.player.set_position(&blue, outside).await.unwrap();
    }
    for stale in ["/org/tandem/track/999", "/org/mpris/MediaPlayer2/TrackList/NoTrack", "/"] {
        stage.player.set_position(&ObjectPath::try_from(stale).unwrap(), 1_000_000).await.unwrap();
    }
    assert_eq!(stage.heard().await, [], "nothing of this has an effect");
    assert_eq!(stage.player.position().await.unwrap(), 0);

    stage.player.seek(i64::MAX).await.unwrap();
    stage.one_change().await;
    assert_eq!(title(&stage).await, "Red", "past the end is the next track");
    stage.player.set_position(&blue, 5_000_000).await.unwrap();
    assert_eq!(stage.heard().await, [], "a track of before");
}

#[tokio::test]
async fn check_11_a_rate_of_nothing_pauses_and_others_stay_in_their_range() {
    let mut stage = Stage::playing(vec![track("Blue")]).await;
    stage.player.set_rate(0.0).await.unwrap();
    assert_eq!(stage.one_change().await, ["PlaybackStatus"]);
    assert_eq!(stage.player.playback_status().await.unwrap(), "Paused");
    assert_eq!(stage.player.rate().await.unwrap(), 1.0);
    for (asked, is) in [(0.1, 0.5), (1.25, 1.25), (16.0, 2.0)] {
        stage.player.set_rate(asked).await.unwrap();
        assert_eq!(stage.player.rate().await.unwrap(), is, "after {asked}");
    }
    stage.heard().await;
    for senseless in [-1.0, f64::NAN] {
        stage.player.set_rate(senseless).await.unwrap_err();
    }
    assert_eq!(stage.heard().await, []);
}

#[tokio::test]
async fn check_12_with_nothing_to_play_nothing_happens_and_nothing_fails() {
    let mut stage = Stage::with(Vec::new()).await;
    let player = &stage.player;
    player.play().await.unwrap();
    player.play_pause().await.unwrap();
    player.pause().await.unwrap();
    player.next().await.unwrap();
    player.previous().await.unwrap();
    player.seek(1_000_000).await.unwrap();
    player.stop().await.unwrap();
    assert_eq!(player.playback_status().await.unwrap(), "Stopped");
    assert!(player.metadata().await.unwrap().is_empty());
    assert_eq!(stage.heard().await, []);
}

#[tokio::test]
async fn check_14_what_cannot_be_set_says_so() {
    let stage = Stage::playing(vec![track("Blue")]).await;
    for name in ["PlaybackStatus", "Metadata", "Position", "CanGoNext", "CanControl", "MinimumRate"] {
        let error = stage.set(name, "Playing").await.unwrap_err();
        assert!(matches!(error, fdo::Error::PropertyReadOnly(_)), "{name}: {error:?}");
    }
    let root = "org.mpris.MediaPlayer2".try_into().unwrap();
    let error = stage.properties.set(root, "Identity", &Variant::from("Other")).await.unwrap_err();
    assert!(matches!(error, fdo::Error::PropertyReadOnly(_)), "{error:?}");
    for name in ["Nonsense", "", "volume"] {
        let error = stage.set(name, 1.0).await.unwrap_err();
        assert!(matches!(error, fdo::Error::UnknownProperty(_)), "{name}: {error:?}");
        let error = stage.get(name).await.unwrap_err();
        assert!(matches!(error, fdo::Error::UnknownProperty(_)), "{name}: {error:?}");
    }
    for (name, of_another_type) in
        [("Volume", Variant::from("loud")), ("Shuffle", 1u8.into()), ("LoopStatus", true.into())]
    {
        let error = stage.set(name, of_another_type).await.unwrap_err();
        assert!(matches!(error, fdo::Error::InvalidArgs(_)), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn check_15_an_unknown_way_to_repeat_is_refused() {
    let mut stage = Stage::with(vec![track("Blue")]).await;
    for word in ["Track", "Playlist", "None"] {
        stage.player.set_loop_status(word).await.unwrap();
        assert_eq!(stage.player.loop_status().await.unwrap(), word);
        assert_eq!(stage.one_change().await, ["LoopStatus"]);
    }
    for unknown in ["Sometimes", "track", ""] {
        let error = stage.set("LoopStatus", unknown).await.unwrap_err();
        assert!(matches!(error, fdo::Error::InvalidArgs(_)), "{unknown}: {error:?}");
    }
    assert_eq!(stage.player.loop_status().await.unwrap(), "None");
}

#[tokio::test]
async fn check_18_quit_answers_and_the_name_stays() {
    let stage = Stage::playing(vec![track("Blue")]).await;
    stage.root.quit().await.unwrap();
    stage.root.raise().await.unwrap();
    let root = stage.properties.get_all("org.mpris.MediaPlayer2".try_into().unwrap()).await.unwrap();
    for no in ["CanQuit", "CanRaise", "HasTrackList"] {
        assert!(!is_true(&root[no]), "{no}");
    }
    let bus = fdo::DBusProxy::new(stage.properties.inner().connection()).await.unwrap();
    assert!(bus.name_has_owner(mpris::NAME.try_into().unwrap()).await.unwrap());
    assert_eq!(stage.player.playback_status().await.unwrap(), "Playing");
}

#[tokio::test]
async fn an_address_is_played_at_once_and_only_if_it_is_one_of_ours() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red")]).await;
    stage.player.open_uri("file:///music/a%20b.flac").await.unwrap();
    assert_eq!(title(&stage).await, "file /music/a b.flac");
    stage.player.open_uri("https://radio.example/live?x=1").await.unwrap();
    assert_eq!(title(&stage).await, "address https://radio.example/live?x=1");
    stage.player.next().await.unwrap();
    assert_eq!(title(&stage).await, "Red", "what was queued comes after it");
    stage.heard().await;
    let long = format!("http://radio.example/{}", "x".repeat(5000));
    for other in
        ["", "Blue", "/music/a.flac", "ftp://x/y", "cdda://1", "file://elsewhere/x.flac", "data:audio/wav,x", &long]
    {
        stage.player.open_uri(other).await.unwrap_err();
    }
    assert_eq!(stage.heard().await, []);
}

#[tokio::test]
async fn wishes_are_met_in_their_order() {
    let mut stage = Stage::playing(vec![track("Blue")]).await;
    for _ in 0..20 {
        let (one, two, three) = (stage.player.pause(), stage.player.play(), stage.player.pause());
        let (one, two, three) = tokio::join!(one, two, three);
        one.and(two).and(three).unwrap();
        assert_eq!(stage.player.playback_status().await.unwrap(), "Paused");
    }
    stage.heard().await;
}

#[tokio::test]
async fn who_comes_second_is_told_that_the_name_is_taken() {
    let stage = Stage::with(vec![track("Blue")]).await;
    let (other, _cues) = script::start();
    let second = serve(&stage.daemon, &other).await;
    assert!(matches!(second, Err(zbus::Error::NameTaken)), "{second:?}");
    assert_eq!(title(&stage).await, "Blue", "the first is not disturbed");
}

#[tokio::test]
async fn a_core_that_hangs_holds_up_no_client() {
    let daemon = Daemon::start();
    let (requests, unread) = mpsc::channel(2);
    let (told, snapshot) = watch::channel(Arc::new(script::idle()));
    let handle = Handle { requests, snapshot, happenings: broadcast::Sender::new(1), rules: Rules::without_a_car() };
    let _service = serve(&daemon, &handle).await.unwrap();
    let player = PlayerProxy::builder(&daemon.connect().await).destination(mpris::NAME);
    let player = player.cache_properties(CacheProperties::No).build().await.unwrap();
    player.next().await.unwrap();
    player.set_volume(0.5).await.unwrap();
    assert_eq!(player.volume().await.unwrap(), 1.0, "a wish that nobody grants");
    for _ in 0..10 {
        let too_much = player.next().await.unwrap_err();
        assert!(too_much.to_string().contains("LimitsExceeded"), "{too_much}");
    }
    assert_eq!(player.playback_status().await.unwrap(), "Stopped");
    assert_eq!(unread.len(), 2, "what was asked waits");
    drop(told);
}

#[tokio::test]
async fn the_real_playerctl_steers_it() {
    let mut stage = Stage::with(vec![track("Blue"), track("Red"), stream("Radio")]).await;
    let does = async |arguments: &[&str]| playerctl(&stage.daemon, arguments).await.unwrap();
    assert_eq!(does(&["--list-all"]).await, "tandem");
    assert_eq!(does(&["status"]).await, "Stopped");
    does(&["play"]).await;
    assert_eq!(does(&["status"]).await, "Playing");
    assert_eq!(
        does(&["metadata", "--format", "{{title}}|{{artist}}|{{album}}|{{mpris:length}}"]).await,
        "Blue|Ann, Bob|Colours|180000000"
    );
    does(&["pause"]).await;
    does(&["position", "60"]).await;
    assert_eq!(does(&["position"]).await, "60.000000");
    does(&["position", "5-"]).await;
    assert_eq!(does(&["position"]).await, "55.000000");
    does(&["position", "10+"]).await;
    assert_eq!(does(&["position"]).await, "65.000000");
    does(&["next"]).await;
    assert_eq!(does(&["metadata", "xesam:title"]).await, "Red");
    does(&["previous"]).await;
    assert_eq!(does(&["metadata", "xesam:title"]).await, "Blue");
    does(&["volume", "0.4"]).await;
    does(&["volume", "0.3+"]).await;
    assert_eq!(does(&["volume"]).await, "0.700000");
    does(&["shuffle", "On"]).await;
    assert_eq!(does(&["shuffle"]).await, "On");
    does(&["loop", "Track"]).await;
    assert_eq!(does(&["loop"]).await, "Track");
    does(&["play-pause"]).await;
    assert_eq!(does(&["status"]).await, "Playing");
    does(&["stop"]).await;
    assert_eq!(does(&["status"]).await, "Stopped");
    does(&["open", "https://radio.example/live"]).await;
    assert_eq!(does(&["metadata", "xesam:title"]).await, "address https://radio.example/live");
    stage.cue(Cue::Load(Vec::new())).await;
    assert_eq!(playerctl(&stage.daemon, &["status"]).await.unwrap(), "Stopped");
}

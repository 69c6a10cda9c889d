//! What is told, when, and how often.

use std::collections::HashMap;

use tandem_contracts::mpris::track_id;
use tandem_media::state::{Snapshot, Status};
use zbus::OwnedVariant;

use crate::script::Cue;
use crate::stage::{Heard, Stage, is_true, names, stream, track};

const CAN: [&str; 5] = ["CanGoNext", "CanGoPrevious", "CanPause", "CanPlay", "CanSeek"];

fn title(metadata: &OwnedVariant) -> String {
    let metadata: HashMap<String, OwnedVariant> = metadata.try_clone().unwrap().try_into().unwrap();
    metadata["xesam:title"].try_clone().unwrap().try_into().unwrap()
}

#[tokio::test]
async fn check_01_every_jump_is_told_and_no_progress() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red")]).await;
    stage.player.seek(5_000_000).await.unwrap();
    assert_eq!(stage.heard().await, [Heard::Seeked(5_000_000)]);
    let track = track_id(&stage.player.metadata().await.unwrap()).unwrap();
    stage.player.set_position(&track, 90_000_000).await.unwrap();
    assert_eq!(stage.heard().await, [Heard::Seeked(90_000_000)]);
    for micros in [91_000_000, 120_000_000, 179_000_000] {
        assert_eq!(stage.cue(Cue::Progress(micros)).await, []);
    }
    assert_eq!(stage.player.position().await.unwrap(), 179_000_000);
}

#[tokio::test]
async fn check_05_everything_is_told_at_the_start_and_what_can_be_done_with_every_queue() {
    let mut stage = Stage::bare().await;
    let start = stage.ear.change().await;
    let told = [
        "CanGoNext",
        "CanGoPrevious",
        "CanPause",
        "CanPlay",
        "CanSeek",
        "LoopStatus",
        "MaximumRate",
        "Metadata",
        "MinimumRate",
        "PlaybackStatus",
        "Rate",
        "Shuffle",
        "Volume",
    ];
    assert_eq!(names(&start), told);
    for name in CAN {
        assert!(!is_true(&start[name]), "{name} before there is a queue");
    }
    let heard = stage.cue(Cue::Load(vec![track("Blue"), track("Red")])).await;
    let [Heard::Changed(changed)] = heard.as_slice() else { panic!("{heard:?}") };
    for name in CAN {
        assert_eq!(is_true(&changed[name]), name != "CanGoPrevious", "{name}");
    }
    // Another queue with which the same can be done is told all the same.
    let heard = stage.cue(Cue::Change(Box::new(|snapshot| snapshot.queue_generation += 1))).await;
    let [Heard::Changed(changed)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(names(changed), CAN);
}

#[tokio::test]
async fn check_06_a_gapless_switch_is_told_though_nothing_else_changes() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red"), track("Green")]).await;
    stage.cue(Cue::Ends).await;
    let heard = stage.cue(Cue::Ends).await;
    let [Heard::Changed(changed)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(names(changed), ["CanGoNext", "Metadata"], "the status is the same");
    assert_eq!(title(&changed["Metadata"]), "Green");
    assert_eq!(stage.player.playback_status().await.unwrap(), "Playing");
}

#[tokio::test]
async fn check_07_a_signal_carries_the_new_track_and_a_read_after_it_gives_the_same() {
    let mut stage = Stage::playing(["Blue", "Red", "Green", "White"].map(track).to_vec()).await;
    for wanted in ["Red", "Green", "White"] {
        stage.player.next().await.unwrap();
        let changed = stage.ear.change().await;
        assert_eq!(title(&changed["Metadata"]), wanted);
        assert_eq!(title(&stage.get("Metadata").await.unwrap()), wanted);
    }
}

#[tokio::test]
async fn check_10_a_volume_outside_its_range_is_the_end_of_the_range() {
    let mut stage = Stage::with(vec![track("Blue")]).await;
    for (asked, is) in [(-0.5, 0.0), (0.25, 0.25), (1.7, 1.0), (f64::NEG_INFINITY, 0.0), (f64::INFINITY, 1.0)] {
        stage.player.set_volume(asked).await.unwrap();
        assert_eq!(stage.player.volume().await.unwrap(), is, "after {asked}");
        assert_eq!(stage.one_change().await, ["Volume"]);
    }
    stage.player.set_volume(f64::NAN).await.unwrap_err();
    assert_eq!(stage.heard().await, []);
}

#[tokio::test]
async fn check_13_what_can_be_controlled_says_so_in_everything() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red")]).await;
    let can = async |name| is_true(&stage.get(name).await.unwrap());
    assert!(can("CanControl").await, "a client can always pause a car's player");
    assert!(can("CanPlay").await && can("CanPause").await && can("CanGoNext").await && can("CanSeek").await);
    let heard =
        stage.cue(Cue::Change(Box::new(|snapshot| *snapshot = Snapshot { entry: 9, ..crate::script::idle() }))).await;
    let [Heard::Changed(changed)] = heard.as_slice() else { panic!("{heard:?}") };
    assert!(!changed.contains_key("CanControl"), "it has no signal: {changed:?}");
    for name in ["CanPlay", "CanPause", "CanGoNext", "CanSeek"] {
        assert!(!is_true(&stage.get(name).await.unwrap()), "{name}");
    }
}

#[tokio::test]
async fn check_16_one_change_is_one_signal_and_no_change_is_none() {
    let mut stage = Stage::playing(vec![track("Blue"), track("Red"), stream("Radio")]).await;
    stage.player.set_volume(0.5).await.unwrap();
    assert_eq!(stage.one_change().await, ["Volume"]);
    stage.player.set_shuffle(true).await.unwrap();
    assert_eq!(stage.one_change().await, ["Shuffle"]);
    stage.player.set_loop_status("Playlist").await.unwrap();
    assert_eq!(stage.one_change().await, ["LoopStatus"]);
    stage.player.set_rate(1.5).await.unwrap();
    assert_eq!(stage.one_change().await, ["Rate"]);
    stage.player.pause().await.unwrap();
    assert_eq!(stage.one_change().await, ["PlaybackStatus"]);
    stage.player.next().await.unwrap();
    assert_eq!(stage.one_change().await, ["CanGoPrevious", "Metadata"]);
    stage.player.next().await.unwrap();
    assert_eq!(stage.one_change().await, ["CanGoNext", "CanSeek", "Metadata"]);
    // The same again is no news: playerctld would think that we are the last that was used.
    stage.player.set_volume(0.5).await.unwrap();
    stage.player.set_shuffle(true).await.unwrap();
    stage.player.set_loop_status("Playlist").await.unwrap();
    stage.player.pause().await.unwrap();
    assert_eq!(stage.heard().await, []);
}

#[tokio::test]
async fn check_17_two_thousand_reads_of_everything_are_all_answered() {
    let stage = Stage::playing(vec![track("Blue")]).await;
    let interface = || "org.mpris.MediaPlayer2.Player".try_into().unwrap();
    let mut answered = 0;
    for _ in 0..20 {
        // A hundred at once, as fast as they go.
        let reads = (0..100).map(|_| stage.properties.get_all(interface()));
        for all in futures_util::future::join_all(reads).await {
            assert_eq!(all.unwrap().len(), 15);
            answered += 1;
        }
    }
    assert_eq!(answered, 2000);
    assert_eq!(stage.handle.snapshot.borrow().status, Status::Playing);
}

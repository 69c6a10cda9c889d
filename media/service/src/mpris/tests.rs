use std::time::Duration;

use tokio::time::Instant;
use zbus::{ObjectPath, Variant};

use super::metadata::{entry, metadata, track_id};
use super::player::Player;
use super::properties::difference;
use crate::core::Core;
use crate::queue::Queue;
use crate::state::{Repeat, Snapshot, Status, Titles};
use crate::tell;
use tandem_contracts::mpris::face::everything;

fn idle() -> Snapshot {
    tell::snapshot(&Core::new(Queue::new(0), Duration::ZERO), Instant::now())
}

fn playing() -> Snapshot {
    let titles = Titles {
        title: "Blue".into(),
        artists: vec!["Ann".into(), "Bob".into()],
        album: "Colours".into(),
        art: Some("file:///art/blue.jpg".into()),
        length_us: Some(180_000_000),
        url: None,
    };
    Snapshot { status: Status::Playing, entry: 7, titles, can_pause: true, queue_generation: 3, ..idle() }
}

fn names(changed: &std::collections::HashMap<&'static str, Variant<'static>>) -> Vec<&'static str> {
    let mut names: Vec<_> = changed.keys().copied().collect();
    names.sort_unstable();
    names
}

#[test]
fn what_is_the_same_is_not_told() {
    let before = playing();
    // The position moves without a signal; what Media1 tells is not MPRIS's.
    let mut now = before.clone();
    now.position.micros += 5_000_000;
    now.now.state = "buffering".into();
    assert_eq!(difference(&before, &now), [].into());
}

#[test]
fn one_change_tells_everything_that_changed_and_nothing_else() {
    let before = playing();
    let mut now = before.clone();
    now.status = Status::Paused;
    now.volume = 0.5;
    now.repeat = Repeat::Track;
    let changed = difference(&before, &now);
    assert_eq!(names(&changed), ["LoopStatus", "PlaybackStatus", "Volume"]);
    assert_eq!(changed["Volume"], Variant::from(0.5));
    assert_eq!(changed["PlaybackStatus"], Variant::from("Paused"));
}

#[test]
fn another_queue_tells_what_can_be_done_with_it() {
    let before = playing();
    let now = Snapshot { queue_generation: 4, ..before.clone() };
    let can = ["CanGoNext", "CanGoPrevious", "CanPause", "CanPlay", "CanSeek"];
    assert_eq!(names(&difference(&before, &now)), can);
}

#[test]
fn the_same_file_as_another_entry_is_another_track() {
    let before = playing();
    let now = Snapshot { entry: 8, ..before.clone() };
    assert_eq!(names(&difference(&before, &now)), ["Metadata"]);
}

#[test]
fn everything_is_everything_that_has_a_signal() {
    let all = names(&everything::<Player>(&idle()));
    assert_eq!(all.len(), 13, "{all:?}");
    assert!(!all.contains(&"Position") && !all.contains(&"CanControl"), "{all:?}");
}

#[test]
fn metadata_has_the_types_of_the_specification() {
    let metadata = metadata(&playing());
    assert_eq!(metadata["mpris:trackid"].value_signature(), "o");
    assert_eq!(metadata["mpris:length"].value_signature(), "x");
    assert_eq!(metadata["xesam:artist"].value_signature(), "as");
    assert_eq!(metadata["xesam:album"].value_signature(), "s");
    assert_eq!(metadata["mpris:artUrl"], Variant::from("file:///art/blue.jpg"));
    assert!(!metadata.contains_key("xesam:url"), "a place that is nobody's business");
}

#[test]
fn what_is_not_known_is_left_out() {
    assert!(metadata(&idle()).is_empty(), "no track is no NoTrack either");
    let bare = Snapshot { entry: 1, ..idle() };
    assert_eq!(metadata(&bare).keys().collect::<Vec<_>>(), ["mpris:trackid"]);
    let mut odd = playing();
    odd.titles.art = Some("data:image/png;base64,AAAA".into());
    odd.titles.length_us = Some(-5);
    odd.titles.artists = vec![String::new()];
    let told = metadata(&odd);
    for key in ["mpris:artUrl", "mpris:length", "xesam:artist"] {
        assert!(!told.contains_key(key), "{key}: {told:?}");
    }
}

#[test]
fn evil_titles_are_cut_to_what_a_bus_carries() {
    let mut evil = playing();
    evil.titles.title = format!("a\0{}", "歌".repeat(1_000_000));
    evil.titles.artists = vec!["x".into(); 100_000];
    let told = metadata(&evil);
    let title = String::try_from(told["xesam:title"].clone()).unwrap();
    assert!(title.starts_with("a 歌") && title.len() <= 4096 && !title.contains('\0'));
    let Variant::Array(artists) = &told["xesam:artist"] else { panic!("{told:?}") };
    assert_eq!(artists.len(), 64);
}

#[test]
fn a_track_id_names_one_entry_and_nothing_else_does() {
    for number in [1, 7, u64::MAX] {
        assert_eq!(entry(&track_id(number)), Some(number));
    }
    for stale in [
        "/org/mpris/MediaPlayer2/TrackList/NoTrack",
        "/org/tandem/track/0",
        "/org/tandem/track/07",
        "/org/tandem/track/x",
        "/org/tandem/track/18446744073709551616",
        "/org/tandem/track",
        "/other/track/1",
    ] {
        assert_eq!(entry(&ObjectPath::try_from(stale).unwrap()), None, "{stale}");
    }
}

use std::collections::HashMap;

use tandem_contracts::media::Entry;
use zbus::OwnedVariant;

use super::*;

fn track(number: u32, title: &str, artist: &str, length_us: i64) -> Item {
    Item {
        id: format!("track:{number}"),
        kind: "track".into(),
        title: title.into(),
        artist: artist.into(),
        album: "Two lights".into(),
        length_us,
        available: true,
        ..Item::default()
    }
}

fn playing() -> Told {
    Told {
        now: Now {
            item: track(3, "Dusk", "Tandem", 20_000_000),
            entry: 7,
            state: "playing".into(),
            source_name: "Music".into(),
            ..Now::default()
        },
        title: "Dusk".into(),
        artist: "Tandem".into(),
        album: "Two lights".into(),
        position_us: 12_300_000,
        length_us: 20_000_000,
        rate: 1.0,
        volume: 0.8,
        repeat: "none".into(),
        replay_gain: "track".into(),
        place: Some(2),
        entries: 6,
        ..Told::default()
    }
}

fn variant(value: impl Into<Variant<'static>>) -> OwnedVariant {
    OwnedVariant::try_from(value.into()).unwrap()
}

#[test]
fn times_are_read_as_on_a_clock() {
    let shown: Vec<_> = [0, 59_999_999, 187_000_000, 3_723_000_000, -5].map(clock).into();
    assert_eq!(shown, ["0:00", "0:59", "3:07", "1:02:03", "0:00"]);
}

#[test]
fn the_status_says_what_plays_and_how_far_it_is() {
    insta::assert_snapshot!(status(&playing()), @r"
    state     playing
    title     Dusk
    artist    Tandem
    album     Two lights
    position  0:12 of 0:20
    source    Music
    queue     3 of 6
    volume    80 %
    gain      track
    ");
    let mut told = playing();
    told.now.state = "waiting".into();
    told.now.reason = "The stick is not in the car.".into();
    told.rate = 1.5;
    told.shuffle = true;
    told.repeat = "playlist".into();
    told.scan = ScanProgress {
        source: "usb:1".into(),
        state: "reading".into(),
        found: 900,
        done: 12,
        ..ScanProgress::default()
    };
    insta::assert_snapshot!(status(&told), @r"
    state     waiting: The stick is not in the car.
    title     Dusk
    artist    Tandem
    album     Two lights
    position  0:12 of 0:20 at 1.50x
    source    Music
    queue     3 of 6, shuffled, again and again
    volume    80 %
    gain      track
    scan      usb:1: 12 of 900 files read
    ");
    assert_eq!(line(&told), "waiting: Dusk - Tandem, 0:12 of 0:20 (The stick is not in the car.)\n");
}

#[test]
fn with_nothing_queued_it_says_so_and_no_more() {
    let told =
        Told { now: Now { state: "stopped".into(), ..Now::default() }, volume: 1.0, rate: 1.0, ..Told::default() };
    insta::assert_snapshot!(status(&told), @r"
    state   stopped
    queue   0 tracks
    volume  100 %
    ");
    assert_eq!(line(&told), "stopped\n");
}

#[test]
fn what_the_stream_says_goes_before_what_the_library_knows() {
    let now = Now { item: track(1, "Radio", "", 0), ..Now::default() };
    let metadata: Metadata = HashMap::from([
        ("xesam:title".to_owned(), variant("The song")),
        ("xesam:artist".to_owned(), variant(vec!["One".to_owned(), "Two".to_owned()])),
        ("mpris:length".to_owned(), variant(5_i64)),
    ]);
    assert_eq!(word(&metadata, "xesam:title").unwrap(), "The song");
    assert_eq!(artists(&metadata).unwrap(), "One, Two");
    assert_eq!(length(&metadata, &now), 5);
    assert_eq!(length(&Metadata::new(), &playing().now), 20_000_000);
}

#[test]
fn items_stand_in_columns_whatever_their_letters() {
    let mut gone = track(12, "An episode", "A podcast", 60_000_000);
    gone.available = false;
    gone.reason = "Its stick is not in the car.".into();
    let mut heard = track(2, "湖上的月光", "两盏灯", 29_000_000);
    heard.heard_us = 7_000_000;
    let album =
        Item { id: "album:4".into(), title: "Evil\u{1b}[31m".into(), count: 11, available: true, ..Item::default() };
    insta::assert_snapshot!(items(&[track(1, "Dusk", "Tandem", 20_000_000), heard, gone, album]), @r"
    id        title       artist     album       holds
    track:1   Dusk        Tandem     Two lights   0:20
    track:2   湖上的月光  两盏灯     Two lights   0:29  heard to 0:07
    track:12  An episode  A podcast  Two lights   1:00  Its stick is not in the car.
    album:4   Evil�[31m                             11
    ");
    assert_eq!(items(&[]), "Nothing.\n");
}

#[test]
fn a_page_says_what_follows_it() {
    let rows = vec![track(1, "Dusk", "Tandem", 20_000_000)];
    let some = Page { total: 100_000, offset: 40, rows: rows.clone(), ..Page::default() };
    assert!(page(&some).ends_with("99959 more: --offset 41\n"));
    let some = Page { total: 1, rows: rows.clone(), left_out: 261, ..Page::default() };
    assert!(page(&some).ends_with("\n261 more when parked\n"));
    let entries = vec![Entry { entry: 9, item: rows[0].clone() }, Entry { entry: 4, item: rows[0].clone() }];
    let some = QueuePage { total: 12, offset: 8, current: 9, entries, left_out: 6, ..QueuePage::default() };
    insta::assert_snapshot!(queue(&some), @r"
           id       title  artist
        9  track:1  Dusk   Tandem  0:20
    >  10  track:1  Dusk   Tandem  0:20
    2 more: --offset 10
    6 more when parked
    ");
    assert_eq!(queue(&QueuePage { current: -1, ..QueuePage::default() }), "The queue is empty.\n");
}

#[test]
fn sources_say_why_they_are_away() {
    let local = Source {
        id: "local:1".into(),
        kind: "local".into(),
        name: "Music".into(),
        available: true,
        items: 6,
        ..Source::default()
    };
    let stick = Source {
        id: "usb:2".into(),
        kind: "usb".into(),
        name: "蓝色".into(),
        items: 2_000,
        reason: "It is not in the car.".into(),
        ..Source::default()
    };
    insta::assert_snapshot!(sources(&[local, stick]), @r"
    id       kind   name   items
    local:1  local  Music      6
    usb:2    usb    蓝色    2000  It is not in the car.
    ");
}

#[test]
fn a_scan_is_told_in_one_line() {
    let scan = |state: &str, unreadable, reason: &str| ScanProgress {
        source: "usb:2".into(),
        state: state.into(),
        found: 2_000,
        done: 700,
        unreadable,
        reason: reason.into(),
    };
    let lines =
        [scan("walking", 0, ""), scan("reading", 1, ""), scan("done", 3, ""), scan("failed", 0, "It was pulled out.")];
    insta::assert_snapshot!(lines.each_ref().map(progress).join("\n"), @r"
    usb:2: 2000 files so far
    usb:2: 700 of 2000 files read, 1 unreadable
    usb:2: 2000 files, 3 unreadable
    usb:2: failed: It was pulled out.
    ");
}

#[test]
fn cameras_say_how_they_are_and_why() {
    let rear =
        Camera { name: "rear".into(), width: 1280, height: 720, rate: 30, state: "live".into(), ..Camera::default() };
    let mount = vec![tandem_contracts::camera::Mount::default()];
    let reason = "the camera sent no picture for 2 s".into();
    let front = Camera { name: "front".into(), state: "failed".into(), reason, mount, ..rear.clone() };
    insta::assert_snapshot!(cameras(&[rear, front]), @r"
    camera  pictures    a second  lines     state
    rear    1280 x 720        30  none      live
    front   1280 x 720        30  measured  failed  the camera sent no picture for 2 s
    ");
    assert!(cameras(&[]).contains("--cameras"));
}

//! The layout for guidance: the speed in the left wing, and in the middle where the car is to go, as far as anybody on the bus knows.

use slint::ComponentHandle;
use tandem_cluster::{Layout, Leaf, ScreenAdapter};
use tandem_contracts::settings::{CLUSTER_LAYOUT, ClusterLayout, Values};
use tandem_kit::headless::Pace;
use tandem_kit::media::Status;
use tandem_kit::phone::{Destination, Session};
use tandem_kit::{InForce, Language, Link, Media, PhoneNews, SettingsNews, Update};
use tandem_music::cover::Cover;
use tandem_units::{Quality, Value};

use crate::calls::{call, told};
use crate::drawing::{Area, Drawing, Look, drive};
use crate::music::{ocean, player, service, small_art};
use crate::words::{numbers, words};

const GLACIER: [u8; 3] = [0x6F, 0xD3, 0xE3];
const INK: [u8; 3] = [0xEE, 0xF1, 0xF3];
const ARROW: Area = (720, 176, 160, 160);
const LEFT: Area = (40, 160, 400, 180);

fn layout(layout: ClusterLayout) -> Update {
    let mut values = Values::default();
    assert!(values.take(CLUSTER_LAYOUT.name, Value::from(layout.word())));
    Update::Settings(SettingsNews::Told(Box::new(InForce { values, notice: None })))
}

/// The settings, with the layout for guidance.
pub fn guidance() -> Update {
    layout(ClusterLayout::Guidance)
}

pub fn cafe(stage: &str) -> Session {
    Session {
        id: "0197-cafe".into(),
        schema: 1,
        kind: "destination".into(),
        stage: stage.into(),
        destination: Destination {
            label: "Harbour café, Quay Street 12".into(),
            target: "point".into(),
            latitude: 48.1,
            longitude: 11.6,
            is_located: true,
            distance_m: 3_240.0,
            bearing: 52.0,
            ..Destination::default()
        },
        ..Session::default()
    }
}

pub fn sessions(sessions: &[Session]) -> Update {
    Update::Phone(PhoneNews::Sessions(Some(sessions.into())))
}

fn guided(look: Look, to: &[Session]) -> Drawing {
    let mut drawing = Drawing::new(look);
    drawing.tell(&guidance());
    drawing.hear(drive());
    drawing.tell(&sessions(to));
    drawing
}

/// What stands in the middle, and how much.
fn middle(drawing: &Drawing) -> Vec<(String, String)> {
    numbers(drawing).into_iter().skip(3).take_while(|(name, _)| name != "Range").collect()
}

fn pair(name: &str, label: &str) -> (String, String) {
    (name.to_owned(), label.to_owned())
}

#[test]
fn the_way_stands_in_the_middle_and_the_speed_in_the_left_wing() {
    let drawing = guided(Look::NIGHT, &[cafe("held")]);
    assert_eq!(numbers(&drawing)[0], pair("Speed", "72 km/h"));
    let expected =
        [pair("Straight line to the destination", "3.2 km"), pair("Destination", "Harbour café, Quay Street 12")];
    assert_eq!(middle(&drawing), expected);
    assert_eq!(words(&drawing), ["Straight line", "Range"]);
    let picture = drawing.picture("guidance");
    assert!(picture.count(LEFT, |pixel| pixel == INK) > 1_000);
    assert!(picture.count(ARROW, |pixel| pixel == GLACIER) > 5_000);
}

#[test]
fn it_is_said_in_chinese_and_in_german() {
    let chinese = std::thread::spawn(|| {
        let mut lake = cafe("held");
        lake.destination.label = "湖滨咖啡馆，码头街十二号".into();
        let drawing = guided(Look::CHINESE, &[lake]);
        drawing.picture("guidance-zh");
        words(&drawing)
    });
    assert_eq!(chinese.join().unwrap(), ["直线距离", "续航里程"]);
    let german = std::thread::spawn(|| {
        let mut long = cafe("held");
        long.destination.label = "Donaudampfschifffahrtsgesellschaft, Ständige Vertretung am Hafen, Gebäude 7".into();
        long.destination.distance_m = 412_345.0;
        let drawing = guided(Look::GERMAN, &[long]);
        drawing.picture("guidance-de");
        words(&drawing)
    });
    assert_eq!(german.join().unwrap(), ["Luftlinie", "Reichweite"]);
}

#[test]
fn the_arrow_is_seen_from_where_the_car_points() {
    let mut drawing = guided(Look::NIGHT, &[cafe("held")]);
    let halves = |drawing: &Drawing| {
        let picture = drawing.pixels();
        let ink = |(left, top): (usize, usize)| picture.count((left, top, 80, 80), |pixel| pixel == GLACIER);
        [(720, 176), (800, 176), (720, 256), (800, 256)].map(ink)
    };
    let mut point = |heading: f64| {
        drawing.hear([(Leaf::Heading, Quality::Valid, Value::Float(heading))]);
        halves(&drawing)
    };
    // Ahead it is a mirror of itself, and so it is to the right.
    let [top_left, top_right, bottom_left, bottom_right] = point(52.0);
    assert!(top_left.abs_diff(top_right) < 60 && bottom_left.abs_diff(bottom_right) < 60 && bottom_left > top_left);
    let [top_left, top_right, bottom_left, bottom_right] = point(322.0);
    assert!(top_left.abs_diff(bottom_left) < 60 && top_right.abs_diff(bottom_right) < 60 && top_left > top_right);
}

#[test]
fn what_the_car_does_not_know_is_left_out() {
    // Where it points.
    let mut drawing = guided(Look::NIGHT, &[cafe("held")]);
    drawing.hear([(Leaf::Heading, Quality::Stale, Value::Float(30.0))]);
    let picture = drawing.picture("guidance-no-heading");
    assert_eq!(picture.count(ARROW, |pixel| pixel == GLACIER), 0);
    assert_eq!(middle(&drawing)[0], pair("Straight line to the destination", "3.2 km"));
    // Where it is.
    let lost = Destination { is_located: false, distance_m: 0.0, ..cafe("held").destination };
    drawing.tell(&sessions(&[Session { destination: lost, ..cafe("held") }]));
    assert_eq!(middle(&drawing), [pair("Destination", "Harbour café, Quay Street 12")]);
    drawing.picture("guidance-not-located");
    // Nothing that a phone says makes a number of what is none.
    for distance_m in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let strange = Destination { distance_m, ..cafe("held").destination };
        drawing.tell(&sessions(&[Session { destination: strange, ..cafe("held") }]));
        assert_eq!(middle(&drawing).len(), 1, "{distance_m}");
    }
    // What it is called.
    let nameless = Destination { label: String::new(), ..cafe("held").destination };
    drawing.tell(&sessions(&[Session { destination: nameless, ..cafe("held") }]));
    assert_eq!(middle(&drawing)[1], pair("Destination", "A place without a name"));
}

#[test]
fn without_a_destination_the_trip_is_in_the_middle() {
    let trip = [pair("Distance since start", "12.4 km"), pair("Driving time", "18 min")];
    let mut drawing = guided(Look::NIGHT, &[]);
    assert_eq!(middle(&drawing), trip);
    drawing.picture("guidance-trip");
    for offered in [cafe("offered"), cafe("owed"), Session { kind: "note".into(), ..cafe("held") }] {
        drawing.tell(&sessions(&[offered]));
        assert_eq!(middle(&drawing), trip);
    }
    drawing.tell(&sessions(&[cafe("held")]));
    assert_ne!(middle(&drawing), trip);
    // The key brings up the trip, and the way again.
    for shows_trip in [true, false] {
        drawing.press("KEY_INFO");
        assert_eq!(middle(&drawing) == trip, shows_trip);
    }
    drawing.tell(&Update::Phone(PhoneNews::Sessions(None)));
    assert_eq!(middle(&drawing), trip, "nobody stands behind it any more");
}

#[test]
fn what_is_stale_is_dimmed_and_what_is_absent_is_a_dash_in_this_layout_too() {
    let stale = std::thread::spawn(|| {
        let mut drawing = guided(Look::NIGHT, &[]);
        drawing.hear(drive().map(|(leaf, _, value)| (leaf, Quality::Stale, value)));
        drawing.picture("guidance-stale")
    });
    assert_eq!(stale.join().unwrap().count(LEFT, |pixel| pixel == INK), 0);
    let mut drawing = guided(Look::NIGHT, &[cafe("held")]);
    drawing.link(Link::Silent);
    let absent = drawing.picture("guidance-absent");
    assert_eq!(absent.count(LEFT, |pixel| pixel == INK), 0);
    assert_eq!(numbers(&drawing)[0], pair("Speed", "–"));
    assert_eq!(middle(&drawing), [pair("Destination", "Harbour café, Quay Street 12")], "nobody knows how far");
}

#[test]
fn the_layout_is_changed_live_and_back_to_the_same_pixels() {
    let mut drawing = Drawing::at(Pace::Live, Look::NIGHT);
    drawing.hear(drive());
    let calm = drawing.picture("valid");
    drawing.tell(&guidance());
    assert_eq!(drawing.window.global::<ScreenAdapter>().get_layout(), Layout::Guidance);
    assert!(drawing.pixels() != calm);
    // Without the settings it stays as it was set.
    drawing.tell(&Update::Settings(SettingsNews::Gone));
    assert_eq!(drawing.window.global::<ScreenAdapter>().get_layout(), Layout::Guidance);
    drawing.tell(&layout(ClusterLayout::Calm));
    assert!(drawing.pixels() == calm);
}

/// Under the speed, in the left wing.
const LINE: Area = (48, 344, 480, 80);

fn has_ink(drawing: &Drawing) -> bool {
    let ground = drawing.pixels().pixels(LINE).next().unwrap();
    drawing.pixels().count(LINE, |pixel| pixel.iter().zip(ground).any(|(one, other)| one.abs_diff(other) > 40)) > 400
}

#[test]
fn what_plays_stands_under_the_speed_whatever_is_in_the_middle() {
    for (look, name) in [(Look::NIGHT, "guidance-music"), (Look::DAY, "guidance-music-day")] {
        std::thread::spawn(move || {
            let mut drawing = guided(look, &[cafe("held")]);
            assert!(!has_ink(&drawing));
            let way = middle(&drawing);
            ocean().into_iter().chain([small_art(Cover::Ocean)]).for_each(|news| drawing.play(news));
            assert_eq!(numbers(&drawing)[3], pair("Playing", "Night drive by the ocean"));
            assert_eq!(numbers(&drawing)[4..6], way);
            drawing.picture(name);
            // Without a destination it stays where it was, and the key leaves it there.
            let line = |drawing: &Drawing| drawing.pixels().pixels(LINE).collect::<Vec<_>>();
            let before = line(&drawing);
            drawing.press("KEY_INFO");
            assert!(line(&drawing) == before);
            drawing.press("KEY_INFO");
            drawing.tell(&sessions(&[]));
            assert!(line(&drawing) == before);
            drawing.play(player("Night drive by the ocean", "Tandem", Status::Paused));
            drawing.play(service("paused", "local", "Music", ""));
            assert_eq!(numbers(&drawing)[3], pair("Paused", "Night drive by the ocean"));
            assert!(line(&drawing) != before);
            drawing.play(Media::Player(None));
            assert!(!has_ink(&drawing));
        })
        .join()
        .unwrap();
    }
}

#[test]
fn who_calls_stands_under_the_speed_beside_a_destination_and_else_in_the_middle() {
    for (look, state, says) in [(Look::NIGHT, "ringing", "Incoming call"), (Look::DAY, "active", "In a call")] {
        std::thread::spawn(move || {
            let mut drawing = guided(look, &[cafe("held")]);
            ocean().into_iter().for_each(|news| drawing.play(news));
            told(&mut drawing, &[call("Ada Lovelace", state)]);
            let said = numbers(&drawing);
            assert_eq!(said[3], pair(says, "Ada Lovelace"), "in place of the music");
            assert_eq!(said[5], pair("Destination", "Harbour café, Quay Street 12"), "and of nothing else");
            drawing.picture(&format!("guidance-call-{state}"));
            drawing.tell(&sessions(&[]));
            assert_eq!(numbers(&drawing).iter().filter(|(name, _)| name == says).count(), 1);
            assert!(!has_ink(&drawing), "in the middle, and the music waits");
            told(&mut drawing, &[]);
            assert!(has_ink(&drawing));
        })
        .join()
        .unwrap();
    }
}

#[test]
fn the_line_under_the_speed_is_whole_in_large_letters_and_in_chinese() {
    for (look, news, name) in [
        (Look::LARGE, service("waiting", "local", "", "device"), "guidance-music-waiting-de"),
        (Look::CHINESE, service("playing", "usb", "蓝色 U 盘", ""), "guidance-music-zh"),
    ] {
        std::thread::spawn(move || {
            let mut drawing = guided(look, &[cafe("held")]);
            drawing.play(player("湖上的月光", "两盏灯", Status::Playing));
            drawing.play(news);
            let picture = drawing.picture(name);
            let cut = tandem_likeness::words_that_are_cut(&drawing.window, &picture.rgb, 1920);
            assert!(look.0.language == Language::Chinese || cut.is_empty(), "{cut:?}");
        })
        .join()
        .unwrap();
    }
}

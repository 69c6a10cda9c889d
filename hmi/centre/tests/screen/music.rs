//! The music's page as a driver and a screen reader meet it.

use i_slint_backend_testing::AccessibleRole;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use tandem_centre::{Leaf, MediaAdapter, MediaTab, Page, ScreenAdapter};
use tandem_kit::media::{Cause, Denied, Item, List, Now, Player, Queue, Repeat, Service, Status};
use tandem_kit::{Language, Media, MediaCommand, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::music_service::Library;
use crate::stage::{Stage, instant};

pub fn playing() -> (Stage, Library) {
    let mut stage = Stage::open(Theme::Night, Language::English);
    stage.hear(60, Quality::Valid, &instant());
    let mut library = Library::of(100_000);
    library.plays(&mut stage, library.player(0, Status::Playing), library.service());
    stage.tap(&stage.control(AccessibleRole::Tab, "Music"));
    stage.pixels();
    library.answer(&mut stage);
    (stage, library)
}

/// The rows in sight, from the top.
pub fn rows(stage: &Stage) -> Vec<String> {
    let mut rows: Vec<_> = stage
        .all(AccessibleRole::ListItem)
        .iter()
        .map(|row| (row.absolute_position().y as i64, row.accessible_label().unwrap_or_default().to_string()))
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, label)| label).collect()
}

pub fn scroll(stage: &Stage, pixels: f32) {
    let position = LogicalPosition::new(1_200.0, 600.0);
    stage.window.window().dispatch_event(WindowEvent::PointerScrolled { position, delta_x: 0.0, delta_y: -pixels });
}

#[test]
fn what_plays_is_said_and_every_control_asks() {
    let (mut stage, _) = playing();
    assert_eq!(stage.reading("Title"), "Night drive by the ocean");
    assert_eq!((stage.reading("Artist"), stage.reading("Source")), ("Harbour & Pine".into(), "ROADTRIP".into()));
    stage.commands.take();
    for label in ["Pause", "Next", "Previous", "Shuffle off", "Repeat one"] {
        stage.tap(&stage.control(AccessibleRole::Button, label));
    }
    assert_eq!(
        stage.commands.take(),
        [
            MediaCommand::PlayPause,
            MediaCommand::Next,
            MediaCommand::Previous,
            MediaCommand::Shuffle(false),
            MediaCommand::Repeat(Repeat::Track)
        ]
    );
    assert_eq!(stage.reading("Title"), "Night drive by the ocean", "nothing moves before the player says so");
    let row = stage
        .all(AccessibleRole::ListItem)
        .into_iter()
        .find(|row| row.accessible_label().as_deref() == Some("Morning fog"));
    stage.tap(&row.unwrap());
    assert_eq!(stage.commands.take(), [MediaCommand::JumpTo(101)]);

    stage.tell(&Update::Media(Media::Refused(Denied { cause: Cause::NoAnswer, sentence: String::new() })));
    assert!(stage.says("The player does not answer"));
}

#[test]
fn a_finger_on_the_bar_asks_for_a_position_of_this_song() {
    let (stage, _) = playing();
    let bar = stage.control(AccessibleRole::Slider, "Position");
    assert_eq!(bar.accessible_value().as_deref(), Some("1:23"));
    stage.commands.take();
    stage.tap(&bar);
    let Some(MediaCommand::Seek { track, position_us }) = stage.commands.take().pop() else { panic!("no seek") };
    assert_eq!((track.as_str(), position_us / 1_000_000), ("/org/tandem/track/100", 122));
    assert_eq!(bar.accessible_value().as_deref(), Some("2:02"), "the knob stays where the finger left it");
}

#[test]
fn a_player_that_leaves_takes_its_song_along() {
    let (mut stage, mut library) = playing();
    stage.tell(&Update::Media(Media::Player(None)));
    stage.tell(&Update::Media(Media::Position(None)));
    stage.tell(&Update::Media(Media::Service(None)));
    assert!(stage.says("The player is not there"));
    assert!(
        stage
            .all(AccessibleRole::Button)
            .iter()
            .all(|button| button.accessible_label().as_deref() != Some("Open the library"))
    );
    assert!(!stage.words().iter().any(|words| words.contains("Night drive")) && rows(&stage).is_empty());
    stage.tap(&stage.control(AccessibleRole::Tab, "Library"));
    assert!(stage.says("The library is not there"));
    stage.tap(&stage.control(AccessibleRole::Tab, "Home"));
    assert!(
        stage
            .all(AccessibleRole::Button)
            .iter()
            .all(|button| button.accessible_label().as_deref() != Some("Open the player"))
    );

    library.plays(&mut stage, library.player(4, Status::Paused), library.service());
    assert_eq!(stage.reading("Playing"), "晴天");
    library.plays(&mut stage, Player::default(), library.service());
    stage.tap(&stage.control(AccessibleRole::Tab, "Music"));
    stage.window.global::<MediaAdapter>().set_tab(MediaTab::Now);
    stage.tap(&stage.control(AccessibleRole::Button, "Open the library"));
    assert_eq!(stage.window.global::<MediaAdapter>().get_tab(), MediaTab::Library);
    stage.tap(&stage.control(AccessibleRole::Tab, "Home"));
    library.plays(&mut stage, library.player(4, Status::Paused), library.service());
    stage.tap(&stage.control(AccessibleRole::Button, "Open the player"));
    assert_eq!(stage.reading("Title"), "晴天");
    stage.control(AccessibleRole::Button, "Play");
}

#[test]
fn a_hundred_thousand_rows_are_read_as_they_come_into_sight() {
    let (mut stage, mut library) = playing();
    stage.tap(&stage.control(AccessibleRole::Tab, "Library"));
    stage.tap(&stage.control(AccessibleRole::Tab, "Songs"));
    stage.pixels();
    library.answer(&mut stage);
    let before = library.rows_asked;
    assert_eq!(rows(&stage)[..2], ["Night drive by the ocean", "Morning fog"]);
    assert!(stage.all(AccessibleRole::ListItem).len() <= 10, "only what is in sight is made");

    // Through 2,000 rows, ten a frame: faster than a finger.
    for _ in 0..200 {
        scroll(&stage, 960.0);
        stage.pixels();
        library.answer(&mut stage);
        assert!(stage.all(AccessibleRole::ListItem).len() <= 10);
    }
    let asked = library.rows_asked - before;
    assert!((20..=22).contains(&asked), "{asked} pages for 2,000 rows");
    assert_eq!(rows(&stage)[..1], ["Night drive by the ocean"], "row 2,000 is the first of its round");

    // To the end in one go, and a tap there.
    scroll(&stage, 96.0 * 100_000.0);
    stage.pixels();
    library.answer(&mut stage);
    let last =
        stage.all(AccessibleRole::ListItem).into_iter().max_by_key(|row| row.absolute_position().y as i64).unwrap();
    assert_eq!(last.accessible_label().as_deref(), Some("Étoile"));
    assert!((library.rows_asked - before) <= 25);
    stage.commands.take();
    stage.tap(&last);
    let view = "tracks".to_owned();
    assert_eq!(stage.commands.take(), [MediaCommand::PlayView { view, parent: String::new(), index: 99_999 }]);
    assert_eq!(stage.window.global::<MediaAdapter>().get_tab(), MediaTab::Now);
}

#[test]
fn what_is_opened_leads_back_to_where_it_was() {
    let (mut stage, mut library) = playing();
    stage.tap(&stage.control(AccessibleRole::Tab, "Library"));
    stage.pixels();
    library.answer(&mut stage);
    assert_eq!(rows(&stage).len(), 6, "artists come first");
    let artist =
        stage.all(AccessibleRole::ListItem).into_iter().find(|row| row.accessible_label().as_deref() == Some("周杰伦"));
    stage.tap(&artist.unwrap());
    let Some(MediaCommand::Rows { list, .. }) = stage.commands.borrow().last().cloned() else {
        panic!("nothing asked")
    };
    assert_eq!(list, List::View { view: "albums".into(), parent: "artist:4".into() });
    stage.pixels();
    library.answer(&mut stage);
    assert_eq!(stage.reading("Place"), "周杰伦");
    scroll(&stage, 288.0);
    stage.pixels();
    let album = stage.all(AccessibleRole::ListItem).remove(4);
    stage.tap(&album);
    stage.pixels();
    library.answer(&mut stage);
    stage.tap(&stage.control(AccessibleRole::Button, "Back"));
    stage.pixels();
    assert_eq!(
        (stage.reading("Place").as_str(), stage.window.global::<MediaAdapter>().get_scroll()),
        ("周杰伦", -288.0)
    );
    stage.tap(&stage.control(AccessibleRole::Button, "Back"));
    stage.pixels();
    assert_eq!(rows(&stage).len(), 6);
}

#[test]
fn letters_find_songs_and_what_is_away_says_why() {
    let (mut stage, mut library) = playing();
    stage.tap(&stage.control(AccessibleRole::Tab, "Search"));
    assert!(stage.says("Find something to play"));
    for letter in ["q", "l", "x"] {
        stage.tap(&stage.control(AccessibleRole::Button, letter));
    }
    library.answer(&mut stage);
    assert_eq!(stage.reading("Search text"), "qlx");
    assert!(!rows(&stage).is_empty());
    stage.commands.take();
    stage.tap(&stage.all(AccessibleRole::ListItem)[0]);
    assert!(matches!(stage.commands.take().as_slice(), [MediaCommand::Play(id)] if id == "track:4"));

    stage.tap(&stage.control(AccessibleRole::Tab, "Search"));
    for _ in 0..3 {
        stage.tap(&stage.control(AccessibleRole::Button, "Delete the last letter"));
    }
    assert_eq!(stage.reading("Search text"), "");
    for letter in "etoile".chars() {
        stage.tap(&stage.control(AccessibleRole::Button, &letter.to_string()));
    }
    library.answer(&mut stage);
    assert!(stage.says("Nothing found"));
    stage.tap(&stage.control(AccessibleRole::Button, "Clear"));
}

#[test]
fn what_went_wrong_is_said_for_four_seconds() {
    let (mut stage, library) = playing();
    let item = Box::new(Item { trouble: "unreadable".into(), ..library.track(3) });
    stage.tell(&Update::Media(Media::Skipped { item, reason: "The file is cut short".to_owned() }));
    let told = "Skipped Rain on the windscreen: Cannot be played";
    assert!(stage.says(told), "{:?}", stage.words());
    stage.hear(63, Quality::Valid, &[]);
    assert!(stage.says(told));
    stage.hear(64, Quality::Valid, &[]);
    assert!(!stage.says(told));
}

#[test]
fn the_queue_shows_what_plays_and_its_covers_as_they_are_found() {
    let (mut stage, mut library) = playing();
    let queue = Queue { current: Some(10), ..library.service().queue };
    stage.tell(&Update::Media(Media::Service(Some(Box::new(Service { queue, ..library.service() })))));
    stage.pixels();
    stage.pixels();
    assert_eq!(
        rows(&stage).last(),
        Some(&library.track(13).title),
        "it is in sight, as near to the top as there are rows"
    );
    library.answer(&mut stage);
    stage.commands.take();
    let service = Service { queue, library: 2, ..library.service() };
    stage.tell(&Update::Media(Media::Service(Some(Box::new(service)))));
    assert!(stage.commands.take().contains(&MediaCommand::Rows { list: List::Queue, offset: 0 }));
}

#[test]
fn the_bar_at_the_side_leads_through_any_length_by_letters() {
    let (mut stage, mut library) = playing();
    for tab in ["Library", "Songs"] {
        stage.tap(&stage.control(AccessibleRole::Tab, tab));
        stage.pixels();
        library.answer(&mut stage);
    }
    let before = library.rows_asked;
    let finger = |stage: &mut Stage, library: &mut Library, y: f32| {
        let position = LogicalPosition::new(1_860.0, y);
        stage.window.window().dispatch_event(WindowEvent::PointerMoved { position });
        stage.pixels();
        library.answer(stage);
    };
    let button = PointerEventButton::Left;
    let position = LogicalPosition::new(1_860.0, 600.0);
    stage.window.window().dispatch_event(WindowEvent::PointerPressed { position, button });
    for y in [610.0, 620.0, 640.0] {
        finger(&mut stage, &mut library, y);
        let top = rows(&stage).remove(0);
        let letter = tandem_kit::Words::place(&top).text;
        assert!(stage.says(&letter), "{top}: {:?}", stage.words());
    }
    stage.picture("library-letter");
    assert!(library.rows_asked - before <= 8, "only what is in sight is read");
    let position = LogicalPosition::new(1_860.0, 2_000.0);
    stage.window.window().dispatch_event(WindowEvent::PointerMoved { position });
    stage.window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
    stage.pixels();
    library.answer(&mut stage);
    assert_eq!(rows(&stage).last().map(String::as_str), Some("Étoile"), "the end");
    assert!(!stage.words().iter().any(|words| words.len() == 1), "the letter goes with the finger");
}

#[test]
fn a_page_comes_up_from_below_unless_the_car_moves() {
    let (mut stage, _) = playing();
    let top = |stage: &Stage| stage.control(AccessibleRole::Tab, "Now playing").absolute_position().y;
    let opened = |stage: &mut Stage, gear: i64, second: u64| {
        stage.hear(second, Quality::Valid, &[(Leaf::Gear, Value::Int(gear)), (Leaf::Speed, Value::Float(0.0))]);
        stage.window.global::<tandem_centre::Theme>().set_motion(true);
        stage.window.global::<ScreenAdapter>().set_page(Page::Home);
        stage.pixels();
        stage.window.global::<ScreenAdapter>().set_page(Page::Media);
        let mut places = Vec::new();
        for step in 0..4_u64 {
            stage.screen.set_time(Nanoseconds::from_millis(second * 1_000 + step * 140));
            stage.pixels();
            places.push(top(stage));
        }
        assert!(!stage.screen.turn(), "a page that rests draws nothing");
        places
    };
    let parked = opened(&mut stage, 126, 70);
    assert!(parked[0] == 96.0 && (73.0..95.0).contains(&parked[1]), "{parked:?}");
    assert_eq!(parked[2..], [72.0, 72.0]);
    assert_eq!(opened(&mut stage, 127, 80), [72.0; 4]);
}

#[test]
fn every_target_has_a_word_and_room_for_a_finger() {
    let (mut stage, mut library) = playing();
    for tab in ["Now playing", "Library", "Search"] {
        stage.tap(&stage.control(AccessibleRole::Tab, tab));
        stage.pixels();
        library.answer(&mut stage);
        for role in [AccessibleRole::Button, AccessibleRole::Tab, AccessibleRole::ListItem] {
            for target in stage.all(role) {
                let (label, size) = (target.accessible_label().unwrap_or_default(), target.size());
                assert!(!label.is_empty() && size.width >= 76.0 && size.height >= 76.0, "{tab}, {label:?}: {size:?}");
            }
        }
    }
}

#[test]
fn every_trouble_is_said_in_the_language_of_the_screen() {
    let (mut stage, mut library) = playing();
    let mut said = Vec::new();
    for language in [Language::English, Language::Chinese] {
        stage.set_look(Theme::Night, language);
        for (kind, word) in [
            ("usb", "away"),
            ("local", "away"),
            ("usb", "missing"),
            ("usb", "unreadable"),
            ("usb", "slow"),
            ("radio", "network"),
            ("local", "device"),
            ("local", "player"),
            ("local", "storage"),
            ("local", "of another day"),
        ] {
            let source_name = if kind == "radio" { String::new() } else { "MIX".to_owned() };
            let (trouble, state, source_kind) = (word.to_owned(), "waiting".to_owned(), kind.to_owned());
            let now = Now { trouble, state, source_kind, source_name, ..library.service().now };
            let before = stage.words();
            library.plays(&mut stage, library.player(1, Status::Playing), Service { now, ..library.service() });
            let mut words = stage.words();
            words.retain(|words| !before.contains(words) && words != "MIX" && words != "Radio" && words != "电台");
            said.extend(
                words
                    .into_iter()
                    .filter(|words| words != "Morning fog" && words != "Ana Solís" && words != "Two lights"),
            );
        }
    }
    let (english, chinese) = said.split_at(said.len() / 2);
    assert_eq!(
        english,
        [
            "The stick MIX is not in the car",
            "The folder MIX is not there",
            "It is no longer there",
            "It cannot be played",
            "It took too long to begin",
            "No connection, it is tried again",
            "Waiting for the sound system",
            "The player does not answer",
            "The disk is full or cannot be read",
            "Waiting to go on",
        ]
    );
    for words in chinese {
        let latin = words.replace("MIX", "").replace("U 盘", "");
        assert!(!latin.contains(|letter: char| letter.is_ascii_alphabetic()), "{words:?} is not translated");
    }
}

#[test]
fn a_song_at_rest_draws_nothing_and_one_that_plays_draws_its_bar() {
    let (mut stage, _) = playing();
    stage.pixels();
    let drawn = stage.screen.frames().drawn;
    stage.tell(&Update::Media(Media::Position(Some(83_000_000))));
    assert!(!stage.screen.turn());
    stage.tell(&Update::Media(Media::Position(Some(84_000_000))));
    assert!(stage.screen.turn());
    assert_eq!(stage.screen.frames().drawn, drawn + 1);
    stage.window.global::<ScreenAdapter>().set_page(Page::Home);
    stage.screen.turn();
    stage.tell(&Update::Media(Media::Position(Some(85_000_000))));
    assert!(!stage.screen.turn(), "the home page shows no position");
}

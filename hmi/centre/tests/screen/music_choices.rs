//! What may be done with a row of the queue or of the library, two taps away at most.

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use tandem_kit::media::{Place, Queue, Service, Status};
use tandem_kit::{Language, Media, MediaCommand, Theme, Update};
use tandem_units::Quality;

use crate::music::rows;
use crate::music_service::Library;
use crate::stage::{Stage, instant};

pub fn playing() -> (Stage, Library) {
    let mut stage = Stage::open(Theme::Night, Language::English);
    stage.hear(60, Quality::Valid, &instant());
    let mut library = Library::of(1_000);
    library.plays(&mut stage, library.player(0, Status::Playing), library.service());
    open(&mut stage, &mut library, "Music");
    stage.commands.take();
    (stage, library)
}

fn open(stage: &mut Stage, library: &mut Library, tab: &str) {
    stage.tap(&stage.control(AccessibleRole::Tab, tab));
    stage.pixels();
    library.answer(stage);
}

/// The three dots of the rows with this title.
pub fn dots(stage: &Stage, title: &str) -> Vec<ElementHandle> {
    let mut found = stage.all(AccessibleRole::Button);
    found.retain(|button| {
        button.accessible_label().as_deref() == Some("More")
            && button.accessible_description().as_deref() == Some(title)
    });
    found
}

fn tap(stage: &Stage, label: &str) {
    stage.tap(&stage.control(AccessibleRole::Button, label));
    stage.pixels();
}

fn buttons(stage: &Stage) -> Vec<String> {
    stage.all(AccessibleRole::Button).iter().filter_map(|button| button.accessible_label().map(Into::into)).collect()
}

pub fn is_open(stage: &Stage) -> bool {
    buttons(stage).iter().any(|label| label == "Close")
}

/// The queue changed.
fn changes(stage: &mut Stage, library: &mut Library, generation: u64, current: u32) {
    let total = library.queue.len() as u32;
    let queue = Queue { generation, total, current: Some(current) };
    stage.tell(&Update::Media(Media::Service(Some(Box::new(Service { queue, ..library.service() })))));
    library.answer(stage);
}

#[test]
fn an_entry_moves_step_by_step_and_leaves() {
    let (mut stage, mut library) = playing();
    stage.tap(&dots(&stage, "Morning fog")[0]);
    stage.pixels();
    assert_eq!(stage.control(AccessibleRole::Button, "Play next").accessible_enabled(), Some(false), "it plays next");
    tap(&stage, "Move down");
    assert_eq!(stage.commands.take(), [MediaCommand::MoveEntry { entry: 101, to: 2 }]);
    assert_eq!(rows(&stage)[1], "Morning fog", "nothing moves before the queue says so");
    library.queue.swap(1, 2);
    changes(&mut stage, &mut library, 4, 0);
    assert_eq!(rows(&stage)[2], "Morning fog");
    tap(&stage, "Move down");
    assert_eq!(stage.commands.take(), [MediaCommand::MoveEntry { entry: 101, to: 3 }], "from where it stands now");
    tap(&stage, "Play next");
    assert_eq!(stage.commands.take(), [MediaCommand::MoveEntry { entry: 101, to: 1 }]);
    assert!(!is_open(&stage));

    stage.tap(&dots(&stage, "Morning fog")[0]);
    stage.pixels();
    tap(&stage, "Take out of the queue");
    assert_eq!(stage.commands.take(), [MediaCommand::RemoveEntry(101)]);
    assert!(!is_open(&stage));
}

#[test]
fn an_entry_that_has_left_takes_its_choices_along() {
    let (mut stage, mut library) = playing();
    stage.tap(&dots(&stage, "Morning fog")[0]);
    stage.pixels();
    assert!(is_open(&stage));
    library.queue.remove(1);
    changes(&mut stage, &mut library, 4, 0);
    stage.pixels();
    assert!(!is_open(&stage) && !rows(&stage).contains(&"Morning fog".to_owned()));
}

#[test]
fn the_queue_is_emptied_by_whoever_means_it() {
    let (stage, _) = playing();
    for (answer, asked) in
        [("Keep it", vec![]), ("Close", vec![]), ("Empty it and stop", vec![MediaCommand::ClearQueue])]
    {
        tap(&stage, "Empty the queue");
        tap(&stage, answer);
        assert_eq!(stage.commands.take(), asked, "{answer}");
        assert!(!is_open(&stage));
    }
    tap(&stage, "Empty the queue");
    for tab in ["Home", "Music"] {
        stage.tap(&stage.control(AccessibleRole::Tab, tab));
        stage.pixels();
    }
    assert!(!is_open(&stage), "whoever leaves has chosen nothing");
}

#[test]
fn a_song_is_queued_from_its_row_in_two_taps_and_the_queue_confirms_it() {
    let (mut stage, mut library) = playing();
    open(&mut stage, &mut library, "Library");
    open(&mut stage, &mut library, "Songs");
    for (label, place, said) in [
        ("Play next", Place::Next, "Plays next: Morning fog"),
        ("Add to the queue", Place::Last, "Added to the queue: Morning fog"),
    ] {
        stage.tap(&dots(&stage, "Morning fog")[0]);
        stage.pixels();
        tap(&stage, label);
        let id = "track:1".to_owned();
        assert_eq!(stage.commands.take(), [MediaCommand::Enqueue { id: id.clone(), place }]);
        assert!(!is_open(&stage) && !stage.says(said), "not before it is so");
        stage.tell(&Update::Media(Media::Enqueued { id, place }));
        assert!(stage.says(said), "{:?}", stage.words());
    }
    assert!(dots(&stage, "Étoile").is_empty(), "its stick is away");
}

#[test]
fn what_holds_others_plays_from_its_first_and_a_source_offers_nothing() {
    let (mut stage, mut library) = playing();
    open(&mut stage, &mut library, "Library");
    stage.tap(&dots(&stage, "Harbour & Pine")[0]);
    stage.pixels();
    tap(&stage, "Play");
    assert_eq!(stage.commands.take(), [MediaCommand::Play("artist:0".into())]);
    open(&mut stage, &mut library, "Library");
    open(&mut stage, &mut library, "Sources");
    assert!(!rows(&stage).is_empty() && !buttons(&stage).contains(&"More".to_owned()));
}

//! What `Driving1` restricts is not there to be touched, and the screen says why.

use i_slint_backend_testing::AccessibleRole;
use tandem_contracts::driving::{Flag, Restrictions, Status};
use tandem_kit::media::{Cause, Denied, Queue, Service, Status as Playback};
use tandem_kit::{Language, Media, Theme, Update};

use crate::music::rows;
use crate::music_service::{Library, covers};
use crate::stage::Stage;

const LOCKED: &str = "The keyboard is there when the car is parked.";

fn search(language: Language) -> Stage {
    let stage = Stage::open(Theme::Night, language);
    let (music, search) = match language {
        Language::English => ("Music", "Search"),
        Language::Chinese => ("音乐", "搜索"),
        Language::German => ("Musik", "Suche"),
    };
    stage.tap(&stage.control(AccessibleRole::Tab, music));
    stage.tap(&stage.control(AccessibleRole::Tab, search));
    stage
}

fn has_keyboard(stage: &Stage) -> bool {
    stage.all(AccessibleRole::Button).iter().any(|key| key.accessible_label().as_deref() == Some("q"))
}

#[test]
fn the_keyboard_goes_when_the_car_drives_off_and_comes_back_when_it_stands() {
    let mut stage = search(Language::English);
    assert!(has_keyboard(&stage) && !stage.says(LOCKED));
    stage.restrict(Restrictions { flags: Flag::NoKeyboard.bit(), ..Restrictions::ALL });
    assert!(!has_keyboard(&stage) && stage.says(LOCKED));
    stage.picture("driving-search");
    stage.restrict(Restrictions { flags: Flag::NoVideo.bit(), ..Restrictions::ALL });
    assert!(has_keyboard(&stage), "other flags are no matter of the keyboard");
    // Nobody says that it stands.
    stage.tell(&Update::Driving(Box::default()));
    assert!(!has_keyboard(&stage));
    assert_eq!(Status::default().state, "moving");
}

#[test]
fn a_screen_that_was_told_nothing_has_no_keyboard() {
    let stage = Stage::untold(Theme::Night, Language::English);
    stage.tap(&stage.control(AccessibleRole::Tab, "Music"));
    stage.tap(&stage.control(AccessibleRole::Tab, "Search"));
    assert!(!has_keyboard(&stage) && stage.says(LOCKED));
}

#[test]
fn the_reasons_are_there_in_chinese() {
    let mut stage = search(Language::Chinese);
    stage.restrict(Restrictions::ALL);
    assert!(!has_keyboard(&stage) && stage.says("停车后可使用键盘。"));
    let sentence = "NO_SETUP is in force while the car is moving: Vehicle.Speed is stale".to_owned();
    stage.tell(&Update::Media(Media::Refused(Denied { cause: Cause::Restricted, sentence })));
    assert!(stage.says("行车时不可用"), "{:?}", stage.words());
}

/// Opens a tab, and has everything answered that it asks for.
fn open(stage: &mut Stage, library: &mut Library, tab: &str) {
    stage.tap(&stage.control(AccessibleRole::Tab, tab));
    stage.pixels();
    library.answer(stage);
}

/// So many rows of a list may be shown from now on.
fn shows(stage: &mut Stage, library: &mut Library, generation: u64, most: Option<u32>) {
    library.most = most;
    let usual = library.service();
    let total = usual.queue.total.min(most.unwrap_or(u32::MAX));
    let service = Service { library: generation, queue: Queue { generation, total, ..usual.queue }, ..usual };
    library.plays(stage, library.player(0, Playback::Playing), service);
    library.answer(stage);
}

#[test]
fn a_list_that_driving_cuts_says_how_far_it_goes_on() {
    let folder = covers();
    let mut stage = Stage::open(Theme::Night, Language::English);
    let mut library = Library::with_covers(folder.path());
    library.tracks = 100_000;
    shows(&mut stage, &mut library, 2, Some(5));
    open(&mut stage, &mut library, "Music");
    assert!(stage.says("9 more when parked"), "{:?}", stage.words());
    stage.picture("driving-queue");
    open(&mut stage, &mut library, "Library");
    open(&mut stage, &mut library, "Songs");
    assert!(stage.says("99\u{202f}995 more when parked") && !rows(&stage).is_empty(), "{:?}", stage.words());
    stage.picture("driving-library");
    stage.set_look(Theme::Day, Language::Chinese);
    library.answer(&mut stage);
    assert!(stage.says("停车后可查看其余 99\u{202f}995 项"), "{:?}", stage.words());
    stage.picture("driving-library-day-zh");

    // It stands, and the lists are whole.
    shows(&mut stage, &mut library, 3, None);
    assert!(!stage.words().iter().any(|words| words.contains("停车后")), "{:?}", stage.words());
    open(&mut stage, &mut library, "正在播放");
    assert!(!stage.words().iter().any(|words| words.contains("停车后")), "{:?}", stage.words());
}

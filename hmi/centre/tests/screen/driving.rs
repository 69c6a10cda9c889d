//! What `Driving1` restricts is not there to be touched, and the screen says why.

use i_slint_backend_testing::AccessibleRole;
use tandem_contracts::driving::{Flag, Restrictions, Status};
use tandem_kit::media::{Cause, Denied};
use tandem_kit::{Language, Media, Theme, Update};

use crate::music::says;
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
    assert!(has_keyboard(&stage) && !says(&stage, LOCKED));
    stage.restrict(Restrictions { flags: Flag::NoKeyboard.bit(), ..Restrictions::ALL });
    assert!(!has_keyboard(&stage) && says(&stage, LOCKED));
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
    assert!(!has_keyboard(&stage) && says(&stage, LOCKED));
}

#[test]
fn the_reasons_are_there_in_chinese() {
    let mut stage = search(Language::Chinese);
    stage.restrict(Restrictions::ALL);
    assert!(!has_keyboard(&stage) && says(&stage, "停车后可使用键盘。"));
    let sentence = "NO_SETUP is in force while the car is moving: Vehicle.Speed is stale".to_owned();
    stage.tell(&Update::Media(Media::Refused(Denied { cause: Cause::Restricted, sentence })));
    assert!(says(&stage, "行车时不可用"), "{:?}", stage.words());
}

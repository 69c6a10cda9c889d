//! Each page as a person looks at it.

use std::rc::Rc;

use i_slint_backend_testing::AccessibleRole;
use slint::ComponentHandle;
use slint::platform::Key;
use tandem_contracts::simulator::{AnswerState, PhoneState, State};
use tandem_kit::headless::untold;
use tandem_kit::{Language, Theme};
use tandem_panel::{Control, Denial, Leaf, News, Order, Panel, SettingsAdapter, Why};
use tandem_units::{Quality, Value};

use crate::stage::{Stage, state};

/// The tabs, by where they stand.
fn tabs(stage: &Stage) -> Vec<String> {
    let tabs = stage.all(AccessibleRole::RadioButton).into_iter().filter(|tab| tab.absolute_position().y < 96.0);
    tabs.filter_map(|tab| tab.accessible_label().map(Into::into)).collect()
}

#[test]
fn every_page_is_drawn_in_every_language_by_day_and_by_night() {
    let mut stage = Stage::open(Theme::Night, Language::English);
    let mut told = state();
    told.answers[0].answer = "refuse".into();
    told.phone = PhoneState {
        reach: "near".into(),
        name: "Ann".into(),
        paired: true,
        playing: true,
        title: "Night".into(),
        ..PhoneState::default()
    };
    stage.news(News::State(Box::new(told)));
    stage.hear(61, Quality::Valid, &[(Leaf::Accelerator, Value::Int(40)), (Leaf::DriverDoor, Value::Bool(true))]);
    stage.hear(61, Quality::Stale, &[(Leaf::Charge, Value::Float(64.0))]);
    let order = Order::Set { key: "plugged", value: "true".into() };
    stage.news(News::Refused { order, why: Why::NotNow("it drives".into()) });
    for (theme, language) in
        [(Theme::Night, Language::English), (Theme::Day, Language::German), (Theme::Night, Language::Chinese)]
    {
        stage.set_look(theme, language);
        let tabs = tabs(&stage);
        assert_eq!(tabs.len(), 6);
        let mut seen = Vec::new();
        for (at, tab) in tabs.iter().enumerate() {
            stage.open_page(tab);
            let picture = stage.picture(&format!("{}-{}-{at}", theme.word(), language.word()));
            assert!(!seen.contains(&picture), "{tab} looks like another page");
            let cut = tandem_likeness::words_that_are_cut(&stage.window, &picture, 1280);
            assert!(language == Language::Chinese || cut.is_empty(), "{tab}: {cut:?}");
            seen.push(picture);
        }
    }
    let endless = vec!["a scenario with a name that no button holds".to_owned()];
    stage.set_look(Theme::Night, Language::English);
    stage.open_page("Drive");
    stage.news(News::Scenarios(endless));
    assert!(
        !tandem_likeness::words_that_are_cut(&stage.window, &stage.picture("cut"), 1280).is_empty(),
        "a word that was cut is found"
    );
    stage.news(News::Gone);
    stage.open_page("Drive");
    stage.picture("nobody");
}

#[test]
fn why_a_choice_came_to_nothing_is_said_in_the_room_that_there_is() {
    let stage = Stage::open(Theme::Night, Language::German);
    stage.open_page("Fahren");
    let adapter = stage.window.global::<SettingsAdapter>();
    let (gear, power) = (adapter.get_gear_p(), adapter.get_power_off());
    let denials = [
        Denial::OutOfRange,
        Denial::Refused,
        Denial::Restricted,
        Denial::Held,
        Denial::NotAvailable,
        Denial::NoAnswer,
        Denial::Lapsed,
    ];
    let denied = denials.into_iter().map(|denial| (denial, false));
    for (denial, locked) in denied.chain([(Denial::None, true)]) {
        adapter.set_gear_p(Control { denial, locked, commandable: true, ..gear.clone() });
        adapter.set_power_off(Control { denial, locked, commandable: true, ..power.clone() });
        let picture = if denial == Denial::Restricted {
            stage.picture("denied-de")
        } else {
            stage.screen.turn();
            stage.screen.rgb()
        };
        let cut = tandem_likeness::words_that_are_cut(&stage.window, &picture, 1280);
        assert!(cut.is_empty(), "{denial:?}: {cut:?}");
    }
}

#[test]
fn a_row_that_the_ring_comes_to_is_brought_into_sight() {
    let stage = Stage::open(Theme::Night, Language::English);
    let row =
        |row: usize| AnswerState { path: format!("Vehicle.Cabin.Row{row:02}"), answer: "obey".into(), delay_ms: 100 };
    stage.news(News::State(Box::new(State { answers: (0..30).map(row).collect(), ..state() })));
    stage.news(News::Scenarios((0..30).map(|scenario| format!("scenario-{scenario:02}")).collect()));
    for (page, column, (top, bottom)) in [("Answers", (320, 928), (112, 704)), ("Drive", (320, 1_248), (152, 328))] {
        stage.open_page(page);
        let (mut steps, mut seen) = (0, 0);
        // Six pages stand before the rows, and behind them is something else.
        while steps < 36 {
            stage.key(Key::Tab, true);
            stage.key(Key::Tab, false);
            stage.screen.turn();
            let rgb = stage.screen.rgb();
            let is_ring = |x: usize, y: usize| rgb[(y * 1_280 + x) * 3..][..3] == [0x6F, 0xD3, 0xE3];
            let long = (top..bottom).filter(|y| (column.0..column.1).filter(|x| is_ring(*x, *y)).count() > 150).count();
            // Above and below what the ring is on.
            seen += usize::from(long >= 8);
            steps += 1;
        }
        assert_eq!(seen, 30, "{page}");
    }
}

#[test]
fn no_button_is_smaller_than_a_finger() {
    let stage = Stage::open(Theme::Night, Language::German);
    stage.news(News::State(Box::new(State { scenario: String::new(), ..state() })));
    for tab in tabs(&stage) {
        stage.open_page(&tab);
        for role in
            [AccessibleRole::Button, AccessibleRole::Switch, AccessibleRole::RadioButton, AccessibleRole::Slider]
        {
            for control in stage.all(role) {
                let (size, label) = (control.size(), control.accessible_label());
                assert!(size.width >= 70.0 && size.height >= 76.0, "{tab}: {label:?} is {size:?}");
            }
        }
    }
}

#[test]
fn a_screen_of_any_size_is_drawn_and_none_is_a_panic() {
    tandem_likeness::any_size(|size| untold(size, |window| Panel::asking(window, Rc::new(|_| false))).unwrap());
}

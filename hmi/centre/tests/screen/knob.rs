//! Everything on the screen without a finger: the knob moves a ring, presses, and goes back when it is held for long.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use i_slint_backend_testing::AccessibleRole;
use slint::ComponentHandle;
use slint::platform::{Key, WindowEvent};
use tandem_centre::Leaf;
use tandem_contracts::driving::Restrictions;
use tandem_kit::phone::Entry;
use tandem_kit::{Language, PhoneNews, Update};
use tandem_units::Value;

use crate::music::rows;
use crate::music_choices::{dots, is_open, playing};
use crate::stage::Stage;
use crate::walk::full;

/// More than any page has controls.
const MOST: usize = 80;

impl Stage {
    pub fn press(&self, key: Key) {
        self.window.window().dispatch_event(WindowEvent::KeyPressed { text: key.into() });
    }

    pub fn let_go(&self, key: Key) {
        self.window.window().dispatch_event(WindowEvent::KeyReleased { text: key.into() });
    }

    pub fn turn(&self, steps: usize) {
        for _ in 0..steps {
            self.press(Key::Tab);
            self.let_go(Key::Tab);
        }
    }

    pub fn strike(&self) {
        self.press(Key::Return);
        self.let_go(Key::Return);
    }

    /// How many places the ring has until it comes to one again; without end if it never does.
    pub fn places_of_the_ring(&self) -> usize {
        let mut seen = HashSet::new();
        for _ in 0..MOST {
            self.turn(1);
            let mut hasher = DefaultHasher::new();
            self.pixels().hash(&mut hasher);
            if !seen.insert(hasher.finish()) {
                return seen.len();
            }
        }
        usize::MAX
    }

    /// How many there are that somebody may press now.
    pub fn controls(&self) -> usize {
        use AccessibleRole::{Button, RadioButton, Slider, Switch, Tab};

        let all = [Button, RadioButton, Slider, Switch, Tab].into_iter().flat_map(|role| self.all(role));
        all.filter(|control| control.accessible_enabled() != Some(false)).count()
    }
}

#[test]
fn the_ring_comes_to_every_control_of_every_page() {
    let (mut stage, _library) = full(Language::English);
    stage.offer();
    for page in ["Home", "Climate", "Vehicle", "Energy", "Phone"] {
        stage.open_page(page);
        assert_eq!(stage.places_of_the_ring(), stage.controls(), "{page}");
    }
    stage.open_page("Settings");
    for part in ["Display", "Language", "Units", "Driver", "Privacy", "System", "About"] {
        stage.tap(&stage.control(AccessibleRole::Tab, part));
        assert_eq!(stage.places_of_the_ring(), stage.controls(), "{part}");
    }
    stage.open_page("Climate");
    stage.turn(1);
    stage.picture("knob-climate");
}

#[test]
fn the_ring_comes_to_rows_that_were_not_in_sight_and_back() {
    let (stage, _) = playing();
    stage.pixels();
    let leads = |key: Key, is_there: &dyn Fn(&[String]) -> bool| {
        (0..MOST).any(|_| {
            stage.press(key);
            stage.let_go(key);
            stage.pixels();
            is_there(&rows(&stage))
        })
    };
    let (first, last) = ("Night drive by the ocean", "Dusk");
    let begins = |rows: &[String]| rows.first().is_some_and(|row| row == first);
    // Fourteen songs of eight titles: at the end stand the second six.
    let ends = |rows: &[String]| !begins(rows) && rows.last().is_some_and(|row| row == last);
    assert!(begins(&rows(&stage)));
    assert!(leads(Key::Tab, &ends), "{:?}", rows(&stage));
    assert!(leads(Key::Backtab, &begins), "{:?}", rows(&stage));
}

#[test]
fn the_ledger_goes_from_row_to_row_by_the_knob_and_by_arrows() {
    let mut stage = Stage::full();
    stage.open_page("Phone");
    stage.tap(&stage.control(AccessibleRole::Tab, "What was shared"));
    let row = |row| Entry {
        at: 1_795_460_000 - row * 60,
        phone_name: "Ana".into(),
        deed: "paired".into(),
        ..Entry::default()
    };
    let entries = (0..30_i64).map(row);
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries: entries.collect(), read_at: 1_795_470_000 }));
    let strikes = |key: Key| {
        stage.press(key);
        stage.let_go(key);
        stage.pixels()
    };
    let moves = (0..MOST).find_map(|_| {
        stage.turn(1);
        let ringed = stage.pixels();
        (strikes(Key::DownArrow) != ringed).then_some(ringed)
    });
    let ringed = moves.expect("the ring comes to it");
    stage.picture("knob-ledger");
    assert!(strikes(Key::UpArrow) == ringed);
    assert!(strikes(Key::UpArrow) == ringed, "there is nothing above");
    // Pressed, the knob does the same, until it is pressed again.
    stage.strike();
    let held = stage.pixels();
    assert!(strikes(Key::Tab) != held && strikes(Key::Backtab) == held);
    for _ in 0..40 {
        stage.turn(1);
    }
    let end = stage.pixels();
    stage.turn(1);
    assert!(stage.pixels() == end, "there is nothing below");
    stage.strike();
    stage.turn(1);
    stage.pixels();
    assert!(strikes(Key::DownArrow) != end, "the ring has gone on");
}

#[test]
fn pressed_it_acts_where_the_ring_is_and_a_finger_takes_the_ring_away() {
    let stage = Stage::full();
    stage.open_page("Settings");
    let without = stage.pixels();
    // Seven parts of the page, then the first of its choices.
    stage.turn(8);
    assert!(stage.pixels() != without);
    stage.press(Key::Return);
    assert!(stage.chosen.borrow().is_empty(), "it acts when it is let go");
    stage.let_go(Key::Return);
    assert_eq!(stage.chosen.take(), ["day"]);
    stage.press(Key::Backtab);
    stage.let_go(Key::Backtab);
    stage.strike();
    assert!(stage.control(AccessibleRole::Tab, "About").accessible_item_selected() == Some(true));
    stage.tap(&stage.control(AccessibleRole::Tab, "Display"));
    assert!(stage.pixels() == without, "no ring under a finger");
}

#[test]
fn after_a_finger_the_first_stroke_only_brings_the_ring_back() {
    let stage = Stage::full();
    stage.open_page("Settings");
    stage.turn(8);
    let ringed = stage.pixels();
    stage.tap(&stage.control(AccessibleRole::Tab, "Display"));
    assert!(stage.pixels() != ringed);
    stage.strike();
    assert!(stage.pixels() == ringed && stage.chosen.borrow().is_empty());
    stage.strike();
    assert_eq!(stage.chosen.take(), ["day"]);
}

#[test]
fn what_locks_under_the_ring_is_not_pressed_and_has_no_ring() {
    let mut stage = Stage::full();
    stage.offer_all_while("parked");
    stage.open_page("Climate");
    stage.turn(1);
    stage.strike();
    assert_eq!(stage.sent.take().len(), 1, "parked, it is asked for");
    stage.press(Key::Return);
    stage.restrict_as("moving", Restrictions::ALL);
    stage.let_go(Key::Return);
    stage.strike();
    assert!(stage.sent.borrow().is_empty());
    stage.pixels();
    assert_eq!(stage.places_of_the_ring(), stage.controls(), "the ring goes on to what is not locked");
}

#[test]
fn what_was_opened_by_the_knob_is_where_it_goes_on() {
    let (stage, _) = playing();
    let row = dots(&stage, "Morning fog").remove(0);
    let (corner, size) = (row.absolute_position(), row.size());
    // The left edge of the ring around the dots.
    let place = ((corner.y + size.height / 2.0) as usize * 1_920 + corner.x as usize + 1) * 3;
    let arrives = (0..MOST).find(|_| {
        stage.turn(1);
        stage.pixels()[place..place + 3] == [0x6F, 0xD3, 0xE3]
    });
    assert!(arrives.is_some(), "the ring does not come to the dots");
    stage.strike();
    stage.pixels();
    assert!(is_open(&stage));
    stage.turn(1);
    stage.strike();
    stage.pixels();
    assert!(!is_open(&stage), "the first of it is its cross");
}

#[test]
fn back_is_heard_even_if_what_had_the_ring_is_gone() {
    let (mut stage, mut library) = playing();
    stage.open_page("Home");
    stage.pixels();
    // The card of what plays leads to its page, and is gone then.
    stage.turn(1);
    stage.strike();
    stage.pixels();
    library.answer(&mut stage);
    let is_on = |stage: &Stage, page| stage.control(AccessibleRole::Tab, page).accessible_item_selected() == Some(true);
    assert!(is_on(&stage, "Music"));
    stage.press(Key::Escape);
    assert!(is_on(&stage, "Home"));
}

#[test]
fn held_for_long_it_goes_back_and_presses_nothing() {
    let stage = Stage::full();
    stage.open_page("Settings");
    stage.turn(5);
    stage.press(Key::Return);
    stage.press(Key::Escape);
    stage.let_go(Key::Return);
    assert!(stage.chosen.borrow().is_empty());
    assert_eq!(stage.control(AccessibleRole::Tab, "Home").accessible_item_selected(), Some(true));
    stage.press(Key::Escape);
    assert_eq!(
        stage.control(AccessibleRole::Tab, "Home").accessible_item_selected(),
        Some(true),
        "there is no further back"
    );
}

#[test]
fn what_lies_over_a_page_keeps_the_ring_until_it_is_closed() {
    let (stage, _) = playing();
    stage.tap(&dots(&stage, "Morning fog")[0]);
    stage.pixels();
    assert!(is_open(&stage));
    let own = ["Close", "Play next", "Move up", "Move down", "Take out of the queue"];
    let own =
        own.into_iter().filter(|word| stage.control(AccessibleRole::Button, word).accessible_enabled() != Some(false));
    // And the dock, which is always there.
    let dock = stage.all(AccessibleRole::Tab).iter().filter(|tab| tab.absolute_position().y > 900.0).count();
    assert_eq!(stage.places_of_the_ring(), own.count() + dock);
    stage.press(Key::Escape);
    stage.pixels();
    assert!(!is_open(&stage));
}

#[test]
fn a_scale_is_taken_and_moved_and_let_go() {
    let stage = Stage::full();
    stage.open_page("Energy");
    let limit = || {
        stage
            .sent
            .borrow()
            .iter()
            .filter(|(leaf, _)| *leaf == Leaf::ChargeLimit)
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    let mut steps = 0;
    // Arrows move the scale alone: so it is found.
    while limit().is_empty() {
        stage.turn(1);
        stage.press(Key::RightArrow);
        stage.let_go(Key::RightArrow);
        steps += 1;
        assert!(steps < MOST, "no scale on this page");
    }
    let before = limit();
    stage.turn(1);
    stage.press(Key::RightArrow);
    assert_eq!(limit(), before, "the ring went on");
    stage.press(Key::Backtab);
    stage.strike();
    stage.turn(2);
    assert_eq!(limit().len(), before.len() + 2, "held, the knob moves it");
    assert!(limit().iter().all(|value| matches!(value, Value::Float(_))));
    stage.strike();
    stage.turn(1);
    assert_eq!(limit().len(), before.len() + 2, "let go, the ring moves");
}

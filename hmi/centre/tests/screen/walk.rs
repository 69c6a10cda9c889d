//! A walk over all pages: nothing that a moving car forbids can be pressed, and no word is cut in the language with the longest.

use i_slint_backend_testing::{AccessibleRole, ElementHandle};
use tandem_centre::{Centre, Leaf};
use tandem_contracts::driving::Restrictions;
use tandem_kit::headless::untold;
use tandem_kit::media::Status;
use tandem_kit::{Desk, Face, HealthNews, Lacking, Language, Look, PhoneNews, SettingsNews, Theme, Update};
use tandem_units::{Quality, Value};

use crate::health::{ALL, parts};
use crate::music_service::Library;
use crate::phone_service::{cafe, entries, message, phone, podcast};
use crate::phones::PARK;
use crate::stage::{Stage, instant, windows};

/// The smallest target that a finger finds while driving, pixels.
const SMALLEST_TARGET: f32 = 76.0;
/// On every page, for a glance and a tap are enough.
const DOCK: [&str; 7] = ["Home", "Vehicle", "Climate", "Energy", "Music", "Phone", "Settings"];

const LIBRARY: [&str; 14] = [
    "More",
    "Now playing",
    "Library",
    "Search",
    "Recent",
    "Artists",
    "Albums",
    "Songs",
    "Playlists",
    "Genres",
    "Folders",
    "Radio",
    "Podcasts",
    "Sources",
];

const PLAYER: [&str; 11] = [
    "Now playing",
    "Library",
    "Search",
    "Shuffle off",
    "Previous",
    "Pause",
    "Next",
    "Repeat one",
    "Empty the queue",
    "More",
    "Position",
];

/// A parked car whose services of music and phones are not there.
fn bare(language: Language) -> (Stage, Library) {
    let mut stage = Stage::open(Theme::Night, language);
    stage.hear(60, Quality::Valid, &instant());
    stage.hear(60, Quality::Valid, &PARK);
    stage.tell(&Update::Settings(SettingsNews::Told(Box::default())));
    stage.tell(&Update::Health(HealthNews { lacking: Lacking::default(), parts: parts(&["media", "settings"]) }));
    (stage, Library::of(0))
}

/// A parked car in which every service has something to show.
pub fn full(language: Language) -> (Stage, Library) {
    let (mut stage, _) = bare(language);
    stage.phones(&[phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)], false);
    stage.sessions(&[podcast("offered"), cafe("offered"), message(0)]);
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries: entries(), read_at: 1_795_470_000 }));
    let mut library = Library::of(1_000);
    library.plays(&mut stage, library.player(0, Status::Playing), library.service());
    (stage, library)
}

/// What somebody may press now, apart from the dock's pages.
fn open_to_a_hand(stage: &Stage) -> Vec<String> {
    use AccessibleRole::{Button, RadioButton, Slider, Switch, Tab};

    let all = [Button, RadioButton, Slider, Switch, Tab].into_iter().flat_map(|role| stage.all(role));
    let open = all.filter(|control| control.accessible_enabled() != Some(false));
    let words = open.filter_map(|control| control.accessible_label().map(String::from));
    words.filter(|word| !DOCK.contains(&word.as_str())).collect()
}

/// Each page, and each part of it that has a tab, with its lists read.
pub fn walk((stage, library): &mut (Stage, Library), mut look: impl FnMut(&Stage, &str)) {
    let mut open = |stage: &mut Stage, tab: &ElementHandle| {
        stage.tap(tab);
        stage.pixels();
        library.answer(stage);
        stage.pixels();
    };
    for page in stage.pages() {
        let word = page.accessible_label().unwrap_or_default().to_string();
        open(stage, &page);
        let parts: Vec<ElementHandle> =
            stage.all(AccessibleRole::Tab).into_iter().filter(|tab| tab.absolute_position().y < 900.0).collect();
        if parts.is_empty() {
            look(stage, &word);
        }
        for part in parts {
            open(stage, &part);
            look(stage, &format!("{word}, {}", part.accessible_label().unwrap_or_default()));
        }
    }
}

#[test]
fn nothing_that_a_moving_car_forbids_can_be_pressed_on_any_page() {
    let mut full = full(Language::English);
    full.0.offer_all_while("parked");
    let mut before = 0;
    walk(&mut full, |stage, _| before += open_to_a_hand(stage).len());
    assert!(before > 100, "parked, there is something to press: {before}");

    full.0.restrict_as("moving", Restrictions::ALL);
    walk(&mut full, |stage, page| {
        let allowed: &[&str] = match page {
            // A tap takes what a phone offers, or leaves it.
            "Home" => &["Continue at 12:34", "Put it away", "Go there", "Not now", "Open the player"],
            // A glance and a tap: what is looked at, not what is asked of the car.
            "Climate" => &["Front", "Rear"],
            "Settings, Display" => &[
                "Display",
                "Language",
                "Units",
                "Driver",
                "Privacy",
                "System",
                "About",
                "Day",
                "Night",
                "Automatic",
                "Reduced motion",
                "High contrast",
                "Calm",
                "Guidance",
            ],
            "Settings, Language" => {
                &["Display", "Language", "Units", "Driver", "Privacy", "System", "About", "English", "中文", "Deutsch"]
            }
            "Settings, Privacy" => {
                &["Display", "Language", "Units", "Driver", "Privacy", "System", "About", "Phones", "What was shared"]
            }
            page if page.starts_with("Settings") => {
                &["Display", "Language", "Units", "Driver", "Privacy", "System", "About"]
            }
            // Of its lists only so many rows are there.
            "Music, Library" => &LIBRARY,
            "Music, Now playing" => &PLAYER,
            page if page.starts_with("Music") => &["Now playing", "Library", "Search"],
            "Phone, Phones" => &["Phones", "What was shared", "Ring", "Put away"],
            page if page.starts_with("Phone") => &["Phones", "What was shared"],
            _ => &[],
        };
        let open: Vec<_> = open_to_a_hand(stage).into_iter().filter(|word| !allowed.contains(&word.as_str())).collect();
        assert_eq!(open, [""; 0], "{page}");
    });
}

#[test]
fn every_control_of_every_page_has_a_word_and_room_for_a_finger() {
    use AccessibleRole::{Button, ListItem, RadioButton, Slider, Switch, Tab};

    let mut full = full(Language::English);
    full.0.offer();
    let (mut seen, mut wrong) = (0, Vec::new());
    walk(&mut full, |stage, page| {
        for role in [Button, ListItem, RadioButton, Slider, Switch, Tab] {
            for control in stage.all(role) {
                seen += 1;
                let (label, size) = (control.accessible_label().unwrap_or_default(), control.size());
                if label.is_empty() || size.width.min(size.height) < SMALLEST_TARGET {
                    wrong.push(format!("{page}: {role:?} {label:?} of {size:?}"));
                }
            }
        }
    });
    assert!(seen > 300, "{seen}");
    assert_eq!(wrong, [""; 0]);
}

/// What takes the most room of what a car says.
fn longest() -> Vec<(Leaf, Value)> {
    let mut values = instant();
    values.extend(windows().map(|leaf| (leaf, Value::Int(100))));
    values.extend([
        (Leaf::OutsideTemperature, Value::Float(-38.0)),
        (Leaf::DriverTemperature, Value::Float(27.5)),
        (Leaf::PassengerTemperature, Value::Float(27.5)),
        (Leaf::DriverFan, Value::Int(100)),
        (Leaf::Charge, Value::Float(100.0)),
        (Leaf::ChargeLimit, Value::Int(100)),
        (Leaf::Range, Value::Int(888_800)),
        (Leaf::BatteryPower, Value::Float(-188_800.0)),
        (Leaf::BatteryTemperature, Value::Float(-28.0)),
        (Leaf::TripDistance, Value::Int(1_888_800)),
        (Leaf::TripDuration, Value::Float(86_280.0)),
    ]);
    values
}

fn assert_no_word_is_cut(full: &mut (Stage, Library), what: &str) {
    walk(full, |stage, page| {
        let cut = tandem_likeness::words_that_are_cut(&stage.window, &stage.pixels(), 1_920);
        assert!(cut.is_empty(), "{page}, {what}: {:?} of {}", &cut[..cut.len().min(6)], cut.len());
    });
}

#[test]
fn no_word_is_cut_beside_the_longest_readings_parked_or_while_the_car_drives() {
    let mut full = bare(Language::English);
    let stage = &mut full.0;
    stage.hear(61, Quality::Valid, &longest());
    stage.tell(&Update::Health(HealthNews { lacking: ALL, parts: parts(&["media", "settings"]) }));
    for language in [Language::English, Language::German] {
        for percent in [100, 130] {
            // On plain grounds cut words are found.
            let stage = &mut full.0;
            stage.wear(Look { language, contrast: true, percent, ..Look::STILL });
            stage.offer();
            stage.restrict(Restrictions::default());
            assert_no_word_is_cut(&mut full, &format!("{language:?} at {percent} %, parked"));
            let stage = &mut full.0;
            stage.offer_all_while("parked");
            stage.restrict_as("moving", Restrictions::ALL);
            assert_no_word_is_cut(&mut full, &format!("{language:?} at {percent} %, moving"));
        }
    }
}

#[test]
fn every_page_in_german_and_in_large_letters_is_as_it_was_accepted() {
    let mut full = full(Language::German);
    full.0.offer();
    let mut pages = 0;
    walk(&mut full, |stage, page| {
        pages += 1;
        stage.picture(&format!("de-{}", page.to_lowercase().replace(", ", "-").replace(' ', "-")));
    });
    assert_eq!(pages, 16);
    full.0.wear(Look { language: Language::German, contrast: true, percent: 130, ..Look::STILL });
    walk(&mut full, |stage, page| {
        stage.picture(&format!("de-large-{}", page.to_lowercase().replace(", ", "-").replace(' ', "-")));
    });
}

#[test]
fn a_screen_of_any_size_is_drawn_and_none_is_a_panic() {
    tandem_likeness::any_size(|size| untold(size, |window| Centre::new(window, Desk::unattended())).unwrap());
}

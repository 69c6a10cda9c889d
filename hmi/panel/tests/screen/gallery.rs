//! The gallery: every widget looks different in each of its states, every drawing of ours is there, and both lights are drawn side by side.

use std::path::Path;
use std::rc::Rc;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::platform::{Key, PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use tandem_kit::Language;
use tandem_kit::headless::{Pace, Screen};
use tandem_likeness::{Album, Picture};
use tandem_panel::gallery::{self, SIZE};
use tandem_panel::{GalleryWindow, Theme};

const WIDTH: usize = SIZE.0 as usize;
const HEIGHT: usize = SIZE.1 as usize;

/// Nothing is there.
const NO_PAGE: i32 = -1;

type Area = (usize, usize, usize, usize);

struct Gallery {
    window: GalleryWindow,
    screen: Rc<Screen>,
}

impl Gallery {
    fn open() -> Self {
        let screen = Screen::new(SIZE, Pace::OnDemand);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let window = gallery::open(true, Language::English).unwrap();
        window.global::<Theme>().set_motion(false);
        window.show().unwrap();
        Self { window, screen }
    }

    fn speak(&self, language: Language) {
        self.window.global::<Theme>().set_language(language.translation().into());
        slint::select_bundled_translation(language.translation()).unwrap();
    }

    /// A page anew: no ring is on it.
    fn page(&self, page: i32, night: bool) -> Vec<u8> {
        self.window.set_page(NO_PAGE);
        self.pixels();
        self.window.set_page(page);
        self.window.global::<Theme>().set_night(night);
        self.pixels()
    }

    fn pixels(&self) -> Vec<u8> {
        self.screen.turn();
        self.screen.rgb()
    }

    /// The controls whose middle lies between these heights, by where they stand.
    fn controls(&self, (top, bottom): (f32, f32)) -> Vec<ElementHandle> {
        let roles =
            [AccessibleRole::Button, AccessibleRole::Switch, AccessibleRole::Slider, AccessibleRole::RadioButton];
        let of =
            |role| ElementQuery::from_root(&self.window).match_descendants().match_accessible_role(role).find_all();
        let mut found: Vec<_> = roles.into_iter().flat_map(of).collect();
        found.retain(|element| (top..bottom).contains(&middle(element).y));
        let mut seen = Vec::new();
        found.retain(|element| {
            let place = (area(element), middle(element).x.to_bits());
            let known = seen.contains(&place);
            seen.push(place);
            !known
        });
        found
    }

    /// Both lights of a page beside each other, where a person can look at them; in the row for a finger everything is drawn pressed, and in the one for the
    /// ring it is on everything.
    fn sheet(&self, name: &str, page: i32, rows: Option<[(f32, f32); 2]>) {
        let mut sheet = vec![0; WIDTH * 2 * HEIGHT * 3];
        for (at, night) in [true, false].into_iter().enumerate() {
            let mut picture = self.page(page, night);
            let short = tandem_likeness::words_that_are_cut(&self.window, &picture, WIDTH);
            assert!(name.ends_with("-zh") || short.is_empty(), "{name}: {short:?}");
            for control in rows.map(|[pressed, _]| self.controls(pressed)).unwrap_or_default() {
                let place = area(&control);
                let before = cut(&self.pixels(), place);
                self.press(&control, true);
                let after = self.pixels();
                self.press(&control, false);
                assert!(
                    cut(&after, place) != before,
                    "{:?} does not say that it is pressed",
                    control.accessible_label()
                );
                paste(&mut picture, &after, place);
            }
            if let Some([_, ringed]) = rows {
                self.ring(&mut picture, ringed);
            }
            for row in 0..HEIGHT {
                let from = row * WIDTH * 3;
                let to = (row * 2 + at) * WIDTH * 3;
                sheet[to..to + WIDTH * 3].copy_from_slice(&picture[from..from + WIDTH * 3]);
            }
        }
        let album = Album::new("gallery", env!("CARGO_TARGET_TMPDIR"), env!("CARGO_MANIFEST_DIR"));
        album.hold(&format!("gallery-{name}"), Picture { size: (SIZE.0 * 2, SIZE.1), rgb: &sheet });
    }

    /// Brings the ring to each control of a row, and draws it there.
    fn ring(&self, picture: &mut [u8], (top, bottom): (f32, f32)) {
        let mut before = self.controls((0.0, top));
        before.retain(|control| control.accessible_enabled() != Some(false));
        let mut left: Vec<_> = self.controls((top, bottom)).iter().map(area).collect();
        let without = self.pixels();
        (0..before.len()).for_each(|_| self.tab());
        while !left.is_empty() {
            self.tab();
            let ringed = self.pixels();
            let ring = |place: &Area| {
                let (ringed, without) = (cut(&ringed, *place), cut(&without, *place));
                ringed.chunks_exact(3).zip(without.chunks_exact(3)).filter(|(one, other)| one != other).count()
            };
            // What stands close by has a pixel of its ring.
            let (most, at) = left.iter().map(|place| (ring(place), *place)).max().unwrap();
            assert!(most > 400, "the ring comes to none of {left:?}");
            paste(picture, &ringed, at);
            left.retain(|place| *place != at);
        }
    }

    fn tab(&self) {
        self.window.window().dispatch_event(WindowEvent::KeyPressed { text: Key::Tab.into() });
        self.window.window().dispatch_event(WindowEvent::KeyReleased { text: Key::Tab.into() });
    }

    /// A finger comes down on a control, or goes off the screen without having tapped it.
    fn press(&self, control: &ElementHandle, down: bool) {
        let (window, button) = (self.window.window(), PointerEventButton::Left);
        if down {
            window.dispatch_event(WindowEvent::PointerPressed { position: middle(control), button });
        } else {
            let position = LogicalPosition::new(5.0, 5.0);
            window.dispatch_event(WindowEvent::PointerMoved { position });
            window.dispatch_event(WindowEvent::PointerReleased { position, button });
            window.dispatch_event(WindowEvent::PointerExited);
        }
    }
}

fn middle(element: &ElementHandle) -> LogicalPosition {
    let (corner, size) = (element.absolute_position(), element.size());
    LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0)
}

/// Where it stands, with what a switch or a slider may draw around itself.
fn area(element: &ElementHandle) -> Area {
    let (corner, size) = (element.absolute_position(), element.size());
    let around =
        if matches!(element.accessible_role(), Some(AccessibleRole::Switch | AccessibleRole::Slider)) { 12 } else { 0 };
    (corner.x as usize - around, corner.y as usize, size.width.ceil() as usize + 2 * around, size.height as usize)
}

fn rows((x, y, width, height): Area) -> impl Iterator<Item = std::ops::Range<usize>> {
    (y..y + height).map(move |row| (row * WIDTH + x) * 3..(row * WIDTH + x + width) * 3)
}

fn cut(pixels: &[u8], area: Area) -> Vec<u8> {
    rows(area).flat_map(|row| pixels[row].to_vec()).collect()
}

fn paste(onto: &mut [u8], from: &[u8], area: Area) {
    for row in rows(area) {
        onto[row.clone()].copy_from_slice(&from[row]);
    }
}

/// The rows and the columns of the controls, and those in which a state is not the widget's.
const FIRST_ROW: usize = 120;
const ROW: usize = 128;
const BUTTONS: usize = 104;
const STATES: [&str; 10] =
    ["normal", "pressed", "focused", "on", "disabled", "locked", "pending", "refused", "stale", "absent"];
const COLUMNS: [(&str, usize, usize); 4] =
    [("tile", 240, 296), ("slider", 560, 312), ("choice", 896, 440), ("stepper", 1376, 296)];
/// A slider has nothing that is on; what was asked of a stepper and refused stands beside it.
const NOT_ITS: [(&str, &str); 3] = [("slider", "on"), ("stepper", "pending"), ("stepper", "refused")];
/// A finger or the ring makes these; see the sheets.
const BROUGHT: [&str; 2] = ["pressed", "focused"];

#[test]
fn every_state_of_a_control_looks_like_no_other() {
    let gallery = Gallery::open();
    for night in [true, false] {
        let picture = gallery.page(0, night);
        for (widget, x, width) in COLUMNS {
            let mut seen: Vec<(&str, Vec<u8>)> = Vec::new();
            for (row, state) in STATES.iter().enumerate() {
                if BROUGHT.contains(state) || NOT_ITS.contains(&(widget, state)) {
                    continue;
                }
                let looks = cut(&picture, (x, FIRST_ROW + row * ROW, width, 120));
                let same = seen.iter().find(|(_, other)| *other == looks);
                assert!(same.is_none(), "{widget}: {state} looks like {:?}", same.map(|(other, _)| other));
                seen.push((state, looks));
            }
        }
    }
}

#[test]
fn whatever_a_finger_lies_on_or_the_ring_says_so() {
    let gallery = Gallery::open();
    for (language, word) in [(Language::English, "en"), (Language::German, "de"), (Language::Chinese, "zh")] {
        gallery.speak(language);
        let row = |at: usize, high: usize| {
            let top = (FIRST_ROW + at * high) as f32;
            (top, top + high as f32 - 8.0)
        };
        gallery.sheet(&format!("controls-{word}"), 0, Some([row(1, ROW), row(2, ROW)]));
        gallery.sheet(&format!("buttons-{word}"), 1, Some([row(1, BUTTONS), row(2, BUTTONS)]));
        gallery.sheet(&format!("drawings-{word}"), 2, None);
        if language == Language::English {
            gallery.page(1, true);
            assert_eq!(gallery.controls(row(1, BUTTONS)).len(), 10, "seven, and a choice of three");
            let disabled = gallery.controls(row(4, BUTTONS));
            assert!(disabled.len() == 9 && disabled.iter().all(|it| it.accessible_enabled() == Some(false)));
        }
    }
}

#[test]
fn every_drawing_of_ours_is_in_the_gallery_and_leaves_ink() {
    let shown = include_str!("../../ui/drawings_page.slint");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/icons");
    let files = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let drawings = entries.filter(|path| path.extension().is_some_and(|end| end == "svg"));
        drawings.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let (icons, lamps) = (files(&folder), files(&folder.join("lamps")));
    assert!(icons.len() > 40 && lamps.len() > 10);
    for drawing in
        icons.iter().map(|name| format!("icons/{name}")).chain(lamps.iter().map(|name| format!("lamps/{name}")))
    {
        assert!(shown.contains(&drawing), "ui/drawings_page.slint lacks {drawing}");
    }
    let gallery = Gallery::open();
    let picture = gallery.page(2, true);
    for (count, top) in [(icons.len(), FIRST_ROW + 40), (lamps.len(), FIRST_ROW + 880)] {
        for at in 0..count {
            let (x, y) = (32 + at % 10 * 184, top + at / 10 * 112);
            for (left, width) in [(16, 64), (84, 64)] {
                let cell = cut(&picture, (x + left, y, width, 56));
                let first: [u8; 3] = cell[..3].try_into().unwrap();
                let ink = cell.chunks_exact(3).filter(|pixel| **pixel != first).count();
                assert!(ink > 30, "drawing {at} of {count} is empty");
            }
        }
    }
}

#[test]
fn a_point_is_a_comma_in_german_and_no_digit_moves() {
    let gallery = Gallery::open();
    let number = (936, FIRST_ROW + 536, 220, 128);
    let english = cut(&gallery.page(1, true), number);
    gallery.speak(Language::German);
    let german = cut(&gallery.page(1, true), number);
    let differ = english.chunks_exact(3).zip(german.chunks_exact(3)).filter(|(one, other)| one != other).count();
    assert!((8..120).contains(&differ), "{differ} pixels differ");
}

//! Back and home without looking: a finger from an edge in.

use i_slint_backend_testing::AccessibleRole;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};

use tandem_contracts::driving::Restrictions;
use tandem_kit::{Language, Look};
use tandem_units::Nanoseconds;

use crate::stage::Stage;
use crate::walk::{full, walk};

fn swipe(stage: &Stage, from: (f32, f32), to: (f32, f32)) {
    let button = PointerEventButton::Left;
    let at = |(x, y): (f32, f32), share: f32, (to_x, to_y): (f32, f32)| {
        LogicalPosition::new(x + (to_x - x) * share, y + (to_y - y) * share)
    };
    let window = stage.window.window();
    window.dispatch_event(WindowEvent::PointerPressed { position: at(from, 0.0, to), button });
    for step in 1..=8u8 {
        window.dispatch_event(WindowEvent::PointerMoved { position: at(from, f32::from(step) / 8.0, to) });
    }
    window.dispatch_event(WindowEvent::PointerReleased { position: at(from, 1.0, to), button });
    window.dispatch_event(WindowEvent::PointerExited);
}

fn page(stage: &Stage) -> String {
    let pages = stage.pages();
    let open = pages.iter().find(|page| page.accessible_item_selected() == Some(true));
    open.and_then(|page| page.accessible_label()).unwrap_or_default().into()
}

#[test]
fn from_the_left_edge_in_is_a_step_back_and_from_below_up_is_home() {
    let stage = Stage::full();
    for (from, to) in [((4.0, 500.0), (300.0, 510.0)), ((960.0, 1_076.0), (970.0, 800.0))] {
        stage.open_page("Climate");
        assert_eq!(page(&stage), "Climate");
        swipe(&stage, from, to);
        assert_eq!(page(&stage), "Home", "{from:?}");
    }
}

#[test]
fn a_tap_at_the_edge_and_a_swipe_on_the_page_go_nowhere() {
    let stage = Stage::full();
    stage.open_page("Climate");
    for (from, to) in [
        ((4.0, 500.0), (6.0, 500.0)),
        ((300.0, 500.0), (4.0, 500.0)),
        ((900.0, 600.0), (1_200.0, 600.0)),
        ((4.0, 500.0), (4.0, 900.0)),
    ] {
        swipe(&stage, from, to);
        assert_eq!(page(&stage), "Climate", "{from:?}");
    }
}

#[test]
fn a_finger_on_any_control_shows_in_the_next_frame() {
    use AccessibleRole::{Button, RadioButton, Slider, Switch, Tab};

    let mut full = full(Language::English);
    full.0.offer_all_while("parked");
    full.0.restrict(Restrictions::NONE);
    full.0.wear(Look { motion: true, ..Look::STILL });
    let button = PointerEventButton::Left;
    let (mut pressed, mut seconds) = (0, 100);
    let mut still = Vec::new();
    walk(&mut full, |stage, page| {
        let all = [Button, RadioButton, Slider, Switch, Tab].into_iter().flat_map(|role| stage.all(role));
        for control in all.filter(|control| control.accessible_enabled() != Some(false)) {
            let (corner, size) = (control.absolute_position(), control.size());
            let position = LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0);
            let window = stage.window.window();
            // By then nothing moves any more.
            seconds += 1;
            stage.screen.set_time(Nanoseconds::from_millis(seconds * 1_000));
            stage.pixels();
            let before = stage.pixels();
            window.dispatch_event(WindowEvent::PointerPressed { position, button });
            stage.screen.turn();
            if stage.screen.rgb() == before {
                still.push(format!("{page}: {}", control.accessible_label().unwrap_or_default()));
            }
            pressed += 1;
            // It is not let go on the control.
            let elsewhere = LogicalPosition::new(960.0, 4.0);
            window.dispatch_event(WindowEvent::PointerMoved { position: elsewhere });
            window.dispatch_event(WindowEvent::PointerReleased { position: elsewhere, button });
            window.dispatch_event(WindowEvent::PointerExited);
        }
    });
    assert!(pressed > 150, "{pressed}");
    // In what is scrolled a finger waits until it is known not to scroll.
    still.retain(|control| control != "Music, Now playing: More" && !control.starts_with("Phone, Phones: "));
    assert_eq!(still, [""; 0], "of {pressed}");
}

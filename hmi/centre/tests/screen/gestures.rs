//! Back and home without looking: a finger from an edge in.

use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};

use crate::stage::Stage;

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

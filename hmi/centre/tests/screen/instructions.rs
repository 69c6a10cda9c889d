//! What pages and long lists cost, in instructions.

use i_slint_backend_testing::AccessibleRole;

use crate::music::{playing as of_100_000, scroll};
use crate::music_choices::playing;
use crate::stage::Stage;

const PAGES: [&str; 7] = ["Home", "Vehicle", "Climate", "Energy", "Music", "Phone", "Settings"];
/// Measured: 150 and 17 million, by the tests' own profile; a release takes a small part of it.
const MOST_OF_A_PAGE: u64 = 173_000_000;
const MOST_OF_A_ROW: u64 = 19_500_000;
const STEPS: u32 = 20;

#[inline(never)]
fn a_page_that_is_counted(stage: &Stage, page: &str) {
    stage.open_page(page);
    stage.screen.turn();
}

#[inline(never)]
fn a_step_that_is_counted(stage: &Stage) {
    scroll(stage, 96.0);
    stage.screen.turn();
}

#[test]
fn a_change_of_pages_costs_no_more_than_it_did() {
    if !tandem_likeness::is_counted() {
        let name = "instructions::a_change_of_pages_costs_no_more_than_it_did";
        return holds(name, "a_page_that_is_counted", PAGES.len() as u64, MOST_OF_A_PAGE);
    }
    let (mut stage, _library) = playing();
    stage.offer();
    for page in PAGES {
        a_page_that_is_counted(&stage, page);
    }
}

#[test]
fn a_row_of_a_long_list_costs_no_more_than_it_did() {
    if !tandem_likeness::is_counted() {
        let name = "instructions::a_row_of_a_long_list_costs_no_more_than_it_did";
        return holds(name, "a_step_that_is_counted", u64::from(STEPS), MOST_OF_A_ROW);
    }
    let (mut stage, mut library) = of_100_000();
    stage.tap(&stage.control(AccessibleRole::Tab, "Library"));
    stage.pixels();
    library.answer(&mut stage);
    stage.tap(&stage.control(AccessibleRole::Tab, "Songs"));
    stage.pixels();
    library.answer(&mut stage);
    for _ in 0..STEPS {
        a_step_that_is_counted(&stage);
        library.answer(&mut stage);
    }
}

fn holds(name: &str, function: &str, times: u64, most: u64) {
    let Some(count) = tandem_likeness::instructions(name, function) else { return };
    let each = count / times;
    println!("{each} instructions");
    assert!((most / 4..most).contains(&each), "{each} instructions, at most {most}");
}

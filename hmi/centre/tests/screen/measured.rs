//! What every page's picture is measured by: sizes of text, hues, the grid, and how much words stand out.

use tandem_kit::{HealthNews, Language, Look, Theme, Update};
use tandem_likeness::Elements;

use crate::health::{ALL, parts};
use crate::phone_service::{cafe, podcast};
use crate::walk::{full, walk};

#[test]
fn every_page_keeps_to_few_sizes_and_hues_and_to_the_grid_and_its_words_stand_out() {
    let mut full = full(Language::English);
    full.0.offer();
    // What somebody wrote may take two lines, and has no size of its own.
    full.0.sessions(&[podcast("offered"), cafe("offered")]);
    full.0.tell(&Update::Health(HealthNews { lacking: ALL, parts: parts(&["media", "settings"]) }));
    for theme in [Theme::Night, Theme::Day] {
        full.0.wear(Look { theme, ..Look::STILL });
        let mut edges = 0;
        walk(&mut full, |stage, page| {
            let audit = tandem_likeness::audit(&stage.pixels(), 1_920, &Elements::of(&stage.window));
            assert_eq!(audit.faults(), [""; 0], "{page} by {theme}");
            edges += audit.edges;
        });
        // By day soft shadows are what a card ends in.
        let least = if theme == Theme::Night { 500 } else { 200 };
        assert!(edges > least, "only {edges} edges were found by {theme}");
    }
}

//! What the cluster's picture is measured by: sizes of text, hues, the grid, and how much words stand out.

use tandem_cluster::Leaf;
use tandem_kit::{HealthNews, Lacking, Update};
use tandem_likeness::Elements;
use tandem_units::{Quality, Value};

use crate::drawing::{Drawing, Look, drive};

#[test]
fn it_keeps_to_few_sizes_and_hues_and_to_the_grid_and_its_words_stand_out() {
    for look in [Look::NIGHT, Look::DAY] {
        let drawn = std::thread::spawn(move || {
            let mut drawing = Drawing::new(look);
            drawing.hear(drive());
            drawing.hear([(Leaf::AbsError, Quality::Valid, Value::Bool(true))]);
            let lacking = Lacking { music: true, ..Lacking::default() };
            drawing.tell(&Update::Health(HealthNews { lacking, parts: Vec::new() }));
            let audit = tandem_likeness::audit(&drawing.pixels().rgb, 1_920, &Elements::of(&drawing.window));
            assert_eq!(audit.faults(), [""; 0]);
            audit
        });
        let audit = drawn.join().unwrap();
        assert!(audit.sizes.contains(&224) && audit.hues.len() > 2 && audit.faintest.is_some(), "{audit:?}");
    }
}

//! The list of warnings behind the warning line.

use tandem_cluster::Leaf;
use tandem_units::{Quality, Value};

use crate::drawing::{Drawing, Heard, Look, drive};
use crate::pictures::{AMBER, cell, is_lit};
use crate::words::words;

fn is(leaf: Leaf, value: bool) -> Heard {
    (leaf, Quality::Valid, Value::Bool(value))
}

/// ABS and ESC have failed, and a tyre is low.
fn three(look: Look) -> Drawing {
    let mut drawing = Drawing::new(look);
    drawing.hear(drive());
    let low = (Leaf::RearLeftTyre, Quality::Valid, Value::Int(150));
    drawing.hear([is(Leaf::AbsError, true), is(Leaf::EscError, true), low]);
    drawing
}

/// What the line says.
fn line(drawing: &Drawing) -> Vec<String> {
    words(drawing).into_iter().filter(|word| !["Since start", "Range"].contains(&word.as_str())).collect()
}

#[test]
fn a_key_turns_the_pages_and_what_was_read_is_its_lamp() {
    let mut drawing = three(Look::NIGHT);
    assert_eq!(line(&drawing), ["ABS has failed: brake gently", "1 of 3"]);
    drawing.picture("warnings");
    for left in [["Stability control has failed", "1 of 2"].as_slice(), &["Rear left tyre is low"], &[]] {
        drawing.press("KEY_INFO");
        assert_eq!(line(&drawing), left);
    }
    let read = drawing.picture("warnings-read");
    assert_eq!(read.count((0, 96, 1920, 48), is_lit), 0);
    for lamp in [3, 4, 5] {
        assert!(read.count(cell(lamp), |pixel| pixel == AMBER) > 150, "lamp {lamp}");
    }
    drawing.press("KEY_NEXTSONG");
    assert!(line(&drawing).is_empty(), "that key is another's");
    drawing.press("KEY_INFO");
    assert_eq!(line(&drawing), ["ABS has failed: brake gently", "1 of 3"]);
}

#[test]
fn a_danger_comes_up_by_itself_and_cannot_be_put_away() {
    let mut drawing = three(Look::NIGHT);
    drawing.press("KEY_INFO");
    drawing.hear([is(Leaf::Boot, true)]);
    let danger = ["The boot is open", "1 of 3"];
    assert_eq!(line(&drawing), danger);
    for _ in 0..3 {
        drawing.press("KEY_INFO");
    }
    assert_eq!(line(&drawing), ["The boot is open"]);
    drawing.press("KEY_INFO");
    assert_eq!(line(&drawing), ["The boot is open"]);
}

#[test]
fn the_longest_sentence_and_its_count_stand_free_in_every_language() {
    for (look, name) in
        [(Look::GERMAN, "warnings-de"), (Look::CHINESE, "warnings-zh"), (Look::LARGE, "warnings-de-large")]
    {
        let picture = std::thread::spawn(move || {
            let mut drawing = three(look);
            drawing.press("KEY_INFO");
            drawing.picture(name)
        });
        let picture = picture.join().unwrap();
        let columns: Vec<_> = (0..1920).filter(|x| picture.count((*x, 96, 1, 48), is_lit) > 0).collect();
        let (first, last) = (columns[0], columns[columns.len() - 1]);
        assert!(first > 400 && last < 1520, "{name}: {first} to {last}");
    }
}

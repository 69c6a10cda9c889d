//! The left wing while somebody calls.

use tandem_kit::CallsNews;
use tandem_kit::telephone::{Call, Heard};

use crate::drawing::{Area, Drawing, Look, drive};
use crate::words::{numbers, words};

/// The lamps' lane, both halves and the indicators between.
const LANE: Area = (0, 0, 1920, 96);

pub fn call(name: &str, state: &str) -> Call {
    Call { id: name.into(), name: name.into(), number: "+49 30 1234567".into(), state: state.into(), ..Call::default() }
}

pub fn told(drawing: &mut Drawing, calls: &[Call]) {
    drawing.calls(CallsNews::Calls(calls.to_vec(), Heard(1)));
}

fn caller(drawing: &Drawing) -> Option<(String, String)> {
    numbers(drawing).into_iter().find(|(name, _)| name == "Incoming call" || name == "In a call")
}

#[test]
fn who_calls_takes_the_place_of_whatever_is_there_and_covers_no_lamp() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let before = drawing.picture("call-none");
    let lane = |picture: &crate::drawing::Picture| picture.pixels(LANE).collect::<Vec<_>>();
    for (state, says) in [("ringing", "Incoming call"), ("active", "In a call")] {
        told(&mut drawing, &[call("Ada Lovelace", state)]);
        assert_eq!(words(&drawing), ["Range"], "the trip is gone");
        assert_eq!(caller(&drawing), Some((says.to_owned(), "Ada Lovelace".to_owned())));
        let picture = drawing.picture(&format!("call-{state}"));
        assert!(picture != before && lane(&picture) == lane(&before));
    }
    told(&mut drawing, &[call("Bob", "ringing"), call("Ada Lovelace", "active")]);
    assert_eq!(caller(&drawing).unwrap().1, "Bob", "who rings comes first");
    for calls in [vec![], vec![call("Ada Lovelace", "missed")]] {
        told(&mut drawing, &calls);
        assert!(drawing.picture("call-none") == before);
    }
}

#[test]
fn nobody_knows_who_it_is() {
    let mut drawing = Drawing::new(Look::CHINESE);
    drawing.hear(drive());
    told(&mut drawing, &[Call { name: String::new(), number: String::new(), ..call("", "ringing") }]);
    drawing.picture("call-unknown-zh");
    let mut drawing_of = |name: &str, number: &str| {
        told(&mut drawing, &[Call { name: name.into(), number: number.into(), ..call("", "ringing") }]);
        numbers(&drawing).into_iter().find(|(what, _)| what == "来电").unwrap().1
    };
    assert_eq!(drawing_of("", ""), "未知来电");
    assert_eq!(drawing_of("", "110"), "110");
    assert!(drawing_of(&"x".repeat(1 << 20), "").chars().count() <= 121);
}

//! What the cluster says: by the labels that a screen reader finds.

use i_slint_backend_testing::{AccessibleRole, ElementQuery};
use tandem_cluster::Leaf;
use tandem_kit::Link;
use tandem_units::{Quality, Value};

use crate::drawing::{Drawing, Heard, Look, drive};

/// Each number with its name.
pub fn numbers(drawing: &Drawing) -> Vec<(String, String)> {
    elements(drawing, AccessibleRole::Text)
        .filter_map(|(label, name)| Some((name.filter(|name| !name.is_empty())?, label)))
        .collect()
}

/// Each word that stands by itself.
pub fn words(drawing: &Drawing) -> Vec<String> {
    elements(drawing, AccessibleRole::Text)
        .filter(|(_, name)| name.as_ref().is_none_or(String::is_empty))
        .map(|(label, _)| label)
        .collect()
}

/// Each lamp that is lit, or of which nobody knows.
pub fn lamps(drawing: &Drawing) -> Vec<String> {
    elements(drawing, AccessibleRole::Image).map(|(label, _)| label).collect()
}

/// Label and description of each element with this role.
fn elements(drawing: &Drawing, role: AccessibleRole) -> impl Iterator<Item = (String, Option<String>)> {
    // The query of the root stands for its descendants already: `match_descendants` would leave out the first level and repeat the deeper ones.
    let found = ElementQuery::from_root(&drawing.window).match_accessible_role(role).find_all();
    found.into_iter().map(|element| {
        let label = element.accessible_label().map(|label| label.to_string()).unwrap_or_default();
        (label, element.accessible_description().map(|name| name.to_string()))
    })
}

fn after(look: Look, heard: impl IntoIterator<Item = Heard>) -> Drawing {
    let mut drawing = Drawing::new(look);
    drawing.hear(drive());
    drawing.hear(heard);
    drawing
}

fn text(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect()
}

#[test]
fn every_number_is_named_in_english() {
    let expected = text(&[
        ("Speed", "72 km/h"),
        ("Power", "18 kW"),
        ("Gear", "D"),
        ("Distance since start", "12.4 km"),
        ("Driving time", "18 min"),
        ("Range", "287 km"),
        ("Charge", "64 %"),
        ("Time", "21:40"),
        ("Outside temperature", "9.0 °C"),
        ("Odometer", "48\u{202f}213 km"),
    ]);
    let drawing = after(Look::NIGHT, []);
    assert_eq!(numbers(&drawing), expected);
    assert_eq!(words(&drawing), ["Since start", "Range"]);
    assert_eq!(lamps(&drawing), ["Position lights", "Low beam"]);
}

#[test]
fn every_number_is_named_in_chinese() {
    let expected = text(&[
        ("车速", "72 km/h"),
        ("功率", "18 kW"),
        ("挡位", "D"),
        ("本次行程里程", "12.4 km"),
        ("行驶时间", "18 分钟"),
        ("续航里程", "287 km"),
        ("电量", "64 %"),
        ("时间", "21:40"),
        ("车外温度", "9.0 °C"),
        ("总里程", "48\u{202f}213 km"),
    ]);
    let drawing = after(Look::CHINESE, [(Leaf::DriverDoor, Quality::Valid, Value::Bool(true))]);
    assert_eq!(numbers(&drawing), expected);
    assert_eq!(words(&drawing), ["本次行程", "续航里程", "驾驶员车门未关"]);
    assert_eq!(lamps(&drawing), ["车门未关", "示廓灯", "近光灯"]);
    drawing.picture("zh");
}

#[test]
fn a_link_that_is_down_is_said_and_every_number_is_a_dash() {
    let sentences = [
        (Link::Silent, "Vehicle service is silent"),
        (Link::NoService, "Vehicle service is not running"),
        (Link::Refused("no".to_owned()), "Vehicle service refuses this screen"),
        (Link::NoBus, "No connection to the vehicle"),
    ];
    let mut drawing = Drawing::new(Look::NIGHT);
    for (link, sentence) in sentences {
        drawing.hear(drive());
        drawing.link(link);
        assert!(words(&drawing).contains(&sentence.to_owned()), "{sentence}");
        assert!(numbers(&drawing).iter().all(|(_, label)| label == "–"), "{:?}", numbers(&drawing));
        let lit = [
            "Parking brake: unknown",
            "Seat belt: unknown",
            "ABS: unknown",
            "Stability control: unknown",
            "Fault of the instruments",
        ];
        assert_eq!(lamps(&drawing), lit);
    }
}

#[test]
fn a_stale_speed_is_said_before_any_other_warning() {
    let stale = (Leaf::Speed, Quality::Stale, Value::Float(71.6));
    let drawing = after(Look::NIGHT, [stale, (Leaf::AbsError, Quality::Valid, Value::Bool(true))]);
    assert!(words(&drawing).contains(&"The car has stopped reporting its speed".to_owned()));
    assert!(numbers(&drawing).contains(&("Speed".to_owned(), "72 km/h, 5 s".to_owned())));
}

#[test]
fn one_reading_that_is_absent_takes_no_other_with_it() {
    let drawing = after(
        Look::NIGHT,
        [(Leaf::Speed, Quality::Absent, Value::Int(0)), (Leaf::Gear, Quality::Invalid, Value::Int(0))],
    );
    let numbers = numbers(&drawing);
    assert_eq!(numbers[0].1, "–");
    assert_eq!(numbers[2].1, "–");
    assert_eq!(numbers.iter().filter(|(_, label)| label == "–").count(), 2);
}

#[test]
fn a_trip_of_an_hour_counts_in_hours() {
    let drawing = after(Look::NIGHT, [(Leaf::TripDuration, Quality::Valid, Value::Float(3_900.0))]);
    assert!(numbers(&drawing).contains(&("Driving time".to_owned(), "1:05 h".to_owned())));
}

//! The speed limit that the car reads off a sign: there while it is valid, and gone with it.

use tandem_cluster::Leaf;
use tandem_contracts::settings::DistanceUnit;
use tandem_kit::{Link, Units};
use tandem_units::{Quality, Value};

use crate::drawing::{Area, Drawing, Heard, Look, drive};
use crate::guidance::guidance;
use crate::pictures::is_lit;
use crate::words::numbers;

const RING: Area = (1184, 256, 72, 110);
const RING_OF_GUIDANCE: Area = (392, 241, 72, 72);

fn limit(quality: Quality, kmh: i64) -> Heard {
    (Leaf::SpeedLimit, quality, Value::Int(kmh))
}

fn said(drawing: &Drawing) -> Option<String> {
    numbers(drawing)
        .into_iter()
        .find(|(name, _)| ["Speed limit", "Tempolimit", "限速"].contains(&name.as_str()))
        .map(|it| it.1)
}

#[test]
fn a_limit_is_a_ring_beside_the_speed_while_it_is_valid() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let without = drawing.pixels();
    assert_eq!((said(&drawing), without.count(RING, is_lit)), (None, 0));
    drawing.hear([limit(Quality::Valid, 70)]);
    assert_eq!(said(&drawing).as_deref(), Some("70 km/h"));
    assert!(drawing.picture("limit").count(RING, is_lit) > 900);
    drawing.hear([limit(Quality::Valid, 120)]);
    assert_eq!(said(&drawing).as_deref(), Some("120 km/h"));
    drawing.picture("limit-three-figures");
    // An old limit is a false one, and what no sign can say is none.
    for gone in
        [limit(Quality::Stale, 120), limit(Quality::Absent, 0), limit(Quality::Invalid, 0), limit(Quality::Valid, 0)]
    {
        drawing.hear([limit(Quality::Valid, 120)]);
        assert!(said(&drawing).is_some());
        drawing.hear([gone.clone()]);
        assert_eq!(said(&drawing), None, "{gone:?}");
        assert!(drawing.pixels() == without, "{gone:?}");
    }
    drawing.hear([limit(Quality::Valid, 120)]);
    drawing.link(Link::Silent);
    assert_eq!(said(&drawing), None);
}

#[test]
fn it_moves_with_the_speed_and_says_what_it_counts_where_the_speed_is_in_miles() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.tell(&guidance());
    drawing.hear(drive().into_iter().chain([limit(Quality::Valid, 50)]));
    let picture = drawing.picture("guidance-limit");
    assert!(picture.count(RING_OF_GUIDANCE, is_lit) > 900 && picture.count(RING, is_lit) == 0);

    let miles = Units { distance: DistanceUnit::Miles, ..Units::METRIC };
    let look = Look(tandem_kit::Look { units: miles, ..Look::NIGHT.0 });
    let drawn = std::thread::spawn(move || {
        let mut drawing = Drawing::new(look);
        drawing.hear(drive().into_iter().chain([limit(Quality::Valid, 50)]));
        drawing.picture("limit-miles");
        (numbers(&drawing)[0].1.clone(), said(&drawing))
    });
    assert_eq!(drawn.join().unwrap(), ("45 mph".to_owned(), Some("50 km/h".to_owned())));
}

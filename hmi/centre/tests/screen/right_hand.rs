//! A car with the driver on the right: what is the driver's stands and is drawn there.

use i_slint_backend_testing::AccessibleRole;
use tandem_centre::Leaf;
use tandem_kit::{Language, Link, Theme, Update};
use tandem_units::{Quality, Value};

use crate::stage::{Stage, instant};

const MIDDLE: f32 = 960.0;

fn sits(stage: &mut Stage, side: &str) {
    stage.hear(61, Quality::Valid, &[(Leaf::DriverPosition, Value::from(side))]);
}

fn driven_from(side: &str, theme: Theme, page: &str) -> Stage {
    let mut stage = Stage::open(theme, Language::English);
    stage.hear(60, Quality::Valid, &instant());
    stage.offer();
    sits(&mut stage, side);
    stage.open_page(page);
    stage
}

/// Whether each of these buttons stands right of the middle.
fn are_right<const N: usize>(stage: &Stage, role: AccessibleRole, labels: [&str; N]) -> [bool; N] {
    labels.map(|label| stage.control(role, label).absolute_position().x > MIDDLE)
}

#[test]
fn the_climate_of_each_seat_stands_on_its_side() {
    let zones = ["Cooler for the driver", "More air for the driver", "Driver warmer", "Cooler for the passenger"];
    for (side, theme, right) in
        [("LEFT", Theme::Night, false), ("RIGHT", Theme::Night, true), ("RIGHT", Theme::Day, true)]
    {
        std::thread::spawn(move || {
            let mut stage = driven_from(side, theme, "Climate");
            let driver = [right, right, right, !right];
            assert_eq!(are_right(&stage, AccessibleRole::Button, zones), driver, "{side}");
            stage.tap(&stage.control(AccessibleRole::Button, "Driver warmer"));
            stage.tap(&stage.control(AccessibleRole::Button, "Cooler for the passenger"));
            let sent: Vec<_> = stage.sent.take().into_iter().map(|(leaf, _)| leaf).collect();
            assert_eq!(sent, [Leaf::DriverTemperature, Leaf::PassengerTemperature], "{side}");
            if right {
                let picture = stage.picture(&format!("right-climate-{}", theme.word()));
                // In a car that falls silent nobody changes places.
                stage.readings.set_link(Link::Silent);
                stage.tell(&Update::Link(Link::Silent));
                assert_eq!(are_right(&stage, AccessibleRole::Button, zones), driver);
                sits(&mut stage, "LEFT");
                stage.hear(61, Quality::Valid, &instant());
                assert!(stage.pixels() != picture);
                assert_eq!(are_right(&stage, AccessibleRole::Button, zones), driver.map(|right| !right));
            }
            stage.tap(&stage.control(AccessibleRole::RadioButton, "Rear"));
            stage.tap(&stage.control(AccessibleRole::Button, "Rear left warmer"));
            assert_eq!(stage.sent.take()[0].0, Leaf::RearDriverTemperature, "again on the left");
        })
        .join()
        .unwrap();
    }
}

#[test]
fn doors_and_windows_are_those_of_their_side() {
    let open = |side: &'static str, doors: &'static [Leaf], name: &'static str| {
        let drawn = std::thread::spawn(move || {
            let mut stage = driven_from(side, Theme::Night, "Vehicle");
            stage.tap(&stage.control(AccessibleRole::Slider, "Front right window"));
            let (leaf, _) = stage.sent.take().remove(0);
            let right = side == "RIGHT";
            assert_eq!(leaf, if right { Leaf::DriverWindow } else { Leaf::PassengerWindow });
            let is_open: Vec<_> = doors.iter().map(|leaf| (*leaf, Value::Bool(true))).collect();
            stage.hear(61, Quality::Valid, &is_open);
            if doors == [Leaf::RearDriverSideDoor] {
                assert!(stage.says(if right { "Rear right door open" } else { "Rear left door open" }));
            }
            if right { stage.picture(name) } else { stage.pixels() }
        });
        drawn.join().unwrap()
    };
    // One drawing, whoever opens it: only the words differ, and which window is whose.
    let own = open("RIGHT", &[Leaf::DriverDoor, Leaf::RearDriverSideDoor], "right-vehicle");
    let others = open("LEFT", &[Leaf::PassengerDoor, Leaf::RearPassengerSideDoor], "");
    let car = |picture: &[u8]| {
        let rows =
            (0..320).flat_map(|row| picture[((row + 72) * 1920 + 620) * 3..((row + 72) * 1920 + 860) * 3].to_vec());
        rows.collect::<Vec<_>>()
    };
    assert!(own != others && car(&own) == car(&others));
    open("RIGHT", &[Leaf::RearDriverSideDoor], "right-vehicle-rear");
    open("LEFT", &[Leaf::RearDriverSideDoor], "");
}

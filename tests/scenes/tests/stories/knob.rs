//! The car's knob is turned and pressed, and somebody who never touches a screen has it warmer.

use tandem_contracts::screen::CENTRE;
use tandem_scenes::{Bus, Tandem, within};
use tandem_units::Quality;

const DRIVER: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";
const KNOB: &str = "REL_DIAL";
/// Through the middle of the dock's buttons, where the left edge of the ring crosses it.
const MIDDLE: usize = 1016;
const WARMER: usize = 248;
const RING: [u8; 3] = [0x6F, 0xD3, 0xE3];
/// A step that leads to no button of the dock shows in none of so many pictures.
const LOOKS: usize = 10;

/// Where in the dock the ring begins.
async fn ring(bus: &Bus) -> Option<usize> {
    let pixels = bus.capture(CENTRE).await.1;
    (0..pixels.width).find(|x| pixels.at(*x, MIDDLE) == RING)
}

/// Where it begins after it has been somewhere else.
async fn moved(bus: &Bus, from: Option<usize>) -> Option<usize> {
    for _ in 0..LOOKS {
        let at = ring(bus).await;
        if at != from {
            return at;
        }
    }
    from
}

#[tokio::test]
async fn whoever_turns_and_presses_the_knob_has_it_warmer() {
    let mut tandem = Tandem::sim(&["--no-media"]);
    let bus = tandem.bus().await;
    within("the car's own temperature", async { while bus.reading(DRIVER).await.0 != Quality::Valid {} }).await;
    let knob = bus.simulator().await;
    let turns = async {
        let mut at = None;
        while at != Some(WARMER) {
            // A screen that has just come up does not hear the first steps.
            knob.turn_knob(KNOB.to_owned(), 1).await.unwrap();
            at = moved(&bus, at).await;
            if at == Some(WARMER) {
                // Steps that are on their way would lead away from it.
                at = moved(&bus, at).await;
            }
        }
    };
    within("the ring on the plus", turns).await;
    let before = bus.number(DRIVER).await;
    knob.press_key("KEY_ENTER".to_owned(), 100).await.unwrap();
    within("half a degree more", async { while bus.number(DRIVER).await != before + 0.5 {} }).await;
}

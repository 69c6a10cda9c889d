//! Boots the image that a car would have, and tells what somebody in that car sees, hears and does. A start takes half a minute, so a story is told of each start.

#![cfg(test)]

#[allow(dead_code)]
#[path = "../../../../hmi/cluster/tests/screen/drawing.rs"]
mod drawing;
mod driving;
#[allow(dead_code)]
#[path = "../../../../phone-link/link/tests/kdeconnectd/stage.rs"]
mod far;
mod health;
mod language;
mod machine;
mod numbers;
mod phone;
mod sound;
mod stick;

use tandem_machine::Can;

use crate::driving::{DRIVER, SPEED, STEADY};
use crate::far::{Far, Peer, is_alone};
use crate::machine::{Car, Journey};

#[test]
fn a_car_that_drives_on_real_can_shows_its_speed_feels_a_finger_and_is_well() {
    let journey = Journey { scenario: STEADY, can: Can::Kvaser, listens: &[SPEED, DRIVER], cable: None };
    let Some(mut car) = Car::start(&journey) else { return };
    driving::it_is_somebody_elses_on_real_can(&mut car);
    driving::the_cluster_shows_its_speed(&mut car);
    driving::a_finger_warms_the_driver(&mut car);
    health::all_is_well(&mut car);
    health::nothing_was_started_again(&mut car);
    car.stop();
}

#[test]
fn a_stick_in_a_car_that_stands_is_read_and_heard_until_it_is_pulled() {
    let journey = Journey { scenario: "parked", can: Can::Virtual, listens: &[], cable: None };
    let Some(mut car) = Car::start(&journey) else { return };
    let folder = tempfile::tempdir().unwrap();
    stick::plays_until_it_is_pulled(&mut car, &stick::make(folder.path()));
    stick::was_heard(&car.stop());
}

#[test]
fn a_car_that_stands_on_virtual_buses_speaks_three_languages_and_takes_a_song_from_a_phone_and_gives_it_back() {
    let test =
        "a_car_that_stands_on_virtual_buses_speaks_three_languages_and_takes_a_song_from_a_phone_and_gives_it_back";
    if machine::provided("TANDEM_IMAGE").is_none() {
        return tandem_scenes::skip_even_in_ci("no image of a car; `cargo xtask test --vm` makes one");
    }
    if !is_alone(test, Peer::Own) {
        return;
    }
    let far = Far::bare();
    let journey = Journey { scenario: "parked", can: Can::Virtual, listens: &[], cable: Some(phone::CABLE) };
    let Some(mut car) = Car::start(&journey) else { return };
    language::follows_what_is_set(&mut car);
    phone::hands_a_song_over_and_has_it_back(&mut car, &far);
    health::all_is_well(&mut car);
    health::nothing_was_started_again(&mut car);
    car.stop();
}

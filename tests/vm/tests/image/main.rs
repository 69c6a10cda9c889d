//! Boots the image that a car would have, and tells what somebody in that car sees, hears and does, and what becomes of it when something is taken away: the power, the
//! processor's time, a bus, the clock, the disk. A start takes half a minute, so a story is told of each start.

#![cfg(test)]

mod car;
#[allow(dead_code)]
#[path = "../../../../hmi/cluster/tests/screen/drawing.rs"]
mod drawing;
mod driving;
#[allow(dead_code)]
#[path = "../../../../phone-link/link/tests/kdeconnectd/stage.rs"]
mod far;
mod faults {
    mod bus;
    mod clock;
    mod disk;
    mod hang;
    mod power;
}
mod health;
mod language;
mod numbers;
mod phone;
mod sound;
mod stick;

use crate::car::{Car, Journey};
use crate::driving::{DRIVER, SPEED};
use crate::far::{Far, Peer, is_alone};

#[test]
fn a_car_that_drives_on_real_can_shows_its_speed_feels_a_finger_and_is_well() {
    let Some(mut car) = Car::up(&Journey { listens: &[SPEED, DRIVER], ..Journey::DRIVES }) else { return };
    driving::it_is_somebody_elses_on_real_can(&mut car);
    driving::the_cluster_shows_its_speed(&mut car);
    driving::a_finger_warms_the_driver(&mut car);
    health::all_is_well(&mut car);
    health::nothing_was_started_again(&mut car);
    car.stops();
}

#[test]
fn a_stick_in_a_car_that_stands_is_read_and_heard_until_it_is_pulled() {
    let Some(mut car) = Car::up(&Journey { is_heard: true, ..Journey::STANDS }) else { return };
    let folder = tempfile::tempdir().unwrap();
    stick::plays_until_it_is_pulled(&mut car, &stick::make(folder.path()));
    stick::was_heard(&car.stops_and_was_heard());
}

#[test]
fn a_car_that_stands_speaks_three_languages_and_takes_a_song_from_a_phone_and_gives_it_back() {
    let test = "a_car_that_stands_speaks_three_languages_and_takes_a_song_from_a_phone_and_gives_it_back";
    if car::provided().is_none() || !is_alone(test, Peer::Own) {
        return;
    }
    let far = Far::bare();
    let Some(mut car) = Car::up(&Journey { cable: Some(phone::CABLE), ..Journey::STANDS }) else { return };
    language::follows_what_is_set(&mut car);
    phone::hands_a_song_over_and_has_it_back(&mut car, &far);
    health::all_is_well(&mut car);
    health::nothing_was_started_again(&mut car);
    car.stops();
}

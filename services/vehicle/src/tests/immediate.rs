//! Signals marked immediate, between the ticks.

use super::*;

/// Time, sequence and speed of each batch.
fn told(effects: &[Effect]) -> Vec<(u64, u64, Option<f64>)> {
    let speed = |batch: &Batch| batch.changes.iter().find(|(handle, _)| *handle == 0)?.1.value.as_ref()?.as_f64();
    batches(effects).into_iter().map(|batch| (batch.now.as_millis(), batch.sequence, speed(batch))).collect()
}

fn speed(kmh: u16) -> [u8; 2] {
    (kmh * 100).to_le_bytes()
}

#[test]
fn an_immediate_signal_is_told_with_its_frame_and_not_again_at_the_tick() {
    let mut car = Bench::immediate();
    car.subscribes(&[SPEED, TEMPERATURE], LOCKSTEP);
    assert_eq!(told(&car.hears(801, &[40, 0], 3)), [], "the temperature waits");
    assert_eq!(told(&car.hears(100, &speed(30), 5)), [(5, 2, Some(30.0))]);
    assert_eq!(told(&car.hears(100, &speed(30), 9)), [], "the same again is no news");
    assert_eq!(told(&car.hears(100, &speed(31), 9)), [(9, 3, Some(31.0))]);
    let effects = car.advances(20);
    assert_eq!(told(&effects), [(20, 4, None)]);
    assert_eq!(batches(&effects)[0].changes.len(), 1, "the temperature alone");
}

#[test]
fn whoever_did_not_ask_for_it_hears_nothing() {
    let mut car = Bench::immediate();
    car.subscribes(&[TEMPERATURE], 2);
    car.advances(0);
    assert_eq!(told(&car.hears(100, &speed(30), 5)), []);
}

#[test]
fn a_full_window_keeps_an_immediate_signal_for_the_first_tick_with_room() {
    let mut car = Bench::immediate();
    let id = car.subscribes(&[SPEED], 2);
    car.advances(0);
    assert_eq!(told(&car.hears(100, &speed(1), 1)), [(1, 2, Some(1.0))]);
    assert_eq!(told(&car.hears(100, &speed(2), 2)), []);
    car.0.acknowledge(":1.5", id, 2);
    assert_eq!(told(&car.advances(20)), [(20, 3, Some(2.0))], "the latest, and no number left out");
    car.0.acknowledge(":1.5", id, 3);
    assert_eq!(told(&car.hears(100, &speed(3), 21)), [(21, 4, Some(3.0))]);
}

#[test]
fn an_immediate_signal_keeps_the_interval_that_a_client_asks_for() {
    let mut car = Bench::immediate();
    car.0.subscribe(":1.5", &[SPEED.to_owned()], Nanoseconds::from_millis(30), 8).unwrap();
    assert_eq!(told(&car.hears(100, &speed(1), 5)), []);
    assert_eq!(told(&car.hears(100, &speed(2), 31)), [(31, 2, Some(2.0))]);
    assert_eq!(told(&car.advances(60)), []);
}

#[test]
fn time_in_batches_does_not_go_back_when_frames_of_two_buses_cross() {
    let mut car = Bench::immediate();
    car.subscribes(&[SPEED], LOCKSTEP);
    car.advances(0);
    assert_eq!(told(&car.hears(100, &speed(1), 9)), [(9, 2, Some(1.0))]);
    assert_eq!(told(&car.hears(100, &speed(2), 7)), [(9, 3, Some(2.0))]);
    car.0.disconnect();
    car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
    car.advances(19);
    assert_eq!(car.0.generation(), 7, "a car that comes back in the same tick has the clock that it had");
}

#[test]
fn what_an_interval_held_back_comes_at_a_tick_or_with_a_frame_before_it() {
    let mut car = Bench::immediate_and("interval_ms = 60");
    car.subscribes(&[SPEED], LOCKSTEP);
    assert_eq!(told(&car.hears(100, &speed(1), 5)), [(5, 2, Some(1.0))]);
    assert_eq!(told(&car.hears(100, &speed(2), 9)), []);
    assert_eq!(told(&car.advances(60)), []);
    assert_eq!(told(&car.advances(80)), [(80, 3, Some(2.0))]);
    assert_eq!(told(&car.hears(100, &speed(3), 85)), []);
    assert_eq!(told(&car.hears(100, &speed(4), 126)), [(126, 4, Some(3.0))]);
}

#[test]
fn every_frame_of_an_immediate_signal_is_a_batch_if_each_is_news() {
    let mut car = Bench::immediate_and("on_change = false");
    car.subscribes(&[SPEED], LOCKSTEP);
    assert_eq!(told(&car.hears(100, &speed(1), 5)), [(5, 2, Some(1.0))]);
    assert_eq!(told(&car.hears(100, &speed(1), 9)), [(9, 3, Some(1.0))]);
    assert_eq!(told(&car.advances(20)), []);
}

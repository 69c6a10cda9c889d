use super::body::Change;
use super::*;
use crate::setting::Setting;
use crate::tests::scenario;

/// As much as can be seen of a car from outside.
fn seen(car: &Car) -> [f64; 8] {
    let (latitude, longitude) = car.place.received();
    [
        car.motion.speed,
        car.motion.motor_power(),
        car.battery.charge(),
        car.battery.range(),
        car.air.cabin,
        car.air.tyres[3].pressure(),
        latitude,
        longitude,
    ]
}

fn after(seconds: u64, seed: Option<u64>) -> Car {
    let mut car = Car::new(scenario(), seed);
    (0..seconds * 100).for_each(|_| car.step());
    car
}

#[test]
fn a_drive_is_the_same_every_time_and_another_with_another_seed() {
    let car = after(120, None);
    assert_eq!(seen(&car), seen(&after(120, None)));
    assert_eq!(seen(&car), seen(&after(120, Some(scenario().seed))));
    let other = after(120, Some(1));
    assert_ne!(car.place.received(), other.place.received());
    assert_ne!(car.motion.speed, other.motion.speed);
    assert_ne!(car.air.tyres, other.air.tyres);
}

#[test]
fn fifteen_seconds_into_the_city_is_the_instant_of_the_pictures() {
    for tenth in 0..40 {
        let mut car = after(12, None);
        (0..tenth * 10).for_each(|_| car.step());
        let kmh = car.motion.speed * 3.6;
        assert_eq!((kmh.ceil(), kmh.round()), (72.0, 72.0), "{kmh}");
        assert_eq!((car.clock() / 60, car.air.outside.round()), (21 * 60 + 40, 9.0));
        assert_eq!((car.battery.charge() * 100.0).floor(), 64.0);
        assert_eq!(((car.battery.range() / 1000.0).floor(), (car.battery.range() / 1000.0).round()), (287.0, 287.0));
        assert_eq!((car.body.gear, car.body.power, car.body.low_beam), (Gear::D, Power::On, true));
    }
}

#[test]
fn it_drives_sensibly_for_six_hours() {
    let mut car = Car::new(scenario(), None);
    let start = car.place.received();
    let (mut top_speed, mut trip_starts): (f64, u32) = (0.0, 0);
    for step in 0..6 * 360_000 {
        let (trip, before) = (car.trip.1, car.motion.acceleration);
        car.step();
        let motion = &car.motion;
        top_speed = top_speed.max(motion.speed * 3.6);
        assert!((-3.2..=2.8).contains(&motion.acceleration), "step {step}: {motion:?}");
        let stops = motion.speed == 0.0;
        let jerk = (motion.acceleration - before) / STEP_SECONDS;
        assert!(jerk.abs() < 3.0 || stops, "step {step}: {jerk} m/s3");
        assert!((-60_001.0..=150_001.0).contains(&motion.motor_power()), "step {step}: {motion:?}");
        assert!((0.40..0.95).contains(&car.battery.charge()), "step {step}: {}", car.battery.charge());
        assert!((0.0..=100.0).contains(&car.brake_pedal) && (0.0..360.0).contains(&car.place.heading));
        assert!(car.body.drives() || stops, "step {step} moves, but {:?}", car.body);
        trip_starts += u32::from(car.trip.1 < trip);
    }
    assert!((79.0..81.0).contains(&top_speed), "{top_speed}");
    assert!((40..60).contains(&trip_starts), "{trip_starts} trips");
    assert!((150.0..250.0).contains(&(car.odometer / 1000.0 - 12480.6)), "{}", car.odometer);
    let (latitude, longitude) = car.place.received();
    assert!((latitude - start.0).abs() < 1.0 && (longitude - start.1).abs() < 1.0);
    assert!((6.0..10.0).contains(&car.air.outside) && (15.0..22.0).contains(&car.air.cabin));
    assert!(car.air.tyres.iter().all(|tyre| (240.0..275.0).contains(&tyre.pressure())));
    assert_eq!(car.clock() / 60, (21 * 60 + 40 + 6 * 60) % 1440);
}

#[test]
fn charge_falls_with_work_and_rises_with_regeneration_and_at_the_charger() {
    let mut car = Car::new(scenario(), None);
    let (mut worked, mut regained, mut charged) = (0, 0, 0);
    for _ in 0..45_000 {
        let charge = car.battery.charge();
        car.step();
        let gained = car.battery.charge() - charge;
        match (car.body.charging, car.motion.motor_power()) {
            (true, _) => {
                assert!(gained > 0.0);
                charged += 1;
            }
            (false, power) if power >= 0.0 => {
                assert!(gained < 0.0);
                worked += 1;
            }
            (false, power) if power < -5_000.0 => {
                assert!(gained > 0.0);
                regained += 1;
            }
            _ => {}
        }
    }
    assert!(worked > 10_000 && regained > 1_000 && charged > 5_000, "{worked} {regained} {charged}");
}

#[test]
fn a_scenario_that_ends_leaves_the_car_standing_where_it_is() {
    let mut once = scenario();
    once.repeat = false;
    once.steps.truncate(2);
    let mut car = Car::new(once, None);
    (0..6_000).for_each(|_| car.step());
    assert_eq!((car.doing(), car.stands(), car.holds()), (None, true, true));
    let place = (car.odometer, car.place.heading);
    (0..1_000).for_each(|_| car.step());
    assert_eq!((car.odometer, car.place.heading), place);
}

#[test]
fn an_empty_battery_drives_nobody() {
    let mut poor = scenario();
    poor.start.charge_percent = 1.0;
    poor.steps.truncate(2);
    poor.steps[1].end = crate::scenario::End::After(5000.0);
    let mut car = Car::new(poor, None);
    (0..500_000).for_each(|_| car.step());
    assert_eq!((car.battery.charge(), car.stands()), (0.0, true));
}

#[test]
fn a_change_leaves_alone_what_it_does_not_name() {
    let mut body = Body { trunk: true, ..Body::default() };
    body.apply(&Change { high_beam: Some(true), ..Change::default() });
    assert_eq!(body, Body { trunk: true, high_beam: true, ..Body::default() });
    assert!(body.any_door());
}

/// A car that stands switched on in this gear, by hand, and goes on for so many seconds.
fn by_hand(settings: &[(&str, &str)]) -> Car {
    let mut car = after(2, None);
    car.take_over();
    go(&mut car, 60.0);
    assert!(car.stands(), "with no foot on a pedal it comes to rest");
    for (key, value) in settings {
        car.set(&Setting::parse(key, value).unwrap()).unwrap();
    }
    car
}

fn go(car: &mut Car, seconds: f64) {
    (0..(seconds * 100.0) as u64).for_each(|_| car.step());
}

#[test]
fn a_pedal_drives_the_car_for_as_long_as_it_is_held() {
    let mut car = by_hand(&[("power", "ON"), ("gear", "D"), ("parking_brake", "false")]);
    assert_eq!((car.doing(), car.scenario().is_none()), (None, true));
    car.press(50.0, 0.0, 2_000_000_000);
    go(&mut car, 2.0);
    let fast = car.motion.speed;
    assert!((2.0..5.0).contains(&fast), "{fast}");
    go(&mut car, 0.5);
    assert!(car.motion.speed < fast, "the foot is off the pedal");
    car.press(100.0, 100.0, 10_000_000_000);
    go(&mut car, 3.0);
    assert!(car.stands(), "the brake counts first");
    car.press(100.0, 0.0, 60_000_000_000);
    go(&mut car, 60.0);
    assert!((158.0..161.0).contains(&(car.motion.speed * 3.6)), "{}", car.motion.speed * 3.6);
}

#[test]
fn a_car_that_cannot_drive_stays_where_it_is() {
    for settings in [
        [("power", "ON"), ("gear", "D"), ("parking_brake", "true")],
        [("power", "ON"), ("gear", "N"), ("parking_brake", "false")],
        [("power", "OFF"), ("gear", "D"), ("parking_brake", "false")],
    ] {
        let mut car = by_hand(&settings);
        car.press(100.0, 0.0, 5_000_000_000);
        go(&mut car, 5.0);
        assert!(car.stands(), "{settings:?}");
    }
    let mut car = by_hand(&[("power", "ON"), ("gear", "R"), ("parking_brake", "false")]);
    let from = car.odometer;
    car.press(100.0, 0.0, 20_000_000_000);
    go(&mut car, 20.0);
    assert!((28.0..31.0).contains(&(car.motion.speed * 3.6)) && car.odometer > from);
}

#[test]
fn what_the_drive_hangs_on_changes_only_at_rest_and_the_weather_at_any_time() {
    let mut car = by_hand(&[("power", "ON"), ("gear", "D"), ("parking_brake", "false")]);
    car.press(50.0, 0.0, 3_000_000_000);
    go(&mut car, 3.0);
    let mut set = |key: &str, value: &str| car.set(&Setting::parse(key, value).unwrap());
    for (key, value) in [("gear", "R"), ("gear", "P"), ("power", "OFF"), ("parking_brake", "true"), ("plugged", "true")]
    {
        assert_eq!(set(key, value), Err(Moves), "{key}");
    }
    for (key, value) in [("gear", "N"), ("gear", "D"), ("driver_door", "true"), ("outside_celsius", "31.5")] {
        assert_eq!(set(key, value), Ok(()), "{key}");
    }
    go(&mut car, 0.1);
    assert!(car.body.driver_door && (car.air.outside - 31.5).abs() < 0.01, "{}", car.air.outside);
    assert!(after(2, None).scenario().is_some());
}

#[test]
fn a_scenario_that_is_begun_starts_as_it_says_and_the_odometer_goes_on() {
    let mut car = after(60, None);
    let (driven, wait) = (car.odometer, after(1, None));
    let again = Scenario { name: "again".to_owned(), ..scenario() };
    car.begin(again);
    car.step();
    assert_eq!((car.clock(), car.odometer >= driven), (scenario().start.clock.minute_of_day as u64 * 60, true));
    assert_eq!(car.scenario().unwrap().name, "again");
    go(&mut car, 0.99);
    assert_eq!((car.motion.speed, car.doing()), (wait.motion.speed, wait.doing()));
}

#[test]
fn a_seed_of_the_command_line_holds_for_every_scenario_that_is_begun() {
    let mut car = after(1, Some(77));
    car.begin(scenario());
    go(&mut car, 120.0);
    assert_eq!(seen(&car), seen(&after(120, Some(77))));
    assert_ne!(seen(&car), seen(&after(120, None)));
}

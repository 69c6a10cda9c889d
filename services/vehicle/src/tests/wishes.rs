//! What is asked of the car, by whom, what goes out, and what became of it.

use tandem_can::{BusState, Errno, News};
use tandem_contracts::actuation::RequestState;

use super::*;
use crate::actuation::Wish;

pub(super) const HORN: &str = "Vehicle.Body.Horn.IsActive";
pub(super) const FAN: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";
pub(super) const FLAP: &str = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsFlapOpen";

pub(super) const WISH_DBC: &str = r#"
BO_ 100 Motion: 2 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|655] "km/h" X

BO_ 102 Power: 2 X
 SG_ Mode : 0|8@1+ (1,0) [0|4] "" X
 SG_ Gear : 8|8@1+ (1,0) [0|3] "" X

BO_ 800 ClimateCommand: 2 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Fan : 8|8@1+ (1,0) [0|255] "%" X

BO_ 801 ClimateStatus: 3 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Answer : 8|8@1+ (1,0) [0|2] "" X
 SG_ Fan : 16|8@1+ (1,0) [0|255] "%" X

BO_ 810 HornCommand: 1 X
 SG_ Horn : 0|2@1+ (1,0) [0|2] "" X

BO_ 811 BodyStatus: 2 X
 SG_ Horn : 0|2@1+ (1,0) [0|1] "" X
 SG_ Flap : 8|2@1+ (1,0) [0|1] "" X

BO_ 812 FlapCommand: 1 X
 SG_ Flap : 0|2@1+ (1,0) [0|2] "" X

BA_DEF_ SG_ "GenSigStartValue" FLOAT 0 255;
BA_DEF_DEF_ "GenSigStartValue" 0;
BA_ "GenSigStartValue" SG_ 800 Temperature 255;
BA_ "GenSigStartValue" SG_ 800 Fan 255;
"#;

pub(super) const WISH_CAR: &str = r#"
name = "Test"
description = "A car that is asked for things."
[buses.can1]
dbc = "test.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Speed"
bus = "can1"
message = "Motion"
signal = "Speed"
stale_after_ms = 10_000
[[signals]]
leaf = "Vehicle.LowVoltageSystemState"
bus = "can1"
message = "Power"
signal = "Mode"
stale_after_ms = 10_000
values = { 0 = "LOCK", 3 = "ON" }
[[signals]]
leaf = "Vehicle.Powertrain.Transmission.SelectedGear"
bus = "can1"
message = "Power"
signal = "Gear"
stale_after_ms = 10_000
values = { 0 = 126, 3 = 127 }
[[signals]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
bus = "can1"
message = "ClimateStatus"
signal = "Temperature"
cycle_ms = 100
[[signals]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
bus = "can1"
message = "ClimateStatus"
signal = "Fan"
cycle_ms = 100
[[signals]]
leaf = "Vehicle.Body.Horn.IsActive"
bus = "can1"
message = "BodyStatus"
signal = "Horn"
cycle_ms = 100
values = { 0 = false, 1 = true }
[[signals]]
leaf = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsFlapOpen"
bus = "can1"
message = "BodyStatus"
signal = "Flap"
cycle_ms = 100
values = { 0 = false, 1 = true }

[[actuators]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
bus = "can1"
message = "ClimateCommand"
signal = "Temperature"
min = 16.0
max = 28.0
step = 0.5
refusal = { message = "ClimateStatus", signal = "Answer", equals = 2 }
answer_within_ms = 1000
[[actuators]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
bus = "can1"
message = "ClimateCommand"
signal = "Fan"
min = 0
max = 100
step = 5
answer_within_ms = 1000
[[actuators]]
leaf = "Vehicle.Body.Horn.IsActive"
bus = "can1"
message = "HornCommand"
signal = "Horn"
values = { 1 = true, 2 = false }
answer_within_ms = 500
hold_ms = 1000
[[actuators]]
leaf = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsFlapOpen"
bus = "can1"
message = "FlapCommand"
signal = "Flap"
values = { 1 = true, 2 = false }
answer_within_ms = 1000

[[transmit]]
bus = "can1"
message = "ClimateCommand"
signals = { Temperature = { min = 16.0, max = 28.0 }, Fan = { min = 0, max = 100 } }
min_period_ms = 100
[[transmit]]
bus = "can1"
message = "HornCommand"
signals = { Horn = { min = 1, max = 2 } }
min_period_ms = 100
cycle_ms = 200
power = "any"
[[transmit]]
bus = "can1"
message = "FlapCommand"
signals = { Flap = { min = 1, max = 2 } }
min_period_ms = 100
driving = "parked"
"#;

pub(super) const ME: &str = ":1.5";
pub(super) const OTHER: &str = ":1.6";

/// A car that is on, in gear P and stands, and has told so for a second and a half.
pub(super) fn parked() -> Bench {
    parked_as(WISH_DBC, WISH_CAR)
}

/// The same of another car.
pub(super) fn parked_as(dbc: &str, car: &str) -> Bench {
    let mut car = Bench::bound(dbc, car);
    for ms in (0..=1500).step_by(100) {
        car.hears(100, &[0, 0], ms);
        car.hears(102, &[3, 0], ms);
        car.hears(801, &[42, 0, 30], ms);
        car.hears(811, &[0, 0], ms);
    }
    car.advances(1500);
    car
}

impl Bench {
    pub(super) fn asks(
        &mut self,
        client: &str,
        path: &str,
        value: impl Into<Value>,
    ) -> Result<(u64, Vec<Effect>), ActuateError> {
        self.0.wish(client, path, value.into())
    }
}

/// The frames that went out, `id data`, and what was told of wishes, `id state reason`, in their order.
pub(super) fn said(effects: &[Effect]) -> Vec<String> {
    let told = |wish: &Wish| format!("{} {} {}", wish.id, wish.state, wish.reason).trim_end().to_owned();
    let one = |effect: &Effect| match effect {
        Effect::Send(frame) => Some(format!("{frame:?}").split(" at ").next().unwrap().replace("bus 1 ", "")),
        Effect::Told(wish) => Some(told(wish)),
        _ => None,
    };
    effects.iter().filter_map(one).collect()
}

#[test]
fn only_the_cars_echo_confirms_a_wish() {
    let mut car = parked();
    let (id, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    assert_eq!((id, said(&effects)), (1, vec!["1 pending".to_owned(), "320#2CFF".to_owned()]));
    assert_eq!(car.0.reading(TEMPERATURE).unwrap().value.unwrap().as_f64(), Some(21.0), "nothing moves yet");
    assert!(said(&car.hears(801, &[42, 0, 30], 1700)).is_empty());
    assert_eq!(said(&car.hears(801, &[44, 1, 30], 1800)), Vec::<String>::new());
    assert_eq!(said(&car.advances(1900)), ["1 confirmed"]);
    let states: Vec<_> = car.0.actuation().unwrap().wishes().map(|wish| wish.state).collect();
    assert_eq!(states, [RequestState::Confirmed]);
}

#[test]
fn a_refusal_counts_only_if_it_is_new() {
    let mut car = parked();
    car.hears(801, &[42, 2, 30], 1600);
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    car.hears(801, &[42, 2, 30], 1700);
    assert!(said(&car.advances(1700)).is_empty(), "that is the no to an earlier wish");
    car.hears(801, &[42, 0, 30], 1800);
    car.advances(1800);
    car.hears(801, &[42, 2, 30], 1900);
    assert_eq!(said(&car.advances(1900)), ["1 refused The car said no."]);
}

#[test]
fn silence_another_value_and_a_newer_wish_let_a_wish_lapse() {
    let mut car = parked();
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    car.advances(1700);
    let (id, effects) = car.asks(ME, TEMPERATURE, 23.0).unwrap();
    assert_eq!(id, 2);
    assert_eq!(said(&effects), ["1 lapsed A newer wish took its place.", "2 pending", "320#2EFF"]);
    assert!(said(&car.advances(2700)).is_empty());
    assert_eq!(said(&car.advances(2720)), ["2 lapsed The car did not answer."]);
    car.asks(ME, TEMPERATURE, 24.0).unwrap();
    car.hears(801, &[50, 0, 30], 3600);
    assert_eq!(said(&car.advances(3760)), ["3 lapsed The car reports 25 instead."]);
}

#[test]
fn what_this_car_cannot_be_asked_for_is_not_sent() {
    let mut car = parked();
    for celsius in [15.5, 28.5, 21.3, f64::NAN, f64::INFINITY] {
        let refusal = car.asks(ME, TEMPERATURE, celsius).unwrap_err();
        assert!(matches!(refusal, ActuateError::OutOfRange(_)), "{celsius}: {refusal}");
    }
    assert!(matches!(car.asks(ME, HORN, "loud"), Err(ActuateError::OutOfRange(_))));
    assert!(matches!(car.asks(ME, TEMPERATURE, true), Err(ActuateError::OutOfRange(_))));
    let refusal = car.asks(ME, "Vehicle.Body.Horn.IsActiv", true).unwrap_err();
    assert!(
        matches!(&refusal, ActuateError::Unsupported(why) if why.ends_with("did you mean `Vehicle.Body.Horn.IsActive`?"))
    );
    assert!(matches!(car.asks(ME, SPEED, 200.0), Err(ActuateError::Unsupported(_))));
    let mut why = |path: &str, value: Value| match car.asks(ME, path, value).unwrap_err() {
        ActuateError::OutOfRange(why) | ActuateError::Unsupported(why) => why.replace(TEMPERATURE, "it"),
        other => panic!("{other}"),
    };
    assert_eq!(why(TEMPERATURE, f64::NAN.into()), "it: not a number");
    let infinite = why(TEMPERATURE, f64::NEG_INFINITY.into());
    let many = why(TEMPERATURE, 1e308.into());
    assert_eq!(many, "it: 1e308 Celsius cannot be asked for: 16 to 28 in steps of 0.5");
    assert_eq!(infinite, "it: minus infinity Celsius cannot be asked for: 16 to 28 in steps of 0.5");
    assert_eq!(why("No\u{202e}where\n", true.into()), r"this car cannot be asked for `No\u{202e}where\n`");
    let effects = car.0.disconnect();
    assert!(said(&effects).is_empty());
    assert!(matches!(car.asks(ME, TEMPERATURE, 20.0), Err(ActuateError::NotAvailable(_))));
    assert_eq!(car.0.store().statistics().buses[0].sent, 0);
    assert_eq!(car.0.actuation().unwrap().wishes().count(), 0, "no wish was left behind");
}

#[test]
fn a_wish_without_its_bus_or_without_a_way_out_leaves_nothing_behind() {
    let mut car = parked();
    car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into()] });
    assert!(matches!(car.asks(ME, TEMPERATURE, 20.0), Err(ActuateError::NotAvailable(_))));
    assert!(said(&car.advances(4000)).is_empty());

    let profile = Profile::parse("car.toml", WISH_CAR, Catalogue::ours()).unwrap();
    let database = Database::parse(WISH_DBC.as_bytes()).unwrap();
    let listened = Car::bind("car.toml", profile, vec![database], Catalogue::ours()).unwrap();
    let mut car = Bench(Core::new(listened, None, 7));
    car.0.connect(&Hello { pace: Pace::Lockstep, interfaces: vec!["can1".into()] });
    assert!(
        matches!(car.asks(ME, TEMPERATURE, 20.0), Err(ActuateError::NotAvailable(why)) if why.contains("listened"))
    );
    assert!(car.0.actuation().is_none() && car.0.stop().is_empty() && car.0.is_quiet());
}

#[test]
fn the_pace_is_kept_and_the_newest_wish_waits_for_it() {
    let mut car = parked();
    assert_eq!(said(&car.asks(ME, TEMPERATURE, 20.0).unwrap().1), ["1 pending", "320#28FF"]);
    for (id, celsius) in [(2, 20.5), (3, 21.0), (4, 21.5)] {
        let (got, effects) = car.asks(ME, TEMPERATURE, celsius).unwrap();
        let before = format!("{} lapsed A newer wish took its place.", id - 1);
        assert_eq!((got, said(&effects)), (id, vec![before, format!("{id} pending")]), "it waits");
    }
    assert_eq!(said(&car.asks(OTHER, FAN, 50.0).unwrap().1), ["5 pending"], "by the same message");
    assert_eq!(said(&car.advances(1580)), Vec::<String>::new());
    assert_eq!(said(&car.advances(1600)), ["320#2B32"], "both in one frame, the newest of each");
    assert_eq!(car.0.store().statistics().buses[0].sent, 2);
}

#[test]
fn one_client_holds_an_actuator_until_the_car_has_answered() {
    let mut car = parked();
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let held = car.asks(OTHER, TEMPERATURE, 23.0).unwrap_err();
    assert_eq!(held, ActuateError::Held(format!("{TEMPERATURE} is held by {ME}")));
    assert!(matches!(car.0.release(OTHER, TEMPERATURE), Err(ActuateError::Held(_))));
    let list = car.0.actuation().unwrap().list(car.0.store().car());
    let holders: Vec<_> = list.iter().filter(|one| !one.holder.is_empty()).map(|one| one.path.as_str()).collect();
    assert_eq!(holders, [TEMPERATURE]);
    assert!(car.asks(OTHER, FAN, 50.0).is_ok(), "another actuator");
    car.hears(801, &[44, 0, 30], 1600);
    assert_eq!(said(&car.advances(1600)), ["1 confirmed", "320#FF32"]);
    assert!(car.asks(OTHER, TEMPERATURE, 23.0).is_ok());
    assert_eq!(said(&car.0.release(OTHER, TEMPERATURE).unwrap()), ["3 lapsed It was given up."]);
    assert!(car.asks(ME, TEMPERATURE, 24.0).is_ok());
}

#[test]
fn a_horn_is_kept_sounding_for_so_long_and_then_let_go() {
    let mut car = parked();
    assert_eq!(said(&car.asks(ME, HORN, true).unwrap().1), ["1 pending", "32A#01"]);
    car.hears(811, &[1, 0], 1600);
    assert_eq!(said(&car.advances(1600)), ["1 confirmed"]);
    assert_eq!(said(&car.advances(2480)), ["32A#01"; 4], "every 200 ms");
    assert!(matches!(car.asks(OTHER, HORN, true), Err(ActuateError::Held(_))), "it is held still");
    assert!(!car.0.is_quiet());
    assert_eq!(said(&car.advances(2500)), ["32A#00"], "after a second the car is told that nobody asks");
    assert!(car.0.is_quiet());
    assert_eq!(said(&car.advances(5000)), Vec::<String>::new());
    assert!(car.asks(OTHER, HORN, true).is_ok());
}

#[test]
fn asking_again_does_not_let_a_horn_sound_for_longer() {
    let mut car = parked();
    let mut frames = Vec::new();
    for ms in (1500..2600).step_by(100) {
        let mut effects = car.advances(ms);
        effects.extend(car.asks(ME, HORN, true).map(|(_, effects)| effects).unwrap_or_default());
        effects.extend(car.hears(811, &[1, 0], ms + 1));
        effects.extend(car.advances(ms + 90));
        frames.extend(said(&effects).into_iter().filter(|said| said.starts_with("32A")));
    }
    assert!(frames.contains(&"32A#00".to_owned()), "it never paused: {frames:?}");
}

#[test]
fn what_a_client_holds_is_let_go_when_it_dies_or_the_service_ends() {
    let mut car = parked();
    car.asks(ME, HORN, true).unwrap();
    assert_eq!(said(&car.0.forget_client(":1.9")), Vec::<String>::new());
    let effects = car.0.forget_client(ME);
    assert_eq!(said(&effects), ["1 lapsed The program that asked is gone."], "the last frame keeps the pace");
    assert_eq!(said(&car.advances(1600)), ["32A#00"]);
    assert!(car.0.is_quiet());

    car.asks(OTHER, HORN, true).unwrap();
    car.asks(OTHER, TEMPERATURE, 22.0).unwrap();
    car.advances(1740);
    let effects = car.0.stop();
    assert_eq!(said(&effects), ["2 lapsed The vehicle service ended.", "3 lapsed The vehicle service ended."]);
    assert!(!car.0.is_quiet());
    assert_eq!(said(&car.advances(1800)), ["32A#00"]);
    assert!(car.0.is_quiet());
}

#[test]
fn what_the_car_does_decides_what_may_be_asked() {
    let mut car = parked();
    assert!(car.asks(ME, FLAP, true).is_ok());
    car.hears(100, &[0, 4], 1600);
    car.advances(1620);
    let refusal = car.asks(ME, FLAP, false).unwrap_err();
    assert_eq!(refusal, ActuateError::Restricted("only while the car is parked; it is moving now".to_owned()));
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    car.hears(102, &[0, 0], 1700);
    car.advances(1720);
    let refusal = car.asks(ME, FAN, 50.0).unwrap_err();
    assert_eq!(refusal, ActuateError::Restricted("only while the car is ON or START; it is LOCK now".to_owned()));
}

#[test]
fn a_wish_that_waits_for_its_pace_stays_in_if_the_car_moves_off() {
    let mut car = parked();
    car.asks(ME, FLAP, true).unwrap();
    let (_, effects) = car.asks(ME, FLAP, false).unwrap();
    assert_eq!(said(&effects), ["1 lapsed A newer wish took its place.", "2 pending"]);
    car.hears(100, &[0, 4], 1510);
    let told = said(&car.advances(1620));
    assert!(told.len() == 1 && told[0].starts_with("2 refused It stays in: "), "{told:?}");
}

#[test]
fn a_frame_that_did_not_get_out_is_sent_again() {
    let mut car = parked();
    let (_, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let Some(Effect::Send(frame)) = effects.last() else { panic!("{effects:?}") };
    car.0.not_sent(frame);
    assert_eq!(said(&car.advances(1580)), Vec::<String>::new(), "by its pace");
    let effects = car.advances(1600);
    assert_eq!(said(&effects), ["320#2CFF"]);
    let Some(Effect::Send(frame)) = effects.iter().find(|one| matches!(one, Effect::Send(_))) else { panic!() };
    car.0.not_sent(frame);
    let mut told = Vec::new();
    while told.is_empty() {
        let now = car.0.now().as_millis() + 20;
        for effect in car.advances(now) {
            match effect {
                Effect::Send(frame) => car.0.not_sent(&frame),
                Effect::Told(wish) => told.push(wish.reason),
                _ => {}
            }
        }
    }
    assert_eq!((told, car.0.now().as_millis()), (vec!["It could not be sent.".to_owned()], 2520), "nor for ever");
}

#[test]
fn a_last_word_that_did_not_get_out_is_owed() {
    let mut car = parked();
    car.asks(ME, HORN, true).unwrap();
    car.0.forget_client(ME);
    let effects = car.advances(1600);
    assert_eq!(said(&effects), ["32A#00"]);
    let Some(Effect::Send(frame)) = effects.iter().find(|one| matches!(one, Effect::Send(_))) else { panic!() };
    car.0.not_sent(frame);
    assert!(!car.0.is_quiet());
    assert_eq!(said(&car.advances(1700)), ["32A#00"]);
    assert!(car.0.is_quiet());
}

#[test]
fn a_lost_car_lets_everything_lapse_and_is_owed_nothing() {
    let mut car = parked();
    car.asks(ME, HORN, true).unwrap();
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let lost = "lapsed The connection to the car was lost.";
    assert_eq!(said(&car.0.disconnect()), [format!("1 {lost}"), format!("2 {lost}")]);
    assert!(car.0.is_quiet());
    car.0.connect(&Hello { pace: Pace::Lockstep, interfaces: vec!["can0".into(), "can1".into()] });
    assert!(said(&car.advances(100)).is_empty(), "another clock, and nothing of before");
}

#[test]
fn who_left_or_comes_after_the_end_holds_nothing() {
    let mut car = parked();
    assert!(car.0.forget_client(OTHER).is_empty());
    let late = car.asks(OTHER, HORN, true).unwrap_err();
    assert!(matches!(late, ActuateError::NotAvailable(_)), "its request lay in wait: {late}");
    assert!(car.asks(ME, HORN, true).is_ok());
    car.0.stop();
    assert!(matches!(car.asks(ME, TEMPERATURE, 20.0), Err(ActuateError::NotAvailable(_))));
}

#[test]
fn a_frame_that_stays_in_settles_only_what_it_asked_for() {
    let mut car = parked();
    car.asks(ME, TEMPERATURE, 22.0).unwrap();
    car.asks(OTHER, FAN, 50.0).unwrap();
    car.hears(102, &[0, 0], 1510);
    let told = said(&car.advances(1600));
    assert!(told.len() == 1 && told[0].starts_with("2 refused It stays in: "), "{told:?}");
    car.hears(801, &[44, 0, 30], 1610);
    assert_eq!(said(&car.advances(1620)), ["1 confirmed"], "it had left before");
}

#[test]
fn a_bus_that_is_off_or_down_takes_no_wish_until_it_is_back() {
    let mut car = parked();
    for (news, why) in [
        (News::State(BusState::BusOff), "the car's bus can1 is off: its controller saw too many errors"),
        (News::Down(Errno::NETDOWN), "the car's bus can1 is down"),
        (News::Down(Errno::NODEV), "the car's bus can1 has no interface here"),
    ] {
        car.0.hear_of_interface("can1", news);
        assert_eq!(car.asks(ME, TEMPERATURE, 22.0).unwrap_err(), ActuateError::NotAvailable(why.to_owned()));
    }
    car.0.hear_of_interface("can1", News::Up);
    assert!(car.asks(ME, TEMPERATURE, 22.0).is_ok());
    car.0.hear_of_interface("can1", News::State(BusState::BusOff));
    assert!(car.asks(ME, FAN, 50.0).is_err());
    car.0.hear_of_interface("can1", News::State(BusState::Active));
    assert!(car.asks(ME, FAN, 50.0).is_ok());
}

#[test]
fn no_wish_is_taken_before_the_first_word_or_after_the_last() {
    let why = |refusal| if let Err(ActuateError::NotAvailable(why)) = refusal { why } else { panic!("{refusal:?}") };
    let mut car = parked();
    car.asks(ME, HORN, true).unwrap();
    assert_eq!(said(&car.0.end()), ["1 lapsed The recording is at its end."]);
    assert_eq!(why(car.asks(ME, HORN, true)), "the recording is at its end");
    assert!(car.0.is_quiet(), "nobody waits for what cannot come");

    let hello = Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] };
    assert!(car.0.connect(&hello).is_empty());
    assert!(why(car.asks(ME, HORN, true)).starts_with("the car has not said what time it is"));
    car.advances(100);
    car.asks(ME, HORN, true).unwrap();
    assert_eq!(said(&car.0.connect(&hello)), ["2 lapsed Another car was connected."]);
    assert!(why(car.asks(ME, HORN, true)).starts_with("the car has not said what time it is"));
}

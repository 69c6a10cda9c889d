//! The core as a story: frames and ticks in, effects out; no socket, no bus, no clock.

use tandem_can::{Hello, Pace};
use tandem_contracts::actuation::ActuateError;
use tandem_contracts::signals::{LOCKSTEP, MAX_WINDOW};
use tandem_dbc::Database;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Catalogue, Profile};
use tandem_store::{Car, Fault};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::core::{Core, Effect};
use crate::subscriptions::{Batch, MAX_ALTOGETHER, SubscribeError};

mod any_order;
mod driving;
mod echoes;
mod immediate;
mod inputs;
mod last_values;
mod wish_order;
mod wishes;

const DBC: &str = r#"
BO_ 100 Motion: 2 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|655] "km/h" X

BO_ 800 ClimateCommand: 1 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X

BO_ 801 ClimateStatus: 2 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Answer : 8|8@1+ (1,0) [0|2] "" X
"#;

const CAR: &str = r#"
name = "Test"
description = "A car for these tests."
[buses.can1]
dbc = "test.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Speed"
bus = "can1"
message = "Motion"
signal = "Speed"
cycle_ms = 20
[[signals]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
bus = "can1"
message = "ClimateStatus"
signal = "Temperature"
cycle_ms = 100
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
[[transmit]]
bus = "can1"
message = "ClimateCommand"
signals = { Temperature = { min = 16.0, max = 28.0 } }
min_period_ms = 100
power = "any"
"#;

const SPEED: &str = "Vehicle.Speed";
const TEMPERATURE: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";

struct Bench(Core);

impl Bench {
    fn new() -> Self {
        Self::of(CAR)
    }

    /// The same car, but that its speed is told at once.
    fn immediate() -> Self {
        Self::immediate_and("")
    }

    /// With a further key of the speed.
    fn immediate_and(key: &str) -> Self {
        Self::of(&CAR.replacen("cycle_ms = 20\n", &format!("cycle_ms = 20\nimmediate = true\n{key}\n"), 1))
    }

    fn of(car: &str) -> Self {
        Self::bound(DBC, car)
    }

    fn bound(dbc: &str, car: &str) -> Self {
        let profile = Profile::parse("car.toml", car, Catalogue::ours()).unwrap();
        let database = Database::parse(dbc.as_bytes()).unwrap();
        let gate = tandem_gate::bind("car.toml", &profile, [&database]).unwrap();
        let car = Car::bind("car.toml", profile, vec![database], Catalogue::ours()).unwrap();
        let mut core = Core::new(car, Some(gate), 7);
        // The link's second interface is the car's first bus.
        core.connect(&Hello { pace: Pace::Lockstep, interfaces: vec!["can0".into(), "can1".into()] });
        Self(core)
    }

    fn hears(&mut self, id: u32, data: &[u8], ms: u64) -> Vec<Effect> {
        let frame = Frame::new(BusIndex(1), CanId::standard(id).unwrap(), ms * 1_000_000, data).unwrap();
        let mut effects = Vec::new();
        while self.0.tick_before(Nanoseconds(frame.t_ns)) {
            effects.extend(self.0.tick());
        }
        effects.extend(self.0.hear(&frame));
        effects
    }

    fn advances(&mut self, ms: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.0.tick_due(Nanoseconds::from_millis(ms)) {
            effects.extend(self.0.tick());
        }
        effects
    }

    fn subscribes(&mut self, paths: &[&str], window: u32) -> u32 {
        let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
        let opened = self.0.subscribe(":1.5", &paths, Nanoseconds::ZERO, window).unwrap();
        assert_eq!(opened.first.unwrap().changes.len(), paths.len(), "the first batch carries everything");
        opened.id
    }

    /// Asks for a temperature in the name of one client.
    fn wishes(&mut self, celsius: f64) -> Result<(u64, Vec<Effect>), ActuateError> {
        self.0.wish(":1.5", TEMPERATURE, Value::Float(celsius))
    }
}

fn batches(effects: &[Effect]) -> Vec<&Batch> {
    effects.iter().filter_map(|effect| if let Effect::Tell(batch) = effect { Some(batch) } else { None }).collect()
}

#[test]
fn frames_up_to_a_tick_are_in_its_batch() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], LOCKSTEP);
    car.hears(100, &3000u16.to_le_bytes(), 5);
    car.hears(100, &3100u16.to_le_bytes(), 20);
    let effects = car.hears(100, &3200u16.to_le_bytes(), 21);
    let told = batches(&effects);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].now, Nanoseconds::from_millis(20));
    assert_eq!(told[0].sequence, 2);
    let (handle, reading) = &told[0].changes[0];
    assert_eq!((*handle, reading.quality, reading.heard), (0, Quality::Valid, Nanoseconds::from_millis(20)));
    assert_eq!(reading.value.as_ref().unwrap().as_f64(), Some(31.0));
}

#[test]
fn a_still_car_is_told_by_heartbeats_alone_and_a_silent_one_goes_stale_once() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], LOCKSTEP);
    car.hears(100, &3000u16.to_le_bytes(), 10);
    let effects = car.advances(1000);
    let told = batches(&effects);
    let changed: Vec<_> = told.iter().filter(|batch| !batch.changes.is_empty()).collect();
    assert_eq!(changed.len(), 2, "valid, then stale");
    assert_eq!(changed[1].changes[0].1.quality, Quality::Stale);
    assert_eq!(changed[1].now, Nanoseconds::from_millis(220), "the first tick later than 200 ms after the frame");
    let gaps: Vec<_> = told.windows(2).map(|pair| (pair[1].now - pair[0].now).as_millis()).collect();
    assert!(gaps.iter().all(|gap| *gap <= 200), "{gaps:?}");
    assert!(told.len() < 10, "{}", told.len());
}

#[test]
fn a_leaf_of_which_every_frame_counts_is_told_with_its_time_and_at_most_once_an_interval() {
    let told = |keys: &str| {
        let mut car = Bench::of(&CAR.replace("cycle_ms = 20\n", &format!("cycle_ms = 20\n{keys}\n")));
        car.subscribes(&[SPEED], MAX_WINDOW);
        let mut told = Vec::new();
        for ms in (5..=205).step_by(10) {
            let effects = car.hears(100, &[0, 1], ms);
            let changes = batches(&effects).into_iter().flat_map(|batch| &batch.changes).map(|(_, reading)| reading);
            told.extend(changes.map(|reading| reading.heard.as_millis()));
        }
        told
    };
    assert_eq!(told(""), [15], "it never changes");
    assert_eq!(told("on_change = false"), [15, 35, 55, 75, 95, 115, 135, 155, 175, 195], "each tick has a newer one");
    assert_eq!(told("on_change = false\ninterval_ms = 60"), [5, 65, 125, 185]);
    assert_eq!(told("interval_ms = 60"), [15]);
}

#[test]
fn a_full_window_keeps_the_latest_value_and_silence_ends_the_subscription() {
    let mut car = Bench::new();
    let id = car.subscribes(&[SPEED], 2);
    for n in 1..=10u16 {
        car.hears(100, &(n * 100).to_le_bytes(), u64::from(n) * 20);
    }
    car.advances(200);
    car.0.acknowledge(":1.5", id, 2);
    let effects = car.advances(220);
    let told = batches(&effects);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].sequence, 3, "no number is left out");
    assert_eq!(told[0].changes[0].1.value.as_ref().unwrap().as_f64(), Some(10.0));
    car.0.acknowledge(":1.6", id, 3);
    let effects = car.advances(2300);
    assert!(effects.contains(&Effect::Dropped { id, client: ":1.5".into() }), "a stranger's word does not count");
    assert!(car.0.subscriptions().is_empty());
}

#[test]
fn who_subscribed_before_the_car_spoke_was_not_silent_until_then() {
    let mut car = Bench::new();
    let id = car.subscribes(&[SPEED], 2);
    let dropped = Effect::Dropped { id, client: ":1.5".into() };
    car.hears(100, &[0, 1], 260_000);
    assert!(!car.advances(261_900).contains(&dropped), "two seconds count from where the clock begins");
    assert!(car.advances(262_100).contains(&dropped));

    let id = car.subscribes(&[SPEED], 2);
    car.0.acknowledge(":1.5", id, 1);
    car.advances(262_300);
    assert!(!car.advances(1_000_000).contains(&Effect::Dropped { id, client: ":1.5".into() }), "nor over a gap");
}

#[test]
fn lockstep_subscribers_are_waited_for() {
    let mut car = Bench::new();
    let id = car.subscribes(&[SPEED], LOCKSTEP);
    assert_eq!(car.0.subscriptions().waited_for().collect::<Vec<_>>(), [(id, ":1.5")]);
    car.0.acknowledge(":1.5", id, 99);
    assert_eq!(car.0.subscriptions().waited_for().count(), 0, "no more than what was sent can be acknowledged");
    car.advances(0);
    car.hears(100, &[1, 0], 10);
    car.advances(20);
    assert_eq!(car.0.subscriptions().waited_for().count(), 1);
    car.0.forget_client(":1.5");
    assert_eq!(car.0.subscriptions().waited_for().count(), 0);
}

#[test]
fn a_client_cannot_ask_for_too_much() {
    let mut car = Bench::new();
    let zero = Nanoseconds::ZERO;
    let unknown = car.0.subscribe("a", &["Vehicle.Sped".into()], zero, 1);
    assert_eq!(unknown, Err(SubscribeError::UnknownPath("Vehicle.Sped".into())));
    let twice = vec![SPEED.to_owned(); 2];
    assert_eq!(car.0.subscribe("a", &twice, zero, 1), Err(SubscribeError::Repeated(SPEED.into())));
    let many = vec![SPEED.to_owned(); 1025];
    assert_eq!(car.0.subscribe("a", &many, zero, 1), Err(SubscribeError::TooManyPaths { asked: 1025 }));
    assert_eq!(car.0.subscribe("a", &[], zero, 65), Err(SubscribeError::WindowTooLarge(65)));
    for _ in 0..16 {
        car.0.subscribe("a", &[], zero, 1).unwrap();
    }
    assert_eq!(car.0.subscribe("a", &[], zero, 1), Err(SubscribeError::TooManySubscriptions));
    assert!(!car.0.unsubscribe("b", 1), "not hers to end");
    assert!(car.0.unsubscribe("a", 1));
    let refusal = (0..MAX_ALTOGETHER).find_map(|at| car.0.subscribe(&at.to_string(), &[], zero, 1).err());
    assert_eq!(refusal, Some(SubscribeError::TooManyAltogether));
    assert_eq!(car.0.subscriptions().len(), MAX_ALTOGETHER);
}

#[test]
fn a_car_that_comes_back_with_an_earlier_clock_begins_a_generation() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], 8);
    car.hears(100, &3000u16.to_le_bytes(), 500);
    car.advances(500);
    assert_eq!(car.0.generation(), 7);
    let effects = car.0.disconnect();
    assert_eq!(batches(&effects)[0].changes[0].1.quality, Quality::Absent, "nothing looks alive without a car");
    assert_eq!(batches(&car.0.heartbeat()).len(), 1, "the service is");
    car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can1".into()] });
    let effects = car.advances(0);
    assert_eq!(car.0.generation(), 8);
    assert_eq!(batches(&effects)[0].changes.len(), 1, "everything is told anew");
}

#[test]
fn points_in_time_of_an_earlier_clock_mean_nothing_on_the_next() {
    let mut car = Bench::new();
    car.advances(600_000);
    car.wishes(20.0).unwrap();
    car.0.disconnect();
    car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
    car.hears(100, &3000u16.to_le_bytes(), 0);
    car.advances(1000);
    assert_eq!(
        car.0.reading(SPEED).unwrap().quality,
        Quality::Stale,
        "not fresh for the ten minutes that it was before"
    );
    assert!(car.wishes(20.5).is_ok(), "the gate does not wait for ten minutes");
}

#[test]
fn frames_count_in_the_order_in_which_they_come_whatever_their_times_say() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], 8);
    car.hears(100, &3000u16.to_le_bytes(), 100);
    car.advances(100);
    // A clock that was set back.
    let effects = [car.hears(100, &3100u16.to_le_bytes(), 40), car.advances(120)].concat();
    assert_eq!(batches(&effects).len(), 1, "no tick is told twice");
    let reading = car.0.reading(SPEED).unwrap();
    assert_eq!(reading.value.unwrap().as_f64(), Some(31.0));
    assert_eq!((reading.quality, reading.heard), (Quality::Valid, Nanoseconds::from_millis(100)));
    assert_eq!(car.0.generation(), 7, "it is the same drive");
}

#[test]
fn what_went_out_takes_its_time_of_the_bus_and_moves_no_reading() {
    let mut car = Bench::new();
    let own = |bus| Frame::new(BusIndex(bus), CanId::standard(100).unwrap(), 5, &[0x80, 0x0C]).unwrap();
    car.0.hear_echo(&own(1));
    // Of an interface that is no bus of the car.
    car.0.hear_echo(&own(0));
    let bus = &car.0.store().statistics().buses[0];
    assert_eq!((bus.frames, bus.bits.nominal), (0, u64::from(own(1).wire_bits().nominal)));
    assert_eq!(car.0.reading(SPEED).unwrap().quality, Quality::Absent);
}

#[test]
fn a_frame_longer_than_its_message_is_read_and_a_shorter_one_is_told_and_moves_nothing() {
    let mut car = Bench::new();
    let faults = |told: &[Effect]| told.iter().filter(|told| matches!(told, Effect::Fault { .. })).count();
    let told = car.hears(100, &[0xB8, 0x0B, 1, 2, 3], 20);
    assert_eq!(faults(&told), 0, "{told:?}");
    let told = car.hears(100, &[0], 40);
    assert!(matches!(told.last(), Some(Effect::Fault { fault: Fault::Short, .. })), "{told:?}");
    let reading = car.0.reading(SPEED).unwrap();
    assert_eq!((reading.value.unwrap().as_f64(), reading.heard), (Some(30.0), Nanoseconds::from_millis(20)));
}

#[test]
fn a_gap_of_a_day_in_a_log_is_jumped_over() {
    let mut car = Bench::new();
    car.hears(100, &[0, 0], 0);
    let day = 86_400_000;
    let effects = car.hears(100, &[0, 0], day);
    assert!(effects.len() < 100);
    assert!(car.0.tick_due(Nanoseconds::from_millis(day)));
    assert!(batches(&car.advances(day)).is_empty());
    assert_eq!(car.0.now(), Nanoseconds::from_millis(day));
}

#[test]
fn time_beyond_all_sense_ends_instead_of_going_on_for_ever() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], 8);
    car.hears(100, &[0, 0], 0);
    let most = Nanoseconds(u64::MAX);
    let ticks = (0..1000).take_while(|_| car.0.tick_due(most) && !car.0.tick().is_empty()).count();
    assert!(ticks < 10, "{ticks} ticks");
    assert!(!car.0.tick_due(most) && !car.0.tick_before(most));
}

#[test]
fn batches_do_not_pile_up_for_a_lockstep_subscriber_that_nobody_waits_for() {
    let mut car = Bench::new();
    car.subscribes(&[SPEED], LOCKSTEP);
    let told: usize = (0..500).map(|at| batches(&car.hears(100, &[at as u8, 0], at * 20 + 1)).len()).sum();
    assert_eq!(told + 1, MAX_WINDOW as usize, "with the first");
}

#[test]
fn a_car_that_fell_silent_is_absent_until_it_speaks_again() {
    let mut car = Bench::new();
    car.hears(100, &[0, 1], 0);
    car.advances(20);
    car.0.disconnect();
    assert_eq!(car.0.reading(SPEED).unwrap().quality, Quality::Absent);
    assert!(matches!(car.wishes(20.0), Err(ActuateError::NotAvailable(_))));
    car.0.resume();
    car.hears(100, &[0, 1], 5000);
    assert_eq!(car.0.reading(SPEED).unwrap().quality, Quality::Valid);
    assert!(car.wishes(20.0).is_ok());
}

#[test]
fn a_client_that_comes_between_the_first_frame_and_its_tick_is_told_nothing_of_the_future() {
    let mut car = Bench::new();
    car.hears(100, &[0, 0], 40);
    let opened = car.0.subscribe(":1.5", &[SPEED.to_owned()], Nanoseconds::ZERO, 1).unwrap();
    let first = opened.first.unwrap();
    assert_eq!(first.now, Nanoseconds::from_millis(20), "the tick before the one that the frame belongs to");
    assert!(first.changes[0].1.heard <= first.now + crate::core::TICK);
}

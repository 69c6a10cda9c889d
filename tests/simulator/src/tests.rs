//! What the tests of this crate share, and the tests of the whole car.

use std::collections::HashSet;
use std::path::PathBuf;

use tandem_dbc::integrity::{self, Counter, Step};
use tandem_dbc::{Kind, Message, Multiplex, Raw, Signal};
use tandem_frame::text::LogReader;
use tandem_frame::{BusIndex, Frame};
use tandem_signals::{Catalogue, SignalProfile};

use crate::actuation::Actuation;
use crate::broadcast::sources::Inside;
use crate::broadcast::{not_available, protection};
use crate::ear::Ear;
use crate::folder::{Bus, Folder};
use crate::log::{self, LOG_BEGINS_NS};
use crate::scenario::Scenario;
use crate::virtual_car::{Order, VirtualCar};
use crate::wheel::Wheel;

pub fn demo() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/cars/demo")
}

pub fn scenario() -> Scenario {
    Folder::read(&demo()).unwrap().scenario("city").unwrap()
}

pub fn car(seed: Option<u64>) -> VirtualCar {
    VirtualCar::new(Folder::read(&demo()).unwrap(), scenario(), seed).unwrap()
}

fn frames(car: &mut VirtualCar, seconds: u64) -> Vec<Frame> {
    let mut frames = Vec::new();
    (0..seconds * 100).for_each(|_| car.step(&mut frames).unwrap());
    frames
}

fn log(seconds: u64, seed: Option<u64>) -> Vec<u8> {
    let mut out = Vec::new();
    log::write(&mut car(seed), seconds * 1_000_000_000, &mut out).unwrap();
    out
}

#[test]
fn a_log_has_the_same_bytes_every_time_and_others_with_another_seed() {
    let first = log(20, None);
    assert!(first == log(20, None), "two logs of one seed differ");
    assert!(first != log(20, Some(1)), "the seed changes nothing");
    assert!(log(40, None).starts_with(&first), "a longer log begins otherwise");
}

/// The log is of the car as it was when it had nineteen messages. Those keep their ids, layouts, values and times: what came later yields to them.
#[test]
fn the_log_in_the_repository_is_this_one_without_what_came_later() {
    let path = demo().join("../../../tests/fixtures/can/demo-city.log");
    let committed = std::fs::read_to_string(path).unwrap();
    let first_messages: HashSet<&str> = committed.lines().filter_map(sender).collect();
    assert_eq!(first_messages.len(), 18, "nineteen, one of which is sent to the car");
    let now = String::from_utf8(log(20, None)).unwrap();
    let kept = now.lines().filter(|line| sender(line).is_some_and(|sender| first_messages.contains(sender)));
    assert!(committed.lines().eq(kept), "write it again: its .toml says how");
}

/// Interface and id of a log's line.
fn sender(line: &str) -> Option<&str> {
    line.split_once(") ")?.1.split_once('#').map(|(sender, _)| sender)
}

#[test]
fn the_log_reads_back_as_the_frames_that_were_sent() {
    let bytes = log(20, None);
    let sent = frames(&mut car(None), 20);
    let read: Vec<Frame> = LogReader::new(&bytes)
        .map(|(number, line)| {
            let line = line.unwrap_or_else(|error| panic!("line {number}: {error}"));
            let bus = BusIndex(line.interface.strip_prefix("can").unwrap().parse().unwrap());
            let mut frame = line.frame(bus);
            frame.t_ns -= LOG_BEGINS_NS;
            frame
        })
        .collect();
    assert!(read == sent, "what was read is not what was sent");
    assert!(sent.is_sorted_by_key(|frame| frame.t_ns));
    assert!(bytes.len() < 2_000_000, "{} bytes", bytes.len());
}

#[test]
fn every_message_is_sent_at_its_cycle_time_in_its_own_time() {
    let mut car = car(None);
    let mut sent = Vec::new();
    for _ in 0..2000 {
        let (from, first) = (car.now_ns(), sent.len());
        car.step(&mut sent).unwrap();
        assert!(sent[first..].iter().all(|frame| (from + 1..car.now_ns()).contains(&frame.t_ns)));
    }
    for (at, bus) in car.buses().iter().enumerate() {
        for message in &bus.database.messages {
            let own = sent.iter().filter(|frame| frame.bus.0 == at as u8 && frame.id == message.id);
            let expected = message.cycle_ms.map_or(0, |cycle| 20_000 / cycle as usize);
            assert_eq!(own.count(), expected, "{}", message.name);
        }
    }
}

#[test]
fn frames_say_what_the_model_says() {
    let mut virtual_car = car(None);
    let (mut seen, mut checked) = (HashSet::new(), 0);
    let (silent, wheel) = unasked();
    for _ in 0..45_000 {
        let model = virtual_car.car().clone();
        let mut frames = Vec::new();
        virtual_car.step(&mut frames).unwrap();
        for frame in &frames {
            let bus = &virtual_car.buses()[usize::from(frame.bus.0)];
            let index = bus.codec.index(frame.id).unwrap();
            let message = &bus.database.messages[index];
            bus.codec
                .decode(index, frame.data(), |sample| {
                    let signal = &message.signals[sample.signal];
                    let inside = Inside { car: &model, actuation: &silent, wheel: &wheel };
                    let bus = usize::from(frame.bus.0);
                    let Some(source) = inside.source(bus, &message.name, &signal.name) else { return };
                    let place = format!("{}.{} at {} s", message.name, signal.name, model.seconds());
                    match source.value(inside) {
                        None => assert_eq!(sample.raw, not_available(signal), "{place}"),
                        Some(said) => {
                            assert_ne!(sample.raw, not_available(signal), "{place}");
                            let off = (sample.physical - said).abs();
                            assert!(off <= signal.factor * 0.5001, "{place}: {said}, sent {}", sample.physical);
                        }
                    }
                    seen.insert((frame.bus, index, sample.signal));
                    checked += 1;
                })
                .unwrap();
        }
    }
    let unprotected = |bus: &Bus| bus.database.messages.iter().map(|message| unprotected(bus, message)).sum::<usize>();
    let all: usize = virtual_car.buses().iter().map(unprotected).sum();
    assert_eq!(seen.len(), all, "signals that never came");
    assert!(checked > 500_000, "{checked}");
}

/// A car that nobody has asked for anything.
fn unasked() -> (Actuation, Wheel) {
    let folder = Folder::read(&demo()).unwrap();
    let (_, actuation) = Ear::new(&folder.buses, &folder.profile, &folder.catalogue).unwrap();
    (actuation, Wheel::new(&folder.buses, &folder.profile))
}

/// How many signals the car fills that are neither counter, checksum nor multiplexor.
fn unprotected(bus: &Bus, message: &Message) -> usize {
    if message.cycle_ms.is_none() {
        return 0;
    }
    let (counter, checksum) = protection(bus, message);
    let selectors = message.signals.iter().filter(|signal| signal.multiplex == Multiplex::Multiplexor).count();
    message.signals.len() - usize::from(counter.is_some()) - usize::from(checksum.is_some()) - selectors
}

#[test]
fn counters_run_and_checksums_hold() {
    let mut car = car(None);
    let sent = frames(&mut car, 20);
    let mut protected = 0;
    for (at, bus) in car.buses().iter().enumerate() {
        for (index, message) in bus.database.messages.iter().enumerate() {
            let (Some(counter), Some((checksum, kind))) = protection(bus, message) else { continue };
            let mut heard = Counter::new(message.signals[counter].size);
            for frame in sent.iter().filter(|frame| frame.bus.0 == at as u8 && frame.id == message.id) {
                let signal = &message.signals[checksum];
                assert_eq!(integrity::verify(kind, frame.id, frame.data(), signal), Ok(()), "{frame:?}");
                let value = bus.codec.raw(index, counter, frame.data()).unwrap().as_f64() as u8;
                assert_eq!(heard.check(value), Step::Next, "{frame:?}");
                protected += 1;
            }
        }
    }
    let each_second = (100 + 50 + 20 + 50)
        + (5 + 5 + 20 + 50 + 20 + 10 + 10 + 10 + 10)
        + (5 + 10 + 10 + 10)
        + (50 + 20 + 10)
        + (20 + 10 + 10 + 10 + 10 + 20 + 10 + 10 + 5 + 10)
        + (10 + 10 + 10 + 10 + 20 + 1);
    assert_eq!(
        protected,
        20 * each_second,
        "powertrain before and now, body, chassis, assistance, answers, keys and the rear panel"
    );
}

#[test]
fn not_measured_is_the_same_number_in_the_dbc_the_profile_and_the_model() {
    let folder = Folder::read(&demo()).unwrap();
    let number = |raw| match raw {
        Raw::Signed(value) => value,
        Raw::Unsigned(value) => value as i64,
        Raw::Float(value) => panic!("a float, {value}"),
    };
    for profile in &folder.profile.signals {
        let message = folder.buses[profile.bus].database.message(&profile.message).expect(&profile.message);
        let (_, signal) = message.signal(&profile.signal).expect(&profile.signal);
        let place = format!("{}.{}", profile.message, profile.signal);
        let number = number(not_available(signal));
        assert_eq!(profile.not_available, [number..=number], "{place}");
    }
    for message in
        folder.buses.iter().flat_map(|bus| &bus.database.messages).filter(|message| message.cycle_ms.is_some())
    {
        let own = |signal: &&Signal| {
            let selects = signal.multiplex == Multiplex::Multiplexor;
            let counts = matches!(signal.name.as_str(), "Counter" | "Checksum" | "KnobCount");
            !selects && !counts && signal.kind != Kind::Float
        };
        for signal in message.signals.iter().filter(own) {
            let said = signal.value_name(number(not_available(signal)));
            let expected = if message.name.ends_with("Request") { "No request" } else { "Not available" };
            assert_eq!(said, Some(expected), "{}.{}", message.name, signal.name);
        }
    }
}

#[test]
fn the_car_knows_every_leaf_that_the_screens_show() {
    let profile = Folder::read(&demo()).unwrap().profile;
    let path = |signal: &SignalProfile| Catalogue::ours().leaf(signal.leaf).path.as_str();
    let paths: HashSet<&str> = profile.signals.iter().map(path).collect();
    assert_eq!(paths.len(), profile.signals.len());
    let missing: Vec<_> =
        LEAVES.split_whitespace().filter(|path| !paths.contains(format!("Vehicle.{path}").as_str())).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_demo_car_is_whole() {
    let folder = Folder::read(&demo()).unwrap();
    let messages: Vec<&Message> = folder.buses.iter().flat_map(|bus| &bus.database.messages).collect();
    assert_eq!((folder.buses.len(), messages.len()), (3, 111));
    assert!(folder.profile.signals.len() >= 300, "{} leaves", folder.profile.signals.len());
    let long: Vec<usize> = messages.iter().map(|message| message.length).filter(|length| *length > 8).collect();
    assert!(long.contains(&12) && long.contains(&64), "CAN FD: {long:?}");
    assert!(folder.buses.iter().all(|bus| bus.database.lint().is_empty()), "the files lint clean");
    for message in messages {
        assert!(message.comment.is_some() && message.sender.is_some(), "{} says nothing of itself", message.name);
        let asks = message.sender.as_deref() == Some("HeadUnit");
        assert_eq!(message.cycle_ms.is_none(), asks, "{} has a cycle time unless the head unit sends it", message.name);
    }
}

#[test]
fn the_readme_has_every_message_as_the_dbc_has_it() {
    let readme = std::fs::read_to_string(demo().join("README.md")).unwrap();
    for bus in Folder::read(&demo()).unwrap().buses {
        for message in &bus.database.messages {
            let cycle = message.cycle_ms.map_or("on demand".to_owned(), |cycle| format!("{cycle} ms"));
            let (interface, id, name, length) = (&bus.profile.interface, message.id, &message.name, message.length);
            let row = format!("| {interface} | {id} | {name} | {length} | {cycle} |");
            assert!(readme.contains(&row), "{row}");
        }
        assert_eq!(bus.database.repairs, []);
    }
}

const LEAVES: &str = "
    Speed LowVoltageSystemState TraveledDistance TraveledDistanceSinceStart TripDuration
    Powertrain.Transmission.SelectedGear Powertrain.ElectricMotor.Power
    Powertrain.TractionBattery.StateOfCharge.Current Powertrain.TractionBattery.Range
    Powertrain.TractionBattery.CurrentPower Powertrain.TractionBattery.Charging.IsCharging
    Exterior.AirTemperature Cabin.HVAC.AmbientAirTemperature Cabin.HVAC.IsAirConditioningActive
    Cabin.HVAC.Station.Row1.Driver.Temperature Cabin.HVAC.Station.Row1.Passenger.Temperature
    Cabin.HVAC.Station.Row1.Driver.FanSpeed Cabin.Seat.Row1.DriverSide.IsBelted
    Body.Lights.DirectionIndicator.Left.IsSignaling Body.Lights.DirectionIndicator.Right.IsSignaling
    Body.Lights.Hazard.IsSignaling Body.Lights.Beam.Low.IsOn Body.Lights.Beam.High.IsOn
    Body.Lights.Parking.IsOn Body.Lights.Fog.Front.IsOn Body.Lights.Fog.Rear.IsOn
    Chassis.ParkingBrake.IsEngaged Chassis.Brake.PedalPosition
    ADAS.ABS.IsError ADAS.ESC.IsError ADAS.ESC.IsEngaged
    Cabin.Door.Row1.DriverSide.IsOpen Cabin.Door.Row1.PassengerSide.IsOpen
    Cabin.Door.Row2.DriverSide.IsOpen Cabin.Door.Row2.PassengerSide.IsOpen
    Body.Trunk.Rear.IsOpen Body.Hood.IsOpen
    Chassis.Axle.Row1.Wheel.Left.Tire.Pressure Chassis.Axle.Row1.Wheel.Right.Tire.Pressure
    Chassis.Axle.Row2.Wheel.Left.Tire.Pressure Chassis.Axle.Row2.Wheel.Right.Tire.Pressure
    CurrentLocation.Latitude CurrentLocation.Longitude CurrentLocation.Heading CurrentLocation.Altitude
    Cabin.Infotainment.Clock.MinuteOfDay
";

#[test]
fn a_bus_that_is_dropped_is_heard_by_nobody_and_the_others_as_before() {
    let (mut whole, mut cut) = (car(None), car(None));
    frames(&mut cut, 1);
    frames(&mut whole, 1);
    cut.obey(Order::DropBus { interface: "can0".to_owned(), dropped: true }).unwrap();
    let of =
        |frames: Vec<Frame>, bus| frames.into_iter().filter(|frame| frame.bus == BusIndex(bus)).collect::<Vec<_>>();
    let (heard, expected) = (frames(&mut cut, 2), frames(&mut whole, 2));
    assert!(of(heard.clone(), 0).is_empty() && !of(expected.clone(), 0).is_empty());
    assert_eq!(of(heard, 1), of(expected, 1));
    cut.obey(Order::DropBus { interface: "can0".to_owned(), dropped: false }).unwrap();
    assert_eq!(frames(&mut cut, 1), frames(&mut whole, 1));
}

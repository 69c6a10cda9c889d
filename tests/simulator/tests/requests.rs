//! What the car does when it is asked: request frames as a head unit sends them, and the readings that follow.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod drive;

use std::collections::HashMap;

use drive::{Drive, assets};
use tandem_dbc::integrity;
use tandem_frame::{BusIndex, Frame};
use tandem_signals::{ActuatorProfile, Catalogue, Profile};
use tandem_sim::actuation::Answer;
use tandem_sim::broadcast::protection;
use tandem_sim::folder::Folder;
use tandem_sim::virtual_car::{Order, OrderError};
use tandem_units::{Quality, Value};

const MS: f64 = 0.001;
const DOOR: &str = "Cabin.Door.Row1.DriverSide";
const HORN: &str = "Body.Horn.IsActive";

/// A head unit that sends whatever it likes, as long as it is whole.
struct Unit {
    drive: Drive,
    profile: Profile,
    counters: HashMap<String, u8>,
}

impl Unit {
    fn new(scenario: &str) -> Self {
        let profile = Folder::read(&assets().join("cars/demo")).unwrap().profile;
        Self { drive: Drive::new(scenario), profile, counters: HashMap::new() }
    }

    fn profile(&self, path: &str) -> ActuatorProfile {
        let leaf = Catalogue::ours().find(&format!("Vehicle.{path}")).unwrap();
        self.profile.actuators.iter().find(|actuator| actuator.leaf == leaf).unwrap_or_else(|| panic!("{path}")).clone()
    }

    /// A frame of a message in which these signals ask for something, and all others for nothing.
    fn frame(&mut self, bus: usize, message: &str, asks: &[(&str, f64)]) -> Frame {
        let bus_index = BusIndex(bus as u8);
        let counter = self.counters.entry(message.to_owned()).or_default();
        *counter = (*counter + 1) % 16;
        let bus = &self.drive.car.buses()[bus];
        let description = bus.database.message(message).unwrap();
        let index = bus.codec.index(description.id).unwrap();
        let (count, checksum) = protection(bus, description);
        let mut data = vec![0; description.length];
        for (at, signal) in description.signals.iter().enumerate() {
            let start = signal.start_value.unwrap() * signal.factor + signal.offset;
            let asked = asks.iter().find(|(name, _)| *name == signal.name).map(|(_, physical)| *physical);
            let value = if Some(at) == count { f64::from(*counter) } else { asked.unwrap_or(start) };
            bus.codec.encode(index, &mut data, at, value).unwrap();
        }
        let (at, kind) = checksum.unwrap();
        integrity::fill(kind, description.id, &mut data, &description.signals[at]).unwrap();
        Frame::new(bus_index, description.id, 0, &data).unwrap()
    }

    fn ask(&mut self, path: &str, physical: f64) {
        let actuator = self.profile(path);
        let frame = self.frame(actuator.bus, &actuator.message, &[(&actuator.signal, physical)]);
        self.drive.car.hear(&frame);
    }

    fn answers(&mut self, path: &str, answer: Answer) {
        let order = Order::Answer { path: format!("Vehicle.{path}"), answer, delay_ns: 100_000_000 };
        self.drive.car.obey(order).unwrap();
    }

    /// What the car says to the last wish: 0 nothing, 1 yes, 2 no.
    fn said(&mut self, path: &str) -> u64 {
        let (of, by, _) = self.profile(path).refusal.unwrap();
        self.signal(&of, &by)
    }

    /// The raw number in the newest frame of a message.
    fn signal(&mut self, of: &str, by: &str) -> u64 {
        let buses = self.drive.car.buses();
        let (at, bus) = buses.iter().enumerate().find(|(_, bus)| bus.database.message(of).is_some()).unwrap();
        let message = bus.database.message(of).unwrap();
        let own = |frame: &&Frame| usize::from(frame.bus.0) == at && frame.id == message.id;
        let frame = self.drive.frames.iter().rfind(own).unwrap();
        let (signal, _) = message.signal(by).unwrap();
        bus.codec.raw(bus.codec.index(message.id).unwrap(), signal, frame.data()).unwrap().as_f64() as u64
    }

    fn seconds(&mut self, seconds: f64) -> &mut Self {
        self.drive.seconds(seconds);
        self
    }

    /// Asks, and says what the car answered after a while.
    fn asked(&mut self, path: &str, physical: f64) -> u64 {
        self.ask(path, physical);
        self.seconds(0.4).said(path)
    }
}

/// Everything that an actuator may be asked for at its ends: the signal's physical value, and the leaf's.
fn ends(actuator: &ActuatorProfile) -> Vec<(f64, Value)> {
    let leaf = Catalogue::ours().leaf(actuator.leaf);
    match actuator.range {
        Some(range) => [range.min, range.max, range.min + range.step]
            .map(|end| (end, leaf.admit(Value::Float(end)).unwrap()))
            .into(),
        None => actuator.values.iter().rev().map(|(raw, value)| (*raw as f64, value.clone())).collect(),
    }
}

#[test]
fn everything_that_may_be_asked_for_is_done_within_its_time() {
    let mut parked = Unit::new("parked");
    parked.seconds(2.0);
    let mut charging = Unit::new("charging");
    charging.drive.until("Plug in").seconds(0.5);
    let (mut asked, mut confirmed) = (0, 0);
    for actuator in parked.profile.actuators.clone() {
        let unit =
            if actuator.message == "ChargeRequest" && actuator.signal != "Flap" { &mut charging } else { &mut parked };
        let path = Catalogue::ours().leaf(actuator.leaf).path.strip_prefix("Vehicle.").unwrap();
        for (physical, value) in ends(&actuator) {
            asked += 1;
            unit.ask(path, physical);
            let mut waited = 0.0;
            while unit.drive.value(path) != value {
                unit.drive.frames.clear();
                // Held for as long as the test looks.
                if actuator.hold.is_some() {
                    unit.ask(path, physical);
                }
                unit.seconds(0.1);
                waited += 0.1;
                assert!(waited < actuator.answer_within.0 as f64 / 1e9, "{path}: {value:?} takes too long");
            }
            confirmed += 1;
        }
    }
    assert!(asked == confirmed && asked > 59 * 2, "{asked}");
}

#[test]
fn an_actuator_answers_for_itself_and_no_other() {
    let mut unit = Unit::new("parked");
    unit.seconds(1.0);
    unit.answers("Cabin.Door.Row1.PassengerSide.Window.Position", Answer::Refuse);
    unit.ask("Cabin.Door.Row1.PassengerSide.Window.Position", 40.0);
    unit.ask("Cabin.Door.Row1.DriverSide.Window.Position", 40.0);
    unit.seconds(0.3);
    assert_eq!(unit.said("Cabin.Door.Row1.PassengerSide.Window.Position"), 2);
    assert_eq!(unit.said("Cabin.Door.Row1.DriverSide.Window.Position"), 1);
    unit.seconds(2.0);
    assert_eq!(unit.drive.number("Cabin.Door.Row1.PassengerSide.Window.Position"), 0.0);
    assert_eq!(unit.drive.number("Cabin.Door.Row1.DriverSide.Window.Position"), 40.0);
    assert_eq!(unit.said("Cabin.Door.Row1.PassengerSide.Window.Position"), 0, "an answer does not stand for ever");
}

#[test]
fn wrong_silent_and_stuck_are_what_they_are_called() {
    let mut unit = Unit::new("parked");
    unit.seconds(1.0);
    let fan = "Cabin.HVAC.Station.Row1.Driver.FanSpeed";
    for (answer, said, percent) in [
        (Answer::Stuck, 1, 20.0),
        (Answer::Silent, 0, 20.0),
        (Answer::Refuse, 2, 20.0),
        (Answer::Wrong, 1, 71.0),
        (Answer::Obey, 1, 70.0),
    ] {
        unit.answers(fan, answer);
        assert_eq!(unit.asked(fan, 70.0), said, "{answer:?}");
        unit.seconds(1.0);
        assert_eq!(unit.drive.number(fan), percent, "{answer:?}");
    }
    let dome = "Cabin.Light.IsDomeOn";
    unit.answers(dome, Answer::Wrong);
    assert_eq!((unit.asked(dome, 1.0), unit.seconds(1.0).drive.is(dome)), (1, false));
}

#[test]
fn what_cannot_be_now_is_refused() {
    let window = "Cabin.Door.Row1.DriverSide.Window.Position";
    let mut unit = Unit::new("get-out");
    unit.drive.until("Switch off").seconds(0.5);
    assert_eq!(unit.asked("Cabin.HVAC.Station.Row1.Driver.FanSpeed", 50.0), 2, "it is off");
    assert_eq!(unit.asked("Cabin.HVAC.Station.Row1.Driver.Temperature", 23.0), 1, "that it remembers");
    unit.drive.until("Open the door").seconds(0.5);
    assert_eq!((unit.asked(window, 50.0), unit.asked(&format!("{DOOR}.IsLocked"), 1.0)), (2, 2), "the door is open");
    unit.drive.until("Shut it").seconds(0.5);
    assert_eq!((unit.asked(window, 50.0), unit.asked(&format!("{DOOR}.IsLocked"), 1.0)), (1, 1));
    assert_eq!(unit.asked("Powertrain.TractionBattery.Charging.StartStopCharging", 1.0), 2, "there is no cable");
    assert_eq!(unit.asked("Body.Trunk.Rear.IsLocked", 1.0), 1);
    unit.seconds(0.5);
    assert_eq!(unit.asked("Body.Trunk.Rear.IsOpen", 1.0), 2, "it is locked");

    let mut unit = Unit::new("city");
    unit.drive.until("Round the corner").seconds(1.0);
    for path in ["Body.Trunk.Rear.IsOpen", "Cabin.Seat.Row1.DriverSide.Position", "Body.Mirrors.DriverSide.IsFolded"] {
        assert_eq!(unit.asked(path, 1.0), 2, "{path} on the way");
    }
    assert!(unit.drive.is(&format!("{DOOR}.IsLocked")));
    assert_eq!(unit.asked(&format!("{DOOR}.IsLocked"), 0.0), 2, "no door unlocks on the way");
    assert_eq!(unit.asked("Cabin.Seat.Row1.PassengerSide.Position", 100.0), 1);
}

#[test]
fn a_door_locks_in_three_tenths_and_a_window_and_a_seat_travel() {
    let (lock, window) = (&format!("{DOOR}.IsLocked"), &format!("{DOOR}.Window.Position"));
    let mut unit = Unit::new("parked");
    unit.seconds(1.0);
    unit.ask(lock, 1.0);
    unit.ask(window, 100.0);
    unit.ask("Cabin.Seat.Row1.DriverSide.Position", 300.0);
    unit.seconds(0.2);
    assert!(!unit.drive.is(lock));
    unit.seconds(0.4);
    assert!(unit.drive.is(lock) && !unit.drive.is("Cabin.Door.Row2.DriverSide.IsLocked"));
    unit.seconds(1.0);
    let (percent, millimetres) = (unit.drive.number(window), unit.drive.number("Cabin.Seat.Row1.DriverSide.Position"));
    assert!((30.0..60.0).contains(&percent) && (180.0..220.0).contains(&millimetres), "{percent} {millimetres}");
    unit.ask(window, 20.0);
    unit.seconds(3.0);
    assert_eq!(unit.drive.number(window), 20.0, "it turns round on its way");
}

#[test]
fn the_horn_sounds_only_while_it_is_held() {
    let mut unit = Unit::new("parked");
    unit.seconds(1.0);
    for _ in 0..5 {
        unit.ask(HORN, 1.0);
        unit.seconds(0.1);
    }
    assert!(unit.drive.is(HORN));
    unit.seconds(0.5);
    assert!(!unit.drive.is(HORN), "nobody asks any more");

    unit.ask(HORN, 1.0);
    unit.seconds(0.15);
    assert!(unit.drive.is(HORN));
    let nothing = unit.frame(1, "HornRequest", &[]);
    unit.drive.car.hear(&nothing);
    unit.seconds(0.12);
    assert!(!unit.drive.is(HORN), "a frame that asks for nothing ends it at once");
}

#[test]
fn who_asks_for_ambient_light_leaves_the_rear_panel_its_own_or_changes_it() {
    let (front, rear) = ("Cabin.Light.AmbientLight.Row1.DriverSide", "Cabin.Light.AmbientLight.Row2.DriverSide");
    let level = |of: &str| format!("{of}.Intensity");
    let mut unit = Unit::new("parked");
    unit.seconds(1.5);
    assert_eq!(unit.signal("AmbienceRequest", "RearLevel"), 20, "the rear panel says how it has it");
    assert_eq!(unit.signal("AmbienceRequest", "AmbienceLevel"), 127, "and asks for nothing in front");
    let frame = unit.frame(1, "AmbienceRequest", &[("AmbienceLevel", 80.0), ("RearLevel", 20.0)]);
    unit.drive.car.hear(&frame);
    unit.seconds(1.0);
    assert_eq!((unit.drive.number(&level(front)), unit.drive.number(&level(rear))), (80.0, 20.0));
    let frame = unit.frame(1, "AmbienceRequest", &[("RearLevel", 66.0)]);
    unit.drive.car.hear(&frame);
    unit.seconds(1.0);
    assert_eq!((unit.drive.number(&level(front)), unit.drive.number(&level(rear))), (80.0, 66.0));
}

#[test]
fn a_request_that_is_not_whole_or_not_new_is_not_heard() {
    let dome = "Cabin.Light.IsDomeOn";
    let mut unit = Unit::new("parked");
    unit.seconds(1.0);
    let frame = unit.frame(1, "DomeRequest", &[("Dome", 1.0)]);
    let mut data = frame.data().to_vec();
    data[1] ^= 1;
    unit.drive.car.hear(&Frame::new(BusIndex(1), frame.id, 0, &data).unwrap());
    unit.drive.car.hear(&Frame::new(BusIndex(1), frame.id, 0, &data[..1]).unwrap());
    unit.drive.car.hear(&Frame::new(BusIndex(0), frame.id, 0, frame.data()).unwrap());
    unit.seconds(1.0);
    assert!(!unit.drive.is(dome));
    unit.drive.car.hear(&frame);
    unit.seconds(1.0);
    assert!(unit.drive.is(dome));
    unit.ask(dome, 0.0);
    unit.seconds(1.0);
    unit.counters.insert("DomeRequest".to_owned(), 1);
    unit.ask(dome, 1.0);
    unit.seconds(1.0);
    assert!(!unit.drive.is(dome), "the counter is that of the frame before");
    unit.drive.car.meet();
    unit.counters.insert("DomeRequest".to_owned(), 1);
    unit.ask(dome, 1.0);
    unit.seconds(1.0);
    assert!(unit.drive.is(dome), "another head unit counts for itself");
}

#[test]
fn a_scenario_takes_back_what_was_asked_for() {
    let mut unit = Unit::new("get-out");
    unit.seconds(0.2);
    assert_eq!(unit.asked("Cabin.HVAC.Station.Row1.Passenger.FanSpeed", 90.0), 1);
    unit.seconds(0.3);
    let fans = |unit: &Unit| {
        ["Driver", "Passenger"].map(|side| unit.drive.number(&format!("Cabin.HVAC.Station.Row1.{side}.FanSpeed")))
    };
    assert_eq!(fans(&unit), [20.0, 90.0]);
    unit.drive.until("Switch off").seconds(1.0);
    assert_eq!(fans(&unit), [0.0, 0.0]);
}

#[test]
fn keys_and_the_knob_are_told_of_in_frames() {
    let mut unit = Unit::new("parked");
    unit.seconds(0.2);
    let press = |unit: &mut Unit, key: &str, ms: u64| {
        unit.drive.car.obey(Order::PressKey { key: key.to_owned(), hold_ns: ms * 1_000_000 })
    };
    press(&mut unit, "KEY_NEXTSONG", 500).unwrap();
    unit.seconds(400.0 * MS);
    assert_eq!((unit.signal("SteeringKeys", "Next"), unit.signal("SteeringKeys", "Previous")), (1, 0));
    unit.seconds(200.0 * MS);
    assert_eq!(unit.signal("SteeringKeys", "Next"), 0);

    unit.drive.frames.clear();
    press(&mut unit, "KEY_MUTE", 1).unwrap();
    let mut told = 0;
    for _ in 0..20 {
        unit.seconds(50.0 * MS);
        told += unit.signal("SteeringKeys", "Mute");
    }
    assert!((1..=2).contains(&told), "however short, a frame tells of it: {told}");

    let turn = |unit: &mut Unit, steps: i32| {
        unit.drive.car.obey(Order::TurnKnob { knob: "REL_DIAL".to_owned(), steps }).unwrap();
    };
    turn(&mut unit, 20);
    let (mut last, mut turned) = (0, 0);
    for _ in 0..10 {
        unit.seconds(50.0 * MS);
        let count = unit.signal("SteeringKeys", "KnobCount");
        turned += (count + 16 - last) % 16;
        last = count;
    }
    assert_eq!((turned, last), (20, 4), "no frame hides a lap");
    turn(&mut unit, -6);
    unit.seconds(200.0 * MS);
    assert_eq!(unit.signal("SteeringKeys", "KnobCount"), 14);

    let unknown = press(&mut unit, "KEY_MENU", 100).unwrap_err().to_string();
    assert!(unknown.starts_with("the car has no key KEY_MENU, expected KEY_VOLUMEUP, "), "{unknown}");
    assert!(matches!(press(&mut unit, "KEY_MUTE", 60_001), Err(OrderError::TooMuch { most: 60_000, .. })));
    let order = |path: &str| Order::Answer { path: path.to_owned(), answer: Answer::Stuck, delay_ns: 0 };
    let unknown = unit.drive.car.obey(order("Vehicle.Body.Horn.IsActiv")).unwrap_err().to_string();
    assert_eq!(unknown, "this car cannot be asked for Vehicle.Body.Horn.IsActiv, is it Vehicle.Body.Horn.IsActive?");
}

#[test]
fn the_readings_of_a_car_that_is_asked_stay_valid() {
    let mut unit = Unit::new("parked");
    unit.seconds(3.0);
    for actuator in unit.profile.actuators.clone() {
        for (physical, _) in ends(&actuator) {
            unit.drive.frames.clear();
            let frame = unit.frame(actuator.bus, &actuator.message, &[(&actuator.signal, physical)]);
            unit.drive.car.hear(&frame);
            unit.seconds(0.1);
            let readings = unit.drive.store.car().leaves().map(|leaf| Catalogue::ours().leaf(leaf).path.clone());
            for path in readings.collect::<Vec<_>>() {
                let quality = unit.drive.reading(path.strip_prefix("Vehicle.").unwrap()).quality;
                assert!(!matches!(quality, Quality::Invalid | Quality::Stale), "{path} is {quality}");
            }
        }
    }
}

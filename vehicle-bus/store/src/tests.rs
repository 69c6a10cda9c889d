use tandem_dbc::Database;
use tandem_frame::{BusIndex, CanId, Flags, Frame};
use tandem_signals::{Catalogue, Profile};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::{Bitrates, Bits, Car, Fault, Store};

const DBC: &str = r#"
BO_ 415 Motion: 8 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|655] "km/h" X
 SG_ SpeedValid : 16|1@1+ (1,0) [0|1] "" X
 SG_ Charge : 24|16@1+ (0.1,0) [0|0] "%" X
 SG_ Counter : 48|4@1+ (1,0) [0|15] "" X
 SG_ Checksum : 56|8@1+ (1,0) [0|255] "" X

BO_ 416 Tyres: 2 X
 SG_ Which m : 0|2@1+ (1,0) [0|3] "" X

BO_ 417 Gear: 1 X
 SG_ Selected : 0|3@1+ (1,0) [0|7] "" X

BO_ 418 Wheels: 2 X
 SG_ Which M : 0|2@1+ (1,0) [0|3] "" X
 SG_ FrontLeft m0 : 8|8@1+ (2,0) [0|510] "kPa" X
 SG_ FrontRight m1 : 8|8@1+ (2,0) [0|510] "kPa" X

BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 415 20;
BA_ "GenMsgCycleTime" BO_ 418 100;
"#;

const CAR: &str = r#"
name = "Test"
description = "A car for these tests."
[buses.can0]
dbc = "test.dbc"
bitrate = 500_000
[buses.can0.integrity]
checksum = "sae_j1850"
checksum_signal = "Checksum"
counter_signal = "Counter"
[[signals]]
leaf = "Vehicle.Speed"
bus = "can0"
message = "Motion"
signal = "Speed"
valid_if = { signal = "SpeedValid", equals = 1 }
not_available = [0xFFFF]
[[signals]]
leaf = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current"
bus = "can0"
message = "Motion"
signal = "Charge"
[[signals]]
leaf = "Vehicle.Powertrain.Transmission.SelectedGear"
bus = "can0"
message = "Gear"
signal = "Selected"
values = { 0 = 126, 3 = 127 }
stale_after_ms = 1000
[[signals]]
leaf = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"
bus = "can0"
message = "Wheels"
signal = "FrontLeft"
[[signals]]
leaf = "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure"
bus = "can0"
message = "Wheels"
signal = "FrontRight"
"#;

fn bind(profile: &str) -> Result<Car, Vec<tandem_signals::Mistake>> {
    let profile = Profile::parse("car.toml", profile, Catalogue::ours())?;
    let database = Database::parse(DBC.as_bytes()).unwrap();
    Car::bind("car.toml", profile, vec![database], Catalogue::ours())
}

/// A car that hears frames and answers in words.
struct Bench(Store);

impl Bench {
    fn new() -> Self {
        Self(Store::new(bind(CAR).unwrap()))
    }

    fn hears(&mut self, id: u32, data: &[u8], ms: u64) -> Option<Fault> {
        let id = CanId::standard(id).unwrap();
        let frame = Frame::new(BusIndex(0), id, ms * 1_000_000, data).unwrap();
        self.0.hear(&frame).map(|(fault, _)| fault)
    }

    /// Motion with a right counter and checksum.
    fn moves(&mut self, speed: u16, valid: u8, charge: u16, counter: u8, ms: u64) -> Option<Fault> {
        let mut data = [0; 8];
        data[..2].copy_from_slice(&speed.to_le_bytes());
        data[2] = valid;
        data[3..5].copy_from_slice(&charge.to_le_bytes());
        data[6] = counter;
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let (_, checksum) = database.messages[0].signal("Checksum").unwrap();
        let id = CanId::standard(415).unwrap();
        tandem_dbc::integrity::fill(tandem_dbc::integrity::Checksum::SaeJ1850, id, &mut data, checksum).unwrap();
        self.hears(415, &data, ms)
    }

    fn says(&self, path: &str, ms: u64) -> String {
        let slot = self.0.car().slot(path).unwrap();
        let reading = self.0.reading(slot, Nanoseconds::from_millis(ms));
        assert_eq!(reading.value.is_some(), reading.quality.has_value());
        match reading.value {
            Some(value) => format!("{value} {}", reading.quality),
            None => reading.quality.to_string(),
        }
    }
}

const SPEED: &str = "Vehicle.Speed";
const CHARGE: &str = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current";
const GEAR: &str = "Vehicle.Powertrain.Transmission.SelectedGear";
const LEFT: &str = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure";
const RIGHT: &str = "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure";

#[test]
fn a_speed_lives_goes_stale_and_lives_again() {
    let mut car = Bench::new();
    assert_eq!(car.says(SPEED, 0), "absent");
    assert_eq!(car.moves(3000, 1, 640, 0, 0), None);
    assert_eq!(car.says(SPEED, 200), "30 valid");
    assert_eq!(car.says(SPEED, 201), "30 stale", "five cycles of 20 ms are under the floor of 200 ms");
    assert_eq!(car.moves(3100, 1, 640, 1, 300), None);
    assert_eq!(car.says(SPEED, 300), "31 valid");
}

#[test]
fn what_the_car_does_not_measure_is_absent_and_what_cannot_be_is_invalid() {
    let mut car = Bench::new();
    car.moves(0xFFFF, 1, 640, 0, 0);
    assert_eq!(car.says(SPEED, 0), "absent");
    car.moves(3000, 0, 640, 1, 20);
    assert_eq!(car.says(SPEED, 20), "absent", "its validity bit says no");
    assert_eq!(car.moves(3000, 1, 1001, 2, 40), Some(Fault::Range));
    assert_eq!(car.says(CHARGE, 40), "invalid", "100.1 % of charge");
    assert_eq!(car.says(SPEED, 40), "30 valid", "its neighbour is not to blame");
    car.hears(417, &[5], 60);
    assert_eq!(car.says(GEAR, 60), "invalid", "a raw number that no value stands for");
    car.hears(417, &[3], 80);
    assert_eq!(car.says(GEAR, 80), "127 valid");
    assert_eq!(car.says(GEAR, 1080), "127 valid");
    assert_eq!(car.says(GEAR, 1081), "127 stale");
}

#[test]
fn a_frame_that_fails_its_checks_moves_nothing_and_is_counted() {
    let mut car = Bench::new();
    car.moves(3000, 1, 640, 0, 0);
    assert_eq!(car.hears(415, &[1, 2, 3, 4, 5, 6, 7, 8], 20), Some(Fault::Checksum));
    assert_eq!(car.hears(415, &[1, 2, 3], 40), Some(Fault::Short));
    assert_eq!(car.moves(9000, 1, 640, 0, 60), Some(Fault::Counter), "the counter stands still");
    assert_eq!(car.says(SPEED, 60), "30 valid");
    assert_eq!(car.moves(4000, 1, 640, 7, 80), Some(Fault::Counter), "frames were lost, this one is good");
    assert_eq!(car.says(SPEED, 80), "40 valid");
    let id = (0, CanId::standard(415).unwrap());
    let counts = &car.0.statistics().ids[&id];
    assert_eq!(counts.frames, 5);
    assert_eq!(
        counts.faults.clone().into_iter().collect::<Vec<_>>(),
        [(Fault::Short, 1), (Fault::Checksum, 1), (Fault::Counter, 2)]
    );
}

#[test]
fn a_multiplexed_signal_speaks_only_when_it_is_there() {
    let mut car = Bench::new();
    car.hears(418, &[0, 120], 0);
    assert_eq!((car.says(LEFT, 0), car.says(RIGHT, 0)), ("240 valid".into(), "absent".into()));
    car.hears(418, &[1, 110], 400);
    assert_eq!((car.says(LEFT, 501), car.says(RIGHT, 501)), ("240 stale".into(), "220 valid".into()));
}

#[test]
fn buses_are_counted() {
    let mut car = Bench::new();
    car.moves(0, 1, 0, 0, 0);
    car.hears(0x7FF, &[], 500);
    car.hears(0x7FE, &[0; 8], 1000);
    let bus = &car.0.statistics().buses[0];
    assert_eq!((bus.frames, bus.unknown, bus.sent), (3, 2, 0));
    assert_eq!(bus.rate(), 3.0);
    // Without stuff bits they would be 111, 47 and 111.
    assert_eq!(bus.bits, Bits { nominal: 123 + 50 + 127, data: 0 });
    let rates = Bitrates { nominal: 500_000, data: None };
    assert!((bus.load(rates) - 0.06).abs() < 1e-9, "{}", bus.load(rates));
    let recent = [99, 100, 599, 600, 1099, 1100, 2000, 2100].map(|now| {
        let busy = bus.recent_load(rates, now * 1_000_000) * 5_000.0;
        busy.round() as u64
    });
    assert_eq!(recent, [0, 123, 123, 173, 173, 177, 127, 0], "bits of the last second");
    let other_bus = Frame::new(BusIndex(9), CanId::standard(1).unwrap(), 0, &[]).unwrap();
    assert_eq!(car.0.hear(&other_bus), None);
}

#[test]
fn error_frames_are_counted_apart_from_frames() {
    let mut car = Bench::new();
    car.hears(0x7FF, &[], 500);
    let mut wanted = car.0.statistics().buses[0].clone();
    wanted.error_frames = 1;
    let flags = Flags { error: true, ..Flags::default() };
    let error = Frame::with_flags(BusIndex(0), CanId::standard(8).unwrap(), 900_000_000, flags, &[0; 8]).unwrap();
    assert_eq!(car.0.hear(&error), None);
    assert_eq!(car.0.statistics().buses[0], wanted);
    assert_eq!(car.0.statistics().ids.len(), 1);
}

#[test]
fn what_we_sent_takes_its_time_of_the_bus_and_is_nobody_elses_frame() {
    let mut car = Bench::new();
    car.hears(0x7FF, &[], 500);
    let own = Frame::new(BusIndex(0), CanId::standard(0x7FE).unwrap(), 1_500_000_000, &[0; 8]).unwrap();
    car.0.echo(&own);
    let bus = &car.0.statistics().buses[0];
    assert_eq!((bus.frames, bus.unknown, bus.bits.nominal), (1, 1, 50 + 127));
    assert_eq!(bus.seconds(), 1.0);
}

#[test]
fn a_bus_is_silent_since_others_were_heard_last() {
    let mut car = Bench::new();
    let silence = |car: &Bench, now_ms: u64| car.0.statistics().buses[0].silence_ns(now_ms * 1_000_000);
    assert_eq!(silence(&car, 5_000), None, "never heard");
    car.hears(0x7FF, &[], 1_000);
    assert_eq!((silence(&car, 1_000), silence(&car, 5_000)), (Some(0), Some(4_000_000_000)));
    assert_eq!(silence(&car, 900), Some(0), "a frame is stamped behind the tick");
}

#[test]
fn the_times_of_one_clock_are_not_measured_by_another() {
    let mut car = Bench::new();
    let rates = Bitrates { nominal: 500_000, data: None };
    car.hears(0x7FF, &[], 100_000);
    car.hears(0x7FF, &[], 101_000);
    car.0.forget();
    let bus = &car.0.statistics().buses[0];
    assert_eq!((bus.frames, bus.rate(), bus.recent_load(rates, 101_500_000_000)), (2, 2.0, 0.0));
    assert!(bus.recent_load(rates, 101_500_000_000).is_sign_positive(), "no load is not -0");
    assert_eq!(bus.silence_ns(1_000_000_000), None, "heard by another clock");
    // The next clock runs behind; nothing from between them is time.
    car.hears(0x7FF, &[], 1_000);
    car.hears(0x7FF, &[], 4_000);
    let bus = &car.0.statistics().buses[0];
    assert_eq!((bus.frames, bus.seconds(), bus.rate()), (4, 4.0, 1.0));
}

#[test]
fn a_lost_link_leaves_no_reading() {
    let mut car = Bench::new();
    car.moves(3000, 1, 640, 0, 0);
    car.0.forget();
    assert_eq!(car.says(SPEED, 0), "absent");
    assert_eq!(car.moves(3000, 1, 640, 0, 20), None, "the counter begins anew");
}

#[test]
fn a_probe_sees_a_raw_value() {
    let mut bound = bind(CAR).unwrap();
    let probe = bound.watch(0, "Gear", "Selected").unwrap();
    assert_eq!(bound.watch(0, "Gear", "Chosen"), None);
    let mut car = Bench(Store::new(bound));
    assert_eq!(car.0.probe(probe), None);
    car.hears(417, &[5], 60);
    assert_eq!(car.0.probe(probe), Some((Nanoseconds::from_millis(60), 5)));
}

#[test]
fn all_mistakes_against_the_dbc_file_come_at_once_with_their_lines() {
    let wrong = CAR
        .replace("signal = \"Speed\"", "signal = \"Sped\"")
        .replace("message = \"Gear\"", "message = \"Gears\"")
        .replace("stale_after_ms = 1000", "");
    let mistakes = bind(&wrong).map(|_| ()).unwrap_err();
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("message `Motion` has no signal `Sped`; did you mean `Speed`?"), "{told:?}");
    assert!(told[1].contains("no message `Gears`; did you mean `Gear`?"), "{told:?}");
    let silent = CAR.replace("stale_after_ms = 1000", "");
    let told = bind(&silent).map(|_| ()).unwrap_err()[0].to_string();
    assert!(told.contains("`Gear` has no cycle time"), "{told}");
}

#[test]
fn values_have_the_datatype_of_their_leaf() {
    let mut car = Bench::new();
    car.hears(418, &[0, 120], 0);
    let slot = car.0.car().slot(LEFT).unwrap();
    assert_eq!(car.0.reading(slot, Nanoseconds::ZERO).value, Some(Value::Int(240)));
    assert_eq!(car.0.reading(slot, Nanoseconds::ZERO).quality, Quality::Valid);
}

#[test]
fn a_checksum_with_a_data_id_is_checked_by_it_and_its_counter_ends_at_14() {
    let protected = |ids: &str| CAR.replace("\"sae_j1850\"", &format!("\"e2e_p01_both\"\ndata_ids = {{ {ids} }}"));
    let mut car = Bench(Store::new(bind(&protected("Motion = 0x1234")).unwrap()));
    let database = Database::parse(DBC.as_bytes()).unwrap();
    let (_, signal) = database.messages[0].signal("Checksum").unwrap();
    let frame = |data_id: u16, counter: u8| {
        let kind = tandem_dbc::integrity::Checksum::named("e2e_p01_both", &[data_id]).unwrap();
        let mut data = [0, 0, 1, 0, 0, 0, counter, 0];
        tandem_dbc::integrity::fill(kind, CanId::standard(415).unwrap(), &mut data, signal).unwrap();
        data
    };
    assert_eq!([13, 14, 0, 1].map(|counter| car.hears(415, &frame(0x1234, counter), 0)), [None; 4]);
    assert_eq!(car.hears(415, &frame(0x1235, 2), 0), Some(Fault::Checksum), "another message's");
    assert_eq!(car.hears(415, &frame(0x1234, 15), 0), Some(Fault::Counter));

    let mistakes =
        |ids: &str| bind(&protected(ids)).err().unwrap().into_iter().map(|m| m.to_string()).collect::<Vec<_>>();
    assert_eq!(
        mistakes("Motoin = 1"),
        [
            "car.toml:4:1: `data_ids`: the DBC file has no message `Motoin`; did you mean `Motion`?",
            "car.toml:12:1: message `Motion` has a checksum `e2e_p01_both`, which needs its data id in `data_ids`",
        ]
    );
}

#[test]
fn every_checksum_that_a_profile_can_name_is_known() {
    for kind in tandem_signals::ChecksumKind::ALL {
        use tandem_signals::DataIds::{Bytes, MayHaveBytes, None, Number};
        let takes = |ids: &[u16]| tandem_dbc::integrity::Checksum::named(kind.word, ids).is_some();
        let list: Vec<u16> = (0..16).collect();
        let taken = [takes(&[]), takes(&[0xFF]), takes(&list), takes(&[0xFFFF])];
        let expected = match kind.data_ids {
            None => [true, false, false, false],
            MayHaveBytes => [true, true, true, false],
            Bytes => [false, true, true, false],
            Number => [false, true, false, true],
        };
        assert_eq!(taken, expected, "{}", kind.word);
    }
}

mod commands;
mod mapping;
